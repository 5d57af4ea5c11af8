//! Failures, endpoints and connections in the form in which JavaScript reads them. Some of these functions take the mutex
//! of QUIC; no RPC call uses them.

use iroh::TransportAddr;
use napi_derive::napi;

use crate::Net;
use crate::handles::Handle;

/// Why an operation failed, or how a connection ended.
#[napi(object)]
pub struct FailureInfo {
    pub kind: u32,
    pub code: Option<f64>,
    pub message: String,
}

/// The peer and the protocol of a connection.
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
    /// The URL of a relay, or the address of a socket.
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
    #[napi]
    pub fn failure(&self, handle: Handle) -> Option<FailureInfo> {
        let failure = self.ring.take_failure(handle)?;
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
