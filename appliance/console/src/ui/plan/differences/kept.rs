//! Rooms, parking, codes, messages and recordings that are otherwise.

use plan::edit::{Editor, Recording};

use super::super::super::Ctx;
use super::super::codes::{code_facts, page_facts};
use super::super::kept::{mailbox_facts, recording_facts};
use super::super::rooms::{park_facts, pin_said};
use super::Both;

impl Both<'_> {
    pub(super) fn rooms(&self) -> Vec<String> {
        let (old, new) = (self.before.rooms(), self.after.rooms());
        let mut said = Vec::new();
        for room in &new {
            let who = pin_said(self.ctx, room);
            let args = [("number", room.number.as_str()), ("who", &who)];
            match old.iter().find(|own| own.number == room.number) {
                None => said.push(self.with("diff-room-new", &args)),
                Some(own) if own.pin == room.pin => {}
                Some(own) if own.pin.is_some() && room.pin.is_some() => {
                    said.push(self.with("diff-room-other-pin", &args));
                }
                Some(_) => said.push(self.with("diff-room-pin", &args)),
            }
        }
        let gone = old.iter().filter(|room| new.iter().all(|own| own.number != room.number));
        said.extend(gone.map(|room| self.with("diff-room-gone", &[("number", room.number.as_str())])));
        let park = [self.before, self.after].map(|editor| park_facts(self.ctx, &editor.parking()));
        said.extend(self.facts_turned("park-title", park));
        said
    }

    pub(super) fn codes(&self) -> Vec<String> {
        let codes = [self.before, self.after].map(|editor| code_facts(self.ctx, editor.plan()));
        let mut said = self.facts_turned("codes-codes", codes);
        let groups = [self.before, self.after].map(|editor| page_facts(self.ctx, editor.plan()));
        said.extend(self.facts_turned("page-title", groups));
        said
    }

    pub(super) fn kept(&self) -> Vec<String> {
        let messages = [self.before, self.after].map(|editor| mailbox_facts(self.ctx, &editor.mailboxes()));
        let mut said = self.facts_turned("mailbox-title", messages);
        let recordings = [self.before, self.after].map(Editor::recording);
        said.extend(self.begun("records-title", recordings, Recording::default(), recording_facts));
        said
    }

    /// What of something is another that may not be there, whose first fact says whether it is. What begins is told apart from what is usual; of
    /// what ends there is nothing more to say.
    pub(super) fn begun<T>(
        &self,
        of: &str,
        [old, new]: [Option<T>; 2],
        usual: T,
        facts: impl Fn(&Ctx, Option<&T>) -> Vec<(String, String)>,
    ) -> Vec<String> {
        let first = [&old, &new].map(|own| facts(self.ctx, own.as_ref()).into_iter().take(1).collect());
        let mut said = self.facts_turned(of, first);
        if let Some(new) = &new {
            let rest = [&old.unwrap_or(usual), new].map(|own| facts(self.ctx, Some(own)).into_iter().skip(1).collect());
            said.extend(self.facts_turned(of, rest));
        }
        said
    }

    /// What of these facts is another, each with what it was.
    pub(super) fn facts_turned(&self, of: &str, [old, new]: [Vec<(String, String)>; 2]) -> Vec<String> {
        let other = old.into_iter().zip(new).filter(|((_, before), (_, after))| before != after);
        let of = self.ctx.t(of);
        other.map(|((what, before), (_, after))| self.turned(&format!("{of}, {what}"), &before, &after)).collect()
    }
}
