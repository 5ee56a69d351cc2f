//! A phone whose sound libsrtp seals and opens (by pylibsrtp): an implementation of SRTP that is none of ours, and that does what no softphone can be
//! told to: one suite and no other, a tag that is wrong, a key that is another, packets that come again. SIPp does its signalling; what was opened is
//! judged by an [`Ear`], which sends it back to be sealed.

use std::process::{Command, Stdio};
use std::time::Duration;

use skip::skipped;

use crate::ear::Ear;
use crate::sipp::Phone;
use crate::{Demo, Peer, wait_for};

/// Debian's: pylibsrtp is not there for any other.
const PYTHON: &str = "/usr/bin/python3";
const SOON: Duration = Duration::from_secs(20);

/// A crypto suite of SDES, as this phone has it.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// In `a=crypto`.
    pub name: &'static str,
    /// What people are told.
    pub said: &'static str,
    /// Bytes of its key and its salt.
    pub secret: usize,
    /// Its place in an offer of ours.
    pub offered: u32,
}

/// The strongest.
pub const STRONG: Suite = Suite { name: "AEAD_AES_256_GCM", said: "AES-256-GCM", secret: 44, offered: 1 };
/// The one that every phone knows.
pub const USUAL: Suite = Suite { name: "AES_CM_128_HMAC_SHA1_80", said: "AES-128", secret: 30, offered: 2 };
/// The other that knows by itself whether a packet is whole.
pub const GALOIS: Suite = Suite { name: "AEAD_AES_128_GCM", said: "AES-128-GCM", secret: 28, offered: 3 };
/// All, in the order of our offers.
pub const SUITES: [Suite; 3] = [STRONG, USUAL, GALOIS];

impl Suite {
    /// A key of this length, the same in each call: nobody is to be kept from reading it. In base64.
    fn inline(self) -> String {
        use base64::Engine as _;
        let secret: Vec<u8> = (0..self.secret).map(|n| (n * 37 + 11) as u8).collect();
        base64::engine::general_purpose::STANDARD.encode(secret)
    }

    /// The line of its key with this number.
    pub fn line(self, tag: u32) -> String {
        format!("a=crypto:{tag} {} inline:{}", self.name, self.inline())
    }
}

/// What is wrong with what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// One bit of each tag.
    Tag,
    /// The key.
    Key,
    /// Each packet goes twice, and once more a second later.
    Again,
}

/// What became of its packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// That came and were opened.
    pub opened: u64,
    /// That came and could not be.
    pub unopened: u64,
    /// That went as they should, each for the first time.
    pub sealed: u64,
    /// That went with a fault.
    pub spoilt: u64,
    /// That went again.
    pub again: u64,
}

/// See the module.
pub struct Sealed {
    phone: Phone,
    /// What it says in the clear, and hears.
    pub ear: Ear,
    libsrtp: Peer,
    folder: tempfile::TempDir,
    suite: Suite,
    asked: usize,
    call: Option<Peer>,
}

impl Sealed {
    /// The phone of this extension, which knows this suite alone, registered over UDP; `n` tells the test's phones apart. `None`, and the test counts as
    /// skipped, where there is no pylibsrtp.
    ///
    /// # Panics
    /// If it does not start, or cannot register.
    pub fn start(demo: &Demo, user: &str, n: u16, suite: Suite) -> Option<Self> {
        let looked = Command::new(PYTHON).args(["-c", "import pylibsrtp"]).stderr(Stdio::null()).status();
        if !looked.is_ok_and(|status| status.success()) {
            skipped("there is no pylibsrtp (python3-pylibsrtp): SRTP was not tried with libsrtp");
            return None;
        }
        let phone = Phone::new(demo, user, n);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let plain = phone.ear() + 4;
        let ear = Ear::at(plain);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sealed.py");
        let mut command = Command::new(PYTHON);
        command.args([script, &phone.ear().to_string(), &plain.to_string()]);
        let libsrtp = Peer::start_listening("libsrtp", folder.path(), &mut command);
        phone.register();
        let mut this = Self { phone, ear, libsrtp, folder, suite, asked: 0, call: None };
        this.order("fault none");
        Some(this)
    }

