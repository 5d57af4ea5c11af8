//! What the net thread tells JavaScript, and its form there: four numbers an event, and bytes in a slab.

use bytes::Bytes;

use crate::handles::Handle;

/// Reads up to this length are packed into the slab; longer ones wait until JavaScript takes them.
pub const SMALL: usize = 4096;

/// Numbers of one event.
pub const META: usize = 4;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// An operation without a result is done.
    Done(Handle),
    /// An operation failed: see `failure`.
    Failed(Handle),
    /// A dial or a bind succeeded; its handle is that of the connection or endpoint.
    Ready(Handle),
    Accepted {
        endpoint: Handle,
        connection: Handle,
    },
    Stream {
        connection: Handle,
        stream: Handle,
    },
    /// So many more streams can be opened at once on a connection.
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
    /// So many bytes of a stream were taken from its queue.
    Wrote {
        stream: Handle,
        bytes: u64,
    },
    /// A connection that was dialled has lost its last path, or has one again.
    Paths {
        connection: Handle,
        is_reachable: bool,
    },
    /// A connection is gone: see `failure`.
    Closed(Handle),
    /// An endpoint accepts no more connections.
    AcceptEnded(Handle),
}

/// Numbers of the events, in JavaScript as well. `DATA` tells of bytes in the slab, `READABLE` of bytes to be taken.
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

    /// The numbers of the event before, if it is one of this kind about this handle.
    fn previous(&mut self, kind: f64, handle: Handle) -> Option<&mut [f64]> {
        let at = self.count.checked_sub(1)? * META;
        let numbers = &mut self.meta[at..at + META];
        (numbers[0] == kind && numbers[1] == f64::from(handle)).then_some(numbers)
    }

    /// Room for that many bytes in the slab, if there is.
    pub fn room(&mut self, length: usize) -> Option<&mut [u8]> {
        self.slab.get_mut(self.used..self.used + length)
    }

    /// Tells of bytes that were written to `room`.
    pub fn data(&mut self, stream: Handle, length: usize) {
        let from = self.used;
        self.used += length;
        // The reads of one stream lie side by side.
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

    /// Writes an event that is no read.
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
