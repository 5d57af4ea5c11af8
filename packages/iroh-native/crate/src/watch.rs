//! Looks at the connections of an environment twice a second, to notice peers that disappeared without closing, and lost
//! paths.

use std::time::{Duration, Instant};

use bytes::Bytes;
use iroh::TransportAddr;
use iroh::endpoint::Connection;

use crate::connection::State;
use crate::event::Event;
use crate::failure::{Failure, Kind, PEER_SILENT};
use crate::net::Env;

pub const LOOK: Duration = Duration::from_millis(500);
/// If a look is this late, the process was paused, and could not have received anything.
const LATE: Duration = Duration::from_secs(1);
/// Looks in a row without a path after which the connection is lost. By then iroh has given up its last attempt, and tries
/// no other path.
const MAX_PATHLESS: u32 = 8;

/// How long a peer may be silent while a stream is read.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// If `None`, only the limit of QUIC counts.
    pub allowed: Option<Duration>,
    /// The least silence while several paths are open: the time to change to another path.
    pub several_paths: Duration,
    /// On a loopback path: this and the round trips of `loopback_round_trips`, up to `loopback_most`.
    pub loopback: Option<Duration>,
    pub loopback_round_trips: u32,
    pub loopback_most: Duration,
}

/// The counts of a connection at the last looks.
#[derive(Default)]
pub struct Watch {
    last: Option<Instant>,
    /// Bytes of streams, and datagrams of UDP.
    received: u64,
    datagrams: u64,
    silent_since: Option<Instant>,
    pathless: u32,
}

/// The result of a look at a connection.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    /// Ask the peer for an acknowledgement.
    Ask,
    Gone(Duration),
}

impl Watch {
    /// Judges a connection. If `is_reading`, a stream waits for bytes.
    fn look(
        &mut self,
        now: Instant,
        is_reading: bool,
        received: u64,
        datagrams: impl FnOnce() -> u64,
        allowed: impl FnOnce() -> Option<Duration>,
    ) -> Verdict {
        let is_late = self.last.replace(now).is_some_and(|last| now - last > LATE);
        if !is_reading || received != self.received {
            self.received = received;
            self.silent_since = None;
            return Verdict::Fine;
        }
        let datagrams = datagrams();
        match self.silent_since {
            Some(since) if !is_late && datagrams == self.datagrams => match allowed() {
                Some(allowed) if now - since >= allowed => Verdict::Gone(now - since),
                _ => Verdict::Ask,
            },
            // Silence counts from the first look without new packets.
            _ => {
                self.datagrams = datagrams;
                self.silent_since = Some(now);
                Verdict::Ask
            }
        }
    }

    /// Counts a look at the paths.
    fn look_for_paths(&mut self, has_path: bool) -> Paths {
        let before = self.pathless;
        self.pathless = if has_path { 0 } else { before + 1 };
        match (before, self.pathless) {
            (_, MAX_PATHLESS..) => Paths::Lost,
            (0, 1) => Paths::Out,
            (1.., 0) => Paths::Back,
            _ => Paths::Same,
        }
    }
}

/// The result of a look at the paths.
#[derive(Debug, PartialEq, Eq)]
enum Paths {
    Same,
    /// No path is left: bytes that are sent now may never arrive.
    Out,
    /// There is a path again.
    Back,
    /// The last looks have found no path.
    Lost,
}

