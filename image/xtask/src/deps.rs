//! The Debian packages that the build and the tests need.
//!
//! On a system without dpkg nothing can be checked: the packages are named, and the build goes on and tells by itself.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::run::{self, Failure, Outcome, failed, on_path, usage};

mod services;

pub(crate) const HELP: &str = "\
cargo xtask deps - the Debian packages that the build and the tests need

USAGE
    cargo xtask deps [--list | --check] [--group build|test|night]

Without an option it prints which packages are missing and installs them with apt-get: as root, or through sudo. It asks
nothing, installs no recommended extras, and changes nothing if all are there. Services that come with the packages, or with what those need
(kamailio, rtpengine, a mail server for the fax server and the like), are neither started nor switched on; one that was there before stays
as it is. Where somebody has a /usr/sbin/policy-rc.d of their own, that decides what is started.

OPTIONS
    --list             Prints the packages of each group and what each is for. Changes nothing.
    --check            Prints what is missing. Changes nothing; exit status 1 if something is missing.
    --group <group>    Only \"build\" (what the program is built from), \"test\" (what the tests drive) or \"night\" (what only those of
                       cargo xtask nightly drive). The first two if left out.

EXIT STATUS
    0  all packages are there (now)
    1  some are missing: no right to install them, or apt-get failed
    2  called wrongly
";

/// What a package is needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Build,
    Test,
    Night,
}

impl Group {
    fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Test => "test",
            Self::Night => "night",
        }
    }
}

struct Package {
    group: Group,
    name: &'static str,
    what_for: &'static str,
}

const fn package(group: Group, name: &'static str, what_for: &'static str) -> Package {
    Package { group, name, what_for }
}

const PACKAGES: &[Package] = &[
    package(Group::Build, "build-essential", "the C compiler for SQLCipher and spandsp"),
    package(Group::Build, "clang", "bindings to spandsp"),
    package(Group::Build, "cmake", "libopus, which is built from its sources"),
    package(Group::Build, "espeak-ng", "speaks the announcements of the telephone"),
    package(Group::Build, "libclang-dev", "bindings to spandsp"),
    package(Group::Build, "libjpeg-dev", "spandsp"),
    package(Group::Build, "libssl-dev", "libcrypto under SQLCipher"),
    package(Group::Build, "libtiff-dev", "spandsp"),
    package(Group::Build, "pkg-config", "finds the libraries above"),
    package(Group::Test, "baresip", "a softphone that calls the demo"),
    package(Group::Test, "chromium", "the console in a real browser"),
    package(Group::Test, "chromium-driver", "drives that browser"),
    package(Group::Test, "curl", "asks the console over HTTP"),
    package(Group::Test, "libclang-rt-14-dev", "the sanitizer that watches the fax engine's C code"),
    package(Group::Test, "libnss3-tools", "tells that browser which authority to trust"),
    package(Group::Test, "npm", "fetches JsSIP, a phone in a browser"),
    package(Group::Test, "openssl", "an independent TLS client"),
    package(Group::Test, "dnsmasq-base", "names of carriers: NAPTR, SRV and addresses"),
    package(Group::Test, "kamailio", "a carrier that wants to be registered with, and a proxy before the phones"),
    package(Group::Test, "kamailio-tls-modules", "the same carrier over TLS"),
    package(Group::Test, "efax", "a fax program on our virtual modem"),
    package(Group::Test, "hylafax-client", "orders faxes of the server below"),
    package(Group::Test, "ser2net", "a modem's port at the other end of a network (RFC 2217)"),
    package(Group::Test, "hylafax-server", "a fax server on our virtual modem, and at the other end of our modem"),
    package(Group::Test, "imagemagick", "makes pictures of every kind, and reads them beside us"),
    package(Group::Test, "iproute2", "networks of a test's own"),
    package(Group::Test, "libtiff-tools", "an independent reader of our TIFFs"),
    package(Group::Test, "jbigkit-bin", "an independent reader of pages packed by T.85"),
    package(Group::Test, "opus-tools", "an independent reader of our Opus files"),
    package(Group::Test, "poppler-utils", "an independent reader of our PDFs"),
    package(Group::Test, "procps", "kill and pgrep"),
    package(Group::Test, "python3-pylibsrtp", "a phone's sound sealed and opened by libsrtp"),
    package(Group::Test, "python3-serial", "a program on another machine that uses a port of ours (RFC 2217)"),
    package(Group::Test, "rtpengine-daemon", "a relay of sound beside ours, in the benchmark of it"),
    package(Group::Test, "sox", "makes tones, and reads what was recorded"),
    package(Group::Test, "sip-tester", "SIPp, phones that register and call"),
    package(Group::Test, "sipvicious", "programs that search for extensions and guess passwords"),
    package(Group::Test, "linphone-cli", "a softphone that watches and calls"),
    package(Group::Test, "sipsak", "asks and writes as a SIP tool"),
    package(Group::Test, "swaks", "a mail client that mails faxes"),
    package(Group::Test, "tshark", "an independent decoder of our T.38"),
    package(Group::Night, "debootstrap", "unpacks Debian sid beside the build"),
    package(Group::Night, "libreoffice-writer-nogui", "office documents as pages"),
    package(Group::Night, "pulseaudio", "a sound card for a phone that mixes its calls"),
];

