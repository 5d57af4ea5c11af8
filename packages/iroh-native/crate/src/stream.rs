//! The two halves of a stream, and their queues.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use iroh::endpoint::{ReadError, RecvStream, SendStream, VarInt, WriteError};
use tokio::task::spawn_local;

use crate::handles::Handle;
use crate::net::Env;
use crate::ring::{Event, Ring};

/// Bytes of a stream that are read before JavaScript asks for them.
const READ_AHEAD: i64 = 65_536;
/// Pieces of one read.
const PIECES: usize = 40;
/// Bytes that were taken from the queue before JavaScript is told.
const TOLD: u64 = 65_536;

pub struct Stream {
    handle: Handle,
    ring: Arc<Ring>,
    send: RefCell<SendHalf>,
    recv: RefCell<RecvHalf>,
}

struct SendHalf {
    /// Absent once the half is over: finished behind its queue, reset, or stopped by the peer.
    stream: Option<SendStream>,
    queue: VecDeque<Bytes>,
    finishing: bool,
    /// Whether a task writes the queue, since flow control held it up.
    is_running: bool,
    /// Wakes that task.
    waker: Option<Waker>,
    /// Bytes that were written since JavaScript was told.
    written: u64,
}

struct RecvHalf {
    /// Absent once the half is over.
    stream: Option<RecvStream>,
    /// Bytes that may still be read. A read may overdraw it by the pieces that had come.
    credit: i64,
    /// Wakes the task that reads.
    waker: Option<Waker>,
}

fn code_of(code: u64) -> VarInt {
    VarInt::from_u64(code).unwrap_or(VarInt::MAX)
}

impl Stream {
    /// Takes the halves of a stream under a handle, and begins to read.
    pub fn attach(env: &Rc<Env>, handle: Handle, send: SendStream, recv: RecvStream) {
        let stream = Rc::new(Self {
            handle,
            ring: env.ring.clone(),
            send: RefCell::new(SendHalf {
                stream: Some(send),
                queue: VecDeque::new(),
                finishing: false,
                is_running: false,
                waker: None,
                written: 0,
            }),
            recv: RefCell::new(RecvHalf { stream: Some(recv), credit: READ_AHEAD, waker: None }),
        });
        env.streams.borrow_mut().insert(handle, stream.clone());
        spawn_local(poll_fn(move |cx| stream.poll_read(cx)));
    }

    /// Queues bytes, and writes what flow control lets through now.
    pub fn write(self: Rc<Self>, bytes: Bytes, finish: bool) {
        let mut half = self.send.borrow_mut();
        if half.stream.is_none() || half.finishing {
            return;
        }
        if !bytes.is_empty() {
            half.queue.push_back(bytes);
        }
        half.finishing = finish;
        if half.is_running {
            return;
        }
        drop(half);
        // Most writes go through at once. One that does not is polled again by the task, which leaves its own waker.
        if self.poll_write(&mut Context::from_waker(Waker::noop())).is_pending() {
            self.send.borrow_mut().is_running = true;
            spawn_local(poll_fn(move |cx| self.poll_write(cx)));
        }
    }

    /// Resolves when the queue is written, or the half is over.
    fn poll_write(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut half = self.send.borrow_mut();
        let half = &mut *half;
        loop {
            let Some(stream) = half.stream.as_mut() else { break };
            if half.queue.is_empty() {
                if half.finishing {
                    // Fails if it was stopped: then dropping the half resets it, which gives the stream's place back.
                    let _ = stream.finish();
                    half.stream = None;
                }
                break;
            }
            let pieces = half.queue.make_contiguous();
            let before = pieces.len();
            let mut rest = &mut *pieces;
            let polled = pin!(stream.write_many_chunks(&mut rest)).poll(cx);
            let done = before - rest.len();
            match polled {
                Poll::Pending => {
                    half.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                Poll::Ready(Ok(bytes)) => {
                    half.queue.drain(..done);
                    half.written += bytes as u64;
                    if half.written >= TOLD {
                        let bytes = std::mem::take(&mut half.written);
                        self.ring.push(Event::Wrote { stream: self.handle, bytes });
                    }
                }
                Poll::Ready(Err(error)) => {
                    half.over();
                    // The end of the connection has an event of its own.
                    if let WriteError::Stopped(code) = error {
                        self.ring.push(Event::Stopped { stream: self.handle, code: code.into_inner() });
                    }
                }
            }
        }
        half.is_running = false;
        half.waker = None;
        Poll::Ready(())
    }

    /// Abandons the sending half, with what is queued.
    pub fn reset(&self, code: u64) {
        let mut half = self.send.borrow_mut();
        if let Some(mut stream) = half.stream.take() {
            let _ = stream.reset(code_of(code));
        }
        half.over();
    }

    /// Abandons the receiving half, also while a read waits.
    pub fn stop(&self, code: u64) {
        let mut half = self.recv.borrow_mut();
        if let Some(mut stream) = half.stream.take() {
            let _ = stream.stop(code_of(code));
        }
        half.wake();
    }

    /// Abandons what is not over.
    pub fn abandon(&self) {
        let mut half = self.send.borrow_mut();
        // What is queued in front of a finish still goes out.
        let is_finishing = half.finishing && half.is_running;
        if !is_finishing {
            if let Some(mut stream) = half.stream.take() {
                let _ = stream.reset(VarInt::from_u32(0));
            }
            half.over();
        }
        drop(half);
        self.stop(0);
    }

    pub fn want(&self, bytes: u64) {
        let mut half = self.recv.borrow_mut();
        half.credit = half.credit.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
        if half.credit > 0 {
            half.wake();
        }
    }

    /// Resolves when the half is over.
    fn poll_read(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut half = self.recv.borrow_mut();
        let half = &mut *half;
        loop {
            let Some(stream) = half.stream.as_mut() else { break };
            if half.credit <= 0 {
                // Nothing is read, so that QUIC's window shuts.
                half.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let mut pieces = [const { Bytes::new() }; PIECES];
            let polled = pin!(stream.read_many_chunks(&mut pieces)).poll(cx);
            match polled {
                Poll::Pending => {
                    half.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                Poll::Ready(Ok(Some(count))) => {
                    for bytes in pieces.into_iter().take(count) {
                        half.credit -= bytes.len() as i64;
                        self.ring.push(Event::Data { stream: self.handle, bytes });
                    }
                }
                Poll::Ready(Ok(None)) => {
                    half.stream = None;
                    self.ring.push(Event::End(self.handle));
                }
                Poll::Ready(Err(error)) => {
                    half.stream = None;
                    if let ReadError::Reset(code) = error {
                        self.ring.push(Event::Reset { stream: self.handle, code: code.into_inner() });
                    }
                }
            }
        }
        half.waker = None;
        Poll::Ready(())
    }
}

impl SendHalf {
    fn over(&mut self) {
        self.stream = None;
        self.queue.clear();
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl RecvHalf {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
