//! What went wrong, as a kind and a code: JavaScript parses no text.

use iroh::endpoint::ConnectionError;

/// Kinds of failures. The numbers are part of the interface with JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// The peer closed the connection on purpose.
    ClosedByPeer = 1,
    /// This side closed the connection.
    ClosedHere = 2,
    /// The connection is gone otherwise.
    Lost = 3,
    /// The connection lapsed: nothing was heard of the peer.
    TimedOut = 4,
    /// No connection came about.
    Unreachable = 5,
    /// The caller broke the rules.
    Misuse = 6,
    /// The operating system refused a socket.
    Bind = 7,
}

/// Why an operation failed, or how a connection ended.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: Kind,
    /// The code that the application gave.
    pub code: Option<u64>,
    pub message: String,
}

impl Failure {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into() }
    }
}

impl From<&ConnectionError> for Failure {
    fn from(error: &ConnectionError) -> Self {
        match error {
            ConnectionError::ApplicationClosed(close) => Self {
                kind: Kind::ClosedByPeer,
                code: Some(close.error_code.into_inner()),
                message: String::from_utf8_lossy(&close.reason).into_owned(),
            },
            ConnectionError::LocallyClosed => Self::new(Kind::ClosedHere, ""),
            ConnectionError::TimedOut => Self::new(Kind::TimedOut, "timed out"),
            other => Self::new(Kind::Lost, other.to_string()),
        }
    }
}
