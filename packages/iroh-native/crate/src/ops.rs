//! The submission ring: the operations that JavaScript submits to the net thread.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use iroh::EndpointAddr;
use tokio::sync::Notify;

use crate::bind::BindOptions;
use crate::handles::Handle;
use crate::ring::Ring;

/// An operation. It returns nothing; its result is an event.
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
    /// Cancels a dial or a bind. No event follows.
    Cancel {
        operation: Handle,
    },
    Close {
        connection: Handle,
        code: u64,
        reason: String,
    },
    /// Opens a stream. JavaScript counts the streams that can be opened at once.
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
    /// Allows this many more bytes of a stream to be read, because its reader waits for them.
    Want {
        stream: Handle,
        bytes: u64,
    },
    /// JavaScript has released the handle.
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

/// The operations of all environments, in the order in which they were submitted. They are bounded: for a stream,
/// JavaScript submits at most 256 KiB that were not reported as written, and it opens only streams that were reported as
/// openable.
#[derive(Default)]
pub struct Ops {
    queue: Mutex<Vec<(Arc<Ring>, Op)>>,
    pub submitted: Notify,
}

impl Ops {
    /// Queues an operation. The net thread sees it after the next `wake`.
    pub fn submit(&self, ring: &Arc<Ring>, op: Op) {
        self.lock().push((ring.clone(), op));
    }

    /// Makes the net thread run the queued operations.
    pub fn wake(&self) {
        self.submitted.notify_one();
    }

    /// Like `wake`, unless the net thread is running or has run all operations.
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
