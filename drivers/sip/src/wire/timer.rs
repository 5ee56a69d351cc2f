//! Session timers (RFC 4028): `Session-Expires` and `Min-SE`.

use super::lex;

/// The shortest session that RFC 4028 allows (section 4), in seconds.
pub const MIN_SE: u32 = 90;

/// Who sends the refreshes: a side of the transaction that carries the header, not of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The sender of the request.
    Uac,
    /// Its receiver.
    Uas,
}

/// `Session-Expires: 1800;refresher=uac`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// How long the session lives without a refresh, in seconds.
    pub seconds: u32,
    /// Who refreshes, if it says so.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// Reads it. A refresher that is neither side is as if it were not there.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (seconds, params) = lex::value_and_params(value);
        let refresher = match lex::param(params, "refresher").flatten() {
            Some(side) if side.eq_ignore_ascii_case(b"uac") => Some(Refresher::Uac),
            Some(side) if side.eq_ignore_ascii_case(b"uas") => Some(Refresher::Uas),
            _ => None,
        };
        Some(Self { seconds: lex::number(seconds)?, refresher })
    }
}

/// The seconds of `Min-SE`, never below [`MIN_SE`]. It may carry parameters, which mean nothing.
pub fn min_se(value: &[u8]) -> Option<u32> {
    let (seconds, _) = lex::value_and_params(value);
    lex::number::<u32>(seconds).map(|n| n.max(MIN_SE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers() {
        let read = |text: &str| SessionExpires::parse(text.as_bytes()).map(|s| (s.seconds, s.refresher));
        assert_eq!(read("1800"), Some((1800, None)));
        assert_eq!(read("90 ; Refresher = UAS ;x"), Some((90, Some(Refresher::Uas))));
        assert_eq!(read("4000;refresher=uac"), Some((4000, Some(Refresher::Uac))));
        assert_eq!(read("4000;refresher=nobody"), Some((4000, None)));
        for bad in ["", ";refresher=uac", "-1", "4294967296", "1 2"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!((min_se(b"120;x"), min_se(b"1"), min_se(b"x")), (Some(120), Some(MIN_SE), None));
    }
}
