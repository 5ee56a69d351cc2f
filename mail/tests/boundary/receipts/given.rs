//! A received fax that a colleague has given to somebody, as they hear of it.

use expect_test::expect;
use mail::compose::{GivenFacts, envelope_sender, given_fax};
use mail_parser::MessageParser;
use model::fax::{Direction, FaxState};
use model::mail::MailPurpose;
use model::{MailId, Pii, Random};

use super::{after, fax};
use crate::support::settings;

#[test]
fn whoever_is_given_a_fax_hears_by_whom_and_gets_no_page_of_it() {
    let mut fax = fax(FaxState::Received, 3, None);
    fax.direction = Direction::In;
    fax.our_number = Some(settings().fax_number);
    fax.subject = Pii::default();
    let mail = given_fax(&GivenFacts {
        id: MailId::new(after(300), &mut Random::from_u64(9)),
        at: after(300),
        to: &"nurse@clinic.demo".into(),
        settings: &settings(),
        fax: &fax,
        by: "101",
        given: after(240),
    });
    let message = MessageParser::default().parse(&mail).expect("a message");
    assert_eq!(message.attachment_count(), 0);
    expect![[r#"
        101 gave you a fax from (202) 555-0101, 3 pages

        101 gave you the fax from (202) 555-0101: it is yours to look after. It stands in Frontdesk on the page Faxes, under Mine; if it is not for you, give it on or lay it back there.

        From:      (202) 555-0101
        To:        (202) 555-0199
        Pages:     3
        Received:  Friday, November 20, 2026 at 9:00 AM EST
        Given:     Friday, November 20, 2026 at 9:04 AM EST
        Fax:       01M7WM3HR0ZEZ4X79MX0J7WQW6
    "#]].assert_eq(&format!(
        "{}\n\n{}",
        message.subject().expect("subject"),
        message.body_text(0).expect("text").replace("\r\n", "\n")
    ));
    // It can never bounce in a loop.
    assert_eq!(envelope_sender(MailPurpose::GivenFax(fax.id), &settings()).expose(), "");
}
