//! T.30 frames in words, for the flight recorder, and the few facts that a session needs from them.

/// The facsimile control fields (T.30 §5.3.6), without the bit that says which end sends the frame.
pub mod fcf {
    /// Digital identification: what the called machine can do.
    pub const DIS: u8 = 0x80;
    /// Called (or calling) subscriber identification.
    pub const CSI: u8 = 0x40;
    /// Digital command: what will be done.
    pub const DCS: u8 = 0x82;
    /// Transmitting subscriber identification.
    pub const TSI: u8 = 0x42;
    /// Subaddress: whom in the house of the called machine it is for.
    pub const SUB: u8 = 0xc2;
    /// Sender identification: the digits by which the called machine lets faxes in.
    pub const SID: u8 = 0xa2;
    /// Selective polling: which document is wanted of the called machine.
    pub const SEP: u8 = 0xa0;
    /// Password of one who polls.
    pub const PWD: u8 = 0xc0;
    /// Polled subaddress.
    pub const PSA: u8 = 0x60;
    /// Confirmation to receive.
    pub const CFR: u8 = 0x84;
    /// Failure to train.
    pub const FTT: u8 = 0x44;
    /// End of message: another document, in another format, follows.
    pub const EOM: u8 = 0x8e;
    /// Multipage signal.
    pub const MPS: u8 = 0x4e;
    /// End of procedure: that was the last page.
    pub const EOP: u8 = 0x2e;
    /// The same three, and an operator is asked for.
    pub const PRI_EOM: u8 = 0x9e;
    /// See above.
    pub const PRI_MPS: u8 = 0x5e;
    /// See above.
    pub const PRI_EOP: u8 = 0x3e;
    /// Partial page signal.
    pub const PPS: u8 = 0xbe;
    /// End of retransmission.
    pub const EOR: u8 = 0xce;
    /// Receive ready?
    pub const RR: u8 = 0x6e;
    /// Message confirmation.
    pub const MCF: u8 = 0x8c;
    /// Retrain positive.
    pub const RTP: u8 = 0xcc;
    /// Retrain negative.
    pub const RTN: u8 = 0x4c;
    /// Partial page request.
    pub const PPR: u8 = 0xbc;
    /// Receive not ready.
    pub const RNR: u8 = 0xec;
    /// Continue to correct, and its answer.
    pub const CTC: u8 = 0x12;
    /// See above.
    pub const CTR: u8 = 0xc4;
    /// Response for end of retransmission.
    pub const ERR: u8 = 0x1c;
    /// Disconnect.
    pub const DCN: u8 = 0xfa;
    /// Command repeat.
    pub const CRP: u8 = 0x1a;
    /// Non-standard facilities and setup.
    pub const NSF: u8 = 0x20;
    /// See above.
    pub const NSS: u8 = 0x22;
    /// Facsimile coded data and return to control for partial page: the page itself, under error correction.
    pub const FCD: u8 = 0x06;
    /// See above.
    pub const RCP: u8 = 0x86;
}

/// What pages a machine takes (T.30 Table 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes {
    /// R8 × 7.7.
    pub fine: bool,
    /// 300 dots per inch.
    pub dots_300: bool,
    /// 400 dots per inch, or R16 × 15.4.
    pub dots_400: bool,
    /// Packed by T.85.
    pub t85: bool,
}

/// A frame: address, control, facsimile control field, information.
#[derive(Clone, Copy, Debug)]
pub struct FrameView<'a>(pub &'a [u8]);

