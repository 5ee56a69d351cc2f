//! Calls that go elsewhere than to whom they were for: forwardings, and phones that say so themselves. Whoever forwards is the caller whose
//! rights and limits count for the way on.

use model::switches::Forward;
use model::{CallId, Now, PhoneNumber};
use plan::{Caller, Decision, Destination, Missed, Target};

use crate::call::{Ask, CallEvent, Onward};
use crate::pbx::Pbx;
use crate::pbx::arrivals::CarrierSays;

/// Forwardings that one call follows: somebody's cover, and theirs, and one more. A longer way is a mistake.
const MAX_FORWARDS: usize = 4;

/// What a call comes to after all that those who are called have switched.
pub(crate) struct Followed {
    /// Whose rights and limits count: those of whoever forwarded last.
    pub(crate) payer: Caller,
    pub(crate) decision: Decision,
    /// It is refused since nobody there wants to be called, or since it cannot go where their calls go; and this is where the plan leads it
    /// then.
    pub(crate) unwanted: Option<Destination>,
}

impl Pbx {
    /// Follows what those who are called have switched, until somebody rings or the call leaves the clinic.
    pub(crate) fn follow(
        &mut self,
        mut payer: Caller,
        mut decision: Decision,
        passed: &mut Vec<String>,
        now: Now,
    ) -> Followed {
        let (mut unwanted, mut after) = (None, None);
        while let Target::Ring { extensions, group, then, .. } = &mut decision.target {
            // Whose calls go to somebody of whom the plan says no more still has a next step.
            after = then.after(Missed::NotDisturbed).cloned().or(after);
            let alone = extensions.first().filter(|_| !*group);
            let Some(one) = alone else {
                let all = extensions.len();
                self.without_absent(extensions);
                let left_out = all - extensions.len();
                if extensions.is_empty() {
                    unwanted = after;
                    decision.why.push("Nobody of them takes calls now.".to_owned());
                    decision.target = refuse(480, "Nobody there takes calls now.");
                } else if left_out > 0 {
                    decision.why.push(format!(
                        "Left out, since they do not want to be disturbed or forward their calls: {left_out}."
                    ));
                }
                break;
            };
            let one = one.clone();
            let Some((to, because)) = self.elsewhere(&payer, &one, passed) else { break };
            let Some(to) = to else {
                unwanted = after;
                decision.why.push(because);
                decision.target = refuse(486, "The person does not want to be disturbed.");
                break;
            };
            let Some(next) = self.forwarded(&one, &to, now) else { break };
            passed.push(one);
            let mut why = std::mem::take(&mut decision.why);
            why.push(because);
            why.extend(next.1.why);
            (payer, decision) = (next.0, Decision { why, ..next.1 });
            unwanted = after.clone().filter(|_| self.has_no_way(&mut decision));
        }
        Followed { payer, decision, unwanted }
    }

    /// True if a call cannot go where somebody forwards it: it may not, or every channel of the trunk is in use, which is said then.
    fn has_no_way(&self, decision: &mut Decision) -> bool {
        if self.no_channel(&decision.target) {
            let full = "Every channel of the trunk is in use.";
            decision.why.push(full.to_owned());
            decision.target = refuse(480, full);
        }
        matches!(decision.target, Target::Refuse { .. })
    }

    /// Takes out of a group who does not want to be disturbed, and whose calls are somewhere else: a group that followed one member's
    /// forwarding would ring in the wrong place, or end in their voicemail.
    fn without_absent(&self, extensions: &mut Vec<String>) {
        let switches = &self.site.switches;
        extensions.retain(|e| !switches.is_disturbed_by_nothing(e) && switches.forward(e, Forward::Always).is_none());
    }

