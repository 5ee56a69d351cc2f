//! One speaks, and the phones of a group answer by themselves and listen (`*81`). Who is in a call was left out before: many phones would put
//! it on hold and answer. One whose call we do not know of says that it is busy.

use std::net::SocketAddr;
use std::time::Duration;

use media::sdp::{self, Codec, Direction, Formats};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use crate::call::entry::Side;
use crate::call::pair;
use crate::call::peer::Peer;
use crate::call::phones::Phones;
use crate::call::ringing::Waiting;
use crate::call::route::{self, BY_ITSELF, Fork, Pitch};
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::line::Line;
use crate::refusal::Ending;
use crate::site::At;
use crate::step::Step;
use crate::timers::CallTimer;

/// Nobody speaks to a whole clinic for longer; a receiver that was laid beside its phone must not keep every phone busy.
const LIMIT: Duration = Duration::from_secs(300);

/// G.711 as every phone that listens to a group knows it (RFC 3551 section 6): its number, and milliseconds for each packet.
const PCMU: u8 = 0;
const PTIME: u8 = 20;

/// The stage.
pub(crate) struct Page {
    speaker: Peer,
    /// Phones that have not answered yet.
    called: Vec<(Fork, Line)>,
    listening: Vec<Peer>,
    /// What sends to a group of addresses: nobody answers there, and nobody leaves.
    air: Option<Line>,
}

impl Page {
    pub(crate) fn begin(waiting: &Waiting, extensions: &[String], step: &mut Step<'_>) -> Stage {
        let caller = waiting.who.clone();
        let mut phones = Phones::of(extensions, extensions.len() > 1, None, &caller.party, step);
        if phones.is_empty() {
            step.note(Mark::Warn, "No phone is registered there", "");
            return step.finish(Ending::new(CallEnd::Unreachable, Fault::Callee).code(480));
        }
        let speaker = match answer_alone(waiting, step) {
            Ok(peer) => peer,
            Err(ending) => return step.finish(ending),
        };
        step.taken();
        step.enter(&speaker.line, speaker.line.session.0);
        let mut called = Vec::new();
        for phone in phones.next(&[]) {
            // Each has a session of its own: all listen at once.
            let Some(line) = step.open(Side::Callee) else { break };
            let pitch = Pitch::Sound { line: &line, formats: &Formats::ours(), ways: Direction::SendOnly };
            match route::phone(&phone, &caller, &pitch, true, step) {
                Some(fork) => called.push((fork, line)),
                None => step.retire(line.session),
            }
        }
        step.note(Mark::Good, format!("Speaking to phones: {}", called.len()), "");
        step.set(CallTimer::NoAnswer, BY_ITSELF);
        step.set(CallTimer::EchoLimit, LIMIT);
        Self { speaker, called, listening: Vec::new(), air: None }.unless_alone(step)
    }

    /// Phones that are set to listen to this group hear the speaker, without a call to any of them. They know G.711 and nothing else for sure.
    /// The same packets go into each network of the clinic, and no further: a phone that hears them by two ways takes them for one.
    pub(crate) fn to_group(waiting: &Waiting, group: SocketAddr, step: &mut Step<'_>) -> Stage {
        let speaker = match answer_alone(waiting, step) {
            Ok(peer) => peer,
            Err(ending) => return step.finish(ending),
        };
        step.taken();
        if let Err(e) = step.site.meets(Some(group.ip())) {
            step.note(Mark::Bad, format!("The group {group} cannot be reached"), e.reason());
            return step.finish(Ending::new(CallEnd::Unreachable, Fault::Us));
        }
        let homes = step.site.homes_towards(group.ip());
        let at = At { peer: group.ip(), ours: homes.first().map(|(_, ip)| *ip) };
        let Some(air) = step.open_to(Side::Callee, Some(at)) else {
            step.note(Mark::Bad, "Every media port is in use", "");
            return step.finish(Ending::overload());
        };
        let session = air.session;
        let voice = media::Voice {
            codec: Codec::Pcmu,
            payload_type: PCMU,
            takes: Codec::Pcmu.into(),
            ptime: PTIME,
            comfort_noise: false,
            opus: media::sdp::OpusWishes::default(),
        };
        for (home, _) in homes.iter().skip(1).copied() {
            step.media(media::Command::Listen { session, home });
        }
        step.media(media::Command::Group { session, group });
        step.media(media::Command::Voice { session, voice: Some(voice) });
        step.enter(&speaker.line, speaker.line.session.0);
        step.enter(&air, speaker.line.session.0);
        let from: Vec<String> = homes.iter().map(|(_, ip)| ip.to_string()).collect();
        let how = if from.len() > 1 { format!("multicast from {}", from.join(", ")) } else { "multicast".to_owned() };
        step.note(Mark::Good, format!("Speaking to all phones that listen to {group}"), how);
        step.set(CallTimer::EchoLimit, LIMIT);
        Stage::Page(Box::new(Self { speaker, called: Vec::new(), listening: Vec::new(), air: Some(air) }))
    }

