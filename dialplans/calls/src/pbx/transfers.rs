//! A phone hands its partner on (REFER), or takes the place of another (INVITE with Replaces): what is asked before the calls are.

use model::call::Party;
use model::{CallId, Now, PhoneNumber, Pii};
use plan::{Caller, Destination, Facts, Missed, Target};
use sip::api::{self as sip_api, LegId, Refer, Replaces};
use std::net::IpAddr;
use std::sync::Arc;

use crate::api::Output;
use crate::call::entry::{Entry, Help, LegState};
use crate::call::{CallEvent, Calling, Goal, Newcomer, Order, Parcel, Room, Route, Stage, Terms, Who, tape};
use crate::door::{self, Visitor};
use crate::ladders;
use crate::pbx::Pbx;
use crate::pbx::arrivals::CarrierSays;
use crate::pbx::onward::Followed;
use crate::secrecy::Secrecy;
use crate::site::At;
use crate::step::{Around, Step, is_full};
use crate::tolls::Toll;

/// How two calls of one phone become one.
#[derive(Clone, Copy, Debug)]
enum Joining {
    /// Its two partners talk with each other, in the call whose transfer was asked for.
    Partners,
    /// It has called something of ours, where its partner takes its seat.
    Seat,
}

impl Pbx {
    /// A phone asks that its partner be connected with somebody else.
    pub(crate) fn on_refer(&mut self, now: Now, leg: LegId, refer: &Refer) {
        let Some(&id) = self.legs.get(&leg) else { return };
        let other = refer.replaces.map(|replaced| (replaced, self.legs.get(&replaced).copied()));
        let answered = match other {
            None => self.order(now, id, leg, refer).map(|order| {
                self.step(now, id, CallEvent::Transfer(Box::new(order)));
            }),
            Some((_, None)) => Err((481, "The other call is over".to_owned())),
            Some((replaced, Some(other))) => self.may_join(id, leg, other, replaced).map(|joining| match joining {
                Joining::Partners => {
                    let give = |stage: Stage, step: &mut Step<'_>| stage.give(replaced, step);
                    self.join(now, (other, give), (id, |stage, parcel, step| stage.join(leg, parcel, step)));
                }
                Joining::Seat => {
                    let give = |stage: Stage, step: &mut Step<'_>| stage.hand_over(leg, step);
                    self.join(now, (id, give), (other, |stage, parcel, step| stage.taken_by(parcel, step)));
                }
            }),
        };
        if let Err((code, why)) = answered {
            self.step(now, id, CallEvent::NoTransfer { leg, code, why });
        }
    }

    /// Who asks, if they may: a phone of the clinic's own, and not one that calls for help.
    fn who_hands_on(&self, id: CallId, leg: LegId) -> Result<(&Who, &str), (u16, String)> {
        let sentence = |why: &str| (603, why.to_owned());
        let entry = self.calls.get(&id).ok_or_else(|| sentence("The call is over"))?;
        if entry.card.help.is_some() {
            return Err(sentence("A call for help is not handed on"));
        }
        let stage = entry.stage.as_ref().ok_or_else(|| sentence("The call is over"))?;
        let who = stage.hands_on(leg).map_err(|(code, why)| (code, why.to_owned()))?;
        let user = who.user.as_deref().ok_or_else(|| sentence("Only a phone of the clinic's own may do that"))?;
        Ok((who, user))
    }

