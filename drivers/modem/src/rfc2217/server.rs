//! The server's side: a port of ours that a program on another machine uses as if it were its own (under Windows by a COM port redirector).
//!
//! There is no cable behind it, so whatever speed and framing a client asks for is granted, and its bytes go through whole. What matters is the
//! rest: whether the client is there (DTR), whether it takes data (RTS where wires rule the flow, or its word), and how the modem's own wires are
//! (carrier, ring, and whether it takes data), which it is told by the masks that it sets.
//!
//! A client that speaks Telnet and knows no COM-PORT has a port without wires. What is told of those is their newest state, so that a client
//! that does not read makes us hold no more than a page of data; what is beyond is lost, as on a cable.

use super::telnet::{Agreed, Came, IAC, NOP, Telnet, WILL, WONT, shield};
use super::{
    BAUD, COM_PORT, DTR_OFF, DTR_ON, FLOW_BY_WIRES, FROM_SERVER, NOTIFY_LINESTATE, NOTIFY_MODEMSTATE, PURGE_DATA,
    RESUME, SET_BAUDRATE, SET_CONTROL, SET_DATASIZE, SET_LINESTATE_MASK, SET_MODEMSTATE_MASK, SET_PARITY, SET_STOPSIZE,
    SIGNATURE, SUSPEND, say,
};

/// What we call ourselves.
const NAME: &[u8] = b"Frontdesk fax port";

/// Data for a client that does not read: a page of a fast machine. One that lets so much wait does not receive a fax.
const MOST_HELD: usize = 64 * 1024;
/// Of that, so much is on its way at once: the rest can still be thrown away when the client asks for that.
const AT_ONCE: usize = 4096;

/// Values of `SET_CONTROL`. What stands for both directions in the first of them stands for that to the client in those from 14 on.
const ASKS_FLOW: u8 = 0;
const NO_FLOW: u8 = 1;
const ASKS_BREAK: u8 = 4;
const BREAK_ON: u8 = 5;
const BREAK_OFF: u8 = 6;
const ASKS_DTR: u8 = 7;
const ASKS_RTS: u8 = 10;
const RTS_ON: u8 = 11;
const RTS_OFF: u8 = 12;
const ASKS_INBOUND: u8 = 13;
const INBOUND_BY_WIRES: u8 = INBOUND_BY_DCD - 1;
const INBOUND_BY_DCD: u8 = 17;
const INBOUND_BY_DTR: u8 = 18;
const BY_DSR: u8 = 19;
/// Of `PURGE_DATA`.
const TO_CLIENT: u8 = 1;
const FROM_CLIENT: u8 = 2;

/// Of the modem's state: its wires, and what has become of them since the client was told.
const CARRIER: u8 = 0x80;
const RING: u8 = 0x40;
const THERE: u8 = 0x20;
const CLEAR_TO_SEND: u8 = 0x10;
const CARRIER_CHANGED: u8 = 0x08;
const RING_ENDED: u8 = 0x04;
const CLEAR_CHANGED: u8 = 0x01;
/// Of the line's state: all that was written has been taken.
const EMPTY: u8 = 0x60;

/// How the modem's wires are. It is there (DSR) as long as the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// It has a call (DCD).
    pub carrier: bool,
    /// It rings (RI).
    pub ring: bool,
    /// It takes data (CTS), and has taken all that there was.
    pub clear: bool,
}

impl Lines {
    /// A modem whose line is free.
    pub const FREE: Self = Self { carrier: false, ring: false, clear: true };

    const fn state(self) -> u8 {
        (if self.carrier { CARRIER } else { 0 })
            | (if self.ring { RING } else { 0 })
            | THERE
            | (if self.clear { CLEAR_TO_SEND } else { 0 })
    }

    const fn line_state(self) -> u8 {
        if self.clear { EMPTY } else { 0 }
    }
}

/// What comes from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// This is for the modem.
    Data(Vec<u8>),
    /// What the modem has not taken yet is for nobody.
    Purged,
    /// The client is there (DTR), or not any more: then a modem hangs up.
    Dtr(bool),
}

