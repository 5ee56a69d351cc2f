//! Builds the fuzz targets with the coverage that libFuzzer follows, and runs them for a while.
//!
//! The stable compiler can do it: the pass that counts the edges is LLVM's own. Neither cargo-fuzz nor a nightly toolchain is needed, and
//! no sanitizer where the code under test has no `unsafe`; the C code of spandsp is built by clang, with AddressSanitizer, in the same
//! program. `cargo fuzz run` works in the folders of the targets for who has them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{self, Failure, Outcome, failed, on_path, usage};

pub(crate) const HELP: &str = "\
cargo xtask fuzz - hostile input, guided by coverage

USAGE
    cargo xtask fuzz [target] [--seconds N]
    cargo xtask fuzz <target> --input FILE
    cargo xtask fuzz --build

Builds the fuzz targets of drivers/sip/fuzz, fax/spandsp/fuzz, fax/fuzz and mail/fuzz with libFuzzer, seeds the first with the torture messages of
the tests, and the last two with small documents, letters and sessions, and runs one of them, or one after the other, until the time is up or a promise is broken. What an
earlier run has found interesting stays in target/fuzz…/corpus, and the next run begins there; those few seconds of \"cargo xtask test\" begin
anew each time, with those messages alone and the same luck, and leave out documents and mail, whose targets take long to build. It needs a C++ compiler, and for the fax engine clang with
its sanitizer (Debian packages build-essential, clang, libclang-rt-14-dev), and installs nothing.

TARGETS
    message     One datagram: read, checked, answered, and each header through each reader.
    stream      One stream, cut in two ways.
    address     One URI, address, Via or list.
    endpoint    A whole endpoint with datagrams, a stream, a user and time.
    reports     Reports of reception (RTCP) at a media engine that speaks and reports.
    packets     Packets of T.38 at the fax engine.
    sound       Tones, frames and noise at the fax engine's modems.
    frames      T.30 frames and page data at the engine behind a modem of ours.
    typed       What a computer types at the virtual modem.
    gateway     Packets of T.38, and sound, at both sides of a gateway.
    class2      What a modem of Class 2, 2.0 or 2.1 says, and the pages that it gives.
    pictures    A picture (TIFF, JPEG, PNG, WebP, GIF, BMP) that somebody faxes.
    pdf         A PDF that somebody faxes, of eight pages at most.
    letter      A message that somebody mails to a fax number.
    page        A page in HTML, of a message or attached to one.
    session     What a mail program says to us.
    server      What a mail server answers to us.

OPTIONS
    --seconds N     For each target. 60 if left out.
    --input FILE    Runs a target once, with this input: what a failed run has left.
    --build         Builds the targets that \"cargo xtask test\" runs, and runs none.

EXIT STATUS
    0  nothing was found
    1  something was found: the last lines name the file, and how to see it again
    2  called wrongly
";

/// The folder of the inputs to begin with.
const SEEDS: &str = "seeds";

/// Targets that are built together: a workspace of its own.
struct Kind {
    folder: &'static str,
    /// Where they are built, below the target folder: what is built otherwise must not be mixed.
    built: &'static str,
    targets: &'static [&'static str],
    /// The example that writes what they begin with.
    seeds: Option<&'static str>,
    /// Its C code is watched too.
    native: bool,
    /// `cargo xtask test` runs them, too.
    short: bool,
    /// Seconds that one input may take: what computes pages takes longer than what reads a message.
    longest: u32,
    /// Octets of an input.
    most: u32,
}

const KINDS: [Kind; 4] = [
    Kind {
        folder: "drivers/sip/fuzz",
        built: "fuzz",
        targets: &["message", "stream", "address", "endpoint", "reports"],
        seeds: Some("seeds"),
        native: false,
        short: true,
        longest: 10,
        most: 16_384,
    },
    Kind {
        folder: "fax/spandsp/fuzz",
        built: "fuzz-spandsp",
        targets: &["packets", "sound", "frames", "typed", "gateway", "class2"],
        seeds: None,
        native: true,
        short: true,
        longest: 10,
        most: 16_384,
    },
    Kind {
        folder: "fax/fuzz",
        built: "fuzz-fax",
        targets: &["pictures", "pdf"],
        seeds: Some("document_seeds"),
        native: false,
        short: false,
        longest: 20,
        most: 40_960,
    },
    Kind {
        folder: "mail/fuzz",
        built: "fuzz-mail",
        targets: &["letter", "page", "session", "server"],
        seeds: Some("letter_seeds"),
        native: false,
        short: false,
        longest: 10,
        most: 16_384,
    },
];

