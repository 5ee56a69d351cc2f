//! Somebody of a queue is asked to call a caller back who left it: their phone rings, they hear whom, and press 1. Only then is the caller
//! called, and only after the store has it that they are.

use std::time::Duration;

use media::sdp::{Direction, Formats};
use model::call::{CallEnd, Fault, Party};
use model::trace::Mark;
use model::{Callback, Language, PhoneNumber};
use plan::{Caller, Next};
use prompts::Prompt;

use crate::api::Event;
use crate::call::entry::Side;
use crate::call::guest::{Guest, Said};
use crate::call::peer::Who;
use crate::call::route::Route;
use crate::call::search::Search;
use crate::call::seeking::{self, Found};
use crate::call::way::Journey;
use crate::call::{CallEvent, Seeking, Stage};
use crate::callback::Ask;
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;
use crate::tolls::Toll;
use crate::words::said;

/// How long whoever answered may take to press the key, after the words.
const ACKNOWLEDGE: Duration = Duration::from_secs(15);
/// How long the store may take.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// The key that takes it.
const TAKE: char = '1';

/// What a stage is told about somebody who is to be called back.
pub(crate) enum Callout {
    /// They are on the list, durably, or are not.
    Kept(bool),
    /// They are called now, like this.
    Dial(Box<Errand>),
    /// They cannot be called now.
    NotNow,
}

/// How they are called.
pub(crate) struct Errand {
    pub(crate) trunk: String,
    pub(crate) or: Vec<String>,
    pub(crate) number: PhoneNumber,
    pub(crate) toll: Option<Toll>,
    pub(crate) why: Vec<String>,
    /// By whose rights.
    pub(crate) caller: Caller,
}

/// The stage.
pub(crate) struct CallingBack {
    callback: Callback,
    now: Doing,
}

enum Doing {
    /// Phones of the queue ring.
    Ringing(Box<Search>),
    /// One has answered and hears whom to call.
    Asking(Box<Guest>),
    /// They have pressed the key: the store learns that the number is dialled.
    Starting(Box<Guest>),
    /// They hear that it cannot be.
    Sorry(Box<Guest>),
}

impl CallingBack {
    pub(crate) fn begin(callback: Callback, extensions: Vec<String>, ring: Duration, step: &mut Step<'_>) -> Stage {
        let title = format!("The queue {} calls somebody back", callback.queue);
        step.note(Mark::Good, title, "they kept their place");
        let party = Party { number: Some(callback.number.clone()), name: callback.name.clone() };
        let caller = Who { party, ..Who::default() };
        let route = Route::phones(extensions, None, ring).of_group(true);
        let Some(line) = step.open(Side::Caller) else { return step.finish(Ending::overload()) };
        let mut search = Search::new(line, Formats::ours(), Direction::SendRecv, caller, route);
        search.begin(step);
        if !search.goes_on(step) {
            let ending = search.exhausted();
            return step.finish(ending);
        }
        Stage::CallingBack(Box::new(Self { callback, now: Doing::Ringing(Box::new(search)) }))
    }

    /// Whose phone has taken it, while the store learns that.
    pub(crate) fn user(&self) -> Option<String> {
        match &self.now {
            Doing::Starting(guest) => guest.peer.who.user.clone(),
            Doing::Ringing(_) | Doing::Asking(_) | Doing::Sorry(_) => None,
        }
    }

    pub(crate) fn on(self, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let Self { callback, now } = self;
        match now {
            Doing::Ringing(search) => Self::ringing(callback, search, event, step),
            Doing::Asking(guest) => Self::asking(callback, guest, event, step),
            Doing::Starting(guest) => Self::starting(callback, guest, event, step),
            Doing::Sorry(mut guest) => match guest.on(event, step) {
                Err(ending) => step.finish(ending),
                Ok(Said::Over | Said::Other(CallEvent::Timer(CallTimer::Key))) => {
                    step.finish(Ending::new(CallEnd::HungUp, Fault::None))
                }
                Ok(_) => Self::go_on(callback, Doing::Sorry(guest)),
            },
        }
    }

