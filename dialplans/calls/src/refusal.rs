//! What a status code of the called side means: for the caller's phone, for the record, for the fax queue, and whose fault it is.

use model::call::{CallEnd, Fault};
use model::fax::Cause;

/// Seconds until an overloaded Frontdesk may have room again: the calls that ring now will have been answered or given up.
const RETRY_SOON: u32 = 5;
/// Seconds until a channel of a trunk may be free: people talk longer than phones ring.
const RETRY_LATER: u32 = 20;

/// How a call ends, as one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Why.
    pub(crate) end: CallEnd,
    /// Whose fault.
    pub(crate) fault: Fault,
    /// What the caller's phone is told, if it is still waiting.
    pub(crate) code: u16,
    /// Seconds after which it is worth another try.
    pub(crate) retry_after: Option<u32>,
    /// What it means for a fax that was not attached yet.
    pub(crate) fax: Cause,
}

impl Ending {
    pub(crate) const fn new(end: CallEnd, fault: Fault) -> Self {
        let (code, fax) = match end {
            // 502 and not 503: a phone that hears 503 gives up on us, not on the trunk (RFC 3261 section 21.5.4).
            CallEnd::TrunkFailed => (502, Cause::TrunkDown),
            CallEnd::Busy => (486, Cause::Busy),
            CallEnd::NoAnswer => (480, Cause::NoAnswer),
            CallEnd::Unreachable => (404, Cause::NoSuchNumber),
            CallEnd::Refused => (403, Cause::Refused),
            CallEnd::HungUp | CallEnd::Abandoned => (487, Cause::NotAFax),
            CallEnd::Lost => (480, Cause::Dropped),
            CallEnd::OurFault => (500, Cause::OurFault),
        };
        Self { end, fault, code, retry_after: None, fax }
    }

    pub(crate) const fn code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    pub(crate) const fn fax(self, fax: Cause) -> Self {
        Self { fax, ..self }
    }

    /// Above capacity: refused in order (DESIGN invariant 8).
    pub(crate) const fn overload() -> Self {
        let mut ending = Self::new(CallEnd::OurFault, Fault::Us).code(503).fax(Cause::TrunkDown);
        ending.retry_after = Some(RETRY_SOON);
        ending
    }

    /// Every channel of the trunk is in use: no fault of the carrier.
    pub(crate) const fn no_channel() -> Self {
        let mut ending = Self::new(CallEnd::TrunkFailed, Fault::Us).code(503);
        ending.retry_after = Some(RETRY_LATER);
        ending
    }

    pub(crate) const fn our_fault() -> Self {
        Self::new(CallEnd::OurFault, Fault::Us)
    }
}

/// One leg's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    /// It had rung, or said something else, before.
    pub(crate) heard: bool,
}

/// Why the phones of an extension did not take the call; the more telling refusal wins.
pub(crate) fn by_phones(refusals: &[Refusal]) -> Ending {
    let any = |wanted: &[u16]| refusals.iter().any(|r| wanted.contains(&r.code));
    if any(&[486, 600]) {
        Ending::new(CallEnd::Busy, Fault::Callee)
    } else if any(&[403, 603, 607]) {
        Ending::new(CallEnd::Refused, Fault::Callee).code(603)
    } else if refusals.iter().any(|r| is_of_media(r.code)) {
        Ending::new(CallEnd::Refused, Fault::Callee).code(488)
    } else if refusals.iter().any(|r| r.heard) {
        Ending::new(CallEnd::NoAnswer, Fault::Callee)
    } else {
        // 480 and not 404: the extension exists, its phone does not answer.
        Ending::new(CallEnd::Unreachable, Fault::Callee).code(480)
    }
}

