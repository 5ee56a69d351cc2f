//! A fax program at a virtual modem whose call is one over T.38, in simulated time: our own Class 1 driver in place of the program, and a
//! machine at the other end that knows no sound.

use std::collections::VecDeque;
use std::time::Duration;

use fax::audio::Law;
use fax::line::ModemCall;
use fax::line::gateway::Terms;
use fax::line::virtual_modem::{Input, Output, VirtualModem};
use fax::page::Page;
use fax::session::{self, Params, Role};
use fax::worker::proto::Way;
use model::Now;
use model::fax::Cause;
use model::settings::FaxClass;

use crate::party::Party;
use crate::support::{assert_same, pages};

const TICK: Duration = Duration::from_millis(20);
/// A call that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(900);
const TERMS: Terms = Terms { max_datagram: 400, redundancy: true, max_bit_rate: 14_400 };

struct Setup {
    ecm: bool,
    /// The program calls and sends; else it answers and receives.
    sends: bool,
    /// The call begins as sound, and becomes one over T.38 so long after it was answered.
    becomes_t38: Option<Duration>,
}

struct World {
    now: Now,
    program: Party,
    driver: modem::Modem,
    driver_timeout: model::Instant,
    modem: VirtualModem,
    to_modem: VecDeque<u8>,
    machine: Option<Party>,
    /// The machine, before there is a call.
    waits: Option<(Role, Params, Option<Vec<u8>>)>,
    becomes_t38: Option<(model::Instant, Duration)>,
    /// Places in the sound of both.
    said: u32,
    heard: u32,
    /// Datagrams of the modem, and packets of its sound.
    datagrams: usize,
    sounds: usize,
    under_way: usize,
}

impl Setup {
    fn run(self, sent: &[Page]) -> (World, Party) {
        let now = Now::simulation_start();
        let count = u32::try_from(sent.len()).unwrap();
        let (send, receive) = ((Role::Send { pages: count }, Some(Page::multi_tiff(sent))), (Role::Receive, None));
        let (mine, theirs) = if self.sends { (send, receive) } else { (receive, send) };
        let params = |way, modem| Params { way, modem, ecm: self.ecm, ..Params::default() };
        let number = self.sends.then(|| "5551234".to_owned());
        let call = ModemCall {
            number,
            class: FaxClass::One,
            mmr: true,
            setup: vec!["ATE0V1Q0".to_owned()],
            connect_delay: Duration::ZERO,
        };
        let way = if self.becomes_t38.is_some() { Way::Audio(Law::Mu) } else { Way::T38 };
        let mut world = World {
            now,
            program: Party::new(now, mine.0, params(Way::Modem, Some(call)), mine.1.as_deref()),
            driver: modem::Modem::new(),
            driver_timeout: model::Instant::FAR_FUTURE,
            modem: VirtualModem::new(now, Law::Mu).unwrap(),
            to_modem: VecDeque::new(),
            machine: None,
            waits: Some((theirs.0, params(way, None), theirs.1)),
            becomes_t38: self.becomes_t38.map(|after| (model::Instant::FAR_FUTURE, after)),
            said: 0,
            heard: 0,
            datagrams: 0,
            sounds: 0,
            under_way: 0,
        };
        if !self.sends {
            world.modem.handle_input(now, Input::Ringing(""));
        }
        let limit = now.instant + LIMIT;
        let ended = |world: &World| world.machine.as_ref().is_some_and(|machine| machine.outcome.is_some());
        while world.program.outcome.is_none() || !ended(&world) {
            assert!(world.now.instant < limit, "the call does not end: {:#?}", world.program.trace);
            world.tick();
        }
        let machine = world.machine.take().unwrap();
        (world, machine)
    }
}

impl World {
    fn tick(&mut self) {
        self.now = self.now.after(TICK);
        let now = self.now;
        if self.driver_timeout <= now.instant {
            self.drive(modem::Input::Timeout);
        }
        if self.program.timeout <= now.instant {
            self.program.input(now, session::Input::Timeout);
        }
        if self.becomes_t38.is_some_and(|(at, _)| at <= now.instant) {
            self.becomes_t38 = None;
            self.modem.handle_input(now, Input::Packets(TERMS));
            let Terms { max_datagram, redundancy, max_bit_rate } = TERMS;
            self.machine
                .as_mut()
                .unwrap()
                .input(now, session::Input::Switch { max_datagram, redundancy, max_bit_rate });
        }
        self.modem.handle_input(now, Input::Timeout);
        if let Some(machine) = self.machine.as_mut().filter(|machine| machine.timeout <= now.instant) {
            machine.input(now, session::Input::Timeout);
        }
        while self.settle() {}
    }

