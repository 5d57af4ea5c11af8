//! Options and addresses as JavaScript passes them.

use std::net::SocketAddr;
use std::time::Duration;

use iroh::{EndpointAddr, EndpointId, RelayUrl, SecretKey};
use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;

use crate::bind::{self, Relays};
use crate::invalid;
use crate::watch::Silence;

#[napi(object)]
pub struct BindOptions {
    /// The secret key: 32 bytes.
    pub secret_key: Option<Uint8Array>,
    pub addresses: Vec<String>,
    /// An address of the other family, which the machine may not have.
    pub optional_address: Option<String>,
    pub alpns: Vec<String>,
    /// 'default', 'staging', 'disabled' or 'own'.
    pub relay_mode: String,
    pub relay_urls: Vec<String>,
    pub relay_token: Option<String>,
    pub discovery: bool,
    /// Streams that a peer may have open on a connection that the peer dialled.
    pub max_streams: u32,
    pub idle_timeout_ms: Option<f64>,
    pub keep_alive_ms: Option<f64>,
    pub dialled: SilenceOptions,
    pub accepted: SilenceOptions,
}

/// How long a peer may be silent, in milliseconds.
#[napi(object)]
#[derive(Clone)]
pub struct SilenceOptions {
    /// If absent, only the limit of QUIC counts.
    pub allowed_ms: Option<f64>,
    pub several_paths_ms: f64,
    pub loopback_ms: Option<f64>,
    pub loopback_round_trips: u32,
    pub loopback_most_ms: f64,
}

fn milliseconds(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX)
}

impl From<SilenceOptions> for Silence {
    fn from(options: SilenceOptions) -> Self {
        Self {
            allowed: options.allowed_ms.map(milliseconds),
            several_paths: milliseconds(options.several_paths_ms),
            loopback: options.loopback_ms.map(milliseconds),
            loopback_round_trips: options.loopback_round_trips,
            loopback_most: milliseconds(options.loopback_most_ms),
        }
    }
}

impl TryFrom<BindOptions> for bind::BindOptions {
    type Error = Error;

    fn try_from(options: BindOptions) -> Result<Self> {
        let secret_key = options.secret_key.as_deref().map(secret_key_of).transpose()?;
        let addresses: Result<_> = options.addresses.iter().map(|address| socket_of(address)).collect();
        let urls: Result<_> = options.relay_urls.iter().map(|url| relay_of(url)).collect();
        Ok(Self {
            secret_key,
            addresses: addresses?,
            optional_address: options.optional_address.as_deref().map(socket_of).transpose()?,
            alpns: options.alpns.iter().map(|alpn| alpn_bytes(alpn)).collect(),
            relays: match options.relay_mode.as_str() {
                "default" => Relays::Default,
                "staging" => Relays::Staging,
                "disabled" => Relays::Disabled,
                "own" => Relays::Own { urls: urls?, token: options.relay_token },
                other => return Err(invalid(format!("relayMode is '{other}'"))),
            },
            discovery: options.discovery,
            max_streams: options.max_streams,
            idle_timeout: options.idle_timeout_ms.map(milliseconds),
            keep_alive: options.keep_alive_ms.map(milliseconds),
            dialled: options.dialled.into(),
            accepted: options.accepted.into(),
        })
    }
}

fn secret_key_of(bytes: &[u8]) -> Result<SecretKey> {
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| invalid("secretKey: expected 32 bytes".into()))?;
    Ok(SecretKey::from_bytes(bytes))
}

fn socket_of(text: &str) -> Result<SocketAddr> {
    text.parse().map_err(|_| invalid(format!("'{text}' is not the address of a socket")))
}

fn relay_of(text: &str) -> Result<RelayUrl> {
    text.parse().map_err(|error| invalid(format!("'{text}' is not the URL of a relay: {error}")))
}

/// Returns the address at which a peer can be dialled.
pub fn target_of(id: &str, addresses: &[String], relay_url: Option<&str>) -> Result<EndpointAddr> {
    let id: EndpointId = id.parse().map_err(|_| invalid(format!("'{id}' is not an endpoint id")))?;
    let mut target = EndpointAddr::new(id);
    for address in addresses {
        target = target.with_ip_addr(socket_of(address)?);
    }
    if let Some(url) = relay_url {
        target = target.with_relay_url(relay_of(url)?);
    }
    Ok(target)
}

pub fn alpn_bytes(alpn: &str) -> Vec<u8> {
    alpn.as_bytes().to_vec()
}
