//! A new password for somebody's phones or mail program, shown once with what else those want to know. Who manages gives one to anybody, everybody to
//! themselves; what `frontdesk access` does at the box. The old one ends with it, so that is said before.
//!
//! Only a person at a page does it: a token of a program that acts for them would otherwise call and mail as them after it was taken back.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;
use model::command::CommandError;
use model::settings::{Media, Person};

use super::access::by_a_person;
use super::decide::Confirm;
use super::{Answer, Ctx, Fact, Place, Shell, page as render};
use crate::auth::reached_at;
use crate::failure::Failure;
use crate::numbers::capital;
use crate::{GivenPassword, PasswordFor};

/// `GET /people/{id}/password/{what}`: asks once more.
pub(crate) async fn confirm(ctx: Ctx, Path((user, what)): Path<(String, String)>) -> Answer {
    asked(&ctx, &user, &what, Way::of_people(&user)).await
}

/// `POST /people/{id}/password/{what}`.
pub(crate) async fn give(ctx: Ctx, Path((user, what)): Path<(String, String)>, headers: HeaderMap) -> Answer {
    given(&ctx, &user, &what, (Way::of_people(&user), &headers)).await
}

/// `GET /account/password/{what}`: one's own.
pub(crate) async fn confirm_own(ctx: Ctx, Path(what): Path<String>) -> Answer {
    asked(&ctx, &ctx.principal.user, &what, Way::own()).await
}

/// `POST /account/password/{what}`.
pub(crate) async fn give_own(ctx: Ctx, Path(what): Path<String>, headers: HeaderMap) -> Answer {
    given(&ctx, &ctx.principal.user, &what, (Way::own(), &headers)).await
}

/// By which page somebody came.
struct Way {
    place: Place,
    /// Where it is, and where its passwords are asked for.
    back: String,
}

impl Way {
    fn of_people(user: &str) -> Self {
        Self { place: Place::People, back: format!("/people/{user}") }
    }

    fn own() -> Self {
        Self { place: Place::Elsewhere, back: "/account".to_owned() }
    }
}

fn read(what: &str) -> Result<PasswordFor, Failure> {
    match what {
        "phones" => Ok(PasswordFor::Phones),
        "mail" => Ok(PasswordFor::Mail),
        _ => Err(Failure::NotFound),
    }
}

async fn asked(ctx: &Ctx, user: &str, what: &str, way: Way) -> Answer {
    let purpose = read(what)?;
    let person = ctx.settings.person(user).ok_or(Failure::NotFound)?;
    let ways = ctx.app.store.people().ways(user, ctx.local.now).await?;
    let has_one = match purpose {
        PasswordFor::Phones => ways.phones,
        PasswordFor::Mail => ways.mail,
    };
    let name = person.name.expose();
    let lines = match (purpose, has_one) {
        (PasswordFor::Phones, true) => vec![ctx.t("password-phones-old"), ctx.t("password-help")],
        (PasswordFor::Mail, true) => vec![ctx.t("password-mail-old")],
        (_, false) => vec![ctx.t("password-first")],
    };
    let lines = [lines, vec![ctx.t("password-once")]].concat();
    render(&Confirm {
        shell: ctx.shell(ctx.with(title_of(purpose), &[("name", name.into())]), way.place, &[]).await,
        big: String::new(),
        lines,
        action: format!("{}/password/{what}", way.back),
        button: ctx.t("password-button"),
        class: "p",
        back: way.back,
        back_title: name.clone(),
        keep: ctx.t(if has_one { "password-keep" } else { "password-not-now" }),
    })
}

async fn given(ctx: &Ctx, user: &str, what: &str, (way, headers): (Way, &HeaderMap)) -> Answer {
    by_a_person(&ctx.principal)?;
    let purpose = read(what)?;
    let person = ctx.settings.person(user).ok_or(Failure::NotFound)?;
    let done = (ctx.app.give_password)(purpose, user.to_owned(), ctx.principal.user.clone()).await;
    let given = done.map_err(|sentence| Failure::Command(CommandError::NotStored(capital(&sentence))))?;
    let name = person.name.expose();
    let host = reached_at(headers, ctx.app.https).unwrap_or_default();
    render(&Given {
        shell: ctx.shell(ctx.with(title_of(purpose), &[("name", name.into())]), way.place, &[]).await,
        what: ctx.t(match purpose {
            PasswordFor::Phones => "password-into-phone",
            PasswordFor::Mail => "password-into-mail",
        }),
        password: given.password.expose().clone(),
        facts: match purpose {
            PasswordFor::Phones => phone_facts(ctx, person, &given, &host),
            PasswordFor::Mail => mail_facts(ctx, &given, &host),
        },
        back: way.back,
        back_title: name.clone(),
    })
}

const fn title_of(purpose: PasswordFor) -> &'static str {
    match purpose {
        PasswordFor::Phones => "password-phones-title",
        PasswordFor::Mail => "password-mail-title",
    }
}

/// What a phone asks for, by the names that most have on their pages.
fn phone_facts(ctx: &Ctx, person: &Person, given: &GivenPassword, host: &str) -> Vec<Fact> {
    let mut facts = vec![(ctx.t("password-user"), given.user.expose().clone())];
    facts.extend(servers(ctx, given, host));
    facts.push((ctx.t("password-domain"), given.domain.clone()));
    facts.push((ctx.t("password-shown"), person.name.expose().clone()));
    let sound = match ctx.settings.media_of(&person.user) {
        Some(Media::Srtp) => "password-sound-srtp",
        Some(Media::Dtls) => "password-sound-dtls",
        Some(Media::Plain) => "password-sound-plain",
        Some(Media::Prefer) | None => "password-sound-any",
    };
    facts.push((ctx.t("password-sound"), ctx.t(sound)));
    facts
}

fn mail_facts(ctx: &Ctx, given: &GivenPassword, host: &str) -> Vec<Fact> {
    let mut facts = vec![(ctx.t("password-mail-user"), given.user.expose().clone())];
    facts.extend(servers(ctx, given, host));
    if given.servers.iter().all(|(_, at)| at.ip().is_loopback()) {
        facts.push((ctx.t("password-where"), ctx.t("password-here-alone")));
    }
    facts
}

fn servers(ctx: &Ctx, given: &GivenPassword, host: &str) -> Vec<Fact> {
    let server = |(how, at): &(&'static str, SocketAddr)| {
        let address = if at.ip().is_unspecified() { host_of(host) } else { at.ip().to_string() };
        let port = at.port().to_string();
        let said = [("address", (&address).into()), ("port", (&port).into())];
        (ctx.with("password-server", &[("how", (*how).into())]), ctx.with("password-at", &said))
    };
    given.servers.iter().map(server).collect()
}

/// The host of an address of the console.
fn host_of(at: &str) -> String {
    let host = at.split_once("://").map_or(at, |(_, host)| host);
    let end = if host.starts_with('[') { host.find(']').map(|at| at + 1) } else { host.find(':') };
    host[..end.unwrap_or(host.len())].trim_matches(['[', ']']).to_owned()
}

#[derive(Template)]
#[template(path = "password.html")]
struct Given {
    shell: Shell,
    what: String,
    password: String,
    facts: Vec<Fact>,
    back: String,
    back_title: String,
}
