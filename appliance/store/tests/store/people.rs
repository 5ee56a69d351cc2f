//! Secrets, settings, tokens, calls, bindings, alerts, and the lifeline capsule.

use std::os::unix::fs::PermissionsExt;

use model::call::{Binding, CallEnd, CallRecord, Fault, LegQuality, Party, Taken};
use model::defence::{Block, Kept, Suspicion, Usage, Used};
use model::fax::Direction;
use model::switches::{Forward, Switch};
use model::voicemail::PinCheck;
use model::{CallId, Numbering, Pii, Wall};
use store::lifeline::{Capsule, CapsuleError, CapsuleTrunk, CapsuleUser};
use store::rows::CallFilter;
use store::{Done, Effect, SipSecret, TokenKind};

use crate::clinic::{Clinic, number, trace};

#[test]
fn sip_secrets_are_replaced_and_forgotten() {
    let clinic = Clinic::new();
    let people = clinic.store.people();
    let at = clinic.now;
    clinic.store.wait(async {
        people.set_sip_secret(secret("101", "aa"), "admin", at).await.expect("set");
        people.set_sip_secret(secret("102", "cc"), "admin", at).await.expect("set");
        people.set_sip_secret(secret("101", "ee"), "admin", at).await.expect("set");
    });
    drop(people);
    let clinic = clinic.restart();
    let people = clinic.store.people();
    let all = clinic.store.wait(people.sip_secrets()).expect("read");
    assert_eq!(all, [secret("101", "ee"), secret("102", "cc")]);
    clinic.store.wait(people.forget("101", "admin", at)).expect("forgotten");
    assert_eq!(clinic.store.wait(people.sip_secrets()).expect("read").len(), 1);
}

fn secret(user: &str, start: &str) -> SipSecret {
    SipSecret {
        user: user.to_owned(),
        ha1_md5: format!("{start}5"),
        ha1_sha256: format!("{start}6"),
        ha1_sha512_256: format!("{start}7"),
    }
}

#[test]
fn a_mail_password_is_checked_for_its_user_only() {
    let clinic = Clinic::new();
    let people = clinic.store.people();
    let at = clinic.now;
    clinic.store.wait(async {
        people.set_mail_password("102", "correct horse", "admin", at).await.expect("set");
        let mut results = Vec::new();
        for (user, password) in
            [("102", "correct horse"), ("102", "correct  horse"), ("101", "correct horse"), ("102", "")]
        {
            results.push(people.check_mail_password(user, password).await.expect("checked"));
        }
        assert_eq!(results, [true, false, false, false]);
        people.set_mail_password("102", "battery staple", "admin", at).await.expect("set");
        assert!(!people.check_mail_password("102", "correct horse").await.expect("checked"));
        people.forget("102", "admin", at).await.expect("forgotten");
        assert!(!people.check_mail_password("102", "battery staple").await.expect("checked"));
    });
    let lines = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let words: Vec<_> = lines.iter().map(|l| (l.what.as_str(), l.subject.as_str(), l.by.as_str())).collect();
    assert_eq!(
        words,
        [
            ("secrets_removed", "102", "admin"),
            ("mail_password_set", "102", "admin"),
            ("mail_password_set", "102", "admin")
        ]
    );
}

/// A PIN opens a mailbox from any phone inside, as a password does from outside.
#[test]
fn who_is_let_in_by_nothing_any_more_has_no_pin_either() {
    let clinic = Clinic::new();
    let at = clinic.now;
    for mailbox in ["101", "102"] {
        let (mailbox, by) = (mailbox.to_owned(), "101".to_owned());
        clinic.does(Effect::SetPin { mailbox, pin: "738291".into(), by, at });
    }
    let people = clinic.store.people();
    let ways = |user: &str| clinic.store.wait(people.ways(user, at)).expect("read");
    assert!(ways("102").pin);
    clinic.store.wait(people.forget("102", "101", at)).expect("taken back");
    assert_eq!((ways("102"), ways("101").pin), (store::Ways::default(), true));
    let tries = Effect::CheckPin { mailbox: "102".to_owned(), pin: "738291".into(), at };
    assert!(matches!(clinic.does(tries), Done::Pin(PinCheck::NotSet)));
}

