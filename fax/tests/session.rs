//! Whole fax calls between two of our ends over T.38, in simulated time: what arrives, what is promised, and what each end says
//! when something goes wrong.

#![allow(clippy::disallowed_methods, reason = "the worker of each end runs in a thread of its own")]

mod support;

use std::time::Duration;

use model::fax::Cause;
use support::{Disk, Mishap, Net, Setup, World, assert_same, page, pages, seeds};

fn causes(world: &World) -> (Cause, u32, Cause, u32) {
    let (sender, receiver) = (world.sender.outcome(), world.receiver.outcome());
    (sender.cause, sender.pages_confirmed, receiver.cause, receiver.pages_confirmed)
}

#[test]
fn one_page_arrives_as_it_was_sent() {
    let sent = pages(1);
    let world = Setup::new(sent.clone()).run();
    assert_eq!(causes(&world), (Cause::Delivered, 1, Cause::Delivered, 1), "{:#?}", world.sender.trace);
    assert_same(&world.receiver.durable, &sent);
    assert_eq!(world.sender.progress, [(0, true), (1, false)]);
    let outcome = world.sender.outcome();
    assert_eq!((outcome.bit_rate, outcome.ecm), (14_400, true));
    assert_eq!(outcome.remote_ident.expose(), "+1 202 555 0101");
    assert_eq!(world.receiver.outcome().remote_ident.expose(), "+1 202 555 0123");
}

#[test]
fn three_pages_arrive_as_they_were_sent() {
    let sent = pages(3);
    let world = Setup::new(sent.clone()).run();
    assert_eq!(causes(&world), (Cause::Delivered, 3, Cause::Delivered, 3));
    assert_same(&world.receiver.durable, &sent);
    assert_eq!(world.sender.progress, [(0, false), (1, false), (2, true), (3, false)]);
}
