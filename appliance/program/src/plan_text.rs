//! `frontdesk plan`: checks a dial plan and says what it would do with a call, before it goes live anywhere.

use std::fmt::Write;
use std::path::Path;

use model::settings::Problem;
use model::time::Clock;
use model::{Language, PhoneNumber, Settings, Wall};
use plan::{Caller, Calling, Certainty, Facts, Night, Plan, Sense, Way};

use crate::boot::Failure;
use crate::cli::{ExplainOptions, PlanOptions, PlanVerb};
use crate::recordings;

/// Runs the verb.
#[allow(clippy::print_stdout, reason = "what a person asked for on the command line")]
pub(crate) fn run(options: PlanOptions) -> Result<(), Failure> {
    let said = match options.verb {
        PlanVerb::Check { plan, settings, state } => check(&plan, settings.as_deref(), state.as_deref())?,
        PlanVerb::Prompts { language, state } => spoken(&language, state.as_deref())?,
        PlanVerb::Explain(options) => explain(&options, Clock::start().now().wall)?,
        PlanVerb::Library { name: None } => plan::library_names().map(|name| format!("{name}\n")).collect(),
        PlanVerb::Library { name: Some(name) } => {
            plan::library(&name).ok_or_else(|| Failure(no_such_plan(&name)))?.to_owned()
        }
    };
    print!("{said}");
    Ok(())
}

fn no_such_plan(name: &str) -> String {
    let names: Vec<_> = plan::library_names().collect();
    format!("there is no library plan \"{name}\"; there are {}", names.join(", "))
}

fn read(path: &Path, what: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure(format!("{what} {} cannot be read: {e}", path.display())))
}

/// A library plan by its name, a file, or the text that settings have themselves.
fn text_of(plan: &str) -> Result<String, Failure> {
    if plan.contains('\n') {
        return Ok(plan.to_owned());
    }
    match plan::library(plan) {
        Some(text) => Ok(text.to_owned()),
        None => read(Path::new(plan), "the plan"),
    }
}

fn problems(of: &str, all: &[Problem]) -> Failure {
    let lines: Vec<_> = all.iter().map(|p| format!("  {p}")).collect();
    let (count, s) = (all.len(), if all.len() == 1 { "" } else { "s" });
    Failure(format!("{of} has {count} problem{s}:\n{}", lines.join("\n")))
}

fn settings_of(path: &Path) -> Result<Settings, Failure> {
    let of = format!("the settings file {}", path.display());
    let text = read(path, "the settings file")?;
    // Passwords of trunks may stand in it, and are nobody's business here.
    let (text, _) = model::settings::take_passwords(&text).map_err(|p| problems(&of, &[p]))?;
    Settings::parse(&text).map_err(|all| problems(&of, &all))
}

fn checked(name: &str, settings: Option<&Settings>) -> Result<Plan, Failure> {
    let of = if name.contains('\n') { "the plan of the settings".to_owned() } else { format!("the plan {name}") };
    let plan = Plan::parse(&text_of(name)?).map_err(|all| problems(&of, &all))?;
    match settings.map(|settings| plan.check(settings)) {
        Some(all) if !all.is_empty() => Err(problems(&of, &all)),
        _ => Ok(plan),
    }
}

fn check(name: &str, settings: Option<&Path>, state: Option<&Path>) -> Result<String, Failure> {
    let settings = settings.map(settings_of).transpose()?;
    let plan = checked(name, settings.as_ref())?;
    let unusable = state.map(recordings::load).unwrap_or_default();
    let unknown = calls::unknown_prompts(&plan);
    if !unknown.is_empty() {
        return Err(problems(&format!("the plan {name}"), &unknown));
    }
    let against = if settings.is_some() { " It speaks of nothing that the settings do not have." } else { "" };
    let mut said = format!("The plan \"{}\" has no problems.{against}\n", plan.name());
    for hint in plan.hints(prompts::is_recorded).iter().map(ToString::to_string).chain(unusable) {
        let _ = writeln!(said, "  A hint: {hint}");
    }
    Ok(said)
}

