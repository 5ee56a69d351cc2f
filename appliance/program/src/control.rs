//! What is asked of the running program at the box, through a socket in its state folder, which nobody else can open: it alone has the store.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use model::Pii;
use serde::{Deserialize, Serialize};

/// The socket's name in the state folder.
pub(crate) const SOCKET: &str = "control";
/// The longest question, and the longest answer: the longest settings, of which the most signs are two when they are handed over.
pub(crate) const LONGEST: u64 = 512 * 1024;
const _: () = assert!(model::settings::LONGEST_SETTINGS as u64 * 2 < LONGEST, "settings can be handed over");
/// A password is hashed for half a second, behind those of others; nobody waits longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    /// A way in for this user, or out.
    Access {
        what: Way,
        /// The person's user name.
        user: String,
    },
    /// The settings.
    Settings(OfSettings),
}

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// A link that signs in at the console, once.
    Link,
    /// A password for the person's phones.
    Phone,
    /// A password for their mail program.
    Mail,
    /// A token for a program that calls the API in their name.
    Token {
        /// How long it is good.
        days: u32,
    },
    /// None: every one that they were given ends.
    Forget,
}

/// What is wanted of the settings.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OfSettings {
    /// Their text.
    Show,
    /// What is wrong with this text, or else what it would change.
    Check {
        text: Pii<String>,
        /// So many lines of the file stand before it.
        after: usize,
    },
    /// That this text takes their place.
    Save {
        text: Pii<String>,
        /// As above.
        after: usize,
        /// Which generation it was made from, if that is known: others must not have been saved since.
        over: Option<u64>,
        /// Also if registered phones would be left outside the networks.
        all_the_same: bool,
    },
}

/// What comes back.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Lines to print.
    Given(String),
    /// A sentence.
    Refused(String),
    /// What was handed in cannot be taken: a sentence, and each problem.
    Wrong(Vec<String>),
    /// Somebody was faster: a sentence.
    Overtaken(String),
    /// Phones that are there would be answered by nobody: a sentence that names them.
    ShutsOut(String),
}

/// Asks the program that runs on this state folder; or says in a sentence why it cannot be asked.
pub(crate) fn ask(state: &Path, asked: &Asked) -> Result<Answer, String> {
    over_socket(state, asked).map_err(|error| why_not(state, &error))
}

fn over_socket(state: &Path, asked: &Asked) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(state.join(SOCKET))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{}\n", serde_json::to_string(asked)?).as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(serde_json::from_slice(&answer)?)
}

fn why_not(state: &Path, error: &io::Error) -> String {
    let state = state.display();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => format!(
            "no Frontdesk with an open store runs on the state folder {state}: start it with \"frontdesk run\" and, if it waits \
             for its passphrase, type that at the console; or name another folder with --state"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("the state folder {state} belongs to another user: ask as root, or as the user who runs Frontdesk")
        }
        _ => format!("Frontdesk on the state folder {state} gave no answer: {error}"),
    }
}
