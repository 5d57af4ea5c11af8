//! The events that the net thread reports to JavaScript, and their form there: four numbers for each event, and bytes in a
//! slab.

use bytes::Bytes;

use crate::handles::Handle;

/// Reads up to this length, in bytes, are packed into the slab; longer ones wait until JavaScript takes them.
pub const SMALL: usize = 4096;

/// The count of numbers of one event.
pub const META: usize = 4;

/// An event for JavaScript.
#[derive(Debug)]
pub enum Event {
    /// An operation without a result has finished.
    Done(Handle),
    /// An operation has failed: see `failure`.
    Failed(Handle),
    /// A dial or a bind succeeded. Its handle is now that of the connection or endpoint.
    Ready(Handle),
    Accepted {
        endpoint: Handle,
        connection: Handle,
    },
    Stream {
        connection: Handle,
        stream: Handle,
    },
    /// This many more streams can be opened at once on a connection.
    Openable {
        connection: Handle,
        count: u32,
    },
    /// A short read of a stream, whose bytes are the next ones of the ring.
    Short {
        stream: Handle,
        length: usize,
    },
    /// A long read of a stream.
    Long {
        stream: Handle,
        pieces: Vec<Bytes>,
    },
    /// The peer finished its half of a stream.
    End(Handle),
    Reset {
        stream: Handle,
        code: u64,
    },
    Stopped {
        stream: Handle,
        code: u64,
    },
    /// This many bytes of a stream were taken from its queue.
    Wrote {
        stream: Handle,
        bytes: u64,
    },
    /// A dialled connection has lost its last path, or has a path again.
    Paths {
        connection: Handle,
        is_reachable: bool,
    },
    /// A connection is gone: see `failure`.
    Closed(Handle),
    /// An endpoint accepts no more connections.
    AcceptEnded(Handle),
}

/// The numbers of the events, shared with JavaScript. `DATA` reports bytes in the slab, `READABLE` bytes to be taken.
pub mod kind {
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
    pub const PATHS: f64 = 15.0;
}

/// Writes events to the arrays of JavaScript.
pub struct Writer<'a> {
    slab: &'a mut [u8],
    used: usize,
    meta: &'a mut [f64],
    pub count: usize,
}

impl<'a> Writer<'a> {
    pub fn new(slab: &'a mut [u8], meta: &'a mut [f64]) -> Self {
        Self { slab, used: 0, meta, count: 0 }
    }

    pub fn has_room(&self) -> bool {
        (self.count + 1) * META <= self.meta.len()
    }

    fn event(&mut self, kind: f64, handle: Handle, a: f64, b: f64) {
        let at = self.count * META;
        self.meta[at..at + META].copy_from_slice(&[kind, f64::from(handle), a, b]);
        self.count += 1;
    }

    /// Returns the numbers of the previous event, if it has this kind and this handle.
    fn previous(&mut self, kind: f64, handle: Handle) -> Option<&mut [f64]> {
        let at = self.count.checked_sub(1)? * META;
        let numbers = &mut self.meta[at..at + META];
        (numbers[0] == kind && numbers[1] == f64::from(handle)).then_some(numbers)
    }

    /// Returns that many bytes of the slab, if there is room.
    pub fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        self.slab.get_mut(self.used..self.used + length)
    }

    /// Reports bytes that were written to `room`.
    pub fn data(&mut self, stream: Handle, length: usize) {
        let from = self.used;
        self.used += length;
        // Successive reads of one stream lie side by side in the slab, and are one event.
        if let Some(numbers) = self.previous(kind::DATA, stream) {
            numbers[3] += length as f64;
        } else {
            self.event(kind::DATA, stream, from as f64, length as f64);
        }
    }

    pub fn readable(&mut self, stream: Handle, length: usize) {
        if let Some(numbers) = self.previous(kind::READABLE, stream) {
            numbers[2] += length as f64;
        } else {
            self.event(kind::READABLE, stream, length as f64, 0.0);
        }
    }

    /// Writes an event that is not a read.
    pub fn write(&mut self, event: &Event) {
        let (number, handle, a) = match *event {
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
            Event::Paths { connection, is_reachable } => (kind::PATHS, connection, f64::from(u8::from(is_reachable))),
            Event::Closed(handle) => (kind::CLOSED, handle, 0.0),
            Event::AcceptEnded(handle) => (kind::ACCEPT_ENDED, handle, 0.0),
            Event::Short { .. } | Event::Long { .. } => unreachable!("reads are written by `data` and `readable`"),
        };
        self.event(number, handle, a, 0.0);
    }
}
