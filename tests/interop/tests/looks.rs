//! Every page of the console that its links lead to, as people see it: in light and dark, on a desk and on a phone. axe-core finds nothing,
//! nothing is cut off or must be pushed aside to be read, and the browser does not complain.
//!
//! `FRONTDESK_LOOKS=folder cargo test -p frontdesk-interop --test looks` looks at all four, and leaves a picture of each.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interop::browser::{Browser, Look};
use interop::mailbox::Mail;
use interop::sipp::Phone;
use interop::{Demo, axe, repository, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);
/// Of pages that differ only in what they show.
const OF_A_KIND: usize = 2;
/// There are some forty; a page that makes links without an end is found.
const MOST: usize = 120;

/// The first two have every colour and every width.
const LOOKS: [Look; 4] = [
    Look { name: "light-wide", dark: false, width: 1280, height: 900 },
    Look { name: "dark-narrow", dark: true, width: 360, height: 740 },
    Look { name: "dark-wide", dark: true, width: 1280, height: 900 },
    Look { name: "light-narrow", dark: false, width: 360, height: 740 },
];

const MORE: &str = r#"
[extensions.600]
ring = ["101", "102"]
busy = "queue appointments"

[[inbound]]
number = "+12025550177"
to = "600"
label = "Billing"

[[inbound]]
number = "+12025550178"
ring = ["101", "102"]

[[shows]]
people = ["103"]
number = "+12025550177"
name = "Billing"

[[shows]]
numbers = ["+1202"]
number = "fax"

[hours.lab]
monday = "08:00-10:00"

[schedules.lab]
hours = "lab"
open = "600"
closed = "schedule front"

[menus.people]
prompt = "dial_by_name"
names = ["101", "102"]
nobody = "schedule lab"

[rotas.nurse]
turns = ["102", "600", "outside +12025550144"]
escalate = ["101"]
since = "2026-11-16"
prompt = "stay_for_doctor"

[extensions.190]
to = "rota nurse"

[[callers]]
numbers = ["+1900"]
to = "hang up"

[[callers]]
numbers = ["+12025550142", "hidden"]
called = ["main", "+12025550177"]
label = "Lab"

[[rates]]
kinds = ["international"]
per_minute = 0.15

[[rates]]
numbers = ["+44"]
per_minute = 0.02

[rooms.801]
pin = "4711"

[voicemail]
people = ["101", "103"]
main = "101"

[recording]
start = "on demand"
people = ["101"]
rooms = ["801"]

[names]
"+12025550142" = "Lab on Main Street"
"#;

