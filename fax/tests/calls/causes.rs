//! What machines do that are not in order, to a real engine over T.38: each way of failing has the cause that a person reads, no page counts that
//! was not confirmed, and the call ends in a time that is known although theirs never does.

use fax::session::{Params, Role};
use model::Inside;
use model::fax::Cause;

use crate::machine::Say::{self, Frame, Tone};
use crate::machine::{
    ABLE, CED, CFR, CNG, CRP, CTR, DCN, DIS, ERR, FLAGS, FTT, MCF, Machine, PPR, RNR, RTN, RTP, UNKNOWN, play,
};
use crate::support::pages;

/// A machine that knows no error correction.
const PLAIN: &[usize] = &[10, 11, 12, 14, 15, 16, 24];
const GREETING: &[Say] = &[Tone(CED), Frame(DIS)];
const NOTHING: &[Say] = &[];
/// Who is in order says this.
const IN_ORDER: Machine = Machine { dis: ABLE, greets: (GREETING, None), answers: in_order };

fn in_order(frame: &str, _: u32) -> &'static [Say] {
    match kind(frame) {
        "DCS" => &[Frame(CFR)],
        "post" => &[Frame(MCF)],
        _ => NOTHING,
    }
}

/// What our end wants to hear an answer to: its command to train, and what it says behind a page.
fn kind(frame: &str) -> &str {
    let name = frame.split([' ', ':']).next().unwrap_or_default();
    if matches!(name, "MPS" | "EOM" | "EOP") || name.starts_with("PPS") { "post" } else { name }
}

/// A machine, and what two pages that are sent to it come to.
struct Row {
    name: &'static str,
    machine: Machine,
    cause: Cause,
    confirmed: u32,
    /// The call takes so many seconds at most.
    within: u64,
}

const fn row(name: &'static str, machine: Machine, cause: Cause, confirmed: u32, within: u64) -> Row {
    Row { name, machine, cause, confirmed, within }
}

