//! A received fax, as the mail to its readers.

use expect_test::expect;
use mail::compose::{NoAttachment, ReceivedFacts, received_fax};
use mail_parser::{MessageParser, MimeHeaders};
use model::fax::{Cause, Direction, FaxState};
use model::{MailId, Pii, Random};

use super::{after, attempts, fax};
use crate::support::settings;

fn received(state: FaxState, pdf: &[u8]) -> Result<Vec<u8>, NoAttachment> {
    let mut fax = fax(state, 0, None);
    fax.direction = Direction::In;
    fax.our_number = Some(settings().fax_number);
    fax.subject = Pii::default();
    let reception = &attempts(Cause::Delivered, 3)[1];
    received_fax(
        &ReceivedFacts {
            id: MailId::new(after(300), &mut Random::from_u64(9)),
            at: after(300),
            to: &"desk@clinic.demo".into(),
            settings: &settings(),
            fax: &fax,
            attempt: Some(reception),
        },
        pdf,
    )
}

#[test]
fn a_received_fax_comes_with_its_pages() {
    let pdf = [b"%PDF-1.7\n".to_vec(), (0..=255).cycle().take(5000).collect(), b"\n%%EOF\n".to_vec()].concat();
    let mail = received(FaxState::Received, &pdf).expect("a mail");
    let message = MessageParser::default().parse(&mail).expect("a message");
    let attachment = message.attachment(0).expect("an attachment");
    assert_eq!((attachment.attachment_name(), attachment.contents()), (Some("fax-2026-11-20-090000.pdf"), &pdf[..]));
    expect![[r#"
        Fax from (202) 555-0101, 3 pages

        A fax from (202) 555-0101 arrived. It is attached as a PDF.

        From:           (202) 555-0101
        To:             (202) 555-0199
        Pages:          3
        Received:       Friday, November 20, 2026 at 9:00 AM EST
        Their machine:  +1 202 555 0101
        Speed:          14400 bit/s
        Call:           2 min 6 s
        Fax:            01M7WM3HR0ZEZ4X79MX0J7WQW6
    "#]]
    .assert_eq(&format!(
        "{}\n\n{}",
        message.subject().expect("subject"),
        message.body_text(0).expect("text").replace("\r\n", "\n")
    ));
    let partial = received(FaxState::Partial, b"%PDF-1.7 x %%EOF").expect("a mail");
    let message = MessageParser::default().parse(&partial).expect("a message");
    assert_eq!(message.subject(), Some("Incomplete fax from (202) 555-0101: only 3 pages arrived"));
}

#[test]
fn a_fax_mail_never_goes_without_its_fax() {
    assert_eq!(received(FaxState::Received, b""), Err(NoAttachment::Empty));
    assert_eq!(received(FaxState::Received, b"<html>error</html>"), Err(NoAttachment::NotAPdf));
    assert_eq!(received(FaxState::Received, b"%PDF-1.7 cut off"), Err(NoAttachment::NotAPdf));
}
