//! Sending a fax: checked, written back, confirmed, ordered once.

use axum::body::Body;
use axum::http::StatusCode;
use model::command::{Command, CommandError, CommandOutcome};
use model::settings::Right;
use tokio_stream::StreamExt as _;

use super::{Answer, Clinic, form, request};

const PDF: &[u8] = b"%PDF-1.4 referral";

async fn fill(clinic: &Clinic, cookie: &str, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
    let (kind, body) = form(fields);
    let builder = request(axum::http::Method::POST, "/send", Some(cookie)).header("sec-fetch-site", "same-origin");
    clinic.ask(builder.header("content-type", kind).body(Body::from(body)).expect("request")).await
}

fn good(to: &str) -> [(&str, Option<&str>, &[u8]); 3] {
    [("to", None, to.as_bytes()), ("subject", None, b"Referral <b>"), ("document", Some("referral.pdf"), PDF)]
}

#[tokio::test]
async fn the_number_is_written_back_and_the_fax_ordered_once() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let checked = fill(&clinic, &cookie, &good("202.555.0163")).await;
    assert_eq!(checked.status, StatusCode::SEE_OTHER, "{}", checked.body);
    let confirm = checked.headers["location"].to_str().expect("text").to_owned();
    let page = clinic.get(&confirm, &cookie).await.body;
    for part in [
        "(202) 555-0163",
        "Of the last 2 faxes to this number, 1 arrived.",
        "referral.pdf, 1 KB",
        "Referral &#60;b&#62;",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(clinic.ordered().is_empty(), "checking orders nothing");
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.sent)));
    for _ in 0..3 {
        // A double click, and the button pressed again after going back.
        let answer = clinic.post(&confirm, &cookie).await;
        assert_eq!(answer.headers["location"].to_str().expect("text"), format!("/faxes/{}", clinic.faxes.sent));
    }
    let ordered = clinic.ordered();
    let [Command::SendFax { by, to, subject, documents, .. }] = ordered.as_slice() else { panic!("{ordered:?}") };
    assert_eq!((by.as_str(), to.as_str(), subject.expose().as_str()), ("102", "+12025550163", "Referral <b>"));
    assert_eq!(documents[0].bytes.expose(), PDF);
}

/// Who may send faxes and see none is told that it was taken, and not that they may not: else they would send it again.
#[tokio::test]
async fn whoever_sees_no_faxes_is_told_that_theirs_was_taken() {
    let clinic = Clinic::open().await;
    clinic.settings.send_modify(|settings| {
        let mut new = (**settings).clone();
        new.people.iter_mut().filter(|p| p.user == "103").for_each(|p| p.rights = [Right::SendFaxes].into());
        *settings = new.into();
    });
    let cookie = clinic.sign_in("103").await;
    let checked = fill(&clinic, &cookie, &good("202.555.0163")).await;
    let confirm = checked.headers["location"].to_str().expect("text").to_owned();
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.sent)));
    let there = clinic.post(&confirm, &cookie).await.headers["location"].to_str().expect("text").to_owned();
    let page = clinic.get(&there, &cookie).await;
    assert!(page.status == StatusCode::OK && page.body.contains("It was accepted."), "{there}: {}", page.body);
}

#[tokio::test]
async fn of_a_number_it_is_told_which_faxes_arrived_and_no_more_than_is_known() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    clinic.fetched_in_part().await;
    for (to, said) in [
        ("202.555.0108", "No fax has gone to this number before."),
        ("202.555.0155", "No fax has gone to this number before."),
        ("202.555.0144", "The last fax to this number: it is not known to have arrived."),
    ] {
        let checked = fill(&clinic, &cookie, &good(to)).await;
        let page = clinic.get(checked.headers["location"].to_str().expect("text"), &cookie).await.body;
        assert!(page.contains(said), "{to}: {page}");
    }
}

