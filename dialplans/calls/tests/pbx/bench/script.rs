//! The language of the scripts: what phones, trunks, people and the media engine do, a line each.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use calls::{Command, Input};
use media::SessionId;
use model::defence::{Block, Suspicion};
use model::switches::{Forward, Switch};
use model::{CallId, Numbering, Settings};
use plan::Plan;
use sip::api::{self as sip_api, Auth, EndReason, Event as SipEvent, LegId, RequestId};

use super::words::{body_of, flow, flow_over};
use super::{Bench, Leg, SETTINGS};

impl Bench {
    pub(crate) fn invite(&mut self, name: &str, who: &str, dialled: &str, options: &[&str]) {
        self.incoming += 1;
        let leg = LegId(self.incoming);
        self.names.insert(leg, name.to_owned());
        self.legs.insert(leg, Leg::Offered);
        let (remote, from_user, auth) = match who.split_once(':') {
            Some(("main", number)) => ("192.0.2.1:5060".to_owned(), number, Auth::None),
            Some(("backup", number)) => ("192.0.2.2:5060".to_owned(), number, Auth::None),
            Some(("device", number)) => ("10.0.0.77:5060".to_owned(), number, Auth::None),
            Some(("stranger", number)) => ("203.0.113.9:5060".to_owned(), number, Auth::None),
            _ => (format!("10.0.0.{who}:5060"), who, Auth::Valid { user: who.to_owned() }),
        };
        let auth = match options.iter().find(|o| o.starts_with("auth=")) {
            Some(&"auth=none") => Auth::None,
            Some(&"auth=wrong") => Auth::Wrong,
            Some(&"auth=stale") => Auth::Stale,
            _ => auth,
        };
        let value = |key: &str| options.iter().find_map(|o| o.strip_prefix(key));
        let at: SocketAddr = value("at=").map_or(remote.as_str(), |at| at).parse().expect("an address");
        let offer = (!options.contains(&"nosdp")).then(|| body_of(at, options));
        let replaces = options.iter().find_map(|o| o.strip_prefix("replaces="));
        let replaces =
            replaces.map(|other| sip_api::Replaces { leg: self.leg(other), early_only: options.contains(&"early") });
        let invite = sip_api::Invite {
            from: sip_api::NameAddr { display: "".into(), uri: format!("sip:{from_user}@clinic.demo").into() },
            from_user: from_user.into(),
            auth,
            offer,
            private: options.contains(&"private"),
            vouched: value("diverted=").map(|number| sip_api::Vouched {
                trunk: who.split(':').next().unwrap_or_default().to_owned(),
                diverted: vec![sip_api::Named { user: number.into(), display: "".into() }],
                ..sip_api::Vouched::default()
            }),
            agent: "bench".to_owned(),
            replaces,
            hops: options.iter().find_map(|o| o.strip_prefix("hops=")?.parse().ok()).unwrap_or(sip_api::HOPS - 1),
            gr: value("gr=").map(str::to_owned),
            contact_gruu: value("contact=").map(|gr| (from_user.into(), gr.into())),
            ..sip_api::Invite::new(flow_over(at, options), dialled)
        };
        self.sip(SipEvent::Invite { leg, invite: invite.into() });
    }

