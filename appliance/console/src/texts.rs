//! What the console says, from Fluent files: one folder a language, one file a part of the console. English is complete; another
//! language falls back to it, text by text. A key that no file has shows itself and is caught by a test, never a panic.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The languages: tag and files. The first is the fallback.
const LANGUAGES: [(&str, &[&str]); 1] = [(
    "en",
    &[
        include_str!("../locales/en/common.ftl"),
        include_str!("../locales/en/today.ftl"),
        include_str!("../locales/en/calls.ftl"),
        include_str!("../locales/en/ladder.ftl"),
        include_str!("../locales/en/faxes.ftl"),
        include_str!("../locales/en/fetch.ftl"),
        include_str!("../locales/en/offer.ftl"),
        include_str!("../locales/en/send.ftl"),
        include_str!("../locales/en/people.ftl"),
        include_str!("../locales/en/staff.ftl"),
        include_str!("../locales/en/voicemail.ftl"),
        include_str!("../locales/en/recording.ftl"),
        include_str!("../locales/en/plan.ftl"),
        include_str!("../locales/en/settings.ftl"),
        include_str!("../locales/en/plan-forms.ftl"),
        include_str!("../locales/en/prompts.ftl"),
        include_str!("../locales/en/phone.ftl"),
    ],
)];

static TEXTS: LazyLock<Vec<Texts>> =
    LazyLock::new(|| LANGUAGES.iter().map(|(tag, files)| Texts::read(tag, files)).collect());

/// The texts of one language.
pub(crate) struct Texts {
    tag: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// The first language of an `Accept-Language` header that we have, or English.
    pub(crate) fn choose(accept: Option<&str>) -> &'static Self {
        let wanted = accept.unwrap_or("").split(',').map(|part| part.split(';').next().unwrap_or("").trim());
        for tag in wanted {
            let language = tag.split('-').next().unwrap_or("");
            if let Some(texts) = TEXTS.iter().find(|t| t.tag.eq_ignore_ascii_case(language)) {
                return texts;
            }
        }
        &TEXTS[0]
    }

    fn read(tag: &'static str, files: &[&str]) -> Self {
        let id: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The isolating marks around arguments would show up as boxes in the titles of old browsers; our languages are left-to-right.
        bundle.set_use_isolating(false);
        for file in files {
            // A part with an error still gives its good texts; a test reads every file strictly.
            let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(partial, _)| partial);
            bundle.add_resource_overriding(resource);
        }
        Self { tag, bundle }
    }

    /// The language, for `<html lang>`.
    pub(crate) fn tag(&self) -> &'static str {
        self.tag
    }

    /// A text without arguments.
    pub(crate) fn get(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// A text with arguments. Whole numbers choose plural forms.
    pub(crate) fn with(&self, key: &str, args: &[(&'static str, Arg<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.fluent())).collect();
        self.format(key, Some(&args))
    }

    fn format(&self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let fallback = || TEXTS.first().filter(|t| t.tag != self.tag).map(|t| t.format(key, args));
        let Some(pattern) = self.bundle.get_message(key).and_then(|m| m.value()) else {
            return fallback().unwrap_or_else(|| key.to_owned());
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors).into_owned();
        // A person sees the name of what is missing, and the rest of the page; a test sees a failure.
        assert!(!cfg!(test) || errors.is_empty(), "{key}: {errors:?}");
        text
    }
}

/// An argument of a text.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a> {
    /// A word or sentence.
    Text(&'a str),
    /// A whole number.
    Count(u64),
}

impl Arg<'_> {
    fn fluent(&self) -> FluentValue<'_> {
        match *self {
            Self::Text(text) => FluentValue::from(text),
            Self::Count(n) => FluentValue::from(n),
        }
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Arg<'_> {
    fn from(n: u32) -> Self {
        Self::Count(u64::from(n))
    }
}

impl From<u64> for Arg<'_> {
    fn from(n: u64) -> Self {
        Self::Count(n)
    }
}

impl From<usize> for Arg<'_> {
    fn from(n: usize) -> Self {
        Self::Count(n as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn keys_of(files: &[&str]) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned()).expect("a text file without an error");
            assert!(resource.entries().count() > 0);
            for line in file.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase())) {
                let key = line.split([' ', '=']).next().expect("first word").to_owned();
                assert!(keys.insert(key.clone()), "{key} stands twice");
            }
        }
        keys
    }

    fn sources(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() && path.ends_with("tests") {
                continue;
            }
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") {
                into.push_str(&std::fs::read_to_string(&path).expect("text"));
            }
        }
    }

    /// Every quoted word of the sources that looks like a key of ours must be one, and every key must be used: by its whole name, or by
    /// the stem of a family ("fax-state-…") that is completed at run time.
    #[test]
    fn every_text_exists_and_is_used() {
        let keys = keys_of(LANGUAGES[0].1);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut text = String::new();
        sources(&root.join("src"), &mut text);
        sources(&root.join("templates"), &mut text);
        for call in ["get(\"", "with(\"", "t(\"", "n(\""] {
            for rest in text.split(call).skip(1) {
                let key = rest.split('"').next().unwrap_or("");
                let is_key =
                    key.contains('-') && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit());
                let is_header = rest.split_once('"').is_some_and(|(_, after)| after.starts_with(").and_then(|h|"));
                assert!(!is_key || is_header || key.starts_with("sec-") || keys.contains(key), "no text for {key}");
            }
        }
        for key in &keys {
            let whole = text.contains(&format!("\"{key}\""));
            let family = key.rmatch_indices('-').any(|(at, _)| text.contains(&format!("\"{}-{{", &key[..at])));
            assert!(whole || family, "{key} is never shown");
        }
    }

    #[test]
    fn languages_are_chosen_with_english_behind_them() {
        assert_eq!(Texts::choose(Some("xx-YY, en-GB;q=0.5")).tag(), "en");
        assert_eq!(Texts::choose(None).tag(), "en");
        assert_eq!(Texts::choose(None).get("nothing"), "nothing");
    }

    #[test]
    fn numbers_choose_their_plural() {
        let texts = Texts::choose(None);
        assert_eq!(texts.with("pages", &[("count", 1u32.into())]), "1 page");
        assert_eq!(texts.with("pages", &[("count", 3u32.into())]), "3 pages");
    }
}
