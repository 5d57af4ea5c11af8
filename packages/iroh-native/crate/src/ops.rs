//! The submission ring: what JavaScript asks of the net thread.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use iroh::EndpointAddr;
use tokio::sync::Notify;

use crate::bind::BindOptions;
use crate::handles::Handle;
use crate::ring::Ring;

/// An operation. None of them answers at once: what comes of it is an event.
pub enum Op {
    Bind {
        endpoint: Handle,
        options: Box<BindOptions>,
    },
    SetAlpns {
        endpoint: Handle,
        alpns: Vec<Vec<u8>>,
    },
    CloseEndpoint {
        endpoint: Handle,
    },
    Dial {
        endpoint: Handle,
        connection: Handle,
        target: Box<EndpointAddr>,
        alpn: Vec<u8>,
    },
    /// Calls a dial or a bind off. No event follows.
    Cancel {
        operation: Handle,
    },
    Close {
        connection: Handle,
        code: u64,
        reason: String,
    },
    /// Opens a stream. JavaScript keeps count of those that can be opened at once.
    Open {
        connection: Handle,
        stream: Handle,
    },
    Write {
        stream: Handle,
        bytes: Bytes,
        finish: bool,
    },
    Reset {
        stream: Handle,
        code: u64,
    },
    Stop {
        stream: Handle,
        code: u64,
    },
    /// Lets so many more bytes of a stream be read, for which its reader waits.
    Want {
        stream: Handle,
        bytes: u64,
    },
    /// JavaScript holds the handle no longer.
    Release {
        handle: Handle,
    },
    /// The ring has room again.
    Drained,
    /// The environment has ended.
    End,
    #[cfg(test)]
    Panic,
}

/// The operations of all environments, in the order in which they were submitted. They are bounded by what JavaScript has: of a
/// stream it submits no more than 256 KiB that were not told of as written, and it opens no more than were told of as openable.
#[derive(Default)]
pub struct Ops {
    queue: Mutex<Vec<(Arc<Ring>, Op)>>,
    pub submitted: Notify,
}

impl Ops {
    /// Queues an operation. The net thread learns of it with the next `wake`.
    pub fn submit(&self, ring: &Arc<Ring>, op: Op) {
        self.lock().push((ring.clone(), op));
    }

    /// Has the net thread run what is queued.
    pub fn wake(&self) {
        self.submitted.notify_one();
    }

    /// The same, unless it runs or has run everything.
    pub fn wake_if_any(&self) {
        if !self.lock().is_empty() {
            self.wake();
        }
    }

    pub fn take(&self, into: &mut Vec<(Arc<Ring>, Op)>) {
        std::mem::swap(&mut *self.lock(), into);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Arc<Ring>, Op)>> {
        self.queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
