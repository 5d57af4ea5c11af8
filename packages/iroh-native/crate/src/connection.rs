//! Connections: streams that are opened ahead, streams that the peer opens, and the end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use iroh::endpoint::{Connection, RecvStream, SendStream, VarInt};
use tokio::sync::Notify;

use crate::datagrams::drop_datagrams;
use crate::event::Event;
use crate::failure::{Failure, Kind, PROTOCOL_VIOLATION};
use crate::handles::{Handle, Table};
use crate::net::Env;
use crate::places::Places;
use crate::stream::{Stream, code_of};
use crate::watch::{Silence, Watch};

/// Streams that are opened ahead at first. The number doubles whenever no stream is left.
const FIRST_AHEAD: usize = 4;
const MAX_AHEAD: usize = 256;

#[derive(Default)]
pub struct Connections {
    all: RefCell<Table<Rc<State>>>,
}

/// The rules of an endpoint for its connections.
#[derive(Clone, Copy)]
pub struct Rules {
    pub silence: Silence,
    pub max_streams: u32,
    /// Whether this side dialled.
    pub is_dialled: bool,
}

pub struct State {
    pub handle: Handle,
    pub connection: Connection,
    pub rules: Rules,
    pub watch: RefCell<Watch>,
    pub places: Places,
    /// Streams that were opened but are not in use. The peer does not know of them.
    ahead: RefCell<VecDeque<(SendStream, RecvStream)>>,
    /// The number of streams to keep ahead.
    wanted: Cell<usize>,
    taken: Notify,
    /// The number of open receiving halves, and below it the bytes that have arrived on them.
    reading: Cell<usize>,
    received: Cell<u64>,
    /// Streams of the peer whose handles JavaScript has not released.
    accepted: Cell<usize>,
    given_back: Notify,
}

impl State {
    pub fn begin_reading(&self) {
        self.reading.set(self.reading.get() + 1);
    }

    pub fn end_reading(&self) {
        self.reading.set(self.reading.get() - 1);
    }

    pub fn is_reading(&self) -> bool {
        self.reading.get() > 0
    }

    pub fn count_received(&self, bytes: usize) {
        self.received.set(self.received.get().wrapping_add(bytes as u64));
    }

    pub fn received(&self) -> u64 {
        self.received.get()
    }

    pub fn give_back_stream(&self) {
        self.accepted.set(self.accepted.get() - 1);
        self.given_back.notify_one();
    }

    /// Ends the connection for a reason that only this side knows: JavaScript receives `failure`, and the peer receives
    /// `text`.
    pub fn end(&self, env: &Env, failure: Failure, code: u32, text: &str) {
        if self.connection.close_reason().is_none() {
            env.ring.explain(self.handle, || failure);
            self.connection.close(VarInt::from_u32(code), text.as_bytes());
        }
    }

    /// Ends the connection after a bug of the addon.
    pub fn break_down(&self, env: &Env) {
        self.end(env, Failure::internal(), 0, "an internal failure");
    }
}

impl Connections {
    pub fn get(&self, handle: Handle) -> Option<Rc<State>> {
        self.all.borrow().get(handle).cloned()
    }

    /// Returns all connections that are not forgotten.
    pub fn all(&self) -> Vec<Rc<State>> {
        self.all.borrow().iter().cloned().collect()
    }

    pub fn close(&self, handle: Handle, code: u64, reason: &str) {
        if let Some(state) = self.get(handle) {
            state.connection.close(code_of(code), reason.as_bytes());
        }
    }

    pub fn close_all(&self) {
        let all = std::mem::take(&mut *self.all.borrow_mut());
        for state in all.iter() {
            state.connection.close(VarInt::from_u32(0), b"");
        }
    }

    /// Drops a connection, and closes it if it is open.
    pub fn forget(&self, handle: Handle) {
        let state = self.all.borrow_mut().remove(handle);
        if let Some(state) = state {
            state.connection.close(VarInt::from_u32(0), b"");
        }
    }
}

