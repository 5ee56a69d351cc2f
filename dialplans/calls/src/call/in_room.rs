//! A conference room (`[rooms.800]` of the plan): whoever dials its number, or is transferred there, hears all others and is heard by them.
//! Each is a call of their own, so that nobody's trouble is the others'. A room with a PIN lets in who types it, and one that is being recorded
//! who has heard so (see `meetings`).

use std::time::Duration;

use media::{PlayId, RoomId, Sound};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use prompts::Prompt;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use crate::call::entry::Side;
use crate::call::guest::Guest;
use crate::call::pair;
use crate::call::peer::{self, Peer};
use crate::call::ringing::Waiting;
use crate::call::seat;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words;

/// How long somebody may take to type a PIN.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often they may: who does not know it has dialled wrong.
const TRIES: u8 = 3;
/// Whoever has typed it may say so.
const END: char = '#';
/// What is as long as the PIN, and is another one, may go on for so long.
const NEXT_DIGIT: Duration = Duration::from_millis(2500);
/// No PIN is longer; more digits say nothing.
const LONGEST: usize = 10;
/// How long a phone whose partner is in the room may take to hang up; then we do.
const RELEASE: Duration = Duration::from_secs(4);

/// The words at the door, and those with which somebody is sent away. What is played otherwise is nobody's to wait for.
const WORDS: PlayId = PlayId(1);
const ASKED: PlayId = PlayId(0);

/// A room of the plan.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) number: String,
    pub(crate) pin: Option<String>,
}

impl Room {
    /// Its number in the media engine. Rooms of paging have those of sessions, which begin at one and never come so far.
    fn id(&self) -> u64 {
        (1 << 62) + self.number.parse::<u32>().map_or(0, u64::from)
    }
}

/// The stage.
pub(crate) struct InRoom {
    peer: Peer,
    side: Side,
    room: Room,
    /// Not let in yet.
    asking: Option<Asking>,
    /// Nor now: they hear that the room is recorded, and say no with this key if they are not of ours.
    hears: Option<char>,
    /// They did.
    declined: bool,
    /// The others do not hear them, since they hold: what comes of them is music, or of whoever walks past their desk.
    muted: bool,
    /// Who has transferred the peer here, while they have not hung up.
    leaving: Option<LegId>,
}

/// Somebody in a room, as it is seen from there.
pub(crate) struct Present<'a> {
    pub(crate) room: &'a str,
    pub(crate) peer: &'a Peer,
    /// They are told at the door that the room is recorded.
    pub(crate) at_door: bool,
    /// They do not want to be.
    pub(crate) declined: bool,
    /// They have called for help on the way.
    pub(crate) sought_help: bool,
    media_room: RoomId,
}

impl Present<'_> {
    /// The room in the media engine.
    pub(crate) const fn media_room(&self) -> RoomId {
        self.media_room
    }
}

/// What somebody has typed so far.
#[derive(Default)]
struct Asking {
    typed: String,
    wrong: u8,
}

impl InRoom {
    /// A caller.
    pub(crate) fn begin(waiting: &Waiting, room: Room, step: &mut Step<'_>) -> Stage {
        let peer = match answer_alone(waiting, step) {
            Ok(peer) => peer,
            Err(ending) => return step.finish(ending),
        };
        Self::knock(peer, room, step)
    }

    /// The same with a caller whom we have answered, and whom the plan leads here.
    pub(crate) fn of_guest(mut guest: Guest, room: Room, step: &mut Step<'_>) -> Stage {
        guest.hears_nothing(step);
        Self::knock(guest.peer, room, step)
    }

    const fn new(peer: Peer, side: Side, room: Room, leaving: Option<LegId>) -> Self {
        Self { peer, side, room, asking: None, hears: None, declined: false, muted: false, leaving }
    }

    fn knock(peer: Peer, room: Room, step: &mut Step<'_>) -> Stage {
        let mut this = Self::new(peer, Side::Caller, room, None);
        if this.room.pin.is_some() {
            this.ask(&[Prompt::EnterPin], step);
        } else {
            this.enter(step);
        }
        Stage::InRoom(Box::new(this))
    }

