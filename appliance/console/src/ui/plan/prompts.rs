//! What callers hear: every prompt that the plan says, the others of the box, and the music for those who wait. Each can be listened to as it is
//! heard now, recorded anew by a WAV file, and given back to the voice of the box; the next call hears it.

use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use model::{Language, Recordable, Recorded, Sound, Wall};
use plan::{InForce, Plan, Saying};
use prompts::{MUSIC_SECONDS, Maker, SECONDS};
use serde::Deserialize;
use store::PromptRow;

use super::super::words::{Tag, TimeView};
use super::super::{Answer, Ctx, Place, Shell, page as render};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;
use crate::recorded::wav;
use crate::upload::{self, SoundForm};

/// Bytes of a prompt's file: a minute in stereo at 48 kHz with 24 bits.
const PROMPT_BYTES: usize = 18 << 20;
/// Bytes of the music's: six minutes as a compact disc has them.
const MUSIC_BYTES: usize = 64 << 20;
/// The longest text of a row: the rest stands in the plan.
const LONGEST_TEXT: usize = 300;

/// What to look at.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// "es"; nothing: the clinic's language.
    #[serde(default)]
    language: String,
    /// "parts": numbers, times and dates.
    #[serde(default)]
    show: String,
    /// The key of what somebody has just ordered to record by phone.
    #[serde(default)]
    rings: String,
    /// When, in milliseconds.
    #[serde(default)]
    since: i64,
}

/// `GET /plan/prompts`.
pub(crate) async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let language = Language::from_word(&asked.language).unwrap_or(ctx.settings.language);
    let parts = asked.show == "parts";
    let InForce { plan, .. } = Plan::in_force(&ctx.settings);
    // Whoever records by phone sees when it is kept.
    let live: &[&str] = if asked.rings.is_empty() { &[] } else { &["live-plan"] };
    let rings = (asked.rings, Wall(asked.since));
    let rows = Rows { ctx: &ctx, language, kept: ctx.app.store.prompts().all().await?, rings };
    let (used, others) = if parts { (Vec::new(), rows.parts()) } else { (rows.used(&plan), rows.others(&plan)) };
    render(&Page {
        shell: ctx.shell(ctx.t("prompts-title"), Place::Plan, live).await,
        languages: Language::ALL.into_iter().map(|of| Tab::new(&ctx, of, parts, language)).collect(),
        language: language.word(),
        own: if parts { Vec::new() } else { rows.own(&plan) },
        music: (!parts).then(|| rows.row(Recordable::Music, ctx.t("prompts-music"))),
        parts,
        used,
        others,
    })
}

/// `GET /plan/prompts/{what}/sound.wav`: what callers hear now.
pub(crate) async fn sound(ctx: Ctx, Path(what): Path<String>, headers: HeaderMap) -> Answer {
    let what = known(&ctx, &what)?;
    let clip = match &what {
        Recordable::Music => Some(prompts::music()),
        Recordable::Prompt { language, name } => prompts::named(*language, name),
    };
    let samples = clip.ok_or(Failure::NotFound)?.to_vec();
    Ok(wav(&Sound { rate: prompts::RATE, samples }, &format!("{}.wav", what.key()), &headers))
}

/// `POST /plan/prompts/{what}`: a WAV file.
pub(crate) async fn record(
    ctx: Ctx,
    State(app): State<App>,
    principal: Principal,
    Path(what): Path<String>,
    form: Multipart,
) -> Answer {
    let what = known(&ctx, &what)?;
    let (seconds, bytes) = limits(&what);
    let _turn = upload::turn(&app)?;
    let form = SoundForm::read(form, bytes).await?;
    keep(&ctx, &app, principal, what, form.file, seconds).await
}

/// `POST /plan/prompts`: a WAV file under a name of its own, for the next plan to say.
pub(crate) async fn add(ctx: Ctx, State(app): State<App>, principal: Principal, form: Multipart) -> Answer {
    let _turn = upload::turn(&app)?;
    let SoundForm { name, language, file } = SoundForm::read(form, PROMPT_BYTES).await?;
    let language = Language::from_word(&language).ok_or(Failure::NotFound)?;
    if !prompts::may_be_named(&name) {
        return Err(Failure::Unusable(ctx.t("prompts-no-name")));
    }
    keep(&ctx, &app, principal, Recordable::Prompt { language, name }, file, SECONDS).await
}

/// `POST /plan/prompts/{what}/by-phone`: the phones of whoever orders it ring.
pub(crate) async fn by_phone(
    ctx: Ctx,
    State(app): State<App>,
    principal: Principal,
    Path(what): Path<String>,
) -> Answer {
    let what = known(&ctx, &what)?;
    if what == Recordable::Music {
        return Err(Failure::NotFound);
    }
    let Location { page, key } = Location::of(&what);
    let since = ctx.local.now.millis();
    data::order(&app, Command::RecordByPhone { by: principal.user, what }).await?;
    let and = if page.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{page}{and}rings={key}&since={since}#{key}")).into_response())
}

