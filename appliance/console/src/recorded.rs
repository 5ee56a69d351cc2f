//! Recorded sound on its way to a player: the whole of it, or the part that was asked for (RFC 9110 section 14).

use axum::body::Body;
use axum::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::command::Command;
use model::voicemail::VoicemailMark;
use model::{Sound, VoicemailId};

use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// The mailbox of whoever is signed in.
pub(crate) fn mailbox(app: &App, user: &str) -> Result<String, Failure> {
    let settings = app.settings.borrow().clone();
    settings.person(user).map(|p| p.extension.clone()).ok_or(Failure::NotFound)
}

/// The sound of a message of the person's own. Whoever asks for it, or for any part of it, listens to it: that is recorded, and the message is not
/// new any more. What cannot be recorded is not heard (45 CFR 164.312(b)).
pub(crate) async fn message_wav(
    app: &App,
    principal: &Principal,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let voicemail: VoicemailId = id.parse().map_err(|_| Failure::NotFound)?;
    let mailbox = mailbox(app, &principal.user)?;
    let sound = app.store.voicemails().sound(&mailbox, voicemail).await?.ok_or(Failure::NotFound)?;
    let now = app.clock.now().instant;
    if principal.looks && !app.listens.goes_on(principal, id, begins(headers), now) {
        let by = principal.user.clone();
        data::order(app, Command::MarkVoicemail { by, voicemail, mark: VoicemailMark::Heard }).await?;
        app.listens.recorded(principal, id, now);
    }
    // The name says which message, not whose: it ends up in folders of downloads.
    Ok(wav(sound.expose(), &format!("message-{voicemail}.wav"), headers))
}

/// True unless only a later part is asked for. A range that we do not understand is answered with the whole.
pub(crate) fn begins(headers: &HeaderMap) -> bool {
    let range = headers.get(RANGE).and_then(|r| r.to_str().ok());
    // How long the sound is does not matter: a part from its end begins with it only for who asks for more than there is, and is a later one here.
    range.is_none_or(|r| !matches!(part(r, usize::MAX), Part::Bytes(1.., _)))
}

/// A sound as a WAV file, or the part of it that is asked for.
pub(crate) fn wav(sound: &Sound, name: &str, headers: &HeaderMap) -> Response {
    let file = sound.to_wav();
    let range = headers.get(RANGE).and_then(|r| r.to_str().ok());
    let common = [
        (CONTENT_TYPE, "audio/wav".to_owned()),
        (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    match range.map(|r| part(r, file.len())) {
        // One that we do not understand is as none (RFC 9110 section 14.2).
        None | Some(Part::Unknown) => (common, file).into_response(),
        Some(Part::Nowhere) => {
            (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{}", file.len()))]).into_response()
        }
        Some(Part::Bytes(first, last)) => {
            let range = [(CONTENT_RANGE, format!("bytes {first}-{last}/{}", file.len()))];
            let body = Body::from(file[first..=last].to_vec());
            (StatusCode::PARTIAL_CONTENT, common, range, body).into_response()
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Bytes(usize, usize),
    Nowhere,
    Unknown,
}

/// One range of a file; several are answered with the whole.
pub(crate) fn part(range: &str, length: usize) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-')) else {
        return Part::Unknown;
    };
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(length.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, length.saturating_sub(1)),
        (Err(_), Ok(suffix)) if first.is_empty() && suffix > 0 => {
            (length.saturating_sub(suffix), length.saturating_sub(1))
        }
        _ => return Part::Unknown,
    };
    if first < length { Part::Bytes(first, last) } else { Part::Nowhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_players_ask_for_them() {
        for (asked, expected) in [
            ("bytes=0-", Part::Bytes(0, 99)),
            ("bytes=0-1", Part::Bytes(0, 1)),
            ("bytes=44-1000", Part::Bytes(44, 99)),
            ("bytes=-10", Part::Bytes(90, 99)),
            ("bytes=-1000", Part::Bytes(0, 99)),
            ("bytes=100-", Part::Nowhere),
            ("bytes=-0", Part::Unknown),
            ("bytes=5-2", Part::Unknown),
            ("bytes=0-1,5-6", Part::Unknown),
            ("lines=0-1", Part::Unknown),
            ("bytes=", Part::Unknown),
        ] {
            assert_eq!(part(asked, 100), expected, "{asked}");
        }
    }
}
