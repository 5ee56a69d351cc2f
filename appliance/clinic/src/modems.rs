//! The clinic's modems: each is a line for faxes with one call at a time, as long as it is there, and answers when it has rung long enough.
//!
//! A fax over a modem is made durable exactly as one over a trunk: the attempt before its number is dialled, the reception's row before its
//! pages, each page before it is confirmed. A modem that vanishes ends its call with that cause; what was confirmed until then counts, and
//! the rest goes out when it is back, or over another line.

use std::collections::BTreeMap;
use std::time::Duration;

use fax::line::ModemCall;
use fax::session;
use model::event::{ModemIs, ModemState};
use model::fax::{Cause, Direction};
use model::settings::{FaxClass, Ring};
use model::trace::Mark;
use model::{AttemptId, CallId, Event, FaxId, Instant, Now, PhoneNumber};
use modem::caller::{self, Cadence, Caller};
use modem::keeper::News;
use modem::probe::Description;
use modem::{Event as Said, Order, Word};
use plan::{Facts, Target};
use store::effect::Effect;

use crate::lines::Line;
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output, outgoing};

/// A telephone rings every six seconds, elsewhere every five or ten. One that was silent for longer has given up, and the next ring is the
/// first of another call.
const RINGS_APART: Duration = Duration::from_secs(11);

/// Of a modem that speaks T.30 itself, as its class has it.
const WAITS: &str = " A page that comes is confirmed when it is stored: the modem waits for that.";
/// Of one that was seen not to.
const DOES_NOT_WAIT: &str = " It sends faxes, answers no calls and fetches nothing: it confirms pages before they are stored. \
                             If that is to be borne, its setting confirms_early = true lets it answer.";

/// So often in a row a modem may be seen not to wait: once it may have been their machine, which a person stopped.
const MOST_EARLY: u32 = 2;

/// What is known of one.
struct Known {
    is: ModemIs,
    sentence: String,
    /// What the model wants to be told before each call.
    setup: Vec<String>,
    max_bit_rate: u16,
    class: FaxClass,
    /// Its MMR can be trusted.
    mmr: bool,
    /// So long after it has said that a page may be sent it takes data.
    connect_delay: Duration,
    /// How often in a row it was seen to confirm a page before that was stored.
    confirmed_early: u32,
    /// The call that it has.
    call: Option<(CallId, Direction)>,
    rings: u32,
    /// Who calls, if the modem said so between two rings.
    caller: Option<Caller>,
    /// How the modem called the last ring, if it names them.
    ring: Option<Ring>,
    /// How long the bell was heard, if it tells that.
    cadence: Cadence,
    /// When the next ring is that of another call.
    quiet_at: Instant,
}

/// The modems by name.
#[derive(Default)]
pub(crate) struct Modems(BTreeMap<String, Known>);

impl Known {
    fn new(is: ModemIs, sentence: String) -> Self {
        Self {
            is,
            sentence,
            setup: Vec::new(),
            max_bit_rate: 0,
            class: FaxClass::One,
            mmr: true,
            connect_delay: Duration::ZERO,
            confirmed_early: 0,
            call: None,
            rings: 0,
            caller: None,
            ring: None,
            cadence: Cadence::default(),
            quiet_at: Instant::FAR_FUTURE,
        }
    }

    const fn is(&self) -> ModemIs {
        match (self.is, &self.call, self.rings) {
            (ModemIs::Ready, Some(_), _) => ModemIs::InCall,
            (ModemIs::Ready, None, 1..) => ModemIs::Ringing,
            (is, ..) => is,
        }
    }

    /// The call that rang is another's, or nobody's.
    fn forget_caller(&mut self) {
        (self.caller, self.ring, self.cadence) = (None, None, Cadence::default());
    }

    const fn may_answer(&self) -> bool {
        self.confirmed_early < MOST_EARLY
    }

    /// A call of ours may begin. One that is up is counted by the queue.
    const fn may_call(&self) -> bool {
        matches!((self.is(), &self.call), (ModemIs::Ready, _) | (ModemIs::InCall, Some((_, Direction::Out))))
    }
}