    pub(crate) fn register(&mut self, user: &str, options: &[&str]) {
        self.requests += 1;
        let value = |key: &str| options.iter().find_map(|o| o.strip_prefix(key));
        let host = value("host=").unwrap_or(user);
        let at = value("at=").map_or_else(|| format!("10.0.0.{host}:5060"), str::to_owned);
        let at: SocketAddr = at.parse().expect("an address");
        let expires = value("expires=").map_or(3600, |e| e.parse().expect("seconds"));
        let auth = match value("auth=") {
            Some("none") => Auth::None,
            Some("wrong") => Auth::Wrong,
            Some("stale") => Auth::Stale,
            Some(other) => Auth::Valid { user: other.to_owned() },
            None => Auth::Valid { user: user.to_owned() },
        };
        let query = options.contains(&"query") || options.contains(&"all");
        let outbound = value("reg=").is_some();
        let contact = sip_api::Contact {
            priority: value("q=").map_or(1000, |q| q.parse().expect("thousandths")),
            instance: value("device=").map_or_else(String::new, |d| format!("urn:uuid:{d}")),
            reg_id: value("reg=").map_or(0, |r| r.parse().expect("a flow")),
            ..sip_api::Contact::new(
                format!("sip:{user}@{}", value("contact=").map_or(format!("10.0.0.{host}"), str::to_owned)),
                expires,
            )
        };
        let register = sip_api::Register {
            auth,
            outbound,
            wants_gruu: options.contains(&"gruu"),
            path: value("path=").map(|uri| uri.into()).into_iter().collect(),
            contacts: if query { Vec::new() } else { vec![contact] },
            remove_all: options.contains(&"all"),
            call_id: value("call=").map_or_else(|| format!("reg-{host}"), str::to_owned),
            cseq: value("cseq=").map_or(u32::try_from(self.requests).expect("small"), |c| c.parse().expect("cseq")),
            agent: "bench".to_owned(),
            ..sip_api::Register::new(flow_over(at, options), user)
        };
        self.sip(SipEvent::Register { request: RequestId(self.requests), register: register.into() });
    }

    /// `watch 101 dialog 102`: 101 subscribes.
    fn watch(&mut self, user: &str, package: &str, about: &str, options: &[&str]) {
        self.subscriptions += 1;
        let package = sip_api::Package::ALL.into_iter().find(|p| p.name() == package).expect("a package");
        let value = |key: &str| options.iter().find_map(|o| o.strip_prefix(key));
        let remote = value("at=").map_or_else(|| format!("10.0.0.{user}:5060"), str::to_owned);
        let subscribe = sip_api::Subscribe {
            flow: flow(remote.parse().expect("an address")),
            auth: self.auth_of(user, value("auth=")),
            about: about.into(),
            package,
            expires: 300,
            lists: options.contains(&"lists"),
            mixed: !options.contains(&"single"),
            wish: options.iter().position(|o| *o == "wish").map(|at| wish(&options[at + 1..]).into()),
        };
        let subscription = sip_api::SubscriptionId(self.subscriptions);
        self.sip(SipEvent::Subscribe { subscription, subscribe: subscribe.into() });
    }

    /// `press 1 101 quiet on`: in that subscription 101's phone wishes for it.
    fn press(&mut self, subscription: &str, user: &str, words: &[&str]) {
        let remote = format!("10.0.0.{user}:5060");
        let auth = words.iter().find_map(|o| o.strip_prefix("auth="));
        let subscribe = sip_api::Subscribe {
            flow: flow(remote.parse().expect("an address")),
            auth: self.auth_of(user, auth),
            about: "".into(),
            package: sip_api::Package::Features,
            expires: 300,
            lists: false,
            mixed: true,
            wish: Some(wish(words).into()),
        };
        let subscription = sip_api::SubscriptionId(subscription.parse().expect("a subscription"));
        self.sip(SipEvent::Subscribe { subscription, subscribe: subscribe.into() });
    }

    fn auth_of(&self, user: &str, said: Option<&str>) -> Auth {
        match said {
            Some("none") => Auth::None,
            Some("wrong") => Auth::Wrong,
            Some("stale") => Auth::Stale,
            Some(other) => Auth::Valid { user: other.to_owned() },
            None => Auth::Valid { user: user.to_owned() },
        }
    }

    /// `text 101 102 hello`: 101 writes to 102.
    fn text(&mut self, user: &str, to: &str, body: &str, options: &[&str]) {
        self.requests += 1;
        let value = |key: &str| options.iter().find_map(|o| o.strip_prefix(key));
        let remote = value("at=").map_or_else(|| format!("10.0.0.{user}:5060"), str::to_owned);
        let message = sip_api::Message {
            flow: flow(remote.parse().expect("an address")),
            auth: self.auth_of(user, value("auth=")),
            from: sip_api::NameAddr { display: "Whoever".into(), uri: "sip:whoever@clinic.demo".into() },
            to: to.into(),
            content_type: "text/plain".to_owned(),
            body: body.to_owned().into(),
        };
        self.sip(SipEvent::Message { request: RequestId(self.requests), message: message.into() });
    }

