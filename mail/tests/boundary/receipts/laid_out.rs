//! What becomes of a document that lies ready for others, as its owner hears of it.

use expect_test::expect;
use model::fax::{Cause, FaxState};
use store::rows::FaxRow;

use super::{after, attempts, check, fax, written};

/// The same as a document that is laid out, and as a fetch of one.
fn laid_out(state: FaxState) -> FaxRow {
    let until = after(86_400);
    let offer = model::Offer { called: None, inside: model::Inside::default(), until, once: true };
    FaxRow { offer: Some(offer), number: None, receipt_to: None, ..fax(state, 0, None) }
}

fn fetch(state: FaxState, pages: u32, cause: Cause) -> FaxRow {
    FaxRow { given_of: Some(laid_out(FaxState::Offered).id), receipt_to: None, ..fax(state, pages, Some(cause)) }
}

#[test]
fn of_what_is_laid_out_its_owner_hears_who_fetched_it_and_that_nobody_did() {
    let whole = fetch(FaxState::Sent, 3, Cause::Delivered);
    check(
        &written(&whole, &attempts(Cause::Delivered, 3)[1..]),
        &expect![[r#"
            Subject: A document that you laid out was fetched by (202) 555-0101

            -- text
            A document that you laid out was fetched by (202) 555-0101.
            Every page was confirmed by their machine.

            Fetched by:   (202) 555-0101
            About:        Referral for Tuesday
            Pages:        3, all confirmed
            They called:  Friday, November 20, 2026 at 9:00 AM EST
            Fax:          01M7WM3HR0ZEZ4X79MX0J7WQW6

            Attempts
            2. 9:02:00 AM, main, T.38: Every page was confirmed by their machine. (3 pages confirmed, 14400 bit/s, error correction, 2 min 6 s, their machine calls itself “+1 202 555 0101”)
        "#]],
    );
    let last = fetch(FaxState::Uncertain, 2, Cause::Unconfirmed);
    check(
        &written(&last, &attempts(Cause::Unconfirmed, 2)[1..]),
        &expect![[r#"
        Subject: We can’t tell whether (202) 555-0101 has all of a document that you laid out

        -- text
        We can’t tell whether (202) 555-0101 has all of a document that you laid out.
        All pages were sent, but the call ended before their machine confirmed the last one. Ask them; then say so in Frontdesk, at this fetch. If it was to be given away once, for an hour it lies ready for their number alone, and then for nobody, until you say so, or withdraw it and lay it out again.

        Fetched by:   (202) 555-0101
        About:        Referral for Tuesday
        Pages:        2 of 3 confirmed
        They called:  Friday, November 20, 2026 at 9:00 AM EST
        Fax:          01M7WM3HR0ZEZ4X79MX0J7WQW6

        Attempts
        2. 9:02:00 AM, main, T.38: All pages were sent, but the call ended before their machine confirmed the last one. (2 pages confirmed, 14400 bit/s, error correction, 2 min 6 s, their machine calls itself “+1 202 555 0101”)
    "#]],
    );
    check(
        &written(&laid_out(FaxState::Offered), &[]),
        &expect![[r#"
        Subject: Nobody fetched a document that you laid out, and its time is over

        -- text
        Nobody fetched a document that you laid out, and its time is over.
        Nobody gets it any more. If it is still wanted, lay it out once more in Frontdesk.

        About:       Referral for Tuesday
        Laid out:    Friday, November 20, 2026 at 9:00 AM EST
        Until:       Saturday, November 21, 2026 at 9:00 AM EST
        Fax:         01M7WM3HR0ZEZ4X79MX0J7WQW6
    "#]],
    );
    let broken = FaxRow { reason: Some("“results.doc” is damaged.".into()), ..laid_out(FaxState::Failed) };
    check(
        &written(&broken, &[]),
        &expect![[r#"
        Subject: A document could not be laid out

        -- text
        A document could not be laid out.
        “results.doc” is damaged.
        Nobody gets it.

        About:       Referral for Tuesday
        Laid out:    Friday, November 20, 2026 at 9:00 AM EST
        Fax:         01M7WM3HR0ZEZ4X79MX0J7WQW6
    "#]],
    );
}
