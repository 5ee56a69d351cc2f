//! What a modem of Class 2 says of the talk between the two machines, and what it is told: the same facts under other names in the draft
//! that most makers built (SP-2388: Class 2, decimal numbers) and in the standard (T.32: Class 2.0 and 2.1, hexadecimal ones).

use model::settings::FaxClass;
use spandsp::status;

use crate::worker::proto::Coding;

/// Something that the modem reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// A fax machine is at the other end (`+FCON`, `+FCO`).
    Connected,
    /// What the other machine calls itself (`+FCSI`, `+FCI`; if it called, `+FTSI`, `+FTI`).
    Ident(String),
    /// What it can do (`+FDIS`, `+FIS`).
    Can(Session),
    /// What the two have agreed on (`+FDCS`, `+FCS`).
    Agreed(Session),
    /// The answer to a page, (`+FPTS`, `+FPS`): 1 MCF, 2 RTN, 3 RTP, 4 PIN, 5 PIP.
    Answer(u8),
    /// What follows a page that came (`+FET`): 0 MPS, 1 EOM, 2 EOP.
    Follows(u8),
    /// The subaddress that the other machine asks for (`+FSA`).
    Subaddress(String),
    /// The other machine wants to fetch a document (`+FDTC`, `+FTC`).
    Polled,
    /// It holds one ready for us (`+FPOLL`, `+FPO`).
    Holds,
    /// A frame that it sent, if the modem was asked to report such (`+FHR`).
    Frame(Vec<u8>),
    /// The call is over, and why (`+FHNG`, `+FHS`), in the decimal numbers of SP-2388.
    HungUp(u16),
}

/// Of `VR,BR,WD,LN,DF,EC,BF,ST` what matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session {
    /// VR: rows of 196 to the inch.
    pub(super) fine: bool,
    /// BR.
    pub(super) bit_rate: u32,
    /// WD: dots in a row at 204 to the inch; 0 for a width that we were not asked about.
    pub(super) width: u16,
    /// VR, WD and LN together: two pages of which this differs have another form.
    pub(super) form: u16,
    /// DF; `None` for one that we were not asked about.
    pub(super) coding: Option<Coding>,
    /// EC.
    pub(super) ecm: bool,
}

impl Session {
    /// In words, as the flight recorder has a frame.
    pub(super) fn words(self) -> String {
        let coding = match self.coding {
            Some(Coding::Mh) => "MH",
            Some(Coding::Mr) => "MR",
            Some(Coding::Mmr) => "MMR",
            None => "an unknown coding",
        };
        let rows = if self.fine { "196" } else { "98" };
        let ecm = if self.ecm { "error correction" } else { "no error correction" };
        format!("{} bit/s, {coding}, {rows} rows per inch, {ecm}", self.bit_rate)
    }
}

/// Reads a line of the modem that is no result. What is not understood says nothing.
pub(super) fn read(class: FaxClass, line: &str) -> Option<Fact> {
    let (name, value) = line.split_once(':').map_or((line, ""), |(name, value)| (name, value.trim()));
    let radix = if class == FaxClass::Two { 10 } else { 16 };
    match name.trim().to_ascii_uppercase().as_str() {
        "+FCON" | "+FCO" => Some(Fact::Connected),
        "+FCSI" | "+FCI" | "+FTSI" | "+FTI" => Some(Fact::Ident(unquoted(value))),
        "+FSA" => Some(Fact::Subaddress(unquoted(value))),
        "+FET" => value.split(',').next()?.trim().parse().ok().map(Fact::Follows),
        "+FDTC" | "+FTC" => Some(Fact::Polled),
        "+FPOLL" | "+FPO" => Some(Fact::Holds),
        "+FHR" => octets(value).map(Fact::Frame),
        "+FDIS" | "+FIS" => session(value, radix).map(Fact::Can),
        "+FDCS" | "+FCS" => session(value, radix).map(Fact::Agreed),
        "+FPTS" | "+FPS" => value.split(',').next()?.trim().parse().ok().map(Fact::Answer),
        "+FHNG" | "+FHS" => hung_up(value, radix).map(Fact::HungUp),
        _ => None,
    }
}

/// A line that T.32 or SP-2388 knows, and that says nothing of the answer to a page: frames as they go out, facilities without a standard,
/// a voice that is asked for, and the numbers and names of the other machine.
pub(super) fn says_nothing(line: &str) -> bool {
    const KNOWN: [&str; 15] = [
        "+FHT", "+FNF", "+FNS", "+FNC", "+FNSF", "+FNSS", "+FNSC", "+FVO", "+FVOICE", "+FPI", "+FCIG", "+FPA", "+FPW",
        "+FSP", "+FCFR",
    ];
    let name = line.split_once(':').map_or(line, |(name, _)| name).trim();
    KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn unquoted(value: &str) -> String {
    value.trim_matches(|c: char| c == '"' || c.is_whitespace()).to_owned()
}

/// A frame as it is reported: octets in hexadecimal digits, the first bit of the line the lowest.
fn octets(value: &str) -> Option<Vec<u8>> {
    value.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).ok()).collect()
}