    pub(crate) fn place_fax(&mut self, to: &str, as_sound: bool) -> CallId {
        let call = CallId::new(self.now.wall, &mut self.random);
        self.call(call);
        self.seen.insert(call);
        let to = model::Numbering::default().parse(to).expect("a number");
        self.input(Input::Command(Command::PlaceFax { call, to, over: None, as_sound }));
        call
    }

    /// The only call that is up, or the last one there was.
    fn this_call(&self) -> CallId {
        let live = self.pbx.live_calls();
        live.last().map(|c| c.id).or_else(|| self.seen.last().copied()).expect("a call")
    }

    /// A leg as the endpoint reports on it; the endpoint says nothing about legs that are gone.
    pub(crate) fn peer(&mut self, verb: &str, name: &str, options: &[&str]) {
        let leg = self.leg(name);
        let at: SocketAddr = format!("10.0.1.{}:7000", 1 + leg.0 % 200).parse().expect("an address");
        let gone = |reason| SipEvent::Ended { leg, reason };
        let event = match verb {
            "trying" => SipEvent::Trying { leg },
            "ring" => SipEvent::Progress { leg, code: 180, body: None },
            "way" => SipEvent::Progress { leg, code: 183, body: None },
            "early" => SipEvent::Progress { leg, code: 183, body: Some(body_of(at, options)) },
            "pickup" => {
                self.legs.insert(leg, Leg::Up);
                SipEvent::Answered { leg, body: body_of(at, options) }
            }
            "refuse" => {
                self.legs.remove(&leg);
                let code = options.first().and_then(|c| c.parse().ok()).expect("a status");
                let redirect = options.get(1).map(|to| (*to).to_owned().into());
                SipEvent::Refused { leg, code, retry_after: None, redirect }
            }
            "bye" | "cancel" | "lost" => {
                self.legs.remove(&leg);
                self.forget(leg);
                match verb {
                    "bye" => gone(EndReason::Bye),
                    "cancel" => gone(EndReason::Cancelled),
                    _ => gone(EndReason::Lost),
                }
            }
            "refer" => {
                self.referring.insert(leg, false);
                let (dialled, other) = match options {
                    ["replaces", other] => ("", Some(self.leg(other))),
                    [dialled] => (*dialled, None),
                    _ => panic!("refer a 103 | refer a replaces b"),
                };
                let to = format!("sip:{dialled}@clinic.demo").into();
                SipEvent::Refer { leg, refer: sip_api::Refer { to, dialled: dialled.into(), replaces: other } }
            }
            "ack" => SipEvent::Established { leg },
            "ackanswer" => SipEvent::AckAnswer { leg, body: body_of(at, options) },
            "ask" => {
                self.asked.insert(leg);
                let offer = if options.contains(&"nosdp") { sip_api::Body::default() } else { body_of(at, options) };
                SipEvent::Reinvite { leg, offer }
            }
            "agree" => {
                self.asking.remove(&leg);
                SipEvent::ReinviteAnswered { leg, body: body_of(at, options) }
            }
            "disagree" => {
                self.asking.remove(&leg);
                let code = options.first().and_then(|c| c.parse().ok()).unwrap_or(488);
                SipEvent::ReinviteRefused { leg, code }
            }
            "overtaken" => {
                self.asking.remove(&leg);
                SipEvent::ReinviteOvertaken { leg }
            }
            other => panic!("no verb {other}"),
        };
        self.sip(event);
    }