    /// Where calls of this extension go at once, and why; `None` in the place of a number if nowhere.
    fn elsewhere(&self, caller: &Caller, one: &str, passed: &[String]) -> Option<(Option<PhoneNumber>, String)> {
        if passed.len() >= MAX_FORWARDS || passed.iter().any(|p| p == one) {
            return None;
        }
        let own = self.site.switches.of(one)?;
        // To whom the calls of somebody go may still call them.
        let calls = match caller {
            Caller::Extension { user } => self.site.settings.person(user).map(|p| p.extension.as_str()),
            Caller::Device | Caller::Trunk { .. } | Caller::Appliance => None,
        };
        let to = |when| own.forward(when).filter(|to| calls != Some(to.as_str())).cloned();
        if let Some(to) = to(Forward::Always) {
            return Some((Some(to), format!("{one} forwards all calls.")));
        }
        if own.do_not_disturb {
            return Some((to(Forward::Busy), format!("{one} does not want to be disturbed.")));
        }
        let has_phone = self.site.settings.extension(one).is_some_and(|p| !self.registrar.phones(&p.user).is_empty());
        if has_phone {
            return None;
        }
        to(Forward::Unreachable).map(|to| (Some(to), format!("{one} has no phone now and forwards such calls.")))
    }

    /// What the plan says to a call that somebody forwards.
    fn forwarded(&mut self, by: &str, to: &PhoneNumber, now: Now) -> Option<(Caller, Decision)> {
        let caller = Caller::Extension { user: self.site.settings.extension(by)?.user.clone() };
        let mut decision = self.decide(&caller, to, CarrierSays::default(), now);
        // It was no such number when it was switched; the plan is another one since.
        if matches!(
            decision.target,
            Target::Emergency { .. } | Target::Orbit { .. } | Target::Room { .. } | Target::Service { .. }
        ) {
            decision.target = refuse(480, "Calls are not forwarded there.");
        }
        Some((caller, decision))
    }

    /// A stage asks where its call goes on, or also.
    pub(crate) fn answer(&mut self, now: Now, id: CallId, ask: Ask) {
        if ask.also {
            return self.answer_also(now, id, ask);
        }
        let Some(entry) = self.calls.get(&id) else { return };
        let mut passed = entry.card.passed.clone();
        let onward = match self.forwarded(&ask.extension, &ask.to, now) {
            Some((caller, decision)) if passed.len() < MAX_FORWARDS && !passed.contains(&ask.extension) => {
                passed.push(ask.extension.clone());
                // The plan's next step is that of whoever forwarded: theirs is not asked for.
                let Followed { payer, decision, .. } = self.follow(caller, decision, &mut passed, now);
                let full = self.no_channel(&decision.target);
                let way = match decision.target {
                    Target::Refuse { sentence, .. } => Err(sentence),
                    Target::Ring { extensions, .. } if extensions.iter().all(|e| passed.contains(e)) => {
                        Err("It has been there already.".to_owned())
                    }
                    _ if full => Err("Every channel of the trunk is in use.".to_owned()),
                    target => {
                        let toll = self.toll(&payer, &target, None, now);
                        Ok((target, toll))
                    }
                };
                Onward { by: ask.extension, ending: ask.ending, way, why: decision.why, passed, also: false }
            }
            _ => Onward {
                by: ask.extension,
                ending: ask.ending,
                way: Err("It was forwarded too often.".to_owned()),
                why: Vec::new(),
                passed,
                also: false,
            },
        };
        self.step(now, id, CallEvent::Onward(Box::new(onward)));
    }

    /// Somebody's phones ring, and a number outside is to ring beside them. If it is taken there it costs whoever wants that as a call that they
    /// forward does; that it rings uses up none of the calls that they may make.
    fn answer_also(&mut self, now: Now, id: CallId, ask: Ask) {
        let Some((payer, decision)) = self.forwarded(&ask.extension, &ask.to, now) else { return };
        let full = self.no_channel(&decision.target);
        let way = match decision.target {
            Target::Refuse { sentence, .. } => Err(sentence),
            _ if full => Err("Every channel of the trunk is in use.".to_owned()),
            target @ Target::Trunk { .. } => {
                let toll = self.uncounted(&payer, &target);
                Ok((target, toll))
            }
            _ => Err("It is no number outside.".to_owned()),
        };
        let (by, ending, why) = (ask.extension, ask.ending, decision.why);
        let onward = Onward { by, ending, way, why, passed: Vec::new(), also: true };
        self.step(now, id, CallEvent::Onward(Box::new(onward)));
    }
}

fn refuse(code: u16, sentence: &str) -> Target {
    Target::Refuse { code, sentence: sentence.to_owned() }
}
