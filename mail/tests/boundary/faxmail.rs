//! Mails in, orders to fax or refusals out.

use expect_test::{Expect, expect};
use mail::Rejection;
use mail::faxmail::{Config, Recipient, parse, recipient};
use mail_builder::MessageBuilder;
use mail_builder::mime::MimePart;
use proptest::prelude::*;

use crate::support::settings;

pub(crate) const PDF: &[u8] = b"%PDF-1.7 a document %%EOF";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a picture";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a photo";

/// The order, or the refusal as the client hears it.
pub(crate) fn read(message: &[u8]) -> String {
    match parse(message, &Config::default()) {
        Ok(order) => {
            let documents: Vec<String> = order
                .documents
                .iter()
                .map(|d| format!("{} ({}, {} bytes)", d.name.expose(), d.media_type, d.bytes.expose().len()))
                .collect();
            let dropped: Vec<&str> = order.dropped.iter().map(|name| name.expose().as_str()).collect();
            format!(
                "subject {:?}\ncover {:?}\ndocuments {documents:?}\ndropped {dropped:?}\n",
                order.subject.expose(),
                order.cover.as_ref().map(|cover| cover.expose().as_str()),
            )
        }
        Err(refusal) => {
            let rejection = Rejection::from(refusal);
            format!("{} {} {}\n", rejection.code, rejection.status, rejection.text.expose())
        }
    }
}

pub(crate) fn check(message: MessageBuilder<'_>, expected: &Expect) {
    expected.assert_eq(&read(&message.write_to_vec().expect("written")));
}

pub(crate) fn mail(subject: &str) -> MessageBuilder<'_> {
    MessageBuilder::new().from("nurse@clinic.demo").to("12025550101@fax.clinic.demo").subject(subject)
}

