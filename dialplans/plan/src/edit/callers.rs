//! Rules for some callers: who is led elsewhere, or marked. The first that fits holds.

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_list, set_place, set_text};
use crate::destination::Destination;

/// Some callers are led elsewhere, or marked for those whom they ring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerRule {
    /// How their numbers begin: "+1900".
    pub numbers: Vec<String>,
    /// It is for those who show no number, too.
    pub hidden: bool,
    /// Which numbers of the clinic they call, as the plan writes them ("main"); none: all but those of fax machines.
    pub called: Vec<String>,
    /// Where they are led.
    pub to: Option<Destination>,
    /// What phones show before their names.
    pub label: Option<String>,
}

const CALLERS: &str = "callers";
/// In the place of a number: whoever shows none.
const HIDDEN: &str = "hidden";

impl CallerRule {
    fn written(&self) -> Vec<String> {
        self.numbers.iter().cloned().chain(self.hidden.then(|| HIDDEN.to_owned())).collect()
    }
}

impl Editor {
    /// The rules, in their order.
    pub fn caller_rules(&self) -> Vec<CallerRule> {
        let rule = |n: usize| {
            let n = n.to_string();
            let path = [CALLERS, n.as_str()];
            let (hidden, numbers): (Vec<_>, Vec<_>) =
                self.text.strings(&path, "numbers").into_iter().partition(|number| number == HIDDEN);
            CallerRule {
                numbers,
                hidden: !hidden.is_empty(),
                called: self.text.strings(&path, "called"),
                to: self.text.string(&path, "to").and_then(|to| Destination::parse(&to)),
                label: self.text.string(&path, "label"),
            }
        };
        (0..self.text.count(CALLERS)).map(rule).collect()
    }

    /// The numbers of the clinic that the plan answers, as it writes them.
    pub fn own_numbers(&self) -> Vec<String> {
        let number = |n: usize| self.text.string(&["inbound", &n.to_string()], "number");
        (0..self.text.count("inbound")).filter_map(number).collect()
    }

    pub(super) fn set_caller_rule(&self, text: &mut Text, n: usize, new: &CallerRule) -> Result<(), Refusal> {
        let old = self.caller_rules().into_iter().nth(n).ok_or(Refusal::Gone)?;
        let n = n.to_string();
        let path = [CALLERS, n.as_str()];
        if (&old.numbers, old.hidden) != (&new.numbers, new.hidden) {
            text.set(&path, "numbers", &list(&new.written()))?;
        }
        set_list(text, &path, "called", &old.called, &new.called)?;
        set_place(text, &path, "to", new.to.as_ref())?;
        set_text(text, &path, "label", new.label.as_deref())
    }

    pub(super) fn take_of(&self, text: &mut Text, name: &str, n: usize) -> Result<(), Refusal> {
        if n >= self.text.count(name) {
            return Err(Refusal::Gone);
        }
        text.take(&[name, &n.to_string()])
    }

    /// It is asked before the one that was before it.
    pub(super) fn raise_of(&self, text: &mut Text, name: &str, n: usize) -> Result<(), Refusal> {
        match n.checked_sub(1) {
            Some(before) if n < self.text.count(name) => text.swap(name, before, n),
            _ => Err(Refusal::Gone),
        }
    }
}

pub(super) fn add_caller_rule(text: &mut Text, new: &CallerRule) -> Result<(), Refusal> {
    let mut lines = vec![("numbers", list(&new.written()))];
    if !new.called.is_empty() {
        lines.push(("called", list(&new.called)));
    }
    lines.extend(new.to.as_ref().map(|to| ("to", quoted(&to.to_string()))));
    lines.extend(new.label.as_ref().map(|label| ("label", quoted(label))));
    text.push(CALLERS, &lines)
}
