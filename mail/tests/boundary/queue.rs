//! The outbound queue over simulated days.

use std::time::Duration;

use expect_test::expect;
use mail::queue::{Policy, Queue};
use model::mail::SmtpReply;
use model::{Instant, MailId, Now, Random, Wall};
use store::effect::{MailNext, WaitingMail};

fn reply(code: u16) -> SmtpReply {
    SmtpReply::new(code, "x")
}

const fn waits(mail: MailId, due: Wall) -> WaitingMail {
    WaitingMail { mail, due, urgent: false }
}

fn ids(count: usize, random: &mut Random) -> Vec<MailId> {
    (0..count).map(|_| MailId::new(Now::simulation_start().wall, random)).collect()
}

#[test]
fn a_dead_server_is_tried_for_two_days() {
    let (start, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let mail = ids(1, &mut random)[0];
    let mut queue = Queue::new(Policy::default());
    queue.queued(start, mail);
    let (mut now, mut tries, mut log) = (start, 0, String::new());
    loop {
        now = now.after(queue.next_timeout() - now.instant);
        assert_eq!(queue.poll(now).map(|d| d.mail), Some(mail));
        let minutes = now.instant.nanos() / 60_000_000_000;
        let next = queue.tried(now, mail, &reply(if tries % 2 == 0 { 0 } else { 451 }), tries, start.wall, &mut random);
        log += &format!("try {} at {:02}:{:02}\n", tries + 1, minutes / 60, minutes % 60);
        tries += 1;
        if next == MailNext::GaveUp {
            break;
        }
    }
    assert!(queue.is_empty() && queue.next_timeout() == Instant::FAR_FUTURE);
    expect![[r#"
        try 1 at 00:00
        try 2 at 00:01
        try 3 at 00:06
        try 4 at 00:21
        try 5 at 00:53
        try 6 at 01:57
        try 7 at 03:58
        try 8 at 08:07
        try 9 at 12:24
        try 10 at 16:33
        try 11 at 20:33
        try 12 at 24:52
        try 13 at 29:07
        try 14 at 33:11
        try 15 at 37:12
        try 16 at 41:19
        try 17 at 45:34
        try 18 at 49:34
    "#]]
    .assert_eq(&log);
}

#[test]
fn replies_decide() {
    let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let mut fate = |code| {
        let mut queue = Queue::new(Policy::default());
        let mail = ids(1, &mut random)[0];
        queue.queued(now, mail);
        queue.poll(now).expect("due");
        queue.tried(now, mail, &reply(code), 0, now.wall, &mut random)
    };
    assert_eq!(fate(250), MailNext::Delivered);
    assert_eq!((fate(550), fate(552), fate(554)), (MailNext::GaveUp, MailNext::GaveUp, MailNext::GaveUp));
    // 530 and 535 are mended in our settings; 354 makes no sense; 0 is no reply.
    for code in [0, 354, 421, 450, 530, 535] {
        assert!(matches!(fate(code), MailNext::Retry { at } if at.millis_since(now.wall) >= 60_000), "{code}");
    }
}

/// Whoever set up the smarthost has forgotten this box: that is mended within hours, and all that waits goes then.
#[test]
fn a_smarthost_that_does_not_know_us_ends_no_mail() {
    let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let mut fate = |reply: &SmtpReply| {
        let mut queue = Queue::new(Policy::default());
        let mail = ids(1, &mut random)[0];
        queue.queued(now, mail);
        queue.poll(now).expect("due");
        matches!(queue.tried(now, mail, reply, 0, now.wall, &mut random), MailNext::Retry { .. })
    };
    let mut is_tried_again =
        |code, text: &str, to_envelope| fate(&SmtpReply { to_envelope, ..SmtpReply::new(code, text) });
    for (code, text) in [
        (550, "5.7.1 relaying denied"),
        (554, "5.7.1 <desk@clinic.demo>: Relay access denied"),
        (550, "5.7.64 TenantAttribution; Relay Access Denied"),
        (553, "sorry, that domain isn't in my list of allowed rcpthosts (no relay)"),
        (550, "5.7.0 your address is on a list"),
        (550, "5.7.57 Client not authenticated to send mail"),
        (554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list"),
    ] {
        assert!(is_tried_again(code, text, true), "{code} {text}");
        assert!(!is_tried_again(code, text, false), "to the message: {code} {text}");
    }
    for (code, text) in [
        (550, "5.1.1 no such mailbox"),
        (550, "5.1.1 no such mailbox at relay.clinic.demo"),
        (550, "no such user: <desk@relay.clinic.demo>"),
        (552, "5.2.2 mailbox full"),
        (550, ""),
        // What this recipient does not want is wanted no more in two days.
        (550, "5.7.1 <desk@clinic.demo>: Recipient address rejected: Access denied"),
        (550, "5.7.133 the sender was not authenticated when sending to this group"),
        (554, "5.7.129 only certain senders may write here"),
    ] {
        assert!(!is_tried_again(code, text, true), "{code} {text}");
    }
    // Before it has heard of a recipient it speaks of us.
    let reply = SmtpReply::new(550, "5.7.1 you may not send as this sender");
    assert!(fate(&SmtpReply { to_envelope: true, to_sender: true, ..reply }));
}

#[test]
fn only_so_many_are_on_the_wire_and_none_twice() {
    let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let all = ids(10, &mut random);
    let mut queue = Queue::new(Policy::default());
    queue.restore(now, all.iter().map(|id| waits(*id, now.wall)));
    queue.restore(now, all.iter().map(|id| waits(*id, now.wall)));
    let first: Vec<_> = std::iter::from_fn(|| queue.poll(now)).map(|d| d.mail).collect();
    assert_eq!((first.len(), queue.len(), queue.next_timeout()), (4, 10, Instant::FAR_FUTURE));
    queue.queued(now, first[0]);
    for mail in &first {
        queue.tried(now, *mail, &reply(250), 0, now.wall, &mut random);
    }
    let mut rest = 0;
    while let Some(deliver) = queue.poll(now) {
        rest += 1;
        queue.forget(deliver.mail);
    }
    assert_eq!((rest, queue.len()), (6, 0));
}

/// Somebody called for help while a day's mails hung on a server that does not answer.
#[test]
fn a_call_for_help_waits_behind_no_other_mail() {
    let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let (backlog, help) = (ids(10, &mut random), ids(3, &mut random));
    let mut queue = Queue::new(Policy::default());
    queue.restore(now, backlog.iter().map(|id| waits(*id, now.wall)));
    let all = |queue: &mut Queue, now| std::iter::from_fn(|| queue.poll(now)).map(|d| d.mail).collect::<Vec<_>>();
    assert_eq!(all(&mut queue, now).len(), 4);
    // The wire is full, and has one place more for this alone.
    queue.queued_urgent(now, help[0]);
    queue.queued_urgent(now, help[1]);
    assert_eq!((queue.next_timeout(), all(&mut queue, now)), (now.instant, vec![help[0]]));
    assert_eq!(queue.next_timeout(), Instant::FAR_FUTURE);
    // It stays urgent when it is tried again, and while it waits for that it holds up nothing.
    for (failed, next) in [(0, Some(help[1])), (1, None)] {
        queue.tried(now, help[failed], &reply(0), 0, now.wall, &mut random);
        assert_eq!(queue.poll(now).map(|d| d.mail), next);
    }
    let again = queue.next_timeout();
    assert!(again > now.instant && again < Instant::FAR_FUTURE);
    let again = all(&mut queue, now.after(Duration::from_secs(120)));
    assert!(again.len() == 1 && help[..2].contains(&again[0]), "{again:?}");
    // With places for all, it comes first.
    let mut queue = Queue::new(Policy::default());
    queue.restore(now, backlog.iter().map(|id| waits(*id, now.wall)));
    queue.restore(now, [WaitingMail { urgent: true, ..waits(help[2], now.wall) }]);
    let first = all(&mut queue, now);
    assert_eq!((first.len(), first[0]), (4, help[2]));
}

#[test]
fn a_wrong_clock_neither_drops_nor_holds_a_mail() {
    let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let mail = ids(1, &mut random)[0];
    let mut queue = Queue::new(Policy::default());
    // Written when the clock said 2050: due at most one pause from now.
    queue.restore(now, [waits(mail, Wall(2_524_608_000_000))]);
    assert!(queue.next_timeout() - now.instant <= Duration::from_secs(5 * 3600));
    let later = now.after(Duration::from_secs(5 * 3600));
    assert!(queue.poll(later).is_some());
    // Written in 1970: old by the wall, but hardly tried.
    let next = queue.tried(later, mail, &reply(421), 0, Wall(0), &mut random);
    assert!(matches!(next, MailNext::Retry { .. }));
}

/// Its clock was ahead when the mail was written, and whoever waits for it must hear some day that no server took it.
#[test]
fn what_was_written_under_a_clock_that_was_ahead_is_given_up_in_time() {
    let (start, mut random) = (Now::simulation_start(), Random::from_u64(1));
    let mail = ids(1, &mut random)[0];
    let mut queue = Queue::new(Policy::default());
    let written = Wall(2_524_608_000_000);
    queue.restore(start, [waits(mail, written)]);
    let (mut now, mut tries) = (start, 0);
    loop {
        now = now.after(queue.next_timeout() - now.instant);
        assert!(queue.poll(now).is_some() && now.instant - start.instant < Duration::from_secs(3 * 86_400), "{tries}");
        if queue.tried(now, mail, &reply(421), tries, written, &mut random) == MailNext::GaveUp {
            break;
        }
        tries += 1;
    }
    assert!(now.instant - start.instant > Duration::from_secs(2 * 86_400), "not before others are");
}