    /// True if anybody had anything to say.
    fn settle(&mut self) -> bool {
        let now = self.now;
        let mut busy = false;
        if self.modem.takes_bytes() && !self.to_modem.is_empty() {
            busy = true;
            let bytes: Vec<u8> = self.to_modem.drain(..).collect();
            self.modem.handle_input(now, Input::Bytes(&bytes));
        }
        for order in std::mem::take(&mut self.program.orders) {
            busy = true;
            self.drive(modem::Input::Order(order));
        }
        if let Some(machine) = &mut self.machine {
            for sound in machine.sounds.drain(..) {
                let timestamp = self.heard;
                self.heard = timestamp.wrapping_add(160);
                self.modem.handle_input(now, Input::Sound { timestamp, payload: &sound });
            }
            for datagram in machine.datagrams.drain(..) {
                self.modem.handle_input(now, Input::Datagram(&datagram));
            }
        }
        loop {
            let output = self.modem.poll_output();
            if matches!(output, Output::Timeout(_)) {
                return busy;
            }
            busy = true;
            self.line(output);
        }
    }

    fn line(&mut self, output: Output) {
        let now = self.now;
        match output {
            Output::Bytes(bytes) => self.drive(modem::Input::Bytes(&bytes)),
            Output::Dial(_) | Output::Answer => {
                let (role, params, document) = self.waits.take().expect("one call");
                if params.way == Way::T38 {
                    self.modem.handle_input(now, Input::Packets(TERMS));
                }
                if let Some((at, after)) = &mut self.becomes_t38 {
                    *at = now.instant + *after;
                }
                self.machine = Some(Party::new(now, role, params, document.as_deref()));
                self.modem.handle_input(now, Input::Answered);
            }
            Output::Sound(payload) => {
                self.sounds += 1;
                let timestamp = self.said;
                self.said = timestamp.wrapping_add(160);
                let at = now.instant;
                let input = session::Input::Sound { at, timestamp, law: Law::Mu, payload: &payload };
                self.machine.as_mut().unwrap().input(now, input);
            }
            Output::Datagram(datagram) => {
                self.datagrams += 1;
                self.machine.as_mut().unwrap().input(now, session::Input::Datagram(&datagram));
            }
            Output::UnderWay => {
                assert!(self.becomes_t38.is_none(), "it was said before the call became one over T.38");
                self.under_way += 1;
            }
            Output::HangUp => self.machine.as_mut().unwrap().input(now, session::Input::LineEnded),
            Output::Timeout(_) => {}
        }
    }

    fn drive(&mut self, input: modem::Input<'_>) {
        self.driver.handle_input(self.now, input);
        loop {
            match self.driver.poll_output() {
                modem::Output::Timeout(at) => {
                    self.driver_timeout = at;
                    return;
                }
                modem::Output::Write(bytes) => self.to_modem.extend(bytes),
                modem::Output::Flush => self.to_modem.clear(),
                modem::Output::Dtr(_) => {}
                modem::Output::Event(event) => self.program.input(self.now, session::Input::Modem(event)),
            }
        }
    }
}

#[test]
fn a_program_at_a_port_faxes_with_a_machine_that_knows_t38_alone() {
    for (ecm, sends) in [(true, true), (false, true), (true, false), (false, false)] {
        let sent = pages(2);
        let (world, machine) = Setup { ecm, sends, becomes_t38: None }.run(&sent);
        let (sender, receiver) = if sends { (&world.program, &machine) } else { (&machine, &world.program) };
        let outcome = sender.outcome.as_ref().unwrap();
        let told = format!("ecm {ecm}, sends {sends}: {:#?}\n{:#?}", sender.trace, receiver.trace);
        assert_eq!((outcome.cause, outcome.pages_confirmed), (Cause::Delivered, 2), "{told}");
        assert_eq!((outcome.ecm, outcome.bit_rate), (ecm, 14_400), "{told}");
        assert_same(&receiver.durable, &sent);
        assert_eq!((world.sounds, world.under_way), (0, 1), "{told}");
        assert!(world.datagrams > 0, "{told}");
    }
}

#[test]
fn a_call_of_a_port_that_began_as_sound_goes_on_over_t38() {
    for sends in [true, false] {
        let sent = pages(1);
        let (world, machine) = Setup { ecm: true, sends, becomes_t38: Some(Duration::from_millis(1500)) }.run(&sent);
        let (sender, receiver) = if sends { (&world.program, &machine) } else { (&machine, &world.program) };
        let told = format!("sends {sends}: {:#?}\n{:#?}", sender.trace, receiver.trace);
        assert_eq!(sender.outcome.as_ref().unwrap().cause, Cause::Delivered, "{told}");
        assert_same(&receiver.durable, &sent);
        assert!(world.sounds > 0 && world.datagrams > 0, "{told}");
    }
}
