//! Settings that are to take the place of those in use, while everything runs: whether they may, and what comes of it.
//!
//! They are taken whole or not at all. What follows at once and what only with the next start is said before they are saved, and the plan is none
//! of them: a plan goes live by itself.

use std::fmt;
use std::net::IpAddr;

use super::{Person, Problem, Right, Settings, Trunk, TrunkPassword, take_passwords};
use crate::Pii;
use crate::event::PhoneState;

/// The longest text of settings, in bytes: a clinic of three hundred people has half of it.
pub const LONGEST_SETTINGS: usize = 128 * 1024;

/// Settings that may take the place of those in use.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The text to keep: without passwords, and with one kind of line ends.
    pub text: Pii<String>,
    /// The passwords that stood in it.
    pub passwords: Vec<TrunkPassword>,
    /// What it says.
    pub settings: Settings,
}

/// When something that new settings say takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// At once. Calls and faxes that are up go on as they are.
    Now,
    /// When Frontdesk is started the next time.
    NextStart,
    /// Not by settings.
    Never,
}

/// Something that new settings change, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it takes effect.
    pub when: When,
    /// What it is. Of people it names the extension alone.
    pub what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Proposal {
    /// Reads a text that is to take the place of `live`, and checks everything but the plan, which is another room's: see `Plan::propose`.
    ///
    /// # Errors
    /// Every problem, with its line where it has one.
    pub fn read(text: &str, live: &Settings) -> Result<Self, Vec<Problem>> {
        if text.len() > LONGEST_SETTINGS {
            let what = format!("the text is longer than {} KiB", LONGEST_SETTINGS / 1024);
            return Err(vec![problem("settings", &what, "take out what nobody needs any more")]);
        }
        // Browsers and some editors have line ends of their own.
        let mut text = text.replace("\r\n", "\n");
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let at_lines = |all: Vec<Problem>| all.into_iter().map(|p| p.with_line(&text)).collect::<Vec<_>>();
        let settings = Settings::parse(&text).map_err(at_lines)?;
        let (kept, passwords) = take_passwords(&text).map_err(|problem| at_lines(vec![problem]))?;
        let problems: Vec<Problem> =
            settings.unusable_addresses().into_iter().chain(refused(live, &settings)).collect();
        if !problems.is_empty() {
            return Err(at_lines(problems));
        }
        Ok(Self { text: kept.into(), passwords, settings })
    }

    /// The settings as they are used until the next start: what cannot follow while everything runs stays, and so does the plan.
    pub fn used_beside(&self, live: &Settings) -> Settings {
        Settings {
            plan: live.plan.clone(),
            modems: live.modems.clone(),
            virtual_modems: live.virtual_modems.clone(),
            ..self.settings.clone()
        }
    }

    /// People who are in the clinic now and would not be any more: all that lets them in ends.
    pub fn gone(&self, live: &Settings) -> Vec<String> {
        let gone = live.people.iter().filter(|person| self.settings.person(&person.user).is_none());
        gone.map(|person| person.user.clone()).collect()
    }

    /// Phones that have registered from where nobody would be answered any more, not even one who calls for help: extension and address.
    pub fn shut_out(&self, phones: &[PhoneState]) -> Vec<(String, IpAddr)> {
        let of = |phone: &PhoneState| -> Vec<(String, IpAddr)> {
            let outside = phone.addresses.iter().filter(|ip| !self.settings.is_own_network(**ip));
            outside.map(|ip| (phone.extension.clone(), *ip)).collect()
        };
        // Who is taken out by name is no phone of the clinic's any more.
        phones
            .iter()
            .filter(|phone| self.settings.people.iter().any(|p| p.extension == phone.extension))
            .flat_map(of)
            .collect()
    }

    /// The same, as people and forms name them: "101 (10.0.5.12), 102 (10.0.5.13)".
    pub fn shut_out_said(&self, phones: &[PhoneState]) -> String {
        let all = self.shut_out(phones).into_iter().map(|(extension, ip)| format!("{extension} ({ip})"));
        all.collect::<Vec<_>>().join(", ")
    }

    /// What it changes, and when. `written`: what the text before says, where that can be read.
    pub fn changes(&self, live: &Settings, written: Option<&Settings>) -> Vec<Change> {
        let mut changes = Vec::new();
        let new = &self.settings;
        people(live, new, &mut changes);
        self.trunks(live, &mut changes);
        let sections = sections(live, new).into_iter().filter(|(is_same, ..)| !is_same);
        changes.extend(sections.map(|(_, when, what)| Change { when, what: what.to_owned() }));
        if written.is_some_and(|written| written.plan != new.plan) {
            let what = "The line “plan = …” is for a clinic’s first start alone. The plan stays as it is; it is changed on the page Plan.";
            changes.push(Change { when: When::Never, what: what.to_owned() });
        }
        changes
    }

    fn trunks(&self, live: &Settings, changes: &mut Vec<Change>) {
        let mut say = |what: String| changes.push(Change { when: When::Now, what });
        for trunk in &self.settings.trunks {
            let name = &trunk.name;
            let is_given = self.passwords.iter().any(|password| password.trunk == *name);
            match live.trunk(name) {
                None if is_given => say(format!("Trunk {name} is added, with its password.")),
                None if trunk.terms.account.is_some() => {
                    say(format!(
                        "Trunk {name} is added. No password stands with it: it signs in once it was given one."
                    ));
                }
                None => say(format!("Trunk {name} is added.")),
                Some(old) if old != trunk => {
                    say(format!("Trunk {name} changes: {}. Calls over it go on.", trunk_parts(old, trunk).join(", ")));
                }
                Some(_) => {}
            }
            if is_given && live.trunk(name).is_some() {
                say(format!(
                    "Trunk {name} gets the password that stands in the text. It is kept apart, and nobody sees it again."
                ));
            }
        }
        for gone in live.trunks.iter().filter(|trunk| self.settings.trunk(&trunk.name).is_none()) {
            say(format!("Trunk {} is taken out: it takes its registration back, and calls over it go on.", gone.name));
        }
    }
}