/// Looks at a connection.
pub fn look(env: &Env, state: &State, now: Instant) {
    let connection = &state.connection;
    if connection.close_reason().is_some() {
        return;
    }
    let mut watch = state.watch.borrow_mut();
    // Only the side that dialled opens paths. After it has lost the last one, packets of the peer may still arrive, but
    // nothing reaches the peer.
    if state.rules.is_dialled {
        match watch.look_for_paths(!connection.paths().is_empty()) {
            Paths::Same => {}
            Paths::Out => env.ring.push(Event::Paths { connection: state.handle, is_reachable: false }),
            Paths::Back => env.ring.push(Event::Paths { connection: state.handle, is_reachable: true }),
            Paths::Lost => {
                let text = "no path to the peer is left";
                return state.end(env, Failure::new(Kind::Lost, text), 0, text);
            }
        }
    }
    let verdict = watch.look(
        now,
        state.is_reading(),
        state.received(),
        || connection.stats().udp_rx.datagrams,
        || allowed_silence(connection, &state.rules.silence),
    );
    match verdict {
        Verdict::Fine => {}
        // The peer's QUIC stack acknowledges the datagram, even if the program there is busy. If the peer accepts no
        // datagrams, QUIC's own pings suffice.
        Verdict::Ask => drop(connection.send_datagram(Bytes::from_static(&[0]))),
        Verdict::Gone(silent) => {
            let ms = silent.as_millis();
            let failure = Failure::new(Kind::Lost, format!("the peer has not answered for {ms} ms"));
            state.end(env, failure, PEER_SILENT, &format!("nothing arrived from you for {ms} ms"));
        }
    }
}

fn allowed_silence(connection: &Connection, silence: &Silence) -> Option<Duration> {
    let allowed = silence.allowed?;
    let paths = connection.paths();
    let selected = paths.iter().find(|path| path.is_selected());
    if let (Some(loopback), Some(path)) = (silence.loopback, &selected)
        && matches!(path.remote_addr(), TransportAddr::Ip(address) if address.ip().to_canonical().is_loopback())
    {
        let round_trips = path.rtt() * silence.loopback_round_trips;
        return Some((loopback + round_trips).min(silence.loopback_most).min(allowed));
    }
    Some(if paths.len() > 1 { allowed.max(silence.several_paths) } else { allowed })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Looks {
        watch: Watch,
        now: Instant,
    }

    impl Looks {
        fn new() -> Self {
            Self { watch: Watch::default(), now: Instant::now() }
        }

        fn after(&mut self, ms: u64, is_reading: bool, received: u64, datagrams: u64) -> Verdict {
            self.now += Duration::from_millis(ms);
            self.watch.look(self.now, is_reading, received, || datagrams, || Some(Duration::from_secs(2)))
        }
    }

    #[test]
    fn a_connection_on_which_nothing_is_read_is_never_silent() {
        let mut looks = Looks::new();
        for _ in 0..100 {
            assert_eq!(looks.after(500, false, 0, 7), Verdict::Fine);
        }
    }

    #[test]
    fn silence_counts_from_the_first_look_that_found_nothing() {
        let mut looks = Looks::new();
        assert_eq!(looks.after(500, true, 5, 7), Verdict::Fine);
        for _ in 0..4 {
            assert_eq!(looks.after(500, true, 5, 7), Verdict::Ask);
        }
        assert_eq!(looks.after(500, true, 5, 7), Verdict::Gone(Duration::from_secs(2)));
    }

    #[test]
    fn a_packet_or_a_pause_begins_anew() {
        let mut looks = Looks::new();
        looks.after(500, true, 5, 7);
        for datagrams in 0..20 {
            assert_eq!(looks.after(500, true, 5, datagrams), Verdict::Ask);
        }
        for _ in 0..20 {
            assert_eq!(looks.after(1_500, true, 5, 19), Verdict::Ask);
        }
    }

    #[test]
    fn eight_looks_without_a_path_are_the_end() {
        let mut watch = Watch::default();
        assert_eq!(watch.look_for_paths(true), Paths::Same);
        assert_eq!(watch.look_for_paths(false), Paths::Out);
        for _ in 0..6 {
            assert_eq!(watch.look_for_paths(false), Paths::Same);
        }
        assert_eq!(watch.look_for_paths(true), Paths::Back);
        assert_eq!(watch.look_for_paths(false), Paths::Out);
        for _ in 0..6 {
            assert_eq!(watch.look_for_paths(false), Paths::Same);
        }
        assert_eq!(watch.look_for_paths(false), Paths::Lost);
    }
}