/// In order but for what it says to this kind of frame.
macro_rules! but {
    ($($kind:literal => $say:expr),+ $(,)?) => { but!(ABLE, $($kind => $say),+) };
    ($dis:expr, $($kind:literal => $say:expr),+ $(,)?) => {
        Machine {
            dis: $dis,
            answers: |frame, before| match kind(frame) {
                $($kind => { let say: fn(u32) -> &'static [Say] = $say; say(before) })+
                _ => in_order(frame, before),
            },
            ..IN_ORDER
        }
    };
}

fn silent(greets: (&'static [Say], Option<u64>)) -> Machine {
    Machine { greets, answers: |_, _| NOTHING, ..IN_ORDER }
}

fn senders_rows() -> Vec<Row> {
    vec![
        row("in order", IN_ORDER, Cause::Delivered, 2, 60),
        // Nobody who is a fax machine.
        row("says nothing", silent((NOTHING, None)), Cause::NotAFax, 0, 70),
        row("answers with CED for ever", silent((&[Tone(CED)], Some(3))), Cause::NotAFax, 0, 70),
        row("calls with CNG for ever", silent((&[Tone(CNG)], Some(3))), Cause::NotAFax, 0, 70),
        row("sends flags for ever", silent((&[Tone(FLAGS)], Some(2))), Cause::NotAFax, 0, 70),
        row("says what nobody knows, for ever", silent((&[Frame(UNKNOWN)], Some(3))), Cause::NotAFax, 0, 130),
        // It and we have nothing in common, or it does not want us.
        row("cannot receive", Machine { dis: &[9, 11, 12, 24], ..IN_ORDER }, Cause::Incompatible, 0, 30),
        row("says goodbye to the command", but!("DCS" => |_| &[Frame(DCN)]), Cause::Incompatible, 0, 30),
        row("says goodbye at once", silent((&[Frame(DCN)], None)), Cause::Incompatible, 0, 70),
        // No speed is good enough.
        row("fails to train for ever", but!("DCS" => |_| &[Frame(FTT)]), Cause::CannotTrain, 0, 150),
        row("does not answer the command", but!("DCS" => |_| NOTHING), Cause::CannotTrain, 0, 60),
        row("greets for ever", silent((GREETING, Some(6))), Cause::CannotTrain, 0, 90),
        row("wants the command again for ever", but!("DCS" => |_| &[Frame(CRP)]), Cause::CannotTrain, 0, 90),
        row("answers the command with MCF for ever", but!("DCS" => |_| &[Frame(MCF)]), Cause::Dropped, 0, 30),
        // Pages arrive damaged.
        row("says RTN for ever", but!(PLAIN, "post" => |_| &[Frame(RTN)]), Cause::BadPage, 0, 400),
        row("the same under error correction", but!("post" => |_| &[Frame(RTN)]), Cause::BadPage, 0, 400),
        row(
            "wants all frames again for ever",
            but!("post" => |_| &[Frame(PPR)], "CTC" => |_| &[Frame(CTR)], "EOR" => |_| &[Frame(ERR)]),
            Cause::BadPage,
            0,
            400,
        ),
        row(
            "says RTN to the last page, and goodbye",
            but!(PLAIN, "post" => |before| if before == 0 { &[Frame(RTN)] } else { &[Frame(DCN)] }),
            Cause::BadPage,
            0,
            120,
        ),
        // The call breaks.
        row("does not answer a page", but!("post" => |_| NOTHING), Cause::Dropped, 0, 60),
        row(
            "is not ready for ever",
            but!("post" => |_| &[Frame(RNR)], "RR" => |_| &[Frame(RNR)]),
            Cause::Dropped,
            0,
            150,
        ),
        row("wants a page's end again for ever", but!("post" => |_| &[Frame(CRP)]), Cause::Dropped, 0, 90),
        row("says goodbye to a page", but!("post" => |_| &[Frame(DCN)]), Cause::Dropped, 0, 60),
        row("the same without error correction", but!(PLAIN, "post" => |_| &[Frame(DCN)]), Cause::Dropped, 0, 60),
        row(
            "does not answer a page without error correction",
            but!(PLAIN, "post" => |_| NOTHING),
            Cause::Dropped,
            0,
            90,
        ),
    ]
}

fn last(frame: &str) -> bool {
    frame.contains("EOP")
}

/// What happens to the last page alone: nobody knows whether it arrived, and that is what is said.
fn last_page_rows() -> Vec<Row> {
    macro_rules! at_the_end {
        ($say:expr) => {
            Machine {
                answers: |frame, before| match kind(frame) {
                    "post" if last(frame) => $say,
                    "RR" => $say,
                    _ => in_order(frame, before),
                },
                ..IN_ORDER
            }
        };
    }
    vec![
        row("does not answer the last page", at_the_end!(NOTHING), Cause::Unconfirmed, 1, 90),
        row("is not ready for the last page for ever", at_the_end!(&[Frame(RNR)]), Cause::Unconfirmed, 1, 180),
        row("wants the last end again for ever", at_the_end!(&[Frame(CRP)]), Cause::Unconfirmed, 1, 120),
        row("says goodbye to the last page", at_the_end!(&[Frame(DCN)]), Cause::Unconfirmed, 1, 90),
        row("greets anew instead of an answer", at_the_end!(&[Frame(DIS)]), Cause::Unconfirmed, 1, 120),
        row("says of the last page what nobody knows", at_the_end!(&[Frame(UNKNOWN)]), Cause::Unconfirmed, 1, 120),
        row("says what only pages without error correction get", at_the_end!(&[Frame(RTP)]), Cause::Unconfirmed, 1, 90),
        row("confirms twice", at_the_end!(&[Frame(MCF), Frame(MCF)]), Cause::Delivered, 2, 90),
    ]
}

fn check(rows: Vec<Row>, role: Role, params: &Params, count: u32) {
    let sent = if count > 0 { pages(count) } else { Vec::new() };
    let mut wrong = Vec::new();
    for Row { name, machine, cause, confirmed, within } in rows {
        let (party, took) = play(role, params.clone(), &sent, machine);
        let outcome = party.outcome.as_ref().expect("it ends");
        if (outcome.cause, outcome.pages_confirmed) != (cause, confirmed) || took.as_secs() > within {
            wrong.push(format!(
                "{name}: {:?}, {} confirmed, {} s, and not {cause:?}, {confirmed}, {within}: {:#?}",
                outcome.cause,
                outcome.pages_confirmed,
                took.as_secs(),
                party.trace
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_way_in_which_a_machine_fails_us_has_its_cause_and_its_end() {
    check(senders_rows(), Role::Send { pages: 2 }, &Params::default(), 2);
}

#[test]
fn whatever_a_machine_says_of_the_last_page_but_yes_leaves_it_to_a_person() {
    check(last_page_rows(), Role::Send { pages: 2 }, &Params::default(), 2);
}

/// A caller: it says nothing before our DIS, and then what the script says.
const CALLER: Machine = Machine { dis: ABLE, greets: (&[Tone(CNG)], Some(3)), answers: |_, _| NOTHING };

fn receivers_rows() -> Vec<Row> {
    macro_rules! caller {
        ($($name:literal => $say:expr),+) => {
            Machine {
                answers: |frame, before| match frame.split([' ', ':']).next().unwrap_or_default() {
                    $($name => { let say: fn(u32) -> &'static [Say] = $say; say(before) })+
                    _ => NOTHING,
                },
                ..CALLER
            }
        };
    }
    vec![
        row("calls with CNG for ever", CALLER, Cause::NotAFax, 0, 60),
        row("says nothing", silent((NOTHING, None)), Cause::NotAFax, 0, 60),
        row("sends flags for ever", silent((&[Tone(FLAGS)], Some(2))), Cause::NotAFax, 0, 130),
        row("says what nobody knows, for ever", caller!("DIS" => |_| &[Frame(UNKNOWN)]), Cause::Dropped, 0, 90),
        row("says goodbye to our greeting", caller!("DIS" => |_| &[Frame(DCN)]), Cause::Dropped, 0, 60),
    ]
}

#[test]
fn each_way_in_which_a_caller_fails_us_has_its_cause_and_its_end() {
    check(receivers_rows(), Role::Receive, &Params { ecm: false, ..Params::default() }, 0);
}

#[test]
fn each_way_in_which_a_machine_gives_us_no_document_has_its_cause() {
    const HOLDS: &[usize] = &[9, 10, 11, 12, 14, 15, 24, 32, 40, 48];
    const KNOWS_NAMES: &[usize] = &[9, 10, 11, 12, 14, 15, 24, 32, 40, 47, 48, 50];
    let named = Params { inside: Inside::parse("44", "1234").unwrap(), ..Params::default() };
    let greets = |dis| Machine { dis, greets: (GREETING, None), answers: |_, _| NOTHING };
    let refuses = Machine {
        answers: |frame, _| if frame.starts_with("DTC") { &[Frame(DCN)] } else { NOTHING },
        ..greets(KNOWS_NAMES)
    };
    check(vec![row("has nothing", greets(ABLE), Cause::NothingToFetch, 0, 30)], Role::Fetch, &Params::default(), 0);
    check(vec![row("knows no names", greets(HOLDS), Cause::CannotAsk, 0, 30)], Role::Fetch, &named, 0);
    check(vec![row("refuses", refuses, Cause::FetchRefused, 0, 60)], Role::Fetch, &named, 0);
    check(vec![row("says nothing", silent((NOTHING, None)), Cause::NotAFax, 0, 70)], Role::Fetch, &named, 0);
}