#[test]
fn a_login_link_works_once_and_in_time_and_only_as_what_it_is() {
    let mut clinic = Clinic::new();
    let tokens = clinic.store.tokens();
    let (at, soon, later) = (clinic.now, Wall(clinic.now.millis() + 1000), Wall(clinic.now.millis() + 2000));
    clinic.store.wait(async {
        let random = &mut clinic.random;
        let link = tokens.mint(random, "101", TokenKind::Login, Some(later), at).await.expect("minted");
        assert_eq!(link.len(), 64);
        assert_eq!(tokens.redeem(&link, TokenKind::Api, soon).await, Ok(None));
        assert_eq!(tokens.redeem("nonsense", TokenKind::Login, soon).await, Ok(None));
        assert_eq!(tokens.redeem(&link, TokenKind::Login, soon).await, Ok(Some("101".to_owned())));
        assert_eq!(tokens.redeem(&link, TokenKind::Login, soon).await, Ok(None));

        let late = tokens.mint(random, "101", TokenKind::Login, Some(later), at).await.expect("minted");
        assert_eq!(tokens.redeem(&late, TokenKind::Login, later).await, Ok(None));

        let api = tokens.mint(random, "ehr", TokenKind::Api, None, at).await.expect("minted");
        for _ in 0..2 {
            assert_eq!(tokens.check(&api, TokenKind::Api, later).await, Ok(Some("ehr".to_owned())));
        }
        tokens.revoke(&api).await.expect("revoked");
        assert_eq!(tokens.check(&api, TokenKind::Api, later).await, Ok(None));
    });
}

#[test]
fn of_many_who_redeem_a_link_at_once_one_wins() {
    let mut clinic = Clinic::new();
    let tokens = clinic.store.tokens();
    let at = clinic.now;
    let mint = tokens.mint(&mut clinic.random, "101", TokenKind::Login, None, at);
    let link = clinic.store.wait(mint).expect("minted");
    let winners = std::thread::scope(|scope| {
        let redeem = || clinic.store.wait(tokens.redeem(&link, TokenKind::Login, at)).expect("redeemed").is_some();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(redeem)).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).filter(|won| *won).count()
    });
    assert_eq!(winners, 1);
}

#[test]
fn settings_are_kept_with_those_before_them() {
    let clinic = Clinic::new();
    let settings = clinic.store.settings();
    let at = clinic.now;
    clinic.store.wait(async {
        assert_eq!(settings.load().await, Ok(None));
        assert_eq!(settings.save("plan = \"one\"", "101", at).await, Ok(1));
        assert_eq!(settings.save("plan = \"two\"", "102", at).await, Ok(2));
        assert_eq!(settings.load().await, Ok(Some((2, "plan = \"two\"".to_owned()))));
        assert_eq!(settings.text_of(1).await, Ok(Some("plan = \"one\"".to_owned())));
        assert_eq!(settings.text_of(9).await, Ok(None));
        let by: Vec<_> = settings.generations(10).await.expect("list").into_iter().map(|(n, by, _)| (n, by)).collect();
        assert_eq!(by, [(2, "102".to_owned()), (1, "101".to_owned())]);
    });
}

#[test]
fn what_an_older_record_does_not_say_of_a_leg_is_unknown() {
    let old = r#"{"packets_in":5,"packets_out":6,"lost":1,"jitter_us":900}"#;
    let leg: LegQuality = serde_json::from_str(old).expect("it is read");
    assert_eq!(leg, LegQuality { packets_in: 5, packets_out: 6, lost: 1, jitter_us: 900, ..LegQuality::default() });
}

pub(crate) fn call(clinic: &mut Clinic, started: Wall, answered: bool) -> CallRecord {
    let party = |text: &str, name: &str| Party { number: Some(number(text)), name: Pii::from(name) };
    CallRecord {
        id: CallId::new(started, &mut clinic.random),
        direction: Direction::In,
        from: party("+12025550144", "Adalbert Quux"),
        to: party("+12025550123", ""),
        started,
        answered: answered.then_some(started),
        taken: if answered { Taken::At(started) } else { Taken::Never },
        left_message: false,
        queued: Vec::new(),
        ended: started,
        end: if answered { CallEnd::HungUp } else { CallEnd::NoAnswer },
        fault: Fault::None,
        emergency: false,
        caller_quality: LegQuality::default(),
        callee_quality: LegQuality::default(),
        trace: trace(started),
    }
}

