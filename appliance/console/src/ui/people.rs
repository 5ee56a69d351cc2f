//! People & phones: who has which extension, and whether a phone answers for it.

use askama::Template;
use model::settings::Person;

use super::{Answer, Ctx, Place, Shell, page as render};

/// `GET /people`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    let people: Vec<PersonView> = ctx.settings.people.iter().map(|p| PersonView::new(&ctx, p)).collect();
    let ready = people.iter().filter(|p| p.dot.is_empty()).count();
    render(&People {
        shell: ctx.shell(ctx.t("nav-people"), Place::People, &["live-phones"]).await,
        sub: ctx.with("people-ready", &[("ready", ready.into()), ("count", people.len().into())]),
        people,
    })
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    shell: Shell,
    sub: String,
    people: Vec<PersonView>,
}

struct PersonView {
    name: String,
    extension: String,
    mail: String,
    phone: String,
    agent: String,
    dot: &'static str,
    location: String,
}

impl PersonView {
    fn new(ctx: &Ctx, person: &Person) -> Self {
        let state = ctx.snapshot.phones.iter().find(|p| p.extension == person.extension);
        let phones = state.map_or(0, |s| s.phones);
        Self {
            name: person.name.expose().clone(),
            extension: person.extension.clone(),
            mail: person.mail.as_ref().map(|m| m.expose().clone()).unwrap_or_default(),
            phone: ctx.with("people-phones", &[("count", phones.into())]),
            agent: state.filter(|s| s.phones > 0).map(|s| s.agent.clone()).unwrap_or_default(),
            dot: if phones > 0 { "" } else { " off" },
            location: person.location.clone(),
        }
    }
}