/// Targets at whose end memory of the C library is left: a modem of its own that nobody can end (4 KiB), and a header of a machine that says
/// twice what it is. Each engine lives in a process with a bound of its own, and that ends with its call.
const LEAKS: &[&str] = &["packets", "sound", "frames", "typed", "gateway", "class2"];

/// What the C code is built with: AddressSanitizer, and the same counters as ours.
const NATIVE: &str =
    "-fsanitize=address -fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp -g -fno-omit-frame-pointer";
/// Seconds for each target in `cargo xtask test`.
const SHORT: u32 = 5;

/// Asks for the targets and for no run of them.
const BUILD: &str = "--build";

/// Where a run begins, and how long each target is given.
#[derive(Clone, Copy)]
enum Start {
    /// With the inputs of the repository alone, and the same luck: what a landing is judged by is the change, however often others ran before. (How
    /// far it comes in its seconds is the machine's affair.)
    Anew,
    /// Where the last such run ended, for so many seconds.
    Corpus(u32),
}

/// What the compiler is told: count each edge, and keep the operands of comparisons.
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

pub(crate) fn run(args: &[String]) -> Outcome {
    if args == [BUILD] {
        return KINDS.iter().filter(|kind| kind.short).try_for_each(|kind| Build::new(kind).map(drop));
    }
    let (mut target, mut seconds, mut input) = (None, 60, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => match args.next().and_then(|n| n.parse().ok()) {
                Some(n @ 1..) => seconds = n,
                _ => return usage("--seconds takes a number above zero."),
            },
            "--input" => match args.next() {
                Some(file) => input = Some(PathBuf::from(file)),
                None => return usage("--input takes a file."),
            },
            name => match KINDS.iter().find_map(|k| Some((k, k.targets.iter().find(|t| **t == name)?))) {
                Some((kind, found)) if target.is_none() => target = Some((kind, *found)),
                _ => return usage(format!("fuzz does not know \"{name}\".")),
            },
        }
    }
    match (target, input) {
        (Some((kind, target)), Some(file)) => {
            let build = Build::new(kind)?;
            run::step(Command::new(build.program(target)).arg(file))
        }
        (None, Some(_)) => usage("--input needs to know of which target it is."),
        (Some((kind, target)), None) => all(kind, &[target], Start::Corpus(seconds)),
        (None, None) => KINDS.iter().try_for_each(|kind| all(kind, kind.targets, Start::Corpus(seconds))),
    }
}

