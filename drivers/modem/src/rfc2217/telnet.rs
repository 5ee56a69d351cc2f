//! What both ends of a connection know of Telnet (RFC 854): its commands within the data, and how two agree on options.

use super::COM_PORT;

/// Commands.
pub(super) const SE: u8 = 240;
pub(super) const NOP: u8 = 241;
pub(super) const SB: u8 = 250;
pub(super) const WILL: u8 = 251;
pub(super) const WONT: u8 = 252;
pub(super) const DO: u8 = 253;
pub(super) const DONT: u8 = 254;
pub(super) const IAC: u8 = 255;

/// Options: all eight bits (RFC 856), no "go ahead" (RFC 858), and the port's settings.
pub(super) const BINARY: u8 = 0;
pub(super) const NO_GO_AHEAD: u8 = 3;
/// Those that we know, the port's settings first.
pub(super) const KNOWN: [u8; 3] = [COM_PORT, BINARY, NO_GO_AHEAD];

/// So often the other end may change its mind on options and is answered. Two ends that answer a change and its opposite in one breath would pass
/// both to and fro for ever (RFC 1143 section 2).
pub(super) const MOST_CHANGES: u8 = 16;
/// A setting that is longer is none that is heeded here; its rest is let pass.
pub(super) const LONGEST_SETTING: usize = 16;

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
pub(super) enum Agreed {
    #[default]
    Not,
    /// We asked.
    Asked,
    Yes,
    Refused,
}

/// What an octet came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It is data.
    Data(u8),
    /// Something new is agreed on, by this command and on this option.
    Agreed(u8, u8),
    /// A setting has ended: [`Telnet::setting`].
    Setting,
}

/// One end's reading of one connection, and what it has agreed on.
#[derive(Debug)]
pub(super) struct Telnet {
    state: State,
    setting: Vec<u8>,
    /// What we do, and what they do, in the order of [`KNOWN`].
    ours: [Agreed; KNOWN.len()],
    theirs: [Agreed; KNOWN.len()],
    changes: u8,
}

impl Telnet {
    /// A connection that has just been made. What is asked for goes out: of each option whether we want to do it, and want them to.
    pub(super) fn new(asks: [(bool, bool); KNOWN.len()], out: &mut Vec<u8>) -> Self {
        let mut telnet = Self {
            state: State::Data,
            setting: Vec::new(),
            ours: [Agreed::Not; KNOWN.len()],
            theirs: [Agreed::Not; KNOWN.len()],
            changes: 0,
        };
        for (n, (option, (we, they))) in KNOWN.into_iter().zip(asks).enumerate() {
            if we {
                telnet.ours[n] = Agreed::Asked;
                out.extend([IAC, WILL, option]);
            }
            if they {
                telnet.theirs[n] = Agreed::Asked;
                out.extend([IAC, DO, option]);
            }
        }
        telnet
    }

    /// An octet came. What is to be answered goes out.
    pub(super) fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> Option<Came> {
        let (state, came) = match (self.state, byte) {
            (State::Data, IAC) => (State::Command, None),
            // Doubled, it is one of the port's.
            (State::Data, byte) | (State::Command, byte @ IAC) => (State::Data, Some(Came::Data(byte))),
            (State::Command, said @ (WILL | WONT | DO | DONT)) => (State::Option(said), None),
            (State::Command, SB) => {
                self.setting.clear();
                (State::Setting, None)
            }
            // The rest of Telnet's commands is for terminals.
            (State::Command, _) => (State::Data, None),
            (State::Option(said), option) => (State::Data, self.said_of(said, option, out)),
            (State::Setting, IAC) => (State::SettingCommand, None),
            (State::Setting, byte) | (State::SettingCommand, byte @ IAC) => {
                if self.setting.len() < LONGEST_SETTING {
                    self.setting.push(byte);
                }
                (State::Setting, None)
            }
            (State::SettingCommand, SE) => (State::Data, Some(Came::Setting)),
            // No setting ends so: it is broken, and what follows is a command.
            (State::SettingCommand, said @ (WILL | WONT | DO | DONT)) => (State::Option(said), None),
            (State::SettingCommand, _) => (State::Data, None),
        };
        self.state = state;
        came
    }

    /// They want an option, or do not (RFC 855): only what changes something is answered, and that not for ever.
    fn said_of(&mut self, said: u8, option: u8, out: &mut Vec<u8>) -> Option<Came> {
        let Some(known) = KNOWN.iter().position(|known| *known == option) else {
            match said {
                WILL => out.extend([IAC, DONT, option]),
                DO => out.extend([IAC, WONT, option]),
                _ => {}
            }
            return None;
        };
        let side = if matches!(said, WILL | WONT) { &mut self.theirs } else { &mut self.ours };
        let to = if matches!(said, WILL | DO) { Agreed::Yes } else { Agreed::Refused };
        let before = std::mem::replace(&mut side[known], to);
        // A refusal of what nobody asked for says nothing new.
        if before == to || (before, to) == (Agreed::Not, Agreed::Refused) {
            return None;
        }
        if before != Agreed::Asked && self.changes < MOST_CHANGES {
            self.changes += 1;
            let answer = match said {
                WILL => DO,
                WONT => DONT,
                DO => WILL,
                _ => WONT,
            };
            out.extend([IAC, answer, option]);
        }
        Some(Came::Agreed(said, option))
    }

    /// The setting that has ended, its option first.
    pub(super) fn setting(&self) -> &[u8] {
        &self.setting
    }

    /// What is agreed on our doing the port's settings, and on theirs.
    pub(super) const fn port(&self) -> (Agreed, Agreed) {
        (self.ours[0], self.theirs[0])
    }
}

/// An octet that is IAC is doubled.
pub(super) fn shield(data: &[u8], out: &mut Vec<u8>) {
    for &byte in data {
        if byte == IAC {
            out.push(IAC);
        }
        out.push(byte);
    }
}
