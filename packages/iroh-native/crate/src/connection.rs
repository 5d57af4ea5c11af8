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

/// Streams that are opened ahead at first. The number doubles whenever none is left.
const FIRST_AHEAD: usize = 4;
const MAX_AHEAD: usize = 256;

#[derive(Default)]
pub struct Connections {
    all: RefCell<Table<Rc<State>>>,
}

/// What the options of an endpoint say of a connection.
#[derive(Clone, Copy)]
pub struct Rules {
    pub silence: Silence,
    pub max_streams: u32,
    /// Whether this side has dialled.
    pub is_dialled: bool,
}

pub struct State {
    pub handle: Handle,
    pub connection: Connection,
    pub rules: Rules,
    pub watch: RefCell<Watch>,
    pub places: Places,
    /// Streams that were opened and are not in use. The peer does not know of them.
    ahead: RefCell<VecDeque<(SendStream, RecvStream)>>,
    /// How many are kept.
    wanted: Cell<usize>,
    taken: Notify,
    /// Receiving halves that are open, and bytes that came on any.
    reading: Cell<usize>,
    received: Cell<u64>,
    /// Streams of the peer whose handles JavaScript has not given back.
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

    /// Ends the connection for a reason that only this side knows: for JavaScript it is `failure`, and the peer is told `text`.
    pub fn end(&self, env: &Env, failure: Failure, code: u32, text: &str) {
        if self.connection.close_reason().is_none() {
            env.ring.explain(self.handle, || failure);
            self.connection.close(VarInt::from_u32(code), text.as_bytes());
        }
    }

    /// Ends the connection after a mistake of the addon's.
    pub fn break_down(&self, env: &Env) {
        self.end(env, Failure::internal(), 0, "an internal failure");
    }
}

impl Connections {
    pub fn get(&self, handle: Handle) -> Option<Rc<State>> {
        self.all.borrow().get(handle).cloned()
    }

    /// All that are not forgotten.
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

    /// Lets go of a connection, which is closed if it is not.
    pub fn forget(&self, handle: Handle) {
        let state = self.all.borrow_mut().remove(handle);
        if let Some(state) = state {
            state.connection.close(VarInt::from_u32(0), b"");
        }
    }
}

/// Takes a connection under a handle, and begins to take the peer's streams. `event` tells of it, in front of its streams.
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
        // These would keep the connection, which keeps the sockets of its endpoint.
        state.ahead.take();
        // What ended it on this side has been told, and is more exact.
        owner.ring.explain(handle, || Failure::from(&error));
        owner.ring.push(Event::Closed(handle));
    };
    env.spawn(move |env| env.ring.push(Event::Closed(handle)), closed);
}

/// Takes a stream that was opened ahead for JavaScript.
pub fn open(env: &Rc<Env>, connection: Handle, stream: Handle) {
    // Without its connection a stream never comes about. JavaScript learns of the end by its event.
    let Some(state) = env.connections.get(connection) else { return };
    let halves = state.ahead.borrow_mut().pop_front();
    state.taken.notify_one();
    match halves {
        Some(halves) => Stream::open(env, &state, stream, halves),
        None if state.connection.close_reason().is_some() => {}
        None => env.ring.fail(stream, Failure::new(Kind::Misuse, "no stream can be opened now")),
    }
}

/// Keeps streams ready: JavaScript takes them without waiting for this thread, first come first served, since the peer takes the
/// use of one for the opening of all before it.
async fn open_ahead(env: Rc<Env>, state: Rc<State>) {
    loop {
        let mut count = 0;
        while state.ahead.borrow().len() < state.wanted.get() {
            let mut opening = pin!(state.connection.open_bi());
            // Those that can be opened at once are told of together.
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
        // Half of them at a time.
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

/// Polls a future once: `None` if it has to wait.
async fn now<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// Takes the peer's streams, as long as JavaScript keeps up: a place is free for QUIC when the stream is over, which JavaScript
/// may not know yet.
async fn accept_streams(env: Rc<Env>, state: Rc<State>) {
    while let Ok(halves) = state.connection.accept_bi().await {
        let Some(stream) = env.ring.lock().slots.allocate() else {
            return state.end(&env, Failure::new(Kind::Lost, "too many streams are open"), 0, "too many streams");
        };
        state.places.take();
        state.accepted.set(state.accepted.get() + 1);
        // In front of what is read of it.
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