    /// What a blind transfer comes to by the plan: whoever transfers is the caller whose rights count.
    fn order(&mut self, now: Now, id: CallId, leg: LegId, refer: &Refer) -> Result<Order, (u16, String)> {
        let (who, user) = self.who_hands_on(id, leg)?;
        let (user, ip) = (user.to_owned(), who.at.as_ref().map(|at| at.expose().peer));
        let dialled = self.site.read(refer.dialled.expose());
        let dialled = dialled.map_err(|_| (404, "What was dialled is not a number".to_owned()))?;
        let caller = Caller::Extension { user: user.clone() };
        let decision = self.decide(&caller, &dialled, CarrierSays::default(), now);
        let mut passed = Vec::new();
        let Followed { payer, decision, unwanted } = self.follow(caller, decision, &mut passed, now);
        let past = unwanted.map(|to| (self.led_past(&payer, &dialled, &to, now), to));
        if let Some((target, to)) = past {
            let goal = match target {
                Target::Refuse { code, sentence } => return Err((code, sentence)),
                target => Goal::Unwanted { to, target: Box::new(target) },
            };
            return Ok(self.ordered(leg, (&user, ip), goal, (None, None), dialled, decision.why));
        }
        if self.no_channel(&decision.target) {
            return Err((480, "Every channel of the trunk is in use".to_owned()));
        }
        let toll = self.toll(&payer, &decision.target, None, now);
        let mut help = None;
        let goal = match decision.target {
            // A colleague says who it is.
            Target::Ring { extensions, group, ring, order, screening: _, then } => {
                let route = Route::phones(extensions, None, ring).of_group(group);
                Goal::Call(Box::new(Calling { route, order, then }))
            }
            Target::Trunk { trunk, or, number } => Goal::Call(Box::new(Calling::new(Route::trunk(trunk, or, number)))),
            Target::Room { room, .. } if is_full(&self.calls, &room) => {
                return Err((486, "The room is full".to_owned()));
            }
            Target::Room { room, pin } => Goal::Room(Room { number: room, pin }),
            Target::Orbit { orbit, .. } if self.parked_in(&orbit).is_some() => {
                return Err((486, "Somebody is parked there already".to_owned()));
            }
            Target::Orbit { orbit, seconds } => Goal::Orbit { orbit, seconds },
            Target::Emergency { number, trunks, alert } => {
                let called = door::help(&self.site, &number, &alert, self.site.settings.person(&user), ip);
                self.help_is_called(now, &called);
                help = Some(called);
                Goal::Call(Box::new(Calling::new(Route::emergency(number, &trunks))))
            }
            target @ (Target::Menu(_)
            | Target::Announcement(_)
            | Target::Queue(_)
            | Target::Rota(_)
            | Target::Voicemail { .. }
            | Target::Echo
            | Target::FaxMachine) => Goal::Step(Box::new(target)),
            Target::Mailbox { .. } => {
                return Err((
                    603,
                    "Messages are for whoever they were left for, and nobody is handed on to them".to_owned(),
                ));
            }
            Target::Service { .. } => {
                return Err((
                    603,
                    "A code does something for the phone that dials it; nobody is handed on to it".to_owned(),
                ));
            }
            Target::Refuse { code, sentence } => return Err((code, sentence)),
        };
        Ok(self.ordered(leg, (&user, ip), goal, (help, toll), dialled, decision.why))
    }

    fn ordered(
        &self,
        leg: LegId,
        (user, ip): (&str, Option<IpAddr>),
        goal: Goal,
        (help, toll): (Option<Help>, Option<Toll>),
        dialled: PhoneNumber,
        why: Vec<String>,
    ) -> Order {
        let device = door::device(&self.site, user, ip);
        let to = self.said(&dialled);
        Order { leg, goal, terms: Terms { help, toll, dialled, to, why, device } }
    }

    /// Nobody there wants to be called: where the plan leads those who call all the same.
    fn led_past(&self, payer: &Caller, dialled: &PhoneNumber, to: &Destination, now: Now) -> Target {
        let facts = Facts::new(payer, dialled, &self.site.settings, now.wall);
        let facts = Facts { night: self.site.night(now.wall), missed: Some(Missed::NotDisturbed), ..facts };
        self.site.plan.follow(to, &facts).target
    }

    /// A number for a trace: the name of whoever has it, else itself.
    fn said(&self, dialled: &PhoneNumber) -> String {
        let person = match dialled {
            PhoneNumber::Internal(extension) => self.site.settings.extension(extension),
            _ => None,
        };
        person.map_or_else(|| dialled.as_str().to_owned(), |p| p.name.expose().clone())
    }

    /// Whether `leg` may connect its partner with that of `replaced`: both are calls of the same phone user, and none is one for help.
    fn may_join(&self, id: CallId, leg: LegId, other: CallId, replaced: LegId) -> Result<Joining, (u16, String)> {
        let no = |why: &str| Err((603, why.to_owned()));
        let (_, user) = self.who_hands_on(id, leg)?;
        let Some(entry) = self.calls.get(&other).filter(|_| other != id) else { return no("There is no other call") };
        if entry.card.help.is_some() {
            return no("Nobody is connected with a call for help");
        }
        let Some(stage) = &entry.stage else { return no("The other call is over") };
        let (who, joining) = match stage.gives_place(replaced) {
            Some(who) => (who, Joining::Partners),
            None => (stage.seat(replaced).map_err(|(code, why)| (code, why.to_owned()))?, Joining::Seat),
        };
        let wants_a_person = self.calls.get(&id).is_some_and(|entry| entry.card.sought_help);
        match stage {
            _ if who.user.as_deref() != Some(user) => no("The other call is somebody else's"),
            Stage::LeavingMessage(_) if wants_a_person => no("Who sought help wants a person"),
            // Where the call would go nobody is asked for a key: a mobile phone's mailbox would have the partner.
            Stage::Ringing(_) if entry.card.find_me => {
                Err((491, "Whoever is sought outside must first take the call".to_owned()))
            }
            _ => Ok(joining),
        }
    }