    /// Calls this number on an audio line of this profile ("RTP/SAVP"), and is answered when this returns. The audio line of the answer and its key lines.
    ///
    /// # Panics
    /// If nobody answers, or not under its suite.
    pub fn dial(&mut self, number: &str, profile: &str) -> Vec<String> {
        let line = self.suite.line(1);
        self.call = Some(self.phone.start_with("call_sealed", number, &self.keys(profile, &line)));
        let answer = wait_for("the call is answered", SOON, || {
            self.phone.received().into_iter().find(|m| m.starts_with("SIP/2.0 200") && m.contains("m=audio "))
        });
        self.agree(&answer)
    }

    /// Calls this number, and is to be told 488. `line` is that of its key, or another.
    ///
    /// # Panics
    /// If it is told anything else.
    pub fn dials_in_vain(&self, number: &str, profile: &str, line: &str) {
        self.phone.start_with("call_unacceptable", number, &self.keys(profile, line)).succeed(SOON);
    }

    /// Answers the next call on an audio line of this profile, with its suite.
    ///
    /// # Panics
    /// If SIPp does not come to listen.
    pub fn waits(&mut self, profile: &str) {
        let line = self.suite.line(self.suite.offered);
        self.call = Some(self.phone.waits_with("answer_sealed", &self.keys(profile, &line)));
    }

    /// Takes the keys of the call that has come. The audio line of the offer and its key lines.
    ///
    /// # Panics
    /// If none comes, or it does not offer this phone's suite.
    pub fn is_called(&mut self) -> Vec<String> {
        let offer =
            wait_for("a call comes", SOON, || self.phone.received().into_iter().find(|m| m.starts_with("INVITE ")));
        self.agree(&offer)
    }

    /// Waits until the other side has hung up, and all went as it should.
    ///
    /// # Panics
    /// If it did not.
    pub fn is_hung_up_on(&mut self) {
        self.call.take().expect("there is a call").succeed(SOON);
    }

    /// From now on this is wrong.
    pub fn has(&mut self, fault: Fault) {
        let name = format!("{fault:?}").to_lowercase();
        self.order(&format!("fault {name}"));
    }

    /// What has become of its packets, since it had its keys.
    ///
    /// # Panics
    /// If it does not say.
    pub fn counts(&mut self) -> Counts {
        let told = |printed: &str| printed.lines().filter(|line| line.starts_with("counted ")).count();
        let before = told(&self.libsrtp.printed());
        self.libsrtp.tell("count");
        wait_for("libsrtp has counted", SOON, || (told(&self.libsrtp.printed()) > before).then_some(()));
        let printed = self.libsrtp.printed();
        let line = printed.lines().rfind(|line| line.starts_with("counted ")).expect("it was told");
        let of = |name: &str| line.split(&format!(" {name}=")).nth(1)?.split(' ').next()?.parse().ok();
        let count = |name| of(name).unwrap_or_else(|| panic!("{name}: {line}"));
        let [opened, unopened, sealed, spoilt, again] = ["opened", "unopened", "sealed", "spoilt", "again"].map(count);
        Counts { opened, unopened, sealed, spoilt, again }
    }

    fn keys<'a>(&self, profile: &'a str, line: &'a str) -> [(&'static str, &'a str); 2] {
        [("profile", profile), ("keyed", line)]
    }

    /// Gives libsrtp the keys of the two ends.
    fn agree(&mut self, message: &str) -> Vec<String> {
        let lines = message.lines().filter(|line| line.starts_with("m=audio ") || line.starts_with("a=crypto:"));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        let key = |line: &String| {
            let mut words = line.strip_prefix("a=crypto:")?.split(' ').skip(1);
            let name = words.next()?;
            words.next()?.strip_prefix("inline:").filter(|_| name == self.suite.name).map(str::to_owned)
        };
        let theirs = lines.iter().find_map(key).unwrap_or_else(|| panic!("a key of {}: {lines:#?}", self.suite.name));
        self.order(&format!("keys {} {} {theirs}", self.suite.name, self.suite.inline()));
        lines
    }

    /// Orders something of libsrtp, and waits until it is so.
    fn order(&mut self, what: &str) {
        self.asked += 1;
        self.libsrtp.tell(what);
        let asked = self.asked;
        let done = || self.libsrtp.printed().lines().filter(|line| line.starts_with("done: ")).count() >= asked;
        let is_done = crate::peer::patiently(SOON, || done().then_some(()));
        assert!(is_done.is_some(), "{what}: {} in {}", self.libsrtp.printed(), self.folder.path().display());
    }
}
