//! `demo.json`: what tests and tools are told about a running demo. Keys are added, never renamed; the key of a part that does
//! not exist yet is absent.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use clinic::far_end::Numbers;
use model::time::Clock;
use serde_json::{Value, json};
use store::TokenKind;

use super::seed::Passwords;
use crate::boot::{Appliance, Failure};
use crate::certificates;
use crate::ports::DemoPorts;

/// The file's content.
pub(crate) struct Contract(pub(crate) Value);

impl Contract {
    /// The text at this path of keys; empty if there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The numbers that a person may try, each with what it does.
pub(crate) fn numbers_to_try() -> Vec<(String, String)> {
    let n = Numbers::default();
    [
        ("*43".to_owned(), "echo: you hear yourself"),
        ("101, 102, 103".to_owned(), "the clinic's phones"),
        (n.voice, "somebody outside, who answers and echoes"),
        ("911, 933".to_owned(), "the demo's operator; staff are alerted"),
        (n.good, "a fax machine; it faxes back what it gets"),
        (n.busy, "a busy fax machine"),
        (n.drops_page_2, "a fax machine that hangs up at the end of the second page"),
        (n.t38_refused, "a fax machine on a line without T.38: the fax goes as sound, and comes back"),
        (n.holds, "a fax machine that holds a document ready: fetch it"),
        (n.holds_named, "the same, for who asks for subaddress 44 with password 1234"),
        (n.fetches, "a fax machine that then calls and fetches what you laid out under 44 and 1234"),
    ]
    .into_iter()
    .map(|(number, what)| (number, what.to_owned()))
    .collect()
}

/// How phones reach the demo; the keys of TLS are there if it is.
fn sip(state: &Path, ports: &DemoPorts, domain: &str) -> Value {
    let ports = &ports.appliance;
    let mut value = json!({
        "host": "127.0.0.1", "udp": ports.sip[0].port(), "tcp": ports.sip[0].port(), "domain": domain,
        "ws": format!("ws://{}/ws/sip", ports.console[0]),
    });
    if let Some(v6) = ports.sip.iter().find(|a| a.is_ipv6()) {
        value["host6"] = json!(v6.ip());
    }
    if let Some(second) = ports.sip.iter().filter(|a| a.is_ipv4()).nth(1) {
        value["host2"] = json!(second.ip());
    }
    let ca = certificates::authority(state);
    if let (Some(tls), Some(console), true) = (ports.sip_tls.first(), ports.console_tls.first(), ca.exists()) {
        value["tls"] = json!(tls.port());
        value["wss"] = json!(format!("wss://{console}/ws/sip"));
        value["ca"] = json!(ca);
    }
    value
}

/// The passwords of the last start on this folder.
pub(crate) fn old_passwords(state: &Path) -> BTreeMap<String, Passwords> {
    let text = fs::read(state.join("demo.json")).unwrap_or_default();
    let old: Value = serde_json::from_slice(&text).unwrap_or(Value::Null);
    let extensions = old["extensions"].as_array().cloned().unwrap_or_default();
    extensions
        .iter()
        .filter_map(|e| {
            let text = |key: &str| e[key].as_str().map(str::to_owned);
            Some((text("user")?, Passwords { sip: text("password")?, mail: text("mail_password")? }))
        })
        .collect()
}

/// Writes the file: whole or not at all, and readable by its owner only.
pub(crate) async fn write(
    state: &Path,
    ports: &DemoPorts,
    appliance: &mut Appliance,
    passwords: &BTreeMap<String, Passwords>,
    clock: Clock,
) -> Result<Contract, Failure> {
    let settings = appliance.settings.borrow().clone();
    let console = format!("http://{}", ports.appliance.console[0]);
    let manager = "103";
    let failed = |e: store::effect::StoreError| Failure(format!("the demo's tokens cannot be stored: {e}"));
    let login = appliance.sessions.mint_login_link(manager, "demo").await.map_err(failed)?;
    let (now, month) = (clock.now(), std::time::Duration::from_secs(30 * 86_400));
    let tokens = appliance.store.tokens();
    let until = Some(now.after(month).wall);
    let token = tokens.mint(&mut appliance.random, manager, TokenKind::Api, until, now.wall).await.map_err(failed)?;
    let mut extensions = Vec::new();
    for person in &settings.people {
        let Some(secret) = passwords.get(&person.user) else { continue };
        // So that two people can be signed in, and call each other.
        let login = appliance.sessions.mint_login_link(&person.user, "demo").await.map_err(failed)?;
        extensions.push(json!({
            "number": person.extension, "user": person.user, "password": secret.sip, "name": person.name.expose(),
            "mail": person.mail.as_ref().map(|m| m.expose().clone()), "mail_password": secret.mail,
            "login": format!("{console}{login}"),
        }));
    }
    let nurse = passwords.get("102").map(|p| p.mail.clone()).unwrap_or_default();
    let n = Numbers::default();
    let mut value = json!({
        "console": console,
        "login": format!("{console}{login}"),
        "api_token": token,
        "sip": sip(state, ports, &settings.domain),
        "extensions": extensions,
        "smtp": {
            "submission": ports.appliance.submission.port(), "user": "nurse@clinic.demo", "password": nurse,
            "fax_domain": settings.fax_domain, "sink_dir": state.join("sink"),
        },
        "trunk": {"number": n.voice, "note": "a second SIP end over loopback; it answers and echoes"},
        "clinic": {"number": settings.main_number.as_str(), "fax": settings.fax_number.as_str()},
        "emergency": settings.numbering.emergency,
        "fax_numbers": {
            "good": n.good, "busy": n.busy, "drops_page_2": n.drops_page_2, "t38_refused": n.t38_refused,
            "holds": n.holds, "holds_named": n.holds_named, "fetches": n.fetches,
        },
        "received_dir": state.join("far"),
        "metrics": format!("{console}/metrics"),
        "pid": std::process::id(),
    });
    if let Some(v6) = ports.appliance.console.iter().find(|at| at.is_ipv6()) {
        value["console6"] = json!(format!("http://{v6}"));
    }
    let failed = |e: std::io::Error| Failure(format!("demo.json cannot be written: {e}"));
    let (path, fresh) = (state.join("demo.json"), state.join("demo.json.new"));
    let _ = fs::remove_file(&fresh);
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&fresh).map_err(failed)?;
    let text = serde_json::to_vec_pretty(&value).map_err(|e| failed(e.into()))?;
    file.write_all(&text).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&fresh, &path)).map_err(failed)?;
    Ok(Contract(value))
}