#[test]
fn text_and_documents() {
    let text = "Dear colleague,\n\nsee the referral.\t\n-- \nNurse\n555-0100";
    check(
        mail("Referral for Tuesday")
            .text_body(text)
            .attachment("application/pdf", "referral.pdf", PDF)
            .attachment("application/octet-stream", "Scan 1.PNG", PNG)
            .attachment("image/jpeg", "photo.jpg", JPEG),
        &expect![[r#"
            subject "Referral for Tuesday"
            cover Some("Dear colleague,\n\nsee the referral.")
            documents ["referral.pdf (application/pdf, 25 bytes)", "Scan 1.PNG (image/png, 18 bytes)", "photo.jpg (image/jpeg, 12 bytes)"]
            dropped ["what stood below the mark of a signature (2 lines)"]
        "#]],
    );
    check(
        mail("NoCover: referral").text_body(text).attachment("application/pdf", "a.pdf", PDF),
        &expect![[r#"
        subject "referral"
        cover None
        documents ["a.pdf (application/pdf, 25 bytes)"]
        dropped []
    "#]],
    );
    check(
        mail("Only words").text_body(text),
        &expect![[r#"
            subject "Only words"
            cover Some("Dear colleague,\n\nsee the referral.")
            documents []
            dropped ["what stood below the mark of a signature (2 lines)"]
        "#]],
    );
    check(
        mail("").html_body("<html><p>Dear <b>colleague</b>,</p><p>call me &amp; him</p></html>"),
        &expect![[r#"
        subject ""
        cover Some("Dear colleague,\ncall me & him")
        documents []
        dropped []
    "#]],
    );
    check(
        mail("both").text_body("as text").html_body("<p>as html</p>").attachment("application/pdf", "a.pdf", PDF),
        &expect![[r#"
            subject "both"
            cover Some("as text")
            documents ["a.pdf (application/pdf, 25 bytes)"]
            dropped []
        "#]],
    );
}

/// Nothing is cut in silence, and nothing above the last mark.
#[test]
fn what_stands_below_the_mark_of_a_signature_is_listed() {
    let check = |text: &str, expected: &Expect| {
        check(mail("").text_body(text).attachment("application/pdf", "a.pdf", PDF), expected);
    };
    check(
        "Medication\n-- \nAspirin 100 mg\nMetformin\n-- \nNurse\n\n555-0100\n",
        &expect![[r#"
        subject ""
        cover Some("Medication\n--\nAspirin 100 mg\nMetformin")
        documents ["a.pdf (application/pdf, 25 bytes)"]
        dropped ["what stood below the mark of a signature (2 lines)"]
    "#]],
    );
    check(
        "See the referral.\n-- \n\n",
        &expect![[r#"
        subject ""
        cover Some("See the referral.")
        documents ["a.pdf (application/pdf, 25 bytes)"]
        dropped []
    "#]],
    );
    check(
        "\n-- \nNurse",
        &expect![[r#"
        subject ""
        cover None
        documents ["a.pdf (application/pdf, 25 bytes)"]
        dropped ["what stood below the mark of a signature (1 line)"]
    "#]],
    );
    check(
        "Sent from my telephone",
        &expect![[r#"
        subject ""
        cover None
        documents ["a.pdf (application/pdf, 25 bytes)"]
        dropped ["what a mail program wrote below the mail (1 line)"]
    "#]],
    );
}

#[test]
fn pictures_are_known_by_their_bytes_and_texts_by_their_type() {
    let bmp = [&b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..], &[0; 40]].concat();
    check(
        mail("nocover")
            .attachment("application/octet-stream", "fax", &b"II*\0\x08\0\0\0"[..])
            .attachment("image/jpeg", "a.jpg", &b"RIFF\x24\0\0\0WEBPVP8 "[..])
            .attachment("image/gif", "b.gif", &b"GIF89a"[..])
            .attachment("image/x-ms-bmp", "c.bmp", &bmp[..])
            .attachment("text/plain", "notes.log", &b"notes"[..])
            .attachment("text/html", "page", &b"<p>notes</p>"[..]),
        &expect![[r#"
            subject ""
            cover None
            documents ["fax (image/tiff, 8 bytes)", "a.jpg (image/webp, 16 bytes)", "b.gif (image/gif, 6 bytes)", "c.bmp (image/bmp, 58 bytes)", "notes.log (text/plain, 5 bytes)", "page (text/html, 12 bytes)"]
            dropped []
        "#]],
    );
}

#[test]
fn nothing_to_fax() {
    check(
        mail("empty").text_body("\n"),
        &expect![[r#"
        554 5.6.0 There is nothing to fax: the message has no text and no attachment.
    "#]],
    );
    check(
        mail("signature").text_body("\n-- \nNurse"),
        &expect![[r#"
        554 5.6.0 There is nothing to fax: the message has no text and no attachment.
    "#]],
    );
    check(
        mail("nocover").text_body("only words"),
        &expect![[r#"
        554 5.6.0 There is nothing to fax: the subject says nocover, and the message has no attachment.
    "#]],
    );
    expect![[r#"
        554 5.6.0 This is not a mail message that we can read. Nothing was faxed.
    "#]]
    .assert_eq(&read(b""));
    expect![[r#"
        554 5.6.0 There is nothing to fax: the message has no text and no attachment.
    "#]]
    .assert_eq(&read(b"\r\n\r\n"));
}

#[test]
fn a_document_that_cannot_be_faxed_refuses_the_whole() {
    let with = |media_type: &'static str, name: &'static str, bytes: &'static [u8]| {
        mail("x").text_body("y").attachment("application/pdf", "good.pdf", PDF).attachment(media_type, name, bytes)
    };
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    check(
        with(word, "letter.docx", b"PK\x03\x04"),
        &expect![[r#"
        554 5.6.1 The attachment "letter.docx" cannot be faxed; attach it as a PDF, a picture (JPEG, PNG, TIFF, WebP, GIF, BMP) or a text. Nothing was faxed.
    "#]],
    );
    check(
        with("application/pdf", "letter.pdf", b"MZ\x90"),
        &expect![[r#"
        554 5.6.1 The attachment "letter.pdf" is not what its name or its type says. Nothing was faxed.
    "#]],
    );
    check(
        with("application/pdf", "letter.pdf", b""),
        &expect![[r#"
        554 5.6.0 The attachment "letter.pdf" is empty. Nothing was faxed.
    "#]],
    );
    check(
        with("application/octet-stream", "notes.log", b"notes"),
        &expect![[r#"
        554 5.6.1 The attachment "notes.log" cannot be faxed; attach it as a PDF, a picture (JPEG, PNG, TIFF, WebP, GIF, BMP) or a text. Nothing was faxed.
    "#]],
    );
    check(
        with("video/mp4", "animation\r\nX: y.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"),
        &expect![[r#"
        554 5.6.1 The attachment "animation X: y.mp4" cannot be faxed; attach it as a PDF, a picture (JPEG, PNG, TIFF, WebP, GIF, BMP) or a text. Nothing was faxed.
    "#]],
    );
    check(
        with("message/rfc822", "", b"Subject: forwarded\r\n\r\ntext"),
        &expect![[r#"
        554 5.6.1 The attachment "forwarded" cannot be faxed; attach it as a PDF, a picture (JPEG, PNG, TIFF, WebP, GIF, BMP) or a text. Nothing was faxed.
    "#]],
    );
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    for (media_type, name) in [("image/heic", "IMG_0012.HEIC"), ("image/jpeg", "IMG_0012.jpg")] {
        let heard = read(&with(media_type, name, heic).write_to_vec().expect("written"));
        assert_eq!(
            heard,
            format!(
                "554 5.6.1 The attachment \"{name}\" is a photograph in HEIC, which cannot be faxed. Nothing was faxed. Send it as a JPEG: on an \
                 iPhone, choose Settings > Camera > Formats > Most Compatible before the picture is taken.\n"
            )
        );
    }
    check(
        with("image/webp", "photo", b"<!DOCTYPE html>"),
        &expect![[r#"
        554 5.6.1 The attachment "photo" is not what its name or its type says. Nothing was faxed.
    "#]],
    );
    // What it is decides, not what it is called.
    check(
        with("application/msword", "letter.doc", PDF),
        &expect![[r#"
        subject "x"
        cover Some("y")
        documents ["good.pdf (application/pdf, 25 bytes)", "letter.doc (application/pdf, 25 bytes)"]
        dropped []
    "#]],
    );
}

#[test]
fn half_a_document_is_none() {
    let whole =
        mail("x").text_body("y").attachment("application/pdf", "a.pdf", PDF).write_to_string().expect("written");
    let encoded = "JVBERi0xLjcg";
    assert!(whole.contains(encoded));
    // Cut off anywhere, a mail never orders a part of a document.
    for cut in 0..whole.len() {
        if let Ok(order) = parse(&whole.as_bytes()[..cut], &Config::default()) {
            assert!(order.documents.iter().all(|d| d.bytes.expose() == PDF), "cut at {cut}");
        }
    }
    let damaged = whole.replace(encoded, "JVBERi0x!!#Ljcg");
    expect![[r#"
        554 5.6.0 The attachment "a.pdf" arrived damaged. Nothing was faxed.
    "#]]
    .assert_eq(&read(damaged.as_bytes()));
}

/// A part in the text of a mail: `inline`, with this name or identity.
fn shown<'a>(media_type: &'a str, bytes: &'a [u8], name: &'a str, id: &'a str) -> MimePart<'a> {
    let part = MimePart::new(media_type, bytes);
    let place = if name.is_empty() { "inline".to_owned() } else { format!("inline; filename=\"{name}\"") };
    let part = part.header("Content-Disposition", mail_builder::headers::raw::Raw::new(place));
    if id.is_empty() { part } else { part.cid(id) }
}

#[test]
fn decoration_is_left_out_and_listed() {
    let big = [PNG, &[0; 20 * 1024]].concat();
    let html = "<p>Hello <img src=\"cid:logo@clinic\"><img src='cid:plan'><img src=cid:dot%40clinic></p>";
    let related = MimePart::new(
        "multipart/related",
        vec![
            MimePart::new("text/html", html),
            shown("image/png", PNG, "logo.png", "logo@clinic"),
            MimePart::new("image/png", PNG).cid("dot@clinic"),
            shown("image/png", &big, "", "plan"),
        ],
    );
    let signature = MimePart::new("application/pkcs7-signature", &b"signed"[..]).attachment("smime.p7s");
    let parts = vec![related, MimePart::new("image/png", PNG).attachment("small.png"), signature];
    check(
        mail("x").body(MimePart::new("multipart/mixed", parts)),
        &expect![[r#"
        subject "x"
        cover Some("Hello")
        documents ["attachment 3.png (image/png, 20498 bytes)", "small.png (image/png, 18 bytes)"]
        dropped ["logo.png", "attachment 2.png", "smime.p7s"]
    "#]],
    );
}

/// Copiers, and phones that share a picture, send what is to be faxed inline or with a Content-ID, and no HTML shows it.
#[test]
fn a_small_picture_that_no_html_shows_is_faxed_and_a_tiff_always_is() {
    const TIFF: &[u8] = b"II*\0\x08\0\0\0";
    let text = MimePart::new("text/plain", "See the picture.");
    let parts = vec![text, shown("image/png", PNG, "scan.png", ""), shown("image/jpeg", JPEG, "", "scan@phone")];
    check(
        mail("x").body(MimePart::new("multipart/mixed", parts)),
        &expect![[r#"
            subject "x"
            cover Some("See the picture.")
            documents ["scan.png (image/png, 18 bytes)", "attachment 2.jpg (image/jpeg, 12 bytes)"]
            dropped []
        "#]],
    );
    let html = "<p>See <img src=\"cid:fax\"> and <img src=\"cid:scan2\"></p>";
    let parts = vec![
        MimePart::new("text/html", html),
        shown("image/tiff", TIFF, "fax.tif", "fax"),
        shown("image/png", PNG, "scan.png", "scan"),
    ];
    check(
        mail("x").body(MimePart::new("multipart/related", parts)),
        &expect![[r#"
            subject "x"
            cover Some("See and")
            documents ["fax.tif (image/tiff, 8 bytes)", "scan.png (image/png, 18 bytes)"]
            dropped []
        "#]],
    );
}

#[test]
fn hostile_mails_cost_little() {
    let parts = vec![MimePart::new("text/plain", "x"); 300];
    check(
        mail("x").body(MimePart::new("multipart/mixed", parts)),
        &expect![[r#"
        552 5.3.4 The message has too many parts. Nothing was faxed.
    "#]],
    );
    let many = (0..51).fold(mail("x"), |m, _| m.attachment("application/pdf", "a.pdf", PDF));
    check(
        many,
        &expect![[r#"
        552 5.3.4 The message has too many attachments for one fax. Nothing was faxed.
    "#]],
    );
    check(
        mail("x").text_body("word ".repeat(10_000)),
        &expect![[r#"
        552 5.3.4 The text is too long for a cover page; attach it as a PDF instead. Nothing was faxed.
    "#]],
    );
    // Fewer letters, but more lines than a fax has pages for.
    check(
        mail("x").text_body("a\n".repeat(9_000)),
        &expect![[r#"
        552 5.3.4 The text is too long for a cover page; attach it as a PDF instead. Nothing was faxed.
    "#]],
    );
    let nested: String =
        (0..2000).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n")).collect();
    expect![[r#"
        552 5.3.4 The message has too many parts. Nothing was faxed.
    "#]]
    .assert_eq(&read(nested.as_bytes()));
    let inside: String = "Content-Type: message/rfc822\r\n\r\n".repeat(2000) + "Subject: x\r\n\r\ny";
    expect![[r#"
        552 5.3.4 The message has too many parts. Nothing was faxed.
    "#]]
    .assert_eq(&read(inside.as_bytes()));
}

/// The MIME parser asserts its own bookkeeping, and this structure reaches the assertion: an attached message without headers, then
/// one that is broken off by the boundary of its parent. Where assertions are off, the attached messages refuse it.
#[test]
fn a_parser_that_panics_costs_one_mail() {
    let attached = "--b\r\nContent-Type: message/rfc822\r\n\r\n";
    let text = "--b\r\nContent-Type: text/plain\r\n\r\n";
    let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let broken = format!("{head}{text}a\r\n{attached}no header\r\n{attached}{text}b\r\n--b--\r\n");
    assert!(parse(broken.as_bytes(), &Config::default()).is_err());
    assert!(parse(b"Subject: x\r\n\r\ny", &Config::default()).is_ok());
}

#[test]
fn numbers_in_addresses() {
    let settings = settings();
    let addresses = [
        "15551234567@fax.clinic.demo",
        "+15551234567@FAX.CLINIC.DEMO",
        "555-123-4567@fax.clinic.demo",
        "\"+1 (555) 123\\-4567\"@fax.clinic.demo",
        "FAX=+15551234567@fax.clinic.demo",
        "fax=+1-555-123-4567/t33s=22@fax.clinic.demo",
        "fax=15551234567/sub=44/pwd=12#@fax.clinic.demo",
        "15551234567/sub=@fax.clinic.demo",
        "911@fax.clinic.demo",
        "101@fax.clinic.demo",
        "5551234@fax.clinic.demo",
        "nurse@fax.clinic.demo",
        "@fax.clinic.demo",
        "FAX=@fax.clinic.demo",
        "15551234567/X=1@fax.clinic.demo",
        "15551234567/T33S=x@fax.clinic.demo",
        "15551234567@clinic.demo",
        "15551234567@fax.clinic.demo.example",
        "postmaster",
    ];
    let read = |address: &str| match recipient(address, &settings) {
        Ok(Recipient::Fax(fax)) => {
            let kind = format!("{:?}", fax.number);
            let kind = kind.split('(').next().unwrap_or_default().to_owned();
            let inside = [("sub", fax.inside.subaddress), ("pwd", fax.inside.password)];
            let sub: String = inside
                .iter()
                .filter(|(_, digits)| !digits.expose().is_empty())
                .map(|(what, digits)| format!(" {what} {}", digits.expose()))
                .collect();
            format!("{kind} {}{sub}", fax.number.as_str())
        }
        Err(rejection) => format!("{} {} {}", rejection.code, rejection.status, rejection.text.expose()),
    };
    let table: String = addresses.iter().map(|a| format!("{a}\n  {}\n", read(a))).collect();
    expect![[r#"
        15551234567@fax.clinic.demo
          E164 +15551234567
        +15551234567@FAX.CLINIC.DEMO
          E164 +15551234567
        555-123-4567@fax.clinic.demo
          E164 +15551234567
        "+1 (555) 123\-4567"@fax.clinic.demo
          E164 +15551234567
        FAX=+15551234567@fax.clinic.demo
          E164 +15551234567
        fax=+1-555-123-4567/t33s=22@fax.clinic.demo
          E164 +15551234567 sub 22
        fax=15551234567/sub=44/pwd=12#@fax.clinic.demo
          E164 +15551234567 sub 44 pwd 12#
        15551234567/sub=@fax.clinic.demo
          550 5.1.1 A subaddress has 1 to 20 digits, as in /sub=44
        911@fax.clinic.demo
          Emergency 911
        101@fax.clinic.demo
          Internal 101
        5551234@fax.clinic.demo
          550 5.1.1 No fax number: that is not a possible phone number; give it with its area code, as in 202-555-0123
        nurse@fax.clinic.demo
          550 5.1.1 No fax number: that has characters that no phone number has
        @fax.clinic.demo
          550 5.1.1 No fax number: no number was given
        FAX=@fax.clinic.demo
          550 5.1.1 No fax number: no number was given
        15551234567/X=1@fax.clinic.demo
          550 5.1.1 We do not know what follows the / in this fax number
        15551234567/T33S=x@fax.clinic.demo
          550 5.1.1 A subaddress has 1 to 20 digits, * and # among them
        15551234567@clinic.demo
          550 5.7.1 We take mail for fax numbers only: write to the number at fax.clinic.demo, as in 2025550123@fax.clinic.demo
        15551234567@fax.clinic.demo.example
          550 5.7.1 We take mail for fax numbers only: write to the number at fax.clinic.demo, as in 2025550123@fax.clinic.demo
        postmaster
          550 5.7.1 We take mail for fax numbers only: write to the number at fax.clinic.demo, as in 2025550123@fax.clinic.demo
    "#]].assert_eq(&table);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_mail_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes, &Config::default());
    }

    /// A good mail with bytes changed: an order or a refusal.
    #[test]
    fn no_damaged_mail_panics(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..20)) {
        let mut bytes = mail("x").text_body("y").attachment("application/pdf", "a.pdf", PDF).write_to_vec().expect("written");
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let _ = parse(&bytes, &Config::default());
    }

    #[test]
    fn no_address_panics(address in "\\PC{0,40}(@fax.clinic.demo)?") {
        let _ = recipient(&address, &settings());
    }
}
