//! Messages as the clinic and its store see them.

use std::sync::Arc;

use model::call::Party;
use model::{Random, Settings};
use plan::Plan;
use store::{RootKey, Store};

use super::*;
use crate::Config;

/// A clinic as small as one can be.
pub(crate) const SETTINGS: &str = "plan = \"solo-practice\"\nnetworks = [\"10.0.0.0/24\"]\n[clinic]\nname = \"C\"\naddress = \"A\"\n\
    timezone = \"America/New_York\"\nnumber = \"+12025550100\"\n\
    [[people]]\nextension = \"101\"\nname = \"Front desk\"\nlocation = \"Reception\"\n\
    [[trunks]]\nname = \"main\"\naddress = \"10.0.0.2:5060\"\n\
    [mail]\ndomain = \"clinic.test\"\nfax_domain = \"fax.clinic.test\"\nsmarthost = \"10.0.0.3:25\"\n\
    [fax]\nnumber = \"+12025550199\"\nstation_id = \"+1 202 555 0199\"\n";

/// One with its store locked.
pub(crate) fn clinic() -> Clinic {
    let settings = Settings::parse(SETTINGS).expect("good settings");
    clinic_of(settings, Plan::lifeline())
}

pub(crate) fn clinic_of(settings: Settings, plan: Plan) -> Clinic {
    let (settings, plan) = (Arc::new(settings), Arc::new(plan));
    let us = std::net::SocketAddr::from(([127, 0, 0, 1], 5060));
    let pbx = calls::PbxConfig {
        settings,
        plan,
        media: us.ip().into(),
        fingerprint: None,
        media_ports: 10_000..=10_399,
        sip_local: us,
        limits: calls::Limits::default(),
        known_trunks: Vec::new(),
    };
    let config = Config { pbx, fax_policy: fax::queue::Policy::default(), mail_policy: mail::queue::Policy::default() };
    Clinic::new(config, Random::from_u64(1))
}

/// What the clinic asks of a store that fails whenever a message is called urgent.
fn asked(said: &[bool]) -> Vec<Effect> {
    let (mut clinic, mut random, now) = (clinic(), Random::from_u64(2), Now::simulation_start());
    clinic.vault.unlock(&mut clinic.out);
    let call = CallId::new(now.wall, &mut random);
    let urgent = said.iter().map(|urgent| Ask::Urgent(*urgent));
    let begin = Ask::Begin { mailbox: "101".to_owned(), from: Party::default() };
    let mut effects = Vec::new();
    for ask in std::iter::once(begin).chain(urgent).chain([Ask::Finish]) {
        clinic.mailbox_asked(now, call, ask);
        while let Some(output) = clinic.out.pop_front() {
            let Output::Store { ticket, effect } = output else { continue };
            let failed = matches!(effect, Effect::VoicemailUrgent { .. });
            let result = if failed { Err(StoreError::Full) } else { Ok(Done::Ok) };
            clinic.stored(now, ticket, result);
            effects.push(effect);
        }
    }
    effects
}

/// The disk was full for a moment, and a message that its caller called urgent lay among the others.
#[test]
fn a_store_that_fails_once_does_not_forget_that_a_message_is_urgent() {
    for (said, is) in [(&[true][..], Some(true)), (&[true, false], Some(false)), (&[], None)] {
        let effects = asked(said);
        let early = effects.iter().filter(|effect| matches!(effect, Effect::VoicemailUrgent { .. })).count();
        assert_eq!(early, said.len(), "for a crash it is said at once");
        let last = effects.iter().find_map(|effect| match effect {
            Effect::FinishVoicemail { urgent, .. } => Some(*urgent),
            _ => None,
        });
        assert_eq!(last, Some(is), "{said:?}");
    }
}

