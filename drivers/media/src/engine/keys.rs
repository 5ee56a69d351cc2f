//! Keys between two: those that we press for an end, and those that one end presses by their tones, of which the other is told.

use model::Now;

use super::Engine;
use super::session::{Mode, Session};
use super::speech::Speech;
use crate::api::{Event, SessionId};
use crate::rtp::Rtp;
use crate::voice::mouth::Mouth;
use crate::voice::player::Player;

impl Engine {
    /// A key for this end. What is played to it already is more important.
    pub(super) fn press(&mut self, now: Now, session: SessionId, digit: char) {
        let hears = |leg: &&mut Session| !leg.speech.is_played_to() && leg.mode != Mode::Raw;
        let Some(leg) = self.sessions.get_mut(&session).filter(hears) else { return };
        leg.speech.keys.get_or_insert_default().press(digit);
        self.refresh(now, session);
    }

    /// One presses keys by their tones, and the other, whom it is bridged to, knows telephone events.
    pub(super) fn tells_keys(&self, from: SessionId, to: SessionId) -> bool {
        let (Some(one), Some(other)) = (self.sessions.get(&from), self.sessions.get(&to)) else { return false };
        let speak = one.speech.voice.is_some() && other.speech.voice.is_some();
        speak && one.telephone_event.is_none() && other.telephone_event.is_some()
    }

    /// Sound of a session whose keys its partner is told is on its way there.
    pub(super) fn sift(&mut self, now: Now, session: SessionId, partner: SessionId, data: &mut [u8]) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let Some(rtp) = Rtp::parse(data) else { return };
        let Some(codec) = leg.codec_of(rtp.payload_type) else { return };
        let Speech { key_ear: Some(ear), is_fax: false, .. } = &mut leg.speech else { return };
        let Some(payload) = data.get_mut(rtp.start..rtp.end) else { return };
        let mut keys = Vec::new();
        ear.hear(codec, &rtp, payload, |digit| keys.push(digit));
        for digit in keys {
            self.event(Event::Dtmf { session, digit });
            self.press(now, partner, digit);
        }
    }

    /// What there is of a key in this step, as an event; by its tones it is played. `None`: something else may be said.
    pub(super) fn press_on(&mut self, now: Now, session: SessionId) -> Option<u32> {
        let tick = self.steps.tick;
        let leg = self.sessions.get_mut(&session)?;
        let keys = leg.speech.keys.as_mut()?;
        let is_over = match leg.telephone_event {
            Some(payload_type) => match keys.step() {
                Some(stroke) => {
                    let said = |mouth: &mut Mouth, send: &mut dyn FnMut(Vec<u8>, usize)| {
                        mouth.press(tick, payload_type, stroke, send);
                    };
                    return Some(leg.say(now, session, &mut self.pending, false, said));
                }
                None => true,
            },
            None if leg.speech.player.is_some() => false,
            None => match keys.tone() {
                Some(tone) => {
                    leg.speech.player = Some(Box::new(Player::new(None, &tone)));
                    false
                }
                None => true,
            },
        };
        if is_over {
            leg.speech.keys = None;
            self.refresh(now, session);
        }
        None
    }
}