/// What a trunk's refusal means. `heard`: it had said something before, so it works, and a 408 is the called side's.
pub(crate) const fn by_trunk(refusal: Refusal) -> Ending {
    let Refusal { code, heard } = refusal;
    match code {
        486 | 600 => Ending::new(CallEnd::Busy, Fault::Callee),
        480 => Ending::new(CallEnd::NoAnswer, Fault::Callee),
        408 if heard => Ending::new(CallEnd::NoAnswer, Fault::Callee),
        404 | 410 | 484 | 604 => Ending::new(CallEnd::Unreachable, Fault::Callee),
        403 if !heard => Ending::new(CallEnd::Refused, Fault::Trunk).code(603).fax(Cause::LineRefused),
        403 | 603 | 607 => Ending::new(CallEnd::Refused, Fault::Callee).code(603),
        code if is_of_media(code) => Ending::new(CallEnd::TrunkFailed, Fault::Trunk).code(488),
        _ => Ending::new(CallEnd::TrunkFailed, Fault::Trunk),
    }
}

/// True if this refuses the media that were offered, and perhaps no others.
pub(crate) const fn is_of_media(code: u16) -> bool {
    matches!(code, 415 | 488 | 606)
}

/// True if this answer says that the trunk itself works. A carrier says 402 and 403 of its own accord, before anybody was asked, where the account has no
/// credit, is barred, or may not call there: another carrier may. 603 and 607 are the called side's.
pub(crate) const fn trunk_works(refusal: Refusal) -> bool {
    let Refusal { code, heard } = refusal;
    heard || (!matches!(code, 401..=403 | 407 | 408) && code < 500) || code >= 600
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_codes_mean_to_a_fax() {
        let table = [
            (486, Cause::Busy),
            (600, Cause::Busy),
            (480, Cause::NoAnswer),
            (404, Cause::NoSuchNumber),
            (410, Cause::NoSuchNumber),
            (484, Cause::NoSuchNumber),
            (604, Cause::NoSuchNumber),
            (403, Cause::LineRefused),
            (603, Cause::Refused),
            (500, Cause::TrunkDown),
            (503, Cause::TrunkDown),
            (302, Cause::TrunkDown),
        ];
        for (code, cause) in table {
            assert_eq!(by_trunk(Refusal { code, heard: false }).fax, cause, "{code}");
        }
        // After 180 it is the called side that is silent; before it, the trunk.
        assert_eq!(by_trunk(Refusal { code: 408, heard: true }).fax, Cause::NoAnswer);
        assert_eq!(by_trunk(Refusal { code: 408, heard: false }).fax, Cause::TrunkDown);
        assert_eq!(by_trunk(Refusal { code: 403, heard: true }).fax, Cause::Refused);
    }

    #[test]
    fn a_carrier_that_refuses_before_anybody_was_asked_does_not_work() {
        let of = |code| [false, true].map(|heard| trunk_works(Refusal { code, heard }));
        for code in [401, 402, 403, 407, 408, 500, 503] {
            assert_eq!(of(code), [false, true], "{code}");
        }
        for code in [302, 404, 480, 486, 600, 603, 607] {
            assert_eq!(of(code), [true, true], "{code}");
        }
        let fault = |heard| by_trunk(Refusal { code: 403, heard }).fault;
        assert_eq!((fault(false), fault(true)), (Fault::Trunk, Fault::Callee));
    }

    #[test]
    fn the_more_telling_refusal_wins() {
        let of = |codes: &[(u16, bool)]| {
            let list: Vec<_> = codes.iter().map(|&(code, heard)| Refusal { code, heard }).collect();
            (by_phones(&list).end, by_phones(&list).code)
        };
        assert_eq!(of(&[(408, false), (486, true)]), (CallEnd::Busy, 486));
        assert_eq!(of(&[(603, true), (480, true)]), (CallEnd::Refused, 603));
        assert_eq!(of(&[(480, true), (408, false)]), (CallEnd::NoAnswer, 480));
        assert_eq!(of(&[]), (CallEnd::Unreachable, 480));
    }
}
