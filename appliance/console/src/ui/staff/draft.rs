//! What somebody has typed of a person, and what is wrong with it.

use std::collections::HashMap;

use model::settings::{Media, Person, PhoneFax, Right};
use model::{PhoneNumber, Pii, Settings};
use plan::{Caller, Facts, Plan, Target};

use super::super::Ctx;

/// What is wrong with which field.
pub(super) type Wrong = HashMap<&'static str, String>;

/// The fields that the settings may have something to say of.
pub(super) const FIELDS: [&str; 6] = ["extension", "name", "mail", "rights", "location", "media"];

/// The policies of sound, by the words of the settings; the first is none of their own.
pub(super) const MEDIA: [(&str, Option<Media>); 5] = [
    ("all", None),
    ("prefer", Some(Media::Prefer)),
    ("srtp", Some(Media::Srtp)),
    ("dtls", Some(Media::Dtls)),
    ("plain", Some(Media::Plain)),
];

/// A name or a place that fits a phone's screen and a line of an alert.
const MAX_TEXT: usize = 80;
/// The longest address of mail (RFC 5321, 4.5.3.1.3).
const MAX_MAIL: usize = 254;

/// The word of a right in forms and texts.
pub(super) const fn word_of(right: Right) -> &'static str {
    match right {
        Right::SeeCalls => "see_calls",
        Right::SeeFaxes => "see_faxes",
        Right::SendFaxes => "send_faxes",
        Right::SeePeople => "see_people",
        Right::Manage => "manage",
    }
}

/// A person as a form has them.
#[derive(Clone, Default)]
pub(super) struct Draft {
    pub(super) extension: String,
    pub(super) name: String,
    pub(super) mail: String,
    pub(super) location: String,
    pub(super) rights: Vec<Right>,
    pub(super) media: Option<Media>,
    pub(super) fax: Option<PhoneFax>,
}

impl Draft {
    /// As it was sent.
    pub(super) fn of(sent: &HashMap<String, String>) -> Self {
        let text = |field: &str| sent.get(field).map_or(String::new(), |text| text.trim().to_owned());
        let media = text("media");
        Self {
            extension: text("extension"),
            name: text("name"),
            mail: text("mail"),
            location: text("location"),
            rights: Right::ALL.into_iter().filter(|right| sent.contains_key(word_of(*right))).collect(),
            media: MEDIA.into_iter().find(|(word, _)| *word == media).and_then(|(_, media)| media),
            fax: sent.contains_key("fax").then_some(PhoneFax::Gateway),
        }
    }

    /// As the settings have them.
    pub(super) fn as_it_is(person: &Person) -> Self {
        Self {
            extension: person.extension.clone(),
            name: person.name.expose().clone(),
            mail: person.mail.as_ref().map(|mail| mail.expose().clone()).unwrap_or_default(),
            location: person.location.clone(),
            rights: person.rights.clone(),
            media: person.media,
            fax: person.fax,
        }
    }

    pub(super) fn person(&self) -> Person {
        Person {
            user: self.extension.clone(),
            extension: self.extension.clone(),
            name: Pii::new(self.name.clone()),
            mail: (!self.mail.is_empty()).then(|| Pii::new(self.mail.clone())),
            rights: self.rights.clone(),
            location: self.location.clone(),
            media: self.media,
            fax: self.fax,
        }
    }

    /// What a form asks for beyond what the settings do.
    pub(super) fn wrong(&self, ctx: &Ctx) -> Wrong {
        let mut wrong = Wrong::new();
        let mut check = |field, text: &str, missing: &str| {
            if text.is_empty() {
                wrong.insert(field, ctx.t(missing));
            } else if text.chars().count() > MAX_TEXT {
                wrong.insert(field, ctx.with("staff-too-long", &[("most", MAX_TEXT.into())]));
            } else if text.chars().any(char::is_control) {
                wrong.insert(field, ctx.t("staff-strange"));
            }
        };
        check("extension", &self.extension, "staff-no-extension");
        check("name", &self.name, "staff-no-name");
        check("location", &self.location, "staff-no-location");
        if self.mail.len() > MAX_MAIL {
            wrong.insert("mail", ctx.with("staff-too-long", &[("most", MAX_MAIL.into())]));
        }
        wrong
    }
}

/// Tries for a free extension: more than a clinic has, and quickly done.
const MAX_TRIES: u32 = 1_000;

/// The first extension above those of the others that leads nowhere yet.
pub(super) fn first_free(settings: &Settings) -> Option<String> {
    let digits = settings.numbering.extension_digits;
    let (first, end) = (
        10_u32.checked_pow(u32::try_from(digits).ok()?.checked_sub(1)?)?,
        10_u32.checked_pow(u32::try_from(digits).ok()?)?,
    );
    let highest = settings.people.iter().filter_map(|p| p.extension.parse::<u32>().ok()).max().unwrap_or(first);
    let plan = Plan::in_force(settings).plan;
    let above = highest.saturating_add(1)..end;
    above.chain(first + 1..end).take(MAX_TRIES as usize).map(|n| n.to_string()).find(|extension| {
        matches!(settings.numbering.parse(extension), Ok(PhoneNumber::Internal(_)))
            && leads(&plan, extension, settings).is_none()
    })
}

/// Why nobody can have this extension, if something else has it.
pub(super) fn taken(ctx: &Ctx, extension: &str, settings: &Settings) -> Option<String> {
    if let Some(person) = settings.extension(extension) {
        return Some(ctx.with("staff-taken", &[("name", person.name.expose().into())]));
    }
    if !matches!(settings.numbering.parse(extension), Ok(PhoneNumber::Internal(_))) {
        // The settings say what is wrong with it.
        return None;
    }
    let why = leads(&Plan::in_force(settings).plan, extension, settings)?;
    Some(ctx.with("staff-taken-in-plan", &[("why", (&why).into())]))
}

/// Where whoever dials this gets to now; `None` if nowhere.
fn leads(plan: &Plan, extension: &str, settings: &Settings) -> Option<String> {
    let caller = Caller::Extension { user: settings.people.first().map(|p| p.user.clone()).unwrap_or_default() };
    let dialled = PhoneNumber::Internal(extension.to_owned());
    let decision = plan.route(&Facts::new(&caller, &dialled, settings, model::Wall(0)));
    match decision.target {
        Target::Refuse { code: 404, .. } => None,
        _ => Some(decision.why.join(" ")),
    }
}
