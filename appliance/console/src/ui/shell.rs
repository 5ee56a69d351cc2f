//! What every page of a signed-in person has around it, and what every page handler needs.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use model::settings::Right;
use model::{PhoneNumber, Settings, Snapshot};

use super::alerts::Alerts;
use super::words::TimeView;
use crate::App;
use crate::auth::Principal;
use crate::http::assets::{Assets, assets};
use crate::local::Local;
use crate::texts::{Arg, Texts};

/// One request of a signed-in person: who, what is live, how to say it.
pub(crate) struct Ctx {
    pub(crate) app: App,
    pub(crate) principal: Principal,
    pub(crate) settings: Arc<Settings>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) local: Local,
    /// The page asks for itself, nobody did.
    pub(crate) by_itself: bool,
    /// Path and query, for the page's own refresh.
    here: String,
}

/// Where in the navigation a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Today,
    Calls,
    Voicemail,
    Faxes,
    People,
    Plan,
    Settings,
    Elsewhere,
}

/// The frame of a page, as its template sees it.
pub(crate) struct Shell {
    pub(crate) local: Local,
    pub(crate) assets: &'static Assets,
    pub(crate) title: String,
    pub(crate) clinic: String,
    pub(crate) user: String,
    pub(crate) query: String,
    pub(crate) here: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) alerts: Alerts,
    pub(crate) demo: bool,
    pub(crate) can_send: bool,
    /// The events at which the page refreshes itself, each followed by ", ". `None` for a page that a person fills in.
    pub(crate) live: Option<String>,
}

/// A heading of the navigation with its pages.
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) items: Vec<Item>,
}

/// A page in the navigation.
pub(crate) struct Item {
    pub(crate) title: String,
    pub(crate) href: &'static str,
    pub(crate) current: bool,
    pub(crate) badge: Option<Badge>,
}

/// What waits for a person on a page of the navigation.
pub(crate) struct Badge {
    pub(crate) count: u64,
    /// The same for those who hear the page.
    pub(crate) said: String,
}

/// What makes the page look anew: a change that it is told of ("live-calls"), or a time ("every 5s").
fn trigger(what: &str) -> String {
    if what.starts_with("every ") { format!("{what}, ") } else { format!("{what} from:body, ") }
}

impl<S> FromRequestParts<S> for Ctx
where
    S: Sync + AsRef<App>,
{
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let principal = Principal::from_request_parts(parts, state).await?;
        let app = state.as_ref().clone();
        let settings = app.settings.borrow().clone();
        let snapshot = app.snapshot.borrow().clone();
        let texts = Texts::choose(parts.headers.get(ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()));
        let local = Local::new(&settings, texts, app.clock.now().wall);
        let here = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let by_itself = parts.headers.contains_key("x-live");
        Ok(Self { app, principal, settings, snapshot, local, by_itself, here })
    }
}

impl AsRef<App> for App {
    fn as_ref(&self) -> &App {
        self
    }
}

impl Ctx {
    /// A text.
    pub(crate) fn t(&self, key: &str) -> String {
        self.local.texts.get(key)
    }

    /// A text with arguments.
    pub(crate) fn with(&self, key: &str, args: &[(&'static str, Arg<'_>)]) -> String {
        self.local.texts.with(key, args)
    }

    /// A number, as people write it.
    pub(crate) fn number(&self, number: &PhoneNumber) -> String {
        self.local.number(number)
    }

    /// The name of a user: theirs, or else the user name itself.
    pub(crate) fn person(&self, user: &str) -> String {
        self.settings.person(user).map_or_else(|| user.to_owned(), |p| p.name.expose().clone())
    }

    /// A point in time, said in short.
    pub(crate) fn time(&self, at: model::Wall) -> TimeView {
        TimeView::new(&self.local, at, self.local.when(at))
    }

    pub(crate) fn may(&self, right: Right) -> bool {
        self.principal.may(right)
    }

    /// The frame. `live` are the events at which the page refreshes itself; none for a page with a form.
    pub(crate) async fn shell(&self, title: String, place: Place, live: &[&str]) -> Shell {
        // Without the store the page says so in its own place; the frame, with its alerts, must still stand.
        let needs = if self.may(Right::SeeFaxes) { crate::data::needs_person(&self.app).await.unwrap_or(0) } else { 0 };
        Shell {
            local: self.local.clone(),
            assets: assets(),
            title,
            clinic: self.settings.clinic_name.clone(),
            user: self.principal.name.expose().clone(),
            query: String::new(),
            here: self.here.clone(),
            groups: self.groups(place, needs, (super::missed::waiting(self).await, self.new_messages().await)),
            alerts: Alerts::new(self, self.here.clone(), live.is_empty()),
            demo: self.app.demo.is_some(),
            can_send: self.may(Right::SendFaxes),
            live: (!live.is_empty()).then(|| live.iter().map(|what| trigger(what)).collect()),
        }
    }

    /// The messages of this person that they have not heard.
    async fn new_messages(&self) -> u64 {
        let Ok(mailbox) = crate::recorded::mailbox(&self.app, &self.principal.user) else { return 0 };
        self.app.store.voicemails().counts(&mailbox).await.map_or(0, |counts| u64::from(counts.new))
    }

    fn groups(&self, place: Place, needs: u64, (missed, new_messages): (u64, u64)) -> Vec<Group> {
        let badge = |key, count| (count > 0).then(|| Badge { count, said: self.with(key, &[("count", count.into())]) });
        let item =
            |title: &str, href, here: Place, badge| Item { title: self.t(title), href, current: here == place, badge };
        let mut work = vec![item("nav-today", "/", Place::Today, badge("badge", needs))];
        if self.may(Right::SeeCalls) {
            work.push(item("nav-calls", "/calls", Place::Calls, badge("badge-calls", missed)));
        }
        work.push(item("nav-voicemail", "/voicemail", Place::Voicemail, badge("badge-voicemail", new_messages)));
        if self.may(Right::SeeFaxes) {
            work.push(item("nav-faxes", "/faxes", Place::Faxes, badge("badge", needs)));
        }
        let mut groups = vec![Group { title: self.t("nav-work"), items: work }];
        let mut items = Vec::new();
        if self.may(Right::SeePeople) {
            items.push(item("nav-people", "/people", Place::People, None));
        }
        if self.may(Right::SeeCalls) {
            items.push(item("nav-plan", "/plan", Place::Plan, None));
        }
        if self.may(Right::Manage) {
            items.push(item("nav-settings", "/settings", Place::Settings, None));
        }
        if !items.is_empty() {
            groups.push(Group { title: self.t("nav-clinic"), items });
        }
        groups
    }
}

impl Shell {
    /// A text.
    pub(crate) fn t(&self, key: &str) -> String {
        self.local.texts.get(key)
    }

    /// A text with a count.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand out references")]
    pub(crate) fn n(&self, key: &str, count: &u64) -> String {
        self.local.texts.with(key, &[("count", (*count).into())])
    }
}
