//! Datagrams. They are no part of the protocol, but for those of peers that only ask for an acknowledgement: they are read and
//! dropped, since QUIC queues any number of empty ones. Unidirectional streams are none either: QUIC lets the peer open none.

use std::time::{Duration, Instant};

use iroh::endpoint::Connection;

/// Datagrams in one window: a peer that waits sends two a second, and some may come together behind an outage.
const MAX_DATAGRAMS: u32 = 200;
const WINDOW: Duration = Duration::from_secs(10);

/// Drops datagrams until there were too many, which it says, or the connection is gone.
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
