//! What the sender of a mail hears when it came again.

use mail::compose::{RepeatedFacts, repeated};

use super::*;

#[test]
fn whoever_mails_the_same_again_hears_of_which_it_is_and_what_to_do() {
    let fax = fax(FaxState::Sent, 3, Some(Cause::Delivered));
    let mail = repeated(&RepeatedFacts {
        id: MailId::new(after(300), &mut Random::from_u64(9)),
        at: after(300),
        to: &"nurse@clinic.demo".into(),
        settings: &settings(),
        fax: &fax,
    });
    let message = MessageParser::default().parse(&mail).expect("a message");
    assert_eq!(message.attachment_count(), 0);
    expect![[r#"
        Not faxed again: your mail came a second time

        Your mail is the same as the one of Friday, November 20, 2026 at 9:00 AM EST, and was not faxed again. What becomes of the first is in its own receipt, and on the page Faxes.

        If your mail program sent it again by itself, there is nothing to do. If you want it faxed once more, write a new mail with the same attachments: one that is only sent again as it was is taken for the same.

        To:       (202) 555-0101
        About:    Referral for Tuesday
        Ordered:  Friday, November 20, 2026 at 9:00 AM EST
        Fax:      01M7WM3HR0ZEZ4X79MX0J7WQW6
    "#]].assert_eq(&format!(
        "{}\n\n{}",
        message.subject().expect("subject"),
        message.body_text(0).expect("text").replace("\r\n", "\n")
    ));
    // It can never bounce in a loop.
    assert_eq!(envelope_sender(MailPurpose::Repeated(fax.id), &settings()).expose(), "");
}
