//! Office documents (Word, Excel, OpenDocument, RTF …) become PDFs by LibreOffice, where it is installed, and then pages like every PDF.
//!
//! LibreOffice is millions of lines that read what strangers wrote, so it runs as a child that can neither reach the network nor see any
//! file but its own program, the fonts and one folder ([`child`]); one at a time, since each takes some hundred megabytes. That folder,
//! which holds the letter in the clear, is in memory (`/dev/shm`) and goes with the conversion. Where any of this cannot be had the document
//! is refused, with what to send instead.

mod child;

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

pub use self::child::child_main;
use super::io::out_of_time;
use super::{MAX_BYTES, Problem};

/// Where distributions put it. The script `soffice` beside it starts shells, which the child may not.
const PLACES: [&str; 3] = [
    "/usr/lib/libreoffice/program/soffice.bin",
    "/usr/lib64/libreoffice/program/soffice.bin",
    "/opt/libreoffice/program/soffice.bin",
];
/// A folder in memory: nothing personal reaches the disk outside the store.
const MEMORY: &str = "/dev/shm";
/// The longest that one document may take. A letter takes a second or two of a machine that has them; it stands back behind all else.
const LONGEST: Duration = Duration::from_secs(300);
/// With it LibreOffice ends when it has made itself a new profile, and wants to be started again.
const START_AGAIN: i32 = 81;
/// At a time.
static ROOM: Semaphore = Semaphore::const_new(1);
/// Of folders.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// What to do where LibreOffice is missing, in a sentence.
pub const MISSING: &str = "Office documents (Word, Excel) cannot be faxed by this Frontdesk: LibreOffice is not installed (Debian: \
                           libreoffice-writer-nogui and libreoffice-calc-nogui). Whoever sends one is asked for a PDF.";

/// LibreOffice is here, and can be confined.
pub fn is_found() -> bool {
    program().is_some() && child::can_be_confined() && Path::new(MEMORY).is_dir()
}

fn program() -> Option<&'static Path> {
    PLACES.iter().map(Path::new).find(|path| path.is_file())
}

/// An archive that is cut short. LibreOffice would take it for a text and print its bytes.
fn is_cut_short(document: &[u8]) -> bool {
    let tail = &document[document.len().saturating_sub(64 << 10)..];
    document.starts_with(b"PK") && !tail.windows(4).any(|window| window == b"PK\x05\x06")
}

/// The document as a PDF. `program` with `arguments` and a folder must call [`child_main`].
pub(super) async fn to_pdf(program: &Path, arguments: &[OsString], document: &[u8]) -> Result<Vec<u8>, Problem> {
    if is_cut_short(document) {
        return Err(Problem::Broken);
    }
    let _room = ROOM.acquire().await.map_err(|_| Problem::OurFault)?;
    let folder = Folder::new(document).map_err(|_| Problem::OurFault)?;
    let mut child = None;
    let made = tokio::time::timeout(LONGEST, async {
        let ended = run(program, arguments, &folder, &mut child).await?;
        if ended.code() == Some(START_AGAIN) { run(program, arguments, &folder, &mut child).await } else { Ok(ended) }
    });
    match made.await {
        Err(_elapsed) => Err(out_of_time(child.as_ref().and_then(Child::id), &child::LIMITS)),
        Ok(Err(_)) => Err(Problem::OurFault),
        Ok(Ok(ended)) if ended.code() == Some(i32::from(child::NOT_CONFINED)) => Err(Problem::OurFault),
        // It says with success that it could not read a document; and one without a word is no better.
        Ok(Ok(ended)) => folder.pdf().ok_or(if ended.success() { Problem::Broken } else { Problem::Crashed }),
    }
}

/// The child is the caller's: it ends when that is dropped.
async fn run(
    program: &Path,
    arguments: &[OsString],
    folder: &Folder,
    child: &mut Option<Child>,
) -> io::Result<ExitStatus> {
    let mut command = Command::new(program);
    command.args(arguments).arg(&folder.0).env_clear().current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    child.insert(command.spawn()?).wait().await
}

/// A folder of ours alone with one document. It goes when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(document: &[u8]) -> io::Result<Self> {
        let name = format!("frontdesk-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(Path::new(MEMORY).join(name));
        // It fails if anything is there, whoever put it there.
        DirBuilder::new().mode(0o700).create(&folder.0)?;
        fs::write(folder.0.join(child::DOCUMENT), document)?;
        Ok(folder)
    }

    fn pdf(&self) -> Option<Vec<u8>> {
        let path = self.0.join(child::PDF);
        // A link would lead out of the folder.
        let small = fs::symlink_metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= MAX_BYTES as u64);
        small.then(|| fs::read(path).ok()).flatten().filter(|pdf| pdf.starts_with(b"%PDF-"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is gone with the next start of the computer.
        let _ = fs::remove_dir_all(&self.0);
    }
}
