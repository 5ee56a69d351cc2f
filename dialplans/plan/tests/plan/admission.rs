//! Who may send a fax where.

use expect_test::expect;
use model::Now;
use model::fax::Door;
use model::settings::Right;
use plan::{Plan, Request};

use crate::settings;

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