/// `POST /plan/prompts/{what}/undo`: back to what was there before.
pub(crate) async fn undo(State(app): State<App>, principal: Principal, Path(what): Path<String>) -> Answer {
    let what = Recordable::from_key(&what).ok_or(Failure::NotFound)?;
    if !app.store.prompts().all().await?.iter().any(|row| row.what == what) {
        return Err(Failure::NotFound);
    }
    let back = back_to(&what);
    data::order(&app, Command::Record { by: principal.user, what, sound: None }).await?;
    Ok(Redirect::to(&back).into_response())
}

async fn keep(ctx: &Ctx, app: &App, principal: Principal, what: Recordable, file: Vec<u8>, seconds: u32) -> Answer {
    if file.is_empty() {
        return Err(Failure::Unusable(ctx.t("prompts-no-file")));
    }
    // Minutes of music take a while, and calls must not wait for it.
    let read = tokio::task::spawn_blocking(move || Sound::from_wav(&file, seconds).map(Recorded::new));
    let sound = read.await.map_err(|_| Failure::NotDrawn)?.map_err(|e| Failure::Unusable(e.to_string()))?;
    let back = back_to(&what);
    data::order(app, Command::Record { by: principal.user, what, sound: Some(sound) }).await?;
    Ok(Redirect::to(&back).into_response())
}

fn limits(what: &Recordable) -> (u32, usize) {
    match what {
        Recordable::Music => (MUSIC_SECONDS, MUSIC_BYTES),
        Recordable::Prompt { .. } => (SECONDS, PROMPT_BYTES),
    }
}

/// The page on which it stands, and its place there.
struct Location {
    page: String,
    key: String,
}

impl Location {
    fn of(what: &Recordable) -> Self {
        let page = match what {
            Recordable::Music => "/plan/prompts".to_owned(),
            Recordable::Prompt { language, name } => {
                let show = if is_part(name) { "&show=parts" } else { "" };
                format!("/plan/prompts?language={}{show}", language.word())
            }
        };
        Self { page, key: what.key() }
    }
}

fn back_to(what: &Recordable) -> String {
    let Location { page, key } = Location::of(what);
    format!("{page}#{key}")
}

/// One of the things that callers can hear: a text of the box, what the plan says, or a recording that is there. Nothing else has an address.
fn known(ctx: &Ctx, key: &str) -> Result<Recordable, Failure> {
    let what = Recordable::from_key(key).ok_or(Failure::NotFound)?;
    let Recordable::Prompt { name, .. } = &what else { return Ok(what) };
    let says = || {
        let plan = Plan::in_force(&ctx.settings).plan;
        plan.sayings().into_iter().any(|saying| match saying {
            Saying::Prompt(wanted) => prompts::of_plan(wanted).1 == name,
            Saying::Text(words) => words.step == *name,
        })
    };
    if prompts::maker(&what) != Maker::Nobody || says() { Ok(what) } else { Err(Failure::NotFound) }
}

/// Of a number, a time or a date: "number-7". A sentence has no hyphen in its name.
fn is_part(name: &str) -> bool {
    name.contains('-') && prompts::text(Language::English, name).is_some()
}

struct Rows<'a> {
    ctx: &'a Ctx,
    language: Language,
    kept: Vec<PromptRow>,
    /// What is being recorded by phone, and since when.
    rings: (String, Wall),
}

