//! A stream that JavaScript holds, accepted or opened.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;

use iroh::endpoint::{RecvStream, SendStream, VarInt};

use crate::connection::State;
use crate::handles::Handle;
use crate::net::Env;
use crate::recv_half::RecvHalf;
use crate::send_half::SendHalf;

pub struct Stream {
    pub handle: Handle,
    pub env: Rc<Env>,
    pub connection: Rc<State>,
    /// Whether the peer opened it.
    is_accepted: bool,
    pub send: RefCell<SendHalf>,
    pub recv: RefCell<RecvHalf>,
}

/// Converts a code. JavaScript checks that no code is larger.
pub fn code_of(code: u64) -> VarInt {
    VarInt::from_u64(code).unwrap_or(VarInt::MAX)
}

impl Stream {
    /// Registers a stream that the peer opened under a handle, and begins to read.
    pub fn accept(env: &Rc<Env>, connection: &Rc<State>, handle: Handle, halves: (SendStream, RecvStream)) {
        Self::attach(env, connection, handle, halves, true);
    }

    /// Registers a stream that this side opened under a handle, and begins to read.
    pub fn open(env: &Rc<Env>, connection: &Rc<State>, handle: Handle, halves: (SendStream, RecvStream)) {
        Self::attach(env, connection, handle, halves, false);
    }

    fn attach(
        env: &Rc<Env>,
        connection: &Rc<State>,
        handle: Handle,
        (send, recv): (SendStream, RecvStream),
        is_accepted: bool,
    ) {
        let stream = Rc::new(Self {
            handle,
            env: env.clone(),
            connection: connection.clone(),
            is_accepted,
            send: RefCell::new(SendHalf::new(send)),
            recv: RefCell::new(RecvHalf::new(recv)),
        });
        connection.begin_reading();
        env.streams.borrow_mut().insert(handle, stream.clone());
        let connection = connection.clone();
        env.spawn(move |env| connection.break_down(env), poll_fn(move |cx| stream.poll_read(cx)));
    }

    /// Counts the end of a half.
    pub fn end_half(&self) {
        if self.is_accepted {
            self.connection.places.end_half();
        }
    }

    /// Ends the stream, because JavaScript has released its handle.
    pub fn release(&self) {
        self.abandon();
        if self.is_accepted {
            self.connection.give_back_stream();
        }
    }
}
