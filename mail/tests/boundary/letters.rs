//! What of a letter in HTML is faxed, and which of its versions.

use expect_test::expect;
use mail::faxmail::{Config, parse};
use mail_builder::MessageBuilder;
use mail_builder::mime::MimePart;

use crate::faxmail::{PDF, check, mail, read};

/// Some mail programs write a plain version with nothing in it.
#[test]
fn a_blank_plain_version_does_not_hide_the_letter() {
    let twice = |plain: &'static str, html: &'static str| {
        let parts = vec![MimePart::new("text/plain", plain), MimePart::new("text/html", html)];
        MimePart::new("multipart/alternative", parts)
    };
    let mixed = |parts: Vec<MimePart<'static>>| mail("").body(MimePart::new("multipart/mixed", parts));
    let scan = || MimePart::new("application/pdf", PDF).attachment("scan.pdf");
    let cover = |message: MessageBuilder<'_>| {
        let read = read(&message.write_to_vec().expect("written"));
        read.lines().find(|line| line.starts_with("cover")).unwrap_or(&read).to_owned()
    };
    for blank in ["\r\n", "", "\u{a0}\r\n", "Sent from my telephone\r\n", "-- \r\nNurse\r\n"] {
        let letter = twice(blank, "<p>Stop warfarin</p>");
        assert_eq!(cover(mixed(vec![letter, scan()])), "cover Some(\"Stop warfarin\")", "{blank:?}");
        // Neither does what a list server writes below it.
        let footer = MimePart::new("text/plain", "To leave this list, write to us.\r\n");
        let letter = twice(blank, "<p>Stop warfarin</p>");
        assert_eq!(
            cover(mixed(vec![letter, footer, scan()])),
            "cover Some(\"Stop warfarin\\nTo leave this list, write to us.\")",
            "{blank:?}"
        );
    }
    assert_eq!(cover(mixed(vec![twice("\r\n", "<p>&nbsp;</p>"), scan()])), "cover None");
    // Two letters are two, in their order, and nothing stands there twice.
    let two = mixed(vec![twice("as text", "<p>as html</p>"), twice("", "<p>Stop warfarin</p>")]);
    assert_eq!(cover(two), "cover Some(\"as text\\nStop warfarin\")");
}

/// Mail programs write both, and their plain version says that a cancelled dose is given.
#[test]
fn the_version_that_says_more_is_faxed() {
    let cover = |plain: &'static str, html: &'static str| {
        let message = mail("").text_body(plain).html_body(html).write_to_vec().expect("written");
        parse(&message, &Config::default()).expect("an order").cover.map(|cover| cover.expose().clone())
    };
    let html = |html, expected: &str| assert_eq!(cover("as text", html).as_deref(), Some(expected), "{html}");
    html("<p>A <s>5 mg</s> 10 mg</p>", "A [struck out: 5 mg] 10 mg");
    html("10<sup>9</sup>/L", "10^9/L");
    html("<table><tr><td>A<br>B</td><td>5<br>10</td></tr></table>", "A | 5\nB | 10");
    html("50 <font face=\"Symbol\">m</font>g", "50 µg");
    // Who said what is seen in it as in a text.
    html(
        "<blockquote>Continue warfarin 5 mg?</blockquote>No, stop.<table><tr><td>Nurse<td>Clinic</table>",
        "> Continue warfarin 5 mg?\nNo, stop.\nNurse | Clinic",
    );
    // Its plain version has what no reader of the mail saw.
    html("<p><span style=\"display:none\">00005</span>5 mg", "5 mg");
    // A picture of a letter says less than its words.
    html("<table><tr><td><img src=\"https://x/y.png\"></td></tr></table>", "as text");
    html("<p>as <b>html</b></p><!-- <s>5</s> -->", "as text");
}

/// A mail that is HTML alone, as Outlook and the mail programs of practices write a plan of doses.
#[test]
fn doses_of_an_html_mail_do_not_run_into_each_other() {
    check(
        mail("").html_body(
            "<div>Metoprolol 5</div><div>0.5 tablets</div><table><tr><td><p>Metoprolol</p></td><td><p>5</p></td><td>10</td></tr>\
             <tr><td>Aspirin</td><td></td><td>100</td></tr></table><ul><li>fasting<li>at noon</ul>",
        ),
        &expect![[r#"
            subject ""
            cover Some("Metoprolol 5\n0.5 tablets\nMetoprolol | 5 | 10\nAspirin | | 100\n- fasting\n- at noon")
            documents []
            dropped []
        "#]],
    );
    let long = "word<br>".repeat(10_000);
    check(
        mail("").html_body(long),
        &expect![[r#"
        552 5.3.4 The text is too long for a cover page; attach it as a PDF instead. Nothing was faxed.
    "#]],
    );
}

/// Some programs end a line by a sign that is half an end elsewhere, and a dose stands on either side of it.
#[test]
fn a_sign_that_no_paper_has_joins_no_doses() {
    let cover = |letters: &str| {
        let mail = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
             Metoprolol 5{letters}0.5 tablets\r\n"
        );
        parse(mail.as_bytes(), &Config::default()).expect("an order").cover.map(|cover| cover.expose().clone())
    };
    for end in ["=0D", "=0B", "=0C", "=0D=0A", "=0D=0D=0A"] {
        assert_eq!(cover(end).as_deref(), Some("Metoprolol 5\n0.5 tablets"), "{end}");
    }
    for blank in ["=00", "=07", "=08", "=1B", "=7F"] {
        assert_eq!(cover(blank).as_deref(), Some("Metoprolol 5 0.5 tablets"), "{blank}");
    }
    // A row stays one, whatever stands in its cell.
    let html =
        mail("").html_body("<table><tr><td>5&#11;0.5</td><td>10</td></tr></table>").write_to_vec().expect("written");
    let row = parse(&html, &Config::default()).expect("an order").cover.map(|cover| cover.expose().clone());
    assert_eq!(row.as_deref(), Some("5 0.5 | 10"));
}