#[test]
fn calls_are_kept_as_they_were_and_counted_by_the_hour() {
    const HOUR: i64 = 3_600_000;
    let mut clinic = Clinic::new();
    let from = clinic.now;
    let at = |hours: i64, millis: i64| Wall(from.millis() + hours * HOUR + millis);
    let mut records: Vec<_> =
        [(at(0, -1), true), (at(0, 0), true), (at(0, HOUR - 1), false), (at(2, 5), false), (at(3, 0), true)]
            .into_iter()
            .map(|(started, answered)| call(&mut clinic, started, answered))
            .collect();
    // A call of ours that nobody took is no call that we missed.
    records[2].direction = Direction::In;
    records[3].direction = Direction::Out;
    let other = number("+442071838750");
    records[4].from = Party { number: Some(other), name: Pii::from("100% Care_x") };
    clinic.does(Effect::RecordCalls(records.clone().into()));
    let mut changed = records[0].clone();
    changed.emergency = true;
    clinic.does(Effect::RecordCalls([changed.clone(), changed.clone()].into()));
    clinic.does(Effect::RecordCalls([changed].into()));
    let calls = clinic.store.calls();
    clinic.store.wait(async {
        let recent = calls.recent(2, None).await.expect("list");
        assert!(recent == [records[4].clone(), records[3].clone()]);
        let older = calls.recent(10, Some(records[3].id)).await.expect("list");
        assert!(older == [records[2].clone(), records[1].clone(), records[0].clone()]);
        assert!(calls.get(records[0].id).await.expect("read") == Some(records[0].clone()));
        let found = async |missed, search: &str| {
            let filter = CallFilter { missed, search: Some(search.to_owned()), since: None };
            let list = calls.list(&filter, 10, None).await.expect("list");
            list.iter().map(|call| records.iter().position(|r| r.id == call.id)).collect::<Option<Vec<_>>>()
        };
        assert_eq!(found(true, "").await, Some(vec![2]));
        assert_eq!(found(false, "").await, Some(vec![4, 3, 2, 1, 0]));
        assert_eq!((found(false, "quux").await, found(true, "quux").await), (Some(vec![3, 2, 1, 0]), Some(vec![2])));
        assert_eq!(
            (found(false, " 555-0144").await, found(true, "(20) 7183").await),
            (Some(vec![3, 2, 1, 0]), Some(vec![]))
        );
        assert_eq!((found(false, "(20) 7183").await, found(false, "%").await), (Some(vec![4]), Some(vec![4])));
        assert_eq!(found(false, "QUUX").await, found(false, "quux").await);
        assert_eq!((found(false, "e_x").await, found(false, "0_").await), (Some(vec![4]), Some(vec![])));
        let since = async |since: Wall| {
            let filter = CallFilter { since: Some(since), ..CallFilter::default() };
            let list = calls.list(&filter, 10, None).await.expect("list");
            list.iter().map(|call| call.id).collect::<Vec<_>>()
        };
        let ids: Vec<CallId> = records.iter().rev().map(|record| record.id).collect();
        assert_eq!(since(records[2].started).await, ids[..3]);
        assert_eq!(since(Wall(records[4].started.millis() + 1)).await, []);
        // The kind of a number is none of its digits.
        assert_eq!(found(false, "164").await, Some(vec![]));
        let hours = calls.per_hour(from, at(3, 0)).await.expect("hours");
        assert_eq!(hours, [(at(0, 0), 1, 1), (at(1, 0), 0, 0), (at(2, 0), 0, 0)]);
        assert_eq!(calls.per_hour(at(3, 0), from).await.expect("hours"), []);
        let ages = calls.per_hour(Wall(i64::MIN / 4), Wall(i64::MAX / 4)).await.expect("hours");
        assert_eq!(ages.len(), usize::try_from(store::MAX_HOURS).expect("small"));
    });
}

