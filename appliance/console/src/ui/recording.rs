//! The recording of a call on its page: a player, how loud each side was, what was left out, and what can be done with it.

use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use model::CallId;
use model::recording::{Gap, Recording, RecordingState};
use model::settings::Right;
use serde::Deserialize;

use super::{Answer, Ctx};
use crate::App;
use crate::auth::Principal;
use crate::failure::Failure;
use crate::taped;

/// What the page shows of it.
pub(crate) struct View {
    /// "from 09:41:07 to 09:44:10, paused twice".
    pub(crate) sentence: String,
    pub(crate) length: String,
    pub(crate) kept: String,
    pub(crate) hold: Option<String>,
    pub(crate) gaps: Vec<String>,
    /// Whoever looks may listen.
    pub(crate) can_hear: bool,
    pub(crate) can_manage: bool,
    pub(crate) is_deleted: bool,
    /// What the picture shows, and what is heard on which side.
    pub(crate) wave_label: String,
    pub(crate) legend: String,
    pub(crate) wave: Vec<Bar>,
}

/// A bar of the picture: the caller above the line, the other below.
pub(crate) struct Bar {
    pub(crate) x: usize,
    pub(crate) above: u32,
    pub(crate) below: u32,
}

impl Bar {
    /// Where it begins, from above.
    pub(crate) const fn top(&self) -> u32 {
        20 - self.above
    }

    pub(crate) const fn height(&self) -> u32 {
        self.above + self.below
    }
}

/// The recording of a call that has ended, if there is one.
pub(crate) async fn view(ctx: &Ctx, call: CallId) -> Result<Option<View>, Failure> {
    let recording = ctx.app.store.recordings().of_call(call).await?;
    Ok(recording.filter(|r| r.state != RecordingState::Recording).map(|recording| View::new(ctx, &recording)))
}

impl View {
    /// Of the picture: a short recording fills it, too.
    pub(crate) fn width(&self) -> usize {
        self.wave.len().max(1) * 3
    }

    fn new(ctx: &Ctx, recording: &Recording) -> Self {
        let (from, to) = (ctx.local.clock_exact(recording.created), ctx.local.clock_exact(recording.ended));
        let pauses = recording.pauses.iter().filter(|pause| pause.why == Gap::Paused).count();
        let sentence =
            ctx.with("recording-when", &[("from", (&from).into()), ("to", (&to).into()), ("pauses", pauses.into())]);
        let day = ctx.local.day_year(recording.keep_until);
        let kept = match &recording.hold {
            Some(_) => ctx.t("recording-kept-held"),
            None => ctx.with("recording-kept-until", &[("day", (&day).into())]),
        };
        // The last of them is often the end of the call.
        let told = recording.pauses.iter().filter(|pause| pause.until.is_some() || pause.why == Gap::Paused);
        Self {
            sentence,
            length: ctx.local.duration(recording.millis),
            kept,
            hold: recording.hold.as_ref().map(|why| ctx.with("recording-held-for", &[("why", why.into())])),
            gaps: told.map(|pause| gap(ctx, pause)).collect(),
            can_hear: taped::may_hear(&ctx.principal, &ctx.settings, recording),
            can_manage: ctx.may(Right::Manage),
            is_deleted: recording.state == RecordingState::Deleted,
            wave_label: ctx.t(if recording.together { "recording-wave-together" } else { "recording-wave" }),
            legend: ctx.t(if recording.together { "recording-legend-together" } else { "recording-legend" }),
            wave: wave(&recording.peaks),
        }
    }
}

/// "Paused from 09:42:01 to 09:42:30".
fn gap(ctx: &Ctx, pause: &model::recording::Pause) -> String {
    let key = match pause.why {
        Gap::Paused => "recording-gap-paused",
        Gap::Held => "recording-gap-held",
        Gap::Elsewhere => "recording-gap-elsewhere",
        Gap::Alone => "recording-gap-alone",
        Gap::Declined => "recording-gap-declined",
    };
    let from = ctx.local.clock_exact(pause.from);
    let to = pause.until.map_or_else(|| ctx.t("recording-gap-end"), |until| ctx.local.clock_exact(until));
    ctx.with(key, &[("from", (&from).into()), ("to", (&to).into())])
}

/// Loudness as it is heard, and not as it is measured, as with messages; never so low that it cannot be seen.
fn wave(peaks: &[(u8, u8)]) -> Vec<Bar> {
    let height = |peak: u8| (1 + (f64::from(peak).sqrt() * 1.9) as u32).min(20);
    let bar =
        |(n, (caller, callee)): (usize, &(u8, u8))| Bar { x: n * 3, above: height(*caller), below: height(*callee) };
    peaks.iter().enumerate().map(bar).collect()
}

/// What the address of the sound may say.
#[derive(Deserialize)]
pub(crate) struct Asked {
    save: Option<String>,
}

/// `GET /calls/{id}/recording.wav`, and with `?save` to keep a copy.
pub(crate) async fn sound(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    taped::wav(&app, &principal, &id, (asked.save.is_some(), &headers)).await
}

/// What a form says.
#[derive(Deserialize)]
pub(crate) struct Marked {
    what: String,
    #[serde(default)]
    reason: String,
}

/// `POST /calls/{id}/recording`.
pub(crate) async fn mark(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Marked>,
) -> Answer {
    taped::mark(&app, &principal, &id, taped::mark_of(&form.what, &form.reason)?).await?;
    Ok(Redirect::to(&format!("/calls/{id}#recording")).into_response())
}
