//! The completion ring of one environment (the main thread, or a worker): what the net thread tells JavaScript.
//!
//! What it holds is bounded. Of a stream: `END` or `RESET`, `STOPPED`, some `WROTE` (JavaScript has at most 256 KiB
//! unacknowledged, of which each tells of 64 KiB), and what was read within its credit. Of reads that were not drained: `MAX_EVENTS`
//! and `MAX_BYTES`, beyond which readers wait. Of a connection: `CLOSED`, one `STREAM` for each of its streams, one `OPENABLE` for
//! each stream that was opened, at most, and one `PATHS` for each look that was not drained. Failures: one for each handle in use.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use bytes::{Buf, Bytes};
use iroh::Endpoint;
use iroh::endpoint::Connection;

use crate::event::{Event, SMALL, Writer};
use crate::failure::Failure;
use crate::handles::{Handle, Slots};

#[cfg(test)]
mod tests;

/// Events that were not drained, and bytes of theirs, from which on nothing more is read of any stream.
const MAX_EVENTS: usize = 16_384;
const MAX_BYTES: usize = 16 << 20;
/// Bytes of short reads for which room is kept.
const KEPT_BYTES: usize = 256 << 10;
/// Pieces of a read with fewer bytes each are copied together: a piece keeps the packet that it came in.
const SPARSE: usize = 512;

/// What the threads share. The mutex is held for short moments only, never while one of QUIC's is, nor while JavaScript is woken.
#[derive(Default)]
pub struct Shared {
    pub slots: Slots,
    events: VecDeque<Event>,
    /// The bytes of `Event::Short`, the first at `short_at`: packets are given back on the thread that allocated them.
    short: Vec<u8>,
    short_at: usize,
    /// The bytes of `Event::Long`.
    long_bytes: usize,
    /// Bytes of streams that JavaScript knows of and has not taken yet.
    unread: HashMap<Handle, VecDeque<Bytes>>,
    grants: HashMap<Handle, Grant>,
    failures: HashMap<Handle, Failure>,
    pub endpoints: HashMap<Handle, Endpoint>,
    pub connections: HashMap<Handle, Connection>,
    /// Whether JavaScript was woken and has not drained everything since.
    signalled: bool,
    /// Connections that were accepted, of which JavaScript does not know yet.
    pub untaken: usize,
}

/// What JavaScript has taken of a stream, if the reader does not know of it yet.
enum Grant {
    Bytes(u64),
    /// The reader waits for some.
    Awaited,
}

pub type Wake = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub struct Ring {
    shared: Mutex<Shared>,
    wake: OnceLock<Wake>,
    /// Whether the environment has ended: whatever happens from then on is dropped.
    ended: AtomicBool,
    /// Whether readers wait for it to be drained. Changes with the mutex held.
    full: AtomicBool,
}

/// What came of draining.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drained {
    pub count: usize,
    /// Whether readers that waited for room may go on.
    pub has_room_again: bool,
}

impl Ring {
    /// A poisoned mutex is used on: what it protects is consistent between any two statements that may panic.
    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Sets the function that wakes JavaScript. It is called at most once for each time that the ring runs empty.
    pub fn on_event(&self, wake: Wake) {
        // A ring is made together with its function, so there is no other.
        let _ = self.wake.set(wake);
    }

    pub fn push(&self, event: Event) {
        self.put(|shared| shared.events.push_back(event));
    }

    /// Tells of a read. Returns whether more may be read: else the reader waits until the ring is drained.
    pub fn push_read(&self, stream: Handle, pieces: &mut [Bytes], length: usize) -> bool {
        let mut has_room = true;
        self.put(|shared| {
            if length <= SMALL {
                for piece in &*pieces {
                    shared.short.extend_from_slice(piece);
                }
                match shared.events.back_mut() {
                    Some(Event::Short { stream: last, length: so_far })
                        if *last == stream && *so_far + length <= SMALL =>
                    {
                        *so_far += length;
                    }
                    _ => shared.events.push_back(Event::Short { stream, length }),
                }
            } else {
                shared.long_bytes += length;
                let pieces = if length < pieces.len() * SPARSE {
                    vec![Bytes::from(pieces.concat())]
                } else {
                    pieces.iter_mut().map(std::mem::take).collect()
                };
                shared.events.push_back(Event::Long { stream, pieces });
            }
            let bytes = shared.short.len() - shared.short_at + shared.long_bytes;
            if shared.events.len() >= MAX_EVENTS || bytes >= MAX_BYTES {
                self.full.store(true, Ordering::Release);
                has_room = false;
            }
        });
        has_room
    }

