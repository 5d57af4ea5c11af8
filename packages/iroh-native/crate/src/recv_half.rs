//! The receiving half of a stream, which reads within a credit.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use iroh::endpoint::{ReadError, RecvStream};

use crate::event::Event;
use crate::stream::{Stream, code_of};

/// Bytes of a stream that are read before JavaScript asks for them: a message of 64 KiB with the headers of its frames, and
/// the end of the stream after it. If JavaScript has taken all bytes that were read, the amount grows by this much each
/// time, up to `MOST_AHEAD`. A read may overdraw the credit by its pieces (40 packets of 1,452 bytes); together they are
/// less than 256 KiB. If QUIC has joined sparse packets, a piece may be longer, and the next read waits until the debt is
/// paid off.
const READ_AHEAD: i64 = 66 << 10;
const MOST_AHEAD: i64 = 3 * READ_AHEAD;
/// The most pieces of one read.
const PIECES: usize = 40;

pub struct RecvHalf {
    /// Absent once the half has ended.
    stream: Option<RecvStream>,
    /// Bytes that may still be read.
    credit: i64,
    /// The value of the credit if JavaScript had taken all bytes.
    ahead: i64,
    /// Whether a read has waited for credit since JavaScript last took bytes.
    is_starved: bool,
    /// Whether a read waits for room in the ring.
    is_parked: bool,
    /// Wakes the task that reads.
    waker: Option<Waker>,
}

impl RecvHalf {
    pub fn new(stream: RecvStream) -> Self {
        Self {
            stream: Some(stream),
            credit: READ_AHEAD,
            ahead: READ_AHEAD,
            is_starved: false,
            is_parked: false,
            waker: None,
        }
    }
}

impl RecvHalf {
    fn earn(&mut self, bytes: u64) {
        // If nothing is taken from a stream, its credit stays at the minimum.
        if std::mem::take(&mut self.is_starved) && self.ahead < MOST_AHEAD {
            self.ahead += READ_AHEAD;
            self.credit += READ_AHEAD;
        }
        self.credit = self.credit.saturating_add_unsigned(bytes).min(self.ahead);
    }
}

impl Stream {
    /// Abandons the receiving half, even while a read waits.
    pub fn stop(&self, code: u64) {
        let mut half = self.recv.borrow_mut();
        if let Some(mut stream) = half.stream.take() {
            let _ = stream.stop(code_of(code));
            self.end_reads();
        }
        wake(&mut half.waker);
    }

    /// Adds to the credit the bytes that JavaScript has taken. A read waits for them.
    pub fn want(&self, bytes: u64) {
        let mut half = self.recv.borrow_mut();
        half.earn(bytes);
        // Wakes the task even if the credit does not suffice: the read has to report that it waits for more.
        wake(&mut half.waker);
    }

    /// Resolves when the half has ended. The task is started with the stream, so its waker is registered before the peer
    /// can answer a write. All bytes that are read from QUIC are reported to the ring.
    pub fn poll_read(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut half = self.recv.borrow_mut();
        let half = &mut *half;
        let ring = &self.env.ring;
        while let Some(stream) = half.stream.as_mut() {
            if half.credit <= 0 {
                // If the read waits already, `want` reports the bytes.
                let granted = if half.is_starved { 0 } else { ring.granted(self.handle) };
                if granted > 0 {
                    half.earn(granted);
                    continue;
                }
                // Without credit nothing is read, so that QUIC's window closes.
                half.is_starved = true;
                return wait(half, cx);
            }
            if ring.is_full() {
                if !std::mem::replace(&mut half.is_parked, true) {
                    self.env.parked.borrow_mut().push(cx.waker().clone());
                }
                return wait(half, cx);
            }
            half.is_parked = false;
            let mut pieces = [const { Bytes::new() }; PIECES];
            let polled = pin!(stream.read_many_chunks(&mut pieces)).poll(cx);
            match polled {
                Poll::Pending => return wait(half, cx),
                Poll::Ready(Ok(Some(count))) => {
                    let pieces = &mut pieces[..count];
                    let length = pieces.iter().map(Bytes::len).sum::<usize>();
                    half.credit -= length as i64;
                    self.connection.count_received(length);
                    self.env.large_data.count(length);
                    ring.push_read(self.handle, pieces, length);
                }
                Poll::Ready(Ok(None)) => {
                    half.stream = None;
                    self.end_reads();
                    ring.push(Event::End(self.handle));
                }
                Poll::Ready(Err(error)) => {
                    half.stream = None;
                    self.end_reads();
                    // The end of the connection has an event of its own.
                    if let ReadError::Reset(code) = error {
                        ring.push(Event::Reset { stream: self.handle, code: code.into_inner() });
                    }
                }
            }
        }
        half.waker = None;
        Poll::Ready(())
    }

    /// Reads bytes that have arrived before JavaScript is told that the connection is gone, since the task may not have run
    /// in between.
    pub fn read_rest(&self) {
        let waker = self.recv.borrow_mut().waker.take();
        let _ = self.poll_read(&mut Context::from_waker(Waker::noop()));
        // If this read has to wait for credit or room, the task polls again and waits itself.
        self.recv.borrow_mut().is_parked = false;
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn end_reads(&self) {
        self.connection.end_reading();
        self.end_half();
    }
}

fn wait(half: &mut RecvHalf, cx: &Context<'_>) -> Poll<()> {
    half.waker = Some(cx.waker().clone());
    Poll::Pending
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
