//! Documents on their way in, for the form and the API alike: what may come, how large, and what is said when it may not. The bytes stay
//! in memory until the store has sealed them.

use std::time::Duration;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use model::command::Document;
use model::sending::MAX_NUMBERS;
use model::{PictureKind, Pii};
use tokio::sync::SemaphorePermit;

use crate::App;
use crate::failure::Failure;
use crate::texts::Texts;

/// Uploads that are read at the same time: each may hold a whole document in memory.
pub(crate) const MAX_UPLOADS: usize = 4;
/// How long nothing of a form may come: one that was cut off midway would keep its turn for ever, and a few of them those of everybody.
const PATIENCE: Duration = Duration::from_secs(30);
/// Documents of one order.
const MAX_DOCUMENTS: usize = 10;
/// Other fields of a form than these and numbers.
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
    /// A document was larger than the settings allow, and nothing of it was kept. Where the whole form is larger than any may be, what came
    /// behind the document was not read either.
    pub(crate) too_large: bool,
    /// Too many other documents were being read, and this one was passed over.
    pub(crate) busy: bool,
}

impl Upload {
    /// Reads a form that is good or refused as a whole.
    pub(crate) async fn read(app: &App, form: Multipart) -> Result<Self, Failure> {
        let turn = turn(app)?;
        let upload = Self::read_in(app, form, Some(turn)).await?;
        if upload.too_large { Err(Failure::TooLarge) } else { Ok(upload) }
    }

    /// Reads a form that a person filled in: what they typed is not lost with a document that is too large, or that nobody has a turn for.
    pub(crate) async fn read_typed(app: &App, form: Multipart) -> Result<Self, Failure> {
        Self::read_in(app, form, None).await
    }

    async fn read_in(app: &App, form: Multipart, turn: Option<SemaphorePermit<'_>>) -> Result<Self, Failure> {
        let mut upload = Self::default();
        match upload.take(app, form, turn).await {
            Ok(()) => Ok(upload),
            Err(Failure::TooLarge) => Ok(Self { too_large: true, ..upload }),
            Err(failure) => Err(failure),
        }
    }

    /// Fields that we do not know are skipped, so that a newer client can speak to an older box.
    async fn take<'a>(
        &mut self,
        app: &'a App,
        mut form: Multipart,
        mut turn: Option<SemaphorePermit<'a>>,
    ) -> Result<(), Failure> {
        let largest = app.settings.borrow().max_message;
        let mut total = 0;
        let mut parts = Parts::default();
        while let Some(field) = in_time(form.next_field()).await? {
            parts.add(field.name())?;
            match field.name() {
                Some("to") => self.add_to(&lines(field).await?)?,
                Some("subject") => self.subject = line(field).await?,
                Some("priority") => self.priority = line(field).await?,
                Some("not_before") => self.not_before = line(field).await?,
                Some("subaddress") => self.subaddress = line(field).await?,
                Some("password") => self.password = line(field).await?,
                Some("called") => self.called = line(field).await?,
                Some("until") => self.until = line(field).await?,
                Some("once") => self.once = is_ticked(&line(field).await?),
                Some("open") => self.open = is_ticked(&line(field).await?),
                Some("key") => self.key = line(field).await?,
                Some("draft") => self.draft = line(field).await?,
                Some("document") if !has_turn(app, &mut turn) => {
                    let named = field.file_name().is_some_and(|name| !name.is_empty());
                    let bytes = skipped(field).await?;
                    self.busy |= named || bytes > 0;
                }
                Some("document") => match document(field, largest.saturating_sub(total)).await? {
                    Came::Nothing => {}
                    Came::TooLarge => self.too_large = true,
                    Came::Document(document) => {
                        total += document.bytes.expose().len();
                        self.documents.push(document);
                    }
                },
                _ => drop(skipped(field).await?),
            }
        }
        Ok(())
    }
}

/// How many of each there were.
#[derive(Default)]
struct Parts {
    numbers: usize,
    documents: usize,
    others: usize,
}

impl Parts {
    fn add(&mut self, name: Option<&str>) -> Result<(), Failure> {
        let (count, most, sentence) = match name {
            Some("to") => (&mut self.numbers, MAX_NUMBERS, "upload-many-numbers"),
            Some("document") => (&mut self.documents, MAX_DOCUMENTS, "upload-too-many"),
            _ => (&mut self.others, MAX_FIELDS, "upload-many-fields"),
        };
        *count += 1;
        if *count <= most {
            return Ok(());
        }
        Err(Failure::Unusable(Texts::choose(None).with(sentence, &[("most", most.into())])))
    }
}

/// One of the few uploads that are read at the same time, until it is dropped.
pub(crate) fn turn(app: &App) -> Result<SemaphorePermit<'_>, Failure> {
    app.uploads.try_acquire().map_err(|_| Failure::TooMany)
}

/// The same where it is taken only once a document comes: what is typed takes no room.
fn has_turn<'a>(app: &'a App, turn: &mut Option<SemaphorePermit<'a>>) -> bool {
    if turn.is_none() {
        *turn = app.uploads.try_acquire().ok();
    }
    turn.is_some()
}

/// A form with a recording.
#[derive(Default)]
pub(crate) struct SoundForm {
    pub(crate) name: String,
    pub(crate) language: String,
    /// The file; empty if none was chosen.
    pub(crate) file: Vec<u8>,
}

