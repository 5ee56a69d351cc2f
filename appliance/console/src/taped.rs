//! The sound of a recorded call on its way to a player: second by second from the store, so that an hour is never held in memory.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::command::Command;
use model::recording::{RATE, Recording, RecordingMark, RecordingState, WAV_FRAME, WAV_HEAD, wav_head};
use model::settings::Right;
use model::{CallId, Settings};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::App;
use crate::auth::{Pass, Principal};
use crate::data;
use crate::failure::Failure;
use crate::recorded::{Part, begins, part};
use crate::texts::Texts;

/// Samples that are read at once: ten seconds, or 320 KB of the file.
const STRETCH: usize = 10 * RATE as usize;
/// Stretches that wait for a slow player.
const AHEAD: usize = 2;

/// Whether this person may listen: whoever talked, and whoever manages the clinic.
pub(crate) fn may_hear(principal: &Principal, settings: &Settings, recording: &Recording) -> bool {
    let own = settings.person(&principal.user).map(|person| &person.extension);
    principal.may(Right::Manage) || own.is_some_and(|own| recording.extensions.contains(own))
}

/// The recording of a call, for somebody who may listen to it.
pub(crate) async fn of_call(app: &App, principal: &Principal, call: &str) -> Result<Recording, Failure> {
    let call: CallId = call.parse().map_err(|_| Failure::NotFound)?;
    let recording = app.store.recordings().of_call(call).await?.ok_or(Failure::NotFound)?;
    let settings = app.settings.borrow().clone();
    if may_hear(principal, &settings, &recording) { Ok(recording) } else { Err(Failure::NotAllowed) }
}

/// A person does something with the recording of a call. Only whoever manages may delete or hold.
pub(crate) async fn mark(app: &App, principal: &Principal, call: &str, mark: RecordingMark) -> Result<(), Failure> {
    let recording = of_call(app, principal, call).await?;
    if !principal.may(Right::Manage) {
        return Err(Failure::NotAllowed);
    }
    order(app, principal, &recording, mark).await
}

async fn order(app: &App, principal: &Principal, recording: &Recording, mark: RecordingMark) -> Result<(), Failure> {
    let (by, recording) = (principal.user.clone(), recording.id);
    data::order(app, Command::MarkRecording { by, recording, mark }).await.map(drop)
}

/// What a person orders by a word of an address or a form.
pub(crate) fn mark_of(verb: &str, reason: &str) -> Result<RecordingMark, Failure> {
    /// A reason is a sentence.
    const LONGEST: usize = 200;
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    Ok(match verb {
        "delete" => RecordingMark::Delete,
        "restore" => RecordingMark::Restore,
        "hold" if !reason.trim().is_empty() => RecordingMark::Hold(reason.trim().to_owned()),
        "hold" => return Err(Failure::Unusable(Texts::choose(None).get("recording-hold-why"))),
        "release" => RecordingMark::Release,
        _ => return Err(Failure::NotFound),
    })
}

/// The recording as a WAV file, the caller on the left, or the part of it that is asked for. Whoever asks for any of it listens to it, or `saves`
/// it: that is recorded first. What cannot be recorded is not heard (45 CFR 164.312(b)).
pub(crate) async fn wav(
    app: &App,
    principal: &Principal,
    call: &str,
    (saves, headers): (bool, &HeaderMap),
) -> Result<Response, Failure> {
    let recording = of_call(app, principal, call).await?;
    if recording.state != RecordingState::Kept {
        return Err(Failure::NotFound);
    }
    let (item, now) = (recording.id.to_string(), app.clock.now().instant);
    if principal.looks && (saves || !app.listens.goes_on(principal, &item, begins(headers), now)) {
        let mark = if saves { RecordingMark::Saved } else { RecordingMark::Heard };
        order(app, principal, &recording, mark).await?;
        app.listens.recorded(principal, &item, now);
    }
    let length = WAV_HEAD + recording.frames() * WAV_FRAME;
    let range = headers.get(RANGE).and_then(|r| r.to_str().ok()).map(|r| part(r, length));
    let how = if saves { "attachment" } else { "inline" };
    let common = [
        (CONTENT_TYPE, "audio/wav".to_owned()),
        // The name says which call, not whose: it ends up in folders of downloads.
        (CONTENT_DISPOSITION, format!("{how}; filename=\"call-{}.wav\"", recording.call)),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    let (status, first, last) = match range {
        None | Some(Part::Unknown) => (StatusCode::OK, 0, length - 1),
        Some(Part::Bytes(first, last)) => (StatusCode::PARTIAL_CONTENT, first, last),
        Some(Part::Nowhere) => {
            let range = [(CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let pass = Pass::of(headers).ok_or(Failure::NotAllowed)?;
    let body = bytes(Listener { app: app.clone(), pass, recording }, first, last);
    let mut response = (status, common, [(CONTENT_LENGTH, (last + 1 - first).to_string())], body).into_response();
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(range) = format!("bytes {first}-{last}/{length}").parse()
    {
        response.headers_mut().insert(CONTENT_RANGE, range);
    }
    Ok(response)
}

/// Who listens to which recording.
struct Listener {
    app: App,
    pass: Pass,
    recording: Recording,
}

impl Listener {
    /// They may still: what they have not heard yet they do not hear once the right is gone.
    async fn may_still(&self) -> bool {
        let Some(now) = self.pass.holder(&self.app).await else { return false };
        let settings = self.app.settings.borrow().clone();
        now.may(Right::SeeCalls) && may_hear(&now, &settings, &self.recording)
    }
}

/// These bytes of the file, as they are read. A player that goes away ends the reading; a store that fails, and a right that ends, end the file too
/// early, which its length tells.
#[allow(clippy::disallowed_methods, reason = "this is a shell: a task for as long as a player listens")]
fn bytes(listener: Listener, first: usize, last: usize) -> Body {
    let (id, frames) = (listener.recording.id, listener.recording.frames());
    let recordings = listener.app.store.recordings();
    let (to, stream) = mpsc::channel::<std::io::Result<Vec<u8>>>(AHEAD);
    tokio::spawn(async move {
        if first < WAV_HEAD {
            let head = wav_head(frames).get(first..WAV_HEAD.min(last + 1)).unwrap_or_default().to_vec();
            if to.send(Ok(head)).await.is_err() {
                return;
            }
        }
        let (mut at, end) = (first.max(WAV_HEAD), last + 1);
        while at < end {
            // Asked when there is room for more, which is just before it leaves.
            let Ok(room) = to.reserve().await else { return };
            if !listener.may_still().await {
                room.send(Err(std::io::Error::other("the right to hear it has ended")));
                return;
            }
            let frame = (at - WAV_HEAD) / WAV_FRAME;
            let read = recordings.voices(id, frame, STRETCH).await;
            let piece = read.map_err(|error| std::io::Error::other(error.to_string())).map(|voices| {
                let voices = voices.expose();
                let pairs = voices.caller.iter().zip(&voices.callee);
                let all: Vec<u8> = pairs.flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()].concat()).collect();
                let skip = (at - WAV_HEAD) % WAV_FRAME;
                all.get(skip..all.len().min(skip + end - at)).unwrap_or_default().to_vec()
            });
            let count = piece.as_ref().map_or(0, Vec::len);
            room.send(piece);
            if count == 0 {
                return;
            }
            at += count;
        }
    });
    Body::from_stream(ReceiverStream::new(stream))
}
