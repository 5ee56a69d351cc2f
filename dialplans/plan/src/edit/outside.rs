//! What may be called outside, by whom and over which trunks; how help is called, and who is told; who takes a call that was led outside.

use std::collections::BTreeMap;

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_list};
use crate::Class;

/// What some people may call otherwise than all, or over which trunks. The first that fits decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRight {
    /// Extensions; none: everybody.
    pub people: Vec<String>,
    /// How the numbers begin; none: all.
    pub numbers: Vec<String>,
    /// Their kinds, by their words ("international"); none: all.
    pub kinds: Vec<String>,
    /// Trunks, in the order to try them; none: such calls are refused.
    pub over: Vec<String>,
}

/// How help is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// Numbers beside those of the country.
    pub numbers: Vec<String>,
    /// Trunks that are tried before all others.
    pub trunks: Vec<String>,
    /// Whose phones say that somebody calls for help; none: everybody's.
    pub alert: Vec<String>,
}

pub(super) const RIGHTS: &str = "rights";
const OUTSIDE: [&str; 1] = ["outside"];
const EMERGENCY: [&str; 1] = ["emergency"];
const OFF: &str = "off";

impl Editor {
    /// Over which trunks each kind of number is called, in their order, by the word of the kind; none: not at all.
    pub fn outside(&self) -> BTreeMap<&'static str, Vec<String>> {
        Class::ALL.map(|class| (class.word(), self.trunks_at(&OUTSIDE, class.word()))).into()
    }

    fn trunks_at(&self, path: &[&str], key: &str) -> Vec<String> {
        let mut trunks = self.text.strings(path, key);
        trunks.retain(|trunk| trunk != OFF);
        trunks
    }

    pub(super) fn set_outside(
        &self,
        text: &mut Text,
        new: &BTreeMap<&'static str, Vec<String>>,
    ) -> Result<(), Refusal> {
        let old = self.outside();
        let other = new.iter().filter(|(kind, trunks)| old.get(*kind) != Some(*trunks));
        other.into_iter().try_for_each(|(kind, trunks)| text.set(&OUTSIDE, kind, &over(trunks)))
    }

    /// What some people may call otherwise, in the order in which it is asked.
    pub fn call_rights(&self) -> Vec<CallRight> {
        let right = |n: usize| {
            let n = n.to_string();
            let path = [RIGHTS, n.as_str()];
            CallRight {
                people: self.text.strings(&path, "people"),
                numbers: self.text.strings(&path, "numbers"),
                kinds: self.text.strings(&path, "kinds"),
                over: self.trunks_at(&path, "over"),
            }
        };
        (0..self.text.count(RIGHTS)).map(right).collect()
    }

    pub(super) fn set_right(&self, text: &mut Text, n: usize, new: &CallRight) -> Result<(), Refusal> {
        let old = self.call_rights().into_iter().nth(n).ok_or(Refusal::Gone)?;
        let n = n.to_string();
        let path = [RIGHTS, n.as_str()];
        set_list(text, &path, "people", &old.people, &new.people)?;
        set_list(text, &path, "numbers", &old.numbers, &new.numbers)?;
        set_list(text, &path, "kinds", &old.kinds, &new.kinds)?;
        if old.over == new.over { Ok(()) } else { text.set(&path, "over", &over(&new.over)) }
    }

    /// How help is called, also where the plan says nothing of it.
    pub fn help(&self) -> Help {
        let strings = |key| self.text.strings(&EMERGENCY, key);
        Help { numbers: strings("numbers"), trunks: strings("trunks"), alert: strings("alert") }
    }

    pub(super) fn set_help(&self, text: &mut Text, new: &Help) -> Result<(), Refusal> {
        let old = self.help();
        set_list(text, &EMERGENCY, "numbers", &old.numbers, &new.numbers)?;
        set_list(text, &EMERGENCY, "trunks", &old.trunks, &new.trunks)?;
        set_list(text, &EMERGENCY, "alert", &old.alert, &new.alert)
    }

    /// Whoever answers a call outside that nobody took inside presses 1 to take it.
    pub const fn press_1(&self) -> bool {
        self.plan.press_1
    }

    pub(super) fn set_press_1(&self, text: &mut Text, new: bool) -> Result<(), Refusal> {
        if self.plan.press_1 == new { Ok(()) } else { text.set(&["forwarding"], "press_1", &new.to_string()) }
    }
}

pub(super) fn add_right(text: &mut Text, new: &CallRight) -> Result<(), Refusal> {
    let listed = [("people", &new.people), ("numbers", &new.numbers), ("kinds", &new.kinds)];
    let listed = listed.into_iter().filter(|(_, all)| !all.is_empty());
    let mut lines: Vec<_> = listed.map(|(key, all)| (key, list(all))).collect();
    lines.push(("over", over(&new.over)));
    text.push(RIGHTS, &lines)
}

/// As people write it.
fn over(trunks: &[String]) -> String {
    match trunks {
        [] => quoted(OFF),
        [one] => quoted(one),
        all => list(all),
    }
}
