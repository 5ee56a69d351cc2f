//! Who manages records by phone what callers hear: by a code and the number at which it is heard, or by an order of the console, at which their
//! own phones ring.

use model::call::Party;
use model::fax::Direction;
use model::settings::Right;
use model::{CallId, CommandError, Language, Now, PhoneNumber, Recordable};
use plan::{Caller, Facts, Service, Words};
use prompts::Prompt;

use crate::api::{Event, Output};
use crate::call::entry::{Card, Entry};
use crate::call::told::Outcome;
use crate::call::{Done, Script, Studio};
use crate::pbx::Pbx;
use crate::words::may_not_record;

impl Pbx {
    /// What the code comes to with this number behind it.
    pub(super) fn may_record(&self, now: Now, user: &str, digits: &str) -> Done {
        let no = |why: &str, word| Done::Told(Outcome::refused(why, word));
        let person = self.site.settings.person(user);
        let Some(person) = person.filter(|person| person.rights.contains(&Right::Manage)) else {
            return no("Only who manages records what callers hear.", Prompt::NotAllowed);
        };
        match self.heard_at(now, user, digits) {
            Ok(what) => Done::Record(Script { by: person.user.clone(), extension: person.extension.clone(), what }),
            Err(why) => no(why, Prompt::NotPossible),
        }
    }

    /// What somebody hears who calls this number now, as the one recording that says it.
    fn heard_at(&self, now: Now, user: &str, digits: &str) -> Result<Recordable, &'static str> {
        let number = self.site.read(digits).map_err(|_| "What follows the code is no number.")?;
        let caller = Caller::Extension { user: user.to_owned() };
        let facts = Facts::new(&caller, &number, &self.site.settings, now.wall);
        let target = self.site.plan.route(&Facts { night: self.site.night(now.wall), ..facts }).target;
        let words = target.words().ok_or("What follows the code leads to nothing that the plan says.")?;
        let what = recordable(words, self.site.settings.language)
            .ok_or("What is said there is not one recording: the console has each of them.")?;
        match may_not_record(&self.site.plan, &what, 0) {
            Some(why) => Err(why),
            None => Ok(what),
        }
    }

    /// A person orders it in the console.
    pub(super) fn record_by_phone(&mut self, now: Now, order: u64, user: String, what: Recordable) {
        let result = self.ring_for_recording(now, &user, what);
        self.out.push_back(Output::Event(Event::StudioRings { order, result }));
    }

    fn ring_for_recording(&mut self, now: Now, user: &str, what: Recordable) -> Result<(), CommandError> {
        let not_now = |sentence: &str| Err(CommandError::NotNow(sentence.to_owned()));
        let Some(person) = self.site.settings.person(user).cloned() else {
            return Err(CommandError::NotAllowed("Only a person of the clinic has a phone that can ring.".to_owned()));
        };
        if self.registrar.phones(user).is_empty() {
            return not_now("None of your phones is connected. Nothing was changed.");
        }
        let up = || self.calls.values().filter(|entry| entry.ending().is_none());
        if up().any(|entry| entry.stage.as_ref().and_then(|stage| stage.records_for_callers()) == Some(user)) {
            return not_now("Your phone rings for a recording already, or you are recording one. Nothing was changed.");
        }
        if up().count() >= self.limits.calls {
            return not_now("Frontdesk carries as many calls as it may. Nothing was changed; try again.");
        }
        // What the phone shows, and what stands on Calls: the code that does the same, if the plan has one.
        let code = self.site.plan.code(Service::Record).and_then(|code| self.site.read(code).ok());
        let to = Party { number: code, name: self.site.settings.clinic_name.clone().into() };
        let from = Party { number: Some(PhoneNumber::Internal(person.extension.clone())), name: person.name.clone() };
        let call = CallId::new(now.wall, &mut self.random);
        self.calls.insert(call, Entry::new(Card::new(call, Direction::Out, from, to, now.wall)));
        let script = Script { by: person.user, extension: person.extension, what };
        self.begin(now, call, |step| Studio::ring(script, step));
        Ok(())
    }
}

/// The one recording that says these words: the prompt that they name, or that of the step which only writes them. `None` where they are several.
fn recordable(words: &Words, language: Language) -> Option<Recordable> {
    match words.prompts.as_slice() {
        [one] => {
            let (only, name) = prompts::of_plan(one);
            Some(Recordable::Prompt { language: only.unwrap_or(language), name: name.to_owned() })
        }
        [] if words.are_written() => Some(Recordable::Prompt { language, name: words.step.clone() }),
        _ => None,
    }
}
