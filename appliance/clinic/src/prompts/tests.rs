//! What is recorded by phone, from the order of a person to what the next caller hears.

use std::net::SocketAddr;

use media::{Clip, RecordEnd, Sound};
use model::{Command, Language, PhoneNumber, Settings};
use plan::Plan;
use sip::api::{Auth, Contact, EndReason, Event as SipEvent, Invite, LegId, Register, RequestId};
use store::{RootKey, Store};

use super::*;
use crate::Input;
use crate::mailboxes::tests::{SETTINGS, clinic_of};

const PLAN: &str = "name = \"Ours\"\n[[inbound]]\nnumber = \"main\"\nto = \"announcement snow\"\n[announcements.snow]\n\
                    say = \"We are closed today.\"\n";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0 101\r\n\
                   a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

/// A clinic with its store, and the phone of somebody who manages.
struct Clinics {
    clinic: Clinic,
    store: Store,
    _dir: tempfile::TempDir,
    now: Now,
    sip: Vec<sip::Command>,
    media: Vec<media::Command>,
    replies: Vec<Result<CommandOutcome, CommandError>>,
    /// What callers hear from then on.
    live: Vec<Recordable>,
    is_full: bool,
}

impl Clinics {
    fn open() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open_blocking(dir.path(), RootKey::from_bytes([7; 32])).expect("the store opens");
        let text = SETTINGS.replacen("location = \"Reception\"", "rights = [\"manage\"]", 1);
        let settings = Settings { plan: PLAN.to_owned(), ..Settings::parse(&text).expect("good settings") };
        let plan = Plan::of(&settings).expect("a good plan");
        let (sip, media) = (Vec::new(), Vec::new());
        let mut this = Self {
            clinic: clinic_of(settings, plan),
            store,
            _dir: dir,
            now: Now::simulation_start(),
            sip,
            media,
            replies: Vec::new(),
            live: Vec::new(),
            is_full: false,
        };
        this.input(Input::Unlocked);
        let register = Register {
            auth: Auth::Valid { user: "101".to_owned() },
            contacts: vec![Contact::new("sip:101@10.0.0.7".to_owned(), 3600)],
            call_id: "101".to_owned(),
            cseq: 1,
            ..Register::new(flow(7), "101")
        };
        this.input(Input::Sip(SipEvent::Register { request: RequestId(1), register: register.into() }));
        this
    }

    fn input(&mut self, input: Input) {
        self.clinic.handle_input(self.now, input);
        loop {
            match self.clinic.poll_output() {
                Output::Store { ticket, effect } => {
                    let refused = self.is_full && matches!(effect, Effect::Record(_));
                    let result = if refused { Err(StoreError::Full) } else { self.store.perform_blocking(effect) };
                    self.clinic.handle_input(self.now, Input::Stored { ticket, result });
                }
                Output::Sip(command) => self.sip.push(command),
                Output::Media(command) => self.media.push(command),
                Output::Reply { result, .. } => self.replies.push(result),
                // As the program does it.
                Output::PromptLive { what, sound } => {
                    prompts::record(&what, sound);
                    self.live.push(what);
                }
                Output::Timeout(_) => return,
                _ => {}
            }
        }
    }

    /// The phone rings, its person picks it up, speaks after the tone, and hears what they have said.
    fn record(&mut self, said: Clip) -> LegId {
        self.input(Input::Command { id: 1, command: Command::RecordByPhone { by: "101".to_owned(), what: snow() } });
        assert_eq!(self.replies.pop(), Some(Ok(CommandOutcome::Done)));
        let leg = self.sip.iter().find_map(|command| match command {
            sip::Command::Invite { leg, .. } => Some(*leg),
            _ => None,
        });
        let leg = leg.expect("the phone rings");
        self.input(Input::Sip(SipEvent::Answered { leg, body: SDP.into() }));
        let (session, play) = self.played().expect("what to do is said");
        self.input(Input::Media(media::Event::Played { session, play }));
        let record = self.media.iter().rev().find_map(|command| match command {
            media::Command::Record { record, .. } => Some(*record),
            _ => None,
        });
        let (record, end) = (record.expect("it is recorded"), Some(RecordEnd::Silence));
        self.input(Input::Media(media::Event::Recorded { session, record, number: 0, part: said, end }));
        leg
    }

    fn key(&mut self, digit: char) {
        let (session, _) = self.played().expect("a call is up");
        self.input(Input::Media(media::Event::Dtmf { session, digit }));
    }

    /// The session on which something was played last, and what.
    fn played(&self) -> Option<(media::SessionId, media::PlayId)> {
        self.media.iter().rev().find_map(|command| match command {
            media::Command::Play { session, play, .. } => Some((*session, *play)),
            _ => None,
        })
    }

    /// The samples of what was played last.
    fn heard(&self) -> Vec<Clip> {
        let last = self.media.iter().rev().find_map(|command| match command {
            media::Command::Play { sound, .. } => Some(sound.clone()),
            _ => None,
        });
        let Some(Sound::Several(all)) = last else { panic!("{last:?}") };
        let clip = |sound: &Sound| match sound {
            Sound::Clip(clip) => Some(clip.clone()),
            _ => None,
        };
        all.iter().filter_map(clip).collect()
    }

    fn kept(&self) -> Option<Recorded> {
        self.store.wait(self.store.prompts().sound(&snow())).expect("read")
    }
}