impl FrameView<'_> {
    /// The facsimile control field without the bit that says which end sends it.
    pub fn fcf(self) -> u8 {
        // The last bit of an octet as sent is the highest here, except for DIS and DTC, which differ in the lowest.
        self.0.get(2).copied().unwrap_or(0) & 0xfe
    }

    /// What follows a partial page, if this is a PPS.
    pub fn post_page(self) -> Option<u8> {
        (self.fcf() == fcf::PPS).then(|| self.0.get(3).copied().unwrap_or(0) & 0xfe)
    }

    /// The bit numbered as in T.30 Table 2, from 1.
    fn bit(self, number: usize) -> bool {
        let at = number - 1;
        self.0.get(3 + at / 8).is_some_and(|octet| octet & (1 << (at % 8)) != 0)
    }

    /// Speed and error correction of a DCS.
    pub fn carrier(self) -> Option<(u32, bool)> {
        if self.fcf() != fcf::DCS {
            return None;
        }
        let rate = match self.0.get(4).copied().unwrap_or(0) & 0x3c {
            0x20 => 14400,
            0x28 => 12000,
            0x24 | 0x04 => 9600,
            0x2c | 0x0c => 7200,
            0x08 => 4800,
            _ => 2400,
        };
        Some((rate, self.bit(27)))
    }

    /// The form of the pages that a DCS announces: the bits of T.30 Table 2 that say how fine, how wide and how long they are.
    pub fn form(self) -> Option<u16> {
        const BITS: [usize; 9] = [15, 17, 18, 19, 20, 41, 42, 43, 44];
        (self.fcf() == fcf::DCS).then(|| BITS.iter().fold(0, |form, bit| form << 1 | u16::from(self.bit(*bit))))
    }

    /// A DTC: the caller asks for a document. DIS and DTC differ in the bit that [`FrameView::fcf`] leaves out.
    pub fn is_command_to_send(self) -> bool {
        self.0.get(2) == Some(&(fcf::DIS | 1))
    }

    /// The 20 characters of a CSI, CIG or TSI, which travel last first (T.30 §5.3.6.2.4).
    pub fn ident(self) -> Option<String> {
        if !matches!(self.fcf(), fcf::CSI | fcf::TSI) {
            return None;
        }
        self.text()
    }

    /// The subaddress of a SUB, which travels in the same way.
    pub fn subaddress(self) -> Option<String> {
        if self.fcf() == fcf::SUB { self.text() } else { None }
    }

    /// The document that a SEP asks for, which travels in the same way.
    pub fn selection(self) -> Option<String> {
        if self.fcf() == fcf::SEP { self.text() } else { None }
    }

    /// What a PWD says. Never to be shown.
    pub fn polling_password(self) -> Option<String> {
        if self.fcf() == fcf::PWD { self.text() } else { None }
    }

    /// A DIS of a machine that holds a document ready to be fetched.
    pub fn has_document(self) -> bool {
        self.bit(9)
    }

    /// A DIS of a machine that takes a SEP.
    pub fn takes_selection(self) -> bool {
        self.bit(47)
    }

    /// What pages a DIS or a DTC says that its machine takes.
    pub fn takes(self) -> Takes {
        // Without error correction T.85 is not used.
        Takes { fine: self.bit(15), dots_300: self.bit(42), dots_400: self.bit(43), t85: self.bit(27) && self.bit(78) }
    }

    /// A DIS of a machine that takes a SUB.
    pub fn takes_subaddress(self) -> bool {
        self.bit(49)
    }

    /// A DIS of a machine that takes a SID, or a PWD.
    pub fn takes_password(self) -> bool {
        self.bit(50)
    }

    fn text(self) -> Option<String> {
        let text: String = self
            .0
            .get(3..)
            .unwrap_or(&[])
            .iter()
            .take(20)
            .rev()
            .map(|octet| if octet.is_ascii_graphic() { char::from(*octet) } else { ' ' })
            .collect();
        let text = text.trim();
        if text.is_empty() { None } else { Some(text.to_owned()) }
    }

    /// The frame in words: its name, then what it says.
    pub fn words(self) -> String {
        if let Some(ident) = self.ident() {
            let name = if self.0.get(2) == Some(&(fcf::CSI | 1)) { "CIG".to_owned() } else { name(self.fcf()) };
            return format!("{name} “{ident}”");
        }
        if self.is_command_to_send() {
            return "DTC: asks for the document that is ready".to_owned();
        }
        if let Some(subaddress) = self.selection() {
            return format!("SEP: asks for the document “{subaddress}”");
        }
        if let Some(subaddress) = self.subaddress() {
            return format!("SUB: for “{subaddress}” in the house");
        }
        if let Some((rate, ecm)) = self.carrier() {
            let rows = match (self.bit(43), self.bit(42), self.bit(41), self.bit(15)) {
                (true, ..) => "400",
                (_, true, ..) => "300",
                (_, _, true, _) => "391",
                (.., true) => "196",
                (.., false) => "98",
            };
            let coding = if self.bit(78) || self.bit(79) {
                "JBIG"
            } else if self.bit(31) {
                "MMR"
            } else if self.bit(16) {
                "MR"
            } else {
                "MH"
            };
            let correction = if ecm { "error correction" } else { "no error correction" };
            return format!("DCS: {rate} bit/s, {rows} lines per inch, {coding}, {correction}");
        }
        match self.post_page() {
            Some(0) => "PPS-NULL: more of this page follows".to_owned(),
            Some(next) => format!("PPS-{}", name(next)),
            None => name(self.fcf()),
        }
    }
}