    fn unless_alone(self, step: &mut Step<'_>) -> Stage {
        if self.called.is_empty() && self.listening.is_empty() && self.air.is_none() {
            step.note(Mark::Warn, "Nobody listens", "");
            return step.finish(Ending::new(CallEnd::HungUp, Fault::None));
        }
        Stage::Page(Box::new(self))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            CallEvent::Media(media::Event::BindFailed { session, .. }) => self.bind_failed(session, step),
            CallEvent::Timer(CallTimer::NoAnswer) => {
                for (fork, line) in std::mem::take(&mut self.called) {
                    step.drop_leg(fork.leg, &Ending::our_fault());
                    step.retire(line.session);
                }
                self.unless_alone(step)
            }
            CallEvent::Timer(CallTimer::EchoLimit) | CallEvent::HangUp(_) => {
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Media(_)
            | CallEvent::Timer(_)
            | CallEvent::FaxDone
            | CallEvent::UsedUp(_)
            | CallEvent::FaxCarried(..)
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Replace(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::Onward(_) => Stage::Page(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: SipEvent, step: &mut Step<'_>) -> Stage {
        let Some(leg) = crate::call::leg_of(&event) else { return Stage::Page(self) };
        match event {
            SipEvent::Ended { reason, .. } if leg == self.speaker.leg => {
                let ending = pair::left(&self.speaker, Side::Caller, reason, step);
                step.finish(ending)
            }
            event if leg == self.speaker.leg => match pair::on_sip(&mut self.speaker, None, Side::Caller, &event, step)
            {
                Ok(()) => Stage::Page(self),
                Err(ending) => step.finish(ending),
            },
            SipEvent::Answered { body, .. } => self.answered(leg, &body, step),
            SipEvent::Refused { .. } | SipEvent::Ended { .. } => self.gone(leg, step),
            event => self.of_listener(leg, &event, step),
        }
    }

    fn answered(mut self: Box<Self>, leg: LegId, body: &[u8], step: &mut Step<'_>) -> Stage {
        let Some(at) = self.called.iter().position(|(fork, _)| fork.leg == leg) else { return Stage::Page(self) };
        let (fork, mut line) = self.called.swap_remove(at);
        line.taken_by(&fork.proposal, &fork.who, step);
        let audio = sdp::Session::parse(body).ok().and_then(|theirs| theirs.open_audio().cloned());
        let Some(audio) = audio.filter(|audio| line.accept(audio, &fork.who, step).is_ok()) else {
            step.drop_leg(leg, &Ending::our_fault());
            step.retire(line.session);
            return self.unless_alone(step);
        };
        let formats = audio.formats.common(&Formats::ours());
        let mut peer = Peer::new(leg, line, fork.who, formats).told(Direction::SendOnly);
        peer.described(&audio, Direction::SendOnly, step);
        step.enter(&peer.line, self.speaker.line.session.0);
        step.note(Mark::Detail, format!("{} listens", peer.who.said()), "");
        self.listening.push(peer);
        Stage::Page(self)
    }

    fn gone(mut self: Box<Self>, leg: LegId, step: &mut Step<'_>) -> Stage {
        if let Some(at) = self.called.iter().position(|(fork, _)| fork.leg == leg) {
            let (_, line) = self.called.swap_remove(at);
            step.retire(line.session);
        }
        if let Some(at) = self.listening.iter().position(|peer| peer.leg == leg) {
            let peer = self.listening.swap_remove(at);
            step.retire(peer.line.session);
        }
        self.unless_alone(step)
    }

    /// A phone that listens changes its media: it goes on listening.
    fn of_listener(mut self: Box<Self>, leg: LegId, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        match self.listening.iter_mut().find(|peer| peer.leg == leg) {
            Some(listener) => match pair::on_sip(listener, None, Side::Callee, event, step) {
                Ok(()) => {}
                Err(ending) => step.drop_leg(leg, &ending),
            },
            None => {
                if let SipEvent::Reinvite { .. } = event {
                    step.sip(sip_api::Command::RefuseReinvite { leg, code: 491 });
                }
            }
        }
        Stage::Page(self)
    }

    fn bind_failed(mut self: Box<Self>, session: media::SessionId, step: &mut Step<'_>) -> Stage {
        let is_air = self.air.as_ref().is_some_and(|air| air.session == session);
        if is_air || session == self.speaker.line.session {
            step.note(Mark::Bad, "No media port could be opened", "");
            return step.finish(Ending::our_fault());
        }
        if let Some(at) = self.called.iter().position(|(_, line)| line.session == session) {
            let (fork, _) = self.called.swap_remove(at);
            step.drop_leg(fork.leg, &Ending::our_fault());
        }
        if let Some(at) = self.listening.iter().position(|peer| peer.line.session == session) {
            let peer = self.listening.swap_remove(at);
            step.drop_leg(peer.leg, &Ending::our_fault());
        }
        self.unless_alone(step)
    }
}