    /// Two calls of one phone become one: `from` gives somebody to `id`, and ends. Both steps are computed before either is applied; if one
    /// panics, both calls end.
    fn join(
        &mut self,
        now: Now,
        (from, give): (CallId, impl FnOnce(Stage, &mut Step<'_>) -> (Option<Parcel>, Stage)),
        (id, take): (CallId, impl FnOnce(Stage, Option<Parcel>, &mut Step<'_>) -> Stage),
    ) {
        self.running = vec![from, id];
        let (Some(giver), Some(taker)) = (self.take_stage(from), self.take_stage(id)) else { return };
        let Some(entry) = self.calls.get(&from) else { return };
        let around = Around {
            site: &self.site,
            registrar: &self.registrar,
            servers: &self.servers,
            calls: &self.calls,
            desks: &self.desks,
            rested: &self.rested,
            callbacks: &self.callbacks,
            meetings: &self.meetings,
            waits: &self.waits,
        };
        let mut step = Step::new(now, around, &mut self.lender, &mut self.keys, entry);
        let (parcel, gave) = give(giver, &mut step);
        tape::follow(&gave, &mut step);
        let given = step.into_effects();
        let session = parcel.as_ref().map(|p| p.baggage.session);
        let Some(entry) = self.calls.get(&id) else { return };
        let mut step = Step::new(now, around, &mut self.lender, &mut self.keys, entry);
        let took = take(taker, parcel, &mut step);
        tape::follow(&took, &mut step);
        let taken = step.into_effects();
        if let Some(session) = session {
            self.lender.hand_over(session, id);
        }
        self.finish_step(now, from, gave, given);
        self.finish_step(now, id, took, taken);
        self.live_changed = true;
        self.running.clear();
    }

    /// A phone asks for the place of another. The door has let it in.
    pub(crate) fn on_replaces(
        &mut self,
        now: Now,
        leg: LegId,
        asked: Replaces,
        invite: sip_api::Invite,
        visitor: Visitor,
    ) {
        let refuse = |code| Output::Sip(sip_api::Command::Refuse { leg, code, retry_after: None });
        let Caller::Extension { user } = &visitor.caller else {
            return self.out.push_back(refuse(603));
        };
        let user = user.clone();
        let id = self.legs.get(&asked.leg).copied();
        let up = |entry: &&mut Entry| entry.ending().is_none() && entry.stage.is_some();
        let Some((id, entry)) = id.and_then(|id| Some((id, self.calls.get_mut(&id).filter(up)?))) else {
            return self.out.push_back(refuse(481));
        };
        Arc::make_mut(&mut entry.legs).insert(leg, LegState::Offered);
        self.legs.insert(leg, id);
        self.light_caller(leg, invite.dialog, &visitor);
        let who = self.visiting(user, visitor.from, &invite.flow);
        self.come_in(now, id, Newcomer { leg, who, offer: invite.offer, replaces: asked.leg });
    }

    /// A phone of this user that wants to take a place in a call.
    pub(crate) fn visiting(&self, user: String, party: Party, flow: &sip_api::Flow) -> Who {
        let secrecy = Secrecy::of_phone(&self.site.settings, &user, flow.transport);
        Who { party, user: Some(user), secrecy, at: Some(Pii::new(At::of(flow))), ..Who::default() }
    }

    /// A phone takes a place in a call that is up. Its leg is of that call already.
    pub(crate) fn come_in(&mut self, now: Now, id: CallId, newcomer: Newcomer) {
        self.ladders.add(id, newcomer.leg, ladders::caller(&newcomer.who.party, None));
        self.step(now, id, CallEvent::Replace(Box::new(newcomer)));
    }
}
