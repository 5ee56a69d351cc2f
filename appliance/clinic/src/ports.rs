//! Ports that are fax modems to programs of others (HylaFAX, efax, a fax server under Windows): what such a program dials is called over a
//! trunk, and the sounds of its modem travel in that call: translated where the other side takes T.38, else as they are. A call for the port's own number rings there, and is the program's
//! once it answers; until then the caller hears nothing, which a machine that calls does not mind. A port that no program has open rings for
//! nobody, and one whose program does not answer not for ever.
//!
//! Such a fax is the program's: its pages are never ours, and whether they arrived is the program's to say and to repeat.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use calls::FaxWay;
use fax::audio::Law;
use fax::line::gateway::{LARGEST_DATAGRAM, Terms};
use fax::line::port::{LAW, Said, Told};
use fax::line::virtual_modem::NoCall;
use media::sdp::T38;
use media::{Heard, SessionId};
use model::event::{ModemIs, ModemState};
use model::fax::{Cause, Door};
use model::number::NumberFormat;
use model::settings::Right;
use model::{CallId, Event, Instant, Now, PhoneNumber, Pii};

use crate::lines::{Attachment, law, law_of, max_bit_rate, says_now, terms};
use crate::{Clinic, Output};

/// How long a port rings. Fax programs answer after some rings; whoever is not answered by then is told that nobody is there, and calls again.
const RINGS: Duration = Duration::from_secs(60);
/// What is wrong with a port for whose number nobody waits.
const NO_PROGRAM: &str = "No program has it open, so faxes for its number are not answered.";

/// What is heard of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortNews {
    /// It is there, and no program has it open yet.
    Ready,
    /// A program has opened it.
    Opened,
    /// The last program that had it open has closed it.
    Closed,
    /// It is not, and why. The call that it had is over.
    Away(String),
    /// Its modem says something; bytes are not for us.
    Said(Said),
}

struct Known {
    is: ModemIs,
    sentence: String,
    /// A program has it open.
    open: bool,
    call: Option<Call>,
}

struct Call {
    id: CallId,
    line: Option<(SessionId, FaxWay)>,
    /// It rings: the line that it will have.
    rings: Option<(SessionId, FaxWay)>,
    /// It rings so long.
    until: Instant,
}

impl Known {
    const fn is(&self) -> ModemIs {
        match &self.call {
            Some(Call { rings: Some(_), .. }) => ModemIs::Ringing,
            Some(_) => ModemIs::InCall,
            None => self.is,
        }
    }
}

/// The ports by name.
#[derive(Default)]
pub(crate) struct Ports(BTreeMap<String, Known>);

impl Ports {
    /// The port whose call this is.
    pub(crate) fn of_call(&self, call: CallId) -> Option<String> {
        let mut ports = self.0.iter();
        ports.find(|(_, port)| port.call.as_ref().is_some_and(|own| own.id == call)).map(|(name, _)| name.clone())
    }

    /// The port whose call this media session carries, and how.
    fn of_session(&self, session: SessionId) -> Option<(String, FaxWay)> {
        let line = |port: &Known| port.call.as_ref().and_then(|call| call.line);
        let mut of = self.0.iter().filter_map(|(name, port)| Some((name, line(port)?)));
        of.find(|(_, (own, _))| *own == session).map(|(name, (_, way))| (name.clone(), way))
    }

    /// Their states, in the order of the settings.
    pub(crate) fn states(&self, settings: &model::Settings) -> Vec<ModemState> {
        let state = |port: &model::settings::VirtualModem| {
            let known = self.0.get(&port.name);
            let is = known.map_or(ModemIs::Probed, Known::is);
            // One that only sends is opened when there is something to send.
            if is == ModemIs::Ready && port.number.is_some() && known.is_some_and(|known| !known.open) {
                let sentence = NO_PROGRAM.to_owned();
                return ModemState { name: port.name.clone(), is: ModemIs::Away, sentence };
            }
            let sentence = known.map_or_else(String::new, |known| known.sentence.clone());
            ModemState { name: port.name.clone(), is, sentence }
        };
        settings.virtual_modems.iter().map(state).collect()
    }

    /// When the first has rung long enough.
    pub(crate) fn next_timeout(&self) -> Instant {
        let ringing = self.0.values().filter_map(|port| port.call.as_ref()).filter(|call| call.rings.is_some());
        ringing.map(|call| call.until).min().unwrap_or(Instant::FAR_FUTURE)
    }
}