    /// A party that `by` has transferred here, and vouches for.
    pub(crate) fn transferred(mut party: Peer, side: Side, by: Peer, room: Room, step: &mut Step<'_>) -> Stage {
        let title = format!("{} transfers {} to the room {}", by.who.said(), party.who.said(), room.number);
        step.note(Mark::Good, title, "REFER");
        step.handed_over(&by);
        step.set(CallTimer::Release, RELEASE);
        party.hear(None, step);
        let mut this = Self::new(party, side, room, Some(by.leg));
        this.enter(step);
        this.settled(step)
    }

    /// Who is in the room, and was let in.
    pub(crate) fn seat(&self) -> Result<&Peer, (u16, &'static str)> {
        if self.asking.is_some() { Err((491, "The PIN of the room is not typed yet")) } else { Ok(&self.peer) }
    }

    /// Somebody takes the place of whoever dialled the room, who vouches for them.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { peer, room, .. } = *self;
        let peer = seat::succeed(peer, party, step);
        let mut this = Self::new(peer, Side::Caller, room, None);
        this.enter(step);
        this.settled(step)
    }

    fn ask(&mut self, words: &[Prompt], step: &mut Step<'_>) {
        self.asking.get_or_insert_default().typed.clear();
        self.say(ASKED, words, step);
    }

    /// Says this at the door, and waits no longer than for a PIN.
    fn say(&self, play: PlayId, words: &[Prompt], step: &mut Step<'_>) {
        let sound = Sound::Several(words::said(words, step.site.settings.language).into());
        step.media(media::Command::Play { session: self.peer.line.session, play, sound });
        step.set(CallTimer::Tone, PATIENCE);
    }

    /// Who is in the room or at its door; nobody while they type its PIN.
    pub(crate) fn present(&self, sought_help: bool) -> Option<Present<'_>> {
        self.asking.is_none().then(|| Present {
            room: &self.room.number,
            peer: &self.peer,
            at_door: self.hears.is_some(),
            declined: self.declined,
            sought_help,
            media_room: RoomId(self.room.id()),
        })
    }

    /// Which it is, whoever is let in.
    pub(crate) fn number(&self) -> &str {
        &self.room.number
    }

    fn enter(&mut self, step: &mut Step<'_>) {
        self.asking = None;
        step.clear(CallTimer::Key);
        step.clear(CallTimer::Tone);
        let Some(door) = step.at_the_door(&self.room.number) else { return self.go_in(step) };
        self.hears = Some(door.decline);
        step.media(media::Command::Play { session: self.peer.line.session, play: WORDS, sound: door.words });
        step.note(Mark::Detail, format!("{} hears that the room is recorded", self.peer.who.said()), "");
    }

    fn go_in(&mut self, step: &mut Step<'_>) {
        self.hears = None;
        step.taken();
        step.enter(&self.peer.line, self.room.id());
        step.note(Mark::Good, format!("{} is in the room {}", self.peer.who.said(), self.room.number), "");
        self.mute_while_holding(step);
    }

    fn mute_while_holding(&mut self, step: &mut Step<'_>) {
        let holds = !self.peer.wish().receives();
        if self.asking.is_none() && self.hears.is_none() && holds != self.muted {
            self.muted = holds;
            step.media(media::Command::Mute { session: self.peer.line.session, muted: holds });
        }
    }

    fn settled(mut self, step: &mut Step<'_>) -> Stage {
        self.mute_while_holding(step);
        peer::settle_alone(&mut self.peer, step);
        Stage::InRoom(Box::new(self))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(&event, step),
            CallEvent::Media(media::Event::Dtmf { digit, .. }) => self.typed(digit, step),
            CallEvent::Media(media::Event::Played { play: WORDS, session }) if session == self.peer.line.session => {
                if self.hears.is_some() {
                    self.go_in(step);
                } else if self.is_sent_away() {
                    return Self::refuse(step);
                }
                Stage::InRoom(self)
            }
            CallEvent::Media(event) => match pair::on_media(&self.peer, self.side, &event, step) {
                Ok(()) => Stage::InRoom(self),
                Err(ending) => step.finish(ending),
            },
            CallEvent::Timer(CallTimer::Tone) => {
                if !self.is_sent_away() {
                    step.note(Mark::Warn, "Nobody typed the PIN of the room", "");
                }
                Self::refuse(step)
            }
            CallEvent::Timer(CallTimer::Key) => {
                self.is_wrong(step);
                Stage::InRoom(self)
            }
            CallEvent::Timer(CallTimer::Release) => {
                if let Some(leg) = self.leaving.take() {
                    step.drop_leg(leg, &Ending::new(CallEnd::HungUp, Fault::None));
                }
                Stage::InRoom(self)
            }
            CallEvent::Timer(CallTimer::OnceMore) => {
                peer::once_more(&mut self.peer, step);
                Stage::InRoom(self)
            }
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Timer(_)
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
            | CallEvent::Onward(_) => Stage::InRoom(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        let leg = crate::call::leg_of(event);
        if leg != Some(self.peer.leg) {
            match event {
                SipEvent::Ended { leg, .. } if self.leaving == Some(*leg) => {
                    self.leaving = None;
                    step.clear(CallTimer::Release);
                }
                SipEvent::Reinvite { leg, .. } => step.sip(sip_api::Command::RefuseReinvite { leg: *leg, code: 488 }),
                _ => {}
            }
            return Stage::InRoom(self);
        }
        match event {
            SipEvent::Ended { reason, .. } => {
                let ending = pair::left(&self.peer, self.side, *reason, step);
                step.finish(ending)
            }
            SipEvent::Dtmf { digit, .. } => self.typed(*digit.expose(), step),
            event => match pair::on_sip(&mut self.peer, None, self.side, event, step) {
                Ok(()) => self.settled(step),
                Err(ending) => step.finish(ending),
            },
        }
    }

    fn typed(mut self: Box<Self>, digit: char, step: &mut Step<'_>) -> Stage {
        match self.hears {
            Some(decline) if digit == decline && self.peer.who.user.is_none() => {
                self.declined = true;
                step.hear_no_more(self.peer.line.session);
                self.go_in(step);
                return Stage::InRoom(self);
            }
            None if self.asking.is_none() => step.press(digit),
            _ => {}
        }
        let (Some(asking), Some(pin)) = (&mut self.asking, &self.room.pin) else { return Stage::InRoom(self) };
        // Behind a PIN that was taken, or was not, the key for its end means nothing more.
        if asking.wrong == TRIES || asking.typed.is_empty() && !digit.is_ascii_digit() {
            return Stage::InRoom(self);
        }
        if asking.typed.is_empty() {
            step.hear_no_more(self.peer.line.session);
        }
        if digit.is_ascii_digit() && asking.typed.len() <= LONGEST {
            asking.typed.push(digit);
        }
        if asking.typed == *pin {
            self.enter(step);
        } else if digit == END {
            self.is_wrong(step);
        } else if asking.typed.len() >= pin.len() {
            step.set(CallTimer::Key, NEXT_DIGIT);
        }
        Stage::InRoom(self)
    }

    fn is_wrong(&mut self, step: &mut Step<'_>) {
        step.clear(CallTimer::Key);
        let Some(asking) = self.asking.as_mut().filter(|asking| !asking.typed.is_empty()) else { return };
        asking.wrong += 1;
        step.note(Mark::Warn, "A wrong PIN was typed", "");
        if asking.wrong == TRIES {
            self.say(WORDS, &[Prompt::TooManyTries], step);
        } else {
            self.ask(&[Prompt::WrongPin, Prompt::EnterPin], step);
        }
    }

    /// They hear that they have tried too often.
    fn is_sent_away(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| asking.wrong == TRIES)
    }

    fn refuse(step: &mut Step<'_>) -> Stage {
        step.finish(Ending::new(CallEnd::Refused, Fault::Caller))
    }
}
