//! What leads elsewhere, and what is not there any more.

use plan::Destination;
use plan::edit::{By, Editor, GroupOf, Lead, Number, Source};

use super::super::forms::{extension_said, place_said};
use super::super::numbers::{answers_said, number_said, unsaid};
use super::super::removal::source_said;
use super::Both;

impl Both<'_> {
    /// The numbers of the clinic.
    pub(super) fn numbers(&self) -> Vec<String> {
        let (old, new, mut said) = (self.before.numbers(), self.after.numbers(), Vec::new());
        let to = |own: &Number| answers_said(self.ctx, &own.to);
        let label = |own: &Number| own.label.clone().unwrap_or_else(|| self.ctx.t("numbers-no-label"));
        for new in &new {
            let name = number_said(self.ctx, &new.number);
            let Some(old) = old.iter().find(|old| old.number == new.number) else {
                said.push(self.with("diff-new-number", &[("name", &name), ("to", &to(new))]));
                if new.label.is_some() {
                    said.push(self.with("diff-new-label", &[("name", &name), ("label", &label(new))]));
                }
                continue;
            };
            // Whoever rings for it before and after is said of the group.
            if old.to != new.to && !(is_group(self.before, &new.number) && is_group(self.after, &new.number)) {
                let what = format!("{name}, {}", self.ctx.t("diff-leads-to"));
                said.push(self.turned(&what, &to(old), &to(new)));
            }
            if old.label != new.label {
                let what = format!("{name}, {}", self.ctx.t("diff-label"));
                said.push(self.turned(&what, &label(old), &label(new)));
            }
        }
        for gone in old.iter().filter(|old| !new.iter().any(|new| new.number == old.number)) {
            let (name, was) = (number_said(self.ctx, &gone.number), to(gone));
            said.push(match unsaid(self.ctx, &gone.number) {
                Some(key) => self.turned(&format!("{name}, {}", self.ctx.t("diff-leads-to")), &was, &self.ctx.t(key)),
                None => self.with("diff-number-gone", &[("name", &name), ("to", &was)]),
            });
        }
        said
    }

    /// What is not there any more.
    pub(super) fn gone(&self) -> Vec<String> {
        let is_gone = |step: &Destination| !self.after.has(step);
        let gone = |step: Destination| match &step {
            Destination::Extension(number) if self.ctx.settings.extension(number).is_some() => {
                self.with("diff-gone-own", &[("name", &place_said(self.ctx, &step))])
            }
            _ => self.with("diff-gone", &[("name", &place_said(self.ctx, &step))]),
        };
        let hours = self.after.weeks();
        let no_hours = self.before.weeks().into_iter().filter(|old| !hours.iter().any(|new| new.name == old.name));
        let no_hours = no_hours.map(|week| self.with("diff-gone-hours", &[("name", &week.name)]));
        self.before.steps().into_iter().filter(is_gone).map(gone).chain(no_hours).collect()
    }

    /// What leads elsewhere and is said by nothing else: an extension that leads on, and what comes after a group that a number rings.
    pub(super) fn leads(&self) -> Vec<String> {
        let (old, new) = (self.before.leads(), self.after.leads());
        let word = |lead: &Lead| match (&lead.from, &lead.by) {
            (Source::Step(_), By::Word("to")) => Some("diff-leads-to"),
            (Source::Number(number), _) if is_group(self.before, number) => None,
            (Source::Number(_), By::Word("nobody")) => Some("lead-nobody"),
            (Source::Number(_), By::Word("busy")) => Some("lead-busy"),
            (Source::Number(_), By::Word("unreachable")) => Some("lead-unreachable"),
            _ => None,
        };
        let turned = |lead: &Lead| {
            let how = word(lead)?;
            let now = new.iter().find(|now| (&now.from, &now.by) == (&lead.from, &lead.by) && now.to != lead.to)?;
            let what = format!("{}, {}", source_said(self.ctx, &lead.from), self.ctx.t(how));
            Some(self.turned(&what, &place_said(self.ctx, &lead.to), &place_said(self.ctx, &now.to)))
        };
        let came = self.after.leading().iter().filter(|(number, _)| !self.before.leading().contains_key(*number));
        let came = came.map(|(number, to)| {
            let (name, to) = (extension_said(self.ctx, number), place_said(self.ctx, to));
            self.with("diff-new-lead", &[("name", &name), ("to", &to)])
        });
        old.iter().filter_map(turned).chain(came).collect()
    }
}

fn is_group(editor: &Editor, number: &str) -> bool {
    editor.groups().iter().any(|group| group.of == GroupOf::Number(number.to_owned()))
}
