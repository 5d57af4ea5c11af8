//! Failures as a kind and a code, so that JavaScript need not parse a message.

use iroh::endpoint::ConnectionError;

/// The codes that are sent to the peer, as `@aster/rpc-core` numbers them.
pub const PROTOCOL_VIOLATION: u32 = 400;
pub const PEER_SILENT: u32 = 408;

/// The kinds of failures. The numbers are part of the interface with JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// The peer closed the connection on purpose.
    ClosedByPeer = 1,
    /// This side closed the connection.
    ClosedHere = 2,
    /// The connection was lost for another reason.
    Lost = 3,
    /// The connection timed out: nothing was received from the peer.
    TimedOut = 4,
    /// No connection was established.
    Unreachable = 5,
    /// The caller broke the contract.
    Misuse = 6,
    /// The operating system refused a socket.
    Bind = 7,
    /// This side closed the connection with the code, because the peer violated the protocol.
    Violation = 8,
}

/// Why an operation failed, or how a connection ended.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: Kind,
    /// The code with which the connection was closed.
    pub code: Option<u64>,
    pub message: String,
}

impl Failure {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into() }
    }

    /// Returns the failure for a bug of the addon, whose panic is on the standard error stream.
    pub fn internal() -> Self {
        Self::new(Kind::Lost, "an internal failure of @aster/iroh-native")
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

/// Returns an error with its causes, one a line, the first cause last.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push('\n');
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
