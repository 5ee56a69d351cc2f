//! The client's side: the settings of the port are asked for once the server has agreed to the option; a server that refuses it carries bytes but
//! neither speed nor DTR, and is of no use for a modem.

use super::telnet::{Agreed, Came, DO, Telnet, shield};
use super::{
    BAUD, BOTH, COM_PORT, DTR_OFF, DTR_ON, FLOW_BY_WIRES, FROM_SERVER, PURGE_DATA, RESUME, SET_BAUDRATE, SET_CONTROL,
    SET_DATASIZE, SET_LINESTATE_MASK, SET_MODEMSTATE_MASK, SET_PARITY, SET_STOPSIZE, SUSPEND, say,
};

/// What a server says of its flow.
const SUSPENDS: u8 = FROM_SERVER + SUSPEND;
const RESUMES: u8 = FROM_SERVER + RESUME;

/// The client's end of one connection.
#[derive(Debug)]
pub struct Client {
    telnet: Telnet,
    suspended: bool,
    out: Vec<u8>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A connection that has just been made: what it begins with is to be sent ([`Client::to_send`]).
    pub fn new() -> Self {
        let mut out = Vec::new();
        // The port's settings are the client's to say alone.
        let telnet = Telnet::new([(true, false), (true, true), (true, true)], &mut out);
        Self { telnet, suspended: false, out }
    }

