//! The parent's side: a child for each fax, and nothing believed that it says.
//!
//! A child that crashes, hangs or lies costs this fax's conversion and nothing else. It is killed when its time is over or when
//! the future is dropped, and by the kernel when this process ends. How much work a document may be is measured in processor time; one whose
//! child did not get that in its time was kept waiting by the machine, and is tried again.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use model::Resolution;
use model::command::Document;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::layout::rows;
use super::protocol::{MAX_FRAME, Message, Order, Task, frame, length, value};
use super::{Claims, ConvertError, MAX_PAGES, Problem, check_size, child, error, office};
use crate::codes::{LONGEST_CODE, MOST_CODES};
use crate::grain::Grain;
use crate::page::Page;
use crate::sandbox::{self, Limits};

/// How a child is started.
#[derive(Clone, Debug)]
pub struct Converter {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its arguments when it is to become LibreOffice, before the folder; `None` where there is none.
    pub office: Option<Vec<OsString>>,
    /// How fine the pages are to be.
    pub resolution: Resolution,
    /// How long one fax may take. The child's own limit of processor time is shorter, so this ends a child that sleeps, or is kept waiting.
    pub time: Duration,
}

impl Default for Converter {
    /// This very program, as `frontdesk convert`.
    fn default() -> Self {
        Self {
            program: "/proc/self/exe".into(),
            arguments: vec!["convert".into()],
            office: office::is_found().then(|| vec!["office".into()]),
            resolution: Resolution::Fine,
            time: Duration::from_secs(300),
        }
    }
}

/// The pages of `documents`, in order, made by a child with the default settings.
pub async fn run(documents: &[Document], resolution: Resolution) -> Result<Vec<Page>, ConvertError> {
    Converter { resolution, ..Converter::default() }.run(documents).await
}

/// How long the codes of a page may take to be read. The fax is there and waits.
const READING: Duration = Duration::from_secs(10);

/// What the codes on a page say, read by a child with the default settings.
pub async fn read_codes(page: &Page) -> Vec<String> {
    Converter { time: READING, ..Converter::default() }.read_codes(page).await
}

/// How a conversion ended badly: the document to blame, and why.
type Failure = (usize, Problem);

impl Converter {
    /// The pages of `documents`, in order. The child dies with the thread that started it, so call this from a thread that
    /// lives as long as the program (a worker of the runtime does, one of its blocking threads does not).
    pub async fn run(&self, documents: &[Document]) -> Result<Vec<Page>, ConvertError> {
        self.convert(documents).await.map_err(|(document, problem)| {
            let error = error(documents, document, problem);
            tracing::warn!(%error, "conversion failed");
            error
        })
    }

    /// What the codes on a page say, from its top down. A page that cannot be read, or for which `time` is too short, has none.
    pub async fn read_codes(&self, page: &Page) -> Vec<String> {
        match self.ask(Task::ReadCodes, &[&page.to_tiff()], Claims::default()).await {
            Ok(talk) => talk.codes,
            Err((_, problem)) => {
                tracing::warn!(?problem, "the codes of a page could not be read");
                Vec::new()
            }
        }
    }

    async fn convert(&self, documents: &[Document]) -> Result<Vec<Page>, Failure> {
        let bytes: Vec<&[u8]> = documents.iter().map(|document| document.bytes.expose().as_slice()).collect();
        // What is refused anyway needs no child.
        check_size(&bytes)?;
        let mut read = Vec::with_capacity(bytes.len());
        for (number, document) in bytes.iter().enumerate() {
            read.push(match &self.office {
                Some(arguments) if model::is_office(document) => {
                    let pdf = office::to_pdf(&self.program, arguments, document).await;
                    Cow::Owned(pdf.map_err(|problem| (number, problem))?)
                }
                _ => Cow::Borrowed(*document),
            });
        }
        let bytes: Vec<&[u8]> = read.iter().map(|document| &**document).collect();
        check_size(&bytes)?;
        let talk = self.ask(Task::Render(self.resolution), &bytes, Claims::of(documents)).await?;
        let document = talk.document.min(documents.len() - 1);
        checked(talk.pages, Grain::of(self.resolution)).await.ok_or((document, Problem::Crashed))
    }