    /// Legs that the endpoint may still report on, with what it may say.
    pub(crate) fn open_legs(&self) -> Vec<(String, Vec<&'static str>)> {
        let says = |leg: &LegId, state: &Leg| -> Vec<&'static str> {
            let mut says = match (leg.is_outgoing(), state) {
                (_, Leg::Offered) => vec!["cancel", "lost", "ask"],
                (_, Leg::Calling) => vec!["ring", "early", "pickup", "refuse", "ask"],
                (_, Leg::Up) if self.asked.contains(leg) => vec!["bye"],
                // "ask" too: after glare the endpoint lets the peer's offer in while ours waits (RFC 3261 section 14.1).
                (_, Leg::Up) if self.asking.contains(leg) => vec!["agree", "disagree", "ask", "bye", "lost"],
                (false, Leg::Up) => vec!["ack", "ackanswer", "ask", "bye", "lost"],
                (true, Leg::Up) => vec!["ackanswer", "ask", "bye", "lost"],
            };
            if *state == Leg::Up && !self.referring.contains_key(leg) {
                says.push("refer");
            }
            says
        };
        self.legs.iter().map(|(leg, state)| (self.name(*leg), says(leg, state))).collect()
    }

    pub(crate) fn run(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
            self.run_line(line);
        }
    }

    pub(crate) fn run_line(&mut self, line: &str) {
        let _ = writeln!(self.log, "> {line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["register", user, options @ ..] => self.register(user, options),
            ["invite", name, who, dialled, options @ ..] => self.invite(name, who, dialled, options),
            ["wait", seconds] => self.wait(Duration::from_millis((seconds.parse::<f64>().expect("s") * 1000.0) as u64)),
            ["fax", to, how @ ..] => {
                self.place_fax(to, how.contains(&"sound"));
            }
            ["underway"] => {
                let call = self.this_call();
                self.input(Input::Command(Command::FaxUnderWay { call }));
            }
            ["faxdone"] => {
                let call = self.this_call();
                self.input(Input::Command(Command::FaxDone { call }));
            }
            ["carried", pages] => {
                let (call, pages) = (self.this_call(), pages.parse().expect("pages"));
                self.input(Input::Command(Command::FaxCarried { call, pages, how: "14400 bit/s".to_owned() }));
            }
            ["watch", user, package, about, options @ ..] => self.watch(user, package, about, options),
            ["press", n, user, words @ ..] => self.press(n, user, words),
            ["taken", n] => {
                let subscription = sip_api::SubscriptionId(n.parse().expect("a subscription"));
                self.sip(SipEvent::Notified { subscription });
            }
            ["refreshed", n, options @ ..] => {
                let subscription = sip_api::SubscriptionId(n.parse().expect("a subscription"));
                let at = options.iter().find_map(|o| o.strip_prefix("at=")).unwrap_or("10.0.0.101:5060");
                let flow = flow(at.parse().expect("an address"));
                self.sip(SipEvent::StateWanted { subscription, flow });
            }
            ["unwatched", n] => {
                let subscription = sip_api::SubscriptionId(n.parse().expect("a subscription"));
                self.sip(SipEvent::Unsubscribed { subscription });
            }
            ["named", name, theirs] => {
                let leg = self.leg(name);
                let (call_id, local_tag) = (format!("call-{name}"), format!("ours-{name}"));
                let dialog = sip_api::DialogId { call_id, local_tag, remote_tag: (*theirs).to_owned() };
                self.sip(SipEvent::Dialog { leg, dialog });
            }
            ["text", user, to, body, options @ ..] => self.text(user, to, body, options),
            ["sent", id, code] => {
                let id = sip_api::SendId(id.parse().expect("a number"));
                self.sip(SipEvent::Sent { id, code: code.parse().expect("a status") });
            }
            ["messages", extension, new, old] => {
                let count = |n: &str| n.parse().expect("how many");
                let mailbox = calls::Mailbox { new: count(new), old: count(old) };
                self.input(Input::Command(Command::Messages { extension: (*extension).to_owned(), mailbox }));
            }
            ["ending"] => self.input(Input::Command(Command::Ending)),
            ["switch", what @ ..] => {
                let switch = switch(what);
                self.input(Input::Command(Command::Switch { order: 1, switch }));
            }
            ["dtmf", name, digits, held @ ..] => {
                let leg = self.leg(name);
                let millis = held.first().map_or(100, |millis| millis.parse().expect("milliseconds"));
                for digit in digits.chars() {
                    if self.legs.contains_key(&leg) {
                        self.sip(SipEvent::Dtmf { leg, digit: digit.into(), millis });
                    }
                }
            }
            ["switches"] => {
                let switches = self.pbx.switches().clone();
                for (extension, own) in switches.people() {
                    let dnd = if own.do_not_disturb { " do-not-disturb" } else { "" };
                    let forward: String =
                        own.forward.iter().map(|(when, to)| format!(" {}>{}", when.word(), to.as_str())).collect();
                    let out_of: String = own.out_of.iter().map(|queue| format!(" out of {queue}")).collect();
                    self.say(format!("{extension}{dnd}{forward}{out_of}"));
                }
                let clinic = &switches.clinic;
                self.say(format!("night {} blocked {}", clinic.night, clinic.blocked.len()));
            }
            ["studio", user, key] => {
                let (user, what) = ((*user).to_owned(), model::Recordable::from_key(key).expect("a key"));
                self.input(Input::Command(Command::RecordByPhone { order: 1, user, what }));
            }
            ["hangup"] => {
                let call = self.this_call();
                self.input(Input::Command(Command::HangUp { call }));
            }
            ["dns", name, said @ ..] => {
                let ips = said.iter().filter_map(|ip| ip.parse().ok()).collect();
                let found = sip::resolve::Records::Addresses(ips);
                let answer = sip::resolve::Answer { records: (*said != ["down"]).then_some((found, 300)) };
                let query = sip::resolve::Query::Addresses((*name).to_owned());
                self.input(Input::Resolved { query, answer });
            }
            ["live"] => {
                for call in self.pbx.live_calls() {
                    let id = self.call(call.id);
                    let next = if call.next_trunks.is_empty() { String::new() } else { " next ".to_owned() };
                    let next = next + &call.next_trunks.join(" ");
                    self.say(format!("{id} {:?} emergency {}{next}", call.phase, call.emergency));
                }
            }
            ["trunks"] => {
                for trunk in self.pbx.trunks() {
                    self.say(format!("{} {}/{} healthy {}", trunk.name, trunk.in_use, trunk.channels, trunk.healthy));
                }
            }
            ["phones"] => {
                for phone in self.pbx.phones() {
                    let silent = if phone.silent > 0 { format!(" {} silent", phone.silent) } else { String::new() };
                    self.say(format!("{} {} phones {}{silent}", phone.extension, phone.phones, phone.agent));
                }
            }
            ["keys", session, came @ ("come" | "gone" | "fail")] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                let suite = media::srtp::Suite::AeadAes128Gcm;
                let came = match *came {
                    "come" => media::Event::Secured { session, suite },
                    "gone" => media::Event::Gone { session },
                    _ => media::Event::NotSecured { session },
                };
                self.input(Input::Media(came));
            }
            ["bindfail", session] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                self.sessions.remove(&session);
                self.input(Input::Media(media::Event::BindFailed { session, port: 0 }));
            }
            ["faxtone", session] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                self.input(Input::Media(media::Event::FaxTone { session }));
            }
            ["played", session, play] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                let play = media::PlayId(play.parse().expect("a play"));
                self.input(Input::Media(media::Event::Played { session, play }));
            }
            ["silent", session] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                self.input(Input::Media(media::Event::Silent { session }));
            }
            ["told", session, packets] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                let packets_in = packets.parse().expect("a number");
                let quality = model::call::LegQuality { packets_in, ..model::call::LegQuality::default() };
                self.input(Input::Media(media::Event::Quality { session, quality }));
            }
            ["sound"] => {
                for call in self.pbx.live_calls() {
                    let id = self.call(call.id);
                    let (caller, callee) = (call.caller_quality.packets_in, call.callee_quality.packets_in);
                    self.say(format!("{id} {caller}/{callee}"));
                }
            }
            ["reload", who] => {
                let left: Vec<&str> = who.split(',').collect();
                let mut settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
                settings.people.retain(|p| left.contains(&p.extension.as_str()));
                settings.trunks.truncate(1);
                let command = Command::Reload { settings: Arc::new(settings), plan: Arc::new(Plan::lifeline()) };
                self.input(Input::Command(command));
            }
            ["block", address, minutes] => {
                let minutes: u64 = minutes.parse().expect("minutes");
                let (source, since) = (address.parse().expect("an address"), self.now.wall);
                let until = since + Duration::from_secs(minutes * 60);
                self.sip(SipEvent::Blocked(Block { source, suspicion: Suspicion::Scanner, since, until, times: 1 }));
            }
            ["forgive", address] => self.sip(SipEvent::Forgiven { source: address.parse().expect("an address") }),
            ["unblock", address] => {
                let source = address.parse().expect("an address");
                self.input(Input::Command(Command::Unblock { source }));
            }
            ["blocks"] => {
                let blocks = self.pbx.defence().blocks;
                let list: Vec<_> = blocks.iter().map(|b| b.source.label()).collect();
                self.say(format!("blocks [{}]", list.join(", ")));
            }
            ["said", room, seconds, end @ ..] => self.said_in_room(room, seconds, end),
            ["tape", answer] => self.tape(answer),
            ["answer", answer @ ..] => self.answer(answer),
            ["callback", words @ ..] => self.callback(words),
            ["played", session] => self.played(session),
            // A key by RFC 4733 or as its tones; `info a 1` is one by INFO.
            ["key", session, digit] => self.key(session, digit),
            ["type", session, digits] => digits.chars().for_each(|d| self.key(session, &d.to_string())),
            ["recorded", session, seconds, end @ ..] => self.recorded(session, seconds, end),
            ["media", "dies"] => self.media_is_dead = true,
            ["trace"] => self.show_trace = true,
            [verb, name, options @ ..] => self.peer(verb, name, options),
            _ => panic!("no such line: {line}"),
        }
    }
}