    /// Bytes came from the connection: what the port said in them.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut data = Vec::new();
        for &byte in bytes {
            match self.telnet.take(byte, &mut self.out) {
                Some(Came::Data(byte)) => data.push(byte),
                Some(Came::Agreed(DO, COM_PORT)) => self.set_up(),
                Some(Came::Setting) => self.set(),
                Some(Came::Agreed(..)) | None => {}
            }
        }
        data
    }

    /// The port as a fax modem wants it: eight bits, wires for flow control, and DTR. It need not tell how its lines are.
    fn set_up(&mut self) {
        for (what, value) in [
            (SET_BAUDRATE, BAUD.to_be_bytes().as_slice()),
            (SET_DATASIZE, &[8]),
            (SET_PARITY, &[1]),
            (SET_STOPSIZE, &[1]),
            (SET_CONTROL, &[FLOW_BY_WIRES]),
            (SET_CONTROL, &[DTR_ON]),
            (SET_LINESTATE_MASK, &[0]),
            (SET_MODEMSTATE_MASK, &[0]),
        ] {
            say(what, value, &mut self.out);
        }
    }

    /// A setting came: what the port is set to by now, which may differ from what we asked and is the server's to decide.
    fn set(&mut self) {
        match self.telnet.setting() {
            [COM_PORT, SUSPENDS, ..] => self.suspended = true,
            [COM_PORT, RESUMES, ..] => self.suspended = false,
            _ => {}
        }
    }

    /// What the port is to be given.
    pub fn write(&mut self, data: &[u8]) {
        shield(data, &mut self.out);
    }

    /// Says that we are here, or not.
    pub fn dtr(&mut self, on: bool) {
        say(SET_CONTROL, &[if on { DTR_ON } else { DTR_OFF }], &mut self.out);
    }

    /// Throws away what the server holds, in both directions.
    pub fn purge(&mut self) {
        say(PURGE_DATA, &[BOTH], &mut self.out);
    }

    /// What is to be sent over the connection.
    pub fn to_send(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The port takes no data now.
    pub const fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// The server has agreed, and the port is ours; or it has refused (`Some(false)`), and there is none.
    pub const fn is_port(&self) -> Option<bool> {
        match self.telnet.port().0 {
            Agreed::Yes => Some(true),
            Agreed::Refused => Some(false),
            Agreed::Not | Agreed::Asked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::telnet::{BINARY, DONT, IAC, LONGEST_SETTING, MOST_CHANGES, NO_GO_AHEAD, SB, SE, WILL, WONT};
    use super::*;

    fn agreed() -> Client {
        let mut client = Client::new();
        client.to_send();
        assert_eq!(client.receive(&[IAC, DO, COM_PORT, IAC, DO, BINARY, IAC, WILL, BINARY]), b"");
        client
    }

    #[test]
    fn it_asks_first_and_sets_the_port_when_that_is_agreed() {
        let mut client = Client::new();
        assert_eq!(
            client.to_send(),
            [255, 251, 44, 255, 251, 0, 255, 253, 0, 255, 251, 3, 255, 253, 3],
            "WILL COM-PORT, BINARY and no go-ahead both ways"
        );
        assert_eq!(client.is_port(), None);
        let mut client = agreed();
        assert_eq!(client.is_port(), Some(true));
        let said = client.to_send();
        // 115200 is 0x0001C200.
        assert!(
            said.starts_with(&[255, 250, 44, 1, 0, 1, 0xc2, 0, 255, 240, 255, 250, 44, 2, 8, 255, 240]),
            "{said:?}"
        );
        assert!(said.windows(7).any(|w| w == [255, 250, 44, 5, 8, 255, 240]), "DTR: {said:?}");
        // The same once more changes nothing, so nothing is said.
        client.receive(&[IAC, DO, COM_PORT, IAC, WILL, BINARY]);
        assert_eq!(client.to_send(), b"");
    }

    #[test]
    fn what_is_refused_or_unknown_is_left() {
        let mut client = Client::new();
        client.to_send();
        client.receive(&[IAC, DONT, COM_PORT, IAC, WILL, 1, IAC, DO, 24]);
        assert_eq!(client.is_port(), Some(false));
        assert_eq!(client.to_send(), [IAC, DONT, 1, IAC, WONT, 24]);
    }

    #[test]
    fn data_is_shielded_and_settings_are_none_of_it() {
        let mut client = agreed();
        client.to_send();
        client.write(&[1, IAC, 2]);
        assert_eq!(client.to_send(), [1, IAC, IAC, 2]);
        // In parts, with a setting (of a baud rate that holds an IAC) in the midst of a word.
        let mut data = client.receive(b"CON");
        data.extend(client.receive(&[IAC, SB, COM_PORT, 101, 0, 1]));
        data.extend(client.receive(&[IAC, IAC, 0, IAC]));
        data.extend(client.receive(&[SE]));
        data.extend(client.receive(b"NECT"));
        data.extend(client.receive(&[IAC, IAC]));
        assert_eq!(data, [b"CONNECT".as_slice(), &[IAC]].concat());
    }

    #[test]
    fn a_port_that_has_enough_says_so() {
        let mut client = agreed();
        client.receive(&[IAC, SB, COM_PORT, SUSPENDS, IAC, SE]);
        assert!(client.is_suspended());
        client.receive(&[IAC, SB, COM_PORT, RESUMES, IAC, SE]);
        assert!(!client.is_suspended());
    }

    #[test]
    fn the_line_that_says_that_we_are_here_is_a_setting() {
        let mut client = agreed();
        client.to_send();
        client.dtr(false);
        client.purge();
        assert_eq!(client.to_send(), [255, 250, 44, 5, 9, 255, 240, 255, 250, 44, 12, 3, 255, 240]);
    }

    /// They want it and do not in one breath, and so does whoever answers as we do.
    #[test]
    fn who_changes_their_mind_for_ever_is_left_alone() {
        let mut client = Client::new();
        client.to_send();
        let mut answered = 0;
        for _ in 0..1000 {
            client.receive(&[IAC, DO, NO_GO_AHEAD, IAC, DONT, NO_GO_AHEAD]);
            answered += client.to_send().len() / 3;
        }
        assert!((1..=usize::from(MOST_CHANGES)).contains(&answered), "{answered}");
        assert_eq!(client.receive(b"data"), b"data");
    }

    proptest! {
        #[test]
        fn whatever_comes_it_ends_holds_little_and_does_not_depend_on_how_it_was_cut(
            bytes in prop::collection::vec(prop_oneof![3 => Just(IAC), 2 => 240_u8..=255, 2 => any::<u8>()], 0..400),
            cut in 1_usize..9,
        ) {
            let (mut whole, mut parts) = (Client::new(), Client::new());
            let at_once = whole.receive(&bytes);
            let in_parts: Vec<u8> = bytes.chunks(cut).flat_map(|part| parts.receive(part)).collect();
            prop_assert_eq!(&at_once, &in_parts);
            prop_assert!(at_once.len() <= bytes.len());
            prop_assert_eq!(whole.to_send(), parts.to_send());
            prop_assert!(whole.telnet.setting().len() <= LONGEST_SETTING);
        }

        #[test]
        fn what_is_written_is_what_the_other_end_reads(data in prop::collection::vec(any::<u8>(), 0..200)) {
            let (mut client, mut other) = (agreed(), agreed());
            client.to_send();
            client.write(&data);
            prop_assert_eq!(other.receive(&client.to_send()), data);
        }

        /// Two that answer each other come to an end.
        #[test]
        fn no_server_makes_it_answer_for_ever(said in prop::collection::vec((251_u8..=254, any::<u8>()), 0..50)) {
            let (mut client, mut other) = (Client::new(), Client::new());
            client.receive(&said.iter().flat_map(|(said, option)| [IAC, *said, *option]).collect::<Vec<_>>());
            let mut turns = 0;
            loop {
                let ours = client.to_send();
                other.receive(&ours);
                let theirs = other.to_send();
                client.receive(&theirs);
                turns += 1;
                if ours.is_empty() && theirs.is_empty() {
                    break;
                }
                prop_assert!(turns < 10);
            }
        }
    }
}