/// A machine of ours answers at once: a patient who gave up in its queue, or spoke to it, has talked with nobody.
#[test]
fn a_call_that_no_person_took_is_missed_whoever_answered_it() {
    let mut clinic = Clinic::new();
    let from = clinic.now;
    let case = |clinic: &mut Clinic, n: i64, change: &dyn Fn(&mut CallRecord)| {
        let mut record = call(clinic, Wall(from.millis() + n), true);
        record.taken = Taken::Never;
        change(&mut record);
        record
    };
    let records = [
        case(&mut clinic, 0, &|_| {}),
        case(&mut clinic, 1, &|record| record.left_message = true),
        case(&mut clinic, 2, &|record| record.end = CallEnd::Lost),
        // A person pressed a key, and a person calls back.
        case(&mut clinic, 3, &|record| {
            (record.answered, record.end, record.fault) = (None, CallEnd::Refused, Fault::Callee);
        }),
        // A caller whom the clinic keeps out.
        case(&mut clinic, 4, &|record| {
            (record.answered, record.end, record.fault) = (None, CallEnd::Refused, Fault::None);
        }),
        case(&mut clinic, 5, &|record| record.direction = Direction::Out),
        case(&mut clinic, 6, &|record| record.taken = Taken::At(record.started)),
        // Of before this was known.
        case(&mut clinic, 7, &|record| record.taken = Taken::Unknown),
        case(&mut clinic, 8, &|record| (record.taken, record.answered) = (Taken::Unknown, None)),
        // Their phone and ours know no codec in common.
        case(&mut clinic, 9, &|record| {
            (record.answered, record.end, record.fault) = (None, CallEnd::Refused, Fault::Caller);
        }),
    ];
    clinic.does(Effect::RecordCalls(records.to_vec().into()));
    let calls = clinic.store.calls();
    clinic.store.wait(async {
        let missed = CallFilter { missed: true, ..CallFilter::default() };
        let list = calls.list(&missed, 20, None).await.expect("list");
        let numbers: Vec<_> = list.iter().map(|call| records.iter().position(|r| r.id == call.id)).collect();
        assert_eq!(numbers, [9, 8, 3, 2, 1, 0].map(Some));
        let said: Vec<_> = list.iter().rev().map(CallRecord::sentence).collect();
        let expected = ["Nobody talked with the caller", "Left a message", "The connection was lost", "Refused"];
        assert_eq!(said[..4], expected);
        let hours = calls.per_hour(from, Wall(from.millis() + 1000)).await.expect("hours");
        assert_eq!(hours, [(from, 2, 6)]);
    });
}

#[test]
fn bindings_are_replaced_as_a_whole() {
    let clinic = Clinic::new();
    let binding = |user: &str| Binding {
        user: user.to_owned(),
        contact: Pii::from("sip:101@192.0.2.7:5060"),
        flow: "udp 192.0.2.7:5060".to_owned(),
        agent: "baresip".to_owned(),
        expires: clinic.now,
        path: vec![Pii::from("sip:edge.clinic;lr"), Pii::from("sip:192.0.2.1;lr;ob")],
        instance: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6".to_owned(),
        reg_id: 2,
        priority: 500,
        grip: "0123".to_owned(),
        call_id: "reg-1".to_owned(),
        cseq: u32::MAX,
    };
    clinic.does(Effect::SaveBindings(vec![binding("101"), binding("102")]));
    clinic.does(Effect::SaveBindings(vec![binding("103"), binding("101")]));
    let expected = vec![binding("103"), binding("101")];
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert!(work.bindings == expected);
    assert!(clinic.store.wait(clinic.store.people().bindings()).expect("read") == expected);
}

#[test]
fn what_is_kept_of_the_defence_outlives_a_restart_and_is_one_row() {
    let clinic = Clinic::new();
    let block = Block {
        source: "2001:db8:1::/64".parse().expect("an address"),
        suspicion: Suspicion::UnknownNames,
        since: clinic.now,
        until: clinic.now,
        times: 3,
    };
    let used = |what: Usage, count: u32| Used { what, at: clinic.now, count };
    let used = vec![used(Usage::Minute("101".to_owned()), 2), used(Usage::Abroad, u32::MAX)];
    let kept = Kept { blocks: vec![block], used, image_alone: vec![("main".to_owned(), clinic.now)] };
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(work.defence, Kept::default());
    clinic.does(Effect::SaveDefence(Kept::default()));
    clinic.does(Effect::SaveDefence(kept.clone()));
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(work.defence, kept);
}