pub(crate) fn run(args: &[String]) -> Outcome {
    let mut groups = vec![Group::Build, Group::Test];
    let (mut list, mut check) = (false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match (arg.as_str(), arg.strip_prefix("--group=")) {
            ("--list", _) => list = true,
            ("--check", _) => check = true,
            ("--group", _) => groups = vec![group(args.next().map_or("", String::as_str))?],
            (_, Some(word)) => groups = vec![group(word)?],
            _ => return usage(format!("deps does not know \"{arg}\".")),
        }
    }
    if list {
        for p in PACKAGES.iter().filter(|p| groups.contains(&p.group)) {
            println!("{:6} {:16} {}", p.group.word(), p.name, p.what_for);
        }
        return Ok(());
    }
    if !on_path("dpkg-query") {
        return failed(not_debian(&groups));
    }
    let missing = missing(&groups)?;
    if missing.is_empty() {
        println!("All Debian packages are there.");
        return Ok(());
    }
    println!("Missing Debian packages: {}", missing.join(" "));
    if check { failed("") } else { install(&missing) }
}

/// Makes sure that the packages of `groups` are there, without a word if they are.
pub(crate) fn ensure(groups: &[Group]) -> Outcome {
    if !on_path("dpkg-query") {
        println!("Note: {}", not_debian(groups));
        return Ok(());
    }
    let missing = missing(groups)?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing Debian packages: {}", missing.join(" "));
    install(&missing)
}

/// Installs one of the packages, if a program of its name is missing.
pub(crate) fn ensure_only(package: &str) -> Outcome {
    if on_path(package) { Ok(()) } else { install(&[package]) }
}

fn group(word: &str) -> Result<Group, Failure> {
    match word {
        "build" => Ok(Group::Build),
        "test" => Ok(Group::Test),
        "night" => Ok(Group::Night),
        _ => usage(format!("There is no group \"{word}\": it is \"build\", \"test\" or \"night\".")),
    }
}

fn names(groups: &[Group]) -> Vec<&'static str> {
    PACKAGES.iter().filter(|p| groups.contains(&p.group)).map(|p| p.name).collect()
}

fn not_debian(groups: &[Group]) -> String {
    format!("This is no Debian system; install what these Debian packages hold: {}.", names(groups).join(" "))
}

fn missing(groups: &[Group]) -> Result<Vec<&'static str>, Failure> {
    let names = names(groups);
    // It fails for a package that it never heard of, which is as good as missing, and still prints the others.
    let output =
        Command::new("dpkg-query").args(["-W", "-f", "${Package} ${db:Status-Status}\n"]).args(&names).output();
    let output = output.map_err(|e| Failure::Failed(format!("dpkg-query could not be started: {e}")))?;
    let installed = installed(&String::from_utf8_lossy(&output.stdout));
    let there = |name: &str| installed.iter().any(|i| i == name) || COMMANDS.contains(&name) && on_path(name);
    Ok(names.into_iter().filter(|n| !there(n)).collect())
}

/// Packages that are the command of their name, wherever that came from: other packages of Node.js bring npm along, and the two
/// exclude each other.
const COMMANDS: [&str; 1] = ["npm"];

/// The installed packages in the output of `dpkg-query`.
fn installed(output: &str) -> Vec<String> {
    let words = output.lines().filter_map(|l| l.split_once(' '));
    words.filter(|(_, status)| status.trim() == "installed").map(|(name, _)| name.to_owned()).collect()
}

fn install(missing: &[&str]) -> Outcome {
    let sudo = !run::is_root();
    if !on_path("apt-get") || (sudo && !on_path("sudo")) {
        return failed(format!(
            "They can't be installed from here (that takes apt-get, and root or sudo). As root, run: apt-get install {}",
            missing.join(" ")
        ));
    }
    let privileged = |program: &str| {
        // sudo drops the environment, so it is set behind it.
        let mut command = if sudo { Command::new("sudo") } else { Command::new("env") };
        if sudo {
            command.arg("env");
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", program]);
        command
    };
    if missing.contains(&"tshark") {
        preseed(privileged("debconf-set-selections"));
    }
    run::step(privileged("apt-get").args(["update", "-qq"]))?;
    let before = services::Services::here();
    let held = services::Held::new(&before, &privileged)?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    let installed = run::step(privileged("apt-get").args(install).args(missing));
    drop(held);
    // Also what a run that failed has brought.
    services::disable_all_since(&before, &privileged).and(installed)
}

/// Tells debconf the answer to the one question of tshark's packages: nobody but root captures. If that does not work, the
/// noninteractive frontend gives the same answer.
fn preseed(mut command: Command) {
    let Ok(mut child) = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn() else { return };
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(b"wireshark-common wireshark-common/install-setuid boolean false\n");
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_counts() {
        let output = "clang installed\nlibtiff-dev config-files\nswaks not-installed\ntshark  installed\n\n";
        assert_eq!(installed(output), ["clang", "tshark"]);
    }

    #[test]
    fn each_package_once() {
        let mut all = names(&[Group::Build, Group::Test, Group::Night]);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), PACKAGES.len());
    }
}
