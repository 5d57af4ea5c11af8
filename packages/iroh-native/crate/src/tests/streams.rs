use crate::bind::DIALLED_STREAMS;
use crate::event::kind;
use crate::handles::Handle;
use crate::ops::Op;

use super::device::{Device, Pair, options};

const QUEUED: usize = 256 << 10;
const PIECE: usize = 64 << 10;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 % 251) as u8).collect()
}

#[test]
fn echoes_small_messages() {
    let mut pair = Pair::new();
    for round in 0..200 {
        let (stream, theirs) = pair.open(b"ping");
        pair.client.write(stream, "", true);
        pair.server.event(kind::END, theirs);
        assert_eq!(pair.server.read.remove(&theirs).unwrap(), b"ping");
        pair.server.write(theirs, "pong", true);
        pair.client.event(kind::END, stream);
        assert_eq!(pair.client.read.remove(&stream).unwrap(), b"pong", "round {round}");
        pair.client.release(stream);
        pair.server.release(theirs);
    }
}

/// Returns the number of bytes that were reported as written.
fn written(device: &mut Device, stream: Handle) -> usize {
    device.drain();
    let wrote = |event: &&(f64, Handle, f64)| event.0 == kind::WROTE && event.1 == stream;
    let bytes = device.events.iter().filter(wrote).map(|event| event.2 as usize).sum();
    device.events.retain(|event| !wrote(&event));
    bytes
}

#[test]
fn echoes_a_large_message() {
    let mut pair = Pair::new();
    let bytes = pattern(3 << 20);
    let (stream, theirs) = pair.open(b"-");
    pair.server.until("the first byte", |server| server.read.remove(&theirs).is_some());
    // As JavaScript does: pieces of 64 KiB, while less than 256 KiB are not reported as written. The first byte is
    // reported, too.
    let (mut at, mut queued, mut echoed) = (0, 1, 0);
    while echoed < bytes.len() {
        queued -= written(&mut pair.client, stream);
        pair.server.drain();
        while at < bytes.len() && queued < QUEUED {
            let end = bytes.len().min(at + PIECE);
            pair.client.write(stream, bytes[at..end].to_vec(), end == bytes.len());
            queued += end - at;
            at = end;
        }
        if let Some(read) = pair.server.read.remove(&theirs) {
            echoed += read.len();
            pair.server.write(theirs, read, echoed == bytes.len());
        }
        std::thread::yield_now();
    }
    pair.client.event(kind::END, stream);
    assert!(pair.client.read[&stream] == bytes, "other bytes came back");
}

#[test]
fn reads_no_further_than_its_credit() {
    let mut pair = Pair::new();
    pair.server.wants = false;
    let (stream, theirs) = pair.open(b"-");
    let bytes = pattern(2 << 20);
    // More than QUIC's window of 1.25 MB takes, so that the queue is blocked.
    for piece in bytes.chunks(PIECE) {
        pair.client.write(stream, piece.to_vec(), false);
    }
    let mut told = 0;
    while told < 1 << 20 {
        told += pair.client.event(kind::WROTE, stream) as usize;
    }
    // Packets may be lost on the way.
    pair.server.until("its credit", |server| server.read.get(&theirs).is_some_and(|read| read.len() >= 64 << 10));
    // When another stream has arrived, the net thread has read all that the credit of the first one allows.
    let (_, other) = pair.open(b"behind");
    pair.server.until("the other stream", |server| server.read.contains_key(&other));
    let read = pair.server.read[&theirs].len();
    assert!(read < 128 << 10, "{read} bytes were read");
    // With credit the waiting bytes follow, and since JavaScript reads the stream, more is read ahead.
    pair.server.wants = true;
    pair.server.submit(Op::Want { stream: theirs, bytes: read as u64 });
    pair.server.until("all bytes", |server| server.read[&theirs].len() == bytes.len() + 1);
    assert!(pair.server.read[&theirs][1..] == bytes);
    while told < bytes.len() {
        told += pair.client.event(kind::WROTE, stream) as usize;
    }
}