    /// Gives a child its order, and says what it answered.
    async fn ask(&self, task: Task, documents: &[&[u8]], claims: Claims) -> Result<Talk, Failure> {
        let (mut child, input, output) = self.start().map_err(|_| (0, Problem::OurFault))?;
        let mut talk = Talk::default();
        let talked = tokio::time::timeout(self.time, async {
            // A child that fails early stops listening; what it says counts, not that we could not say all.
            let (_, heard) = tokio::join!(send(input, task, documents, claims), talk.listen(output));
            heard
        })
        .await;
        let document = talk.document.min(documents.len() - 1);
        let ended = match talked {
            Ok(Ok(())) => talk.ended,
            Ok(Err(_)) => Some(Err(Problem::Crashed)),
            Err(_elapsed) => Some(Err(out_of_time(child.id(), &child::LIMITS))),
        };
        let problem = match ended {
            Some(Ok(())) => return Ok(talk),
            Some(Err(problem)) => problem,
            None => child.wait().await.map_or(Problem::OurFault, silent_end),
        };
        Err((document, problem))
    }

    fn start(&self) -> io::Result<(Child, ChildStdin, ChildStdout)> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            // It needs nothing of ours, and a backtrace would open files.
            .env_clear()
            .env(sandbox::ROOM.0, sandbox::ROOM.1)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok((child, input, output))
    }
}

/// Why a child did not end in its time by the clock on the wall. It stands behind all else that the machine does: while that was busy, its
/// documents are not to blame.
pub(super) fn out_of_time(child: Option<u32>, limits: &Limits) -> Problem {
    if sandbox::was_kept_waiting(child, limits) { Problem::OurFault } else { Problem::Timeout }
}

/// Why a child ended without its last word.
fn silent_end(status: ExitStatus) -> Problem {
    match status.signal() {
        Some(libc::SIGXCPU) => Problem::Timeout,
        // Nobody but the kernel short of memory, or an administrator, kills it so.
        Some(libc::SIGKILL | libc::SIGTERM) => Problem::OurFault,
        // An abort (no memory within its limit), a fault, or a system call that is not on its list.
        Some(_) => Problem::Crashed,
        // The sandbox could not be closed, or the program is not what we think.
        None => Problem::OurFault,
    }
}

async fn send(mut input: ChildStdin, task: Task, documents: &[&[u8]], claims: Claims) -> io::Result<()> {
    // `check_size` has bounded each length.
    let lengths = documents.iter().map(|document| u32::try_from(document.len()).unwrap_or(u32::MAX)).collect();
    input.write_all(&frame(&Order { task, lengths, claims })?).await?;
    for document in documents {
        input.write_all(document).await?;
    }
    input.shutdown().await
}

/// What the child has said so far.
#[derive(Default)]
struct Talk {
    document: usize,
    pages: Vec<Page>,
    codes: Vec<String>,
    ended: Option<Result<(), Problem>>,
}

impl Talk {
    /// Listens until the last word or the end of the pipe. An error means that the child does not keep to the protocol.
    async fn listen(&mut self, mut output: ChildStdout) -> io::Result<()> {
        let mut buffer = Vec::new();
        while self.ended.is_none() {
            let mut head = [0; 4];
            match output.read_exact(&mut head).await {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
            buffer.resize(length(head, MAX_FRAME)?, 0);
            match output.read_exact(&mut buffer).await {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
            match value(&buffer)? {
                Message::Begins(document) => self.document = document as usize,
                Message::Page(page) if self.pages.len() < MAX_PAGES => self.pages.push(page),
                Message::Code(code) if self.codes.len() < MOST_CODES && code.chars().count() <= LONGEST_CODE => {
                    self.codes.push(code);
                }
                Message::Page(_) | Message::Code(_) => return Err(io::ErrorKind::InvalidData.into()),
                Message::Failed(document, problem) => {
                    self.document = document as usize;
                    self.ended = Some(Err(problem));
                }
                Message::Done => self.ended = Some(Ok(())),
            }
        }
        Ok(())
    }
}

/// The pages, if each is what a converter makes and can be painted whole.
async fn checked(pages: Vec<Page>, grain: Grain) -> Option<Vec<Page>> {
    let fine = move |page: &Page| {
        let sizes = page.width == grain.width && rows(grain).contains(&page.rows);
        sizes && (page.x_dpi, page.y_dpi, page.bad_rows) == (grain.x_dpi, grain.y_dpi, 0) && page.decode().is_ok()
    };
    // Some milliseconds a page: too long for a thread that others wait for.
    tokio::task::spawn_blocking(move || (!pages.is_empty() && pages.iter().all(fine)).then_some(pages)).await.ok()?
}
