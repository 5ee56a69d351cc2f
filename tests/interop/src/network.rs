//! Networks of a test's own: hosts with interfaces of their own (network namespaces of Linux), in networks that are switches (bridges) with no
//! route between them. What a test does inside a host, it does with the addresses of that host and no others.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use skip::skipped;

use crate::peer::{outcome, patiently};
use crate::{Demo, program, run};

/// The appliance opens its store meanwhile.
const STARTS: Duration = Duration::from_secs(60);
/// Ports of the demo that fills the appliance's folder; nobody else is at its host.
const OFFSET: u16 = 1000;
const CONSOLE: &str = "127.0.0.1:8443";
/// Where the system keeps networks that have a name.
const NAMED: &str = "/run/netns";

/// All of them. Dropping it takes them away, and what still runs there has no network any more.
pub struct Networks {
    /// Which of its process.
    nth: u32,
    /// The host of the switches; no test enters it.
    switches: Host,
    hosts: Vec<Host>,
}

/// A computer, or a phone, in one or more of the networks.
#[derive(Clone, Debug)]
pub struct Host(String);

impl Networks {
    /// Makes a network of each name. `None` where that cannot be, which is said and counted as skipped: it takes root, and a kernel with network
    /// namespaces, bridges and pairs of interfaces.
    pub fn new(names: &[&str]) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        forget_the_dead();
        let nth = MADE.fetch_add(1, Ordering::Relaxed);
        let switches = Host::named(nth, "switches");
        let mut commands = vec![
            vec!["netns", "add", &switches.0],
            vec!["-n", &switches.0, "link", "add", "name", "one", "type", "veth", "peer", "name", "other"],
        ];
        commands.extend(
            names.iter().map(|name| vec!["-n", &switches.0, "link", "add", "name", name, "up", "type", "bridge"]),
        );
        let this = Self { nth, switches: switches.clone(), hosts: Vec::new() };
        for command in commands {
            let (made, said) = outcome("ip", &command);
            if !made {
                let said = said.lines().next().unwrap_or_default().to_owned();
                skipped(&format!(
                    "no networks can be made here, which takes root and its kernel's network namespaces ({said})"
                ));
                return None;
            }
        }
        Some(this)
    }

    /// A host with an interface in each of these networks, called like it, with these addresses ("10.66.1.1/24").
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn host(&mut self, name: &str, interfaces: &[(&str, &[&str])]) -> Host {
        let host = Host::named(self.nth, name);
        run("ip", &["netns", "add", &host.0]);
        self.hosts.push(host.clone());
        host.ip(&["link", "set", "lo", "up"]);
        for (nth, (network, addresses)) in interfaces.iter().enumerate() {
            // The other end of the cable is in the switch. An interface's name has fifteen letters at most.
            let socket = format!("socket{}-{nth}", self.hosts.len());
            let cable =
                ["link", "add", "name", network, "type", "veth", "peer", "name", &socket, "netns", &self.switches.0];
            host.ip(&cable);
            self.switches.ip(&["link", "set", &socket, "master", network, "up"]);
            host.ip(&["link", "set", network, "up"]);
            for address in *addresses {
                let usable_at_once: &[&str] = if address.contains(':') { &["nodad"] } else { &[] };
                host.ip(&[&["addr", "add", address, "dev", network], usable_at_once].concat());
            }
        }
        // The machine's own network may pass it on that a host carries from one of its networks to another.
        host.inside(|| {
            let setting = "/proc/sys/net/ipv4/ip_forward";
            if fs::read_to_string(setting).expect("Linux has it").trim() != "0" {
                fs::write(setting, "0").expect("root may set that");
            }
        });
        host
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for Host(name) in self.hosts.iter().chain([&self.switches]) {
            let _ = outcome("ip", &["netns", "del", name]);
        }
    }
}

/// Networks of tests that were killed before they could take them away.
fn forget_the_dead() {
    for entry in fs::read_dir(NAMED).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = outcome("ip", &["netns", "del", &name]);
        }
    }
}

/// How their names begin; the number of the test's process follows.
const PREFIX: &str = "frontdesk-test-";

impl Host {
    fn named(nth: u32, name: &str) -> Self {
        Self(format!("{PREFIX}{}-{nth}-{name}", std::process::id()))
    }

    /// Tells its `ip` something.
    ///
    /// # Panics
    /// If that fails.
    pub fn ip(&self, args: &[&str]) {
        run("ip", &[&["-n", &self.0][..], args].concat());
    }

    /// Does this there: sockets that it opens and programs that it starts stay there.
    ///
    /// # Panics
    /// If the host is gone, or `work` panics.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let there = fs::File::open(Path::new(NAMED).join(&self.0)).expect("the host is there");
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        std::thread::scope(|scope| {
            // A thread of its own, that ends there. It is called as the test is, for who counts what was skipped.
            let thread = std::thread::Builder::new().name(name).spawn_scoped(scope, || {
                move_into_link_name_space(there.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may go there");
                work()
            });
            thread.expect("a thread").join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Demo {
    /// The appliance itself (`frontdesk run`) at this host, with SIP and sound at these addresses, the first of which leads outside; its console
    /// is for the host alone. Its clinic is the sample one, changed like this.
    ///
    /// # Panics
    /// If it does not start.
    pub fn appliance_at(host: &Host, addresses: &[IpAddr], change: impl FnOnce(&str) -> String + Send) -> Self {
        // No door adds people while the appliance runs, so the demo fills the folder.
        let mut demo = host.inside(|| Self::start_changed(OFFSET, change));
        demo.end();
        let folder = demo.state.parent().expect("it is in a folder").to_owned();
        let sip: Vec<_> = addresses.iter().map(|ip| SocketAddr::new(*ip, 5060).to_string()).collect();
        let config = format!(
            "state = \"state\"\nsettings = \"unused.toml\"\nsip = {sip:?}\nmedia = [10000, 10199]\nconsole = \"{CONSOLE}\"\n"
        );
        fs::write(folder.join("unused.toml"), "").expect("a file in a temporary folder");
        fs::write(folder.join("frontdesk.toml"), config).expect("a file in a temporary folder");
        let mut command = Command::new(program());
        let log = fs::File::create(folder.join("appliance.log")).expect("a file in a temporary folder");
        let errors = log.try_clone().expect("a second handle");
        command.args(["run", "--config"]).arg(folder.join("frontdesk.toml"));
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        demo.child = host.inside(|| command.spawn()).expect("the program is built: cargo build --bin frontdesk");
        demo.json["console"] = format!("http://{CONSOLE}").into();
        demo.home = Some(host.clone());
        // Asked as itself, since its port listens before the store is open.
        let answers = || crate::http::get(CONSOLE, "/api/v1/status", Some(&demo.text("/api_token"))).ok();
        let is_open = patiently(STARTS, || host.inside(answers).filter(|answer| answer.status == 200));
        let log = || fs::read_to_string(folder.join("appliance.log")).unwrap_or_default();
        assert!(is_open.is_some(), "the appliance does not come to work: {}", log());
        demo
    }
}
