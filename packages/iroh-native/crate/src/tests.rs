//! Tests over real endpoints on loopback: operations go in, events come out, as for JavaScript.

mod connections;
mod device;
mod streams;
