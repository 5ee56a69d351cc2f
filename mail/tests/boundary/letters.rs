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

/// A mail of one text, in these bytes.
fn in_bytes(head: &str, text: &[u8]) -> String {
    let head = format!("From: nurse@clinic.demo\r\nSubject: Dose\r\nMIME-Version: 1.0\r\n{head}\r\n");
    read(&[head.as_bytes(), text].concat())
}

/// Old programs and devices name no alphabet, or one that is none, and write as Windows does in the West.
#[test]
fn a_dose_keeps_its_letters_whatever_alphabet_the_mail_names() {
    let windows: &[u8] = b"5\x9610 mg, the patient\x92s caf\xe9\r\n";
    let quoted: &[u8] = b"5=9610 mg, the patient=92s caf=E9\r\n";
    let based: &[u8] = b"NZYxMCBtZywgdGhlIHBhdGllbnSScyBjYWbp\r\n";
    let utf8 = "5–10 mg, the patient’s café\r\n".as_bytes();
    for head in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/plain; charset=x-unknown\r\n",
        "Content-Type: text/plain; charset=us-ascii\r\n",
        "Content-Type: text/html\r\n",
    ] {
        let encoded = |by: &str| format!("{head}Content-Transfer-Encoding: {by}\r\n");
        for (head, bytes) in [
            (encoded("8bit"), windows),
            (encoded("quoted-printable"), quoted),
            (encoded("base64"), based),
            (encoded("8bit"), utf8),
        ] {
            let read = in_bytes(&head, bytes);
            assert!(read.contains("cover Some(\"5–10 mg, the patient’s café\")"), "{head}: {read}");
        }
    }
    let named = "Content-Type: text/plain; charset=iso-8859-2\r\n";
    assert!(in_bytes(named, b"\xb1").contains("cover Some(\"ą\")"), "an alphabet that is named is believed");
}

#[test]
fn a_text_whose_letters_cannot_be_read_is_refused() {
    let utf8 = "Content-Type: text/plain; charset=utf-8\r\n";
    expect![[r#"
        554 5.6.0 The text has letters that cannot be read; attach it as a PDF instead. Nothing was faxed.
    "#]]
    .assert_eq(&in_bytes(utf8, b"5\x9610 mg"));
    // A sign that was lost before is what the sender sees, too.
    assert!(in_bytes(utf8, "5\u{fffd}10 mg".as_bytes()).contains("cover Some(\"5\u{fffd}10 mg\")"));
}

#[test]
fn an_attached_text_keeps_its_letters() {
    let with = |head: &str, bytes: &[u8]| {
        let head = format!(
            "From: nurse@clinic.demo\r\nSubject: nocover\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=96\r\n--b\r\n{head}\
             Content-Disposition: attachment; filename=list.txt\r\n\r\n"
        );
        let mail = [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
        let order = parse(&mail, &Config::default()).map_err(|refusal| refusal.sentence())?;
        Ok(order.documents.into_iter().map(|d| d.bytes.expose().clone()).collect::<Vec<_>>())
    };
    let text = || Ok::<_, String>(vec!["5–10 mg".as_bytes().to_vec()]);
    assert_eq!(with("Content-Type: text/plain\r\n", b"5\x9610 mg"), text());
    assert_eq!(with("", b"5\x9610 mg"), text());
    assert_eq!(with("Content-Type: text/plain; charset=windows-1252\r\n", b"5\x9610 mg"), text());
    let damaged = "The attachment \"list.txt\" arrived damaged. Nothing was faxed.";
    assert_eq!(with("Content-Type: text/plain; charset=utf-8\r\n", b"5\x9610 mg"), Err(damaged.to_owned()));
    // A document that is called a text is sent as it is.
    let pdf = b"%PDF-1.7 \xe2\xe3\xcf\xd3 %%EOF";
    for charset in ["", "; charset=windows-1252", "; charset=us-ascii"] {
        assert_eq!(with(&format!("Content-Type: text/plain{charset}\r\n"), pdf), Ok(vec![pdf.to_vec()]), "{charset}");
    }
}