impl SoundForm {
    /// Reads a form whose file has at most so many bytes. Fields that we do not know are skipped.
    pub(crate) async fn read(mut form: Multipart, most: usize) -> Result<Self, Failure> {
        let mut read = Self::default();
        let mut parts = Parts::default();
        while let Some(mut field) = in_time(form.next_field()).await? {
            parts.add(field.name())?;
            match field.name() {
                Some("name") => read.name = line(field).await?,
                Some("language") => read.language = line(field).await?,
                Some("greeting" | "recording") => {
                    while let Some(piece) = in_time(field.chunk()).await? {
                        if read.file.len() + piece.len() > most {
                            return Err(unusable("upload-sound-too-large"));
                        }
                        read.file.extend_from_slice(&piece);
                    }
                }
                _ => drop(skipped(field).await?),
            }
        }
        Ok(read)
    }
}

impl Upload {
    /// A program may name each number in a field of its own.
    fn add_to(&mut self, to: &str) -> Result<(), Failure> {
        if self.to.len() + to.len() > MAX_LINES {
            return Err(unusable("upload-long-numbers"));
        }
        if !self.to.is_empty() && !to.is_empty() {
            self.to.push('\n');
        }
        self.to.push_str(to);
        Ok(())
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
    let known = picture.is_some()
        || model::is_office(bytes)
        || head.windows(5).any(|w| w == b"%PDF-")
        || bytes.iter().all(is_typed);
    if picture.is_some_and(|kind| !kind.is_taken()) {
        return Some("send-heic-document");
    }
    match (bytes.is_empty(), known) {
        (true, _) => Some("send-empty-document"),
        (false, false) => Some("send-wrong-document"),
        (false, true) => None,
    }
}

/// What came in the field of a file.
enum Came {
    /// An empty one is how a browser says that none was chosen.
    Nothing,
    /// More than there was room for. It was passed over, so that the fields behind it can be read.
    TooLarge,
    Document(Document),
}

async fn document(mut field: Field<'_>, room: usize) -> Result<Came, Failure> {
    let name: String = field.file_name().unwrap_or("").chars().filter(|c| !c.is_control()).take(MAX_LINE).collect();
    let called = field.content_type().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(piece) = in_time(field.chunk()).await? {
        if bytes.len() + piece.len() > room {
            drop(bytes);
            skipped(field).await?;
            return Ok(Came::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    if name.is_empty() && bytes.is_empty() {
        return Ok(Came::Nothing);
    }
    let media_type = match PictureKind::of(&bytes) {
        Some(kind) => kind.media_type(),
        None if bytes.iter().all(is_typed) && claims_html(&name, &called) => "text/html",
        None => "application/pdf",
    };
    Ok(Came::Document(Document { name: Pii::new(name), media_type: media_type.to_owned(), bytes: Pii::new(bytes) }))
}

/// Of a text, or a web page: no control character but those of a typewriter.
fn is_typed(byte: &u8) -> bool {
    *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)
}

/// A web page may begin with any word, so it is one that its sender calls so: by its ending, or if that says nothing by its type. Taken for a
/// text it would be faxed as it is written, and a dose that is struck out in it as one that is given.
fn claims_html(name: &str, media_type: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("htm" | "html") => true,
        Some("pdf" | "text" | "txt") => false,
        _ => media_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/html")),
    }
}

async fn line(field: Field<'_>) -> Result<String, Failure> {
    let text = in_time(field.text()).await?;
    Ok(text.chars().filter(|c| !c.is_control()).take(MAX_LINE).collect::<String>().trim().to_owned())
}

/// How long it was. A long one comes in pieces, as others do, each in its time.
async fn skipped(mut field: Field<'_>) -> Result<usize, Failure> {
    let mut bytes: usize = 0;
    while let Some(piece) = in_time(field.chunk()).await? {
        bytes = bytes.saturating_add(piece.len());
    }
    Ok(bytes)
}

/// The next of a form, if it comes.
async fn in_time<T>(read: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Failure> {
    let read = tokio::time::timeout(PATIENCE, read).await.map_err(|_| unusable("upload-unreadable"))?;
    read.map_err(unreadable)
}

/// Several lines. Nothing is cut off: a number without its last digits is another number.
async fn lines(field: Field<'_>) -> Result<String, Failure> {
    let text = in_time(field.text()).await?;
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
    use axum::body::Body;
    use axum::extract::FromRequest as _;
    use axum::http::Request;
    use model::Pii;

    use super::*;

    async fn uploaded(name: &str, media_type: &str, content: &str) -> Document {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"document\"; filename=\"{name}\"\r\n{media_type}\r\n{content}\r\n--b--\r\n"
        );
        let request =
            Request::builder().header("content-type", "multipart/form-data; boundary=b").body(Body::from(body));
        let mut form = Multipart::from_request(request.expect("a request"), &()).await.expect("a form");
        let field = form.next_field().await.expect("readable").expect("a field");
        let Ok(Came::Document(document)) = document(field, 1000).await else { panic!("no document") };
        document
    }

    /// The converter takes it for a page by that word alone.
    #[tokio::test]
    async fn a_web_page_is_one_whatever_it_begins_with() {
        let page = "<h1>Plan</h1><s>5 mg</s> 10 mg";
        let html = "Content-Type: text/html; charset=utf-8\r\n";
        for (name, media_type, content, expected) in [
            ("letter.html", html, page, "text/html"),
            ("letter.HTM", "", page, "text/html"),
            ("letter.html", "Content-Type: application/octet-stream\r\n", page, "text/html"),
            ("letter", html, page, "text/html"),
            ("letter.txt", html, page, "application/pdf"),
            ("letter", "Content-Type: text/plain\r\n", page, "application/pdf"),
            ("letter.html", html, "GIF87a", "image/gif"),
            ("letter.html", html, "\0", "application/pdf"),
        ] {
            let document = uploaded(name, media_type, content).await;
            assert_eq!(document.media_type, expected, "{name} {media_type} {content}");
            assert_eq!(document.bytes.expose(), content.as_bytes());
        }
    }

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
