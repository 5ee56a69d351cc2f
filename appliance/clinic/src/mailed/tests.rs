//! Messages that become mails, as the clinic and its shell see them.

use model::call::Party;
use model::voicemail::VoicemailState;
use model::{CallId, Random, Settings, Wall};
use plan::Plan;

use super::*;
use crate::mailboxes::tests::{SETTINGS, clinic_of};

/// A clinic whose plan says this about mails.
fn clinic(mail_as: &str) -> Clinic {
    let text = SETTINGS.replacen("extension = \"101\"", "extension = \"101\"\nmail = \"desk@clinic.test\"", 1);
    let plan = format!("[voicemail]\npeople = [\"all\"]\nmail_as = \"{mail_as}\"\n");
    let settings = Settings { plan: plan.clone(), ..Settings::parse(&text).expect("good settings") };
    let mut clinic = clinic_of(settings, Plan::parse(&plan).expect("a good plan"));
    clinic.vault.unlock(&mut clinic.out);
    clinic
}

fn message(n: u64) -> Voicemail {
    let (at, mut random) = (Wall(1_000), Random::from_u64(n));
    Voicemail {
        id: VoicemailId::new(at, &mut random),
        mailbox: "101".to_owned(),
        call: CallId::new(at, &mut random),
        given_by: None,
        from: Party::default(),
        state: VoicemailState::New,
        urgent: false,
        millis: 1_000,
        peaks: Vec::new(),
        created: at,
        changed: at,
        keep_until: at,
    }
}

fn read(clinic: &mut Clinic, message: &Voicemail) {
    let sound = Pii::new(Sound { rate: 8_000, samples: vec![500; 8_000] });
    let done = Done::Voicemail(Some(Box::new((message.clone(), sound))));
    clinic.tell_owner(Now::simulation_start(), message.id, Ok(done));
}

/// What follows: what is to be packed, what is read, and as what each mail has its message.
fn said(clinic: &mut Clinic) -> Vec<String> {
    let said = |output| match output {
        Output::PackMessage { id, .. } => Some(format!("pack {id}")),
        Output::Store { effect: Effect::LoadVoicemail { .. }, .. } => Some("read".to_owned()),
        Output::Store { effect: Effect::QueueVoicemailMails { mails, .. }, .. } => {
            let kind = |mail: &store::effect::NewOutgoing| {
                let body = String::from_utf8_lossy(mail.body.expose()).into_owned();
                ["audio/wav", "audio/ogg"].into_iter().find(|kind| body.contains(kind)).unwrap_or("neither").to_owned()
            };
            Some(format!("mail {}", mails.iter().map(kind).collect::<Vec<_>>().join(" ")).trim_end().to_owned())
        }
        _ => None,
    };
    clinic.out.drain(..).filter_map(said).collect()
}

#[test]
fn three_are_packed_at_once_and_the_others_are_read_when_their_turn_comes() {
    let (mut clinic, now) = (clinic("opus"), Now::simulation_start());
    let all: Vec<Voicemail> = (0..6).map(message).collect();
    all.iter().for_each(|message| read(&mut clinic, message));
    assert_eq!(said(&mut clinic), ["pack 0", "pack 1", "pack 2"]);
    clinic.message_packed(now, 1, Some(&Pii::new(b"OggS".to_vec())));
    assert_eq!(said(&mut clinic), ["mail audio/ogg", "read"]);
    read(&mut clinic, &all[3]);
    assert_eq!(said(&mut clinic), ["pack 3"]);
    // One that cannot be read holds up none behind it.
    clinic.message_packed(now, 0, Some(&Pii::new(b"OggS".to_vec())));
    assert_eq!(said(&mut clinic), ["mail audio/ogg", "read"]);
    clinic.tell_owner(now, all[4].id, Err(StoreError::NotFound));
    assert_eq!(said(&mut clinic), ["mail", "read"]);
}

#[test]
fn what_cannot_be_opus_goes_as_wav_and_what_is_told_twice_goes_once() {
    let (mut clinic, now) = (clinic("opus"), Now::simulation_start());
    read(&mut clinic, &message(0));
    assert_eq!(said(&mut clinic), ["pack 0"]);
    clinic.message_packed(now, 0, None);
    clinic.message_packed(now, 0, None);
    assert_eq!(said(&mut clinic), ["mail audio/wav"]);
}

#[test]
fn as_wav_it_goes_at_once() {
    let mut clinic = clinic("wav");
    read(&mut clinic, &message(0));
    assert_eq!(said(&mut clinic), ["mail audio/wav"]);
}

#[test]
fn a_message_is_the_same_file_each_time_and_no_other_is() {
    let sound = Sound { rate: 8_000, samples: vec![500; 8_000] };
    let of = |n| as_opus(message(n).id, &sound).expect("a file");
    assert_eq!(of(0), of(0));
    assert_ne!(of(0), of(1));
}
