//! Settings that take the place of others.

use model::voicemail::GreetingKind;
use model::{Pii, Sound};
use store::effect::{NewGreeting, NewSettings, Staff};
use store::{Effect, SipSecret, StoreError, TokenKind, TrunkSecret};

use crate::clinic::Clinic;

fn new(text: &str, over: u64, at: model::Wall) -> NewSettings {
    NewSettings {
        text: text.into(),
        over,
        secrets: Vec::new(),
        accounts: Vec::new(),
        gone: Vec::new(),
        staff: Staff { mailboxes: Vec::new(), readers: Vec::new() },
        plan: None,
        by: "103".to_owned(),
        at,
    }
}

#[test]
fn they_are_kept_over_a_restart_with_those_before_them_and_undo_nothing_unseen() {
    let mut clinic = Clinic::new();
    for number in 0..52 {
        let at = clinic.tick();
        clinic.does(Effect::SaveSettings(Box::new(new(&format!("# {number}\n"), number, at))));
    }
    let at = clinic.tick();
    clinic.refuses(Effect::SaveSettings(Box::new(new("late", 51, at))), &StoreError::WrongState);
    let clinic = clinic.restart();
    let settings = clinic.store.settings();
    assert_eq!(clinic.store.wait(settings.load()), Ok(Some((52, "# 51\n".to_owned()))));
    assert_eq!(clinic.store.wait(settings.text_of(3)), Ok(Some("# 2\n".to_owned())));
    assert_eq!(clinic.store.wait(settings.text_of(2)), Ok(None), "the last fifty are kept");
}

#[test]
fn whoever_leaves_with_them_has_no_way_in_from_that_moment_on() {
    let mut clinic = Clinic::new();
    let (at, store) = (clinic.now, clinic.store.clone());
    let secret = SipSecret {
        user: "104".to_owned(),
        ha1_md5: "a".to_owned(),
        ha1_sha256: "b".to_owned(),
        ha1_sha512_256: "c".to_owned(),
    };
    let token = store.wait(async {
        store.people().set_sip_secret(secret, "box", at).await.expect("set");
        store.tokens().mint(&mut clinic.random, "104", TokenKind::Api, None, at).await.expect("minted")
    });
    for (mailbox, pin) in [("103", "738291"), ("104", "738291")] {
        let (mailbox, by) = (mailbox.to_owned(), mailbox.to_owned());
        clinic.does(Effect::SetPin { mailbox: mailbox.clone(), pin: pin.into(), by: by.clone(), at });
        for kind in [GreetingKind::Busy, GreetingKind::Name] {
            let sound = Some(Pii::new(Sound { rate: 8_000, samples: vec![500; 8_000] }));
            clinic.does(Effect::SetGreeting(NewGreeting { mailbox: mailbox.clone(), kind, sound, by: by.clone(), at }));
        }
    }
    let later = clinic.tick();
    let leaves = NewSettings {
        secrets: vec![TrunkSecret { trunk: "main".to_owned(), user: "u".to_owned(), password: "p".into() }],
        accounts: vec![("main".to_owned(), "v".to_owned())],
        gone: vec!["104".to_owned()],
        staff: Staff { mailboxes: vec!["103".to_owned()], readers: Vec::new() },
        plan: Some("solo-practice".to_owned()),
        ..new("# without 104\n", 0, later)
    };
    clinic.does(Effect::SaveSettings(Box::new(leaves)));
    store.wait(async {
        assert!(store.people().sip_secrets().await.expect("read").is_empty());
        assert_eq!(store.tokens().check(&token, TokenKind::Api, later).await, Ok(None));
        for (mailbox, has_pin, greetings) in [("103", true, 2), ("104", false, 0)] {
            let own = store.voicemails();
            assert_eq!(own.has_pin(mailbox).await, Ok(has_pin));
            assert_eq!(own.greetings(mailbox).await.expect("read").len(), greetings);
        }
        let secrets = store.trunks().secrets().await.expect("read");
        assert_eq!(secrets, [TrunkSecret { trunk: "main".to_owned(), user: "v".to_owned(), password: "p".into() }]);
        assert_eq!(store.plans().newest().await, Ok(Some("solo-practice".to_owned())));
        let audit: Vec<_> = store.audit().list(20).await.expect("read").into_iter().map(|row| row.what).collect();
        for what in ["settings_saved", "trunk_secret_set", "secrets_removed", "mailbox_forgotten", "plan_live"] {
            assert!(audit.iter().any(|line| line == what), "{what}: {audit:?}");
        }
    });
}