/// What a person sees in the terminal.
#[allow(clippy::print_stdout, reason = "this is what the verb prints")]
pub(crate) fn banner(demo: &super::Demo) {
    let c = &demo.contract;
    println!("\nFrontdesk is running, on this computer only. Nothing leaves it.\n");
    println!("  Console      {}   (one use; the browser stays signed in until it is closed)", c.text("/login"));
    let (host, sip) = (c.text("/sip/host"), &c.0["sip"]);
    println!("  Phones       {host} udp/tcp {}, tls {}, domain {}", sip["udp"], sip["tls"], c.text("/sip/domain"));
    for e in c.0["extensions"].as_array().into_iter().flatten() {
        println!(
            "                 {}  {:<15} password {}",
            e["user"].as_str().unwrap_or_default(),
            e["name"].as_str().unwrap_or_default(),
            e["password"].as_str().unwrap_or_default()
        );
    }
    println!(
        "  Fax by mail  SMTP on port {}, user {}, password {}",
        c.0["smtp"]["submission"],
        c.text("/smtp/user"),
        c.text("/smtp/password")
    );
    println!("                 write to {}@{}", c.text("/fax_numbers/good"), c.text("/smtp/fax_domain"));
    println!("\n  Numbers to try");
    for (number, what) in numbers_to_try() {
        println!("    {number:<14} {what}");
    }
    println!("\n  Everything above, for programs: {}", demo.state.join("demo.json").display());
    println!("  Ctrl-C ends it.\n");
}
