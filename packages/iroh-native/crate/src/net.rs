//! The net thread: one for each process, with a runtime of its own. It owns every endpoint, connection and stream.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, Waker};
use std::time::Instant;

use tokio::task::{AbortHandle, LocalSet, spawn_local};

use crate::connection::{self, Connections};
use crate::endpoint;
use crate::failure::Failure;
use crate::handles::{Handle, Table};
use crate::memory::{self, LargeData};
use crate::ops::{Op, Ops};
use crate::ring::Ring;
use crate::stream::Stream;
use crate::watch;

static OPS: OnceLock<Result<Ops, String>> = OnceLock::new();

/// Returns the submission ring, and starts the net thread on the first call. The thread is never joined, so an exiting
/// process does not wait for it.
pub fn ops() -> Result<&'static Ops, &'static str> {
    let started = OPS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start the runtime: {error}"))?;
        std::thread::Builder::new()
            .name("aster-net".into())
            .spawn(move || {
                let (local, envs) = (LocalSet::new(), Envs::default());
                // If the thread died, JavaScript would wait for ever. Tasks and operations catch panics themselves; after
                // any other panic, the thread continues with the remaining tasks.
                while catch_unwind(AssertUnwindSafe(|| local.block_on(&runtime, run(&envs)))).is_err() {}
            })
            .map_err(|error| format!("cannot start the thread: {error}"))?;
        Ok(Ops::default())
    });
    started.as_ref().map_err(String::as_str)
}

/// The open objects of one environment.
pub struct Env {
    pub ring: Arc<Ring>,
    pub streams: RefCell<Table<Rc<Stream>>>,
    pub connections: Connections,
    pub endpoints: RefCell<Table<Rc<endpoint::Open>>>,
    /// Dials and binds in progress.
    tasks: RefCell<HashMap<Handle, AbortHandle>>,
    /// The wakers of streams that are not read until the ring is drained.
    pub parked: RefCell<Vec<Waker>>,
    pub large_data: LargeData,
    is_watching: Cell<bool>,
}

type Envs = RefCell<HashMap<*const Ring, Rc<Env>>>;

impl Env {
    fn new(ring: Arc<Ring>) -> Rc<Self> {
        Rc::new(Self {
            ring,
            streams: RefCell::default(),
            connections: Connections::default(),
            endpoints: RefCell::default(),
            tasks: RefCell::default(),
            parked: RefCell::default(),
            large_data: LargeData::default(),
            is_watching: Cell::new(false),
        })
    }

    fn stream(&self, handle: Handle) -> Option<Rc<Stream>> {
        self.streams.borrow().get(handle).cloned()
    }

    /// Runs a task. If it panics, `on_panic` reports it to JavaScript, which would otherwise wait for ever.
    pub fn spawn(
        self: &Rc<Self>,
        on_panic: impl FnOnce(&Rc<Env>) + 'static,
        task: impl Future<Output = ()> + 'static,
    ) -> AbortHandle {
        let env = self.clone();
        let guarded = async move {
            let mut task = pin!(task);
            let poll = |cx: &mut std::task::Context<'_>| {
                // Unwinding releases the cells. `on_panic` ends the objects that were left half changed.
                match catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx))) {
                    Ok(polled) => polled.map(|()| false),
                    Err(_) => Poll::Ready(true),
                }
            };
            if std::future::poll_fn(poll).await {
                on_panic(&env);
            }
        };
        spawn_local(guarded).abort_handle()
    }

    /// Runs a task that ends with an event about `handle`, and that `handle` can cancel until then. Each operation has a
    /// handle of its own.
    pub fn start(self: &Rc<Self>, handle: Handle, task: impl Future<Output = ()> + 'static) {
        let env = self.clone();
        let running = self.spawn(
            move |env| {
                env.tasks.borrow_mut().remove(&handle);
                env.ring.fail(handle, Failure::internal());
            },
            async move {
                task.await;
                env.tasks.borrow_mut().remove(&handle);
            },
        );
        // The task runs on this thread, so it cannot have ended before its entry is made here.
        self.tasks.borrow_mut().insert(handle, running);
    }

    /// Cancels the task that `start` runs, if it is running. Its future is never polled again.
    fn cancel(&self, handle: Handle) {
        let task = self.tasks.borrow_mut().remove(&handle);
        if let Some(task) = task {
            task.abort();
        }
    }

    /// Starts to look at connections at intervals, until there are none.
    pub fn watch(self: &Rc<Self>) {
        if self.is_watching.replace(true) {
            return;
        }
        let env = self.clone();
        let watching = async move {
            loop {
                tokio::time::sleep(watch::LOOK).await;
                let all = env.connections.all();
                if all.is_empty() {
                    break;
                }
                if env.large_data.look() {
                    memory::give_back();
                }
                let now = Instant::now();
                for state in all {
                    watch::look(&env, &state, now);
                }
            }
            env.is_watching.set(false);
            if env.large_data.end() {
                memory::give_back();
            }
        };
        self.spawn(Self::break_down, watching);
    }

    /// Ends all connections after a bug of the addon, so that JavaScript does not wait for events that will not come.
    fn break_down(self: &Rc<Self>) {
        self.is_watching.set(false);
        for state in self.connections.all() {
            state.break_down(self);
        }
    }
}