/// What new settings may not do while everything runs.
fn refused(live: &Settings, new: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    if new.domain != live.domain {
        let what = "the domain cannot be changed: the passwords of all phones are made with it";
        problems.push(problem("mail.domain", what, &format!("write domain = \"{}\" as before", live.domain)));
    }
    let manages = |settings: &Settings| settings.people.iter().any(|p| p.rights.contains(&Right::Manage));
    if manages(live) && !manages(new) {
        let what = "nobody may manage any more";
        problems.push(problem("people", what, "write rights = [\"manage\", ...] for one person at least"));
    }
    // Modems stay until the next start, and names tell lines apart.
    let lines = live.modems.iter().map(|m| &m.name).chain(live.virtual_modems.iter().map(|m| &m.name));
    for name in lines {
        if let Some(i) = new.trunks.iter().position(|trunk| trunk.name == *name) {
            let what = format!("until the next start {name} is a modem");
            problems.push(problem(&format!("trunks[{i}].name"), &what, "give the trunk another name"));
        }
    }
    problems
}

fn problem(at: &str, what: &str, help: &str) -> Problem {
    Problem { at: at.to_owned(), what: what.to_owned(), help: help.to_owned() }
}

fn people(live: &Settings, new: &Settings, changes: &mut Vec<Change>) {
    let mut say = |what: String| changes.push(Change { when: When::Now, what });
    for person in &new.people {
        let extension = &person.extension;
        match live.person(&person.user) {
            None => say(format!(
                "{extension} is added. Nothing lets them in yet: give them a link to sign in, and their phone a password."
            )),
            Some(old) if old != person => {
                let parts = person_parts(old, person).join(", ");
                let sees = |person: &Person| person.rights.contains(&Right::SeeFaxes);
                let faxes = if sees(old) && !sees(person) {
                    " Received faxes that they look after wait for somebody again."
                } else {
                    ""
                };
                say(format!("{extension} changes: {parts}.{faxes}"));
            }
            Some(_) => {}
        }
    }
    for gone in live.people.iter().filter(|person| new.person(&person.user).is_none()) {
        say(format!(
            "{} leaves: their phones, links, sessions, tokens, passwords, PIN and greetings end at once. Received faxes that they \
             look after wait for somebody again. Messages in their mailbox stay, for whoever gets that extension next.",
            gone.extension
        ));
    }
}

