//! Documents on their way in, for the form and the API alike: what may come, how large, and what is said when it may not. The bytes stay
//! in memory until the store has sealed them.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use model::command::Document;
use model::{PictureKind, Pii};

use crate::App;
use crate::failure::Failure;
use crate::texts::Texts;

/// Uploads that are read at the same time: each may hold a whole document in memory.
pub(crate) const MAX_UPLOADS: usize = 4;
/// Documents of one order.
const MAX_DOCUMENTS: usize = 10;
/// Other fields of a form.
const MAX_FIELDS: usize = 20;
/// Characters of a subject and of a file name: enough for a line.
const MAX_LINE: usize = 200;
/// Bytes of all numbers of an order: some more than their most, each as long as one may be written.
const MAX_LINES: usize = 4096;

/// A form as it came.
#[derive(Default)]
pub(crate) struct Upload {
    /// Where to, as it was written; several are on lines of their own.
    pub(crate) to: String,
    pub(crate) subject: String,
    /// How urgent, as a word; empty for normal.
    pub(crate) priority: String,
    /// Not before this time, as it was written; empty for now.
    pub(crate) not_before: String,
    /// Whom it is for inside their house, as it was written; empty for nobody.
    pub(crate) subaddress: String,
    pub(crate) password: String,
    /// To lay it out: the number of ours that is called, until when, and what was ticked.
    pub(crate) called: String,
    pub(crate) until: String,
    pub(crate) once: bool,
    pub(crate) open: bool,
    /// What makes a second press of the button the same order.
    pub(crate) key: String,
    /// The address of documents that are here already.
    pub(crate) draft: String,
    pub(crate) documents: Vec<Document>,
}

impl Upload {
    /// Reads a form. Fields that we do not know are skipped, so that a newer client can speak to an older box.
    pub(crate) async fn read(app: &App, mut form: Multipart) -> Result<Self, Failure> {
        let _turn = app.uploads.try_acquire().map_err(|_| Failure::TooMany)?;
        let largest = app.settings.borrow().max_message;
        let mut upload = Self::default();
        let mut total = 0;
        let mut fields = 0;
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            fields += 1;
            if fields > MAX_FIELDS {
                return Err(unusable("upload-too-many"));
            }
            match field.name() {
                Some("to") => upload.add_to(&lines(field).await?),
                Some("subject") => upload.subject = line(field).await?,
                Some("priority") => upload.priority = line(field).await?,
                Some("not_before") => upload.not_before = line(field).await?,
                Some("subaddress") => upload.subaddress = line(field).await?,
                Some("password") => upload.password = line(field).await?,
                Some("called") => upload.called = line(field).await?,
                Some("until") => upload.until = line(field).await?,
                Some("once") => upload.once = is_ticked(&line(field).await?),
                Some("open") => upload.open = is_ticked(&line(field).await?),
                Some("key") => upload.key = line(field).await?,
                Some("draft") => upload.draft = line(field).await?,
                Some("document") => {
                    let Some(document) = document(field, largest.saturating_sub(total)).await? else { continue };
                    total += document.bytes.expose().len();
                    if upload.documents.len() == MAX_DOCUMENTS {
                        return Err(unusable("upload-too-many"));
                    }
                    upload.documents.push(document);
                }
                _ => {}
            }
        }
        Ok(upload)
    }
}

impl Upload {
    /// A program may name each number in a field of its own.
    fn add_to(&mut self, to: &str) {
        if !self.to.is_empty() && !to.is_empty() {
            self.to.push('\n');
        }
        self.to.push_str(to);
    }
}

/// What a browser is to offer for choosing, beside office documents. A photograph in HEIC is not among it: a phone that has one makes a
/// JPEG of it then, by itself.
pub(crate) fn accepted() -> String {
    let pictures = PictureKind::ALL.into_iter().filter(|kind| kind.is_taken());
    let endings = pictures.clone().flat_map(|kind| kind.endings().iter().map(|ending| format!(".{ending}")));
    let known = ["application/pdf", "text/plain", "text/html", ".pdf", ".txt", ".htm", ".html"].map(str::to_owned);
    let all: Vec<String> =
        known.into_iter().chain(pictures.map(|kind| kind.media_type().to_owned())).chain(endings).collect();
    all.join(",")
}

/// Why a document cannot become a fax: the key of a sentence. Its bytes are looked at, not its name.
pub(crate) fn problem_of(document: &Document) -> Option<&'static str> {
    /// Readers of PDF look for its mark in the first kilobyte; some scanners write a few bytes before it.
    const PDF_WITHIN: usize = 1024;
    let bytes = document.bytes.expose();
    let head = &bytes[..bytes.len().min(PDF_WITHIN)];
    let picture = PictureKind::of(bytes);
    // A text, or a web page: no control characters but those of a typewriter.
    let plain = |b: &u8| *b >= 0x20 && *b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
    let known = picture.is_some()
        || model::is_office(bytes)
        || head.windows(5).any(|w| w == b"%PDF-")
        || bytes.iter().all(plain);
    if picture.is_some_and(|kind| !kind.is_taken()) {
        return Some("send-heic-document");
    }
    match (bytes.is_empty(), known) {
        (true, _) => Some("send-empty-document"),
        (false, false) => Some("send-wrong-document"),
        (false, true) => None,
    }
}

/// An empty file field is how a browser says that none was chosen.
async fn document(mut field: Field<'_>, room: usize) -> Result<Option<Document>, Failure> {
    let name: String = field.file_name().unwrap_or("").chars().filter(|c| !c.is_control()).take(MAX_LINE).collect();
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(unreadable)? {
        if bytes.len() + piece.len() > room {
            return Err(Failure::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    if name.is_empty() && bytes.is_empty() {
        return Ok(None);
    }
    let media_type = PictureKind::of(&bytes).map_or("application/pdf", PictureKind::media_type);
    Ok(Some(Document { name: Pii::new(name), media_type: media_type.to_owned(), bytes: Pii::new(bytes) }))
}

async fn line(field: Field<'_>) -> Result<String, Failure> {
    let text = field.text().await.map_err(unreadable)?;
    Ok(text.chars().filter(|c| !c.is_control()).take(MAX_LINE).collect::<String>().trim().to_owned())
}

/// Several lines. Nothing is cut off: a number without its last digits is another number.
async fn lines(field: Field<'_>) -> Result<String, Failure> {
    let text = field.text().await.map_err(unreadable)?;
    if text.len() > MAX_LINES {
        return Err(unusable("upload-long-numbers"));
    }
    Ok(text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned())
}

/// What a browser sends for a box that is ticked, and what a program may.
fn is_ticked(word: &str) -> bool {
    matches!(word, "on" | "true" | "1" | "yes")
}

fn unreadable(error: MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Failure::TooLarge } else { unusable("upload-unreadable") }
}

fn unusable(key: &str) -> Failure {
    Failure::Unusable(Texts::choose(None).get(key))
}

#[cfg(test)]
mod tests {
    use model::Pii;

    use super::*;

    #[test]
    fn what_an_office_program_writes_may_become_a_fax() {
        let problem = |bytes: &[u8]| {
            problem_of(&Document {
                name: Pii::new("a".to_owned()),
                media_type: String::new(),
                bytes: Pii::new(bytes.to_vec()),
            })
        };
        let letter =
            [&b"PK\x03\x04"[..], &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.textPK\x03\x04"].concat();
        assert_eq!(problem(&letter), None);
        assert_eq!(problem(b"PK\x03\x04\0\0another archive"), Some("send-wrong-document"));
    }
}