/// `dnd 101 on`, `forward 101 busy 102`, `forward 101 busy off`, `night`.
fn switch(words: &[&str]) -> Switch {
    let number = |to: &str| Numbering::default().parse(to).expect("a number");
    match words {
        ["night"] => Switch::Night { on: None },
        ["dnd", extension, on] => Switch::DoNotDisturb { extension: (*extension).to_owned(), on: Some(*on == "on") },
        ["block", who] => Switch::Block { number: number(who), on: true },
        ["no-modem", port] => Switch::NoModem { port: (*port).to_owned(), on: true },
        ["forward", extension, when, to] => Switch::Forward {
            extension: (*extension).to_owned(),
            when: Forward::from_word(when).expect("when"),
            to: (*to != "off").then(|| number(to)),
        },
        _ => panic!("no such switch: {words:?}"),
    }
}

/// "quiet on", "always to 103", "busy off", "raw <SetSomething/>".
fn wish(words: &[&str]) -> String {
    let forward = |kind: &str, on: bool, to: &str| {
        format!(
            "<SetForwarding><device/><activateForward>{on}</activateForward><forwardingType>{kind}</forwardingType>\
             <forwardDN>{to}</forwardDN></SetForwarding>"
        )
    };
    let kind = |word: &str| match word {
        "always" => "forwardImmediate",
        "busy" => "forwardBusy",
        "no-answer" => "forwardNoAns",
        other => panic!("no key {other}"),
    };
    match words {
        ["quiet", on, ..] => {
            let on = *on == "on";
            format!("<SetDoNotDisturb><device/><doNotDisturbOn>{on}</doNotDisturbOn></SetDoNotDisturb>")
        }
        ["raw", text, ..] => (*text).to_owned(),
        [key, "to", to, ..] => forward(kind(key), true, to),
        [key, "off", ..] => forward(kind(key), false, ""),
        other => panic!("no wish {other:?}"),
    }
}
