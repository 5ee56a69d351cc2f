//! What leads where, as a whole: steps that are not there, steps that nothing leads to, and ways that come back to themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Check;
use crate::Mentioned;
use crate::destination::{self, Destination};
use crate::read::Placed;

/// One step leads to another.
pub(super) struct Edge {
    /// None: what everybody reaches (a number of the clinic, an extension, a code).
    from: Option<Destination>,
    to: Placed<Destination>,
    /// A person decides to go there; a way that a person must go again and again has an end.
    by_person: bool,
}

impl Check<'_> {
    /// Reads a destination, and keeps in mind that something leads there.
    pub(super) fn leads_to(
        &mut self,
        text: Placed<String>,
        from: Option<&Destination>,
        by_person: bool,
    ) -> Option<Destination> {
        let Some(to) = Destination::parse(&text.value) else {
            self.reader.say(text.span, "this is nowhere that a call can go", destination::FORMS);
            return None;
        };
        if let Destination::Extension(number) = &to
            && super::is_emergency(number, &self.emergency)
        {
            let help = "no call is led to help: people dial it themselves, and it always goes through";
            self.reader.say(text.span, format!("{number} is an emergency number"), help);
            return None;
        }
        let placed = Placed { value: to.clone(), span: text.span };
        self.edges.push(Edge { from: from.cloned(), to: placed, by_person });
        Some(to)
    }

    /// Looks at the whole, once everything was read.
    pub(super) fn graph(&mut self) {
        let edges = std::mem::take(&mut self.edges);
        self.targets(&edges);
        self.unreached(&edges);
        self.loops(&edges);
    }

    fn targets(&mut self, edges: &[Edge]) {
        for Edge { to, .. } in edges {
            match &to.value {
                Destination::Extension(number) if self.is_own_extension(number) => {}
                Destination::Extension(number) => {
                    self.mention(Mentioned::Person, &Placed { value: number.clone(), span: to.span.clone() });
                }
                Destination::Voicemail(number) => {
                    self.mention(Mentioned::Mailbox, &Placed { value: number.clone(), span: to.span.clone() });
                }
                Destination::Outside(number) => {
                    self.mention(
                        Mentioned::Outside,
                        &Placed { value: number.as_str().to_owned(), span: to.span.clone() },
                    );
                }
                Destination::Dialled | Destination::FaxMachine | Destination::Busy | Destination::HangUp => {}
                named if self.places.contains_key(named) => {}
                named => {
                    let text = named.to_string();
                    let (kind, name) = text.split_once(' ').unwrap_or(("", &text));
                    let help = format!("add a table [{kind}s.{name}], or lead to one that is there");
                    self.reader.say(to.span.clone(), format!("there is no {kind} \"{name}\""), help);
                }
            }
        }
    }

    fn unreached(&mut self, edges: &[Edge]) {
        let mut reached: BTreeSet<&Destination> = BTreeSet::new();
        // Everybody can dial the extensions of the plan.
        let from_start = |edge: &&Edge| edge.from.as_ref().is_none_or(|from| matches!(from, Destination::Extension(_)));
        let mut next: Vec<&Destination> = edges.iter().filter(from_start).map(|e| &e.to.value).collect();
        while let Some(at) = next.pop() {
            if reached.insert(at) {
                next.extend(edges.iter().filter(|e| e.from.as_ref() == Some(at)).map(|e| &e.to.value));
            }
        }
        let is_lost = |step: &Destination| !matches!(step, Destination::Extension(_)) && !reached.contains(step);
        let lost: Vec<_> = self.places.iter().filter(|(step, _)| is_lost(step)).map(owned).collect();
        for (step, span) in lost {
            self.mention(Mentioned::Unreached, &Placed { value: step.to_string(), span });
        }
    }

    /// A way on which no person decides anything must end.
    fn loops(&mut self, edges: &[Edge]) {
        let mut ways: BTreeMap<&Destination, Vec<&Destination>> = BTreeMap::new();
        for edge in edges.iter().filter(|e| !e.by_person) {
            if let Some(from) = &edge.from {
                ways.entry(from).or_default().push(&edge.to.value);
            }
        }
        for start in ways.keys() {
            let Some(round) = round(&ways, start) else { continue };
            // Each loop is said once: at the first of its steps.
            if round.iter().min() != Some(start) {
                continue;
            }
            let names: Vec<String> = round.iter().chain([start]).map(|step| step.to_string()).collect();
            let span = self.places.get(*start).cloned().unwrap_or(0..0);
            self.reader.say(
                span,
                format!("a call that nobody takes goes round for ever: {}", names.join(" → ")),
                "let one of them end with \"hang up\", a mailbox or an announcement",
            );
        }
    }
}

fn owned((step, span): (&Destination, &Range<usize>)) -> (Destination, Range<usize>) {
    (step.clone(), span.clone())
}

/// The steps from `start` back to it, if there is such a way.
fn round<'a>(
    ways: &BTreeMap<&'a Destination, Vec<&'a Destination>>,
    start: &'a Destination,
) -> Option<Vec<&'a Destination>> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![start]];
    while let Some(path) = paths.pop() {
        let Some(exits) = path.last().and_then(|at| ways.get(at)) else { continue };
        for &to in exits {
            if to == start {
                return Some(path);
            }
            if seen.insert(to) {
                paths.push(path.iter().copied().chain([to]).collect());
            }
        }
    }
    None
}