    fn go_on(callback: Callback, now: Doing) -> Stage {
        Stage::CallingBack(Box::new(Self { callback, now }))
    }

    fn ringing(callback: Callback, mut search: Box<Search>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        if let CallEvent::HangUp(why) = event {
            step.note(Mark::Warn, why.sentence(), "");
            return step.finish(Ending::new(CallEnd::HungUp, Fault::None));
        }
        match seeking::on(&mut search, event, step) {
            Found::Nothing => Self::go_on(callback, Doing::Ringing(search)),
            Found::Nobody(ending) => step.finish(ending),
            Found::Somebody(agent) => {
                search.taken(step);
                step.card.from = agent.who.party.clone().into();
                let mut guest = Guest::new(*agent);
                guest.hears_all(Self::whom(&callback, step.site.settings.language), step);
                step.set(CallTimer::Key, ACKNOWLEDGE);
                Self::go_on(callback, Doing::Asking(Box::new(guest)))
            }
        }
    }

    /// "Somebody of the queue wants to be called back: … To call them now, press 1."
    fn whom(callback: &Callback, language: Language) -> Vec<media::Sound> {
        let mut words = vec![Prompt::CallbackFor];
        words.extend(prompts::digits(callback.number.as_str()));
        words.push(Prompt::CallbackCall);
        said(&words, language)
    }

    fn asking(callback: Callback, mut guest: Box<Guest>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match guest.on(event, step) {
            Err(ending) => step.finish(ending),
            Ok(Said::Key(TAKE)) => {
                guest.hears_nothing(step);
                step.note(Mark::Good, format!("{} takes it", guest.peer.who.said()), "");
                step.set(CallTimer::Key, ANSWER_WAIT);
                step.event(Event::Callback { call: Some(step.card.id), ask: Ask::Start(callback.id) });
                Self::go_on(callback, Doing::Starting(guest))
            }
            Ok(Said::Over) => {
                step.set(CallTimer::Key, ACKNOWLEDGE);
                Self::go_on(callback, Doing::Asking(guest))
            }
            Ok(Said::Key(_) | Said::Other(CallEvent::Timer(CallTimer::Key))) => {
                step.note(Mark::Warn, format!("{} did not take it", guest.peer.who.said()), "");
                step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee))
            }
            Ok(Said::Nothing | Said::Other(_)) => Self::go_on(callback, Doing::Asking(guest)),
        }
    }

    fn starting(callback: Callback, mut guest: Box<Guest>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match guest.on(event, step) {
            Err(ending) => step.finish(ending),
            Ok(Said::Other(CallEvent::Callback(Callout::Dial(errand)))) => Self::dial(&callback, *guest, *errand, step),
            Ok(Said::Other(CallEvent::Callback(Callout::NotNow) | CallEvent::Timer(CallTimer::Key))) => {
                step.note(Mark::Warn, "They cannot be called now", "");
                guest.hears_all(said(&[Prompt::NotPossible], step.site.settings.language), step);
                step.set(CallTimer::Key, ACKNOWLEDGE);
                Self::go_on(callback, Doing::Sorry(guest))
            }
            Ok(_) => Self::go_on(callback, Doing::Starting(guest)),
        }
    }

    fn dial(callback: &Callback, guest: Guest, errand: Errand, step: &mut Step<'_>) -> Stage {
        step.clear(CallTimer::Key);
        for why in errand.why {
            step.note(Mark::Detail, why, "");
        }
        if let Some(calling) = &mut step.card.callback {
            calling.dialled = true;
        }
        step.card.tolls.extend(errand.toll);
        step.card.tape.speaks(callback.language);
        let journey = Journey::new(errand.caller, callback.number.clone(), callback.language);
        let route = Route::trunk(errand.trunk, errand.or, errand.number);
        Seeking::begin(guest, journey, route, Next::default(), step)
    }
}
