//! A new box lets its people in: by what a terminal shows at the first start, and by what `frontdesk access` gives while it runs. Phones are SIPp,
//! the mail program is swaks, the browser is curl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use interop::clinic::{Clinic, Running, listening};
use interop::peer::outcome;
use interop::pty::Pty;
use interop::sipp::Phone;
use interop::{http, program, run, wait_for};

/// What the verb says, asked on this state folder.
fn asked(clinic: &Clinic, words: &[&str]) -> Output {
    let state = clinic.folder().join("state");
    Command::new(program()).arg("access").args(words).arg("--state").arg(state).output().expect("the program is built")
}

/// What it prints, once the box is there.
fn given(clinic: &Clinic, words: &[&str]) -> String {
    wait_for("access is given", Duration::from_secs(60), || {
        let output = asked(clinic, words);
        output.status.success().then(|| String::from_utf8(output.stdout).expect("text"))
    })
}

fn refused(clinic: &Clinic, words: &[&str]) -> String {
    let output = asked(clinic, words);
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

/// The value after this word, in the lines that are printed for a phone or a mail program.
fn value<'a>(printed: &'a str, name: &str) -> &'a str {
    let line = printed.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {printed}")).trim()
}

/// Signs in by a link as a browser does, and gives the first page.
fn sign_in(clinic: &Clinic, link: &str) -> String {
    let jar = clinic.folder().join("cookies").display().to_string();
    let origin = format!("Origin: {}", link.split("/login/").next().expect("an origin"));
    let curl = ["--silent", "--insecure", "--location", "--cookie", &jar, "--cookie-jar", &jar, "--header", &origin];
    run("curl", &[&curl[..], &["--data", "", link]].concat())
}

/// What a browser that has signed in sees there.
fn seen(clinic: &Clinic, url: &str) -> String {
    let jar = clinic.folder().join("cookies").display().to_string();
    run("curl", &["--silent", "--insecure", "--location", "--cookie", &jar, url])
}

#[test]
fn people_phones_mail_programs_and_programs_are_let_in_at_the_box_while_it_runs() {
    let clinic = Clinic::new("");
    assert!(refused(&clinic, &["link", "103"]).contains("start it with \"frontdesk run\""));
    let running = clinic.start();
    let links = given(&clinic, &["link", "103"]);
    let mode = fs::metadata(clinic.folder().join("state/control")).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is for who runs the program alone");
    let links: Vec<&str> = links.lines().collect();
    assert!(
        links.iter().any(|l| l.starts_with(&format!("http://127.0.0.1:{}/login/", clinic.port(8080)))),
        "{links:?}"
    );
    assert!(links[0].starts_with("https://"), "what is encrypted comes first: {links:?}");
    let page = sign_in(&clinic, links[0]);
    assert!(page.contains("Office manager"), "{page}");
    assert!(sign_in(&clinic, links[1]).contains("no longer works"), "a link works once, wherever");

    let token = given(&clinic, &["token", "103", "--days", "1"]);
    let console = format!("127.0.0.1:{}", clinic.port(8080));
    let status = http::get(&console, "/api/v1/status", Some(token.trim())).expect("an answer").status;
    assert_eq!(status, 200);

    let phone = given(&clinic, &["phone", "101"]);
    let (server, domain) = (value(&phone, "server").to_owned(), value(&phone, "domain").to_owned());
    Phone::at(server, domain, ("101", value(&phone, "password")), clinic.port(6100)).register();

    let mail = given(&clinic, &["mail", "102"]);
    let (user, password) = (value(&mail, "user"), value(&mail, "password"));
    let server = value(&mail, "server");
    let mail_program = [
        "--server",
        server,
        "--auth",
        "PLAIN",
        "--auth-user",
        user,
        "--auth-password",
        password,
        "--quit-after",
        "AUTH",
    ];
    let said = run("swaks", &mail_program);
    assert!(said.contains("235 "), "{said}");
    assert!(refused(&clinic, &["link", "999"]).contains("nobody 999; it has 101, 102, 103"));

    // The manager leaves: whatever let them in is worth nothing, and nobody else's is touched.
    let open = given(&clinic, &["link", "103"]);
    let pages = links[0].split_inclusive("/login/").next().expect("an origin").trim_end_matches("login/").to_owned();
    assert!(seen(&clinic, &pages).contains("Office manager"));
    assert!(given(&clinic, &["forget", "103"]).ends_with("sessions that were ended: 1\n"));
    assert!(!seen(&clinic, &pages).contains("Office manager"));
    assert!(sign_in(&clinic, open.lines().next().expect("a link")).contains("no longer works"));
    let status = http::get(&console, "/api/v1/status", Some(token.trim())).expect("an answer").status;
    assert_eq!(status, 401);
    given(&clinic, &["forget", "102"]);
    let (taken, said) = outcome("swaks", &mail_program);
    assert!(!taken && said.contains("535 "), "{said}");

    // A password outlives a crash, and so does the door to it, and whoever was signed in.
    let desk = given(&clinic, &["link", "101"]);
    assert!(sign_in(&clinic, desk.lines().next().expect("a link")).contains("Front desk"));
    drop(running);
    let _again = clinic.start();
    listening(clinic.port(2587));
    let (server, domain) = (value(&phone, "server").to_owned(), value(&phone, "domain").to_owned());
    Phone::at(server, domain, ("101", value(&phone, "password")), clinic.port(6100)).register();
    given(&clinic, &["link", "102"]);
    let page = seen(&clinic, &pages);
    assert!(page.contains("Front desk") && page.contains("/logout"), "a crash signs nobody out: {page}");
}

/// Starts the box in a terminal; what it shows until mail can be handed in.
fn started_in_a_terminal(clinic: &Clinic) -> (Running, String) {
    let pty = Pty::open();
    let terminal = fs::File::options().read(true).write(true).open(&pty.port).expect("a terminal");
    let mut command = Command::new(program());
    command.args(["run", "--config"]).arg(&clinic.config).stderr(Stdio::null());
    command.stdin(terminal.try_clone().expect("a handle")).stdout(terminal);
    let running = Running(command.spawn().expect("the program is built"));
    // The socket is there once everything is said.
    given(clinic, &["token", "103"]);
    let mut buffer = [0; 4096];
    let read = pty.read(&mut buffer);
    (running, String::from_utf8_lossy(&buffer[..read]).into_owned())
}

#[test]
fn the_first_start_in_a_terminal_shows_a_managers_link_until_somebody_has_signed_in() {
    let clinic = Clinic::new("");
    let (running, shown) = started_in_a_terminal(&clinic);
    let link = shown.split_whitespace().find(|word| word.contains("/login/")).unwrap_or_else(|| panic!("{shown}"));
    assert!(sign_in(&clinic, link).contains("Office manager"));
    drop(running);
    let (_running, shown) = started_in_a_terminal(&clinic);
    assert_eq!(shown, "", "somebody has signed in");

    // Without a terminal what is printed may be kept.
    let other = Clinic::new("");
    let mut command = Command::new(program());
    command.args(["run", "--config"]).arg(&other.config).stdin(Stdio::null());
    let log = fs::File::create(other.folder().join("log")).expect("a file");
    command.stdout(log.try_clone().expect("a handle")).stderr(log);
    let _running = Running(command.spawn().expect("the program is built"));
    given(&other, &["token", "103"]);
    let log = fs::read_to_string(other.folder().join("log")).expect("a log");
    assert!(log.contains("frontdesk access link 103") && !log.contains("/login/"), "{log}");
}
