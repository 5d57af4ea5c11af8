//! Endpoints: binding, dialling, accepting, closing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use iroh::endpoint::presets::{Minimal, N0};
use iroh::endpoint::{AckFrequencyConfig, Connection, ConnectionError, Incoming, QuicTransportConfig, VarInt};
use iroh::{Endpoint, EndpointAddr, RelayConfig, RelayMap, RelayMode, RelayUrl, SecretKey};
use tokio::task::spawn_local;

use crate::connection::{self, Silence};
use crate::failure::{Failure, Kind};
use crate::handles::Handle;
use crate::net::Env;
use crate::ring::Event;

/// Which relays help.
pub enum Relays {
    Default,
    Staging,
    Disabled,
    Own { urls: Vec<RelayUrl>, token: Option<String> },
}

pub struct BindOptions {
    pub secret_key: Option<SecretKey>,
    /// All interfaces of both families if there is none.
    pub addresses: Vec<SocketAddr>,
    /// An address of the other family, which the machine may lack.
    pub optional_address: Option<SocketAddr>,
    pub alpns: Vec<Vec<u8>>,
    pub relays: Relays,
    /// Whether peers are found by their ids alone, through n0's DNS.
    pub discovery: bool,
    pub max_streams: u32,
    pub idle_timeout: Option<Duration>,
    pub keep_alive: Option<Duration>,
    /// Packets that the peer may leave unacknowledged.
    pub ack_every: u32,
    pub dialled: Silence,
    pub accepted: Silence,
}

/// Datagrams are no part of the protocol. Those of peers that only ask for an acknowledgement fit.
const DATAGRAM_BYTES: usize = 4096;
const MAX_ACK_DELAY: Duration = Duration::from_millis(25);

/// What the tasks of an endpoint need of its options.
#[derive(Clone, Copy)]
struct Silences {
    dialled: Silence,
    accepted: Silence,
}

thread_local! {
    /// On the net thread alone.
    static SILENCES: std::cell::RefCell<HashMap<(usize, Handle), Silences>> = std::cell::RefCell::default();
}

fn key_of(env: &Rc<Env>, endpoint: Handle) -> (usize, Handle) {
    (Arc::as_ptr(&env.ring) as usize, endpoint)
}

pub fn bind(env: &Rc<Env>, handle: Handle, options: BindOptions) {
    let silences = Silences { dialled: options.dialled, accepted: options.accepted };
    let owner = env.clone();
    env.start(handle, async move {
        match try_bind(&options).await {
            Ok(endpoint) => {
                SILENCES.with_borrow_mut(|all| all.insert(key_of(&owner, handle), silences));
                owner.ring.lock().endpoints.insert(handle, endpoint.clone());
                spawn_local(accept(owner.clone(), handle, endpoint, silences.accepted));
                owner.ring.push(Event::Ready(handle));
            }
            Err(message) => owner.ring.fail(handle, Failure::new(Kind::Bind, message), Event::Failed),
        }
    });
}

async fn try_bind(options: &BindOptions) -> Result<Endpoint, String> {
    if let Some(other) = options.optional_address
        && let Ok(endpoint) = bind_to(options, Some(other)).await
    {
        return Ok(endpoint);
    }
    bind_to(options, None).await
}

async fn bind_to(options: &BindOptions, other: Option<SocketAddr>) -> Result<Endpoint, String> {
    let mut builder = if options.discovery { Endpoint::builder(N0) } else { Endpoint::builder(Minimal) };
    builder = builder
        .relay_mode(relay_mode(&options.relays))
        .transport_config(transport_config(options))
        .alpns(options.alpns.clone());
    if let Some(key) = &options.secret_key {
        builder = builder.secret_key(key.clone());
    }
    for address in options.addresses.iter().copied().chain(other) {
        builder = builder.bind_addr(address).map_err(|error| chain(&error))?;
    }
    builder.bind().await.map_err(|error| chain(&error))
}

fn relay_mode(relays: &Relays) -> RelayMode {
    match relays {
        Relays::Default => RelayMode::Default,
        Relays::Staging => RelayMode::Staging,
        Relays::Disabled => RelayMode::Disabled,
        Relays::Own { urls, token } => {
            let map = RelayMap::empty();
            for url in urls {
                let mut config = RelayConfig::from(url.clone());
                if let Some(token) = token {
                    config = config.with_auth_token(token.clone());
                }
                map.insert(url.clone(), Arc::new(config));
            }
            RelayMode::Custom(map)
        }
    }
}

