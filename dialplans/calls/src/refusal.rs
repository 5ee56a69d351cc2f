//! What a status code of the called side means: for the caller's phone, for the record, for the fax queue, and whose fault it is.

use model::call::{CallEnd, Fault};
use model::fax::Cause;

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
        ending.retry_after = Some(5);
        ending
    }

    pub(crate) const fn our_fault() -> Self {
        Self::new(CallEnd::OurFault, Fault::Us)
    }
}

/// Why one phone of an extension did not take the call; the more telling one wins when several refused.
pub(crate) fn by_phones(codes: &[u16]) -> Ending {
    let any = |wanted: &[u16]| codes.iter().any(|c| wanted.contains(c));
    if any(&[486, 600]) {
        Ending::new(CallEnd::Busy, Fault::Callee)
    } else if any(&[403, 603, 607]) {
        Ending::new(CallEnd::Refused, Fault::Callee).code(603)
    } else if any(&[488, 606, 415]) {
        Ending::new(CallEnd::Refused, Fault::Callee).code(488)
    } else {
        // 480 and not 404: the extension exists, its phone does not answer.
        Ending::new(CallEnd::Unreachable, Fault::Callee).code(480)
    }
}

/// What a trunk's refusal means. `heard`: it had said something before, so it works, and a 408 is the called side's.
pub(crate) const fn by_trunk(code: u16, heard: bool) -> Ending {
    match code {
        486 | 600 => Ending::new(CallEnd::Busy, Fault::Callee),
        480 => Ending::new(CallEnd::NoAnswer, Fault::Callee),
        408 if heard => Ending::new(CallEnd::NoAnswer, Fault::Callee),
        404 | 410 | 484 | 604 => Ending::new(CallEnd::Unreachable, Fault::Callee),
        403 | 603 | 607 => Ending::new(CallEnd::Refused, Fault::Callee).code(603),
        488 | 606 | 415 => Ending::new(CallEnd::TrunkFailed, Fault::Trunk).code(488),
        _ => Ending::new(CallEnd::TrunkFailed, Fault::Trunk),
    }
}

/// True if this answer says that the trunk itself works.
pub(crate) const fn trunk_works(code: u16, heard: bool) -> bool {
    heard || (!matches!(code, 408 | 401 | 407) && code < 500) || code >= 600
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
            (403, Cause::Refused),
            (603, Cause::Refused),
            (500, Cause::TrunkDown),
            (503, Cause::TrunkDown),
            (302, Cause::TrunkDown),
        ];
        for (code, cause) in table {
            assert_eq!(by_trunk(code, false).fax, cause, "{code}");
        }
        assert_eq!(by_trunk(408, true).fax, Cause::NoAnswer);
        assert_eq!(by_trunk(408, false).fax, Cause::TrunkDown);
    }

    #[test]
    fn the_more_telling_refusal_wins() {
        assert_eq!(by_phones(&[408, 486]).code, 486);
        assert_eq!(by_phones(&[603, 480]).code, 603);
        assert_eq!(by_phones(&[]).code, 480);
    }
}
