//! The plan at its boundary: texts and facts in, decisions with their reasons out.

mod admission;
mod days;
mod edit;
mod edit_callers;
mod edit_codes;
mod edit_costs;
mod edit_groups;
mod edit_kept;
mod edit_numbers;
mod edit_outside;
mod edit_queues;
mod edit_removal;
mod edit_rooms;
mod edit_rotas;
mod explained;
mod library;
mod limits;
mod properties;
mod recording;
mod rights;
mod rotas;
mod routes;
mod screening;
mod showing;
mod spoken;
mod steps;
mod texts;

use std::time::Duration;

use expect_test::Expect;
use model::{Now, Settings};
use plan::{Caller, Facts, Member, Plan, RingOrder, Target, Usage};

const SETTINGS: &str = r#"
plan = "solo-practice"
networks = ["127.0.0.0/8"]
[clinic]
name = "Harbor Street Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550123"
[[people]]
extension = "101"
name = "Front desk"
[[people]]
extension = "102"
name = "Nurse"
[[people]]
extension = "103"
name = "Doctor"
[[trunks]]
name = "main"
address = "127.0.0.1:5070"
[[trunks]]
name = "backup"
address = "127.0.0.1:5071"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
"#;

/// The same clinic in another country.
fn settings_in(country: &str) -> Settings {
    let text = SETTINGS.replace("[clinic]\n", &format!("[clinic]\ncountry = \"{country}\"\n"));
    Settings::parse(&text).expect("the test's settings are good in every country")
}

fn settings() -> Settings {
    Settings::parse(SETTINGS).expect("the test's settings are good")
}

/// With a fax modem "closet".
fn settings_with_modem() -> Settings {
    settings_with("[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyUSB0\"\n")
}

fn settings_with(more: &str) -> Settings {
    Settings::parse(&format!("{SETTINGS}{more}")).expect("the test's settings are good")
}

fn caller(text: &str) -> Caller {
    match text {
        "device" => Caller::Device,
        "fax" => Caller::Appliance,
        "trunk" => Caller::Trunk { name: "main".to_owned() },
        user => Caller::Extension { user: user.to_owned() },
    }
}

/// Lines "caller dialled" in; the decision and its reasons out.
fn routes(plan: &Plan, lines: &str, expected: &Expect) {
    expected.assert_eq(&routes_when(plan, lines, Usage::default(), 0));
}

/// The same after so much was used, and hours after Friday 09:00.
fn routes_when(plan: &Plan, lines: &str, used: Usage, hours: u64) -> String {
    routes_in(&settings(), plan, lines, used, hours)
}

/// The same in a clinic with other settings.
fn routes_in(settings: &Settings, plan: &Plan, lines: &str, used: Usage, hours: u64) -> String {
    let at = Now::simulation_start().after(Duration::from_secs(hours * 3600)).wall;
    let mut out = String::new();
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (who, number) = line.split_once(' ').expect("caller and number");
        let dialled = plan.read(number, &settings.numbering).expect("a number");
        let caller = caller(who);
        let facts = Facts { used, ..Facts::new(&caller, &dialled, settings, at) };
        let decision = plan.route(&facts);
        out += &format!("{line} -> {}\n", target(&decision.target));
        for why in decision.why {
            out += &format!("    {why}\n");
        }
        if let Some(staff) = decision.staff {
            out += &format!("    staff: {staff}\n");
        }
    }
    out
}

fn target(target: &Target) -> String {
    match target {
        Target::Ring { extensions, ring, order, .. } => {
            let order = if *order == RingOrder::Together { String::new() } else { format!(" {order:?}") };
            format!("ring {} {}s{order}", extensions.join("+"), ring.as_secs())
        }
        Target::Trunk { trunk, or, number } => {
            let or: String = or.iter().map(|other| format!(" or {other}")).collect();
            format!("trunk {trunk}{or} {}", number.as_str())
        }
        Target::Menu(menu) => format!("menu {}", menu.name),
        Target::Announcement(said) => format!("announcement {}", said.name),
        Target::Queue(queue) => format!("queue {} {}", queue.name, queue.extensions.join("+")),
        Target::Rota(rota) => {
            let member = |m: &Member| match m {
                Member::Phones { extensions, order } => match order {
                    RingOrder::Together => extensions.join("+"),
                    order => format!("{} {order:?}", extensions.join("+")),
                },
                Member::Outside { number, trunks } => format!("{} by {}", number.as_str(), trunks.join(",")),
            };
            format!("rota {} {}", rota.name, rota.members.iter().map(member).collect::<Vec<_>>().join(" then "))
        }
        Target::Echo => "echo".to_owned(),
        Target::Room { room, pin } => format!("room {room} pin {}", pin.is_some()),
        Target::Orbit { orbit, seconds } => format!("orbit {orbit} {}s", seconds.as_secs()),
        Target::Service { service, digits } => format!("{service:?} [{digits}]"),
        Target::FaxMachine => "fax machine".to_owned(),
        Target::Voicemail { mailbox, greeting } => format!("voicemail {mailbox} {}", greeting.word()),
        Target::Mailbox { extension } => {
            format!("mailbox {}", extension.as_deref().unwrap_or("of whichever extension"))
        }
        Target::Emergency { number, trunks, alert } => {
            format!("EMERGENCY {number} by {} alert {}", trunks.join(","), alert.join(","))
        }
        Target::Refuse { code, .. } => format!("refuse {code}"),
    }
}

/// A moment where the clinic is: "2026-12-24 17:30".
fn at(text: &str) -> model::Wall {
    let local: jiff::civil::DateTime = text.replace(' ', "T").parse().expect("a moment");
    let zoned = local.to_zoned(settings().zone()).expect("a moment of the clinic's zone");
    model::Wall(zoned.timestamp().as_millisecond())
}

/// What becomes of a call from outside to the main number at each of these moments, and why.
fn calls_at(plan: &Plan, night: Option<plan::Night>, moments: &str) -> String {
    let settings = settings();
    let (caller, dialled) = (caller("trunk"), settings.main_number.clone());
    let mut out = String::new();
    for moment in moments.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let facts = Facts::new(&caller, &dialled, &settings, at(moment));
        let decision = plan.route(&Facts { night, ..facts });
        out += &format!("{moment} -> {}\n", target(&decision.target));
        for why in decision.why {
            out += &format!("    {why}\n");
        }
    }
    out
}