impl Rows<'_> {
    /// What the plan says in this language.
    fn used(&self, plan: &Plan) -> Vec<Row> {
        let said = |saying: Saying<'_>| match saying {
            Saying::Prompt(wanted) => {
                let (only, name) = prompts::of_plan(wanted);
                only.is_none_or(|only| only == self.language).then(|| self.named(name))
            }
            Saying::Text(words) => {
                let text = words.text(self.language.word()).unwrap_or_default();
                Some(self.row(self.prompt(&words.step), text.chars().take(LONGEST_TEXT).collect()))
            }
        };
        let mut rows: Vec<Row> = Vec::new();
        for row in plan.sayings().into_iter().filter_map(said) {
            if rows.iter().all(|other| other.key != row.key) {
                rows.push(row);
            }
        }
        rows
    }

    /// The sentences of the box that the plan does not name.
    fn others(&self, plan: &Plan) -> Vec<Row> {
        let used = self.used(plan);
        let names = prompts::names(self.language).filter(|name| !is_part(name));
        names.map(|name| self.named(name)).filter(|row| used.iter().all(|used| used.key != row.key)).collect()
    }

    /// Recordings that no text has the name of and the plan does not say.
    fn own(&self, plan: &Plan) -> Vec<Row> {
        let used = self.used(plan);
        let kept = self.kept.iter().filter_map(|row| match &row.what {
            Recordable::Prompt { language, name } if *language == self.language => Some(name.clone()),
            _ => None,
        });
        let mut names: Vec<String> = prompts::own_names(self.language).into_iter().chain(kept).collect();
        names.retain(|name| prompts::text(self.language, name).is_none());
        names.sort();
        names.dedup();
        names.iter().map(|name| self.named(name)).filter(|row| used.iter().all(|used| used.key != row.key)).collect()
    }

    /// Numbers, times and dates, as they are counted.
    fn parts(&self) -> Vec<Row> {
        let mut names: Vec<&str> = prompts::names(self.language).filter(|name| is_part(name)).collect();
        names.sort_by_key(|name| name.split_once('-').map(|(kind, number)| (kind, number.parse::<u8>().unwrap_or(0))));
        names.into_iter().map(|name| self.named(name)).collect()
    }

    fn prompt(&self, name: &str) -> Recordable {
        Recordable::Prompt { language: self.language, name: name.to_owned() }
    }

    fn named(&self, name: &str) -> Row {
        let text = prompts::text(self.language, name).map_or_else(|| self.ctx.t("prompts-no-text"), str::to_owned);
        self.row(self.prompt(name), text)
    }

    fn row(&self, what: Recordable, text: String) -> Row {
        let ctx = self.ctx;
        let maker = prompts::maker(&what);
        let kept = self.kept.iter().find(|row| row.what == what);
        let (name, music, has_sound) = match &what {
            Recordable::Music => (what.key(), true, true),
            Recordable::Prompt { language, name } => (name.clone(), false, prompts::has_sound(*language, name)),
        };
        let undo = match &what {
            Recordable::Music => "prompts-undo-music",
            Recordable::Prompt { language, name } if prompts::text(*language, name).is_some() => "prompts-undo",
            Recordable::Prompt { .. } => "prompts-take-away",
        };
        let (rings, since) = &self.rings;
        let by_phone = (*rings == what.key()).then(|| match kept {
            Some(row) if row.at >= *since => ctx.t("prompts-kept-by-phone"),
            _ => ctx.t("prompts-rings"),
        });
        Row {
            key: what.key(),
            by_phone,
            name,
            text,
            music,
            maker: maker_tag(ctx, maker, music, has_sound),
            kept: kept.map(|row| Kept {
                by: ctx.person(&row.by),
                at: ctx.time(row.at),
                length: ctx.local.duration(row.millis),
                undo: ctx.t(undo),
            }),
            has_sound,
        }
    }
}

/// Who made what is heard: in a word, and never by its colour alone.
fn maker_tag(ctx: &Ctx, maker: Maker, music: bool, has_sound: bool) -> Tag {
    let (class, key) = match maker {
        Maker::Console => ("ok", "prompts-by-you"),
        Maker::File => ("ok", "prompts-by-file"),
        Maker::Box if music => ("", "prompts-music-by-box"),
        Maker::Box => ("", "prompts-by-box"),
        Maker::Nobody if has_sound => ("", "prompts-by-other-language"),
        Maker::Nobody => ("warn", "prompts-by-nobody"),
    };
    Tag { class, text: ctx.t(key) }
}

#[derive(Template)]
#[template(path = "prompts.html")]
struct Page {
    shell: Shell,
    languages: Vec<Tab>,
    language: &'static str,
    parts: bool,
    used: Vec<Row>,
    music: Option<Row>,
    own: Vec<Row>,
    others: Vec<Row>,
}

struct Tab {
    href: String,
    title: String,
    word: &'static str,
    current: bool,
}

impl Tab {
    fn new(ctx: &Ctx, of: Language, parts: bool, shown: Language) -> Self {
        let show = if parts { "&show=parts" } else { "" };
        let title = match of {
            Language::English => ctx.t("language-en"),
            Language::Spanish => ctx.t("language-es"),
            Language::French => ctx.t("language-fr"),
        };
        let word = of.word();
        Self { href: format!("/plan/prompts?language={word}{show}"), title, word, current: of == shown }
    }
}

struct Row {
    key: String,
    /// How its recording by phone stands.
    by_phone: Option<String>,
    name: String,
    text: String,
    music: bool,
    maker: Tag,
    kept: Option<Kept>,
    has_sound: bool,
}

/// A recording that the console took.
struct Kept {
    by: String,
    at: TimeView,
    length: String,
    undo: String,
}
