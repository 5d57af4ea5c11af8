//! The completion ring of one environment (the main thread, or a worker): what the net thread tells JavaScript.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use bytes::{Buf, Bytes};
use iroh::Endpoint;
use iroh::endpoint::Connection;

use crate::failure::Failure;
use crate::handles::{Handle, Slots};

/// Pieces up to this length are packed into the slab; longer ones wait until JavaScript takes them.
const SMALL: usize = 4096;

/// Something that happened. `number` is its kind for JavaScript.
pub enum Event {
    /// An operation without a result is done.
    Done(Handle),
    /// An operation failed: see `failures`.
    Failed(Handle),
    /// A dial or a bind succeeded; its handle is that of the connection or endpoint.
    Ready(Handle),
    Accepted { endpoint: Handle, connection: Handle },
    Stream { connection: Handle, stream: Handle },
    /// So many more streams can be opened at once on a connection.
    Openable { connection: Handle, count: u32 },
    Data { stream: Handle, bytes: Bytes },
    /// The peer finished its half of a stream.
    End(Handle),
    Reset { stream: Handle, code: u64 },
    Stopped { stream: Handle, code: u64 },
    /// So many bytes of a stream were taken from its queue.
    Wrote { stream: Handle, bytes: u64 },
    /// A connection is gone: see `failures`.
    Closed(Handle),
    /// An endpoint accepts no more connections.
    AcceptEnded(Handle),
}

/// Numbers of the events, in JavaScript as well.
mod kind {
    pub const DONE: f64 = 1.0;
    pub const FAILED: f64 = 2.0;
    pub const READY: f64 = 3.0;
    pub const ACCEPTED: f64 = 4.0;
    pub const STREAM: f64 = 5.0;
    pub const OPENABLE: f64 = 6.0;
    pub const DATA: f64 = 7.0;
    pub const READABLE: f64 = 8.0;
    pub const END: f64 = 9.0;
    pub const RESET: f64 = 10.0;
    pub const STOPPED: f64 = 11.0;
    pub const WROTE: f64 = 12.0;
    pub const CLOSED: f64 = 13.0;
    pub const ACCEPT_ENDED: f64 = 14.0;
}

/// Numbers of one event in `meta`.
pub const META: usize = 4;

/// What the threads share. The mutex is held for short moments only, and never while QUIC's are.
#[derive(Default)]
pub struct Shared {
    pub slots: Slots,
    events: VecDeque<Event>,
    /// Bytes of streams that JavaScript has not taken yet.
    unread: HashMap<Handle, VecDeque<Bytes>>,
    pub failures: HashMap<Handle, Failure>,
    pub endpoints: HashMap<Handle, Endpoint>,
    pub connections: HashMap<Handle, Connection>,
    /// Whether JavaScript was woken and has not drained everything since.
    signalled: bool,
}

