//! Handles: the names of endpoints, connections and streams that JavaScript holds.

use std::collections::VecDeque;

/// A slot and its generation, in at most 31 bits, so that V8 keeps it as a small integer. Never 0.
pub type Handle = u32;

const SLOT_BITS: u32 = 20;
const SLOTS: u32 = 1 << SLOT_BITS;
const MAX_GENERATION: u32 = (1 << 11) - 1;

/// Returns the slot of a handle.
pub fn slot_of(handle: Handle) -> usize {
    (handle & (SLOTS - 1)) as usize
}

/// Allocates handles. A freed slot is used again with its next generation, after all other free slots, so that an event of
/// the old owner cannot be mistaken for one of the new owner.
#[derive(Default)]
pub struct Slots {
    /// The newest generation of each slot, and whether it is in use.
    generations: Vec<(u32, bool)>,
    free: VecDeque<u32>,
}

/// Free slots that must wait before the oldest of them is used again.
const RESTING: usize = 256;

impl Slots {
    /// Returns a new handle, or `None` if all slots are taken.
    pub fn allocate(&mut self) -> Option<Handle> {
        let grown = self.generations.len() as u32;
        let slot = if self.free.len() > RESTING || grown == SLOTS {
            self.free.pop_front()?
        } else {
            self.generations.push((0, false));
            grown
        };
        let (generation, is_held) = &mut self.generations[slot as usize];
        *generation = if *generation == MAX_GENERATION { 1 } else { *generation + 1 };
        *is_held = true;
        Some(*generation << SLOT_BITS | slot)
    }

    /// Returns whether a handle is in use.
    pub fn is_held(&self, handle: Handle) -> bool {
        self.generations.get(slot_of(handle)) == Some(&(handle >> SLOT_BITS, true))
    }

    /// Releases a handle. Ignores a handle that is not in use.
    pub fn release(&mut self, handle: Handle) {
        if self.is_held(handle) {
            let slot = slot_of(handle);
            self.generations[slot].1 = false;
            self.free.push_back(slot as u32);
        }
    }
}

/// Values by handle, in an array of slots.
pub struct Table<T> {
    entries: Vec<Option<(Handle, T)>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Table<T> {
    pub fn insert(&mut self, handle: Handle, value: T) {
        let slot = slot_of(handle);
        if slot >= self.entries.len() {
            self.entries.resize_with(slot + 1, || None);
        }
        self.entries[slot] = Some((handle, value));
    }

    pub fn get(&self, handle: Handle) -> Option<&T> {
        match self.entries.get(slot_of(handle)) {
            Some(Some((owner, value))) if *owner == handle => Some(value),
            _ => None,
        }
    }

    pub fn remove(&mut self, handle: Handle) -> Option<T> {
        self.get(handle)?;
        self.entries[slot_of(handle)].take().map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().flatten().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_comes_back_with_another_generation() {
        let mut slots = Slots::default();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..100_000 {
            let handle = slots.allocate().unwrap();
            assert!(handle != 0 && handle < 1 << 31);
            assert!(seen.insert(handle), "a handle was given out twice within 100,000");
            slots.release(handle);
        }
        assert!(slots.generations.len() <= RESTING + 1);
    }

    #[test]
    fn a_handle_that_was_released_twice_is_given_out_once() {
        let mut slots = Slots::default();
        let held: Vec<_> = (0..RESTING + 2).map(|_| slots.allocate().unwrap()).collect();
        for handle in &held {
            slots.release(*handle);
            slots.release(*handle);
        }
        assert_eq!(slots.free.len(), held.len());
        let again = slots.allocate().unwrap();
        assert_eq!(slot_of(again), slot_of(held[0]));
        slots.release(held[0]);
        assert!(slots.is_held(again) && !slots.is_held(held[0]));
        assert!(!slots.free.iter().any(|&slot| slot as usize == slot_of(again)));
    }

    #[test]
    fn a_stale_handle_finds_nothing() {
        let mut table = Table::default();
        let (old, new) = (1 << SLOT_BITS | 5, 2 << SLOT_BITS | 5);
        table.insert(old, "old");
        table.insert(new, "new");
        assert_eq!(table.get(old), None);
        assert_eq!(table.remove(old), None);
        assert_eq!(table.get(new), Some(&"new"));
        assert_eq!(table.remove(new), Some("new"));
        assert_eq!(table.get(new), None);
    }

    #[test]
    fn all_slots_can_be_taken() {
        let mut slots = Slots::default();
        for _ in 0..SLOTS {
            assert!(slots.allocate().is_some());
        }
        assert_eq!(slots.allocate(), None);
    }
}