    /// Whether readers have to wait until the ring is drained.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    fn put(&self, write: impl FnOnce(&mut Shared)) {
        if self.has_ended() {
            return;
        }
        let mut shared = self.lock();
        write(&mut shared);
        let wakes = !std::mem::replace(&mut shared.signalled, true);
        drop(shared);
        if wakes && let Some(wake) = self.wake.get() {
            wake();
        }
    }

    /// Says why something failed, in front of the event about it. The first reason stands: it is the most exact one.
    pub fn explain(&self, handle: Handle, failure: impl FnOnce() -> Failure) {
        let mut shared = self.lock();
        // JavaScript may have given the handle back meanwhile: then it would stay for ever.
        if shared.slots.is_held(handle) {
            shared.failures.entry(handle).or_insert_with(failure);
        }
    }

    pub fn fail(&self, handle: Handle, failure: Failure) {
        self.explain(handle, || failure);
        self.push(Event::Failed(handle));
    }

    pub fn take_failure(&self, handle: Handle) -> Option<Failure> {
        self.lock().failures.remove(&handle)
    }

    /// Says that the environment has ended: JavaScript must not be called any more. A call that another thread has begun is
    /// safe: the threadsafe function has a lock of its own for that.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Drops what was not taken before the end.
    pub fn clear(&self) {
        let old = std::mem::take(&mut *self.lock());
        // Behind the lock: the end of a connection takes the mutex of QUIC.
        drop(old);
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Writes events to `meta`, four numbers each, and short reads to `slab`. Fewer events than fit mean that the ring is empty,
    /// and that JavaScript is woken for the next event.
    pub fn drain(&self, slab: &mut [u8], meta: &mut [f64]) -> Drained {
        let mut shared = self.lock();
        let shared = &mut *shared;
        let mut writer = Writer::new(slab, meta);
        while writer.has_room() {
            let Some(event) = shared.events.pop_front() else {
                shared.signalled = false;
                break;
            };
            match event {
                Event::Short { stream, length } => {
                    let bytes = &shared.short[shared.short_at..shared.short_at + length];
                    shared.short_at += length;
                    let unread = shared.unread.get_mut(&stream);
                    // Not past what came before.
                    if unread.is_none()
                        && let Some(room) = writer.room(length)
                    {
                        room.copy_from_slice(bytes);
                        writer.data(stream, length);
                    } else if shared.slots.is_held(stream) {
                        shared.unread.entry(stream).or_default().push_back(Bytes::copy_from_slice(bytes));
                        writer.readable(stream, length);
                    }
                }
                Event::Long { stream, pieces } => {
                    let length = pieces.iter().map(Bytes::len).sum();
                    shared.long_bytes -= length;
                    // If JavaScript gave the handle back with this on the way, it takes nothing of it any more.
                    if shared.slots.is_held(stream) {
                        shared.unread.entry(stream).or_default().extend(pieces);
                        writer.readable(stream, length);
                    }
                }
                event => {
                    if matches!(event, Event::Accepted { .. }) {
                        shared.untaken -= 1;
                    }
                    writer.write(&event);
                }
            }
        }
        let count = writer.count;
        // Of what is left, each byte is moved once in the mean.
        if shared.short_at * 2 >= shared.short.len() {
            shared.short.drain(..shared.short_at);
            shared.short.shrink_to(KEPT_BYTES);
            shared.short_at = 0;
        }
        let has_room_again = shared.events.is_empty() && self.full.swap(false, Ordering::AcqRel);
        Drained { count, has_room_again }
    }

    /// Copies bytes that wait for a stream to `into`. Returns how many.
    pub fn take(&self, stream: Handle, into: &mut [u8]) -> usize {
        // Copied without the lock, for which the net thread may wait. Until it is back, only this thread could miss it.
        let Some(mut pieces) = self.lock().unread.remove(&stream) else { return 0 };
        let mut copied = 0;
        while copied < into.len() {
            let Some(piece) = pieces.front_mut() else { break };
            let count = piece.len().min(into.len() - copied);
            into[copied..copied + count].copy_from_slice(&piece[..count]);
            copied += count;
            piece.advance(count);
            if piece.is_empty() {
                pieces.pop_front();
            }
        }
        let mut shared = self.lock();
        if !pieces.is_empty() && shared.slots.is_held(stream) {
            shared.unread.insert(stream, pieces);
        }
        copied
    }

    /// JavaScript has taken so many bytes of a stream. Returns whether the reader has to be told, which waits for that.
    pub fn grant(&self, stream: Handle, bytes: u64) -> bool {
        let mut shared = self.lock();
        let shared = &mut *shared;
        match shared.grants.get_mut(&stream) {
            Some(Grant::Bytes(so_far)) => *so_far = so_far.saturating_add(bytes),
            Some(Grant::Awaited) => return shared.grants.remove(&stream).is_some(),
            None if shared.slots.is_held(stream) => drop(shared.grants.insert(stream, Grant::Bytes(bytes))),
            None => {}
        }
        false
    }

    /// Returns how many bytes JavaScript has taken of a stream since the last time. If there are none, it tells with the next
    /// ones.
    pub fn granted(&self, stream: Handle) -> u64 {
        let mut shared = self.lock();
        let shared = &mut *shared;
        match shared.grants.remove(&stream) {
            Some(Grant::Bytes(bytes)) => return bytes,
            _ if shared.slots.is_held(stream) => drop(shared.grants.insert(stream, Grant::Awaited)),
            _ => {}
        }
        0
    }

    /// Gives a handle back, and everything that is kept for it. JavaScript calls it behind the last event that it expects.
    pub fn release(&self, handle: Handle) {
        let mut shared = self.lock();
        let unread = shared.unread.remove(&handle);
        shared.grants.remove(&handle);
        shared.failures.remove(&handle);
        let endpoint = shared.endpoints.remove(&handle);
        let connection = shared.connections.remove(&handle);
        shared.slots.release(handle);
        drop(shared);
        // Behind the lock: their ends take the mutex of QUIC.
        drop((unread, endpoint, connection));
    }
}
