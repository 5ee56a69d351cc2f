//! A caller whom we have answered and who hears us: what every stage that speaks to one caller has in common.

use media::{PlayId, Sound, Tone};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent};

use crate::call::peer::{self, Peer};
use crate::call::{CallEvent, entry::Side, pair};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// The caller.
pub(crate) struct Guest {
    pub(crate) peer: Peer,
    /// How much was played so far.
    plays: u32,
    /// The last of it is not over.
    is_told: bool,
}

/// What an event means to every stage with a guest.
pub(crate) enum Said {
    /// The caller has pressed a key.
    Key(char),
    /// What was played last is over.
    Over,
    /// Nothing that a stage need know.
    Nothing,
    /// It is about something else.
    Other(CallEvent),
}

impl Guest {
    pub(crate) const fn new(peer: Peer) -> Self {
        Self { peer, plays: 0, is_told: false }
    }

    /// Lets the caller hear these, one after the other, instead of what was heard before.
    pub(crate) fn hears_all(&mut self, sounds: Vec<Sound>, step: &mut Step<'_>) {
        self.hears(Sound::Several(sounds.into()), step);
    }

    /// The same with one.
    pub(crate) fn hears(&mut self, sound: Sound, step: &mut Step<'_>) {
        self.plays += 1;
        self.is_told = true;
        let (session, play) = (self.peer.line.session, PlayId(self.plays.into()));
        step.media(media::Command::Play { session, play, sound });
    }

    /// Nothing more of ours.
    pub(crate) fn hears_nothing(&mut self, step: &mut Step<'_>) {
        if std::mem::take(&mut self.is_told) {
            step.media(media::Command::Stop { session: self.peer.line.session });
        }
    }

    /// The caller is gone: how the call ends.
    pub(crate) fn left(&self, reason: EndReason, step: &mut Step<'_>) -> Ending {
        pair::left(&self.peer, Side::Caller, reason, step)
    }

    /// Takes what concerns every guest. `Err` ends the call.
    pub(crate) fn on(&mut self, event: CallEvent, step: &mut Step<'_>) -> Result<Said, Ending> {
        match event {
            CallEvent::Sip(SipEvent::Ended { leg, reason }) if leg == self.peer.leg => Err(self.left(reason, step)),
            CallEvent::Sip(SipEvent::Dtmf { leg, digit, .. }) if leg == self.peer.leg => Ok(Said::Key(*digit.expose())),
            CallEvent::Sip(event) if crate::call::leg_of(&event) == Some(self.peer.leg) => {
                pair::on_sip(&mut self.peer, None, Side::Caller, &event, step)?;
                // Who was held until now can be heard again as soon as their phone has agreed to that.
                peer::settle_alone(&mut self.peer, step);
                Ok(Said::Nothing)
            }
            CallEvent::Media(event) if crate::call::session_of(&event) == Some(self.peer.line.session) => match event {
                media::Event::Dtmf { digit, .. } => Ok(Said::Key(digit)),
                media::Event::Played { play, .. } if self.is_told && play == PlayId(self.plays.into()) => {
                    self.is_told = false;
                    Ok(Said::Over)
                }
                event => pair::on_media(&self.peer, Side::Caller, &event, step).map(|()| Said::Nothing),
            },
            CallEvent::Timer(CallTimer::OnceMore) => {
                peer::once_more(&mut self.peer, step);
                Ok(Said::Nothing)
            }
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                Err(Ending::new(CallEnd::HungUp, Fault::None))
            }
            event => Ok(Said::Other(event)),
        }
    }
}

/// What is heard of a phone that rings.
pub(crate) const fn ringing() -> Sound {
    Sound::Tone(Tone::Ringing)
}