fn spoken(language: &str, state: Option<&Path>) -> Result<String, Failure> {
    let Some(language) = Language::from_word(language) else {
        return Err(Failure(format!("there are no prompts in \"{language}\"; write en, es or fr")));
    };
    let unusable = state.map(recordings::load).unwrap_or_default();
    let mut said = String::new();
    for (name, text) in prompts::names(language).filter_map(|name| Some((name, prompts::text(language, name)?))) {
        let _ = writeln!(said, "{name:<24} {text}");
    }
    for name in prompts::own_names(language) {
        let _ = writeln!(said, "{name:<24} (a recording of the clinic)");
    }
    unusable.iter().for_each(|why| said += &format!("Cannot be used: {why}\n"));
    Ok(said)
}

fn explain(options: &ExplainOptions, now: Wall) -> Result<String, Failure> {
    let settings = settings_of(&options.settings)?;
    let plan = checked(options.plan.as_deref().unwrap_or(&settings.plan), Some(&settings))?;
    let parse = |text: &str, what: &str| {
        plan.read(text, &settings.numbering).map_err(|e| Failure(format!("{what} \"{text}\": {e}")))
    };
    let dialled = match options.to.as_str() {
        "main" => settings.main_number.clone(),
        "fax" => settings.fax_number.clone(),
        text => parse(text, "--to")?,
    };
    let caller = caller(options.from.as_deref(), &settings)?;
    let at = moment(options.at.as_deref(), &settings)?.unwrap_or(now);
    let night = options.night.as_deref().map(night).transpose()?;
    let number = options.from.as_deref().filter(|from| settings.extension(from).is_none());
    let number = number.filter(|from| *from != "hidden").map(|from| outside(from, &settings)).transpose()?;
    let calling = match (options.from.as_deref(), &number) {
        (Some("hidden"), _) => Calling::Hidden,
        (_, Some(number)) => Calling::Number(number),
        _ => Calling::Unsaid,
    };
    let facts = Facts { night, calling, ..Facts::new(&caller, &dialled, &settings, at) };
    Ok(told(&plan.explain(&facts)))
}

/// An extension calls as its person; everything else comes in over a trunk.
fn caller(from: Option<&str>, settings: &Settings) -> Result<Caller, Failure> {
    if let Some(person) = from.and_then(|from| settings.extension(from)) {
        return Ok(Caller::Extension { user: person.user.clone() });
    }
    match settings.trunks.first() {
        Some(trunk) => Ok(Caller::Trunk { name: trunk.name.clone() }),
        None => Err(Failure(
            "the settings have no trunk over which somebody could call; name an extension with --from".to_owned(),
        )),
    }
}

/// Who calls from outside, by their number.
fn outside(text: &str, settings: &Settings) -> Result<PhoneNumber, Failure> {
    match settings.numbering.parse(text) {
        Ok(number @ PhoneNumber::E164(_)) => Ok(number),
        _ => {
            Err(Failure(format!("--from \"{text}\": write an extension of the settings, a number outside, or hidden")))
        }
    }
}

fn moment(at: Option<&str>, settings: &Settings) -> Result<Option<Wall>, Failure> {
    let Some(text) = at else { return Ok(None) };
    let help = || Failure(format!("--at \"{text}\": write a day and a time, as in \"2026-12-24 17:30\""));
    let local: jiff::civil::DateTime = text.trim().replace(' ', "T").parse().map_err(|_| help())?;
    let zoned = local.to_zoned(settings.zone()).map_err(|_| help())?;
    Ok(Some(Wall(zoned.timestamp().as_millisecond())))
}