pub type Wake = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub struct Ring {
    shared: Mutex<Shared>,
    wake: OnceLock<Wake>,
    /// Whether the environment has ended: whatever happens from then on is dropped.
    ended: AtomicBool,
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
        if self.has_ended() {
            return;
        }
        let mut shared = self.lock();
        shared.events.push_back(event);
        let wakes = !std::mem::replace(&mut shared.signalled, true);
        drop(shared);
        if wakes && let Some(wake) = self.wake.get() {
            wake();
        }
    }

    pub fn fail(&self, handle: Handle, failure: Failure, event: fn(Handle) -> Event) {
        self.lock().failures.insert(handle, failure);
        self.push(event(handle));
    }

    /// Says that the environment has ended: JavaScript must not be called any more.
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

    /// Writes events to `meta`, four numbers each, and small pieces of data to `slab`. Returns the number of events. Fewer
    /// than fit means that the ring is empty, and that JavaScript is woken for the next event.
    pub fn drain(&self, slab: &mut [u8], meta: &mut [f64]) -> usize {
        let mut shared = self.lock();
        let Shared { events, unread, signalled, .. } = &mut *shared;
        let mut writer = Writer { slab, used: 0, meta, count: 0 };
        while writer.has_room() {
            let Some(event) = events.pop_front() else {
                *signalled = false;
                break;
            };
            match event {
                Event::Data { stream, bytes } => match unread.get_mut(&stream) {
                    // Not past what came before.
                    Some(pieces) => {
                        writer.readable(stream, bytes.len());
                        pieces.push_back(bytes);
                    }
                    None if writer.fits(&bytes) => writer.data(stream, &bytes),
                    None => {
                        writer.readable(stream, bytes.len());
                        unread.insert(stream, VecDeque::from([bytes]));
                    }
                },
                other => writer.write(other),
            }
        }
        writer.count
    }

    /// Copies bytes that wait for a stream to `into`. Returns how many.
    pub fn take(&self, stream: Handle, into: &mut [u8]) -> usize {
        let mut shared = self.lock();
        let Some(pieces) = shared.unread.get_mut(&stream) else { return 0 };
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
        if pieces.is_empty() {
            shared.unread.remove(&stream);
        }
        copied
    }

    /// Gives a handle back, and everything that is kept for it. JavaScript calls it behind the last event that it expects.
    pub fn release(&self, handle: Handle) {
        let mut shared = self.lock();
        shared.unread.remove(&handle);
        shared.failures.remove(&handle);
        let endpoint = shared.endpoints.remove(&handle);
        let connection = shared.connections.remove(&handle);
        shared.slots.release(handle);
        drop(shared);
        // Behind the lock: their ends take the mutex of QUIC.
        drop((endpoint, connection));
    }
}

struct Writer<'a> {
    slab: &'a mut [u8],
    used: usize,
    meta: &'a mut [f64],
    count: usize,
}

