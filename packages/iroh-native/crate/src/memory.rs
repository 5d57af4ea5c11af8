//! Returns memory to the system that large data has used.
//!
//! glibc keeps freed memory for later use. When a large buffer is freed for the first time, glibc raises the amount that it
//! keeps to twice the size of that buffer, on every thread: after messages of 8 MiB, that is 16 MiB for each of several heaps.
//! While large data is moved, that memory is used again; once none is, it is returned.

use std::cell::Cell;

/// The size in bytes from which a write or a read counts as large.
pub const LARGE: usize = 16 << 10;
/// The least large data in bytes for which memory is returned.
const LITTLE: u64 = 1 << 20;
/// Looks without large data after which memory is returned once more: by then, JavaScript has collected its garbage.
const LATE_LOOK: u32 = 30;

/// Counts large data, and decides when memory is returned.
#[derive(Default)]
pub struct LargeData {
    /// Bytes since the last look.
    moved: Cell<u64>,
    /// Bytes since memory was last returned.
    pending: Cell<u64>,
    /// Looks without large data, up to `LATE_LOOK`.
    quiet: Cell<Option<u32>>,
}

impl LargeData {
    /// Counts a write or a read.
    pub fn count(&self, bytes: usize) {
        if bytes >= LARGE {
            self.moved.set(self.moved.get() + bytes as u64);
        }
    }

    /// Returns whether memory is to be returned now. Called twice a second while there are connections.
    pub fn look(&self) -> bool {
        let moved = self.moved.take();
        if moved > 0 {
            self.pending.set(self.pending.get() + moved);
            // Memory that the next messages will use stays.
            self.quiet.set(Some(0));
            return false;
        }
        let is_due = self.look_quietly(self.pending.get());
        if is_due {
            self.pending.set(0);
        }
        is_due
    }

    fn look_quietly(&self, pending: u64) -> bool {
        let Some(looks) = self.quiet.get() else { return false };
        let is_last = looks + 1 == LATE_LOOK;
        self.quiet.set(if is_last { None } else { Some(looks + 1) });
        pending >= LITTLE || is_last
    }

    /// Returns whether memory is to be returned when the last connection is gone.
    pub fn end(&self) -> bool {
        self.quiet.set(None);
        self.pending.take() + self.moved.take() >= LITTLE
    }
}

/// Returns unused memory of all threads to the system. Takes about a millisecond after large data.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() {
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// Other allocators return memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn look_often(data: &LargeData, times: u32) -> Vec<u32> {
        (1..=times).filter(|_| data.look()).collect()
    }

    #[test]
    fn small_data_does_not_count() {
        let data = LargeData::default();
        for _ in 0..100_000 {
            data.count(LARGE - 1);
        }
        assert_eq!(look_often(&data, 100), []);
        assert!(!data.end());
    }

    #[test]
    fn memory_is_not_returned_while_data_is_moved() {
        let data = LargeData::default();
        for _ in 0..100 {
            data.count(20 * MIB);
            assert!(!data.look());
        }
        assert!(data.look());
    }

    #[test]
    fn memory_is_returned_when_the_data_ends_and_once_later() {
        let data = LargeData::default();
        data.count(2 * MIB);
        assert!(!data.look());
        assert_eq!(look_often(&data, 100), [1, LATE_LOOK]);
        data.count(20 * MIB);
        assert!(!data.look());
        assert_eq!(look_often(&data, 100), [1, LATE_LOOK]);
    }

    #[test]
    fn memory_is_returned_when_the_last_connection_is_gone() {
        let data = LargeData::default();
        data.count(2 * MIB);
        assert!(data.end());
        assert!(!data.end());
        assert_eq!(look_often(&data, 100), []);
    }
}
