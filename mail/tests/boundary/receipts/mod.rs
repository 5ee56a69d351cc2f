//! What the appliance writes, as its readers get it.

mod given;
mod laid_out;
mod received;
mod repeated;

use expect_test::{Expect, expect};
use mail::compose::{AlertFacts, ReceiptFacts, alert, envelope_sender, receipt};
use mail_parser::{MessageParser, MimeHeaders};
use model::fax::{Cause, Delivery, Direction, Door, FaxState, Outcome, Retention};
use model::mail::MailPurpose;
use model::sending::Priority;
use model::{AttemptId, FaxId, MailId, Now, PhoneNumber, Pii, Random, Wall};
use store::rows::{AttemptRow, FaxRow};

use crate::support::settings;

const NOON: Wall = Now::simulation_start().wall;

fn after(seconds: i64) -> Wall {
    Wall(NOON.millis() + seconds * 1000)
}

fn fax(state: FaxState, pages_confirmed: u32, cause: Option<Cause>) -> FaxRow {
    FaxRow {
        id: FaxId::new(NOON, &mut Random::from_u64(7)),
        direction: Direction::Out,
        door: Some(Door::Mail),
        state,
        number: Some(PhoneNumber::E164("+12025550101".to_owned())),
        our_number: None,
        subject: "Referral for Tuesday".into(),
        by: Some("101".to_owned()),
        owner: Some("101".to_owned()),
        created: NOON,
        changed: after(240),
        pages: 3,
        pages_confirmed,
        attempts: 2,
        next_at: None,
        cause,
        reason: None,
        left_out: Pii::default(),
        remote_ident: "+1 202 555 0101".into(),
        delivery: Delivery::None,
        unwritten: false,
        receipt_to: Some("nurse@clinic.demo".into()),
        mail: None,
        retention: Retention::Clinical,
        keep_until: NOON,
        priority: Priority::Normal,
        not_before: None,
        cover: false,
        inside: model::Inside::default(),
        said: model::Said::default(),
        manner: None,
        twin: None,
        folder: None,
        junk: false,
        done: None,
        legal_hold: false,
        fetch: false,
        fetched_by: None,
        offer: None,
        given_of: None,
    }
}

fn attempt(number: u32, seconds: i64, outcome: Option<Outcome>) -> AttemptRow {
    AttemptRow {
        id: AttemptId::new(NOON, &mut Random::from_u64(u64::from(number))),
        number,
        line: "main, T.38".to_owned(),
        first_page: 0,
        started: after(seconds),
        ended: None,
        outcome,
        trace: model::trace::Trace::default(),
    }
}

fn attempts(cause: Cause, pages_confirmed: u32) -> Vec<AttemptRow> {
    let session = Outcome {
        pages_confirmed,
        bit_rate: 14_400,
        ecm: true,
        remote_ident: "+1 202 555 0101".into(),
        millis: 125_300,
        ..Outcome::without_session(cause)
    };
    vec![attempt(1, 5, Some(Outcome::without_session(Cause::Busy))), attempt(2, 120, Some(session))]
}

fn written(fax: &FaxRow, attempts: &[AttemptRow]) -> Vec<u8> {
    receipt(&ReceiptFacts {
        id: MailId::new(after(300), &mut Random::from_u64(9)),
        at: after(300),
        to: &"nurse@clinic.demo".into(),
        settings: &settings(),
        fax,
        attempts,
    })
}

/// Subject, text and status, decoded.
fn check(mail: &[u8], expected: &Expect) {
    assert!(mail.is_ascii() && !String::from_utf8_lossy(mail).replace("\r\n", "").contains(['\r', '\n']));
    assert!(mail.split(|b| *b == b'\n').all(|line| line.len() <= 998));
    let message = MessageParser::default().parse(mail).expect("a message");
    let mut text = format!("Subject: {}\n\n", message.subject().expect("a subject"));
    // The first of several is what holds them.
    for part in message.parts.iter().skip(usize::from(message.parts.len() > 1)) {
        let shown = String::from_utf8_lossy(part.contents()).replace("\r\n", "\n");
        text += &format!("-- {}\n{shown}", part.content_type().map_or("", |t| t.ctype()));
    }
    expected.assert_eq(&text);
}