impl Clinic {
    /// A port has something to say.
    pub(crate) fn port(&mut self, now: Now, name: &str, news: PortNews) {
        match news {
            PortNews::Ready => self.port_is(now, name, ModemIs::Ready, String::new()),
            PortNews::Away(why) => self.port_is(now, name, ModemIs::Away, why),
            PortNews::Opened => self.port_is_open(now, name, true),
            PortNews::Closed => self.port_is_open(now, name, false),
            PortNews::Said(Said::Dial(number)) => self.port_dials(now, name, &number),
            PortNews::Said(Said::HangUp) => self.port_hangs_up(now, name),
            PortNews::Said(Said::Sound(sound)) => self.port_says(name, &sound),
            PortNews::Said(Said::Datagram(datagram)) => self.port_sends(name, datagram),
            PortNews::Said(Said::UnderWay) => self.port_is_under_way(now, name),
            PortNews::Said(Said::Answer) => self.port_answers(name),
            PortNews::Said(Said::Bytes(_)) => {}
        }
    }

    fn port_is(&mut self, now: Now, name: &str, is: ModemIs, sentence: String) {
        self.port_hangs_up(now, name);
        self.ports.0.insert(name.to_owned(), Known { is, sentence, open: false, call: None });
        self.out.push_back(Output::Event(Event::Lines));
    }

    /// A program that dials at once may be heard before it is known to be there: its call stands.
    fn port_is_open(&mut self, now: Now, name: &str, open: bool) {
        if !open {
            self.port_rings_no_more(now, name);
        }
        let Some(port) = self.ports.0.get_mut(name) else { return };
        port.open = open;
        self.out.push_back(Output::Event(Event::Lines));
    }

    /// Those that nobody answers.
    pub(crate) fn tick_ports(&mut self, now: Now) {
        if now.instant < self.ports.next_timeout() {
            return;
        }
        let over = |port: &Known| port.call.as_ref().is_some_and(|c| c.rings.is_some() && c.until <= now.instant);
        let names: Vec<_> = self.ports.0.iter().filter(|(_, port)| over(port)).map(|(name, _)| name.clone()).collect();
        for name in names {
            tracing::warn!(port = name, "the program at a port for fax programs does not answer");
            self.port_rings_no_more(now, &name);
        }
    }

