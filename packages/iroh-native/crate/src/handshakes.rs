//! Bounds the handshakes of peers that dial: a handshake that the peer never finishes holds some 70 KB for 30 s.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use iroh::endpoint::{Connection, Incoming, IncomingAddr};

/// Handshakes of peers that may be in progress at once. Further ones are ignored.
const MAX_HANDSHAKES: usize = 2_048;
/// From this many handshakes in progress on, a peer has to prove its address first, and the handshakes of an address are
/// counted.
const CAREFUL_FROM: usize = 128;
/// Counted handshakes of one address. Leaves room for the clients of a large network that reconnect together after an
/// outage.
const MAX_PER_ADDRESS: usize = 1_024;
const MAX_TIME: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Handshakes {
    count: Cell<usize>,
    by_address: RefCell<HashMap<String, usize>>,
}

/// A place for one handshake. Dropping it frees the place.
pub struct Place {
    all: Rc<Handshakes>,
    address: Option<String>,
}

/// How a handshake without a place is turned away.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Ignored. The peer sends its first packet again a second later, and again after that.
    Ignore,
    /// The peer first has to show that it receives at the address from which it sends. No state is kept for that.
    Retry,
}

impl Handshakes {
    /// Takes a place.
    ///
    /// `waiting`: connections that are ready, but not yet taken by JavaScript
    fn enter(
        self: &Rc<Self>,
        waiting: usize,
        is_validated: bool,
        address: impl FnOnce() -> String,
    ) -> Result<Place, Refusal> {
        let count = self.count.get() + waiting;
        if count >= MAX_HANDSHAKES {
            return Err(Refusal::Ignore);
        }
        let mut place = Place { all: self.clone(), address: None };
        self.count.set(self.count.get() + 1);
        if count >= CAREFUL_FROM {
            // Dropping `place` undoes the count.
            if !is_validated {
                return Err(Refusal::Retry);
            }
            let address = address();
            let mut by_address = self.by_address.borrow_mut();
            let of_address = by_address.entry(address.clone()).or_default();
            if *of_address >= MAX_PER_ADDRESS {
                return Err(Refusal::Ignore);
            }
            *of_address += 1;
            place.address = Some(address);
        }
        Ok(place)
    }

    /// Takes a place for a peer that dials, or turns the peer away.
    pub fn admit(self: &Rc<Self>, incoming: Incoming, waiting: usize) -> Option<(Incoming, Place)> {
        match self.enter(waiting, incoming.remote_addr_validated(), || key_of(&incoming.remote_addr())) {
            Ok(place) => return Some((incoming, place)),
            Err(Refusal::Ignore) => incoming.ignore(),
            Err(Refusal::Retry) => {
                if let Err(error) = incoming.retry() {
                    error.into_incoming().ignore();
                }
            }
        }
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.count.set(self.all.count.get() - 1);
        let Some(address) = self.address.take() else { return };
        let mut by_address = self.all.by_address.borrow_mut();
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// Returns the id of a peer behind a relay, else its host. For an IPv6 address, returns the first four groups, which belong
/// to one network.
fn key_of(address: &IncomingAddr) -> String {
    match address {
        IncomingAddr::Ip(address) => match address.ip().to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{:x?}", &ip.segments()[..4]),
        },
        IncomingAddr::Relay { endpoint_id, .. } => endpoint_id.to_string(),
        other => format!("{other:?}"),
    }
}

/// Runs a handshake. If it fails, only the peer that dialled is concerned.
pub async fn shake_hands(incoming: Incoming) -> Option<Connection> {
    let accepting = incoming.accept().ok()?;
    tokio::time::timeout(MAX_TIME, accepting).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(all: &Rc<Handshakes>, is_validated: bool, address: &str) -> Result<Place, Refusal> {
        all.enter(0, is_validated, || address.into())
    }

    #[test]
    fn asks_for_a_proof_while_many_are_under_way_and_ignores_one_too_many() {
        let all = Rc::new(Handshakes::default());
        let few: Vec<_> = (0..CAREFUL_FROM).map(|_| enter(&all, false, "a").unwrap_or_else(|_| panic!())).collect();
        assert_eq!(enter(&all, false, "a").err(), Some(Refusal::Retry));
        let many: Vec<_> = (0..MAX_PER_ADDRESS).map(|_| enter(&all, true, "a").ok()).collect();
        assert!(many.iter().all(Option::is_some));
        assert_eq!(enter(&all, true, "a").err(), Some(Refusal::Ignore));
        let others: Vec<_> = std::iter::from_fn(|| enter(&all, true, "b").ok()).collect();
        assert_eq!(others.len(), MAX_HANDSHAKES - MAX_PER_ADDRESS - CAREFUL_FROM);
        assert_eq!(enter(&all, true, "c").err(), Some(Refusal::Ignore));
        drop((few, many, others));
        assert_eq!(all.count.get(), 0);
        assert!(all.by_address.borrow().is_empty());
    }

    #[test]
    fn counts_connections_that_javascript_has_not_taken() {
        let all = Rc::new(Handshakes::default());
        assert_eq!(all.enter(MAX_HANDSHAKES, true, String::new).err(), Some(Refusal::Ignore));
        assert_eq!(all.enter(CAREFUL_FROM, false, String::new).err(), Some(Refusal::Retry));
        assert_eq!(all.count.get(), 0);
    }

    #[test]
    fn takes_addresses_of_one_network_together() {
        let key = |text: &str| key_of(&IncomingAddr::Ip(text.parse().unwrap()));
        assert_eq!(key("[2001:db8:1:2:3::1]:1"), key("[2001:db8:1:2:4::2]:2"));
        assert_ne!(key("[2001:db8:1:2::1]:1"), key("[2001:db8:1:3::1]:1"));
        assert_eq!(key("192.0.2.1:1"), key("[::ffff:192.0.2.1]:2"));
    }
}