#[test]
fn alerts_are_kept_newest_first() {
    let clinic = Clinic::new();
    let record = |id, sentence| {
        clinic.does(Effect::RecordAlert { id, sentence: Pii::from(sentence), help: None, at: clinic.now })
    };
    record(1, "Extension 101 called 911");
    for _ in 0..2 {
        record(2, "Extension 102 called 933");
    }
    let alerts = clinic.store.wait(clinic.store.alerts().recent(10)).expect("list");
    assert_eq!(alerts.iter().map(|a| a.id).collect::<Vec<_>>(), [2, 1]);
    assert!(alerts[1].sentence == Pii::from("Extension 101 called 911"));
    // A clock that went back may make the same number twice.
    record(2, "Extension 103 called 911");
    assert_eq!(clinic.store.wait(clinic.store.alerts().recent(10)).expect("list").len(), 3);
}

fn seen(id: u64, sentence: &str, by: &str, at: Wall) -> Effect {
    Effect::AlertSeen { id, raised: at, sentence: Pii::from(sentence), by: by.to_owned(), at }
}

/// Whether an alert got another's number since the clock went back, or a full disk refused it and it is offered again later: who
/// acknowledged it has seen it, and no other.
#[test]
fn the_alert_that_somebody_saw_is_the_one_that_is_seen() {
    let clinic = Clinic::new();
    let record = |id, sentence: &str| {
        let help = Some(Pii::from("40 Elm Street"));
        clinic.does(Effect::RecordAlert { id, sentence: Pii::from(sentence), help, at: clinic.now })
    };
    record(2, "Extension 101 called 911");
    record(2, "Extension 102 called 911");
    record(2, "Extension 103 called 911");
    for _ in 0..2 {
        clinic.does(seen(2, "Extension 102 called 911", "101", clinic.now));
        clinic.does(seen(9, "Extension 109 called 911", "101", clinic.now));
        clinic.does(seen(3, "Extension 110 called 911", "101", clinic.now));
    }
    record(9, "Extension 109 called 911");
    record(3, "Extension 110 called 911");
    record(2, "Extension 103 called 911");
    // No call for help, so help comes nowhere.
    clinic.does(Effect::RecordAlert { id: 12, sentence: Pii::from("A fax"), help: None, at: clinic.now });
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    let of = |alert: &store::rows::AlertRow| {
        let help = alert.help.as_ref().map_or("-", |address| address.expose());
        format!("{} {} {help}", alert.id, alert.sentence.expose())
    };
    let waits: Vec<_> = work.alerts.iter().map(of).collect();
    let expected =
        ["12 A fax -", "4 Extension 103 called 911 40 Elm Street", "2 Extension 101 called 911 40 Elm Street"];
    assert_eq!(waits, expected);
    assert_eq!(work.last_alert, 12);
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let seen: Vec<_> =
        audit.iter().filter(|line| line.what == "alert_seen").map(|line| line.subject.as_str()).collect();
    assert_eq!(seen, ["10", "9", "3"]);
}

#[test]
fn what_nobody_has_seen_is_work_and_who_saw_what_is_on_record() {
    let clinic = Clinic::new();
    let unseen = |clinic: &Clinic| {
        let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
        work.alerts.into_iter().map(|alert| alert.id).collect::<Vec<_>>()
    };
    for id in 1..=60 {
        clinic.does(Effect::RecordAlert {
            id,
            sentence: Pii::from("Extension 101 called 911"),
            help: (id == 3).then(|| Pii::from("40 Elm Street")),
            at: clinic.now,
        });
    }
    // Whoever called for help is not hidden by what came since.
    assert_eq!(unseen(&clinic), (12..=60).rev().chain([3]).collect::<Vec<_>>());
    for by in ["101", "102"] {
        clinic.does(seen(59, "Extension 101 called 911", by, clinic.now));
    }
    let clinic = clinic.restart();
    assert_eq!(unseen(&clinic)[..3], [60, 58, 57]);
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let seen: Vec<_> = audit.iter().filter(|line| line.what == "alert_seen").map(|line| line.by.as_str()).collect();
    assert_eq!(seen, ["101"]);
}