/// Nothing of a message that its caller withdrew may come back, and the next start would finish one that is still there.
#[test]
fn a_message_that_its_caller_withdrew_is_removed_once_a_full_store_has_room() {
    let (mut clinic, mut random, now) = (clinic(), Random::from_u64(2), Now::simulation_start());
    clinic.vault.unlock(&mut clinic.out);
    let call = CallId::new(now.wall, &mut random);
    let begin = Ask::Begin { mailbox: "101".to_owned(), from: Party::default() };
    let mut discards = 0;
    for ask in [begin, Ask::Discard] {
        clinic.mailbox_asked(now, call, ask);
    }
    for later in 0..3 {
        let now = now.after(std::time::Duration::from_secs(10 * later));
        clinic.handle_input(now, crate::Input::Timeout);
        while let Some(output) = clinic.out.pop_front() {
            let Output::Store { ticket, effect } = output else { continue };
            let discard = matches!(effect, Effect::DiscardVoicemail { .. });
            discards += u32::from(discard);
            let result = if discard && discards < 3 { Err(StoreError::Full) } else { Ok(Done::Ok) };
            clinic.stored(now, ticket, result);
        }
    }
    assert_eq!(discards, 3, "until it was done");
}

/// A clinic with its store, phones of two people, and a message in the mailbox of one.
struct Ward {
    clinic: Clinic,
    store: Store,
    _dir: tempfile::TempDir,
    now: Now,
    call: CallId,
    voicemail: VoicemailId,
    /// What the phones were told: whose, and whether messages wait.
    lamps: Vec<(String, bool)>,
    /// The mails about messages that were queued.
    mails: usize,
    /// The store has no room.
    is_full: bool,
}

impl Ward {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open_blocking(dir.path(), RootKey::from_bytes([7; 32])).expect("the store opens");
        let (mut random, now) = (Random::from_u64(3), Now::simulation_start());
        let (call, voicemail) = (CallId::new(now.wall, &mut random), VoicemailId::new(now.wall, &mut random));
        let (mailbox, at) = ("101".to_owned(), now.wall);
        let sound = Pii::new(Sound { rate: 8_000, samples: vec![500; 8_000] });
        for effect in [
            Effect::BeginVoicemail { voicemail, mailbox, call, from: Party::default(), at },
            Effect::VoicemailPart { voicemail, number: 0, sound, at },
            Effect::FinishVoicemail { voicemail, urgent: None, at },
            Effect::QueueVoicemailMails { voicemail, mails: Vec::new() },
        ] {
            store.perform_blocking(effect).expect("stored");
        }
        let lamps = Vec::new();
        let more = "[[people]]\nextension = \"102\"\nname = \"Nurse\"\n[[people]]\nextension = \"103\"\nname = \"Doctor\"\n[[trunks]]\n";
        let settings = Settings::parse(&SETTINGS.replacen("[[trunks]]\n", more, 1)).expect("good settings");
        let plan = Plan::of(&settings).expect("a good plan");
        let mut this = Self {
            clinic: clinic_of(settings, plan),
            store,
            _dir: dir,
            now,
            call,
            voicemail,
            lamps,
            mails: 0,
            is_full: false,
        };
        this.clinic.handle_input(now, crate::Input::Unlocked);
        for user in ["101", "102"] {
            this.register(user);
        }
        this.lamps.clear();
        this
    }

    fn register(&mut self, user: &str) {
        let at = std::net::SocketAddr::from(([10, 0, 0, 7], 5060));
        let flow = sip::Flow { transport: sip::Transport::Udp, local: at, remote: at, connection: 0 };
        let register = sip::api::Register {
            auth: sip::api::Auth::Valid { user: user.to_owned() },
            contacts: vec![sip::api::Contact::new(format!("sip:{user}@10.0.0.7"), 3600)],
            call_id: user.to_owned(),
            cseq: 1,
            ..sip::api::Register::new(flow, user)
        };
        let request = sip::api::RequestId(1);
        self.clinic
            .handle_input(self.now, crate::Input::Sip(sip::Event::Register { request, register: register.into() }));
        self.settle();
    }

    fn settle(&mut self) {
        loop {
            match self.clinic.poll_output() {
                Output::Store { ticket, effect } => {
                    self.mails += usize::from(matches!(effect, Effect::QueueVoicemailMails { .. }));
                    let refused = self.is_full && matches!(effect, Effect::GiveVoicemail(_));
                    let result = if refused { Err(StoreError::Full) } else { self.store.perform_blocking(effect) };
                    self.clinic.handle_input(self.now, crate::Input::Stored { ticket, result });
                }
                Output::Sip(sip::Command::Send { id, sending }) => {
                    if let sip::api::Content::State { document, .. } = &sending.content {
                        let user =
                            sending.to.uri.expose().trim_start_matches("sip:").split('@').next().unwrap_or_default();
                        let waits = document.body.starts_with(b"Messages-Waiting: yes");
                        self.lamps.push((user.to_owned(), waits));
                    }
                    let answered = sip::Event::Sent { id, code: 200 };
                    self.clinic.handle_input(self.now, crate::Input::Sip(answered));
                }
                Output::Timeout(_) => return,
                _ => {}
            }
        }
    }

    fn give(&mut self, to: &str) {
        let (mailbox, voicemail, to) = ("101".to_owned(), self.voicemail, to.to_owned());
        self.clinic.mailbox_asked(self.now, self.call, Ask::Give { mailbox, voicemail, to });
        self.settle();
    }

    /// Who has it, and who is said to have given it.
    fn whose(&self, mailbox: &str) -> Option<Option<String>> {
        let found = self.store.wait(self.store.voicemails().get(mailbox, self.voicemail)).expect("read");
        found.map(|message| message.given_by)
    }
}