fn transport_config(options: &BindOptions) -> QuicTransportConfig {
    let mut ack = AckFrequencyConfig::default();
    ack.ack_eliciting_threshold(VarInt::from_u32(options.ack_every)).max_ack_delay(Some(MAX_ACK_DELAY));
    let mut config = QuicTransportConfig::builder()
        .max_concurrent_bidi_streams(VarInt::from_u32(options.max_streams))
        // No part of the protocol: a peer that opens one breaks QUIC's own rules.
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(Some(DATAGRAM_BYTES))
        .ack_frequency_config(Some(ack));
    if let Some(timeout) = options.idle_timeout.and_then(|timeout| timeout.try_into().ok()) {
        config = config.max_idle_timeout(Some(timeout));
    }
    if let Some(interval) = options.keep_alive {
        config = config.keep_alive_interval(interval).default_path_keep_alive_interval(interval);
    }
    config.build()
}

/// Takes connections until the endpoint is closed. A handshake that fails concerns the peer that dialled alone.
async fn accept(env: Rc<Env>, endpoint: Handle, native: Endpoint, silence: Silence) {
    while let Some(incoming) = native.accept().await {
        let env = env.clone();
        spawn_local(async move {
            let Some(connection) = shake_hands(incoming).await else { return };
            let Some(handle) = env.ring.lock().slots.allocate() else {
                return connection.close(VarInt::from_u32(0), b"too many connections");
            };
            // In front of the streams of the connection.
            let (ring, accepted) = (env.ring.clone(), Event::Accepted { endpoint, connection: handle });
            ring.lock().connections.insert(handle, connection.clone());
            ring.push(accepted);
            connection::attach(&env, handle, connection, silence);
        });
    }
    env.ring.push(Event::AcceptEnded(endpoint));
}

async fn shake_hands(incoming: Incoming) -> Option<Connection> {
    incoming.accept().ok()?.await.ok()
}

pub fn set_alpns(env: &Rc<Env>, handle: Handle, alpns: Vec<Vec<u8>>) {
    let endpoint = env.ring.lock().endpoints.get(&handle).cloned();
    if let Some(endpoint) = endpoint {
        endpoint.set_alpns(alpns);
    }
}

pub fn dial(env: &Rc<Env>, endpoint: Handle, handle: Handle, target: EndpointAddr, alpn: Vec<u8>) {
    let native = env.ring.lock().endpoints.get(&endpoint).cloned();
    let silences = SILENCES.with_borrow(|all| all.get(&key_of(env, endpoint)).copied());
    let owner = env.clone();
    env.start(handle, async move {
        let (Some(native), Some(silences)) = (native, silences) else {
            let failure = Failure::new(Kind::ClosedHere, "this side closed the transport");
            return owner.ring.fail(handle, failure, Event::Failed);
        };
        match native.connect(target, &alpn).await {
            Ok(connection) => {
                owner.ring.lock().connections.insert(handle, connection.clone());
                owner.ring.push(Event::Ready(handle));
                connection::attach(&owner, handle, connection, silences.dialled);
            }
            Err(error) => owner.ring.fail(handle, dial_failure(&error), Event::Failed),
        }
    });
}

/// Returns why a dial failed. A peer that closes the connection at once has reached this side all the same.
fn dial_failure(error: &(dyn std::error::Error + 'static)) -> Failure {
    let mut source = Some(error);
    while let Some(cause) = source {
        if let Some(end @ ConnectionError::ApplicationClosed(_)) = cause.downcast_ref() {
            return Failure::from(end);
        }
        source = cause.source();
    }
    Failure::new(Kind::Unreachable, chain(error))
}

/// Closes an endpoint. The event follows when the peers have taken note, or after 3 s.
pub fn close(env: &Rc<Env>, handle: Handle) {
    SILENCES.with_borrow_mut(|all| all.remove(&key_of(env, handle)));
    let endpoint = env.ring.lock().endpoints.get(&handle).cloned();
    let ring = env.ring.clone();
    spawn_local(async move {
        if let Some(endpoint) = endpoint {
            endpoint.close().await;
        }
        ring.push(Event::Done(handle));
    });
}

/// Takes the endpoints of an environment that has ended.
pub fn take_all(env: &Rc<Env>) -> Vec<Endpoint> {
    SILENCES.with_borrow_mut(|all| all.retain(|(ring, _), _| *ring != key_of(env, 0).0));
    env.ring.lock().endpoints.drain().map(|(_, endpoint)| endpoint).collect()
}

/// Returns an error with its causes, the first cause last: one a line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push('\n');
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