fn session(value: &str, radix: u32) -> Option<Session> {
    let fields: Option<Vec<u32>> =
        value.split(',').map(|field| u32::from_str_radix(field.trim(), radix).ok()).collect();
    let [vr, br, wd, ln, df, ec, ..] = fields?[..] else { return None };
    let coding = match df {
        0 => Some(Coding::Mh),
        1 => Some(Coding::Mr),
        3 => Some(Coding::Mmr),
        _ => None,
    };
    let width = match wd {
        0 => 1728,
        1 => 2048,
        2 => 2432,
        _ => 0,
    };
    let form = ((vr & 0xff) << 6 | (wd & 7) << 3 | ln & 7) as u16;
    // What is beyond V.17 is V.34, in the same steps.
    Some(Session { fine: vr & 1 == 1, bit_rate: (br.min(13) + 1) * 2400, width, form, coding, ecm: ec != 0 })
}

/// T.32 writes the tens in hexadecimal digits, and has the same numbers otherwise: `A0` is 100.
pub(super) fn hung_up(value: &str, radix: u32) -> Option<u16> {
    let value = value.split(',').next()?.trim();
    if radix == 10 {
        return value.parse().ok();
    }
    let code = u16::from_str_radix(value, 16).ok()?;
    Some((code >> 4) * 10 + (code & 0xf))
}

/// The engine's status for what ended a call (the same numbers in SP-2388 and T.32): the retries hang on that.
pub(super) const fn status_of(code: u16, receives: bool) -> i32 {
    match code {
        0 => status::OK,
        // No fax machine made itself known: a ring without a handshake, no T1, no DIS.
        1 | 5 | 10 | 11 if receives => status::RX_NO_FAX,
        1 | 5 | 10 | 11 | 23 => status::TX_NO_DIS,
        21 => status::INCOMPATIBLE,
        24 => status::TX_GOT_DCN,
        // DCS answered by nothing or by another DIS; no speed at which training succeeds.
        25..=27 => status::CANNOT_TRAIN,
        // The modem does not like our data, or had none in time.
        41..=47 => status::FILE_ERROR,
        50..=58 => status::TX_PHASE_D_DEAD,
        _ => status::CALL_DROPPED,
    }
}

/// The same for a person (SP-2388 Table 8, T.32 Table 17: the number says in which part of the call it broke).
pub(super) const fn words_of(code: u16) -> &'static str {
    match code {
        0..=9 => "The modem reports that the call came to nothing.",
        10..=19 => "The modem reports that it heard no fax machine.",
        20..=29 => "The modem reports that the two machines could not agree, or not train, before the first page.",
        40..=49 => "The modem reports that it could not send the page's data, or had none in time.",
        50..=59 => "The modem reports that no answer to the page came.",
        70..=79 => {
            "The modem reports that their machine did not say what it wants to send, or fell silent before the page."
        }
        90..=92 => "The modem reports that the page broke off.",
        93 => "The modem reports that the page came faster than this computer took it.",
        94 => "The modem reports that error correction came to no end.",
        100..=109 => "The modem reports that after the page their machine said nothing that it understood.",
        _ => "The modem reports that the call broke.",
    }
}

/// The number of a carrier (BR).
pub(super) const fn rate_number(bit_rate: u16) -> u16 {
    let number = bit_rate / 2400;
    if number == 0 { 0 } else { number - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_say_the_same() {
        let said = |class, line: &str| read(class, line);
        let agreed =
            Session { fine: true, bit_rate: 14_400, width: 1728, form: 66, coding: Some(Coding::Mr), ecm: false };
        let agreed = Fact::Agreed(agreed);
        assert_eq!(said(FaxClass::Two, "+FDCS: 1,5,0,2,1,0,0,0"), Some(agreed.clone()));
        assert_eq!(said(FaxClass::TwoZero, "+FCS:1,5,0,2,1,0,0,0,0"), Some(agreed));
        let (coding, ecm) = (Some(Coding::Mmr), true);
        let fast = Session { fine: false, bit_rate: 33_600, width: 1728, form: 2, coding, ecm };
        assert_eq!(said(FaxClass::TwoOne, "+FIS:0,D,0,2,3,2,0,0,0"), Some(Fact::Can(fast)));
        assert_eq!(
            said(FaxClass::Two, "+FCSI: \"  +1 202 555 0101 \""),
            Some(Fact::Ident("+1 202 555 0101".to_owned()))
        );
        assert_eq!(said(FaxClass::Two, "+FPTS:1,1100,0"), Some(Fact::Answer(1)));
        assert_eq!(said(FaxClass::TwoZero, "+FHR: FF 13 80 00"), Some(Fact::Frame(vec![0xff, 0x13, 0x80, 0])));
        assert_eq!(said(FaxClass::Two, "+FHNG: 100"), Some(Fact::HungUp(100)));
        assert_eq!(said(FaxClass::TwoZero, "+FHS:A0"), Some(Fact::HungUp(100)));
        assert_eq!(said(FaxClass::TwoZero, "+FHS:54"), Some(Fact::HungUp(54)));
    }

    #[test]
    fn what_is_garbled_says_nothing() {
        for line in [
            "+FDCS:",
            "+FHR:FF GG",
            "+FDCS:1,5",
            "+FDCS:1,x,0,2,1,0",
            "+FPTS:",
            "+FPTS:one",
            "+FHNG:",
            "FPTS:1",
            "+FNSF:1,2",
            "",
        ] {
            assert_eq!(read(FaxClass::Two, line), None, "{line}");
        }
    }
}