impl Modems {
    pub(crate) fn next_timeout(&self) -> Instant {
        self.0.values().map(|modem| modem.quiet_at).min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// True if faxes may go out by this one now.
    pub(crate) fn may_call(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Known::may_call)
    }

    /// True unless it was seen to confirm pages before they are stored.
    pub(crate) fn waits(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Known::may_answer)
    }

    /// Their states, in the order of the settings.
    pub(crate) fn states(&self, settings: &model::Settings) -> Vec<ModemState> {
        let state = |modem: &model::settings::Modem| {
            let known = self.0.get(&modem.name);
            let sentence = known.map_or_else(String::new, |known| known.sentence.clone());
            ModemState { name: modem.name.clone(), is: known.map_or(ModemIs::Probed, Known::is), sentence }
        };
        settings.modems.iter().map(state).collect()
    }

    /// The call takes it. False if it has one, or is not there.
    pub(crate) fn take(&mut self, name: &str, call: CallId, direction: Direction) -> bool {
        let Some(modem) = self.0.get_mut(name).filter(|modem| modem.is == ModemIs::Ready && modem.call.is_none())
        else {
            return false;
        };
        (modem.call, modem.rings, modem.quiet_at) = (Some((call, direction)), 0, Instant::FAR_FUTURE);
        modem.forget_caller();
        true
    }

    fn release(&mut self, name: &str, call: CallId) {
        if let Some(modem) = self.0.get_mut(name)
            && modem.call.is_some_and(|(own, _)| own == call)
        {
            modem.call = None;
        }
    }
}

impl Clinic {
    /// A modem has something to say, or its keeper of it.
    pub(crate) fn modem(&mut self, now: Now, name: &str, news: News) {
        if self.settings.modem(name).is_none() {
            return;
        }
        match news {
            News::Away(why) => self.modem_out_of_use(now, name, ModemIs::Away, why),
            News::Unfit(why) => self.modem_out_of_use(now, name, ModemIs::Unfit, why),
            News::Probed => self.modem_out_of_use(now, name, ModemIs::Probed, String::new()),
            News::Ready(found) => self.modem_ready(now, name, &found),
            News::Said(said) => self.modem_said(now, name, said),
        }
    }

    fn modem_ready(&mut self, now: Now, name: &str, found: &Description) {
        let Some(setting) = self.settings.modem(name) else { return };
        let (wish, waits_for_dial_tone) = (setting.class, setting.waits_for_dial_tone);
        let ring_command = setting.ring_command.clone();
        let mut sentence = found.sentence(wish);
        let Some(class) = found.class(wish) else {
            return self.modem_out_of_use(now, name, ModemIs::Unfit, sentence);
        };
        if class.speaks_t30() {
            sentence.push_str(WAITS);
        }
        tracing::info!(modem = name, what = %sentence, "a modem is ready");
        let mut known = Known::new(ModemIs::Ready, sentence);
        let quirks = found.quirks();
        known.setup = quirks.before_a_call(waits_for_dial_tone);
        known.setup.extend(ring_command);
        known.connect_delay = Duration::from_millis(quirks.connect_delay);
        (known.class, known.max_bit_rate, known.mmr) = (class, found.max_bit_rate(class), quirks.mmr);
        self.modems.0.insert(name.to_owned(), known);
        self.modems_changed();
    }

    fn modem_out_of_use(&mut self, now: Now, name: &str, is: ModemIs, why: String) {
        if is != ModemIs::Probed {
            tracing::warn!(modem = name, %why, "a modem cannot be used");
        }
        let before = self.modems.0.insert(name.to_owned(), Known::new(is, why));
        // First the line is gone, and then the attempt on it ends: the next one looks for another.
        self.modems_changed();
        if let Some((call, _)) = before.and_then(|before| before.call) {
            if self.lines.by_call.get(&call).is_some_and(|line| line.session.is_some()) {
                self.line_input(now, call, session::Input::ModemGone);
            } else {
                self.fax_never_began(now, call, Cause::ModemGone);
            }
        }
    }