fn name(code: u8) -> String {
    let name = match code {
        fcf::DIS => "DIS: what the machine can do",
        fcf::CSI => "CSI",
        fcf::TSI => "TSI",
        fcf::DCS => "DCS",
        fcf::SUB => "SUB: no subaddress",
        // What it says is a secret of theirs.
        fcf::SID => "SID: a password",
        fcf::PWD => "PWD: a password",
        fcf::SEP => "SEP: the document that is wanted",
        fcf::PSA => "PSA: the address that is polled",
        fcf::CFR => "CFR: ready to receive",
        fcf::FTT => "FTT: training failed",
        fcf::EOM => "EOM: another document follows",
        fcf::MPS => "MPS: another page follows",
        fcf::EOP => "EOP: that was the last page",
        fcf::PRI_EOM => "PRI-EOM",
        fcf::PRI_MPS => "PRI-MPS",
        fcf::PRI_EOP => "PRI-EOP",
        fcf::PPS => "PPS",
        fcf::EOR => "EOR: end of retransmission",
        fcf::RR => "RR: ready?",
        fcf::MCF => "MCF: confirmed",
        fcf::RTP => "RTP: confirmed, train again",
        fcf::RTN => "RTN: the page arrived damaged",
        fcf::PPR => "PPR: send the damaged frames again",
        fcf::RNR => "RNR: not ready",
        fcf::CTC => "CTC: go on correcting",
        fcf::CTR => "CTR: going on",
        fcf::ERR => "ERR",
        fcf::DCN => "DCN: goodbye",
        fcf::CRP => "CRP: say that again",
        fcf::NSF => "NSF",
        fcf::NSS => "NSS",
        other => return format!("frame {other:#04x}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn frames_say_what_they_mean() {
        let ident = |code: u8| {
            let mut frame = vec![0xff, 0x03, code];
            frame.extend("   +1 202 555 0123  ".bytes().rev());
            frame
        };
        let frames: &[Vec<u8>] = &[
            ident(0x40),
            ident(0x43),
            ident(0xc3),
            ident(0xa3),
            ident(0x41),
            ident(0xa1),
            ident(0xc1),
            vec![0xff, 0x13, 0x81, 0, 0, 0],
            vec![0xff, 0x13, 0x80, 0, 0, 0],
            // V.17 14400, fine, MMR, error correction; the same in T.85; then V.29 9600, standard, MH, none.
            vec![0xff, 0x13, 0x83, 0x00, 0x60, 0x00, 0x44],
            vec![0xff, 0x13, 0x83, 0x00, 0xe0, 0x81, 0x84, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20],
            vec![0xff, 0x13, 0x83, 0x00, 0x04, 0x00],
            vec![0xff, 0x13, 0xbf, 0x2e, 0, 0, 0],
            vec![0xff, 0x13, 0xbf, 0x00, 0, 0, 0],
            vec![0xff, 0x13, 0x8c],
            vec![0xff, 0x13, 0x4d],
            vec![0xff, 0x13, 0x77],
            vec![0xff],
            vec![],
        ];
        let said: String = frames.iter().map(|frame| FrameView(frame).words() + "\n").collect();
        expect![[r#"
            CSI “+1 202 555 0123”
            TSI “+1 202 555 0123”
            SUB: for “+1 202 555 0123” in the house
            SID: a password
            CIG “+1 202 555 0123”
            SEP: asks for the document “+1 202 555 0123”
            PWD: a password
            DTC: asks for the document that is ready
            DIS: what the machine can do
            DCS: 14400 bit/s, 196 lines per inch, MMR, error correction
            DCS: 14400 bit/s, 196 lines per inch, JBIG, error correction
            DCS: 9600 bit/s, 98 lines per inch, MH, no error correction
            PPS-EOP: that was the last page
            PPS-NULL: more of this page follows
            MCF: confirmed
            RTN: the page arrived damaged
            frame 0x76
            frame 0x00
            frame 0x00
        "#]]
        .assert_eq(&said);
        assert_eq!(FrameView(&frames[9]).carrier(), Some((14_400, true)));
        assert_eq!(FrameView(&frames[11]).carrier(), Some((9600, false)));
        assert_eq!(FrameView(&frames[12]).post_page(), Some(fcf::EOP));
    }
}
