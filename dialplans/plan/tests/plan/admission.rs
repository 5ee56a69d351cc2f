//! Who may send a fax where.

use expect_test::expect;
use model::Now;
use model::fax::Door;
use model::settings::{FaxLine, Right};
use model::{Inside, Offer};
use plan::{Laying, Plan, Request};

use crate::{settings, settings_in, settings_with};

#[test]
fn who_may_send_a_fax_where() {
    let settings = settings();
    let plan = Plan::of(&settings).expect("good");
    let mut out = String::new();
    for (rights, to) in [
        (&[Right::SendFaxes][..], "202-555-0101"),
        (&[Right::SeeFaxes], "202-555-0101"),
        (&[Right::SendFaxes], "911"),
        (&[Right::SendFaxes], "9911"),
        (&[Right::SendFaxes], "101"),
        (&[Right::SendFaxes], "*43"),
        (&[Right::SendFaxes], "988"),
        (&[Right::SendFaxes], "+44 20 7946 0018"),
        (&[Right::SendFaxes], "1-900-234-5678"),
    ] {
        let to_number = settings.numbering.parse(to).expect("a number");
        let request = Request {
            by: rights,
            door: Door::Mail,
            to: &to_number,
            settings: &settings,
            at: Now::simulation_start().wall,
        };
        let answer = match plan.admit(&request) {
            Ok(admission) => format!("yes: {}", admission.why.join(" ")),
            Err(denied) => format!("no: {denied}"),
        };
        out += &format!("{to} {answer}\n");
    }
    expect![[r#"
        202-555-0101 yes: The person may send faxes, by mail. It is a national number: the plan sends these over the trunk main.
        202-555-0101 no: You do not have the right to send faxes; ask the person who manages the clinic's settings.
        911 no: A fax is never sent to an emergency number.
        9911 no: A fax is never sent to an emergency number.
        101 no: That is an extension of the clinic; a fax needs a full number.
        *43 no: That is a code of the phone system; a fax needs a full number.
        988 no: That is a short code; a fax needs a full number with its area code.
        +44 20 7946 0018 no: It is a number abroad, and the plan does not allow numbers abroad.
        1-900-234-5678 no: That is a premium number; faxes are not sent to those.
    "#]].assert_eq(&out);
}

/// Such a fax would wait for hours, and then fail.
#[test]
fn a_number_that_no_line_goes_to_is_refused_at_once() {
    let modem = "[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyUSB0\"\nto = [\"+1202555*\"]\n";
    let mut settings = settings_with(modem);
    let closet = FaxLine { name: "closet".to_owned(), at_once: 1 };
    let trunk = FaxLine { name: "main".to_owned(), at_once: 1 };
    let plan = Plan::of(&settings).expect("good");
    let mut out = String::new();
    for lines in [vec![], vec![closet.clone()], vec![closet, trunk]] {
        settings.faxing.lines = lines;
        for to in ["202-555-0101", "212-555-0101"] {
            let to_number = settings.numbering.parse(to).expect("a number");
            let by = &[Right::SendFaxes];
            let at = Now::simulation_start().wall;
            let request = Request { by, door: Door::Console, to: &to_number, settings: &settings, at };
            let answer = plan.admit(&request).map_or_else(|denied| denied.sentence, |_| "yes".to_owned());
            let names: Vec<_> = settings.faxing.lines.iter().map(|line| line.name.as_str()).collect();
            out += &format!("{names:?} {to} {answer}\n");
        }
    }
    expect![[r#"
        [] 202-555-0101 yes
        [] 212-555-0101 yes
        ["closet"] 202-555-0101 yes
        ["closet"] 212-555-0101 None of the clinic's lines for faxes goes to that number; ask the person who manages the clinic's settings.
        ["closet", "main"] 202-555-0101 yes
        ["closet", "main"] 212-555-0101 yes
    "#]].assert_eq(&out);
}

#[test]
fn who_may_lay_out_a_document_and_how() {
    let settings = settings();
    let plan = Plan::of(&settings).expect("good");
    let at = Now::simulation_start().wall;
    let own = settings.fax_number.as_str();
    let mut out = String::new();
    for (rights, password, open, called, until) in [
        (&[Right::SendFaxes][..], "1234", false, None, at + Offer::USUAL),
        (&[Right::SendFaxes], "", true, Some(own), at + Offer::LONGEST),
        (&[Right::SeeFaxes], "1234", false, None, at + Offer::USUAL),
        (&[Right::SendFaxes], "", false, None, at + Offer::USUAL),
        (&[Right::SendFaxes], "123", true, None, at + Offer::USUAL),
        (&[Right::SendFaxes], "1234", false, Some("202-555-0163"), at + Offer::USUAL),
        (&[Right::SendFaxes], "1234", false, None, at),
        (&[Right::SendFaxes], "1234", false, None, at + Offer::LONGEST * 2),
    ] {
        let called = called.map(|number| settings.numbering.parse(number).expect("a number"));
        let offer = Offer { called, inside: Inside::parse("", password).expect("digits"), until, once: false };
        let laying = Laying { by: rights, door: Door::Api, offer: &offer, open, settings: &settings, at };
        out += &match plan.admit_offer(&laying) {
            Ok(admission) => format!("yes: {}\n", admission.why.join(" ")),
            Err(denied) => format!("no: {denied}\n"),
        };
    }
    expect![[r#"
        yes: The person may send faxes, by the API. It has a password.
        yes: The person may send faxes, by the API. Anybody who calls may have it, as the person has said.
        no: You do not have the right to send faxes; ask the person who manages the clinic's settings.
        no: Without a password anybody who knows the clinic's fax number can fetch it: give it a password, or say that anybody may have it.
        no: The password of a document has four digits at least.
        no: That is not a number at which the clinic's fax machine answers.
        no: The time until which it lies ready is past.
        no: A document lies ready for a year at most.
    "#]].assert_eq(&out);
}

/// To the doors it was a number with an area code.
#[test]
fn no_fax_goes_to_a_number_of_help_of_the_plan() {
    let settings = settings_in("DE");
    let plan = Plan::parse("[outside]\nnational = \"main\"\n[emergency]\nnumbers = [\"19222\"]\n").expect("good");
    let admit = |to: &str| {
        let to = settings.numbering.parse(to).expect("a number");
        let at = Now::simulation_start().wall;
        let request = Request { by: &[Right::SendFaxes], door: Door::Mail, to: &to, settings: &settings, at };
        plan.admit(&request).map(drop).map_err(|denied| denied.sentence)
    };
    assert_eq!(admit("19222"), Err("A fax is never sent to an emergency number.".to_owned()));
    assert_eq!(admit("030 19222"), Ok(()));
}
