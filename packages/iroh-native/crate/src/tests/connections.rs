use std::time::Duration;

use crate::bind::BindOptions;
use crate::event::kind;
use crate::failure::Kind;
use crate::ops::Op;

use super::device::{Device, Pair, options};

#[test]
fn the_peer_is_told_code_and_reason() {
    let mut pair = Pair::new();
    pair.client.submit(Op::Close { connection: pair.dialled, code: 418, reason: "teapot".into() });
    pair.client.event(kind::CLOSED, pair.dialled);
    assert_eq!(pair.client.failure(pair.dialled).kind, Kind::ClosedHere);
    pair.server.event(kind::CLOSED, pair.accepted);
    let failure = pair.server.failure(pair.accepted);
    assert_eq!((failure.kind, failure.code, failure.message.as_str()), (Kind::ClosedByPeer, Some(418), "teapot"));
}

#[test]
fn a_released_connection_is_closed_and_leaves_nothing() {
    let mut pair = Pair::new();
    pair.client.release(pair.dialled);
    pair.server.event(kind::CLOSED, pair.accepted);
    pair.client.event(kind::CLOSED, pair.dialled);
    assert!(pair.client.ring.take_failure(pair.dialled).is_none());
    assert!(pair.client.ring.lock().connections.is_empty());
}

#[test]
fn a_dial_that_is_called_off_ends_and_nothing_comes_of_it() {
    let mut device = Device::new();
    let endpoint = device.bind(options());
    // Nothing answers at this address.
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let peer = iroh::SecretKey::from_bytes(&[7; 32]).public().to_string();
    let dial = device.dial(endpoint, &peer, &[socket.local_addr().unwrap().to_string()]);
    device.submit(Op::Cancel { operation: dial });
    device.release(dial);
    // Operations run in order, so this bind runs after them.
    device.bind(options());
    assert!(!device.ring.lock().slots.is_held(dial));
    assert!(device.events.iter().all(|event| event.1 != dial), "{:?}", device.events);
}

#[test]
fn a_dial_that_is_called_off_too_late_is_closed() {
    let mut pair = Pair::new();
    let (id, addresses) = pair.server.address(pair.listening);
    let dialling = pair.client.bind(options());
    let dialled = pair.client.dial(dialling, &id, &addresses);
    let accepted = pair.server.event(kind::ACCEPTED, pair.listening) as u32;
    pair.client.event(kind::READY, dialled);
    pair.client.submit(Op::Cancel { operation: dialled });
    pair.client.release(dialled);
    pair.server.event(kind::CLOSED, accepted);
}

#[test]
fn dials_of_a_closed_endpoint_fail_and_its_connections_end() {
    let mut pair = Pair::new();
    let peer = pair.server.address(pair.listening).0;
    pair.server.submit(Op::CloseEndpoint { endpoint: pair.listening });
    pair.server.event(kind::DONE, pair.listening);
    pair.server.event(kind::ACCEPT_ENDED, pair.listening);
    pair.client.event(kind::CLOSED, pair.dialled);
    let dial = pair.server.dial(pair.listening, &peer, &[]);
    pair.server.event(kind::FAILED, dial);
    assert_eq!(pair.server.failure(dial).kind, Kind::ClosedHere);
}

#[test]
fn the_end_of_an_environment_tells_its_peers_and_no_event_follows() {
    let mut pair = Pair::new();
    let (stream, _) = pair.open(b"pending");
    pair.client.write(stream, vec![1; 4 << 20], false);
    let ring = pair.client.ring.clone();
    drop(pair.client);
    pair.server.event(kind::CLOSED, pair.accepted);
    assert_eq!(ring.drain(&mut [0; 100], &mut [0.0; 400]).count, 0);
    let shared = ring.lock();
    assert!(shared.connections.is_empty() && shared.endpoints.is_empty());
}

#[test]
fn a_peer_that_floods_datagrams_violates_the_protocol() {
    let mut pair = Pair::new();
    let native = pair.client.ring.lock().connections[&pair.dialled].clone();
    // Empty datagrams, which QUIC counts nowhere.
    std::thread::spawn(move || while native.send_datagram(bytes::Bytes::new()).is_ok() {});
    pair.server.event(kind::CLOSED, pair.accepted);
    let failure = pair.server.failure(pair.accepted);
    assert_eq!((failure.kind, failure.code), (Kind::Violation, Some(400)));
    let reason = "more than 200 datagrams were sent within 10000 ms";
    assert_eq!(failure.message, format!("the peer violated the protocol: {reason}"));
    pair.client.event(kind::CLOSED, pair.dialled);
    assert_eq!(pair.client.failure(pair.dialled).message, reason);
}

#[test]
fn a_peer_can_open_no_unidirectional_stream() {
    let pair = Pair::new();
    let native = pair.client.ring.lock().connections[&pair.dialled].clone();
    let mut opening = Box::pin(async move { native.open_uni().await.map(drop) });
    let polled = opening.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending());
}

#[test]
fn an_idle_timeout_ends_a_connection_whose_peer_is_gone() {
    let short = || BindOptions { idle_timeout: Some(Duration::from_secs(1)), ..options() };
    // Without keep-alive: the peer's thread is alive, but sends nothing.
    let mut pair = Pair::with(BindOptions { keep_alive: Some(Duration::from_secs(600)), ..short() }, {
        BindOptions { keep_alive: Some(Duration::from_secs(600)), ..short() }
    });
    pair.client.event(kind::CLOSED, pair.dialled);
    assert_eq!(pair.client.failure(pair.dialled).kind, Kind::TimedOut);
    pair.server.event(kind::CLOSED, pair.accepted);
}

#[test]
fn a_refused_socket_fails_the_bind() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut device = Device::new();
    let endpoint = device.allocate();
    let options = BindOptions { addresses: vec![taken.local_addr().unwrap()], ..options() };
    device.submit(Op::Bind { endpoint, options: Box::new(options) });
    device.event(kind::FAILED, endpoint);
    assert_eq!(device.failure(endpoint).kind, Kind::Bind);
}

#[test]
fn a_peer_of_another_protocol_is_unreachable() {
    let mut pair = Pair::with(options(), options());
    let (id, addresses) = pair.server.address(pair.listening);
    pair.server.submit(Op::SetAlpns { endpoint: pair.listening, alpns: vec![b"other".to_vec()] });
    // Operations run in order, so the protocols are set when this bind succeeds.
    pair.server.bind(options());
    let dialling = pair.client.bind(options());
    let dial = pair.client.dial(dialling, &id, &addresses);
    pair.client.event(kind::FAILED, dial);
    assert_eq!(pair.client.failure(dial).kind, Kind::Unreachable);
}

#[test]
fn an_operation_that_panics_ends_connections_and_the_thread_lives() {
    let mut pair = Pair::new();
    pair.client.submit(Op::Panic);
    pair.client.event(kind::CLOSED, pair.dialled);
    assert_eq!(pair.client.failure(pair.dialled).message, "an internal failure of @aster/iroh-native");
    pair.client.bind(options());
}
