//! iroh for JavaScript behind two rings.
//!
//! JavaScript enqueues operations and returns; one thread of the process runs them and owns endpoints, connections and
//! streams; what comes of them is put into a ring that JavaScript drains in batches, for one wake-up each. JavaScript waits
//! for no lock of QUIC's on the path of a call, and makes the promises itself.

#![deny(clippy::undocumented_unsafe_blocks)]

mod bind;
mod connection;
mod datagrams;
mod endpoint;
mod event;
mod failure;
mod handles;
mod handshakes;
mod info;
mod net;
mod ops;
mod options;
mod places;
mod recv_half;
mod ring;
mod send_half;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

use bytes::Bytes;
use napi::bindgen_prelude::{Float64ArraySlice, Function, Uint8ArraySlice};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Error, Result, Status};
use napi_derive::napi;

use crate::handles::Handle;
use crate::ops::{Op, Ops};
use crate::options::{BindOptions, alpn_bytes, target_of};
use crate::ring::Ring;

/// The version of this binary, which has to be that of the package that loads it.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A write that is worth waking the net thread for.
const LARGE: usize = 16 << 10;

/// The rings of one environment.
#[napi]
pub struct Net {
    ring: Arc<Ring>,
    ops: &'static Ops,
}

#[napi]
impl Net {
    /// `onReady` is called on the thread of JavaScript, at most once until everything was drained.
    #[napi(constructor)]
    pub fn new(env: Env, on_ready: Function<(), ()>) -> Result<Self> {
        let ops = net::ops().map_err(Error::from_reason)?;
        let ring = Arc::new(Ring::default());
        // Weak, so that an environment that waits for nothing else ends.
        let wake = on_ready.build_threadsafe_function::<()>().weak::<true>().build()?;
        ring.on_event(Box::new(move || {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        env.add_env_cleanup_hook(ring.clone(), |ring| {
            // It runs in front of the end of the threadsafe function, which was made earlier.
            ring.end();
            if let Ok(ops) = net::ops() {
                ops.submit(&ring, Op::End);
                ops.wake();
            }
        })?;
        Ok(Self { ring, ops })
    }

    fn allocate(&self) -> Result<Handle> {
        let handle = self.ring.lock().slots.allocate();
        handle.ok_or_else(|| Error::from_reason("too many endpoints, connections and streams are open"))
    }

    fn submit(&self, op: Op) {
        self.ops.submit(&self.ring, op);
    }

    /// For what comes seldom and should not wait for `flush`.
    fn submit_now(&self, op: Op) {
        self.submit(op);
        self.ops.wake();
    }

    /// Has the net thread run the operations of streams that were submitted. Waking a thread costs more than most of them, so
    /// that JavaScript does it once for all that it submits in a turn of its event loop.
    #[napi]
    pub fn flush(&self) {
        self.ops.wake_if_any();
    }

    #[napi]
    pub fn bind(&self, options: BindOptions) -> Result<Handle> {
        let options = Box::new(options.try_into()?);
        let endpoint = self.allocate()?;
        self.submit_now(Op::Bind { endpoint, options });
        Ok(endpoint)
    }

    #[napi]
    pub fn set_alpns(&self, endpoint: Handle, alpns: Vec<String>) {
        self.submit_now(Op::SetAlpns { endpoint, alpns: alpns.iter().map(|alpn| alpn_bytes(alpn)).collect() });
    }

    #[napi]
    pub fn close_endpoint(&self, endpoint: Handle) {
        self.submit_now(Op::CloseEndpoint { endpoint });
    }

    #[napi]
    pub fn dial(
        &self,
        endpoint: Handle,
        id: String,
        addresses: Vec<String>,
        relay_url: Option<String>,
        alpn: String,
    ) -> Result<Handle> {
        let target = Box::new(target_of(&id, &addresses, relay_url.as_deref())?);
        let connection = self.allocate()?;
        self.submit_now(Op::Dial { endpoint, connection, target, alpn: alpn_bytes(&alpn) });
        Ok(connection)
    }

    /// Calls a dial or a bind off. No event follows.
    #[napi]
    pub fn cancel(&self, operation: Handle) {
        self.submit_now(Op::Cancel { operation });
    }

    #[napi]
    pub fn close(&self, connection: Handle, code: f64, reason: String) {
        self.submit_now(Op::Close { connection, code: code as u64, reason });
    }

    #[napi]
    pub fn open(&self, connection: Handle) -> Result<Handle> {
        let stream = self.allocate()?;
        self.submit(Op::Open { connection, stream });
        Ok(stream)
    }

    /// The bytes are copied before it returns.
    #[napi]
    pub fn write(&self, stream: Handle, bytes: &[u8], finish: bool) {
        self.submit(Op::Write { stream, bytes: Bytes::copy_from_slice(bytes), finish });
        if bytes.len() >= LARGE {
            // Sent while JavaScript copies the next one.
            self.ops.wake();
        }
    }

    #[napi]
    pub fn finish(&self, stream: Handle) {
        self.submit(Op::Write { stream, bytes: Bytes::new(), finish: true });
    }

    #[napi]
    pub fn reset(&self, stream: Handle, code: f64) {
        self.submit(Op::Reset { stream, code: code as u64 });
    }

    #[napi]
    pub fn stop(&self, stream: Handle, code: f64) {
        self.submit(Op::Stop { stream, code: code as u64 });
    }

    #[napi]
    pub fn want(&self, stream: Handle, bytes: f64) {
        let bytes = bytes as u64;
        if self.ring.grant(stream, bytes) {
            self.submit(Op::Want { stream, bytes });
        }
    }

    /// Gives a handle back: no event about it is expected any more. What it names is ended.
    #[napi]
    pub fn release(&self, handle: Handle) {
        self.submit(Op::Release { handle });
    }

    /// Writes events to `meta`, four numbers each, and small pieces of data to `slab`. Returns the number of events; fewer than
    /// fit means that there are no more.
    #[napi]
    pub fn drain(&self, mut slab: Uint8ArraySlice, mut meta: Float64ArraySlice) -> u32 {
        // SAFETY: JavaScript waits for the return, and nothing else has its arrays: they are no shared memory.
        let (slab, meta) = unsafe { (slab.as_mut(), meta.as_mut()) };
        let drained = self.ring.drain(slab, meta);
        if drained.has_room_again {
            self.submit_now(Op::Drained);
        }
        drained.count as u32
    }

    /// Copies bytes that wait for a stream to `into`. Returns how many.
    #[napi]
    pub fn take(&self, stream: Handle, mut into: Uint8ArraySlice) -> u32 {
        // SAFETY: as for `drain`.
        let into = unsafe { into.as_mut() };
        self.ring.take(stream, into) as u32
    }
}

fn invalid(text: String) -> Error {
    Error::new(Status::InvalidArg, text)
}
