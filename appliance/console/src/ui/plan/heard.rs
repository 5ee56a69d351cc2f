//! What callers hear at a step: sentences of the box and recordings of the clinic, one after the other, and the same to read.

use std::collections::BTreeMap;

use plan::edit::{Change, Editor, Said, Saying};

use super::super::Ctx;
use super::forms::{Fields, Select};

/// No more prompts follow each other: as the plan has it.
const MOST_PROMPTS: usize = 8;

/// What callers are to hear; the languages are those of the plan.
pub(super) fn said(editor: &Editor, at: Saying, fields: &Fields) -> Option<Change> {
    let mut said = editor.said().into_iter().find(|said| said.at == at)?;
    said.prompts = fields.all("prompt").map(str::to_owned).collect();
    let languages: Vec<String> =
        if said.texts.is_empty() { vec![String::new()] } else { said.texts.into_keys().collect() };
    // A browser sends its own line ends.
    let text = |language: &String| fields.said(&text_field(language)).replace("\r\n", "\n");
    let texts = languages.into_iter().map(|language| (text(&language), language));
    said.texts = texts.filter(|(text, _)| !text.is_empty()).map(|(text, language)| (language, text)).collect();
    Some(Change::Said(said))
}

/// The same at a step that the plan has not had.
pub(super) fn said_anew(at: Saying, fields: &Fields) -> Said {
    let text = fields.said(&text_field("")).replace("\r\n", "\n");
    let texts = if text.is_empty() { BTreeMap::new() } else { BTreeMap::from([(String::new(), text)]) };
    Said { at, prompts: fields.all("prompt").map(str::to_owned).collect(), texts, then: None }
}

fn text_field(language: &str) -> String {
    format!("text-{language}")
}

/// What callers hear at a step, to read and to change.
pub(super) struct WordsView {
    pub(super) heard: Vec<String>,
    pub(super) prompts: Vec<Select>,
    /// The field, the language if there are several, the text.
    pub(super) texts: Vec<(String, String, String)>,
}

impl WordsView {
    pub(super) fn new(ctx: &Ctx, said: &Said, typed: Option<&Fields>) -> Self {
        let prompts: Vec<String> =
            typed.map_or_else(|| said.prompts.clone(), |fields| fields.all("prompt").map(str::to_owned).collect());
        let known = prompt_names(ctx);
        let select = |n: usize| {
            let label = ctx.with("said-prompt", &[("place", (n + 1).into())]);
            let all = std::iter::once((String::new(), ctx.t("said-nothing"))).chain(known.iter().cloned());
            Select::new("prompt", label, prompts.get(n).map_or("", String::as_str), all)
        };
        let mut texts: BTreeMap<&str, &str> = said.texts.iter().map(|(l, t)| (l.as_str(), t.as_str())).collect();
        if texts.is_empty() {
            texts.insert("", "");
        }
        let text = |(language, now): (&str, &str)| {
            let field = text_field(language);
            let text = typed.map_or(now, |fields| fields.said(&field)).to_owned();
            let language = match language {
                "en" | "es" | "fr" => ctx.t(&format!("language-{language}")),
                _ => String::new(),
            };
            (field, language, text)
        };
        Self {
            heard: heard(ctx, said),
            prompts: (0..(prompts.len() + 1).min(MOST_PROMPTS)).map(select).collect(),
            texts: texts.into_iter().map(text).collect(),
        }
    }
}

/// What is heard, as far as it has words.
fn heard(ctx: &Ctx, said: &Said) -> Vec<String> {
    if said.prompts.is_empty() {
        return said.texts.values().cloned().collect();
    }
    said.prompts.iter().map(|name| prompt_said(ctx, name)).collect()
}

fn prompt_said(ctx: &Ctx, name: &str) -> String {
    let (language, bare) = prompts::of_plan(name);
    prompts::text(language.unwrap_or(ctx.settings.language), bare).map_or_else(|| name.to_owned(), str::to_owned)
}

/// Sentences of the box and recordings of the clinic, each with what it says. Those of numbers and times are no sentences.
fn prompt_names(ctx: &Ctx) -> Vec<(String, String)> {
    let language = ctx.settings.language;
    let mut names: Vec<String> = prompts::own_names(language);
    names.extend(prompts::names(language).filter(|name| !name.contains('-')).map(str::to_owned));
    names.sort();
    names.dedup();
    let title = |name: &String| match prompts::text(language, name) {
        Some(text) => format!("{name}: {}", text.chars().take(LONGEST_TITLE).collect::<String>()),
        None => name.clone(),
    };
    names.iter().map(|name| (name.clone(), title(name))).collect()
}

/// Of a prompt's text, in a list from which one is chosen.
const LONGEST_TITLE: usize = 70;