#[tokio::test]
async fn somebody_inside_their_house_is_asked_for_as_it_was_written() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let with = |subaddress: &'static [u8]| {
        let mut fields = good("202.555.0163").to_vec();
        fields.extend([("subaddress", None, subaddress), ("password", None, b"12#".as_slice())]);
        fields
    };
    let refused = fill(&clinic, &cookie, &with(b"the lab")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in
        ["A subaddress has 1 to 20 digits", "value=\"the lab\"", "value=\"12#\"", "<details class=\"field\" open>"]
    {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let checked = fill(&clinic, &cookie, &with(b"44-12")).await;
    let confirm = checked.headers["location"].to_str().expect("text").to_owned();
    let page = clinic.get(&confirm, &cookie).await.body;
    assert!(page.contains("For the subaddress 4412") && page.contains("With a password"), "{page}");
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.sent)));
    clinic.post(&confirm, &cookie).await;
    let ordered = clinic.ordered();
    let [Command::SendFax { wish, .. }] = ordered.as_slice() else { panic!("{ordered:?}") };
    assert_eq!(wish.inside, model::Inside::parse("4412", "12#").expect("digits"));
}

#[tokio::test]
async fn a_mistake_is_a_sentence_beside_its_field_and_nothing_typed_is_lost() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    for (to, sentence) in [
        ("12345", "That is not a possible phone number"),
        ("nurse", "That has characters that no phone number has."),
        ("911", "A fax is never sent to an emergency number."),
        ("101", "That is an extension of the clinic"),
        ("", "No number was given."),
    ] {
        let answer = fill(&clinic, &cookie, &good(to)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        for part in [sentence, "Referral &#60;b&#62;", "referral.pdf, 1 KB", "aria-invalid=\"true\""] {
            assert!(answer.body.contains(part), "{to}: {part}");
        }
        let draft =
            answer.body.split("name=\"draft\" value=\"").nth(1).expect("a draft").split('"').next().expect("its key");
        // The number put right, without choosing the file again.
        let fields: [(&str, Option<&str>, &[u8]); 3] =
            [("to", None, b"2025550163"), ("draft", None, draft.as_bytes()), ("document", Some(""), b"")];
        assert_eq!(fill(&clinic, &cookie, &fields).await.status, StatusCode::SEE_OTHER, "{to}");
    }
}

