//! What a plan that is right in itself speaks of that is not there: people, trunks and mailboxes of the settings, prompts of the box.

use model::settings::Problem;
use model::{PhoneNumber, Settings};

use crate::destination::full_number;
use crate::outside::Class;
use crate::read::by_line;
use crate::{Mentioned, Plan};

/// What `plan` speaks of that `settings` do not have.
pub(crate) fn against(plan: &Plan, settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for mention in &plan.mentions {
        let (what, help) = match mention.what {
            Mentioned::Line if settings.modem(&mention.name).is_some() => continue,
            Mentioned::Trunk | Mentioned::Line if settings.trunk(&mention.name).is_none() => {
                let names: Vec<_> = settings.trunks.iter().map(|t| t.name.as_str()).collect();
                (format!("there is no trunk \"{}\"", mention.name), format!("the trunks are: {}", names.join(", ")))
            }
            Mentioned::Person | Mentioned::Mailbox if settings.extension(&mention.name).is_none() => (
                format!("nobody has the extension {}", mention.name),
                "use an extension of the settings, or of this plan".to_owned(),
            ),
            Mentioned::Mailbox if !plan.has_mailbox(&mention.name, settings) => {
                (format!("{} has no mailbox", mention.name), "add them to the people of [voicemail]".to_owned())
            }
            Mentioned::Room if settings.extension(&mention.name).is_some() => (
                format!("{} is the extension of a person", mention.name),
                "give the room a number that nobody has: their phone would ring in its place".to_owned(),
            ),
            Mentioned::Group | Mentioned::Room
                if !matches!(settings.numbering.parse(&mention.name), Ok(PhoneNumber::Internal(_))) =>
            {
                (
                    format!("{} cannot be an extension here", mention.name),
                    "use the form of the other extensions".to_owned(),
                )
            }
            Mentioned::Orbit if !may_be_orbit(&mention.name, settings) => (
                "no phone can dial these orbits here".to_owned(),
                "give them as many digits as the extensions have, or three".to_owned(),
            ),
            Mentioned::EmergencyNumber if settings.extension(&mention.name).is_some() => (
                format!("{} is the extension of a person", mention.name),
                "give the person another extension: an emergency number must reach help".to_owned(),
            ),
            Mentioned::LeadsOn => (
                format!("{} leads on, and a rota calls phones", mention.name),
                "write an extension that rings, or \"outside +12025550123\"".to_owned(),
            ),
            Mentioned::OwnNumber if !has_number(plan, &mention.name, settings) => (
                "the clinic has no such number".to_owned(),
                "write \"main\", \"fax\", or a number that an [[inbound]] of this plan answers: whoever is called calls it back"
                    .to_owned(),
            ),
            Mentioned::Outside => match outside_trouble(plan, &mention.name, settings) {
                Some(trouble) => trouble,
                None => continue,
            },
            _ => continue,
        };
        problems.push(Problem { at: mention.at.clone(), what, help });
    }
    by_line(&mut problems);
    problems
}

/// What `plan` wants said that has no such name.
pub(crate) fn prompts(plan: &Plan, is_known: impl Fn(&str) -> bool) -> Vec<Problem> {
    let unknown = plan.mentions.iter().filter(|m| m.what == Mentioned::Prompt && !is_known(&m.name));
    let mut problems: Vec<_> = unknown
        .map(|mention| Problem {
            at: mention.at.clone(),
            what: format!("there is no prompt \"{}\"", mention.name),
            help:
                "the console lists them, and `frontdesk plan prompts`; a recording of your own is one once it is there"
                    .to_owned(),
        })
        .collect();
    by_line(&mut problems);
    problems
}

/// What of `plan` is right, and may not do what is expected.
pub(crate) fn hints(plan: &Plan, is_recorded: impl Fn(&str) -> bool) -> Vec<Problem> {
    let texts = plan.mentions.iter().filter(|m| m.what == Mentioned::Text && !is_recorded(&m.name));
    let others = plan.mentions.iter().filter_map(|mention| {
        let (what, help) = match mention.what {
            Mentioned::Unannounced => (
                "nobody is told that calls are recorded".to_owned(),
                "in many places everybody who talks must know before: ask who knows the law where you are".to_owned(),
            ),
            Mentioned::Unreached => (
                format!("no call ever reaches \"{}\"", mention.name),
                "let a number, an extension or another step lead to it, or take it out".to_owned(),
            ),
            Mentioned::Unused => (
                "no schedule uses these hours".to_owned(),
                format!("take them out, or write hours = \"{}\" in a schedule", mention.name),
            ),
            _ => return None,
        };
        Some(Problem { at: mention.at.clone(), what, help })
    });
    let mut hints: Vec<_> = texts
        .map(|mention| Problem {
            at: mention.at.clone(),
            what: "this text is for people to read: callers hear a tone in its place".to_owned(),
            help:
                "record it in the console once the plan is live, or name what says it, as in prompt = \"clinic_closed\""
                    .to_owned(),
        })
        .chain(others)
        .collect();
    by_line(&mut hints);
    hints
}

/// True if the clinic answers this number, given in full.
fn has_number(plan: &Plan, number: &str, settings: &Settings) -> bool {
    let answered = plan.inbound.iter().any(|inbound| inbound.number.of(settings).as_str() == number);
    let own = [&settings.main_number, &settings.fax_number];
    answered || own.iter().any(|own| own.as_str() == number)
}

/// Why a plan that leads calls to this number outside cannot: what is asked is what such a call asks, whom nobody's own rights help.
fn outside_trouble(plan: &Plan, number: &str, settings: &Settings) -> Option<(String, String)> {
    let classed = |number: PhoneNumber| Some((Class::of(&number, &settings.numbering.country)?, number));
    let Some((class, number)) = full_number(number).and_then(classed) else {
        return Some((
            "this is no number outside the clinic".to_owned(),
            "write it as in \"outside +12025550123\"".to_owned(),
        ));
    };
    if plan.voice_trunks(None, &number, class, settings).is_some() {
        return None;
    }
    if plan.trunks(None, &number, class).is_some() {
        let help = "name a trunk beside the modem, or in its place: a modem carries faxes and no voice";
        return Some(("the plan calls this number over no trunk".to_owned(), help.to_owned()));
    }
    if plan.outside.contains_key(&class) {
        let help = "let that right leave it out, or write one before it with over = \"NAME\"";
        return Some(("a right of the plan forbids this number".to_owned(), help.to_owned()));
    }
    let help = format!("name a trunk for them in [outside]: {} = \"NAME\"", class.word());
    Some((format!("the plan calls {} over no trunk", class.plural()), help))
}

/// An orbit is dialled as an extension is, or has three digits where those have more.
fn may_be_orbit(number: &str, settings: &Settings) -> bool {
    match settings.numbering.parse(number) {
        Ok(PhoneNumber::Internal(_)) => true,
        Ok(PhoneNumber::Short(short)) => short.len() == 3,
        _ => false,
    }
}