fn flow(host: u8) -> sip::Flow {
    let at = SocketAddr::from(([10, 0, 0, host], 5060));
    sip::Flow { transport: sip::Transport::Udp, local: at, remote: at, connection: 0 }
}

fn snow() -> Recordable {
    Recordable::Prompt { language: Language::English, name: "announcements.snow".to_owned() }
}

/// Two seconds of a voice, with a second of nothing before and behind it.
fn spoken() -> Clip {
    let value = |n: i32| if (8_000..24_000).contains(&n) { (f64::from(n) * 0.4).sin() * 3_000.0 } else { 0.0 };
    Clip::new(8_000, (0..32_000).map(|n| value(n) as i16).collect::<Vec<_>>())
}

fn prompt(name: &str) -> Vec<i16> {
    prompts::named(Language::English, name).expect("a text").to_vec()
}

#[test]
fn what_is_recorded_by_phone_is_durable_before_it_is_said_to_be_kept_and_the_next_caller_hears_it() {
    let mut clinic = Clinics::open();
    let leg = clinic.record(spoken());
    let said = clinic.heard()[0].clone();
    assert!((1_900..2_500).contains(&said.duration().as_millis()), "without the silence around it: {said:?}");
    assert_eq!((clinic.kept(), clinic.live.len()), (None, 0), "1 was not pressed");
    clinic.key('1');
    assert_eq!(clinic.heard()[0].samples(), prompt("announcement_kept"));
    assert_eq!(clinic.live, [snow()]);
    let kept = clinic.kept().expect("it is durable");
    assert_eq!(u128::from(kept.millis()), said.duration().as_millis());
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let line = audit.iter().find(|line| line.what == "prompt_recorded").expect("it is in the audit");
    assert_eq!((line.by.as_str(), line.subject.as_str()), ("101", "en.announcements.snow"));
    clinic.input(Input::Sip(SipEvent::Ended { leg, reason: EndReason::Bye }));

    let main: PhoneNumber = clinic.clinic.settings().main_number.clone();
    let invite = Invite { offer: Some(SDP.into()), ..Invite::new(flow(2), main.as_str()) };
    clinic.input(Input::Sip(SipEvent::Invite { leg: LegId(1), invite: invite.into() }));
    assert_eq!(clinic.heard()[0].samples(), said.samples());
}

#[test]
fn what_the_store_did_not_take_is_said_not_to_be_kept_and_is_not_heard() {
    let mut clinic = Clinics::open();
    clinic.is_full = true;
    clinic.record(spoken());
    clinic.key('1');
    assert_eq!(clinic.heard()[0].samples(), prompt("announcement_not_kept"));
    assert_eq!((clinic.kept(), clinic.live.len()), (None, 0));
    // The disk has room again: what was said is still there.
    clinic.is_full = false;
    clinic.key('1');
    assert_eq!(clinic.heard()[0].samples(), prompt("announcement_kept"));
    assert!(clinic.kept().is_some());
}

/// Whoever lost the right while they spoke keeps nothing.
#[test]
fn the_right_counts_at_the_moment_at_which_it_is_kept() {
    let mut clinic = Clinics::open();
    clinic.record(spoken());
    let mut settings = (**clinic.clinic.settings()).clone();
    settings.people[0].rights.clear();
    let plan = Plan::of(&settings).expect("a good plan");
    clinic.input(Input::Reload { settings: settings.into(), plan: plan.into() });
    clinic.key('1');
    assert_eq!(clinic.heard()[0].samples(), prompt("announcement_not_kept"));
    assert_eq!((clinic.kept(), clinic.live.len()), (None, 0));
}

#[test]
fn what_nobody_may_record_rings_nowhere_nor_does_anything_while_the_store_is_locked() {
    let mut clinic = Clinics::open();
    let what = Recordable::Prompt { language: Language::English, name: "announcements.none".to_owned() };
    clinic.input(Input::Command { id: 1, command: Command::RecordByPhone { by: "101".to_owned(), what } });
    assert!(matches!(clinic.replies[..], [Err(CommandError::NotAllowed(_))]), "{:?}", clinic.replies);
    let mut locked = crate::mailboxes::tests::clinic();
    let order = Command::RecordByPhone {
        by: "101".to_owned(),
        what: Recordable::Prompt { language: Language::English, name: "goodbye".to_owned() },
    };
    locked.handle_input(Now::simulation_start(), Input::Command { id: 1, command: order });
    let mut replies = Vec::new();
    loop {
        match locked.poll_output() {
            Output::Reply { result, .. } => replies.push(result),
            Output::Timeout(_) => break,
            _ => {}
        }
    }
    assert!(matches!(replies[..], [Err(CommandError::NotStored(_))]), "{replies:?}");
}