    fn modem_said(&mut self, now: Now, name: &str, said: Said) {
        let Some(modem) = self.modems.0.get_mut(name) else { return };
        if let Some((call, _)) = modem.call {
            self.line_input(now, call, session::Input::Modem(said));
        } else if let Said::Text(line) = &said {
            // Some tell it before the first ring, and some of those who are named never ring.
            if let Some(caller) = caller::read(line) {
                modem.caller = Some(caller);
                modem.quiet_at = modem.quiet_at.min(now.instant + RINGS_APART);
            } else if let Some(ring) = caller::ring(line) {
                modem.ring = Some(ring);
            } else if let Some(bell) = caller::bell(line) {
                modem.cadence.hear(bell);
                modem.quiet_at = modem.quiet_at.min(now.instant + RINGS_APART);
            }
        } else if said == Said::Word(Word::Connect) {
            // It has answered by itself, or dialled for nobody: whoever is there waits for something that nobody says.
            tracing::warn!(modem = name, "a modem has a call that nobody wanted, and puts the line down");
            self.order_modem(name, Order::HangUp);
        } else if said == Said::Word(Word::Ring) && modem.is == ModemIs::Ready {
            let another = u32::from(modem.cadence.rings());
            modem.rings = if now.instant < modem.quiet_at { modem.rings + another } else { 1 };
            modem.quiet_at = now.instant + RINGS_APART;
            let (rings, caller) = (modem.rings, modem.caller.clone());
            let heard: Vec<_> = modem.ring.clone().into_iter().chain(modem.cadence.heard()).collect();
            self.modems_changed();
            let after = self.settings.modem(name).and_then(|modem| modem.answers_after);
            let may_answer = self.modems.0.get(name).is_some_and(Known::may_answer);
            if may_answer && after.is_some_and(|after| rings >= after) {
                self.answer_modem(now, name, caller, &heard);
            }
        }
    }

    /// A call whose faxes are not taken rings until the caller gives up: a telephone line has no other way to refuse it.
    fn is_blocked(&self, caller: Option<&Caller>, number: Option<&PhoneNumber>) -> bool {
        let withheld = caller == Some(&Caller::Withheld);
        let listed = |number: &PhoneNumber| self.fax_blocks.contains(number.as_str());
        match number {
            Some(number) => self.settings.faxing.blocks(Some(number)) || listed(number),
            // Of one that no line told us nothing is known, and no modem may make us deaf to all.
            None => withheld && self.settings.faxing.blocks(None),
        }
    }

    /// Those that do not ring any more.
    pub(crate) fn tick_modems(&mut self, now: Now) {
        let mut changed = false;
        for modem in self.modems.0.values_mut().filter(|modem| modem.quiet_at <= now.instant) {
            (modem.rings, modem.quiet_at) = (0, Instant::FAR_FUTURE);
            modem.forget_caller();
            changed = true;
        }
        if changed {
            self.modems_changed();
        }
    }

    /// Our fax machine answers a call on a modem's line.
    fn answer_modem(&mut self, now: Now, name: &str, caller: Option<Caller>, heard: &[Ring]) {
        let from = match &caller {
            Some(Caller::Number(digits)) => self.settings.numbering.parse(digits).ok(),
            _ => None,
        };
        if self.is_blocked(caller.as_ref(), from.as_ref()) {
            tracing::info!(modem = name, "a call of somebody whose faxes are not taken is not answered");
            return;
        }
        let call = CallId::new(now.wall, &mut self.random);
        if !self.vault.is_unlocked() || !self.modems.take(name, call, Direction::In) {
            return;
        }
        let fax = FaxId::new(now.wall, &mut self.random);
        let attempt = AttemptId::new(now.wall, &mut self.random);
        let setting = self.settings.modem(name);
        let rung = setting.and_then(|modem| heard.iter().find_map(|ring| modem.called_by(ring)).cloned());
        let own = rung.or_else(|| setting.and_then(|modem| modem.number.clone()));
        let called = own.unwrap_or_else(|| self.settings.fax_number.clone());
        let mut line = Line::new(Attempt { fax, id: attempt }, Direction::In, from.clone(), now);
        line.trace.note(now.wall, Mark::Good, format!("The modem “{name}” answers"), "");
        line.called = Some(called.clone());
        line.modem = Some(name.to_owned());
        self.lines.by_call.insert(call, line);
        let effect = Effect::BeginReceived { fax, attempt, from, to: called, line: name.to_owned(), at: now.wall };
        self.store(effect, Then::Began { call });
        self.modems_changed();
        self.begin_session(now, call);
    }

