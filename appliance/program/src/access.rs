//! `frontdesk access`: who sits at the box lets people, phones and programs in. The running program does it.

use crate::boot::Failure;
use crate::cli::{AccessOptions, AccessVerb};
use crate::control::{self, Answer, Asked, Way};

/// Prints what the running program gives.
#[allow(clippy::print_stdout, reason = "this is what the verb prints")]
pub(crate) fn run(options: AccessOptions) -> Result<(), Failure> {
    let (what, of) = match options.verb {
        AccessVerb::Link(of) => (Way::Link, of),
        AccessVerb::Phone(of) => (Way::Phone, of),
        AccessVerb::Mail(of) => (Way::Mail, of),
        AccessVerb::Token { of, days } => (Way::Token { days }, of),
        AccessVerb::Forget(of) => (Way::Forget, of),
    };
    match control::ask(&of.state, &Asked::Access { what, user: of.user }).map_err(Failure)? {
        Answer::Given(lines) => {
            print!("{lines}");
            Ok(())
        }
        Answer::Refused(sentence) | Answer::Overtaken(sentence) | Answer::ShutsOut(sentence) => Err(Failure(sentence)),
        Answer::Wrong(lines) => Err(Failure(lines.join("\n"))),
    }
}
