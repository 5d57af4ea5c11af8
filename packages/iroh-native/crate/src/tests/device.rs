//! One environment, driven as JavaScript drives it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use bytes::Bytes;

use crate::bind::{BindOptions, Relays};
use crate::event::{META, kind};
use crate::failure::Failure;
use crate::handles::Handle;
use crate::net;
use crate::ops::Op;
use crate::options::target_of;
use crate::ring::Ring;
use crate::watch::Silence;

pub const ALPN: &str = "test";
/// The time after which a failing test ends. A passing test does not wait for it.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Device {
    pub ring: Arc<Ring>,
    woken: Receiver<()>,
    /// Events that were drained: kind, handle, and a number.
    pub events: VecDeque<(f64, Handle, f64)>,
    /// Bytes that arrived, by stream.
    pub read: HashMap<Handle, Vec<u8>>,
    /// Whether bytes that were read are granted again, and how many at a time.
    pub wants: bool,
    pub wants_at_a_time: usize,
}

pub fn options() -> BindOptions {
    let silence = Silence {
        allowed: None,
        several_paths: Duration::ZERO,
        loopback: None,
        loopback_round_trips: 0,
        loopback_most: Duration::ZERO,
    };
    BindOptions {
        secret_key: None,
        addresses: vec!["127.0.0.1:0".parse().unwrap()],
        optional_address: None,
        alpns: vec![ALPN.into()],
        relays: Relays::Disabled,
        discovery: false,
        max_streams: 16,
        idle_timeout: None,
        keep_alive: None,
        dialled: silence,
        accepted: silence,
    }
}

impl Device {
    pub fn new() -> Self {
        let (wake, woken) = channel();
        let ring = Arc::new(Ring::default());
        ring.on_event(Box::new(move || {
            // The receiver is gone if the device was dropped.
            let _ = wake.send(());
        }));
        Self { ring, woken, events: VecDeque::new(), read: HashMap::new(), wants: true, wants_at_a_time: usize::MAX }
    }

    pub fn submit(&self, op: Op) {
        let ops = net::ops().unwrap();
        ops.submit(&self.ring, op);
        ops.wake();
    }

    pub fn allocate(&self) -> Handle {
        self.ring.lock().slots.allocate().unwrap()
    }

    pub fn drain(&mut self) {
        loop {
            let (mut slab, mut meta) = (vec![0; 70_000], vec![0.0; 1_024 * META]);
            let drained = self.ring.drain(&mut slab, &mut meta);
            if drained.has_room_again {
                self.submit(Op::Drained);
            }
            for numbers in meta.chunks_exact(META).take(drained.count) {
                let (handle, a, b) = (numbers[1] as Handle, numbers[2] as usize, numbers[3] as usize);
                let bytes = match numbers[0] {
                    kind::DATA => slab[a..a + b].to_vec(),
                    kind::READABLE => {
                        let mut bytes = vec![0; a];
                        assert_eq!(self.ring.take(handle, &mut bytes), a);
                        bytes
                    }
                    other => {
                        self.events.push_back((other, handle, numbers[2]));
                        continue;
                    }
                };
                for part in bytes.chunks(self.wants_at_a_time).take_while(|_| self.wants) {
                    let length = part.len() as u64;
                    if self.ring.grant(handle, length) {
                        self.submit(Op::Want { stream: handle, bytes: length });
                    }
                }
                self.read.entry(handle).or_default().extend(bytes);
            }
            if drained.count < 1_024 {
                return;
            }
        }
    }

    /// Drains events until a condition holds.
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        while !is_so(self) {
            self.woken.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what} did not come: {:?}", self.events));
            self.drain();
        }
    }

    /// Waits for an event, and returns its number.
    pub fn event(&mut self, kind: f64, handle: Handle) -> f64 {
        let mut number = None;
        self.until(&format!("event {kind} of {handle}"), |device| {
            let at = device.events.iter().position(|event| (event.0, event.1) == (kind, handle));
            number = at.and_then(|at| device.events.remove(at)).map(|event| event.2);
            number.is_some()
        });
        number.unwrap()
    }

    pub fn bind(&mut self, options: BindOptions) -> Handle {
        let endpoint = self.allocate();
        self.submit(Op::Bind { endpoint, options: Box::new(options) });
        self.event(kind::READY, endpoint);
        endpoint
    }

    pub fn dial(&mut self, endpoint: Handle, id: &str, addresses: &[String]) -> Handle {
        let connection = self.allocate();
        let target = Box::new(target_of(id, addresses, None).unwrap());
        self.submit(Op::Dial { endpoint, connection, target, alpn: ALPN.into() });
        connection
    }

    pub fn address(&self, endpoint: Handle) -> (String, Vec<String>) {
        let native = self.ring.lock().endpoints[&endpoint].clone();
        (native.id().to_string(), native.bound_sockets().iter().map(ToString::to_string).collect())
    }

    /// Opens a stream as soon as one can be opened.
    pub fn open(&mut self, connection: Handle) -> Handle {
        let count = self.event(kind::OPENABLE, connection);
        if count > 1.0 {
            self.events.push_back((kind::OPENABLE, connection, count - 1.0));
        }
        let stream = self.allocate();
        self.submit(Op::Open { connection, stream });
        stream
    }

    pub fn write(&self, stream: Handle, bytes: impl Into<Bytes>, finish: bool) {
        self.submit(Op::Write { stream, bytes: bytes.into(), finish });
    }

    pub fn failure(&self, handle: Handle) -> Failure {
        self.ring.take_failure(handle).expect("a failure")
    }

    pub fn release(&self, handle: Handle) {
        self.submit(Op::Release { handle });
    }
}

/// A pair of environments with a connection.
pub struct Pair {
    pub client: Device,
    pub server: Device,
    pub dialled: Handle,
    pub accepted: Handle,
    pub listening: Handle,
}

impl Pair {
    pub fn new() -> Self {
        Self::with(options(), options())
    }

    pub fn with(client_options: BindOptions, server_options: BindOptions) -> Self {
        let (mut client, mut server) = (Device::new(), Device::new());
        let listening = server.bind(server_options);
        let (id, addresses) = server.address(listening);
        let dialling = client.bind(client_options);
        let dialled = client.dial(dialling, &id, &addresses);
        client.event(kind::READY, dialled);
        let accepted = server.event(kind::ACCEPTED, listening) as Handle;
        Self { client, server, dialled, accepted, listening }
    }

    /// Opens a stream with a first write. Returns the handles of both sides.
    pub fn open(&mut self, first: &'static [u8]) -> (Handle, Handle) {
        let stream = self.client.open(self.dialled);
        self.client.write(stream, first, false);
        (stream, self.server.event(kind::STREAM, self.accepted) as Handle)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.ring.end();
        self.submit(Op::End);
    }
}
