//! Who manages lets others in, by a link that is shown once, and takes back all that lets somebody in: what `frontdesk access` does at the box.
//!
//! Only a person at a page does either: a token of a program that acts for them would otherwise make itself a session of anybody.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use model::Settings;
use model::command::CommandError;
use model::settings::{Person, Right};

use super::decide::Confirm;
use super::{Answer, Ctx, Place, Shell, page as render};
use crate::App;
use crate::auth::{LINK_LIFE, Principal, Proof, reached_at};
use crate::failure::Failure;
use crate::texts::Texts;

/// `POST /people/{id}/link`: a link that signs this person in, once. It stands on this page alone.
pub(crate) async fn link(ctx: Ctx, Path(user): Path<String>, headers: HeaderMap) -> Answer {
    made(ctx, &user, &headers, (Place::People, "/people", "nav-people")).await
}

/// `GET /account`: whoever is signed in, and how they sign in elsewhere.
pub(crate) async fn account(ctx: Ctx) -> Answer {
    let count = ctx.app.sessions.count_of(&ctx.principal.user);
    render(&Account {
        shell: ctx.shell(ctx.principal.name.expose().clone(), Place::Elsewhere, &[]).await,
        sessions: ctx.with("account-sessions", &[("count", count.into())]),
    })
}

/// `POST /account/link`: a link for another device of whoever is signed in.
pub(crate) async fn own_link(ctx: Ctx, headers: HeaderMap) -> Answer {
    let user = ctx.principal.user.clone();
    made(ctx, &user, &headers, (Place::Elsewhere, "/account", "account-back")).await
}