/// The server's end of one connection.
#[derive(Debug)]
pub struct Server {
    telnet: Telnet,
    /// It is the client's port: what it says of it is heeded, and it is told of its wires.
    agreed: bool,
    baud: u32,
    size: u8,
    parity: u8,
    stop: u8,
    flow: u8,
    inbound: u8,
    breaks: bool,
    dtr: bool,
    rts: bool,
    line_mask: u8,
    modem_mask: u8,
    lines: Lines,
    /// What the client knows of them.
    told: Lines,
    /// The client has asked to be given nothing now.
    suspended: bool,
    /// Data for the client.
    held: Vec<u8>,
    out: Vec<u8>,
}

impl Default for Server {
    fn default() -> Self {
        Self::new(Lines::FREE)
    }
}

impl Server {
    /// A connection that has just come, to a port whose wires are so: what it begins with is to be sent ([`Server::to_send`]).
    pub fn new(lines: Lines) -> Self {
        let mut out = Vec::new();
        // The port's settings are the client's to say alone.
        let telnet = Telnet::new([(false, true), (true, true), (true, true)], &mut out);
        Self {
            telnet,
            agreed: false,
            baud: BAUD,
            size: 8,
            parity: 1,
            stop: 1,
            flow: FLOW_BY_WIRES,
            inbound: INBOUND_BY_WIRES,
            breaks: false,
            dtr: true,
            rts: true,
            line_mask: 0,
            modem_mask: u8::MAX,
            lines,
            told: lines,
            suspended: false,
            held: Vec::new(),
            out,
        }
    }