fn capsule() -> Capsule {
    Capsule {
        domain: "clinic.demo".to_owned(),
        timezone: "America/New_York".to_owned(),
        numbering: Numbering::default(),
        main_number: number("+12025550123"),
        networks: vec!["127.0.0.0/8".to_owned()],
        advertise: vec![("0.0.0.0/0".into(), [203, 0, 113, 5].into())],
        phones: model::settings::Phones { strong_digest: true, ..model::settings::Phones::default() },
        users: vec![CapsuleUser {
            user: "101".to_owned(),
            ha1_md5: "aa".to_owned(),
            ha1_sha256: "bb".to_owned(),
            ha1_sha512_256: "cc".to_owned(),
            media: Some(model::settings::Media::Srtp),
        }],
        trunks: vec![CapsuleTrunk {
            terms: model::settings::Terms::default(),
            secret: Some(store::lifeline::CapsuleSecret { user: "u".to_owned(), password: "p".into() }),
            name: "main".to_owned(),
            server: "127.0.0.1:5070".to_owned(),
            also_from: vec!["198.51.100.0/24".to_owned()],
            transport: Some("udp".to_owned()),
            authority: None,
            channels: 10,
        }],
        plan: "solo-practice".to_owned(),
    }
}

#[test]
fn the_capsule_needs_no_key_and_says_when_it_is_damaged() {
    let dir = tempfile::tempdir().expect("a folder");
    assert!(matches!(Capsule::load(dir.path()), Err(CapsuleError::Missing)));
    capsule().save(dir.path()).expect("saved");
    assert_eq!(Capsule::load(dir.path()).expect("loaded"), capsule());
    let path = dir.path().join("lifeline");
    assert_eq!(std::fs::metadata(&path).expect("meta").permissions().mode() & 0o777, 0o600);

    let good = std::fs::read(&path).expect("bytes");
    // Every cut and every changed byte is noticed.
    for end in 0..good.len() {
        std::fs::write(&path, &good[..end]).expect("cut");
        assert!(Capsule::load(dir.path()).is_err(), "cut at {end}");
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).expect("changed");
        assert!(Capsule::load(dir.path()).is_err(), "changed at {at}");
    }
    let newer = String::from_utf8(good).expect("text").replacen("lifeline 1 ", "lifeline 2 ", 1);
    std::fs::write(&path, newer).expect("newer");
    assert!(matches!(Capsule::load(dir.path()), Err(CapsuleError::Newer)));
    capsule().save(dir.path()).expect("replaced");
    assert!(Capsule::load(dir.path()).is_ok());
}

#[test]
fn a_capsule_that_cannot_be_read_gives_way_to_the_one_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("lifeline");
    let previous = || Capsule::load_previous(dir.path()).expect("there is one");
    capsule().save(dir.path()).expect("saved");
    assert_eq!(previous(), capsule(), "also if there was never another");
    let newer = Capsule { domain: "other.demo".to_owned(), ..capsule() };
    newer.save(dir.path()).expect("saved");
    newer.save(dir.path()).expect("saved");
    assert_eq!(previous(), capsule(), "a start that changes nothing keeps it");
    std::fs::write(&path, "damaged").expect("written");
    newer.save(dir.path()).expect("saved");
    assert_eq!(previous(), capsule(), "what is damaged is not kept");
    let kept = std::fs::metadata(dir.path().join("lifeline-previous")).expect("a file").permissions().mode();
    assert_eq!(kept & 0o777, 0o600);
}

#[test]
fn what_staff_switched_is_there_after_a_restart() {
    let clinic = Clinic::new();
    let mut switches = model::Switches::default();
    let forward = |to| Switch::Forward { extension: "101".to_owned(), when: Forward::Busy, to };
    for switch in [
        Switch::Night { on: Some(true) },
        Switch::Block { number: number("+12025550101"), on: true },
        Switch::NoModem { port: "/dev/serial/by-id/usb-UPS-if00".to_owned(), on: true },
        Switch::DoNotDisturb { extension: "102".to_owned(), on: Some(true) },
        forward(Some(number("+12025550188"))),
    ] {
        switches.set(&switch);
    }
    clinic.does(Effect::SaveSwitches(switches.clone()));
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(work.switches, switches);
    switches.set(&forward(None));
    clinic.does(Effect::SaveSwitches(switches.clone()));
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(work.switches, switches, "what is off leaves no row");
}