/// Its lamp is out at whoever gave it and lit at whoever has it now, who gets it by mail, too; it is new there and gone here, as if it had been
/// given in the console.
#[test]
fn what_is_given_by_phone_is_the_colleagues_and_lights_their_lamp() {
    let mut ward = Ward::new();
    ward.give("102");
    assert_eq!((ward.whose("101"), ward.whose("102")), (None, Some(Some("101".to_owned()))));
    assert_eq!(ward.lamps, [("101", false), ("102", true)].map(|(who, waits)| (who.to_owned(), waits)));
    assert_eq!(ward.mails, 1);
    let audit = ward.store.wait(ward.store.audit().list(10)).expect("audit");
    let given = audit.iter().find(|line| line.what == "voicemail_given").expect("it is in the audit");
    assert_eq!((given.by.as_str(), given.subject.clone()), ("101", format!("{} to 102", ward.voicemail)));
    ward.give("103");
    assert_eq!(ward.whose("103"), None, "it is no longer theirs to give");
}

#[test]
fn nobody_oneself_and_a_store_without_room_leave_it_where_it_is() {
    let mut ward = Ward::new();
    for to in ["101", "199", ""] {
        ward.give(to);
    }
    ward.is_full = true;
    ward.give("102");
    assert_eq!((ward.whose("101"), ward.whose("102"), ward.lamps.len()), (Some(None), None, 0));
}

/// Callers hear that no message can be taken. Nobody here would.
#[test]
fn staff_hear_that_no_messages_can_be_left() {
    let (mut clinic, mut random, now) = (clinic(), Random::from_u64(2), Now::simulation_start());
    let mut told = |error: StoreError| {
        let call = CallId::new(now.wall, &mut random);
        clinic.message_begun(now, call, &Err(error.clone()));
        clinic.message_part(now, call, &Err(error));
        let alerts = clinic.snapshot().alerts;
        alerts.iter().filter(|alert| alert.sentence.expose().contains("Callers cannot leave messages")).count()
    };
    assert_eq!(told(StoreError::WrongState), 0, "this mailbox is full");
    assert_eq!((told(StoreError::Full), told(StoreError::Full)), (1, 1), "once");
    assert_eq!(told(StoreError::Broken("no disk".to_owned())), 2);
}
