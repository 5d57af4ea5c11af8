//! The places that a peer has for its streams. QUIC announces freed places in groups of an eighth of the maximum, so a peer
//! that uses all its places could open no stream until that many streams have ended. While the peer uses most of its
//! places, this module announces each place soon after it was freed: it sets the maximum again, which makes QUIC announce
//! all free places.

use std::cell::Cell;
use std::time::Duration;

use iroh::endpoint::{Connection, VarInt};
use tokio::sync::Notify;

/// Milliseconds from one announcement to the next, after the end of a stream. A place is free once the peer has
/// acknowledged the end of the answer, which QUIC does not report: one round trip later, or more if packets were lost.
const DELAYS_MS: [u64; 9] = [5, 10, 20, 40, 80, 160, 320, 640, 1_280];

pub struct Places {
    max: u32,
    /// Halves of the peer's streams that have not ended on this side.
    halves: Cell<usize>,
    ended: Notify,
}

impl Places {
    pub fn new(max: u32) -> Self {
        Self { max, halves: Cell::new(0), ended: Notify::new() }
    }

    /// Counts a stream that the peer has opened.
    pub fn take(&self) {
        self.halves.set(self.halves.get() + 2);
    }

    /// Counts the end of one half of a stream that the peer has opened.
    pub fn end_half(&self) {
        self.halves.set(self.halves.get() - 1);
        // Three quarters of the places are in use.
        if self.halves.get() >= self.max as usize * 2 * 3 / 4 {
            self.ended.notify_one();
        }
    }

    /// Announces places until the connection is gone.
    pub async fn announce(&self, connection: &Connection) {
        loop {
            self.ended.notified().await;
            let mut step = 0;
            while let Some(&delay) = DELAYS_MS.get(step) {
                let delay = Duration::from_millis(delay);
                // Another end restarts the announcements, but does not delay the first one.
                if step > 0 && tokio::time::timeout(delay, self.ended.notified()).await.is_ok() {
                    step = 0;
                    continue;
                } else if step == 0 {
                    tokio::time::sleep(delay).await;
                }
                // A maximum of 0 revokes no announced place, but makes any change in places worth announcing.
                connection.set_max_concurrent_bi_streams(VarInt::from_u32(0));
                connection.set_max_concurrent_bi_streams(VarInt::from_u32(self.max));
                step += 1;
            }
        }
    }
}
