//! The sending half of a stream: a queue in front of QUIC's own buffer.
//!
//! JavaScript counts the bytes that it has submitted and that were not reported as taken, and submits at most 256 KiB of a
//! stream. Less than `TOLD` of the taken bytes are ever unreported, so JavaScript never waits for ever. When a queue that
//! flow control had blocked becomes empty, all taken bytes are reported. QUIC holds at most 10 MB of a connection that the
//! peer has not acknowledged.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use iroh::endpoint::{SendStream, VarInt, WriteError};

use crate::event::Event;
use crate::stream::{Stream, code_of};

/// Bytes to take from the queue before JavaScript is told.
const TOLD: u64 = 64 << 10;

pub struct SendHalf {
    /// Absent once the half has ended: finished after its queue, reset, or stopped by the peer.
    stream: Option<SendStream>,
    queue: VecDeque<Bytes>,
    finishing: bool,
    /// Whether a task writes the queue, because flow control blocked it.
    is_running: bool,
    /// Wakes that task.
    waker: Option<Waker>,
    /// Bytes that were written since JavaScript was last told.
    written: u64,
}

impl SendHalf {
    pub fn new(stream: SendStream) -> Self {
        Self {
            stream: Some(stream),
            queue: VecDeque::new(),
            finishing: false,
            is_running: false,
            waker: None,
            written: 0,
        }
    }

    /// Drops the half, with the queued bytes.
    fn clear(&mut self) {
        // Dropping finishes the half, unless it was reset. If the peer has stopped the half, dropping resets it, which
        // frees its place.
        self.stream = None;
        self.queue = VecDeque::new();
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Stream {
    /// Queues bytes, and writes as many as flow control allows now.
    pub fn write(self: Rc<Self>, bytes: Bytes, finish: bool) {
        let mut half = self.send.borrow_mut();
        if half.stream.is_none() || half.finishing {
            return;
        }
        if !bytes.is_empty() {
            self.env.large_data.count(bytes.len());
            half.queue.push_back(bytes);
        }
        half.finishing = finish;
        if half.is_running {
            // The task writes these bytes after those for which it waits, and then finishes the half if `finishing` is set.
            // The task need not be woken for that: it runs only while the queue is not empty.
            return;
        }
        drop(half);
        // Most writes succeed at once. If not, the task polls again, and registers its own waker.
        if self.poll_write(&mut Context::from_waker(Waker::noop())).is_pending() {
            self.send.borrow_mut().is_running = true;
            let connection = self.connection.clone();
            self.env.clone().spawn(move |env| connection.break_down(env), poll_fn(move |cx| self.poll_write(cx)));
        }
    }

    /// Resolves when the queue is written, or when the half has ended.
    fn poll_write(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut half = self.send.borrow_mut();
        let half = &mut *half;
        while let Some(stream) = half.stream.as_mut() {
            if half.queue.is_empty() {
                if half.finishing {
                    // Fails if the peer stopped the half, in which case dropping it resets it.
                    let _ = stream.finish();
                    half.stream = None;
                    self.end_half();
                } else if half.is_running {
                    self.tell_written(half, 1);
                }
                break;
            }
            // The queue has pieces of 64 KiB or of one message, so this rarely moves any.
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
                    self.tell_written(half, TOLD);
                }
                Poll::Ready(Err(error)) => {
                    half.clear();
                    self.end_half();
                    // The end of the connection has an event of its own.
                    if let WriteError::Stopped(code) = error {
                        self.env.ring.push(Event::Stopped { stream: self.handle, code: code.into_inner() });
                    }
                }
            }
        }
        half.is_running = false;
        half.waker = None;
        Poll::Ready(())
    }

    fn tell_written(&self, half: &mut SendHalf, least: u64) {
        if half.written >= least {
            let bytes = std::mem::take(&mut half.written);
            self.env.ring.push(Event::Wrote { stream: self.handle, bytes });
        }
    }

    /// Abandons the sending half, with the queued bytes, even while a write waits.
    pub fn reset(&self, code: u64) {
        let mut half = self.send.borrow_mut();
        if let Some(stream) = &mut half.stream {
            let _ = stream.reset(code_of(code));
            half.clear();
            self.end_half();
        }
    }

    /// Abandons the half unless it has ended. Bytes that are queued before a finish are still sent.
    pub fn abandon(&self) {
        if !self.send.borrow().finishing {
            self.reset(VarInt::from_u32(0).into_inner());
        }
        self.stop(0);
    }
}