/// Registers a connection under a handle, and begins to accept the peer's streams. `event` reports the connection before
/// its streams.
pub fn attach(env: &Rc<Env>, handle: Handle, connection: Connection, rules: Rules, event: Event) {
    env.ring.lock().connections.insert(handle, connection.clone());
    env.ring.push(event);
    let state = Rc::new(State {
        handle,
        connection: connection.clone(),
        rules,
        watch: RefCell::default(),
        places: Places::new(rules.max_streams),
        ahead: RefCell::default(),
        wanted: Cell::new(FIRST_AHEAD),
        taken: Notify::new(),
        reading: Cell::new(0),
        received: Cell::new(0),
        accepted: Cell::new(0),
        given_back: Notify::new(),
    });
    env.connections.all.borrow_mut().insert(handle, state.clone());
    env.watch();

    let breaks = || {
        let state = state.clone();
        move |env: &Rc<Env>| state.break_down(env)
    };
    let tasks = [
        env.spawn(breaks(), open_ahead(env.clone(), state.clone())),
        env.spawn(breaks(), accept_streams(env.clone(), state.clone())),
        env.spawn(breaks(), watch_datagrams(env.clone(), state.clone())),
        env.spawn(breaks(), {
            let state = state.clone();
            async move { state.places.announce(&state.connection).await }
        }),
    ];
    let owner = env.clone();
    let closed = async move {
        let error = connection.closed().await;
        for task in tasks {
            task.abort();
        }
        // The streams opened ahead would keep the connection alive, and with it the sockets of its endpoint.
        state.ahead.take();
        let is_of_it = |stream: &&Rc<Stream>| Rc::ptr_eq(&stream.connection, &state);
        let streams: Vec<_> = owner.streams.borrow().iter().filter(is_of_it).cloned().collect();
        for stream in streams {
            stream.read_rest();
        }
        // If this side ended the connection, its reason has been recorded already, and is more exact.
        owner.ring.explain(handle, || Failure::from(&error));
        owner.ring.push(Event::Closed(handle));
    };
    env.spawn(move |env| env.ring.push(Event::Closed(handle)), closed);
}

/// Assigns a stream that was opened ahead to JavaScript.
pub fn open(env: &Rc<Env>, connection: Handle, stream: Handle) {
    // If the connection is gone, the stream is never opened. JavaScript learns of the end by the event of the connection.
    let Some(state) = env.connections.get(connection) else { return };
    let halves = state.ahead.borrow_mut().pop_front();
    state.taken.notify_one();
    match halves {
        Some(halves) => Stream::open(env, &state, stream, halves),
        None if state.connection.close_reason().is_some() => {}
        None => env.ring.fail(stream, Failure::new(Kind::Misuse, "no stream can be opened now")),
    }
}

/// Keeps streams ready, so that JavaScript opens one without waiting for this thread. They are used in order, since by the
/// first use of a stream the peer considers all streams before it as opened.
async fn open_ahead(env: Rc<Env>, state: Rc<State>) {
    loop {
        let mut count = 0;
        while state.ahead.borrow().len() < state.wanted.get() {
            let mut opening = pin!(state.connection.open_bi());
            // Streams that can be opened at once are reported together.
            let opened = match now(opening.as_mut()).await {
                Some(opened) => opened,
                None => {
                    tell(&env, &state, &mut count);
                    opening.await
                }
            };
            let Ok(stream) = opened else { return };
            state.ahead.borrow_mut().push_back(stream);
            count += 1;
        }
        tell(&env, &state, &mut count);
        // Opens half of the wanted number at a time.
        while state.ahead.borrow().len() * 2 > state.wanted.get() {
            state.taken.notified().await;
        }
        if state.ahead.borrow().is_empty() {
            state.wanted.set((state.wanted.get() * 2).min(MAX_AHEAD));
        }
    }
}

fn tell(env: &Env, state: &State, count: &mut u32) {
    if *count > 0 {
        env.ring.push(Event::Openable { connection: state.handle, count: std::mem::take(count) });
    }
}

/// Polls a future once. Returns `None` if it has to wait.
async fn now<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// Accepts the peer's streams while JavaScript keeps up: for QUIC a place is free when the stream has ended, which
/// JavaScript may not know yet.
async fn accept_streams(env: Rc<Env>, state: Rc<State>) {
    while let Ok(halves) = state.connection.accept_bi().await {
        let Some(stream) = env.ring.lock().slots.allocate() else {
            return state.end(&env, Failure::new(Kind::Lost, "too many streams are open"), 0, "too many streams");
        };
        state.places.take();
        state.accepted.set(state.accepted.get() + 1);
        // Reported before any of its bytes.
        env.ring.push(Event::Stream { connection: state.handle, stream });
        Stream::accept(&env, &state, stream, halves);
        while state.accepted.get() >= 2 * state.rules.max_streams as usize {
            state.given_back.notified().await;
        }
    }
}

async fn watch_datagrams(env: Rc<Env>, state: Rc<State>) {
    if let Some(reason) = drop_datagrams(&state.connection).await {
        let text = format!("the peer violated the protocol: {reason}");
        let failure = Failure { kind: Kind::Violation, code: Some(u64::from(PROTOCOL_VIOLATION)), message: text };
        state.end(&env, failure, PROTOCOL_VIOLATION, &reason);
    }
}
