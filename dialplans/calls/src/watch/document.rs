//! What a watcher reads: dialog-info (RFC 4235), PIDF with its person (RFC 3863, RFC 4480), message summaries (RFC 3842), and lists of the
//! first two (RFC 4662).

use std::fmt::Write as _;

use model::call::Party;
use model::{Now, PhoneNumber, Settings};
use sip::api::{Document, Package};

use super::{Busy, Lamp, Lit, Mailbox, State};

/// What one watcher may see.
pub(super) struct View<'a> {
    pub(super) settings: &'a Settings,
    pub(super) now: Now,
    /// Of the document.
    pub(super) version: u32,
    /// Whom calls from and to outside are with.
    pub(super) sees_calls: bool,
}

/// States of a list, in bytes, above which the rest is for the next document. No datagram takes more than 64 KiB, and fewer phones do; with the names
/// of some hundred extensions beside it, this fits.
const LARGE: usize = 16 * 1024;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

impl View<'_> {
    /// How one extension stands.
    pub(super) fn body(&self, package: Package, extension: &str, state: &State) -> String {
        match package {
            Package::Dialog => self.dialog_info(extension, state),
            Package::Presence => self.presence(extension, state),
            Package::MessageSummary => summary(&self.settings.domain, extension, state.mailbox),
            // It is about somebody's own phone, and no list of many.
            Package::Features => String::new(),
        }
    }

    /// How many stand (RFC 4662 section 5): all of them, or those that changed, as far as one document takes them. With it, how many of `news` it
    /// tells, from the first on. The rest is for the next document; where all are to be told, they are named in this one all the same (section
    /// 5.2), only without a state.
    pub(super) fn list(&self, package: Package, name: &str, news: &[(&str, &State)], all: bool) -> (Document, usize) {
        let domain = &self.settings.domain;
        let mut list = format!(
            "{XML}<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"{}\" version=\"{}\" fullState=\"{all}\">\n",
            escape(&self.uri(name)),
            self.version
        );
        let mut parts = String::new();
        let mut told = 0;
        for (extension, state) in news {
            let cid = format!("{extension}.{}@{domain}", self.version);
            let fits = told == 0 || parts.len() < LARGE;
            if fits {
                parts += &part(&cid, package.content_type(), &self.body(package, extension, state));
                told += 1;
            } else if !all {
                break;
            }
            let name = self.settings.extension(extension).map_or("", |p| p.name.expose().as_str());
            let (uri, shown, cid) = (escape(&self.uri(extension)), escape(name), escape(&cid));
            let instance = format!("<instance id=\"{extension}\" state=\"active\" cid=\"{cid}\"/>");
            let instance = if fits { instance.as_str() } else { "" };
            let _ = writeln!(list, "<resource uri=\"{uri}\"><name>{shown}</name>{instance}</resource>");
        }
        list += "</list>\n";
        let root = format!("list.{}@{domain}", self.version);
        let body = format!("{}{parts}--{BOUNDARY}--\r\n", part(&root, "application/rlmi+xml;charset=\"UTF-8\"", &list));
        let content_type =
            format!("multipart/related;type=\"application/rlmi+xml\";start=\"<{root}>\";boundary=\"{BOUNDARY}\"");
        (Document { content_type, body: body.into() }, told)
    }

    fn dialog_info(&self, extension: &str, state: &State) -> String {
        let mut out = format!(
            "{XML}<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{}\" state=\"full\" entity=\"{}\">\n",
            self.version,
            escape(&self.uri(extension))
        );
        let own = Party {
            number: Some(PhoneNumber::Internal(extension.to_owned())),
            name: self.settings.extension(extension).map(|p| p.name.clone()).unwrap_or_default(),
        };
        for lamp in &state.lamps {
            self.dialog(&mut out, lamp, &own);
        }
        out + "</dialog-info>\n"
    }

    /// One call, as the phone of the extension has it: the tag of its own end is the local one.
    fn dialog(&self, out: &mut String, lamp: &Lamp, own: &Party) {
        let direction = if lamp.called { "recipient" } else { "initiator" };
        let lit = match lamp.lit {
            Lit::Trying => "trying",
            Lit::Early => "early",
            Lit::Confirmed => "confirmed",
            Lit::Terminated => "terminated",
        };
        let _ = write!(out, "<dialog id=\"{:x}\" call-id=\"{}\"", lamp.leg.0, escape(&lamp.dialog.call_id));
        for (name, tag) in [("local-tag", &lamp.dialog.remote_tag), ("remote-tag", &lamp.dialog.local_tag)] {
            if !tag.is_empty() {
                let _ = write!(out, " {name}=\"{}\"", escape(tag));
            }
        }
        let _ = write!(out, " direction=\"{direction}\">\n<state>{lit}</state>\n");
        self.end(out, "local", own);
        if self.may_see(&lamp.other) {
            self.end(out, "remote", &lamp.other);
        }
        *out += "</dialog>\n";
    }

    fn end(&self, out: &mut String, side: &str, party: &Party) {
        let uri = escape(&self.uri(party.number.as_ref().map_or("anonymous", PhoneNumber::as_str)));
        let name = escape(party.name.expose());
        let display = if name.is_empty() { String::new() } else { format!(" display=\"{name}\"") };
        let _ = writeln!(out, "<{side}><identity{display}>{uri}</identity><target uri=\"{uri}\"/></{side}>");
    }

    /// Extensions are no secret in the clinic; who calls it from outside is.
    fn may_see(&self, other: &Party) -> bool {
        self.sees_calls || matches!(other.number, Some(PhoneNumber::Internal(_)))
    }

    fn presence(&self, extension: &str, state: &State) -> String {
        let basic = if state.reachable { "open" } else { "closed" };
        let (activity, note) = match state.busy() {
            _ if !state.reachable => ("<rpid:away/>", "No phone"),
            Some(Busy::Talks) => ("<rpid:on-the-phone/>", "On the phone"),
            Some(Busy::Rings) => ("<rpid:on-the-phone/>", "Ringing"),
            None if state.own.do_not_disturb => ("<rpid:busy/>", "Do not disturb"),
            None => ("", "Free"),
        };
        let uri = escape(&self.uri(extension));
        format!(
            "{XML}<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
             xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"{uri}\">\n\
             <tuple id=\"t{extension}\"><status><basic>{basic}</basic></status><contact>{uri}</contact><note>{note}</note>\
             <timestamp>{}</timestamp></tuple>\n\
             <dm:person id=\"p{extension}\"><rpid:activities>{activity}</rpid:activities><dm:note>{note}</dm:note></dm:person>\n\
             </presence>\n",
            self.now.wall.timestamp()
        )
    }

    fn uri(&self, user: &str) -> String {
        format!("sip:{user}@{}", self.settings.domain)
    }
}

/// RFC 3842 section 5.2.
pub(super) fn summary(domain: &str, extension: &str, mailbox: Mailbox) -> String {
    let waiting = if mailbox.new > 0 { "yes" } else { "no" };
    format!(
        "Messages-Waiting: {waiting}\r\nMessage-Account: sip:{extension}@{domain}\r\nVoice-Message: {}/{} (0/0)\r\n",
        mailbox.new, mailbox.old
    )
}

/// Between the parts of a list. No part holds it: all text in them is ours, or escaped.
const BOUNDARY: &str = "frontdesk-part";

fn part(cid: &str, content_type: &str, body: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>\r\nContent-Type: {content_type}\r\n\r\n{body}\r\n"
    )
}

/// Text as XML holds it, in an attribute too. What no XML may hold is left out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
