//! A serial port at the other end of a network: Telnet with the COM-PORT option (RFC 2217), as terminal servers and `ser2net` speak it.
//!
//! Sans-I/O, and the client's side alone: bytes of the connection in, bytes of the port out, and back. The settings of the port are asked for
//! once the server has agreed to the option; a server that refuses it carries bytes but neither speed nor DTR, and is of no use for a
//! modem. Nothing that a server sends can hold us up, make us grow or make us answer for ever.

/// Telnet (RFC 854).
const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;
const IAC: u8 = 255;

/// Options: all eight bits (RFC 856), no "go ahead" (RFC 858), and the port's settings.
const BINARY: u8 = 0;
const NO_GO_AHEAD: u8 = 3;
const COM_PORT: u8 = 44;
const WANTED: [u8; 3] = [COM_PORT, BINARY, NO_GO_AHEAD];

/// What a client says of the port (RFC 2217 section 3).
const SET_BAUDRATE: u8 = 1;
const SET_DATASIZE: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOPSIZE: u8 = 4;
const SET_CONTROL: u8 = 5;
const SET_LINESTATE_MASK: u8 = 10;
const SET_MODEMSTATE_MASK: u8 = 11;
const PURGE_DATA: u8 = 12;
/// What a server says is the client's word and this.
const FROM_SERVER: u8 = 100;
const SUSPEND: u8 = FROM_SERVER + 8;
const RESUME: u8 = FROM_SERVER + 9;

/// Values of `SET_CONTROL`.
const FLOW_BY_WIRES: u8 = 3;
const DTR_ON: u8 = 8;
const DTR_OFF: u8 = 9;
/// Of `PURGE_DATA`: both directions.
const BOTH: u8 = 3;

/// The port is asked for this speed, as one of our own is.
const BAUD: u32 = 115_200;
/// So often a server may change its mind on options and is answered. Two ends that answer a change and its opposite in one breath would pass both
/// to and fro for ever (RFC 1143 section 2).
const MOST_CHANGES: u8 = 16;
/// A setting that is longer is none that we asked for; its rest is let pass.
const LONGEST_SETTING: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Data,
    Command,
    /// What is said of an option, and which follows.
    Option(u8),
    Setting,
    /// Within a setting, after an IAC.
    SettingCommand,
}

/// What is agreed on one option, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Agreed {
    #[default]
    Not,
    /// We asked.
    Asked,
    Yes,
    Refused,
}

