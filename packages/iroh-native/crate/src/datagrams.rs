//! Datagrams. The protocol does not use them; some peers send them only to ask for an acknowledgement. They are read and
//! dropped, since QUIC queues any number of empty ones. Unidirectional streams are not used either, and QUIC does not let
//! the peer open any.

use std::time::{Duration, Instant};

use iroh::endpoint::Connection;

/// Datagrams allowed in one window: a waiting peer sends two a second, and several may arrive together after an outage.
const MAX_DATAGRAMS: u32 = 200;
const WINDOW: Duration = Duration::from_secs(10);

/// Drops datagrams until the connection is gone. Returns a reason if there were too many.
pub async fn drop_datagrams(connection: &Connection) -> Option<String> {
    let (mut count, mut since) = (0, Instant::now());
    while count <= MAX_DATAGRAMS {
        connection.read_datagram().await.ok()?;
        let now = Instant::now();
        if now - since > WINDOW {
            (count, since) = (0, now);
        }
        count += 1;
    }
    Some(format!("more than {MAX_DATAGRAMS} datagrams were sent within {} ms", WINDOW.as_millis()))
}
