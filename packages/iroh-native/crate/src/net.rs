//! The net thread: one for the process, with a runtime of its own, which owns every endpoint, connection and stream.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use tokio::task::{AbortHandle, LocalSet, spawn_local};

use crate::connection::Connections;
use crate::endpoint;
use crate::failure::{Failure, Kind};
use crate::handles::{Handle, Table};
use crate::ops::{Op, Ops};
use crate::ring::{Event, Ring};
use crate::stream::Stream;

static OPS: OnceLock<Result<Ops, String>> = OnceLock::new();

/// Returns the submission ring, and starts the thread behind it the first time. The thread is never joined: a process that
/// exits does not wait for it.
pub fn ops() -> Result<&'static Ops, &'static str> {
    let started = OPS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start the runtime: {error}"))?;
        std::thread::Builder::new()
            .name("aster-net".into())
            .spawn(move || LocalSet::new().block_on(&runtime, run()))
            .map_err(|error| format!("cannot start the thread: {error}"))?;
        Ok(Ops::default())
    });
    started.as_ref().map_err(String::as_str)
}

/// What one environment has open.
pub struct Env {
    pub ring: Arc<Ring>,
    pub streams: RefCell<Table<Rc<Stream>>>,
    pub connections: Connections,
    /// Tasks of endpoints, and dials and binds under way.
    pub tasks: RefCell<HashMap<Handle, AbortHandle>>,
}

impl Env {
    fn new(ring: Arc<Ring>) -> Rc<Self> {
        Rc::new(Self {
            ring,
            streams: RefCell::default(),
            connections: Connections::default(),
            tasks: RefCell::default(),
        })
    }

    fn stream(&self, handle: Handle) -> Option<Rc<Stream>> {
        self.streams.borrow().get(handle).cloned()
    }

    /// Runs what ends with an event about `handle`, and can be called off by it.
    pub fn start(self: &Rc<Self>, handle: Handle, task: impl Future<Output = ()> + 'static) {
        let env = self.clone();
        let mut tasks = self.tasks.borrow_mut();
        let running = spawn_local(async move {
            task.await;
            env.tasks.borrow_mut().remove(&handle);
        });
        tasks.insert(handle, running.abort_handle());
    }
}

async fn run() {
    // The static is set once the thread is started, so that the first look may come too early.
    let ops = loop {
        match OPS.get() {
            Some(Ok(ops)) => break ops,
            Some(Err(_)) => return,
            None => tokio::task::yield_now().await,
        }
    };
    let mut envs: HashMap<*const Ring, Rc<Env>> = HashMap::new();
    let mut batch = Vec::new();
    loop {
        ops.submitted.notified().await;
        ops.take(&mut batch);
        for (ring, op) in batch.drain(..) {
            let id = Arc::as_ptr(&ring);
            if matches!(op, Op::End) {
                if let Some(env) = envs.remove(&id) {
                    end(&env);
                }
                continue;
            }
            if ring.has_ended() {
                continue;
            }
            let env = envs.entry(id).or_insert_with(|| Env::new(ring));
            perform(env, op);
        }
    }
}

fn perform(env: &Rc<Env>, op: Op) {
    match op {
        Op::Bind { endpoint, options } => endpoint::bind(env, endpoint, *options),
        Op::SetAlpns { endpoint, alpns } => endpoint::set_alpns(env, endpoint, alpns),
        Op::CloseEndpoint { endpoint } => endpoint::close(env, endpoint),
        Op::Dial { endpoint, connection, target, alpn } => endpoint::dial(env, endpoint, connection, *target, alpn),
        Op::Cancel { operation } => {
            if let Some(task) = env.tasks.borrow_mut().remove(&operation) {
                task.abort();
            }
        }
        Op::Close { connection, code, reason } => env.connections.close(connection, code, &reason),
        Op::Open { connection, stream } => match env.connections.open(connection) {
            Some((send, recv)) => Stream::attach(env, stream, send, recv),
            // The connection is gone, which JavaScript learns by its event. Only a stream that was not counted is a mistake.
            None if env.connections.is_gone(connection) => {}
            None => env.ring.fail(stream, Failure::new(Kind::Misuse, "no stream can be opened now"), Event::Failed),
        },
        Op::Write { stream, bytes, finish } => {
            if let Some(stream) = env.stream(stream) {
                stream.write(bytes, finish);
            }
        }
        Op::Reset { stream, code } => {
            if let Some(stream) = env.stream(stream) {
                stream.reset(code);
            }
        }
        Op::Stop { stream, code } => {
            if let Some(stream) = env.stream(stream) {
                stream.stop(code);
            }
        }
        Op::Want { stream, bytes } => {
            if let Some(stream) = env.stream(stream) {
                stream.want(bytes);
            }
        }
        Op::Release { handle } => {
            if let Some(stream) = env.streams.borrow_mut().remove(handle) {
                stream.abandon();
            }
            env.connections.forget(handle);
            env.ring.release(handle);
        }
        Op::End => unreachable!("handled by the loop"),
    }
}

/// Ends everything of an environment. Close frames are sent; nothing waits for them.
fn end(env: &Rc<Env>) {
    for (_, task) in env.tasks.borrow_mut().drain() {
        task.abort();
    }
    for stream in env.streams.borrow_mut().drain() {
        stream.abandon();
    }
    env.connections.close_all();
    for endpoint in endpoint::take_all(env) {
        spawn_local(async move { endpoint.close().await });
    }
    env.ring.clear();
}
