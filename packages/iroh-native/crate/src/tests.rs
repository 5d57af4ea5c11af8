//! Tests over real endpoints on loopback: operations in, events out, as in JavaScript.

mod connections;
mod device;
mod streams;