fn person_parts(old: &Person, new: &Person) -> Vec<&'static str> {
    let parts = [
        (old.name == new.name, "name"),
        (old.mail == new.mail, "mail address"),
        (old.rights == new.rights, "rights"),
        (old.location == new.location, "where the phone stands"),
        (old.media == new.media, "encrypted sound, from the next call on"),
        (old.fax == new.fax, "fax machine, from the next call on"),
    ];
    parts.into_iter().filter(|(is_same, _)| !is_same).map(|(_, what)| what).collect()
}

fn trunk_parts(old: &Trunk, new: &Trunk) -> Vec<&'static str> {
    let parts = [
        (old.server == new.server && old.transport == new.transport && old.authority == new.authority, "where it is"),
        (old.also_from == new.also_from, "where its other machines are"),
        (old.channels == new.channels, "how many calls it carries"),
        (old.terms == new.terms, "what is agreed with the carrier"),
    ];
    parts.into_iter().filter(|(is_same, _)| !is_same).map(|(_, what)| what).collect()
}

/// What is the same in both, when it takes effect if it is not, and what to say then.
fn sections(old: &Settings, new: &Settings) -> Vec<(bool, When, &'static str)> {
    use When::{NextStart, Now};
    vec![
        (old.clinic_name == new.clinic_name, Now, "The clinic’s name."),
        (old.address == new.address, Now, "The clinic’s street address, to which help comes."),
        (old.timezone == new.timezone, Now, "The time zone: opening hours, and times on all pages."),
        (old.language == new.language, Now, "The language on the telephone, from the next call on."),
        (
            old.numbering == new.numbering,
            Now,
            "The country or the length of extensions: which numbers reach help, and how numbers are written.",
        ),
        (old.main_number == new.main_number, Now, "The clinic’s main number."),
        (old.networks == new.networks, Now, "The clinic’s own networks: who is answered."),
        (old.advertise == new.advertise, Now, "Under which addresses the box is reached."),
        (old.mirrors == new.mirrors, Now, "Where the box asks what routers make of its messages."),
        (old.places == new.places, Now, "Where phones stand, by their networks."),
        (old.fax_number == new.fax_number, Now, "The fax number."),
        (old.station_id == new.station_id, Now, "What the fax machine calls itself."),
        (old.fax_to_mail == new.fax_to_mail, Now, "Who gets received faxes by mail."),
        (old.faxing == new.faxing, Now, "How faxes are sent and received."),
        (old.sign_in == new.sign_in, Now, "How long people stay signed in, also those who are."),
        (old.fax_domain == new.fax_domain, Now, "The domain of mail that becomes faxes."),
        (old.smarthost == new.smarthost, Now, "Where mail goes out."),
        (old.max_message == new.max_message, Now, "The largest mail or document."),
        (
            old.phones.qualify_seconds == new.phones.qualify_seconds,
            Now,
            "How often phones behind a router are asked whether they are there.",
        ),
        (old.phones.trunk_messages == new.phones.trunk_messages, Now, "Whether carriers may send texts to phones."),
        (old.phones.media == new.phones.media, Now, "Whether phones encrypt their sound, from the next call on."),
        (
            old.phones.strong_digest == new.phones.strong_digest,
            Now,
            "How phones prove who they are, when they register next.",
        ),
        (old.modems == new.modems, NextStart, "Fax modems."),
        (old.virtual_modems == new.virtual_modems, NextStart, "Ports that are fax modems for other programs."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::GOOD;

    fn live() -> Settings {
        let text = GOOD.replace("\"see_faxes\"]", "\"see_faxes\", \"manage\"]");
        Settings { plan: "name = \"Ours\"\n".to_owned(), ..Settings::parse(&text).expect("good") }
    }

    fn good(change: impl Fn(String) -> String) -> String {
        change(GOOD.replace("\"see_faxes\"]", "\"see_faxes\", \"manage\"]"))
    }

    const NURSE: &str = "[[people]]\nextension = \"102\"\nname = \"Nurse\"\n[[trunks]]";

    #[test]
    fn what_may_not_be_saved_is_said_with_its_line() {
        let said = |text: &str| {
            Proposal::read(text, &live()).map(drop).map_err(|all| all.into_iter().map(|p| p.at).collect::<Vec<_>>())
        };
        assert_eq!(said(&good(|t| t)), Ok(()));
        let strange = good(|t| t.replace("America/New_York", "Mars/Olympus").replace("\"101\"", "\"911\""));
        assert_eq!(
            said(&strange),
            Err(vec!["line 7 (clinic.timezone)".into(), "line 10 (people[0].extension)".into()])
        );
        assert_eq!(said(GOOD), Err(vec!["line 9 (people)".to_owned()]), "nobody could manage");
        let other = good(|t| t.replace("domain = \"clinic.demo\"", "domain = \"other.demo\""));
        assert_eq!(said(&other), Err(vec!["line 18 (mail.domain)".to_owned()]));
        let two = good(|t| t.replace("desk@clinic.demo", "Desk <desk@clinic.demo>"));
        assert_eq!(said(&two), Err(vec!["line 12 (people[0].mail)".to_owned()]));
        assert_eq!(said(&"#".repeat(LONGEST_SETTINGS + 1)), Err(vec!["settings".to_owned()]));
    }

    #[test]
    fn a_password_is_taken_out_of_what_is_kept_and_line_ends_are_ours() {
        let text =
            good(|t| t.replace("127.0.0.1:5070\"", "127.0.0.1:5070\"\nuser = \"u\"\npassword = \"secret-word\""));
        let proposal = Proposal::read(&text.replace('\n', "\r\n"), &live()).expect("good");
        assert_eq!(proposal.text.expose(), &text.replace("password = \"secret-word\"\n", ""));
        assert!(!format!("{proposal:?}").contains("secret-word"));
        let said: Vec<String> = proposal.changes(&live(), None).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Trunk main changes: what is agreed with the carrier. Calls over it go on.",
                "Trunk main gets the password that stands in the text. It is kept apart, and nobody sees it again.",
            ]
        );
    }

    #[test]
    fn what_changes_is_said_and_when() {
        let said = |text: &str, live: &Settings| {
            let all = Proposal::read(text, live).expect("good").changes(live, Some(live));
            all.into_iter()
                .map(|c| (c.when, c.what.split(['.', ':']).next().unwrap_or_default().to_owned()))
                .collect::<Vec<_>>()
        };
        let live = Settings { plan: "solo-practice".to_owned(), ..live() };
        assert_eq!(said(&good(|t| t), &live), []);
        let modem = "[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyACM0\"\n[mail]";
        let text = good(|t| {
            t.replace("solo-practice", "dental")
                .replacen("[[trunks]]", NURSE, 1)
                .replace("\"Front desk\"", "\"Reception\"")
                .replace("[mail]", modem)
                .replace("New_York", "Chicago")
        });
        let now = |what: &str| (When::Now, what.to_owned());
        assert_eq!(
            said(&text, &live),
            [
                now("101 changes"),
                now("102 is added"),
                now("The time zone"),
                (When::NextStart, "Fax modems".to_owned()),
                (When::Never, "The line “plan = …” is for a clinic’s first start alone".to_owned()),
            ]
        );
        let proposal = Proposal::read(&text, &live).expect("good");
        let used = proposal.used_beside(&live);
        assert_eq!((used.people.len(), used.modems.len(), used.plan.as_str()), (2, 0, "solo-practice"));
        assert_eq!(said(&good(|t| t), &used)[1], now("102 leaves"));
        assert_eq!(Proposal::read(&good(|t| t), &used).expect("good").gone(&used), ["102"]);
    }
}
