//! Binds endpoints.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use iroh::endpoint::presets::{Minimal, N0};
use iroh::endpoint::{QuicTransportConfig, VarInt};
use iroh::{Endpoint, RelayConfig, RelayMap, RelayMode, RelayUrl, SecretKey};

use crate::failure::chain;
use crate::watch::Silence;

/// The relays that an endpoint uses.
pub enum Relays {
    Default,
    Staging,
    Disabled,
    Own { urls: Vec<RelayUrl>, token: Option<String> },
}

pub struct BindOptions {
    pub secret_key: Option<SecretKey>,
    /// The addresses to bind. If empty, all interfaces of both families are bound.
    pub addresses: Vec<SocketAddr>,
    /// An address of the other family, which the machine may not have.
    pub optional_address: Option<SocketAddr>,
    pub alpns: Vec<Vec<u8>>,
    pub relays: Relays,
    /// Whether peers are found by their ids alone, through n0's DNS.
    pub discovery: bool,
    /// Streams that a peer may have open on a connection that the peer dialled.
    pub max_streams: u32,
    pub idle_timeout: Option<Duration>,
    pub keep_alive: Option<Duration>,
    /// Packets that the peer may leave unacknowledged.
    pub dialled: Silence,
    pub accepted: Silence,
}

/// Streams that a peer may have open on a connection that this side dialled: the number that QUIC grants by default.
pub const DIALLED_STREAMS: u32 = 100;
/// The buffer for datagrams. The protocol does not use datagrams (see `datagrams`); those of peers that only ask for an
/// acknowledgement fit.
const DATAGRAM_BYTES: usize = 4096;

/// Binds an endpoint. The port mapper is not compiled in, so no packet asks the router of the network for a port.
pub async fn bind(options: &BindOptions) -> Result<Endpoint, String> {
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
        .transport_config(transport_config(options, options.max_streams))
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

/// Returns the configuration of connections on which a peer may have `max_streams` streams open.
pub fn transport_config(options: &BindOptions, max_streams: u32) -> QuicTransportConfig {
    // Windows and MTU keep their defaults: if a stream's window is 4 MiB or more, connections end under load ("too many
    // gaps in stream buffer"), and with packets larger than 1,472 bytes no handshake completes.
    //
    // Frames of ACK_FREQUENCY would save up to a fifth of the CPU time of single calls, but noq 1.4 writes them past the
    // end of a packet if it sends several packets after a loss. The panic leaves a mutex poisoned and ends the process.
    let mut config = QuicTransportConfig::builder()
        .max_concurrent_bidi_streams(VarInt::from_u32(max_streams))
        // The protocol does not use unidirectional streams: a peer that opens one breaks the rules of QUIC itself.
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(Some(DATAGRAM_BYTES));
    if let Some(timeout) = options.idle_timeout.and_then(|timeout| timeout.try_into().ok()) {
        config = config.max_idle_timeout(Some(timeout));
    }
    if let Some(interval) = options.keep_alive {
        config = config.keep_alive_interval(interval).default_path_keep_alive_interval(interval);
    }
    config.build()
}
