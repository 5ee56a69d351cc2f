//! A received fax that is given to a colleague, or laid back: who may have it, what is said when somebody was faster, the mail to
//! whoever has it now, and what becomes of it when they may not see it any more.

use mail::compose::{self, GivenFacts};
use model::mail::MailPurpose;
use model::settings::{Person, Right};
use model::{CommandError, CommandOutcome, Event, FaxId, MailId, Now};
use store::effect::{Done, Effect, Handing, NotHanded, Staff, StoreError};
use store::rows::{FaxRow, OwnerRow};

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output};

impl Clinic {
    pub(crate) fn hand_fax(&mut self, id: u64, handing: Handing) {
        if let Some(Err(sentence)) = handing.to.as_deref().map(|user| self.may_have_faxes(user)) {
            self.reply(id, Err(CommandError::NotAllowed(sentence)));
            return;
        }
        let fax = handing.fax;
        self.store_if_open(id, Effect::HandFax(Box::new(handing)), Then::Handed { id, fax });
    }

    /// A person who may see faxes, or the sentence to say.
    fn may_have_faxes(&self, user: &str) -> Result<&Person, String> {
        let Some(person) = self.settings.person(user) else {
            return Err("There is no such person in the clinic. Nothing was changed.".to_owned());
        };
        if person.rights.contains(&Right::SeeFaxes) {
            return Ok(person);
        }
        Err(format!("{} may not see faxes, and cannot be given one. Nothing was changed.", person.name.expose()))
    }

    pub(crate) fn handed(&mut self, id: u64, fax: FaxId, result: Result<Done, StoreError>) {
        let answer = match result {
            Ok(Done::NotHanded(why)) => Err(CommandError::NotNow(self.not_handed(&why))),
            Ok(done) => {
                if let Done::Outboxed(entry) = &done {
                    self.tell(entry);
                }
                self.out.push_back(Output::Event(Event::Fax(fax)));
                Ok(CommandOutcome::Done)
            }
            Err(error) => Err(not_stored(&error)),
        };
        self.reply(id, answer);
    }

    fn not_handed(&self, why: &NotHanded) -> String {
        match why {
            NotHanded::IsOf(Some(user)) => {
                let name = self.settings.person(user).map_or(user.as_str(), |person| person.name.expose());
                format!("{name} has this fax now: somebody was faster. Nothing was changed.")
            }
            NotHanded::IsOf(None) => {
                "Nobody has this fax now: somebody has laid it back. Nothing was changed.".to_owned()
            }
            NotHanded::Done => {
                "This fax is done with. Say first that it is not, if somebody is to look after it again.".to_owned()
            }
            NotHanded::Junk => {
                "This fax is junk. Say first that it is none, if somebody is to look after it.".to_owned()
            }
        }
    }

    /// Says who is in the clinic. Settings that are saved say so themselves; this is for those of a start, which may be others than the last ones here.
    pub(crate) fn say_staff(&mut self, now: Now) {
        if !self.keeping_settings {
            self.store(Effect::StaffIs(Staff::of(&self.settings), now.wall), Then::LaidBack);
        }
    }

    /// Faxes wait for a person again, of whose owners none may see them.
    pub(crate) fn laid_back(&mut self, done: Option<Done>) {
        if let Some(Done::LaidBack(faxes)) = done {
            self.out.extend(faxes.into_iter().map(|fax| Output::Event(Event::Fax(fax))));
        }
    }

    /// Word to whoever was given a fax, unless they have given it on, or may not see faxes any more.
    pub(crate) fn tell_given(
        &mut self,
        now: Now,
        (entry, change): (u64, u64),
        row: &FaxRow,
        result: Result<Done, StoreError>,
    ) {
        let owners = match result {
            Ok(Done::Owners(owners)) => owners,
            _ => Vec::new(),
        };
        let given = owners.iter().find(|owner| owner.id == change && owner.owner == row.owner);
        let mails = given.and_then(|given| self.given_mail(now, row, given)).into_iter().collect();
        self.queue_mails(mails, Some(entry));
    }

    fn given_mail(&mut self, now: Now, row: &FaxRow, given: &OwnerRow) -> Option<store::effect::NewOutgoing> {
        let to = self.may_have_faxes(given.owner.as_deref()?).ok()?.mail.clone()?;
        let id = MailId::new(now.wall, &mut self.random);
        let (by, at) = (given.by.as_str(), now.wall);
        let facts = GivenFacts { id, at, to: &to, settings: &self.settings, fax: row, by, given: given.at };
        let body = compose::given_fax(&facts);
        Some(self.outgoing(id, MailPurpose::GivenFax(row.id), to, body, now))
    }
}