async fn made(
    ctx: Ctx,
    user: &str,
    headers: &HeaderMap,
    (place, back, back_title): (Place, &'static str, &str),
) -> Answer {
    by_a_person(&ctx.principal)?;
    let person = ctx.settings.person(user).ok_or(Failure::NotFound)?;
    let path = ctx.app.sessions.mint_login_link(&person.user, &ctx.principal.user).await?;
    let at = reached_at(headers, ctx.app.https).unwrap_or_default();
    let until = ctx.local.when(ctx.local.now + LINK_LIFE);
    let name = person.name.expose().as_str();
    let key = if is_here_alone(&at) { "access-link-here" } else { "access-link-where" };
    render(&AccessLink {
        shell: ctx.shell(ctx.with("access-link-title", &[("name", name.into())]), place, &[]).await,
        what: ctx.with("access-link-what", &[("name", name.into()), ("time", until.as_str().into())]),
        where_to: ctx.with(key, &[("at", at.as_str().into())]),
        picture: Squares::of(&format!("{at}{path}")).filter(|_| !is_here_alone(&at)),
        picture_said: ctx.t("access-picture"),
        link: format!("{at}{path}"),
        back,
        back_title: ctx.t(back_title),
    })
}

/// `GET /people/{id}/forget`: asks once more.
pub(crate) async fn confirm_forget(ctx: Ctx, Path(user): Path<String>) -> Answer {
    let settings = ctx.settings.clone();
    let person = settings.person(&user).ok_or(Failure::NotFound)?;
    not_the_last(&ctx.app, &ctx.principal, &user)?;
    let mut lines = ways_said(&ctx, &user).await?;
    let ways = ctx.app.store.people().ways(&user, ctx.local.now).await?;
    match (ways.phones, ways.mail) {
        (true, true) => lines.push(ctx.t("access-forget-both")),
        (true, false) => lines.push(ctx.t("access-forget-phones")),
        (false, true) => lines.push(ctx.t("access-forget-mail")),
        (false, false) => {}
    }
    lines.push(ctx.t("access-forget-stays"));
    render(&Confirm {
        shell: ctx.shell(ctx.with("access-forget-title", &[("name", name_of(person))]), Place::People, &[]).await,
        big: String::new(),
        lines,
        action: format!("/people/{user}/forget"),
        button: ctx.t("access-forget-button"),
        class: "d",
        back: "/people".to_owned(),
        back_title: ctx.t("nav-people"),
        keep: ctx.t("access-forget-keep"),
    })
}

/// Where somebody is signed in, what acts for them, and what opens their mailbox.
pub(super) async fn ways_said(ctx: &Ctx, user: &str) -> Result<Vec<String>, Failure> {
    let store::Ways { tokens, pin, .. } = ctx.app.store.people().ways(user, ctx.local.now).await?;
    let mut lines = vec![ctx.with("access-forget-sessions", &[("count", ctx.app.sessions.count_of(user).into())])];
    if tokens > 0 {
        lines.push(ctx.with("access-forget-tokens", &[("count", tokens.into())]));
    }
    lines.extend(pin.then(|| ctx.t("access-forget-pin")));
    Ok(lines)
}

/// `POST /people/{id}/forget`.
pub(crate) async fn forget(State(app): State<App>, principal: Principal, Path(user): Path<String>) -> Answer {
    by_a_person(&principal)?;
    if app.settings.borrow().person(&user).is_none() {
        return Err(Failure::NotFound);
    }
    not_the_last(&app, &principal, &user)?;
    let done = (app.take_back)(user.clone(), principal.user).await;
    done.map_err(|sentence| Failure::Command(CommandError::NotStored(sentence)))?;
    Ok(Redirect::to(&format!("/people#person-{user}")).into_response())
}

/// A program's token gives nobody a way in.
pub(super) fn by_a_person(principal: &Principal) -> Result<(), Failure> {
    if principal.proof == Proof::Session { Ok(()) } else { Err(Failure::NotAllowed) }
}

/// Whoever manages alone does not shut themselves out.
fn not_the_last(app: &App, principal: &Principal, user: &str) -> Result<(), Failure> {
    if !is_the_last(&app.settings.borrow(), principal, user) {
        return Ok(());
    }
    Err(Failure::Command(CommandError::NotAllowed(Texts::choose(None).get("access-forget-last"))))
}

/// True of oneself, if nobody else manages.
pub(super) fn is_the_last(settings: &Settings, principal: &Principal, user: &str) -> bool {
    principal.user == user && !settings.people.iter().any(|p| p.user != user && p.rights.contains(&Right::Manage))
}

fn name_of(person: &Person) -> crate::texts::Arg<'_> {
    person.name.expose().as_str().into()
}

/// Nobody else reaches this address.
fn is_here_alone(at: &str) -> bool {
    let host = at.split_once("://").map_or(at, |(_, host)| host);
    ["localhost", "127.", "[::1]"].iter().any(|here| host.starts_with(here))
}

#[derive(Template)]
#[template(path = "access_link.html")]
struct AccessLink {
    shell: Shell,
    what: String,
    where_to: String,
    link: String,
    /// The same for the camera of a phone that can reach the link.
    picture: Option<Squares>,
    picture_said: String,
    back: &'static str,
    back_title: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    shell: Shell,
    sessions: String,
}

/// A QR code (ISO/IEC 18004) as a drawing: one unit for each square.
struct Squares {
    /// Units of a side, with the quiet zone.
    side: i32,
    /// The dark ones, row by row, as the path of an SVG.
    dark: String,
}

/// Light squares around it, without which cameras do not find it (ISO/IEC 18004 section 5.3.8).
const QUIET: i32 = 4;

impl Squares {
    /// `None` for a text that is too long for one.
    fn of(text: &str) -> Option<Self> {
        let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
        let mut dark = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size()).take_while(|&x| code.get_module(x, y)).count();
                if run > 0 {
                    // Writing into memory does not fail.
                    let _ = write!(dark, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += i32::try_from(run).unwrap_or(0).max(1);
            }
        }
        Some(Self { side: code.size() + 2 * QUIET, dark })
    }
}
