//! iroh for JavaScript behind two rings.
//!
//! JavaScript enqueues operations and returns; one thread of the process runs them and owns endpoints, connections and
//! streams; what comes of them is put into a ring that JavaScript drains in batches, for one wake-up each. JavaScript waits
//! for no lock of QUIC's on the path of a call, and makes the promises itself.

mod connection;
mod endpoint;
mod failure;
mod handles;
mod net;
mod ops;
mod options;
mod ring;
mod stream;

use std::sync::Arc;

use bytes::Bytes;
use iroh::TransportAddr;
use napi::bindgen_prelude::{Float64ArraySlice, Function, Uint8ArraySlice};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Error, Result, Status};
use napi_derive::napi;

use crate::handles::Handle;
use crate::ops::{Op, Ops};
use crate::options::{BindOptions, alpn_bytes, target_of};
use crate::ring::Ring;

/// The rings of one environment.
#[napi]
pub struct Net {
    ring: Arc<Ring>,
    ops: &'static Ops,
}

/// Why an operation failed, or how a connection ended.
#[napi(object)]
pub struct FailureInfo {
    pub kind: u32,
    pub code: Option<f64>,
    pub message: String,
}

/// A connection that was accepted or dialled.
#[napi(object)]
pub struct ConnectionInfo {
    pub remote_id: String,
    pub alpn: String,
}

#[napi(object)]
pub struct EndpointInfo {
    pub id: String,
    pub addresses: Vec<String>,
    pub sockets: Vec<String>,
    pub relay_url: Option<String>,
}

#[napi(object)]
pub struct PathInfo {
    pub is_relay: bool,
    /// The URL of a relay, or a socket's address.
    pub remote_addr: String,
    pub rtt_ms: f64,
    pub is_selected: bool,
}

#[napi(object)]
pub struct StatsInfo {
    pub received_datagrams: f64,
    pub received_bytes: f64,
    pub sent_datagrams: f64,
    pub sent_bytes: f64,
    pub lost_packets: f64,
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
            ring.end();
            if let Ok(ops) = net::ops() {
                ops.submit(&ring, Op::End);
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

    #[napi]
    pub fn bind(&self, options: BindOptions) -> Result<Handle> {
        let options = Box::new(options.try_into()?);
        let endpoint = self.allocate()?;
        self.submit(Op::Bind { endpoint, options });
        Ok(endpoint)
    }

    #[napi]
    pub fn set_alpns(&self, endpoint: Handle, alpns: Vec<String>) {
        self.submit(Op::SetAlpns { endpoint, alpns: alpns.iter().map(|alpn| alpn_bytes(alpn)).collect() });
    }

    #[napi]
    pub fn close_endpoint(&self, endpoint: Handle) {
        self.submit(Op::CloseEndpoint { endpoint });
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
        self.submit(Op::Dial { endpoint, connection, target, alpn: alpn_bytes(&alpn) });
        Ok(connection)
    }

    /// Calls a dial or a bind off. No event follows.
    #[napi]
    pub fn cancel(&self, operation: Handle) {
        self.submit(Op::Cancel { operation });
    }

    #[napi]
    pub fn close(&self, connection: Handle, code: f64, reason: String) {
        self.submit(Op::Close { connection, code: code as u64, reason });
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
        self.submit(Op::Want { stream, bytes: bytes as u64 });
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
        self.ring.drain(slab, meta) as u32
    }

    /// Copies bytes that wait for a stream to `into`. Returns how many.
    #[napi]
    pub fn take(&self, stream: Handle, mut into: Uint8ArraySlice) -> u32 {
        // SAFETY: as for `drain`.
        let into = unsafe { into.as_mut() };
        self.ring.take(stream, into) as u32
    }

    #[napi]
    pub fn failure(&self, handle: Handle) -> Option<FailureInfo> {
        let failure = self.ring.lock().failures.remove(&handle)?;
        Some(FailureInfo {
            kind: failure.kind as u32,
            code: failure.code.map(|code| code as f64),
            message: failure.message,
        })
    }

    #[napi]
    pub fn endpoint_info(&self, handle: Handle) -> Option<EndpointInfo> {
        let endpoint = self.ring.lock().endpoints.get(&handle)?.clone();
        let address = endpoint.addr();
        Some(EndpointInfo {
            id: endpoint.id().to_string(),
            addresses: address.ip_addrs().map(ToString::to_string).collect(),
            sockets: endpoint.bound_sockets().iter().map(ToString::to_string).collect(),
            relay_url: address.relay_urls().next().map(ToString::to_string),
        })
    }

    #[napi]
    pub fn connection_info(&self, handle: Handle) -> Option<ConnectionInfo> {
        let connection = self.ring.lock().connections.get(&handle)?.clone();
        Some(ConnectionInfo {
            remote_id: connection.remote_id().to_string(),
            alpn: String::from_utf8_lossy(connection.alpn()).into_owned(),
        })
    }

    #[napi]
    pub fn paths(&self, handle: Handle) -> Vec<PathInfo> {
        let connection = self.ring.lock().connections.get(&handle).cloned();
        let Some(connection) = connection else { return Vec::new() };
        let paths = connection.paths();
        paths
            .iter()
            .map(|path| PathInfo {
                is_relay: path.is_relay(),
                remote_addr: match path.remote_addr() {
                    TransportAddr::Relay(url) => url.to_string(),
                    TransportAddr::Ip(address) => address.to_string(),
                    other => format!("{other:?}"),
                },
                rtt_ms: path.rtt().as_secs_f64() * 1000.0,
                is_selected: path.is_selected(),
            })
            .collect()
    }

    #[napi]
    pub fn stats(&self, handle: Handle) -> Option<StatsInfo> {
        let connection = self.ring.lock().connections.get(&handle)?.clone();
        let stats = connection.stats();
        Some(StatsInfo {
            received_datagrams: stats.udp_rx.datagrams as f64,
            received_bytes: stats.udp_rx.bytes as f64,
            sent_datagrams: stats.udp_tx.datagrams as f64,
            sent_bytes: stats.udp_tx.bytes as f64,
            lost_packets: stats.lost_packets as f64,
        })
    }
}

fn invalid(text: String) -> Error {
    Error::new(Status::InvalidArg, text)
}
