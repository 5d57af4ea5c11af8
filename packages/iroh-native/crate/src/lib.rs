//! Runs iroh for JavaScript behind two rings.
//!
//! JavaScript enqueues operations and returns. One thread of the process runs them, and owns endpoints, connections and
//! streams. It reports results as events in a second ring, which JavaScript drains in batches, with one wake-up for each
//! batch. In a call, JavaScript waits for no lock of QUIC, and creates the promises itself.

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
mod memory;
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

/// The version of this binary, which must be that of the package that loads it.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The rings of one environment.
#[napi]
pub struct Net {
    ring: Arc<Ring>,
    ops: &'static Ops,
}

#[napi]
impl Net {
    /// Creates the rings. `onReady` is called on the thread of JavaScript, at most once until all events were drained.
    #[napi(constructor)]
    pub fn new(env: Env, on_ready: Function<(), ()>) -> Result<Self> {
        let ops = net::ops().map_err(Error::from_reason)?;
        let ring = Arc::new(Ring::default());
        // Weak, so that an environment with nothing else to wait for ends.
        let wake = on_ready.build_threadsafe_function::<()>().weak::<true>().build()?;
        ring.on_event(Box::new(move || {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        env.add_env_cleanup_hook(ring.clone(), |ring| {
            // Node runs cleanup hooks in reverse order, so this one runs before that of the threadsafe function.
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

    /// Submits a rare operation that should not wait for `flush`.
    fn submit_now(&self, op: Op) {
        self.submit(op);
        self.ops.wake();
    }

    /// Makes the net thread run the submitted operations of streams. Waking a thread costs more than most operations, so
    /// JavaScript does it once for all operations of a turn of its event loop.
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

    /// Cancels a dial or a bind. No event follows.
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

    /// Queues bytes of a stream. They are copied before the method returns.
    #[napi]
    pub fn write(&self, stream: Handle, bytes: &[u8], finish: bool) {
        self.submit(Op::Write { stream, bytes: Bytes::copy_from_slice(bytes), finish });
        if bytes.len() >= memory::LARGE {
            // The net thread sends these bytes while JavaScript copies the next piece.
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

    /// Releases a handle, and ends the object that it names. No event about it follows.
    #[napi]
    pub fn release(&self, handle: Handle) {
        self.submit(Op::Release { handle });
    }

    /// Writes events to `meta`, four numbers each, and small pieces of data to `slab`. Returns the number of events. If
    /// fewer events are returned than fit, there are no more.
    #[napi]
    pub fn drain(&self, mut slab: Uint8ArraySlice, mut meta: Float64ArraySlice) -> u32 {
        // SAFETY: JavaScript waits for the return, and nothing else has its arrays, which are not shared memory.
        let (slab, meta) = unsafe { (slab.as_mut(), meta.as_mut()) };
        let drained = self.ring.drain(slab, meta);
        if drained.has_room_again {
            self.submit_now(Op::Drained);
        }
        drained.count as u32
    }

    /// Copies waiting bytes of a stream to `into`. Returns the number of bytes copied.
    #[napi]
    pub fn take(&self, stream: Handle, mut into: Uint8ArraySlice) -> u32 {
        // SAFETY: as in `drain`.
        let into = unsafe { into.as_mut() };
        self.ring.take(stream, into) as u32
    }
}

fn invalid(text: String) -> Error {
    Error::new(Status::InvalidArg, text)
}