/// Begins to build what [`short`] runs, where nothing else wants the processors: for a step that waits more than it computes. It says nothing;
/// what fails in it is said when it is built again. Nothing if it could not be begun.
pub(crate) fn build_meanwhile() -> Option<Child> {
    // As the build of all programs has made it, which may have taken the place of the one that runs.
    let this = run::target().ok()?.join("debug/xtask");
    // Of util-linux, which every Debian has.
    let mut command = Command::new("chrt");
    command.args(["--idle", "0"]).arg(this).args(["fuzz", BUILD]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}

/// Every target that is built in time, for some seconds, anew.
pub(crate) fn short() -> Outcome {
    KINDS.iter().filter(|kind| kind.short).try_for_each(|kind| all(kind, kind.targets, Start::Anew))
}

/// Every target for so long, also after one has found something: what was found is said at the end.
pub(crate) fn long(seconds: u32) -> Outcome {
    let each = KINDS.iter().flat_map(|kind| kind.targets.iter().map(move |target| (kind, *target)));
    let found: Vec<_> = each.filter_map(|(kind, target)| all(kind, &[target], Start::Corpus(seconds)).err()).collect();
    let said = found.into_iter().map(|(Failure::Usage(what) | Failure::Failed(what))| what).collect::<Vec<_>>();
    if said.is_empty() { Ok(()) } else { failed(said.join("\n")) }
}

fn all(kind: &Kind, targets: &[&str], start: Start) -> Outcome {
    let build = Build::new(kind)?;
    if let Some(example) = kind.seeds {
        build.seeds(example)?;
    }
    for target in targets {
        build.fuzz(kind, target, start)?;
    }
    Ok(())
}

/// The built targets.
struct Build {
    folder: PathBuf,
    programs: PathBuf,
}

impl Build {
    fn new(kind: &Kind) -> Result<Self, Failure> {
        if !on_path("c++") && !on_path("clang++") {
            return failed(
                "libFuzzer is C++, and there is no C++ compiler: install the Debian package build-essential.",
            );
        }
        if kind.native && !on_path("clang") {
            return failed(
                "The fax engine is fuzzed with clang: install the Debian packages clang and libclang-rt-14-dev.",
            );
        }
        let (folder, host) = (run::target()?.join(kind.built), host()?);
        // The same versions as the program's; what only the fuzzer needs, cargo adds.
        let (from, to) = (run::root().join("Cargo.lock"), run::root().join(kind.folder).join("Cargo.lock"));
        std::fs::copy(from, to).map_err(|e| Failure::Failed(format!("Cargo.lock can't be copied: {e}")))?;
        // With a target of its own, build scripts and macros are not instrumented.
        let manifest = format!("{}/Cargo.toml", kind.folder);
        let mut cargo = run::cargo(&["build", "--release", "--manifest-path", &manifest]);
        cargo.args(["--target", &host, "--target-dir"]).arg(&folder);
        let mut flags = COVERAGE.to_vec();
        if kind.native {
            let of_host = host.replace('-', "_");
            let ignored = run::root().join(kind.folder).join("ignored.txt");
            let native = format!("{NATIVE} -fsanitize-ignorelist={}", ignored.display());
            cargo.env(format!("CC_{of_host}"), "clang").env(format!("CFLAGS_{of_host}"), native);
            flags.extend(["-Clinker=clang", "-Clink-arg=-fsanitize=address"]);
        }
        // Encoded, so that flags from the environment do not mix with these.
        run::step(cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")))?;
        let programs = folder.join(host).join("release");
        Ok(Self { folder, programs })
    }

    fn program(&self, target: &str) -> PathBuf {
        self.programs.join(target)
    }

    fn corpus(&self, name: &str) -> Result<PathBuf, Failure> {
        made(self.folder.join("corpus").join(name))
    }

    /// A folder with nothing in it, whatever an earlier run has left.
    fn empty(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        if path.exists() {
            let gone = std::fs::remove_dir_all(&path);
            gone.map_err(|e| Failure::Failed(format!("{} can't be emptied: {e}", path.display())))?;
        }
        made(path)
    }

    /// Writes the inputs to begin with.
    fn seeds(&self, example: &str) -> Outcome {
        // Of the whole workspace, or cargo makes libraries anew that the tests have with more features.
        run::step(&mut run::cargo(&["build", "--quiet", "--workspace", "--example", example]))?;
        let program = run::target()?.join("debug/examples").join(example);
        run::step(Command::new(program).arg(self.empty(SEEDS)?))
    }

    fn fuzz(&self, kind: &Kind, target: &str, start: Start) -> Outcome {
        let (seconds, corpus) = match start {
            Start::Anew => (SHORT, self.empty("anew")?),
            Start::Corpus(seconds) => (seconds, self.corpus(target)?),
        };
        let left = self.folder.join(format!("found-{target}-"));
        let mut command = Command::new(self.program(target));
        let (total, each) = (format!("-max_total_time={seconds}"), format!("-timeout={}", kind.longest));
        command.args([&total, &each, "-rss_limit_mb=2048", &format!("-max_len={}", kind.most)]);
        command.args(["-print_final_stats=1", "-verbosity=0", &format!("-artifact_prefix={}", left.display())]);
        if matches!(start, Start::Anew) {
            command.arg("-seed=1");
        }
        // What it finds interesting it writes into the first.
        command.arg(corpus);
        if kind.seeds.is_some() {
            // For each target its own, or the same for all.
            let (all, own) = (self.folder.join(SEEDS), self.folder.join(SEEDS).join(target));
            command.arg(if own.is_dir() { own } else { all });
        }
        // A jump to nowhere has no frame that could be unwound otherwise, and the sanitizer would die of it before the input is written.
        let leaks = i32::from(!LEAKS.contains(&target));
        command.env("ASAN_OPTIONS", format!("fast_unwind_on_fatal=1:detect_leaks={leaks}"));
        run::step(&mut command).map_err(|_| self.found(target))
    }

    /// Says how to see it again.
    fn found(&self, target: &str) -> Failure {
        let start = format!("found-{target}-");
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let named = |path: &Path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&start));
        let newest = files.filter(|p| named(p)).max_by_key(|p| p.metadata().and_then(|m| m.modified()).ok());
        match newest {
            Some(file) => Failure::Failed(format!(
                "The fuzzer broke a promise of target \"{target}\". Again: cargo xtask fuzz {target} --input {}",
                file.display()
            )),
            None => Failure::Failed(format!("The fuzz target \"{target}\" failed and left no input.")),
        }
    }
}

fn made(path: PathBuf) -> Result<PathBuf, Failure> {
    let made = std::fs::create_dir_all(&path);
    made.map_err(|e| Failure::Failed(format!("{} can't be made: {e}", path.display())))?;
    Ok(path)
}

/// The machine that this is, in rustc's words.
fn host() -> Result<String, Failure> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.map_err(|e| Failure::Failed(format!("rustc could not be started: {e}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.lines().find_map(|l| l.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => failed("rustc does not tell its host"),
    }
}
