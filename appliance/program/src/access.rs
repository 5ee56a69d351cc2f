//! `frontdesk access`: who sits at the box lets people, phones and programs in. The running program does it, since it alone has the store; it is
//! asked through a socket in its state folder, which nobody else can open.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::boot::Failure;
use crate::cli::{AccessOptions, AccessVerb};

/// The socket's name in the state folder.
pub(crate) const SOCKET: &str = "control";
/// The longest question, and the longest answer: a few lines.
pub(crate) const LONGEST: u64 = 16 * 1024;
/// A password is hashed for half a second, behind those of others; nobody waits longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked for, and for whom.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) what: Way,
    /// The person's user name.
    pub(crate) user: String,
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

/// What comes back.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Lines to print.
    Given(String),
    /// A sentence.
    Refused(String),
}

/// Prints what the running program gives.
#[allow(clippy::print_stdout, reason = "this is what the verb prints")]
pub(crate) fn run(options: AccessOptions) -> Result<(), Failure> {
    let (what, of) = match options.verb {
        AccessVerb::Link(of) => (Way::Link, of),
        AccessVerb::Phone(of) => (Way::Phone, of),
        AccessVerb::Mail(of) => (Way::Mail, of),
        AccessVerb::Token { of, days } => (Way::Token { days }, of),
        AccessVerb::Forget(of) => (Way::Forget, of),
    };
    match ask(&of.state, &Asked { what, user: of.user }) {
        Ok(Answer::Given(lines)) => {
            print!("{lines}");
            Ok(())
        }
        Ok(Answer::Refused(sentence)) => Err(Failure(sentence)),
        Err(error) => Err(Failure(why_not(&of.state, &error))),
    }
}

fn ask(state: &Path, asked: &Asked) -> io::Result<Answer> {
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
