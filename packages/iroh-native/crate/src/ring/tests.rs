use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::*;

use crate::event::META;

/// Returns a ring, and the handles of two streams.
fn ring() -> (Ring, f64, Handle, Handle) {
    let ring = Ring::default();
    let (one, two) = {
        let slots = &mut ring.lock().slots;
        (slots.allocate().unwrap(), slots.allocate().unwrap())
    };
    (ring, f64::from(one), one, two)
}

fn read(ring: &Ring, stream: Handle, length: usize) -> bool {
    ring.push_read(stream, &mut [Bytes::from(vec![7; length])], length)
}

fn drain(ring: &Ring, slab: usize, events: usize) -> Vec<[f64; META]> {
    let mut meta = vec![0.0; events * META];
    let count = ring.drain(&mut vec![0; slab], &mut meta).count;
    meta.chunks_exact(META).take(count).map(|numbers| numbers.try_into().unwrap()).collect()
}

#[test]
fn wakes_once_for_each_time_that_it_runs_empty() {
    let ring = Ring::default();
    let woken = Arc::new(AtomicUsize::new(0));
    let counter = woken.clone();
    ring.on_event(Box::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    }));
    for _ in 0..3 {
        ring.push(Event::Done(1));
    }
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    // Two of three events: more are left, so nothing wakes JavaScript.
    assert_eq!(drain(&ring, 0, 2).len(), 2);
    ring.push(Event::Done(1));
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    assert_eq!(drain(&ring, 0, 10).len(), 2);
    ring.push(Event::Done(1));
    assert_eq!(woken.load(Ordering::Relaxed), 2);
}

#[test]
fn joins_the_reads_of_one_stream() {
    let (ring, one, first, second) = ring();
    for stream in [first, first, second, first] {
        read(&ring, stream, 10);
    }
    let two = f64::from(second);
    assert_eq!(drain(&ring, 100, 10), [[7.0, one, 0.0, 20.0], [7.0, two, 20.0, 10.0], [7.0, one, 30.0, 10.0]]);
}

#[test]
fn keeps_the_order_of_short_and_long_reads() {
    let (ring, one, stream, _) = ring();
    read(&ring, stream, 10);
    read(&ring, stream, SMALL + 1);
    read(&ring, stream, 5);
    ring.push(Event::End(stream));
    let long = (SMALL + 1 + 5) as f64;
    assert_eq!(drain(&ring, 100, 10), [[7.0, one, 0.0, 10.0], [8.0, one, long, 0.0], [9.0, one, 0.0, 0.0]]);
    let mut into = vec![0; SMALL + 100];
    assert_eq!(ring.take(stream, &mut into[..SMALL]), SMALL);
    assert_eq!(ring.take(stream, &mut into[SMALL..]), 6);
    assert_eq!(ring.take(stream, &mut into), 0);
    read(&ring, stream, 5);
    assert_eq!(drain(&ring, 100, 10), [[7.0, one, 0.0, 5.0]]);
}

#[test]
fn a_read_that_does_not_fit_the_slab_waits() {
    let (ring, one, first, second) = ring();
    read(&ring, first, 60);
    read(&ring, second, 60);
    assert_eq!(drain(&ring, 100, 10), [[7.0, one, 0.0, 60.0], [8.0, f64::from(second), 60.0, 0.0]]);
    assert_eq!(ring.take(second, &mut [0; 60]), 60);
}

#[test]
fn a_long_read_of_many_small_pieces_is_copied_together() {
    let (ring, _, stream, _) = ring();
    let packet = Bytes::from(vec![7; 1_452]);
    let mut pieces: Vec<_> = (0..40).map(|_| packet.slice(..200)).collect();
    ring.push_read(stream, &mut pieces, 40 * 200);
    drop(pieces);
    assert!(packet.is_unique(), "the packet is kept");
    drain(&ring, 0, 1);
    assert_eq!(ring.take(stream, &mut [0; 10_000]), 8_000);
}

#[test]
fn readers_wait_while_too_much_was_not_drained() {
    let (ring, _, first, second) = ring();
    for index in 1..MAX_EVENTS {
        assert!(read(&ring, if index % 2 == 0 { first } else { second }, 1));
    }
    assert!(!read(&ring, first, 1) && ring.is_full());
    let mut meta = vec![0.0; 1_024 * META];
    let drain = |meta: &mut [f64]| ring.drain(&mut vec![0; 70_000], meta);
    assert_eq!(drain(&mut meta), Drained { count: 1_024, has_room_again: false });
    let last = std::iter::from_fn(|| Some(drain(&mut meta))).find(|drained| drained.has_room_again).unwrap();
    assert!(last.count == 1_024 && !ring.is_full());
    assert!(ring.lock().short.is_empty());
    // Full by the number of bytes.
    let reads = (1..).find(|_| !read(&ring, first, 1 << 20)).unwrap();
    assert_eq!(reads, MAX_BYTES >> 20);
}

#[test]
fn nothing_is_kept_for_a_handle_that_was_given_back() {
    let (ring, _, stream, other) = ring();
    read(&ring, stream, SMALL + 1);
    ring.fail(stream, Failure::internal());
    ring.release(stream);
    ring.fail(stream, Failure::internal());
    drain(&ring, 0, 10);
    assert!(ring.take_failure(stream).is_none());
    assert_eq!(ring.take(stream, &mut [0; 10]), 0);
    ring.explain(other, || Failure::new(crate::failure::Kind::Lost, "first"));
    ring.explain(other, Failure::internal);
    assert_eq!(ring.take_failure(other).unwrap().message, "first");
}

#[test]
fn drops_everything_behind_its_end() {
    let (ring, _, stream, _) = ring();
    read(&ring, stream, SMALL + 1);
    drain(&ring, 0, 1);
    ring.end();
    ring.push(Event::Done(1));
    ring.clear();
    assert!(drain(&ring, 0, 10).is_empty());
    assert_eq!(ring.take(stream, &mut [0; 10]), 0);
}

#[test]
fn tells_a_reader_of_what_was_taken_only_if_it_waits() {
    let ring = Ring::default();
    let stream = ring.lock().slots.allocate().unwrap();
    assert!(!ring.grant(stream, 10));
    assert!(!ring.grant(stream, 5));
    assert_eq!(ring.granted(stream), 15);
    // Now the reader waits.
    assert_eq!(ring.granted(stream), 0);
    assert!(ring.grant(stream, 7));
    // Bytes that an operation has reported are not granted again, and the reader does not wait any more.
    assert!(!ring.grant(stream, 1));
    assert_eq!(ring.granted(stream), 1);

    ring.release(stream);
    assert!(!ring.grant(stream, 1));
    assert_eq!(ring.granted(stream), 0);
    assert!(ring.lock().grants.is_empty());
}