#[test]
fn every_page_can_be_read_by_everybody_in_light_and_dark_on_a_desk_and_on_a_phone() {
    // A plan with hours, a menu, a queue and a rota, and all else that forms show.
    let plan = fs::read_to_string(repository("dialplans/library/group-practice.toml")).expect("a plan of the library");
    let demo = Demo::start_planned(&(plan + MORE), "");
    let folder = tempfile::tempdir().expect("a temporary folder");
    a_day(&demo);
    let Some(axe) = axe::script() else { return };
    let browser = Browser::start(&demo, folder.path());
    let pictures = std::env::var_os("FRONTDESK_LOOKS").map(PathBuf::from);
    let looks = if pictures.is_some() { &LOOKS[..] } else { &LOOKS[..2] };
    let mut found = Vec::new();
    for look in looks {
        browser.look(look);
        browser.open("/login");
        found.extend(judge(&browser, &axe, "/login", look, pictures.as_deref()));
    }
    browser.sign_in(&demo.text("/login"));
    let pages = reachable(&browser);
    for expected in [
        "/",
        "/calls/*",
        "/faxes/*",
        "/faxes/*/pages/*",
        "/plan/text",
        "/plan/hours",
        "/plan/groups",
        "/plan/oncall",
        "/plan/numbers",
        "/plan/outside",
        "/plan/rooms",
        "/plan/kept",
        "/plan/codes",
        "/dial",
        "/plan/callers",
        "/plan/costs",
        "/plan/names",
        "/plan/prompts",
        "/people/*",
        "/people/add",
        "/people/*/change",
        "/people/*/remove",
        "/people/*/password/phones",
        "/account/password/mail",
        "/voicemail",
        "/offer",
    ] {
        assert!(pages.contains_key(expected), "no link leads to {expected}: {:?}", pages.keys());
    }
    for look in looks {
        browser.look(look);
        for page in pages.values().flatten() {
            browser.open(page);
            found.extend(judge(&browser, &axe, page, look, pictures.as_deref()));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}

/// Something of each kind to show: a call, a fax that was sent and the same as it came, one that waits for its hour.
fn a_day(demo: &Demo) {
    Mail::to(demo, &demo.text("/fax_numbers/good")).referral().accepted();
    let (desk, nurse) = (Phone::new(demo, "101", 0), Phone::new(demo, "102", 1));
    desk.register();
    nurse.register();
    let waits = nurse.waits("answer");
    desk.call("call", "102");
    waits.succeed(SOON);
    demo.wait_for_call(1, "102", "hung_up");
    demo.wait_for_fax("sent", |fax| fax["direction"] == "out" && fax["state"] == "sent");
    demo.wait_for_fax("received", |fax| fax["direction"] == "in" && fax["state"] == "received");
    Mail::to(demo, &demo.text("/fax_numbers/busy")).referral().accepted();
    demo.wait_for_fax("called and busy", |fax| fax["attempts_made"].as_u64() >= Some(1) && fax["state"] != "sent");
}

/// The pages to which links lead, by their kind: what stands for `*` is a name of something.
fn reachable(browser: &Browser) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut next = VecDeque::from(["/".to_owned()]);
    while let Some(page) = next.pop_front() {
        let of_its_kind = found.entry(kind(&page)).or_default();
        if of_its_kind.contains(&page) || of_its_kind.len() == OF_A_KIND {
            continue;
        }
        of_its_kind.push(page.clone());
        assert!(found.values().map(Vec::len).sum::<usize>() <= MOST, "links without an end: {found:#?}");
        browser.open(&page);
        let links = browser.script(
            "return [...document.querySelectorAll('a[href]')].filter(a => a.origin == location.origin && !a.hasAttribute('download'))
                .map(a => a.pathname + a.search)",
        );
        let links = links.as_array().expect("a list").iter().filter_map(Value::as_str);
        next.extend(links.filter(|link| is_page(link)).map(str::to_owned));
    }
    found
}

/// What a link loads onto the disk, or into a player, is no page.
fn is_page(link: &str) -> bool {
    let path = link.split('?').next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    !file.contains('.') && file != "capture" && !path.starts_with("/assets") && !path.starts_with("/api")
}

/// Its path with `*` for each name and number, and the names of what it is asked.
fn kind(page: &str) -> String {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let named = |part: &str| part.len() >= 20 || part.chars().any(|c| c.is_ascii_digit());
    let parts: Vec<_> = path.split('/').map(|part| if named(part) { "*" } else { part }).collect();
    let asked: Vec<_> =
        query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty()).collect();
    if asked.is_empty() { parts.join("/") } else { format!("{}?{}", parts.join("/"), asked.join("&")) }
}

/// What is wrong with the page.
fn judge(browser: &Browser, axe: &str, page: &str, look: &Look, pictures: Option<&Path>) -> Vec<String> {
    let what = format!("{page}, {}", look.name);
    let drawn = "return document.readyState == 'complete' && document.querySelectorAll('h1').length == 1";
    wait_for(&format!("{what}: it is there, with one heading"), SOON, || (browser.script(drawn) == true).then_some(()));
    // What is behind a heading, as forms are, is read like the rest.
    browser.script("document.querySelectorAll('main details').forEach(details => details.open = true)");
    if let Some(folder) = pictures {
        fs::create_dir_all(folder).expect("a folder for pictures");
        let name = kind(page).replace(['/', '*', '?', '&'], "_");
        fs::write(folder.join(format!("{name}.{}.png", look.name)), browser.picture()).expect("a picture");
    }
    // Nobody should push a page aside to read it; a table or a picture may have a place of its own in which it is pushed.
    let beside = browser.script(
        "const room = document.documentElement.clientWidth;
         if (document.scrollingElement.scrollWidth <= room) return [];
         return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 1)
             .slice(0, 8).map(e => 'wider than the window: ' + e.outerHTML.slice(0, 120))",
    );
    let beside = beside.as_array().expect("a list").clone();
    beside.into_iter().chain(axe::findings(browser, axe)).map(|finding| format!("{what}: {finding}")).collect()
}
