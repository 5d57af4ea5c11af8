//! Endpoints: accepting, dialling, closing.

use std::net::{SocketAddr, UdpSocket};
use std::rc::Rc;
use std::time::Duration;

use iroh::endpoint::{ConnectError, ConnectOptions, Connection, ConnectionError, QuicTransportConfig, VarInt};
use iroh::{Endpoint, EndpointAddr};

use crate::bind::{self, BindOptions, DIALLED_STREAMS};
use crate::connection::{self, Rules};
use crate::event::Event;
use crate::failure::{Failure, Kind, chain};
use crate::handles::Handle;
use crate::handshakes::{Handshakes, shake_hands};
use crate::net::Env;

/// An endpoint that is open.
pub struct Open {
    native: Endpoint,
    /// The configuration of connections that this side dials.
    dialling: QuicTransportConfig,
    dialled: Rules,
    accepted: Rules,
    handshakes: Rc<Handshakes>,
}

pub fn bind(env: &Rc<Env>, handle: Handle, options: BindOptions) {
    let owner = env.clone();
    env.start(handle, async move {
        let native = match bind::bind(&options).await {
            Ok(native) => native,
            Err(message) => return owner.ring.fail(handle, Failure::new(Kind::Bind, message)),
        };
        let open = Rc::new(Open {
            native: native.clone(),
            dialling: bind::transport_config(&options, DIALLED_STREAMS),
            dialled: Rules { silence: options.dialled, max_streams: DIALLED_STREAMS, is_dialled: true },
            accepted: Rules { silence: options.accepted, max_streams: options.max_streams, is_dialled: false },
            handshakes: Rc::default(),
        });
        owner.endpoints.borrow_mut().insert(handle, open.clone());
        owner.ring.lock().endpoints.insert(handle, native);
        owner.ring.push(Event::Ready(handle));
        owner.spawn(move |env| env.ring.push(Event::AcceptEnded(handle)), accept(owner.clone(), handle, open));
    });
}

fn is_open(env: &Env, handle: Handle) -> bool {
    env.endpoints.borrow().get(handle).is_some()
}

/// Accepts connections until the endpoint is closed.
async fn accept(env: Rc<Env>, endpoint: Handle, open: Rc<Open>) {
    while let Some(incoming) = open.native.accept().await {
        let waiting = env.ring.lock().untaken;
        let Some((incoming, place)) = open.handshakes.admit(incoming, waiting) else { continue };
        let (owner, rules) = (env.clone(), open.accepted);
        let shaking = async move {
            let shaken = shake_hands(incoming).await;
            drop(place);
            let Some(connection) = shaken else { return };
            // After the end of the endpoint, JavaScript could not tell to which endpoint the connection belongs.
            if !is_open(&owner, endpoint) {
                return connection.close(VarInt::from_u32(0), b"");
            }
            let handle = {
                let mut shared = owner.ring.lock();
                let handle = shared.slots.allocate();
                shared.untaken += usize::from(handle.is_some());
                handle
            };
            match handle {
                Some(handle) => {
                    let event = Event::Accepted { endpoint, connection: handle };
                    connection::attach(&owner, handle, connection, rules, event);
                }
                None => connection.close(VarInt::from_u32(0), b"too many connections"),
            }
        };
        env.spawn(|_| {}, shaking);
    }
    env.ring.push(Event::AcceptEnded(endpoint));
}

pub fn set_alpns(env: &Rc<Env>, handle: Handle, alpns: Vec<Vec<u8>>) {
    if let Some(open) = env.endpoints.borrow().get(handle) {
        open.native.set_alpns(alpns);
    }
}

pub fn dial(env: &Rc<Env>, endpoint: Handle, handle: Handle, target: EndpointAddr, alpn: Vec<u8>) {
    let Some(open) = env.endpoints.borrow().get(endpoint).cloned() else {
        return env.ring.fail(handle, Failure::new(Kind::ClosedHere, "this side closed the transport"));
    };
    let owner = env.clone();
    // Cancelling the task drops the future, and the dial with it, at once.
    env.start(handle, async move {
        match connect(&open, target, &alpn).await {
            Ok(connection) => {
                connection::attach(&owner, handle, connection, open.dialled, Event::Ready(handle));
            }
            Err(error) => owner.ring.fail(handle, dial_failure(&error)),
        }
    });
}

async fn connect(open: &Open, target: EndpointAddr, alpn: &[u8]) -> Result<Connection, ConnectError> {
    let options = ConnectOptions::new().with_transport_config(open.dialling.clone());
    Ok(open.native.connect_with_opts(target, alpn, options).await?.await?)
}

/// Returns why a dial failed. A peer that closes the connection at once was reached all the same.
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

/// Closes an endpoint. The event follows when the sockets are free, since the next endpoint may need the same port. The
/// sockets are free when the peers have acknowledged the end, or after 3 s. If iroh dials a peer that does not answer, it
/// always takes those 3 s.
pub fn close(env: &Rc<Env>, handle: Handle) {
    let open = env.endpoints.borrow_mut().remove(handle);
    let ring = env.ring.clone();
    let closing = async move {
        if let Some(open) = open {
            let sockets = open.native.bound_sockets();
            open.native.close().await;
            let last = ring.lock().endpoints.remove(&handle);
            // Dropped without the lock, since their ends take the mutex of QUIC.
            drop((open, last));
            until_free(&sockets).await;
        }
        ring.push(Event::Done(handle));
    };
    env.spawn(move |env| env.ring.push(Event::Done(handle)), closing);
}

/// The interval and the number of looks at the sockets of a closed endpoint. iroh drops them when the last of its tasks
/// ends, which it does not report.
const LOOK: Duration = Duration::from_millis(5);
const LOOKS: u32 = 200;

async fn until_free(sockets: &[SocketAddr]) {
    for _ in 0..LOOKS {
        if sockets.iter().all(|socket| UdpSocket::bind(socket).is_ok()) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Closes an endpoint whose handle JavaScript has released, unless it is closed: JavaScript cancelled the bind too late.
pub fn forget(env: &Rc<Env>, handle: Handle) {
    let open = env.endpoints.borrow_mut().remove(handle);
    if let Some(open) = open {
        env.spawn(|_| {}, async move { open.native.close().await });
    }
}

/// Closes all endpoints of an environment that has ended.
pub fn close_all(env: &Rc<Env>) {
    let all = std::mem::take(&mut *env.endpoints.borrow_mut());
    for open in all.iter().cloned() {
        env.spawn(|_| {}, async move { open.native.close().await });
    }
}