/// The client's end of one connection.
#[derive(Debug)]
pub struct Client {
    state: State,
    setting: Vec<u8>,
    /// What we do, and what they do, in the order of [`WANTED`].
    ours: [Agreed; WANTED.len()],
    theirs: [Agreed; WANTED.len()],
    changes: u8,
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
        let mut client = Self {
            state: State::Data,
            setting: Vec::new(),
            ours: [Agreed::Asked; WANTED.len()],
            theirs: [Agreed::Asked; WANTED.len()],
            changes: 0,
            suspended: false,
            out: Vec::new(),
        };
        for option in WANTED {
            client.out.extend([IAC, WILL, option]);
            // The port's settings are the client's to say alone.
            if option != COM_PORT {
                client.out.extend([IAC, DO, option]);
            }
        }
        client
    }

    /// Bytes came from the connection: what the port said in them.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut data = Vec::new();
        for &byte in bytes {
            self.state = match (self.state, byte) {
                (State::Data, IAC) => State::Command,
                (State::Data, byte) => {
                    data.push(byte);
                    State::Data
                }
                // Doubled, it is one of the port's.
                (State::Command, IAC) => {
                    data.push(IAC);
                    State::Data
                }
                (State::Command, said @ (WILL | WONT | DO | DONT)) => State::Option(said),
                (State::Command, SB) => {
                    self.setting.clear();
                    State::Setting
                }
                // The rest of Telnet's commands is for terminals.
                (State::Command, _) => State::Data,
                (State::Option(said), option) => {
                    self.said_of(said, option);
                    State::Data
                }
                (State::Setting, IAC) => State::SettingCommand,
                (State::Setting, byte) => self.part_of_setting(byte),
                (State::SettingCommand, IAC) => self.part_of_setting(IAC),
                (State::SettingCommand, SE) => {
                    self.set();
                    State::Data
                }
                // No setting ends so: it is broken, and what follows is a command.
                (State::SettingCommand, said @ (WILL | WONT | DO | DONT)) => State::Option(said),
                (State::SettingCommand, _) => State::Data,
            };
        }
        data
    }

    fn part_of_setting(&mut self, byte: u8) -> State {
        if self.setting.len() < LONGEST_SETTING {
            self.setting.push(byte);
        }
        State::Setting
    }

    /// They want an option, or do not (RFC 855): only what changes something is answered, and that not for ever.
    fn said_of(&mut self, said: u8, option: u8) {
        let Some(known) = WANTED.iter().position(|wanted| *wanted == option) else {
            match said {
                WILL => self.out.extend([IAC, DONT, option]),
                DO => self.out.extend([IAC, WONT, option]),
                _ => {}
            }
            return;
        };
        let theirs = matches!(said, WILL | WONT);
        let side = if theirs { &mut self.theirs } else { &mut self.ours };
        let to = if matches!(said, WILL | DO) { Agreed::Yes } else { Agreed::Refused };
        let before = std::mem::replace(&mut side[known], to);
        let news = before != to;
        if news && before != Agreed::Asked && self.changes < MOST_CHANGES {
            self.changes += 1;
            let answer = match said {
                WILL => DO,
                WONT => DONT,
                DO => WILL,
                _ => WONT,
            };
            self.out.extend([IAC, answer, option]);
        }
        if news && option == COM_PORT && said == DO {
            self.set_up();
        }
    }

    /// The port as a fax modem wants it: eight bits, wires for flow control, and DTR. It need not tell how its lines are.
    fn set_up(&mut self) {
        self.say(SET_BAUDRATE, &BAUD.to_be_bytes());
        self.say(SET_DATASIZE, &[8]);
        self.say(SET_PARITY, &[1]);
        self.say(SET_STOPSIZE, &[1]);
        self.say(SET_CONTROL, &[FLOW_BY_WIRES]);
        self.say(SET_CONTROL, &[DTR_ON]);
        self.say(SET_LINESTATE_MASK, &[0]);
        self.say(SET_MODEMSTATE_MASK, &[0]);
    }

    fn say(&mut self, what: u8, value: &[u8]) {
        self.out.extend([IAC, SB, COM_PORT, what]);
        shield(value, &mut self.out);
        self.out.extend([IAC, SE]);
    }

    /// A setting came: what the port is set to by now, which may differ from what we asked and is the server's to decide.
    fn set(&mut self) {
        match self.setting.as_slice() {
            [COM_PORT, SUSPEND, ..] => self.suspended = true,
            [COM_PORT, RESUME, ..] => self.suspended = false,
            _ => {}
        }
    }

    /// What the port is to be given.
    pub fn write(&mut self, data: &[u8]) {
        shield(data, &mut self.out);
    }

    /// Says that we are here, or not.
    pub fn dtr(&mut self, on: bool) {
        self.say(SET_CONTROL, &[if on { DTR_ON } else { DTR_OFF }]);
    }

    /// Throws away what the server holds, in both directions.
    pub fn purge(&mut self) {
        self.say(PURGE_DATA, &[BOTH]);
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
        match self.ours[0] {
            Agreed::Yes => Some(true),
            Agreed::Refused => Some(false),
            Agreed::Not | Agreed::Asked => None,
        }
    }
}

/// An octet that is IAC is doubled.
fn shield(data: &[u8], out: &mut Vec<u8>) {
    for &byte in data {
        if byte == IAC {
            out.push(IAC);
        }
        out.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        client.receive(&[IAC, SB, COM_PORT, SUSPEND, IAC, SE]);
        assert!(client.is_suspended());
        client.receive(&[IAC, SB, COM_PORT, RESUME, IAC, SE]);
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
            prop_assert!(whole.setting.len() <= LONGEST_SETTING);
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
