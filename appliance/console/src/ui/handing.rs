//! Whose a received fax is: given to a colleague, taken over from one, or laid back. Each form names whose the fax was on the page that
//! it stands on, so that of two who change it at once the second learns what the first did.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use model::fax::{Direction, FaxState};
use model::settings::Right;
use model::trace::Mark;
use serde::Deserialize;
use store::rows::{FaxRow, OwnerRow};

use super::steps::Step;
use super::words::fax_href;
use super::{Answer, Ctx};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;
use crate::texts::Texts;

/// The card of a received fax that is not done with.
pub(super) struct HandingView {
    /// Whose it is, as a user; empty for nobody.
    pub(super) before: String,
    /// The same in a sentence.
    pub(super) said: String,
    /// Who may have it, each as a user and a name.
    pub(super) people: Vec<(String, String)>,
}

impl HandingView {
    pub(super) fn new(ctx: &Ctx, row: &FaxRow) -> Option<Self> {
        let over = row.done.is_some() || row.junk || row.state == FaxState::Receiving;
        if row.direction != Direction::In || over {
            return None;
        }
        let others = ctx.settings.people.iter().filter(|person| Some(&person.user) != row.owner.as_ref());
        let may = others.filter(|person| person.rights.contains(&Right::SeeFaxes));
        Some(Self {
            before: row.owner.clone().unwrap_or_default(),
            said: match &row.owner {
                None => ctx.t("handing-nobody"),
                Some(owner) if *owner == ctx.principal.user => ctx.t("handing-yours"),
                Some(owner) => ctx.with("handing-has", &[("who", (&ctx.person(owner)).into())]),
            },
            people: may.map(|person| (person.user.clone(), person.name.expose().clone())).collect(),
        })
    }
}

/// What became of it, for the list of what happened.
pub(super) fn steps(ctx: &Ctx, owners: &[OwnerRow]) -> Vec<Step> {
    owners.iter().map(|change| Step::new(ctx, change.at, Mark::Good, title(ctx, change), String::new())).collect()
}

fn title(ctx: &Ctx, change: &OwnerRow) -> String {
    let who = ctx.person(&change.by);
    let before = change.before.as_deref().map(|user| ctx.person(user)).unwrap_or_default();
    let names = |to: &str| [("who", who.clone()), ("to", to.to_owned()), ("before", before.clone())];
    let (key, names) = match &change.owner {
        None if change.by == store::BOX => ("handing-step-lost", names("")),
        None => ("handing-step-back", names("")),
        Some(owner) if *owner == change.by && change.before.is_none() => ("handing-step-taken", names("")),
        Some(owner) if *owner == change.by => ("handing-step-over", names("")),
        Some(owner) if change.before.as_ref().is_none_or(|before| *before == change.by) => {
            ("handing-step-given", names(&ctx.person(owner)))
        }
        Some(owner) => ("handing-step-moved", names(&ctx.person(owner))),
    };
    let args: Vec<_> = names.iter().map(|(name, value)| (*name, value.into())).collect();
    ctx.with(key, &args)
}

/// What a form, or a program, says.
#[derive(Deserialize)]
pub(crate) struct Handed {
    /// Who gets it.
    #[serde(default)]
    to: String,
    /// Whose it was when they looked; empty for nobody.
    owner: Option<String>,
}

impl Handed {
    /// Who is to have it, and whose it was.
    ///
    /// # Errors
    /// What is missing, in a sentence.
    pub(crate) fn giving(self) -> Result<(Option<String>, Option<String>), Failure> {
        let to = self.to.trim().to_owned();
        if to.is_empty() {
            return Err(Failure::Unusable(Texts::choose(None).get("handing-whom")));
        }
        Ok((Some(to), self.before()?))
    }

    /// The same, for a fax that is laid back.
    pub(crate) fn laying_back(self) -> Result<(Option<String>, Option<String>), Failure> {
        Ok((None, self.before()?))
    }

    fn before(self) -> Result<Option<String>, Failure> {
        let owner = self.owner.ok_or_else(|| Failure::Unusable(Texts::choose(None).get("handing-whose")))?;
        Ok(Some(owner.trim().to_owned()).filter(|owner| !owner.is_empty()))
    }
}

/// `POST /faxes/{id}/give`.
pub(crate) async fn give(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Handed>,
) -> Answer {
    hand(&app, principal, &id, form.giving()?).await
}

/// `POST /faxes/{id}/lay-back`.
pub(crate) async fn lay_back(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Handed>,
) -> Answer {
    hand(&app, principal, &id, form.laying_back()?).await
}

async fn hand(app: &App, principal: Principal, id: &str, (to, before): (Option<String>, Option<String>)) -> Answer {
    let fax = id.parse().map_err(|_| Failure::NotFound)?;
    data::order(app, Command::HandFax { by: principal.user, fax, to, before }).await?;
    Ok(Redirect::to(&fax_href(fax)).into_response())
}