    /// How a modem's call begins, and how fast it may be; `None` if there is no such modem any more.
    pub(crate) fn modem_call(&self, name: &str, to: Option<&PhoneNumber>) -> Option<(ModemCall, u16)> {
        let (modem, known) = (self.settings.modem(name)?, self.modems.0.get(name)?);
        let number = to.map(|to| modem.dial(to, &self.settings.numbering));
        let call = ModemCall {
            number,
            setup: known.setup.clone(),
            class: known.class,
            mmr: known.mmr,
            connect_delay: known.connect_delay,
        };
        known.call.map(|_| (call, known.max_bit_rate.min(modem.speed)))
    }

    /// The attempt over a modem is written down: its number may be dialled, if the plan has not changed its mind.
    pub(crate) fn dial_by_modem(&mut self, now: Now, call: CallId, name: &str, to: &PhoneNumber) {
        let facts = Facts::new(&plan::Caller::Appliance, to, &self.settings, now.wall);
        let decision = self.plan.route(&facts);
        if !matches!(decision.target, Target::Trunk { .. }) {
            let why = decision.why.join(" ");
            if let Some(line) = self.lines.by_call.get_mut(&call) {
                line.trace.note(now.wall, Mark::Bad, "The plan does not let it out".to_owned(), why);
            }
            self.fax_never_began(now, call, Cause::NotAllowed);
            return;
        }
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let (ecm, speed) = (line.manner.ecm, line.manner.max_bit_rate);
        let ecm = if ecm { "error correction" } else { "no error correction" };
        line.trace.note(
            now.wall,
            Mark::Good,
            format!("Dialling over the modem “{name}”"),
            format!("up to {speed} bit/s, {ecm}"),
        );
        let fax = line.attempt.fax;
        if self.modems.0.get(name).is_none_or(|modem| modem.call.is_none_or(|(own, _)| own != call)) {
            // Unplugged while the attempt was being written down.
            self.fax_never_began(now, call, Cause::ModemGone);
            return;
        }
        self.load_for(now, call, fax);
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// An order of a session for its modem.
    pub(crate) fn order_modem(&mut self, name: &str, order: Order) {
        self.out.push_back(Output::Modem { name: name.to_owned(), order });
    }

    /// A reception over it has ended, and it waited to be told that the pages are stored, or did not. If it does not, no call is answered
    /// over it any more, unless its setting bears that.
    pub(crate) fn modem_waited(&mut self, name: &str, waited: bool) {
        if self.settings.modem(name).is_none_or(|modem| modem.confirms_early) {
            return;
        }
        let Some(modem) = self.modems.0.get_mut(name).filter(|modem| modem.may_answer()) else { return };
        modem.confirmed_early = if waited { 0 } else { modem.confirmed_early + 1 };
        if !modem.may_answer() {
            modem.sentence = modem.sentence.replace(WAITS, DOES_NOT_WAIT);
            tracing::warn!(modem = name, "a modem confirms pages before they are stored");
        }
    }

    /// The call is over.
    pub(crate) fn release_modem(&mut self, name: &str, call: CallId) {
        self.modems.release(name, call);
        self.modems_changed();
    }

    /// The queue and the console learn which can be used.
    fn modems_changed(&mut self) {
        self.faxes.set_lines(outgoing::queue_lines(&self.settings, &self.modems));
        self.out.push_back(Output::Event(Event::Lines));
    }
}