#[test]
fn a_read_goes_on_though_the_first_bytes_that_it_gets_pay_for_no_more() {
    let mut pair = Pair::new();
    // A read overdraws its credit by up to 57 KiB.
    pair.server.wants_at_a_time = 500;
    let (stream, theirs) = pair.open(b"-");
    let bytes = pattern(2 << 20);
    for piece in bytes.chunks(PIECE) {
        pair.client.write(stream, piece.to_vec(), false);
    }
    pair.server.until("all bytes", |server| server.read.get(&theirs).is_some_and(|read| read.len() > bytes.len()));
    assert!(pair.server.read[&theirs][1..] == bytes);
}

#[test]
fn stop_reaches_a_peer_that_writes_and_reset_ends_a_write_that_waits() {
    let mut pair = Pair::new();
    pair.server.wants = false;
    let (stream, theirs) = pair.open(b"-");
    for _ in 0..64 {
        pair.client.write(stream, vec![1; PIECE], false);
    }
    pair.client.event(kind::WROTE, stream);
    pair.client.submit(Op::Reset { stream, code: 77 });
    // The reset may arrive when all credit is used up again, so bytes that are read are granted again.
    pair.server.wants = true;
    pair.server.submit(Op::Want { stream: theirs, bytes: 1 << 20 });
    assert_eq!(pair.server.event(kind::RESET, theirs), 77.0);

    // A read waits, since nothing has come back.
    pair.client.submit(Op::Stop { stream, code: 42 });
    let mut stopped = None;
    while stopped.is_none() {
        pair.server.write(theirs, "x", false);
        // The event of a later stream shows that the write was tried.
        pair.open(b"next");
        stopped = pair.server.events.iter().find(|event| (event.0, event.1) == (kind::STOPPED, theirs)).copied();
    }
    assert_eq!(stopped.unwrap().2, 42.0);
}

#[test]
fn streams_that_both_sides_drop_give_their_places_back() {
    // Many times the 16 places.
    let mut pair = Pair::new();
    for _ in 0..500 {
        let (stream, theirs) = pair.open(b"dropped");
        pair.client.release(stream);
        pair.server.release(theirs);
    }
}

#[test]
fn a_peer_that_uses_all_places_gets_each_one_back() {
    let mut pair = Pair::new();
    let streams: Vec<_> = (0..options().max_streams).map(|_| pair.open(b"held")).collect();
    for (stream, theirs) in streams {
        pair.client.release(stream);
        pair.server.release(theirs);
        // QUIC alone announces three places together.
        pair.open(b"next");
    }
}

#[test]
fn the_number_of_streams_is_that_of_connections_that_the_peer_dialled() {
    let mut pair = Pair::new();
    for _ in 0..DIALLED_STREAMS {
        let stream = pair.server.open(pair.accepted);
        pair.server.write(stream, "held", false);
        pair.client.event(kind::STREAM, pair.dialled);
    }
    // More than that are not even opened ahead.
    assert!(pair.server.events.iter().all(|event| event.0 != kind::OPENABLE), "{:?}", pair.server.events);
}

#[test]
fn takes_no_more_streams_than_javascript_keeps_up_with() {
    let mut pair = Pair::new();
    let most = 2 * options().max_streams;
    let mut taken = Vec::new();
    for _ in 0..most {
        let (stream, theirs) = pair.open(b"kept");
        // For QUIC the stream has ended, but its handle stays.
        pair.client.submit(Op::Reset { stream, code: 0 });
        pair.server.submit(Op::Reset { stream: theirs, code: 0 });
        pair.server.event(kind::RESET, theirs);
        pair.client.release(stream);
        taken.push(theirs);
    }
    let stream = pair.client.open(pair.dialled);
    pair.client.write(stream, "one more", false);
    // The server accepts the stream only after this release, which frees a place.
    pair.server.release(taken.remove(0));
    let theirs = pair.server.event(kind::STREAM, pair.accepted) as u32;
    assert!(!taken.contains(&theirs));
}