#[test]
fn it_arrived() {
    let mail = written(&fax(FaxState::Sent, 3, Some(Cause::Delivered)), &attempts(Cause::Delivered, 3));
    expect![[r#"
        Date: Fri, 20 Nov 2026 09:05:00 -0500
        From: "Frontdesk at Harbor Street Clinic" <frontdesk@clinic.demo>
        To: <nurse@clinic.demo>
        Subject: Your fax to (202) 555-0101 arrived
        Message-ID: <01M7WMCPQ0N63GJM8V0K7BPTYS@clinic.demo>
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: multipart/report; boundary="=_01M7WMCPQ0N63GJM8V0K7BPTYS";
         report-type="delivery-status"


        --=_01M7WMCPQ0N63GJM8V0K7BPTYS
        Content-Type: text/plain; charset="utf-8"
        Content-Transfer-Encoding: quoted-printable

        Your fax to (202) 555-0101 arrived.
        Every page was confirmed by their machine.

        To:       (202) 555-0101
        About:    Referral for Tuesday
        Pages:    3, all confirmed
        Ordered:  Friday, November 20, 2026 at 9:00 AM EST
        Ended:    Friday, November 20, 2026 at 9:04 AM EST
        Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6

        Attempts
        1. 9:00:05 AM, main, T.38: Their line was busy.
        2. 9:02:00 AM, main, T.38: Every page was confirmed by their machine. (3 pa=
        ges confirmed, 14400 bit/s, error correction, 2 min 6 s, their machine call=
        s itself =E2=80=9C+1 202 555 0101=E2=80=9D)

        --=_01M7WMCPQ0N63GJM8V0K7BPTYS
        Content-Type: message/delivery-status
        Content-Transfer-Encoding: 7bit

        Reporting-MTA: dns; clinic.demo
        Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
        X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

        Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
        Action: delivered
        Status: 2.0.0
        Diagnostic-Code: X-T30; delivered; Every page was confirmed by their machine.
        Last-Attempt-Date: Fri, 20 Nov 2026 09:02:00 -0500
        X-Frontdesk-Pages: 3 of 3

        --=_01M7WMCPQ0N63GJM8V0K7BPTYS--
    "#]]
    .assert_eq(&String::from_utf8(mail.clone()).expect("ascii").replace("\r\n", "\n"));
    // The same facts, the same bytes: a mail that is made again after a crash is the same mail.
    assert_eq!(mail, written(&fax(FaxState::Sent, 3, Some(Cause::Delivered)), &attempts(Cause::Delivered, 3)));
}

#[test]
fn nobody_can_tell() {
    let cause = Cause::Unconfirmed;
    check(
        &written(&fax(FaxState::Uncertain, 2, Some(cause)), &attempts(cause, 2)),
        &expect![[r#"
        Subject: We can’t tell whether your fax to (202) 555-0101 arrived

        -- text
        We can’t tell whether your fax to (202) 555-0101 arrived.
        All pages were sent, but the call ended before their machine confirmed the last one.
        It was not sent again, so that nobody gets it twice. Ask them whether it arrived; then say so in Frontdesk, or send it again from there.

        To:       (202) 555-0101
        About:    Referral for Tuesday
        Pages:    2 of 3 confirmed
        Ordered:  Friday, November 20, 2026 at 9:00 AM EST
        Ended:    Friday, November 20, 2026 at 9:04 AM EST
        Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6

        Attempts
        1. 9:00:05 AM, main, T.38: Their line was busy.
        2. 9:02:00 AM, main, T.38: All pages were sent, but the call ended before their machine confirmed the last one. (2 pages confirmed, 14400 bit/s, error correction, 2 min 6 s, their machine calls itself “+1 202 555 0101”)
        -- message
        Reporting-MTA: dns; clinic.demo
        Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
        X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

        Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
        Action: delayed
        Status: 4.4.2
        Diagnostic-Code: X-T30; unconfirmed; All pages were sent, but the call ended before their machine confirmed the last one.
        Last-Attempt-Date: Fri, 20 Nov 2026 09:02:00 -0500
        X-Frontdesk-Pages: 2 of 3
    "#]],
    );
}

#[test]
fn what_of_the_mail_was_left_out_is_named() {
    let fax = FaxRow { left_out: "logo.png, smime.p7s".into(), ..fax(FaxState::Sent, 3, Some(Cause::Delivered)) };
    let mail = written(&fax, &attempts(Cause::Delivered, 3));
    let read = MessageParser::default().parse(&mail).expect("a message").body_text(0).expect("a text").into_owned();
    assert!(read.contains("Omitted:  logo.png, smime.p7s"), "{read}");
}

#[test]
fn a_person_says_that_it_arrived() {
    let cause = Cause::Unconfirmed;
    let said = FaxRow { done: Some(("102".to_owned(), after(240))), ..fax(FaxState::Sent, 2, Some(cause)) };
    check(
        &written(&said, &attempts(cause, 2)),
        &expect![[r#"
        Subject: Your fax to (202) 555-0101 arrived

        -- text
        Your fax to (202) 555-0101 arrived.
        Their machine had not confirmed it; somebody has said in Frontdesk that it arrived.

        To:       (202) 555-0101
        About:    Referral for Tuesday
        Pages:    2 of 3 confirmed
        Ordered:  Friday, November 20, 2026 at 9:00 AM EST
        Ended:    Friday, November 20, 2026 at 9:04 AM EST
        Said by:  102
        Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6

        Attempts
        1. 9:00:05 AM, main, T.38: Their line was busy.
        2. 9:02:00 AM, main, T.38: All pages were sent, but the call ended before their machine confirmed the last one. (2 pages confirmed, 14400 bit/s, error correction, 2 min 6 s, their machine calls itself “+1 202 555 0101”)
        -- message
        Reporting-MTA: dns; clinic.demo
        Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
        X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

        Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
        Action: delivered
        Status: 2.0.0
        Diagnostic-Code: X-T30; unconfirmed; Their machine had not confirmed it; somebody has said in Frontdesk that it arrived.
        Last-Attempt-Date: Fri, 20 Nov 2026 09:02:00 -0500
        X-Frontdesk-Pages: 2 of 3
    "#]],
    );
}

#[test]
fn it_did_not_arrive() {
    let busy = vec![attempt(1, 5, Some(Outcome::without_session(Cause::Busy))), attempt(2, 60, None)];
    check(
        &written(&fax(FaxState::Failed, 0, Some(Cause::Busy)), &busy),
        &expect![[r#"
        Subject: Your fax to (202) 555-0101 did not arrive: Their line was busy.

        -- text
        Your fax to (202) 555-0101 did not arrive: Their line was busy.
        Nothing more is tried by itself. You can send it again in Frontdesk.

        To:       (202) 555-0101
        About:    Referral for Tuesday
        Pages:    0 of 3 confirmed
        Ordered:  Friday, November 20, 2026 at 9:00 AM EST
        Ended:    Friday, November 20, 2026 at 9:04 AM EST
        Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6

        Attempts
        1. 9:00:05 AM, main, T.38: Their line was busy.
        2. 9:01:00 AM, main, T.38: no outcome is known.
        -- message
        Reporting-MTA: dns; clinic.demo
        Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
        X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

        Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
        Action: failed
        Status: 5.4.1
        Diagnostic-Code: X-T30; busy; Their line was busy.
        Last-Attempt-Date: Fri, 20 Nov 2026 09:01:00 -0500
        X-Frontdesk-Pages: 0 of 3
    "#]],
    );
    let cause = Cause::Dropped;
    check(
        &written(&fax(FaxState::Failed, 1, Some(cause)), &attempts(cause, 1)),
        &expect![[r#"
            Subject: Your fax to (202) 555-0101 did not arrive: The line dropped before all pages were sent.

            -- text
            Your fax to (202) 555-0101 did not arrive: The line dropped before all pages were sent.
            1 of 3 pages arrived. If you send it again in Frontdesk, it goes on from page 2.

            To:       (202) 555-0101
            About:    Referral for Tuesday
            Pages:    1 of 3 confirmed
            Ordered:  Friday, November 20, 2026 at 9:00 AM EST
            Ended:    Friday, November 20, 2026 at 9:04 AM EST
            Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6

            Attempts
            1. 9:00:05 AM, main, T.38: Their line was busy.
            2. 9:02:00 AM, main, T.38: The line dropped before all pages were sent. (1 page confirmed, 14400 bit/s, error correction, 2 min 6 s, their machine calls itself “+1 202 555 0101”)
            -- message
            Reporting-MTA: dns; clinic.demo
            Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
            X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

            Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
            Action: failed
            Status: 5.4.2
            Diagnostic-Code: X-T30; dropped; The line dropped before all pages were sent.
            Last-Attempt-Date: Fri, 20 Nov 2026 09:02:00 -0500
            X-Frontdesk-Pages: 1 of 3
        "#]],
    );
}

#[test]
fn it_could_not_be_rendered() {
    let mut fax = fax(FaxState::Failed, 0, None);
    fax.pages = 0;
    fax.subject = Pii::default();
    fax.reason = Some("The document \"referral\r\nX-Evil: 1.pdf\" is protected by a password.".into());
    check(
        &written(&fax, &[]),
        &expect![[r#"
        Subject: Your fax to (202) 555-0101 was not sent

        -- text
        Your fax to (202) 555-0101 was not sent.
        The document "referral  X-Evil: 1.pdf" is protected by a password.
        Nothing was sent.

        To:       (202) 555-0101
        Ordered:  Friday, November 20, 2026 at 9:00 AM EST
        Ended:    Friday, November 20, 2026 at 9:04 AM EST
        Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6
        -- message
        Reporting-MTA: dns; clinic.demo
        Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
        X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

        Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
        Action: failed
        Status: 5.6.1
        Diagnostic-Code: X-T30; unrenderable
        X-Frontdesk-Pages: 0 of 0
    "#]],
    );
}

#[test]
fn it_was_recalled() {
    check(
        &written(&fax(FaxState::Cancelled, 0, None), &[]),
        &expect![[r#"
            Subject: Your fax to (202) 555-0101 was recalled

            -- text
            Your fax to (202) 555-0101 was recalled.
            Nothing more of it is sent.

            To:       (202) 555-0101
            About:    Referral for Tuesday
            Pages:    0 of 3 confirmed
            Ordered:  Friday, November 20, 2026 at 9:00 AM EST
            Ended:    Friday, November 20, 2026 at 9:04 AM EST
            Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6
            -- message
            Reporting-MTA: dns; clinic.demo
            Arrival-Date: Fri, 20 Nov 2026 09:00:00 -0500
            X-Frontdesk-Fax: 01M7WM3HR0ZEZ4X79MX0J7WQW6

            Final-Recipient: rfc822; FAX=+12025550101@fax.clinic.demo
            Action: failed
            Status: 5.0.0
            Diagnostic-Code: X-T30; cancelled
            X-Frontdesk-Pages: 0 of 3
        "#]],
    );
}

#[test]
fn every_end_has_a_status_of_its_class() {
    use FaxState::{Cancelled, Failed, Sent, Uncertain};
    for (state, action, class) in
        [(Sent, "delivered", '2'), (Failed, "failed", '5'), (Cancelled, "failed", '5'), (Uncertain, "delayed", '4')]
    {
        for cause in ["busy", "no_such_number", "not_a_fax", "dropped", "our_fault"] {
            let mail = written(&fax(state, 0, Cause::from_word(cause)), &[]);
            let text = String::from_utf8(mail).expect("ascii");
            assert!(text.contains(&format!("\r\nAction: {action}\r\nStatus: {class}.")), "{state:?} {cause}");
            assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\n"));
        }
    }
}

#[test]
fn an_emergency_call_alerts() {
    let mail = alert(&AlertFacts {
        id: MailId::new(after(300), &mut Random::from_u64(9)),
        at: after(300),
        to: &"desk@clinic.demo".into(),
        settings: &settings(),
        sentence: &"Extension 101 (Front desk, Room 2, 40 Elm Street) called 911.".into(),
        happened: after(299),
        address: &"40 Elm Street".into(),
    });
    expect![[r#"
        Date: Fri, 20 Nov 2026 09:05:00 -0500
        From: "Frontdesk at Harbor Street Clinic" <frontdesk@clinic.demo>
        To: <desk@clinic.demo>
        Subject: Extension 101 (Front desk, Room 2, 40 Elm Street) called 911.
        Message-ID: <01M7WMCPQ0N63GJM8V0K7BPTYS@clinic.demo>
        Auto-Submitted: auto-generated
        Importance: high
        X-Priority: 1
        MIME-Version: 1.0
        Content-Type: text/plain; charset="utf-8"
        Content-Transfer-Encoding: quoted-printable

        Extension 101 (Front desk, Room 2, 40 Elm Street) called 911.

        When:     Friday, November 20, 2026 at 9:04 AM EST
        Clinic:   Harbor Street Clinic
        Address:  40 Elm Street

        Meet the responders at the door. Frontdesk shows whether somebody has ackno=
        wledged this.
    "#]]
    .assert_eq(&String::from_utf8(mail).expect("ascii").replace("\r\n", "\n"));
}

#[test]
fn receipts_and_alerts_cannot_bounce() {
    let id = FaxId::new(NOON, &mut Random::from_u64(7));
    assert_eq!(envelope_sender(MailPurpose::Receipt(id), &settings()), Pii::default());
    assert_eq!(envelope_sender(MailPurpose::Alert, &settings()), Pii::default());
    assert_eq!(envelope_sender(MailPurpose::ReceivedFax(id), &settings()).expose(), "frontdesk@clinic.demo");
}