impl Writer<'_> {
    fn has_room(&self) -> bool {
        (self.count + 1) * META <= self.meta.len()
    }

    fn fits(&self, bytes: &Bytes) -> bool {
        bytes.len() <= SMALL && self.used + bytes.len() <= self.slab.len()
    }

    fn event(&mut self, kind: f64, handle: Handle, a: f64, b: f64) {
        let at = self.count * META;
        self.meta[at..at + META].copy_from_slice(&[kind, f64::from(handle), a, b]);
        self.count += 1;
    }

    /// The numbers of the event before, if it is one of this kind about this handle.
    fn previous(&mut self, kind: f64, handle: Handle) -> Option<&mut [f64]> {
        let at = self.count.checked_sub(1)? * META;
        let numbers = &mut self.meta[at..at + META];
        (numbers[0] == kind && numbers[1] == f64::from(handle)).then_some(numbers)
    }

    fn data(&mut self, stream: Handle, bytes: &Bytes) {
        let (from, to) = (self.used, self.used + bytes.len());
        self.slab[from..to].copy_from_slice(bytes);
        self.used = to;
        // The pieces of one read lie side by side.
        if let Some(numbers) = self.previous(kind::DATA, stream) {
            numbers[3] += bytes.len() as f64;
        } else {
            self.event(kind::DATA, stream, from as f64, bytes.len() as f64);
        }
    }

    fn readable(&mut self, stream: Handle, length: usize) {
        if let Some(numbers) = self.previous(kind::READABLE, stream) {
            numbers[2] += length as f64;
        } else {
            self.event(kind::READABLE, stream, length as f64, 0.0);
        }
    }

    fn write(&mut self, event: Event) {
        let (number, handle, a) = match event {
            Event::Done(handle) => (kind::DONE, handle, 0.0),
            Event::Failed(handle) => (kind::FAILED, handle, 0.0),
            Event::Ready(handle) => (kind::READY, handle, 0.0),
            Event::Accepted { endpoint, connection } => (kind::ACCEPTED, endpoint, f64::from(connection)),
            Event::Stream { connection, stream } => (kind::STREAM, connection, f64::from(stream)),
            Event::Openable { connection, count } => (kind::OPENABLE, connection, f64::from(count)),
            Event::End(handle) => (kind::END, handle, 0.0),
            Event::Reset { stream, code } => (kind::RESET, stream, code as f64),
            Event::Stopped { stream, code } => (kind::STOPPED, stream, code as f64),
            Event::Wrote { stream, bytes } => (kind::WROTE, stream, bytes as f64),
            Event::Closed(handle) => (kind::CLOSED, handle, 0.0),
            Event::AcceptEnded(handle) => (kind::ACCEPT_ENDED, handle, 0.0),
            Event::Data { .. } => unreachable!("data is written by `data` and `readable`"),
        };
        self.event(number, handle, a, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn data(stream: Handle, length: usize) -> Event {
        Event::Data { stream, bytes: Bytes::from(vec![7; length]) }
    }

    fn drain(ring: &Ring, slab: usize, events: usize) -> Vec<[f64; META]> {
        let mut meta = vec![0.0; events * META];
        let count = ring.drain(&mut vec![0; slab], &mut meta);
        meta.chunks_exact(META).take(count).map(|numbers| numbers.try_into().unwrap()).collect()
    }

    #[test]
    fn wakes_once_for_each_time_that_it_runs_empty() {
        let ring = Ring::default();
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = woken.clone();
        ring.on_event(Box::new(move || drop(counter.fetch_add(1, Ordering::Relaxed))));
        for _ in 0..3 {
            ring.push(Event::Done(1));
        }
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        // Two of three: there are more, so that nothing wakes.
        assert_eq!(drain(&ring, 0, 2).len(), 2);
        ring.push(Event::Done(1));
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        assert_eq!(drain(&ring, 0, 10).len(), 2);
        ring.push(Event::Done(1));
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn joins_the_pieces_of_one_stream() {
        let ring = Ring::default();
        for stream in [1, 1, 2, 1] {
            ring.push(data(stream, 10));
        }
        assert_eq!(drain(&ring, 100, 10), [[7.0, 1.0, 0.0, 20.0], [7.0, 2.0, 20.0, 10.0], [7.0, 1.0, 30.0, 10.0]]);
    }

    #[test]
    fn keeps_the_order_of_small_and_large_pieces() {
        let ring = Ring::default();
        ring.push(data(1, 10));
        ring.push(data(1, SMALL + 1));
        ring.push(data(1, 5));
        ring.push(Event::End(1));
        let large = (SMALL + 1 + 5) as f64;
        assert_eq!(
            drain(&ring, 100, 10),
            [[7.0, 1.0, 0.0, 10.0], [8.0, 1.0, large, 0.0], [9.0, 1.0, 0.0, 0.0]]
        );
        let mut into = vec![0; SMALL + 100];
        assert_eq!(ring.take(1, &mut into[..SMALL]), SMALL);
        assert_eq!(ring.take(1, &mut into[SMALL..]), 6);
        assert_eq!(ring.take(1, &mut into), 0);
        ring.push(data(1, 5));
        assert_eq!(drain(&ring, 100, 10), [[7.0, 1.0, 0.0, 5.0]]);
    }

    #[test]
    fn data_that_does_not_fit_the_slab_waits() {
        let ring = Ring::default();
        ring.push(data(1, 60));
        ring.push(data(2, 60));
        assert_eq!(drain(&ring, 100, 10), [[7.0, 1.0, 0.0, 60.0], [8.0, 2.0, 60.0, 0.0]]);
        assert_eq!(ring.take(2, &mut [0; 60]), 60);
    }

    #[test]
    fn drops_everything_behind_its_end() {
        let ring = Ring::default();
        ring.push(data(1, SMALL + 1));
        drain(&ring, 0, 1);
        ring.end();
        ring.push(Event::Done(1));
        ring.clear();
        assert!(drain(&ring, 0, 10).is_empty());
        assert_eq!(ring.take(1, &mut [0; 10]), 0);
    }
}
