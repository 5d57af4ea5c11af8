//! Connections: streams that are opened ahead, streams that the peer opens, silence, and the end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use iroh::TransportAddr;
use iroh::endpoint::{Connection, RecvStream, SendStream, VarInt};
use tokio::sync::Notify;
use tokio::task::spawn_local;

use crate::failure::{Failure, Kind};
use crate::handles::{Handle, Table};
use crate::net::Env;
use crate::ring::Event;
use crate::stream::Stream;

/// Streams that are opened ahead at first. The number doubles whenever none is left.
const FIRST_AHEAD: usize = 4;
const MAX_AHEAD: usize = 256;

/// How often a connection is looked at for silence, and how late a look may be before it counts as a pause of the process.
const LOOK: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_secs(1);

/// For how long a peer may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// `None`: for as long as QUIC puts up with it.
    pub allowed: Option<Duration>,
    /// While several paths are open, at least this: time to take another one.
    pub several_paths: Duration,
    /// On a loopback path, this and so many round trips, up to `loopback_most`.
    pub loopback: Option<Duration>,
    pub loopback_round_trips: u32,
    pub loopback_most: Duration,
}

/// The code and reason that a peer is told which was silent for too long.
pub const SILENT: u32 = 408;

#[derive(Default)]
pub struct Connections {
    all: RefCell<Table<Rc<State>>>,
}

struct State {
    connection: Connection,
    /// Streams that were opened and are not in use. The peer does not know of them.
    ahead: RefCell<VecDeque<(SendStream, RecvStream)>>,
    /// How many are kept.
    wanted: Cell<usize>,
    taken: Notify,
}

impl Connections {
    /// Returns a stream that was opened ahead.
    pub fn open(&self, handle: Handle) -> Option<(SendStream, RecvStream)> {
        let all = self.all.borrow();
        let state = all.get(handle)?;
        let stream = state.ahead.borrow_mut().pop_front();
        state.taken.notify_one();
        stream
    }

    pub fn is_gone(&self, handle: Handle) -> bool {
        self.all.borrow().get(handle).is_none_or(|state| state.connection.close_reason().is_some())
    }

    pub fn close(&self, handle: Handle, code: u64, reason: &str) {
        if let Some(state) = self.all.borrow().get(handle) {
            state.connection.close(VarInt::from_u64(code).unwrap_or(VarInt::MAX), reason.as_bytes());
        }
    }

    pub fn close_all(&self) {
        for state in self.all.borrow_mut().drain() {
            state.connection.close(VarInt::from_u32(0), b"");
        }
    }

    /// Lets go of a connection, which is closed if it is not.
    pub fn forget(&self, handle: Handle) {
        let state = self.all.borrow_mut().remove(handle);
        if let Some(state) = state {
            state.connection.close(VarInt::from_u32(0), b"");
        }
    }
}

/// Takes a connection under a handle, and begins to take the peer's streams.
pub fn attach(env: &Rc<Env>, handle: Handle, connection: Connection, silence: Silence) {
    env.ring.lock().connections.insert(handle, connection.clone());
    let state = Rc::new(State {
        connection: connection.clone(),
        ahead: RefCell::default(),
        wanted: Cell::new(FIRST_AHEAD),
        taken: Notify::new(),
    });
    env.connections.all.borrow_mut().insert(handle, state.clone());

    let opening = spawn_local(open_ahead(env.clone(), handle, state));
    let accepting = spawn_local(accept_streams(env.clone(), handle, connection.clone()));
    let watching = spawn_local(watch_silence(env.clone(), handle, connection.clone(), silence));
    let env = env.clone();
    spawn_local(async move {
        let error = connection.closed().await;
        for task in [opening, accepting, watching] {
            task.abort();
        }
        // What ended it on this side is more exact.
        let mut shared = env.ring.lock();
        shared.failures.entry(handle).or_insert_with(|| Failure::from(&error));
        drop(shared);
        env.ring.push(Event::Closed(handle));
    });
}

/// Keeps streams ready: JavaScript takes them without waiting for this thread.
async fn open_ahead(env: Rc<Env>, handle: Handle, state: Rc<State>) {
    loop {
        let mut count = 0;
        while state.ahead.borrow().len() < state.wanted.get() {
            let opened = {
                let mut opening = std::pin::pin!(state.connection.open_bi());
                // Those that can be opened at once are told of together.
                match futures_now(opening.as_mut()).await {
                    Some(opened) => opened,
                    None => {
                        tell(&env, handle, &mut count);
                        opening.await
                    }
                }
            };
            let Ok(stream) = opened else { return };
            state.ahead.borrow_mut().push_back(stream);
            count += 1;
        }
        tell(&env, handle, &mut count);
        state.taken.notified().await;
        let left = state.ahead.borrow().len();
        if left == 0 {
            state.wanted.set((state.wanted.get() * 2).min(MAX_AHEAD));
        } else if left > state.wanted.get() / 2 {
            continue;
        }
    }
}

fn tell(env: &Env, connection: Handle, count: &mut u32) {
    if *count > 0 {
        env.ring.push(Event::Openable { connection, count: std::mem::take(count) });
    }
}

/// Polls a future once: `None` if it has to wait.
async fn futures_now<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.as_mut().poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

async fn accept_streams(env: Rc<Env>, handle: Handle, connection: Connection) {
    while let Ok((send, recv)) = connection.accept_bi().await {
        let Some(stream) = env.ring.lock().slots.allocate() else {
            connection.close(VarInt::from_u32(0), b"too many streams");
            return;
        };
        // In front of what is read of it.
        env.ring.push(Event::Stream { connection: handle, stream });
        Stream::attach(&env, stream, send, recv);
    }
}

/// Ends a connection whose peer is silent. The keep-alive of this side makes a peer that lives answer, whatever its program
/// is doing.
async fn watch_silence(env: Rc<Env>, handle: Handle, connection: Connection, silence: Silence) {
    let mut received = 0;
    let mut since = Instant::now();
    let mut last_look = since;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Instant::now();
        // A look that comes late was a pause of this process, in which it could not have heard anything.
        let paused = now - last_look > LOOK + PAUSE;
        last_look = now;
        let count = connection.stats().udp_rx.datagrams;
        if paused || count != received {
            received = count;
            since = now;
            continue;
        }
        let Some(allowed) = allowed_silence(&connection, &silence) else { continue };
        let silent = now - since;
        if silent < allowed {
            continue;
        }
        let reason = format!("the peer has not answered for {} ms", silent.as_millis());
        env.ring.lock().failures.insert(handle, Failure::new(Kind::Lost, reason));
        let told = format!("nothing arrived from you for {} ms", silent.as_millis());
        connection.close(VarInt::from_u32(SILENT), told.as_bytes());
        return;
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
