//! One INVITE from bytes to what a telephone system asks of it, beside `rsip` with the same bytes.
//!
//! Both read the message and then the Request-URI, Via, From, To, Contact, CSeq and the body. Ours has checked by then all that RFC 3261
//! demands of a request; `rsip` has not, so this compares less work with more.

use std::hint::black_box;
use std::io;

use rsip::prelude::{HeadersExt, ToTypedHeader};
use sip::wire::{self, Address, Name, Verdict};

use crate::cpu;
use crate::figure::Figure;
use crate::numbers::median;

/// Arguments of `bench parse`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Rounds of each parser, in turns.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Messages in a round.
    #[arg(long, default_value_t = 20_000)]
    messages: u32,
}

impl Args {
    /// For the summary of all.
    pub(crate) const fn short() -> Self {
        Self { rounds: 7, messages: 10_000 }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let message = invite();
    let bytes = message.as_bytes();
    if ours(bytes).is_none() || rsips(bytes).is_none() {
        return Err(io::Error::other("the sample message is not read by both parsers"));
    }
    println!("{} rounds of {} messages, in turns; an INVITE of {} bytes", args.rounds, args.messages, bytes.len());
    println!("parser       CPU us/message   messages/s on one core");
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for round in 0..args.rounds.max(1) {
        // Now one first, now the other, so that no rhythm of the machine favours either.
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                own.push(cost(args.messages, || ours(black_box(bytes))));
            } else {
                other.push(cost(args.messages, || rsips(black_box(bytes))));
            }
        }
    }
    let (own, other) = (median(&mut own), median(&mut other));
    for (name, cost) in [("frontdesk", own), ("rsip", other)] {
        println!("{name:12} {cost:14.2}   {:22.0}", 1e6 / cost);
    }
    println!("frontdesk : rsip = {:.2}", own / other);
    Ok(vec![
        Figure::new("parse, check and read an INVITE", own, "us"),
        Figure::new("  as a ratio to rsip, which checks less", own / other, ""),
    ])
}

/// CPU time of one message, in microseconds.
fn cost(messages: u32, mut once: impl FnMut() -> Option<usize>) -> f64 {
    let before = cpu::this_thread();
    for _ in 0..messages {
        black_box(once());
    }
    (cpu::this_thread() - before).as_secs_f64() * 1e6 / f64::from(messages.max(1))
}

/// The sum of what was read, so that nothing is left out as unused.
fn ours(bytes: &[u8]) -> Option<usize> {
    let Verdict::Request(request) = wire::parse(bytes) else { return None };
    let contact = Address::parse(request.message.list(Name::Contact).next()?).ok()?;
    let (from, to) = (request.address(Name::From)?, request.address(Name::To)?);
    let read = request.uri()?.host.len() + request.via()?.branch()?.len() + contact.uri.host.len();
    Some(read + from.tag()?.len() + to.uri.host.len() + request.cseq as usize + request.body.len())
}

fn rsips(bytes: &[u8]) -> Option<usize> {
    let request = rsip::Request::try_from(bytes).ok()?;
    let via = request.via_header().ok()?.typed().ok()?;
    let from = request.from_header().ok()?.typed().ok()?;
    let to = request.to_header().ok()?.typed().ok()?;
    let contact = request.contact_header().ok()?.typed().ok()?;
    let cseq = request.cseq_header().ok()?.typed().ok()?;
    let host = |uri: &rsip::Uri| uri.host().to_string().len();
    let read = host(&request.uri) + via.branch()?.value().len() + host(&contact.uri);
    Some(read + from.tag()?.value().len() + host(&to.uri) + cseq.seq as usize + request.body.len())
}

/// A desk phone's INVITE with its credentials.
fn invite() -> String {
    let crlf = |text: &str| text.lines().flat_map(|line| [line, "\r\n"]).collect::<String>();
    let body = crlf(include_str!("parse/offer.sdp"));
    format!("{}Content-Length: {}\r\n\r\n{body}", crlf(include_str!("parse/invite.sip")), body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parsers_read_the_same() {
        let message = invite();
        assert!((1400..1600).contains(&message.len()), "{} bytes", message.len());
        assert_eq!(ours(message.as_bytes()), rsips(message.as_bytes()));
        assert!(ours(message.as_bytes()).is_some());
    }
}
