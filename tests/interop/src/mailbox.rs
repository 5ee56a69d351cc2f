//! swaks as the mail program of a staff member, and the Maildir in which the demo's outgoing mail lands.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;

use crate::peer::outcome;
use crate::{Demo, repository};

/// A mail to be submitted.
pub struct Mail {
    options: Vec<(&'static str, String)>,
}

impl Mail {
    /// From the nurse, signed in, to this number of the fax domain, without a cover page.
    pub fn to(demo: &Demo, number: &str) -> Self {
        let user = demo.text("/smtp/user");
        let address = format!("{number}@{}", demo.text("/smtp/fax_domain"));
        let server = format!("127.0.0.1:{}", demo.text("/smtp/submission"));
        let password = demo.text("/smtp/password");
        let mail = Self { options: Vec::new() };
        mail.with("--server", &server)
            .with("--from", &user)
            .with("--to", &address)
            .with("--auth", "PLAIN")
            .with("--auth-user", &user)
            .with("--auth-password", &password)
            .with("--header", "Subject: Referral nocover")
            .with("--body", " ")
    }

    /// An option of swaks, in place of one of the same name.
    pub fn with(mut self, option: &'static str, value: &str) -> Self {
        self.options.retain(|(name, _)| *name != option);
        self.options.push((option, value.to_owned()));
        self
    }

    /// As somebody who has not signed in.
    pub fn unsigned(mut self) -> Self {
        self.options.retain(|(name, _)| !name.starts_with("--auth"));
        self
    }

    /// With this file.
    pub fn attach(self, file: &Path, kind: &str) -> Self {
        self.with("--attach-type", kind).with("--attach", &format!("@{}", file.display()))
    }

    /// With the referral: three pages of PDF.
    pub fn referral(self) -> Self {
        self.attach(&repository("tests/fixtures/referral.pdf"), "application/pdf")
    }

    /// Submits it; the whole dialogue.
    ///
    /// # Panics
    /// If it is refused.
    pub fn accepted(&self) -> String {
        let (passed, dialogue) = self.submit();
        assert!(passed, "the mail was refused:\n{dialogue}");
        dialogue
    }

    /// Submits it, and gives the line of the server that refused it.
    ///
    /// # Panics
    /// If it is accepted.
    pub fn refused(&self) -> String {
        let (passed, dialogue) = self.submit();
        assert!(!passed, "the mail was accepted:\n{dialogue}");
        // swaks marks a refusal with two stars.
        let lines: Vec<_> = dialogue.lines().filter_map(|l| l.strip_prefix("<** ")).collect();
        assert!(!lines.is_empty(), "nobody refused it:\n{dialogue}");
        lines.join("\n")
    }

    /// Submits it: whether it was accepted, and the whole dialogue.
    pub fn submit(&self) -> (bool, String) {
        // Where swaks misses an argument it asks for it, for ever.
        let limited = ["60", "swaks", "--suppress-data"];
        let options = self.options.iter().flat_map(|(name, value)| [*name, value.as_str()]);
        outcome("timeout", &limited.into_iter().chain(options).collect::<Vec<_>>())
    }
}

/// The mails that left, oldest first by name.
pub fn sink(demo: &Demo) -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(demo.text("/smtp/sink_dir")).join("new");
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let mail = String::from_utf8_lossy(&fs::read(&path).ok()?).into_owned();
            Some((path, mail))
        })
        .collect()
}

/// The PDF inside a mail, as a file in this folder.
///
/// # Panics
/// If there is none.
pub fn pdf_of(mail: &str, folder: &Path) -> PathBuf {
    let start = mail.find("JVBERi").expect("a PDF in base64");
    let body: String =
        mail[start..].lines().take_while(|l| !l.is_empty() && !l.starts_with("--")).map(str::trim).collect();
    let pdf = base64::engine::general_purpose::STANDARD.decode(body).expect("base64");
    let path = folder.join("mail.pdf");
    fs::write(&path, pdf).expect("a file in a temporary folder");
    path
}
