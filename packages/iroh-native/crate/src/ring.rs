//! The completion ring of one environment (the main thread, or a worker), with the events for JavaScript.
//!
//! Its contents are bounded. For each stream: `END` or `RESET`, `STOPPED`, some `WROTE` (JavaScript has at most 256 KiB
//! unacknowledged, and each event reports 64 KiB), and the bytes that were read within its credit. For all reads that were
//! not drained: `MAX_EVENTS` and `MAX_BYTES`, above which readers wait. For each connection: `CLOSED`, one `STREAM` for
//! each of its streams, at most one `OPENABLE` for each stream that was opened, and one `PATHS` for each look that was not
//! drained. For failures: one for each handle in use.

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

/// Events that were not drained, and bytes in them, above which no stream is read.
const MAX_EVENTS: usize = 16_384;
const MAX_BYTES: usize = 16 << 20;
/// Bytes of short reads for which memory is kept.
const KEPT_BYTES: usize = 256 << 10;
/// If the pieces of a read have fewer bytes than this on average, they are copied together, since each piece keeps its
/// whole packet.
const SPARSE: usize = 512;

/// The state that the threads share. The mutex is held only briefly, and never while a mutex of QUIC is held or JavaScript
/// is woken.
#[derive(Default)]
pub struct Shared {
    pub slots: Slots,
    events: VecDeque<Event>,
    /// The bytes of `Event::Short`, from `short_at` on. They are copied, so that packets are freed on the thread that
    /// allocated them.
    short: Vec<u8>,
    short_at: usize,
    /// The number of bytes of `Event::Long`.
    long_bytes: usize,
    /// Bytes of streams that were reported to JavaScript but not taken yet.
    unread: HashMap<Handle, VecDeque<Bytes>>,
    grants: HashMap<Handle, Grant>,
    failures: HashMap<Handle, Failure>,
    pub endpoints: HashMap<Handle, Endpoint>,
    pub connections: HashMap<Handle, Connection>,
    /// Whether JavaScript was woken and has not drained all events since.
    signalled: bool,
    /// Accepted connections that were not reported to JavaScript yet.
    pub untaken: usize,
}

/// The bytes that JavaScript has taken of a stream, if the reader does not know of them yet.
enum Grant {
    Bytes(u64),
    /// The reader waits for a grant.
    Awaited,
}

pub type Wake = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub struct Ring {
    shared: Mutex<Shared>,
    wake: OnceLock<Wake>,
    /// Whether the environment has ended. If so, all later events are dropped.
    ended: AtomicBool,
    /// Whether readers wait until the ring is drained. Changed only while the mutex is held.
    full: AtomicBool,
}

/// The result of draining.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drained {
    pub count: usize,
    /// Whether readers that waited for room may continue.
    pub has_room_again: bool,
}

impl Ring {
    /// Locks the shared state. A poisoned mutex is still used: the state is consistent between any two statements that may
    /// panic.
    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Sets the function that wakes JavaScript. It is called at most once until the ring is empty again.
    pub fn on_event(&self, wake: Wake) {
        // A ring is created together with its function, so no other function was set.
        let _ = self.wake.set(wake);
    }

    pub fn push(&self, event: Event) {
        self.put(|shared| shared.events.push_back(event));
    }

    /// Reports a read. Returns whether more may be read; if not, the reader waits until the ring is drained.
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

    /// Returns whether readers have to wait until the ring is drained.
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

    /// Records the reason of a failure, before the event that reports the failure. Of several reasons the first is kept, since
    /// it is the most exact one.
    pub fn explain(&self, handle: Handle, failure: impl FnOnce() -> Failure) {
        let mut shared = self.lock();
        // If JavaScript has already released the handle, the failure would stay for ever.
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

    /// Records that the environment has ended: JavaScript must not be called any more. A call that another thread has begun
    /// is safe, since the threadsafe function has a lock for that.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Drops all contents that were not taken before the end.
    pub fn clear(&self) {
        let old = std::mem::take(&mut *self.lock());
        // Dropped without the lock, since the end of a connection takes the mutex of QUIC.
        drop(old);
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Writes events to `meta`, four numbers each, and short reads to `slab`. If fewer events are returned than fit, the
    /// ring is empty, and the next event wakes JavaScript.
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
                    // Bytes go to the slab only if no earlier bytes of the stream wait to be taken.
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
                    // If JavaScript has released the handle meanwhile, no bytes of the stream are taken any more.
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
        // Each remaining byte is moved once on average.
        if shared.short_at * 2 >= shared.short.len() {
            shared.short.drain(..shared.short_at);
            shared.short.shrink_to(KEPT_BYTES);
            shared.short_at = 0;
        }
        let has_room_again = shared.events.is_empty() && self.full.swap(false, Ordering::AcqRel);
        Drained { count, has_room_again }
    }

    /// Copies waiting bytes of a stream to `into`. Returns the number of bytes copied.
    pub fn take(&self, stream: Handle, into: &mut [u8]) -> usize {
        // Copied without the lock, since the net thread may wait for it. Only this thread uses the entry, so no other thread
        // misses the entry meanwhile.
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

    /// Records bytes that JavaScript has taken of a stream. Returns whether the reader waits for them and has to be told.
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

    /// Returns how many bytes of a stream JavaScript has taken since the last call. If there are none, `grant` reports the
    /// next ones.
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

    /// Releases a handle, and all state that is kept for it. JavaScript calls it after the last event that it expects.
    pub fn release(&self, handle: Handle) {
        let mut shared = self.lock();
        let unread = shared.unread.remove(&handle);
        shared.grants.remove(&handle);
        shared.failures.remove(&handle);
        let endpoint = shared.endpoints.remove(&handle);
        let connection = shared.connections.remove(&handle);
        shared.slots.release(handle);
        drop(shared);
        // Dropped without the lock, since their ends take the mutex of QUIC.
        drop((unread, endpoint, connection));
    }
}