    /// The call that rings is ended, if one does.
    fn port_rings_no_more(&mut self, now: Now, name: &str) {
        let call = self.ports.0.get(name).and_then(|port| port.call.as_ref());
        let Some(call) = call.filter(|call| call.rings.is_some()).map(|call| call.id) else { return };
        self.port_call_ended(name, None);
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::FaxDone { call }));
    }

    /// Whoever may open the port may send faxes, but no further than anybody else.
    fn port_dials(&mut self, now: Now, name: &str, dialled: &Pii<String>) {
        // A program that was closed in the midst of a call and opened again knows nothing of that call.
        self.port_hangs_up(now, name);
        let digits: String = dialled.expose().chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let number = self.settings.numbering.parse(&digits).ok().filter(|to| self.may_fax(now, to));
        let set = self.settings.virtual_modems.iter().find(|p| p.name == name);
        let (over, as_sound) = set.map_or((None, true), |p| (p.trunk.clone(), !p.t38));
        let (Some(to), Some(port)) = (number, self.ports.0.get_mut(name)) else {
            tracing::warn!(port = name, "a fax program dialled what may not be faxed");
            return self.tell_port(name, Told::Failed(NoCall::NoLine));
        };
        let id = CallId::new(now.wall, &mut self.random);
        port.call = Some(Call { id, line: None, rings: None, until: now.instant });
        let command = calls::Command::PlaceFax { call: id, to, over, as_sound };
        self.pbx.handle_input(now, calls::Input::Command(command));
        self.out.push_back(Output::Event(Event::Lines));
    }

    fn may_fax(&self, now: Now, to: &PhoneNumber) -> bool {
        let request = plan::Request {
            by: &[Right::SendFaxes],
            // As good as a program at the API.
            door: Door::Api,
            to,
            settings: &self.settings,
            at: now.wall,
        };
        self.plan.admit(&request).is_ok()
    }

    /// Somebody calls the port's number.
    pub(crate) fn port_rings(&mut self, now: Now, name: &str, attachment: &Attachment) {
        let is_free = |port: &&mut Known| port.is == ModemIs::Ready && port.open && port.call.is_none();
        let Some(port) = self.ports.0.get_mut(name).filter(is_free) else {
            tracing::warn!(port = name, "a call for a port for fax programs found it taken, or without a program");
            return self.hang_up_fax(now, attachment.call);
        };
        let (rings, until) = (Some((attachment.session, attachment.way)), now.instant + RINGS);
        port.call = Some(Call { id: attachment.call, line: None, rings, until });
        let national = |from| NumberFormat::National.write(from, &self.settings.numbering);
        let from = attachment.from.as_ref().map(national).unwrap_or_default();
        self.tell_port(name, Told::Ringing(Pii::new(from)));
        self.out.push_back(Output::Event(Event::Lines));
    }

    /// The program takes the call that rings.
    fn port_answers(&mut self, name: &str) {
        let Some(call) = self.ports.0.get_mut(name).and_then(|port| port.call.as_mut()) else {
            // Whoever called has given up meanwhile.
            return self.tell_port(name, Told::Ended);
        };
        let Some((session, way)) = call.rings.take() else { return };
        call.line = Some((session, way));
        self.port_takes_line(name, session, way);
        self.tell_port(name, Told::Answered);
        self.out.push_back(Output::Event(Event::Lines));
    }

    /// The call stands, and its line is the port's; or the line becomes one over T.38.
    pub(crate) fn port_attached(&mut self, name: &str, attachment: &Attachment) {
        let Some(call) = self.ports.0.get_mut(name).and_then(|port| port.call.as_mut()) else { return };
        let line = (attachment.session, attachment.way);
        if call.rings.is_some() {
            call.rings = Some(line);
            return;
        }
        let begins = call.line.replace(line).is_none();
        self.port_takes_line(name, attachment.session, attachment.way);
        if begins {
            self.tell_port(name, Told::Answered);
        }
    }

    fn port_takes_line(&mut self, name: &str, session: SessionId, way: FaxWay) {
        match way {
            FaxWay::Audio(payload) => {
                let ssrc = self.random.next_u32();
                self.out.push_back(Output::Media(media::Command::Tap { session, payload_type: payload.number, ssrc }));
            }
            FaxWay::T38(t38) => self.tell_port(name, Told::Packets(gateway_terms(&t38))),
        }
    }

    /// The program trains: the line stays what it is.
    fn port_is_under_way(&mut self, now: Now, name: &str) {
        let Some(call) = self.ports.0.get(name).and_then(|port| port.call.as_ref()).map(|call| call.id) else { return };
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::FaxUnderWay { call }));
    }

    /// The call came to nothing, or is over.
    pub(crate) fn port_call_ended(&mut self, name: &str, cause: Option<Cause>) {
        let Some(call) = self.ports.0.get_mut(name).and_then(|port| port.call.take()) else { return };
        self.tell_port(
            name,
            match (cause, call.line.or(call.rings)) {
                (Some(Cause::Busy), None) => Told::Failed(NoCall::Busy),
                (Some(Cause::TrunkDown), None) => Told::Failed(NoCall::NoLine),
                (_, None) => Told::Failed(NoCall::NoAnswer),
                (_, Some(_)) => Told::Ended,
            },
        );
        self.out.push_back(Output::Event(Event::Lines));
    }

    fn port_hangs_up(&mut self, now: Now, name: &str) {
        let Some(call) = self.ports.0.get_mut(name).and_then(|port| port.call.take()) else { return };
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::FaxDone { call: call.id }));
        self.out.push_back(Output::Event(Event::Lines));
    }

    /// Packets of sound came. False if they belong to no port.
    pub(crate) fn port_hears(&mut self, session: SessionId, heard: &[Heard]) -> bool {
        let Some((name, way)) = self.ports.of_session(session) else { return false };
        let FaxWay::Audio(agreed) = way else { return true };
        for Heard { timestamp, payload_type, payload, .. } in heard {
            if let Some(theirs) = law_of(*payload_type, agreed) {
                self.tell_port(&name, Told::Sound { timestamp: *timestamp, payload: recode(payload, theirs, LAW) });
            }
        }
        true
    }

    /// A datagram came. False if it belongs to no port.
    pub(crate) fn port_is_sent(&mut self, session: SessionId, data: &Bytes) -> bool {
        let Some((name, _)) = self.ports.of_session(session) else { return false };
        if data.len() <= LARGEST_DATAGRAM {
            self.tell_port(&name, Told::Datagram(data.to_vec()));
        }
        true
    }

    fn port_says(&mut self, name: &str, sound: &[u8]) {
        if let Some((session, FaxWay::Audio(agreed))) = self.line_of_port(name) {
            let payload = recode(sound, LAW, law(agreed.codec).unwrap_or(LAW)).into();
            self.out.push_back(Output::Media(says_now(session, payload)));
        }
    }

    fn port_sends(&mut self, name: &str, datagram: Vec<u8>) {
        if let Some((session, FaxWay::T38(_))) = self.line_of_port(name) {
            self.out.push_back(Output::Media(media::Command::SendRaw {
                session,
                data: datagram.into(),
                due: Instant::ZERO,
            }));
        }
    }

    fn line_of_port(&self, name: &str) -> Option<(SessionId, FaxWay)> {
        self.ports.0.get(name).and_then(|port| port.call.as_ref()).and_then(|call| call.line)
    }

    fn tell_port(&mut self, name: &str, told: Told) {
        self.out.push_back(Output::Port { name: name.to_owned(), told });
    }
}