#[tokio::test]
async fn a_document_is_judged_by_its_bytes() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let document = |bytes| [("to", None, b"2025550163".as_slice()), ("document", Some("x.pdf"), bytes)];
    for (bytes, sentence) in [
        (b"MZ\x90\x00 not a document".as_slice(), "no PDF, picture or text"),
        (b"", "This file is empty."),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "set Settings &#62; Camera &#62; Formats &#62; Most Compatible"),
    ] {
        let answer = fill(&clinic, &cookie, &document(bytes)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(sentence), "{sentence}");
    }
    let none = fill(&clinic, &cookie, &[("to", None, b"2025550163")]).await;
    assert!(none.body.contains("Choose the document to send."));
    assert!(none.body.contains(">2025550163</textarea>"), "what was typed is kept");
    for picture in [b"\x89PNG\r\n\x1a\n....".as_slice(), b"GIF89a....", b"RIFF\x24\0\0\0WEBPVP8 ", b"MM\0*\0\0\0\x08"] {
        let answer = fill(&clinic, &cookie, &document(picture)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    // A phone makes a JPEG of what is not among these.
    let form = clinic.get("/send", &cookie).await.body;
    let accepted = form.split("accept=\"").nth(1).expect("a file field").split('"').next().expect("its end");
    assert!(accepted.contains("image/webp") && accepted.contains(".tiff") && !accepted.contains("hei"), "{accepted}");
}

/// A scan of many pages is what is too large, and whoever sends it has filled in the rest already.
#[tokio::test]
async fn a_document_that_is_too_large_is_said_beside_it_and_what_was_typed_is_kept() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    clinic.settings.send_modify(|s| std::sync::Arc::make_mut(s).max_message = 1000);
    let mut big = PDF.to_vec();
    big.resize(100_000, b' ');
    let typed = [("to", None, b"2025550163".as_slice()), ("subject", None, b"Referral"), ("priority", None, b"urgent")];
    let behind = [("not_before", None, b"2036-01-01T10:00".as_slice()), ("subaddress", None, b"4412")];
    let kept = [">2025550163</textarea>", "value=\"Referral\"", "<option value=\"urgent\" selected>"];
    let fields = [&typed[..], &[("document", Some("x.pdf"), &big)], &behind].concat();
    let answer = fill(&clinic, &cookie, &fields).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let error = "<p class=\"error\" id=\"document-error\">This document is too large, and nothing was accepted.";
    for part in kept.iter().chain(&["value=\"2036-01-01T10:00\"", "value=\"4412\"", error]) {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let last = |field: &str| answer.body.find(&format!("name=\"{field}\"")).expect("a field");
    assert!(["to", "subject", "priority", "not_before", "password"].iter().all(|field| last(field) < last("document")));

    // More than any form may have is read no further. As from a network, one piece is there at a time.
    big.resize(102 << 20, b' ');
    let (kind, body) = form(&[&typed[..], &[("document", Some("x.pdf"), &big)], &behind].concat());
    let pieces: Vec<_> = body.chunks(1 << 20).map(<[u8]>::to_vec).collect();
    let pieces = tokio_stream::iter(pieces).then(async |piece| {
        tokio::task::yield_now().await;
        Ok::<_, std::convert::Infallible>(piece)
    });
    let builder = request(axum::http::Method::POST, "/send", Some(&cookie)).header("sec-fetch-site", "same-origin");
    let body = Body::from_stream(pieces);
    let answer = clinic.ask(builder.header("content-type", kind).body(body).expect("request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(kept.iter().chain(&[error]).all(|part| answer.body.contains(part)), "{}", answer.body);
    assert!(clinic.ordered().is_empty());
}

/// Several colleagues send large scans at this moment.
#[tokio::test]
async fn a_document_that_nobody_has_a_turn_for_is_said_beside_it_and_what_was_typed_is_kept() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let all = u32::try_from(crate::upload::MAX_UPLOADS).expect("few");
    let others = clinic.app.uploads.acquire_many(all).await.expect("all turns");
    let answer = fill(&clinic, &cookie, &good("2025550163")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let error = "<p class=\"error\" id=\"document-error\">Several other documents are being read just now";
    for part in [">2025550163</textarea>", "value=\"Referral &#60;b&#62;\"", error] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    // What is here already needs no turn.
    let none: [(&str, Option<&str>, &[u8]); 2] = [("to", None, b"2025550163"), ("document", Some(""), b"")];
    let answer = fill(&clinic, &cookie, &none).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("Choose the document to send."));
    drop(others);
    assert_eq!(fill(&clinic, &cookie, &good("2025550163")).await.status, StatusCode::SEE_OTHER);
}

/// A laptop that is closed midway sends nothing more, and says nothing either.
#[tokio::test]
async fn a_form_that_was_cut_off_midway_gives_its_turn_back() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    for (path, field) in [
        ("/send", "document"),
        ("/offer", "unknown"),
        ("/voicemail/greetings/busy", "greeting"),
        ("/plan/prompts", "recording"),
        ("/plan/prompts/music", "name"),
    ] {
        let (kind, mut body) = form(&[("subject", None, b"Referral"), (field, Some("a"), PDF)]);
        body.truncate(body.len() - 30);
        let begun = tokio_stream::iter([Ok::<_, std::convert::Infallible>(body)]).chain(tokio_stream::pending());
        let builder = request(axum::http::Method::POST, path, Some(&cookie)).header("sec-fetch-site", "same-origin");
        let request = builder.header("content-type", kind).body(Body::from_stream(begun)).expect("request");
        tokio::time::pause();
        let answer = clinic.ask(request).await;
        tokio::time::resume();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(answer.body.contains("The form did not arrive whole."), "{path}: {}", answer.body);
        assert_eq!(clinic.app.uploads.available_permits(), crate::upload::MAX_UPLOADS, "{path}");
    }
    assert_eq!(fill(&clinic, &cookie, &good("2025550163")).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_draft_is_its_owners_alone() {
    let clinic = Clinic::open().await;
    let nurse = clinic.sign_in("102").await;
    let desk = clinic.sign_in("101").await;
    let checked = fill(&clinic, &nurse, &good("2025550163")).await;
    let confirm = checked.headers["location"].to_str().expect("text").to_owned();
    assert_eq!(clinic.get(&confirm, &desk).await.headers["location"], "/send");
    assert_eq!(clinic.post(&confirm, &desk).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_refused_order_can_be_tried_again_and_keeps_everything() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let checked = fill(&clinic, &cookie, &good("2025550163")).await;
    let confirm = checked.headers["location"].to_str().expect("text").to_owned();
    clinic.answers(Err(CommandError::NotStored("The disk is full. Nothing was accepted.".into())));
    let refused = clinic.post(&confirm, &cookie).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    for part in ["The disk is full. Nothing was accepted.", ">2025550163</textarea>", "referral.pdf, 1 KB"] {
        assert!(refused.body.contains(part), "{part}");
    }
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.sent)));
    assert_eq!(clinic.post(&confirm, &cookie).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.ordered().len(), 2);
}

#[tokio::test]
async fn several_numbers_are_written_back_each_and_ordered_as_one() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let typed = "202.555.0163\r\n202-555-0108, +1 202 555 0163;(202) 555-0144\r\n";
    let checked = fill(&clinic, &cookie, &good(typed)).await;
    assert_eq!(checked.status, StatusCode::SEE_OTHER, "{}", checked.body);
    let confirm = checked.headers["location"].to_str().expect("text").to_owned();
    let page = clinic.get(&confirm, &cookie).await.body;
    for part in [
        "Are these the right numbers?",
        "<strong>(202) 555-0163</strong><small>Of the last 2 faxes to this number, 1 arrived.",
        "<strong>(202) 555-0108</strong><small>No fax has gone to this number before.",
        "(202) 555-0163 was written more than once; it is sent there once.",
        "Send to 3 numbers",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let faxes = vec![clinic.faxes.sent, clinic.faxes.waiting, clinic.faxes.uncertain];
    clinic.answers(Ok(CommandOutcome::FaxesAccepted(faxes)));
    for _ in 0..2 {
        assert_eq!(clinic.post(&confirm, &cookie).await.headers["location"], "/faxes?show=out");
    }
    let ordered = clinic.ordered();
    let [Command::SendFaxes { by, to, documents, .. }] = ordered.as_slice() else { panic!("{ordered:?}") };
    let to: Vec<_> = to.iter().map(|number| number.as_str()).collect();
    assert_eq!((by.as_str(), documents.len()), ("102", 1));
    assert_eq!(to, ["+12025550163", "+12025550108", "+12025550144"]);
}

#[tokio::test]
async fn one_wrong_number_of_several_refuses_all_and_is_named() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let many: Vec<String> = (0..51).map(|n| format!("1202555{:04}", 1000 + n)).collect();
    for (to, sentence) in [
        ("2025550163\n12345", "12345: That is not a possible phone number"),
        ("2025550163, 911", "911: A fax is never sent to an emergency number."),
        (&many.join("\n"), "One order goes to 50 numbers at most; these are 51."),
        (",\n ;", "No number was given."),
    ] {
        let answer = fill(&clinic, &cookie, &good(to)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        assert!(answer.body.contains(sentence), "{to}: {}", answer.body);
    }
    // Nothing is cut off: that would be another number.
    let endless = fill(&clinic, &cookie, &good(&many.join(",").repeat(9))).await;
    assert_eq!(endless.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A password opens one machine, and is no other's to know.
    let mut fields = good("2025550163\n2025550144").to_vec();
    fields.push(("password", None, b"12"));
    let answer = fill(&clinic, &cookie, &fields).await;
    assert!(answer.body.contains("are for one machine"), "{}", answer.body);
    let big = vec![b' '; model::sending::MAX_FOR_ALL / 40];
    let to = many[..50].join("\n");
    let big = [("to", None, to.as_bytes()), ("document", Some("a.txt"), big.as_slice())];
    let answer = fill(&clinic, &cookie, &big).await;
    assert!(answer.body.contains("too large for so many numbers"), "{}", answer.body);
    assert!(clinic.ordered().is_empty());
}