async fn run(envs: &Envs) {
    // The static is set after the thread was started, so the first look may be too early.
    let ops = loop {
        match OPS.get() {
            Some(Ok(ops)) => break ops,
            Some(Err(_)) => return,
            None => tokio::task::yield_now().await,
        }
    };
    let mut batch = Vec::new();
    loop {
        ops.submitted.notified().await;
        ops.take(&mut batch);
        for (ring, op) in batch.drain(..) {
            let id = Arc::as_ptr(&ring);
            if matches!(op, Op::End) {
                let env = envs.borrow_mut().remove(&id);
                match env {
                    Some(env) => end(&env),
                    None => ring.clear(),
                }
                continue;
            }
            if ring.has_ended() {
                continue;
            }
            let env = envs.borrow_mut().entry(id).or_insert_with(|| Env::new(ring)).clone();
            if catch_unwind(AssertUnwindSafe(|| perform(&env, op))).is_err() {
                env.break_down();
            }
        }
    }
}

fn perform(env: &Rc<Env>, op: Op) {
    match op {
        Op::Bind { endpoint, options } => endpoint::bind(env, endpoint, *options),
        Op::SetAlpns { endpoint, alpns } => endpoint::set_alpns(env, endpoint, alpns),
        Op::CloseEndpoint { endpoint } => endpoint::close(env, endpoint),
        Op::Dial { endpoint, connection, target, alpn } => endpoint::dial(env, endpoint, connection, *target, alpn),
        Op::Cancel { operation } => env.cancel(operation),
        Op::Close { connection, code, reason } => env.connections.close(connection, code, &reason),
        Op::Open { connection, stream } => connection::open(env, connection, stream),
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
            // If the dial or bind has already succeeded, it was cancelled too late, and the new connection or endpoint ends
            // here.
            env.cancel(handle);
            let stream = env.streams.borrow_mut().remove(handle);
            if let Some(stream) = stream {
                stream.release();
            }
            env.connections.forget(handle);
            endpoint::forget(env, handle);
            env.ring.release(handle);
        }
        Op::Drained => {
            for waker in env.parked.take() {
                waker.wake();
            }
        }
        Op::End => unreachable!("handled by the loop"),
        #[cfg(test)]
        Op::Panic => panic!("a mistake, for a test"),
    }
}

/// Ends all objects of an environment. Close frames are sent, but not waited for. The tasks of connections end with their
/// connections, and hold the last references to the environment. Events that they push are dropped, and JavaScript is not
/// called.
fn end(env: &Rc<Env>) {
    for (_, task) in env.tasks.take() {
        task.abort();
    }
    let streams = env.streams.take();
    for stream in streams.iter() {
        stream.abandon();
    }
    env.connections.close_all();
    endpoint::close_all(env);
    for waker in env.parked.take() {
        waker.wake();
    }
    env.ring.clear();
}