/// What a gateway must know of the other end.
pub(crate) fn gateway_terms(t38: &T38) -> Terms {
    let (max_datagram, redundancy) = terms(t38);
    Terms { max_datagram, redundancy, max_bit_rate: max_bit_rate(t38) }
}

/// The same sound in another law.
pub(crate) fn recode(sound: &[u8], from: Law, to: Law) -> Vec<u8> {
    if from == to { sound.to_vec() } else { sound.iter().map(|octet| to.encode(from.decode(*octet))).collect() }
}

#[cfg(test)]
mod tests {
    use media::sdp::{Codec, Payload};
    use model::fax::Direction;
    use model::{Random, Settings};
    use plan::Plan;

    use super::*;
    use crate::Input;
    use crate::mailboxes::tests::{SETTINGS, clinic_of};

    /// A clinic with a port for a number, what was told at it, and the calls that came for it.
    struct Desk {
        clinic: Clinic,
        now: Now,
        random: Random,
        told: Vec<Told>,
    }

    impl Desk {
        fn new() -> Self {
            let port =
                "[[virtual_modems]]\nname = \"hylafax\"\nlink = \"fax\"\ntrunk = \"main\"\nnumber = \"+12025550188\"\n";
            let settings = Settings::parse(&format!("{SETTINGS}{port}")).expect("good settings");
            let (clinic, now) = (clinic_of(settings, Plan::lifeline()), Now::simulation_start());
            let mut desk = Self { clinic, now, random: Random::from_u64(5), told: Vec::new() };
            desk.hears(PortNews::Ready);
            desk
        }

        fn input(&mut self, input: Input) {
            self.clinic.handle_input(self.now, input);
            while let Some(output) = self.clinic.out.pop_front() {
                if let Output::Port { told, .. } = output {
                    self.told.push(told);
                }
            }
        }

        fn hears(&mut self, news: PortNews) {
            self.input(Input::Port { name: "hylafax".to_owned(), news });
        }

        /// Somebody calls its number. True if it rings.
        fn is_called(&mut self) -> bool {
            let call = CallId::new(self.now.wall, &mut self.random);
            let way = FaxWay::Audio(Payload { number: 0, codec: Codec::Pcmu });
            let to = self.clinic.settings.virtual_modems[0].number.clone();
            let attachment = Attachment { call, session: SessionId(1), direction: Direction::In, from: None, to, way };
            self.clinic.attach(self.now, attachment);
            self.input(Input::Timeout);
            self.clinic.ports.of_call(call).is_some()
        }

        fn passes(&mut self, seconds: u64) {
            self.now = self.now.after(Duration::from_secs(seconds));
            self.input(Input::Timeout);
        }

        fn state(&self) -> (ModemIs, String) {
            let state = self.clinic.ports.states(&self.clinic.settings).swap_remove(0);
            (state.is, state.sentence)
        }
    }

    #[test]
    fn a_port_that_no_program_has_open_is_away_and_takes_no_call() {
        let mut desk = Desk::new();
        assert_eq!(desk.state(), (ModemIs::Away, NO_PROGRAM.to_owned()));
        assert!(!desk.is_called() && desk.told.is_empty(), "{:?}", desk.told);
        desk.hears(PortNews::Opened);
        assert_eq!(desk.state(), (ModemIs::Ready, String::new()));
        assert!(desk.is_called());
        // It stops in the midst of the ringing, and is back before the next call.
        desk.hears(PortNews::Closed);
        assert_eq!(desk.told, [Told::Ringing(Pii::default()), Told::Ended]);
        assert_eq!(desk.state(), (ModemIs::Away, NO_PROGRAM.to_owned()));
        desk.hears(PortNews::Opened);
        assert!(desk.is_called(), "no call is left over");
    }

    #[test]
    fn a_program_that_does_not_answer_rings_for_a_minute_and_not_for_ever() {
        let mut desk = Desk::new();
        desk.hears(PortNews::Opened);
        assert!(desk.is_called());
        desk.passes(59);
        assert_eq!(desk.state().0, ModemIs::Ringing);
        let due = desk.clinic.ports.next_timeout();
        assert_eq!(due, desk.now.instant + Duration::from_secs(1));
        desk.passes(1);
        assert_eq!((desk.state().0, desk.told.last()), (ModemIs::Ready, Some(&Told::Ended)));
        assert!(desk.is_called(), "the next call rings");
        desk.hears(PortNews::Said(Said::Answer));
        desk.passes(3600);
        assert_eq!(desk.state().0, ModemIs::InCall, "what was answered goes on");
    }
}