fn night(word: &str) -> Result<Night, Failure> {
    let sense = match word {
        "open" => Sense::Open,
        "closed" => Sense::Closed,
        _ => return Err(Failure("--night: write open or closed".to_owned())),
    };
    Ok(Night { sense, until: None })
}

/// The sentences of the decision, then the whole way: each box once, with what leads on from it.
fn told(way: &Way) -> String {
    let mut out = String::new();
    for why in &way.why {
        let _ = writeln!(out, "{why}");
    }
    let _ = writeln!(out);
    for (number, drawn) in way.boxes.iter().enumerate() {
        let _ = writeln!(out, "{:>3}. {}{}", number + 1, drawn.title, remark(drawn.certainty));
        for line in drawn.lines.iter().filter(|line| !way.why.contains(line)) {
            let _ = writeln!(out, "       {line}");
        }
        for arrow in way.arrows.iter().filter(|a| a.from == number) {
            let when = if arrow.when.is_empty() { "goes on" } else { &arrow.when };
            let _ = writeln!(out, "     → {when}: {}{}", arrow.to + 1, remark(arrow.certainty));
        }
    }
    out
}

const fn remark(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Now => "",
        Certainty::Perhaps => " (perhaps)",
        Certainty::NotNow => " (not at this time)",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    /// A folder with the demo's settings: their path.
    fn settings() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let text = crate::demo::sample_settings();
        let path = folder.path().join("clinic.toml");
        std::fs::write(&path, text).expect("written");
        (folder, path)
    }

    fn explained(plan: &str, from: Option<&str>, to: &str, at: &str) -> String {
        let (_folder, settings) = settings();
        let options = ExplainOptions {
            plan: Some(plan.to_owned()),
            settings,
            from: from.map(str::to_owned),
            to: to.to_owned(),
            at: Some(at.to_owned()),
            night: None,
        };
        explain(&options, Wall(0)).unwrap_or_else(|Failure(sentence)| sentence)
    }

    #[test]
    fn what_happens_on_christmas_day_and_why() {
        expect![[r#"
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Friday 25 December 2026, 17:30, Christmas Day: the hours office are closed.
            The menu closed asks the caller for a key.

              1. a call over the trunk main
                   Friday 25 December 2026, 17:30
                 → goes on: 2
              2. schedule front
                 → closed: 3
                 → open: 7 (not at this time)
              3. menu closed
                   “We are closed now. If you have severe pain, press 1. To hear this again, press 2. If this is an emergency, please hang up and call 911.”
                 → key 1: 4 (perhaps)
                 → no key: 5 (perhaps)
              4. rota dentist (perhaps)
                   Rota dentist: 103, whose turn it is, is called first, and one more after that.
                 → none takes it: 6 (perhaps)
              5. hang up (perhaps)
                   The plan ends the call here.
              6. announcement no-dentist (perhaps)
                   The caller hears the announcement no-dentist.
                   “We could not reach anybody on call. If you cannot wait, please hang up and call 911.”
                 → then: 5 (perhaps)
              7. 100 (not at this time)
                   100 is an extension of this plan: 101, 102, 103 ring, one more every 12 seconds.
                 → nobody answers: 8 (not at this time)
                 → busy: 8 (not at this time)
              8. announcement busy (not at this time)
                   The caller hears the announcement busy.
                   “We are with our patients. Please call again in a few minutes.”
                 → then: 5 (not at this time)
        "#]].assert_eq(&explained("dental", None, "main", "2026-12-25 17:30"));
    }

    #[test]
    fn what_cannot_be_asked_is_said_with_what_to_write() {
        let said = [
            explained("no-such-file", None, "main", "2026-12-25 17:30"),
            explained("dental", None, "main", "christmas"),
            explained("dental", None, "12", "2026-12-25 17:30"),
            explained("dental", Some("101"), "911", "2026-12-25 17:30"),
        ];
        expect![[r#"
            the plan no-such-file cannot be read: No such file or directory (os error 2)
            --at "christmas": write a day and a time, as in "2026-12-24 17:30"
            --to "12": that is not a possible phone number; give it with its area code, as in 202-555-0123
            911 is an emergency number: it goes out before any other rule.
            Trunks in order: main.

              1. extension 101 calls
                   Friday 25 December 2026, 17:30
                 → goes on: 2
              2. help
        "#]]
        .assert_eq(&said.join("\n"));
    }

    #[test]
    fn a_plan_is_checked_with_and_without_settings() {
        let (folder, settings) = settings();
        let file = folder.path().join("plan.toml");
        std::fs::write(&file, "[outside]\nnational = \"nowhere\"\n").expect("written");
        let file = file.to_str().expect("a path");
        assert!(check(file, None, None).is_ok());
        let Err(Failure(sentence)) = check(file, Some(&settings), None) else { panic!("a problem") };
        assert!(sentence.contains("line 2: there is no trunk \"nowhere\""), "{sentence}");
        for name in plan::library_names() {
            assert!(check(name, Some(&settings), None).is_ok(), "{name}");
        }
    }
    /// A second of silence, and what is no sound at all.
    fn recorded(state: &Path, language: &str, name: &str, is_good: bool) {
        let folder = state.join("prompts").join(language);
        std::fs::create_dir_all(&folder).expect("a folder");
        let wav = model::Sound { rate: 8_000, samples: vec![0; 8_000] }.to_wav();
        std::fs::write(folder.join(name), if is_good { wav } else { b"RIFF".to_vec() }).expect("written");
    }

    #[test]
    fn a_prompt_is_one_of_the_box_or_a_recording_of_the_clinic() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("plan.toml");
        let plan = "[extensions.600]\nto = \"announcement hours\"\n[announcements.hours]\nprompt = [\"es/clinic_closed\", \"our-hours\"]\n";
        std::fs::write(&file, plan).expect("written");
        let file = file.to_str().expect("a path");
        recorded(folder.path(), "en", "our-hours.wav", false);
        let Err(Failure(sentence)) = check(file, None, Some(folder.path())) else { panic!("a problem") };
        assert!(sentence.contains("line 4: there is no prompt \"our-hours\""), "{sentence}");
        recorded(folder.path(), "fr", "our-hours.wav", true);
        assert!(check(file, None, None).is_err());
        assert!(check(file, None, Some(folder.path())).is_ok_and(|said| said.contains("our-hours.wav: ")));
    }

    #[test]
    fn a_text_that_cannot_be_spoken_is_a_hint() {
        let said = check("multi-site", None, None).unwrap_or_else(|Failure(sentence)| sentence);
        expect![[r#"
            The plan "Several sites" has no problems.
              A hint: line 71: this text is for people to read: callers hear a tone in its place (record it in the console once the plan is live, or name what says it, as in prompt = "clinic_closed")
        "#]]
        .assert_eq(&said);
    }

    #[test]
    fn prompts_are_listed_with_their_words_and_the_clinics_recordings() {
        let folder = tempfile::tempdir().expect("a folder");
        recorded(folder.path(), "es", "our-greeting.wav", true);
        recorded(folder.path(), "es", "no name.wav", true);
        recorded(folder.path(), "es", "notes.txt", false);
        let said = spoken("es", Some(folder.path())).unwrap_or_else(|Failure(sentence)| sentence);
        let said = said.replace(&folder.path().display().to_string(), "STATE");
        let lines: Vec<_> =
            said.lines().filter(|l| l.starts_with("goodbye") || l.starts_with("our-") || l.contains("STATE")).collect();
        expect![[r#"
            goodbye                  Adiós.
            our-greeting             (a recording of the clinic)
            Cannot be used: STATE/prompts/es/no name.wav: a name has letters, digits, - and _, and there may be a hundred of them"#]]
        .assert_eq(&lines.join("\n"));
        assert!(spoken("klingon", None).is_err());
    }
}