    /// Bytes came from the connection: what the client says by them, in this order.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        for &byte in bytes {
            match self.telnet.take(byte, &mut self.out) {
                Some(Came::Data(byte)) => match heard.last_mut() {
                    Some(Heard::Data(data)) => data.push(byte),
                    _ => heard.push(Heard::Data(vec![byte])),
                },
                Some(Came::Agreed(WILL, COM_PORT)) => self.agree(),
                Some(Came::Agreed(WONT, COM_PORT)) => self.agreed = false,
                Some(Came::Setting) => heard.extend(self.set()),
                Some(Came::Agreed(..)) | None => {}
            }
        }
        heard
    }

    /// The port is the client's from here on.
    fn agree(&mut self) {
        self.agreed = true;
        if !self.lines.clear {
            self.tell(FROM_SERVER + SUSPEND, &[]);
        }
        self.tell(FROM_SERVER + NOTIFY_MODEMSTATE, &[self.lines.state() & self.modem_mask]);
        self.told = self.lines;
    }

    /// A setting came. Each is answered by what it is set to now.
    fn set(&mut self) -> Option<Heard> {
        let setting = self.telnet.setting().to_vec();
        let [COM_PORT, what, value @ ..] = setting.as_slice() else { return None };
        match self.telnet.port().1 {
            Agreed::Refused => return None,
            // Whom our wish reached before it had said its own, as pyserial, takes that for agreed and says none.
            _ if !self.agreed => self.agree(),
            _ => {}
        }
        let what = *what;
        match (what, value) {
            // With a text, it says what the client is.
            (SIGNATURE, []) => self.tell(FROM_SERVER + SIGNATURE, NAME),
            (SET_BAUDRATE, &[a, b, c, d]) => {
                let asked = u32::from_be_bytes([a, b, c, d]);
                self.baud = if asked == 0 { self.baud } else { asked };
                self.tell(FROM_SERVER + what, &self.baud.to_be_bytes());
            }
            (SET_DATASIZE | SET_PARITY | SET_STOPSIZE, &[asked]) => {
                let (is, known) = match what {
                    SET_DATASIZE => (&mut self.size, 5..=8),
                    SET_PARITY => (&mut self.parity, 1..=5),
                    _ => (&mut self.stop, 1..=3),
                };
                *is = if known.contains(&asked) { asked } else { *is };
                let is = *is;
                self.tell(FROM_SERVER + what, &[is]);
            }
            (SET_CONTROL, &[asked]) => return self.control(asked),
            (NOTIFY_LINESTATE, _) => self.tell(FROM_SERVER + what, &[self.lines.line_state()]),
            (NOTIFY_MODEMSTATE, _) => self.tell(FROM_SERVER + what, &[self.lines.state()]),
            (SUSPEND, _) => self.suspended = true,
            (RESUME, _) => self.suspended = false,
            (SET_LINESTATE_MASK, &[mask]) => {
                self.line_mask = mask;
                self.tell(FROM_SERVER + what, &[mask]);
            }
            (SET_MODEMSTATE_MASK, &[mask]) => {
                self.modem_mask = mask;
                self.tell(FROM_SERVER + what, &[mask]);
            }
            (PURGE_DATA, &[which @ TO_CLIENT..=3]) => {
                if which & TO_CLIENT != 0 {
                    self.held.clear();
                }
                self.tell(FROM_SERVER + what, &[which]);
                return (which & FROM_CLIENT != 0).then_some(Heard::Purged);
            }
            _ => {}
        }
        None
    }

    fn control(&mut self, asked: u8) -> Option<Heard> {
        let mut heard = None;
        let is = match asked {
            ASKS_FLOW => self.flow,
            NO_FLOW..=FLOW_BY_WIRES => {
                (self.flow, self.inbound) = (asked, asked + ASKS_INBOUND);
                asked
            }
            INBOUND_BY_DCD | BY_DSR => {
                self.flow = asked;
                asked
            }
            BREAK_ON | BREAK_OFF => {
                self.breaks = asked == BREAK_ON;
                asked
            }
            ASKS_BREAK if self.breaks => BREAK_ON,
            ASKS_BREAK => BREAK_OFF,
            DTR_ON | DTR_OFF => {
                let on = asked == DTR_ON;
                heard = (std::mem::replace(&mut self.dtr, on) != on).then_some(Heard::Dtr(on));
                asked
            }
            ASKS_DTR if self.dtr => DTR_ON,
            ASKS_DTR => DTR_OFF,
            RTS_ON | RTS_OFF => {
                self.rts = asked == RTS_ON;
                asked
            }
            ASKS_RTS if self.rts => RTS_ON,
            ASKS_RTS => RTS_OFF,
            ASKS_INBOUND => self.inbound,
            14..=INBOUND_BY_WIRES | INBOUND_BY_DTR => {
                self.inbound = asked;
                asked
            }
            _ => return None,
        };
        self.tell(FROM_SERVER + SET_CONTROL, &[is]);
        heard
    }

    fn tell(&mut self, what: u8, value: &[u8]) {
        say(what, value, &mut self.out);
    }

    /// The modem says this.
    pub fn write(&mut self, data: &[u8]) {
        let room = MOST_HELD.saturating_sub(self.held.len());
        self.held.extend(data.iter().take(room));
    }

    /// How the modem's wires are now.
    pub const fn lines(&mut self, lines: Lines) {
        self.lines = lines;
    }

    /// Says a word that means nothing, so that a machine that has forgotten this connection says so.
    pub fn ask(&mut self) {
        self.out.extend([IAC, NOP]);
    }

    /// So many bytes are to be sent that answer the client: one that does not read them need not be listened to.
    pub const fn owes(&self) -> usize {
        self.out.len()
    }

    /// What is to be sent over the connection. It is asked for when what there was before has been sent.
    pub fn to_send(&mut self) -> Vec<u8> {
        if self.agreed {
            self.tell_lines();
        }
        let mut out = std::mem::take(&mut self.out);
        if !self.suspended && (self.rts || self.inbound != INBOUND_BY_WIRES) {
            let now = self.held.len().min(AT_ONCE);
            shield(&self.held[..now], &mut out);
            self.held.drain(..now);
        }
        out
    }

    /// Tells what has become of the modem's wires, as far as the client wants to know.
    fn tell_lines(&mut self) {
        let (before, now) = (self.told, self.lines);
        if before == now {
            return;
        }
        self.told = now;
        if before.clear != now.clear {
            self.tell(FROM_SERVER + if now.clear { RESUME } else { SUSPEND }, &[]);
        }
        let (state, changed) = (now.state(), before.state() ^ now.state());
        let news = (if changed & CARRIER != 0 { CARRIER_CHANGED } else { 0 })
            | (if changed & RING != 0 && !now.ring { RING_ENDED } else { 0 })
            | (if changed & CLEAR_TO_SEND != 0 { CLEAR_CHANGED } else { 0 });
        if (changed | news) & self.modem_mask != 0 {
            self.tell(FROM_SERVER + NOTIFY_MODEMSTATE, &[(state | news) & self.modem_mask]);
        }
        if (before.line_state() ^ now.line_state()) & self.line_mask != 0 {
            self.tell(FROM_SERVER + NOTIFY_LINESTATE, &[now.line_state() & self.line_mask]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Client;
    use super::super::telnet::{BINARY, DO, DONT, NO_GO_AHEAD, SB, SE};
    use super::*;

    /// A client that has agreed to the option, and to nothing else.
    fn agreed() -> Server {
        let mut server = Server::default();
        server.to_send();
        assert_eq!(server.receive(&[IAC, WILL, COM_PORT]), []);
        assert_eq!(server.to_send(), said(NOTIFY_MODEMSTATE, &[THERE | CLEAR_TO_SEND]), "how the wires are");
        server
    }

    fn asks(what: u8, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        say(what, value, &mut bytes);
        bytes
    }

    fn said(what: u8, value: &[u8]) -> Vec<u8> {
        asks(FROM_SERVER + what, value)
    }

    /// What the server says to a setting.
    #[track_caller]
    fn answered(server: &mut Server, what: u8, value: &[u8]) -> Vec<u8> {
        server.receive(&asks(what, value));
        server.to_send()
    }

    #[test]
    fn it_wants_all_eight_bits_both_ways_and_the_ports_settings_from_the_client() {
        let mut server = Server::default();
        let asked =
            [IAC, DO, COM_PORT, IAC, WILL, BINARY, IAC, DO, BINARY, IAC, WILL, NO_GO_AHEAD, IAC, DO, NO_GO_AHEAD];
        assert_eq!(server.to_send(), asked);
        // A client that wants it done by us too is told yes; one that wants an echo is told no.
        server.receive(&[IAC, DO, COM_PORT, IAC, DO, 1, IAC, WILL, BINARY, IAC, DO, BINARY]);
        assert_eq!(server.to_send(), [IAC, WILL, COM_PORT, IAC, WONT, 1]);
    }

    /// Our wish crossed its own: pyserial takes that for agreed on, and does not say so.
    #[test]
    fn a_client_that_says_what_it_wants_of_the_port_has_agreed_and_one_that_refused_has_not() {
        let mut server = Server::default();
        server.to_send();
        let wires = said(NOTIFY_MODEMSTATE, &[THERE | CLEAR_TO_SEND]);
        assert_eq!(answered(&mut server, SET_DATASIZE, &[8]), [wires, said(SET_DATASIZE, &[8])].concat());
        server.receive(&[IAC, WONT, COM_PORT]);
        assert_eq!(answered(&mut server, SET_DATASIZE, &[8]), b"");
    }

    #[test]
    fn what_is_asked_for_is_granted_and_what_cannot_be_is_answered_by_what_is() {
        let mut server = agreed();
        for (what, value, is) in [
            (SET_BAUDRATE, &[0, 0, 0x25, 0x80][..], &[0, 0, 0x25, 0x80][..]),
            (SET_BAUDRATE, &[0, 0, 0, 0], &[0, 0, 0x25, 0x80]),
            (SET_DATASIZE, &[7], &[7]),
            (SET_DATASIZE, &[0], &[7]),
            (SET_DATASIZE, &[9], &[7]),
            (SET_PARITY, &[3], &[3]),
            (SET_PARITY, &[6], &[3]),
            (SET_STOPSIZE, &[2], &[2]),
            (SET_CONTROL, &[ASKS_FLOW], &[FLOW_BY_WIRES]),
            (SET_CONTROL, &[NO_FLOW], &[NO_FLOW]),
            (SET_CONTROL, &[ASKS_INBOUND], &[14]),
            (SET_CONTROL, &[INBOUND_BY_WIRES], &[16]),
            (SET_CONTROL, &[ASKS_BREAK], &[BREAK_OFF]),
            (SET_CONTROL, &[BREAK_ON], &[BREAK_ON]),
            (SET_CONTROL, &[ASKS_BREAK], &[BREAK_ON]),
            (SET_CONTROL, &[ASKS_DTR], &[DTR_ON]),
            (SET_CONTROL, &[ASKS_RTS], &[RTS_ON]),
            (SET_LINESTATE_MASK, &[0xff], &[0xff]),
            (SET_MODEMSTATE_MASK, &[IAC], &[IAC]),
            (NOTIFY_LINESTATE, &[], &[EMPTY]),
            (NOTIFY_MODEMSTATE, &[], &[THERE | CLEAR_TO_SEND]),
            (SIGNATURE, &[], NAME),
        ] {
            assert_eq!(answered(&mut server, what, value), said(what, is), "{what} {value:?}");
        }
        for (what, value) in [(SIGNATURE, &b"theirs"[..]), (SET_BAUDRATE, &[1]), (SET_CONTROL, &[99]), (77, &[1])] {
            assert_eq!(answered(&mut server, what, value), b"", "{what} {value:?}");
        }
    }

    #[test]
    fn a_client_that_goes_is_heard_once_and_in_its_place() {
        let mut server = agreed();
        let bytes = [&b"AT"[..], &asks(SET_CONTROL, &[DTR_OFF]), &asks(SET_CONTROL, &[DTR_OFF]), b"x"].concat();
        assert_eq!(
            server.receive(&bytes),
            [Heard::Data(b"AT".to_vec()), Heard::Dtr(false), Heard::Data(b"x".to_vec())]
        );
        assert_eq!(server.to_send(), said(SET_CONTROL, &[DTR_OFF]).repeat(2));
        assert_eq!(server.receive(&asks(SET_CONTROL, &[DTR_ON])), [Heard::Dtr(true)]);
    }

    #[test]
    fn what_becomes_of_the_modems_wires_is_told_as_far_as_it_is_wanted() {
        let mut server = agreed();
        let free = THERE | CLEAR_TO_SEND;
        for (lines, state) in [
            (Lines { ring: true, ..Lines::FREE }, free | RING),
            (Lines::FREE, free | RING_ENDED),
            (Lines { carrier: true, ..Lines::FREE }, free | CARRIER | CARRIER_CHANGED),
        ] {
            server.lines(lines);
            assert_eq!(server.to_send(), said(NOTIFY_MODEMSTATE, &[state]), "{lines:?}");
            assert_eq!(server.to_send(), b"", "nothing is new");
        }
        // A modem that has enough says so to who follows wires, and to who follows words.
        server.lines(Lines { carrier: true, clear: false, ring: false });
        let state = THERE | CARRIER | CLEAR_CHANGED;
        assert_eq!(server.to_send(), [said(SUSPEND, &[]), said(NOTIFY_MODEMSTATE, &[state])].concat());
        answered(&mut server, SET_MODEMSTATE_MASK, &[CARRIER]);
        answered(&mut server, SET_LINESTATE_MASK, &[0x20]);
        server.lines(Lines { carrier: true, ..Lines::FREE });
        assert_eq!(server.to_send(), [said(RESUME, &[]), said(NOTIFY_LINESTATE, &[0x20])].concat());
        server.lines(Lines::FREE);
        assert_eq!(server.to_send(), said(NOTIFY_MODEMSTATE, &[0]), "its carrier alone is wanted");
    }

    #[test]
    fn a_client_that_takes_nothing_now_is_given_it_later_or_has_it_thrown_away() {
        for (stops, goes_on) in
            [(asks(SUSPEND, &[]), asks(RESUME, &[])), (asks(SET_CONTROL, &[RTS_OFF]), asks(SET_CONTROL, &[RTS_ON]))]
        {
            let mut server = agreed();
            server.receive(&stops);
            server.to_send();
            server.write(b"RING");
            assert_eq!(server.to_send(), b"");
            server.receive(&goes_on);
            assert!(server.to_send().ends_with(b"RING"));
            server.receive(&stops);
            server.write(b"RING");
            assert_eq!(server.receive(&asks(PURGE_DATA, &[TO_CLIENT])), []);
            server.receive(&goes_on);
            assert!(!server.to_send().ends_with(b"RING"));
        }
        let mut server = agreed();
        assert_eq!(server.receive(&asks(PURGE_DATA, &[3])), [Heard::Purged]);
        // Where no wires rule the flow, RTS is only a wire.
        server.receive(&[asks(SET_CONTROL, &[NO_FLOW]), asks(SET_CONTROL, &[RTS_OFF])].concat());
        server.write(b"RING");
        assert!(server.to_send().ends_with(b"RING"));
    }

    #[test]
    fn a_client_that_never_reads_costs_so_much_and_no_more() {
        let mut server = agreed();
        for _ in 0..1000 {
            server.write(&[IAC; 1000]);
            server.lines(Lines { ring: !server.lines.ring, ..Lines::FREE });
        }
        assert_eq!(server.held.len(), MOST_HELD);
        assert!(server.to_send().len() <= 2 * AT_ONCE + 16 && server.out.is_empty());
    }

    /// Whoever speaks Telnet alone, as a person does who tries it.
    #[test]
    fn a_client_without_the_option_has_a_port_without_wires() {
        let mut server = Server::default();
        server.to_send();
        server.receive(&[IAC, WONT, COM_PORT, IAC, DONT, BINARY, IAC, WONT, BINARY]);
        server.lines(Lines { ring: true, ..Lines::FREE });
        server.write(b"\r\nRING\r\n");
        assert_eq!(server.to_send(), b"\r\nRING\r\n");
        assert_eq!(server.receive(b"ATA\r"), [Heard::Data(b"ATA\r".to_vec())]);
    }

    /// Each end's bytes to the other, until both are silent.
    fn talk(client: &mut Client, server: &mut Server) -> (Vec<u8>, Vec<Heard>) {
        let (mut read, mut heard) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            let (ours, theirs) = (server.to_send(), client.to_send());
            if ours.is_empty() && theirs.is_empty() {
                return (read, heard);
            }
            heard.extend(server.receive(&theirs));
            read.extend(client.receive(&ours));
        }
        panic!("they talk for ever");
    }

    #[test]
    fn our_own_client_agrees_with_it_sets_the_port_and_follows_its_flow() {
        let (mut client, mut server) = (Client::new(), Server::default());
        assert_eq!(talk(&mut client, &mut server), (vec![], vec![]));
        assert_eq!(client.is_port(), Some(true));
        assert_eq!((server.baud, server.inbound, server.modem_mask), (BAUD, INBOUND_BY_WIRES, 0));
        client.dtr(false);
        client.purge();
        assert_eq!(talk(&mut client, &mut server).1, [Heard::Dtr(false), Heard::Purged]);
        for clear in [false, true] {
            server.lines(Lines { clear, ..Lines::FREE });
            talk(&mut client, &mut server);
            assert_eq!(client.is_suspended(), !clear);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_it_ends_holds_little_and_does_not_depend_on_how_it_was_cut(
            bytes in prop::collection::vec(
                prop_oneof![4 => Just(IAC), 3 => Just(SB), 3 => Just(SE), 4 => Just(COM_PORT), 3 => 0_u8..20, 2 => 240_u8..=255, 1 => any::<u8>()],
                0..600,
            ),
            cut in 1_usize..9,
        ) {
            let (mut whole, mut parts) = (agreed(), agreed());
            let joined = |heard: Vec<Heard>| heard.into_iter().fold(Vec::new(), |mut all, heard| {
                match (all.last_mut(), heard) {
                    (Some(Heard::Data(data)), Heard::Data(more)) => data.extend(more),
                    (_, heard) => all.push(heard),
                }
                all
            });
            let at_once = joined(whole.receive(&bytes));
            let in_parts = joined(bytes.chunks(cut).flat_map(|part| parts.receive(part)).collect());
            prop_assert_eq!(&at_once, &in_parts);
            let sent = whole.to_send();
            prop_assert_eq!(&sent, &parts.to_send());
            // The longest answer to the shortest question is our name.
            prop_assert!(sent.len() <= bytes.len() * 5, "{} of {}", sent.len(), bytes.len());
        }

        #[test]
        fn what_is_written_is_what_the_other_end_reads(
            data in prop::collection::vec(any::<u8>(), 0..9000),
            typed in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let (mut client, mut server) = (Client::new(), Server::default());
            talk(&mut client, &mut server);
            server.write(&data);
            client.write(&typed);
            let (read, heard) = talk(&mut client, &mut server);
            prop_assert_eq!(read, data);
            prop_assert_eq!(heard, if typed.is_empty() { vec![] } else { vec![Heard::Data(typed)] });
        }
    }
}
