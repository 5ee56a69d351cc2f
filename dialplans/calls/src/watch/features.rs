//! What the keys of a phone's own switch, as the phone writes and reads it: do-not-disturb and forwarding in the words of CSTA (ECMA-323),
//! as BroadWorks' device feature key synchronization uses them. There is no RFC of it; phones of most makers have it.
//!
//! A phone that presses a key sends a wish, and shows what it is told then. So a wish that is refused comes back as how it stands.

use std::collections::BTreeSet;

use model::switches::{Forward, PersonSwitches};
use model::{PhoneNumber, Pii};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sip::api::{Document, Package};
use sip::wire::Uri;

use super::document::escape;

/// Elements in elements that a wish may have: it has two, and private ones of makers a few more.
const MAX_DEPTH: usize = 8;
/// The longest text of an element that is read: a SIP URI of a number.
const MAX_TEXT: usize = 128;
/// Between the documents of one body. None of them holds it: all text in them is ours, or escaped.
const BOUNDARY: &str = "frontdesk-part";
/// A Poly phone restarts at a document without it, and reads no other.
const NAMESPACE: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";

/// What phones have a key for. That nobody is there has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feature {
    DoNotDisturb,
    Forward(Forward),
}

impl Feature {
    pub(crate) const ALL: [Self; 4] = [
        Self::DoNotDisturb,
        Self::Forward(Forward::Always),
        Self::Forward(Forward::Busy),
        Self::Forward(Forward::NoAnswer),
    ];

    /// True if it stands otherwise than before.
    pub(crate) fn differs(self, before: &PersonSwitches, now: &PersonSwitches) -> bool {
        match self {
            Self::DoNotDisturb => before.do_not_disturb != now.do_not_disturb,
            Self::Forward(when) => before.forward(when) != now.forward(when),
        }
    }
}

/// What a phone wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    DoNotDisturb(bool),
    /// `to`: what its user typed, none to end it.
    Forward {
        when: Forward,
        to: Option<Pii<String>>,
    },
    /// A feature that we do not have.
    Unknown,
}

/// It is no wish at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads a wish. Whatever namespace and order its elements have, since makers differ; what is not known in it is passed over.
pub(crate) fn read(body: &[u8]) -> Result<Wish, Malformed> {
    let text = text_of(body);
    let mut found = Found::default();
    let mut path: Vec<String> = Vec::new();
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().map_err(|_| Malformed)? {
            Event::Start(tag) => found.enters(&mut path, &tag)?,
            Event::Empty(tag) => {
                found.enters(&mut path, &tag)?;
                path.pop();
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(part) => found.says(&path, &part.decode().map_err(|_| Malformed)?)?,
            Event::CData(part) => found.says(&path, &part.decode().map_err(|_| Malformed)?)?,
            Event::GeneralRef(reference) => {
                let named = reference.decode().map_err(|_| Malformed)?;
                let known = match named.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().map_err(|_| Malformed)?,
                };
                found.says(&path, known.ok_or(Malformed)?.encode_utf8(&mut [0; 4]))?;
            }
            // No phone sends one, and what it would define is how such readers are made to read more than came.
            Event::DocType(_) => return Err(Malformed),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if path.is_empty() => return found.wish(),
            Event::Eof => return Err(Malformed),
        }
    }
}

/// Phones write UTF-8, or the Latin-1 that they declare.
fn text_of(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => body.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn name_of(tag: &BytesStart<'_>) -> Result<String, Malformed> {
    let name = std::str::from_utf8(tag.local_name().into_inner()).map_err(|_| Malformed)?.to_owned();
    if name.len() > MAX_TEXT { Err(Malformed) } else { Ok(name) }
}

/// What stood in a document so far.
#[derive(Default)]
struct Found {
    root: Option<String>,
    on: Option<String>,
    activate: Option<String>,
    when: Option<String>,
    to: Option<String>,
}

impl Found {
    /// An element begins.
    fn enters(&mut self, path: &mut Vec<String>, tag: &BytesStart<'_>) -> Result<(), Malformed> {
        if path.len() >= MAX_DEPTH || (path.is_empty() && self.root.is_some()) {
            return Err(Malformed);
        }
        path.push(name_of(tag)?);
        match path.as_slice() {
            [root] => self.root = Some(root.clone()),
            [_, name] => {
                if let Some(field) = self.field(name) {
                    field.get_or_insert_default();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Text inside an element.
    fn says(&mut self, path: &[String], text: &str) -> Result<(), Malformed> {
        let [_, name] = path else {
            // Beside the document there is only white space.
            return if path.is_empty() && !text.trim().is_empty() { Err(Malformed) } else { Ok(()) };
        };
        let Some(Some(field)) = self.field(name) else { return Ok(()) };
        if field.len() + text.len() > MAX_TEXT {
            return Err(Malformed);
        }
        field.push_str(text);
        Ok(())
    }

    fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "doNotDisturbOn" => Some(&mut self.on),
            "activateForward" => Some(&mut self.activate),
            "forwardingType" => Some(&mut self.when),
            "forwardDN" => Some(&mut self.to),
            _ => None,
        }
    }

    fn wish(self) -> Result<Wish, Malformed> {
        match self.root.as_deref() {
            Some("SetDoNotDisturb") => Ok(Wish::DoNotDisturb(truth(self.on.as_deref())?)),
            Some("SetForwarding") => {
                let on = truth(self.activate.as_deref())?;
                let when = match self.when.as_deref().map(str::trim) {
                    // BroadWorks' word, and the one that its documents also have for it.
                    Some("forwardImmediate" | "forwardAlways") => Forward::Always,
                    Some("forwardBusy") => Forward::Busy,
                    Some("forwardNoAns") => Forward::NoAnswer,
                    Some(_) => return Ok(Wish::Unknown),
                    None => return Err(Malformed),
                };
                let to = on.then(|| number(self.to.as_deref().unwrap_or_default()).into());
                Ok(Wish::Forward { when, to })
            }
            Some(_) => Ok(Wish::Unknown),
            None => Err(Malformed),
        }
    }
}

/// A boolean as XML Schema has it.
fn truth(text: Option<&str>) -> Result<bool, Malformed> {
    match text.map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        _ => Err(Malformed),
    }
}

/// The number alone, also of a URI.
fn number(text: &str) -> String {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    match Uri::parse(text.as_bytes()) {
        Ok(uri) if !uri.user().is_empty() => uri.user(),
        _ => text.to_owned(),
    }
}

/// How these stand: one document, or several in one body.
pub(crate) fn document(extension: &str, own: &PersonSwitches, features: &BTreeSet<Feature>) -> Document {
    let kind = Package::Features.content_type();
    let all: Vec<String> = features.iter().map(|feature| one(extension, own, *feature)).collect();
    if let [only] = all.as_slice() {
        return Document { content_type: kind.to_owned(), body: only.clone().into() };
    }
    let part = |(n, body): (usize, &String)| {
        let length = body.len();
        format!(
            "--{BOUNDARY}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nContent-ID: <{n}@{extension}>\r\n\r\n{body}\r\n"
        )
    };
    let parts: String = all.iter().enumerate().map(part).collect();
    let content_type = format!("multipart/mixed;boundary=\"{BOUNDARY}\"");
    Document { content_type, body: format!("{parts}--{BOUNDARY}--\r\n").into() }
}

/// How one stands. A phone keeps nothing of an element that is missing, so whom calls went to is only there while they do.
fn one(extension: &str, own: &PersonSwitches, feature: Feature) -> String {
    let device = escape(extension);
    let (root, rest) = match feature {
        Feature::DoNotDisturb => {
            ("DoNotDisturbEvent", format!("<doNotDisturbOn>{}</doNotDisturbOn>", own.do_not_disturb))
        }
        Feature::Forward(when) => {
            let to = own.forward(when).map(PhoneNumber::as_str);
            let kind = match when {
                Forward::Always => "forwardImmediate",
                Forward::Busy => "forwardBusy",
                Forward::NoAnswer | Forward::Unreachable | Forward::Also => "forwardNoAns",
            };
            let target = to.map_or_else(String::new, |to| format!("<forwardTo>{}</forwardTo>", escape(to)));
            let on = to.is_some();
            (
                "ForwardingEvent",
                format!("<forwardingType>{kind}</forwardingType><forwardStatus>{on}</forwardStatus>{target}"),
            )
        }
    };
    // The encoding that phones know of BroadWorks; there is nothing but ASCII in it.
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<{root} xmlns=\"{NAMESPACE}\"><device>{device}</device>{rest}</{root}>\n"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn forward(when: Forward, to: Option<&str>) -> Result<Wish, Malformed> {
        Ok(Wish::Forward { when, to: to.map(Into::into) })
    }

    /// The forms in which phones and servers are known to write it.
    #[test]
    fn what_phones_write() {
        let begin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n";
        let ns = "xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\"";
        let quiet = |inner: &str| read(format!("{begin}<SetDoNotDisturb {ns}>{inner}</SetDoNotDisturb>").as_bytes());
        let on = "<doNotDisturbOn>true</doNotDisturbOn>";
        assert_eq!(quiet(&format!("<device></device>{on}")), Ok(Wish::DoNotDisturb(true)));
        assert_eq!(quiet(&format!("<device/>\r\n  {on}\r\n")), Ok(Wish::DoNotDisturb(true)));
        assert_eq!(quiet(&format!("{on}<device>7659366</device>")), Ok(Wish::DoNotDisturb(true)));
        assert_eq!(quiet("<doNotDisturbOn> 0 </doNotDisturbOn>"), Ok(Wish::DoNotDisturb(false)));
        assert_eq!(quiet("<doNotDisturbOn><![CDATA[TRUE]]></doNotDisturbOn>"), Ok(Wish::DoNotDisturb(true)));
        let sent = |inner: &str| read(format!("<SetForwarding {ns}>{inner}</SetForwarding>").as_bytes());
        for (word, when) in [
            ("forwardImmediate", Forward::Always),
            ("forwardAlways", Forward::Always),
            ("forwardBusy", Forward::Busy),
            ("forwardNoAns", Forward::NoAnswer),
        ] {
            let kind = format!("<device/><forwardingType>{word}</forwardingType>");
            let (on, off) =
                ("<activateForward>true</activateForward>", "<activateForward>false</activateForward><ringCount/>");
            for (number, read) in [
                ("102", "102"),
                ("sip:102@clinic.demo;user=phone", "102"),
                ("&lt;sip:+12025550188@clinic.demo&gt;", "+12025550188"),
                ("tel:+12025550188", "+12025550188"),
                ("*&#52;3", "*43"),
                ("", ""),
            ] {
                let text = format!("{kind}{on}<forwardDN>{number}</forwardDN><ringCount>4</ringCount>");
                assert_eq!(sent(&text), forward(when, Some(read)), "{number}");
            }
            assert_eq!(sent(&format!("{kind}{off}<forwardDN>102</forwardDN>")), forward(when, None));
            assert_eq!(sent(&format!("{kind}{off}")), forward(when, None));
        }
        // Prefixes, Latin-1 in what we pass over, and features of others.
        let prefixed = "<c:SetDoNotDisturb xmlns:c='x'><c:doNotDisturbOn>1</c:doNotDisturbOn></c:SetDoNotDisturb>";
        assert_eq!(read(prefixed.as_bytes()), Ok(Wish::DoNotDisturb(true)));
        let latin =
            b"<SetDoNotDisturb><device>Empf\xe4nger</device><doNotDisturbOn>1</doNotDisturbOn></SetDoNotDisturb>";
        assert_eq!(read(latin), Ok(Wish::DoNotDisturb(true)));
        assert_eq!(read(b"<SetAgentState/>"), Ok(Wish::Unknown));
        assert_eq!(
            read(b"<SetAgentState><requestedAgentState>ready</requestedAgentState></SetAgentState>"),
            Ok(Wish::Unknown)
        );
        let other = "<forwardingType>forwardDND</forwardingType><activateForward>true</activateForward>";
        assert_eq!(sent(other), Ok(Wish::Unknown));
    }

    #[test]
    fn what_is_no_wish() {
        let deep = format!("{}{}", "<a>".repeat(50), "</a>".repeat(50));
        let long = format!("<SetForwarding><forwardDN>{}</forwardDN></SetForwarding>", "1".repeat(500));
        for bad in [
            "",
            "   ",
            "hello",
            "<SetDoNotDisturb>",
            "<SetDoNotDisturb></SetDoNotDisturb>",
            "<SetDoNotDisturb/>",
            "<SetDoNotDisturb><doNotDisturbOn>perhaps</doNotDisturbOn></SetDoNotDisturb>",
            "<SetDoNotDisturb><doNotDisturbOn>true</doNotDisturb></SetDoNotDisturb>",
            "<SetDoNotDisturb><x><doNotDisturbOn>true</doNotDisturbOn></x></SetDoNotDisturb>",
            "<SetDoNotDisturb><doNotDisturbOn>&on;</doNotDisturbOn></SetDoNotDisturb>",
            "<!DOCTYPE a [<!ENTITY on \"true\">]><SetDoNotDisturb><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>",
            "<SetForwarding><activateForward>true</activateForward><forwardDN>102</forwardDN></SetForwarding>",
            "<SetDoNotDisturb><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb><a></a>",
            &deep,
            &long,
        ] {
            assert_eq!(read(bad.as_bytes()), Err(Malformed), "{bad}");
        }
    }

    fn switches() -> impl Strategy<Value = PersonSwitches> {
        let number = "[0-9*+<&\"'#é]{1,20}".prop_map(PhoneNumber::Service);
        let forwards = proptest::collection::btree_map(proptest::sample::select(Forward::ALL.to_vec()), number, 0..4);
        (any::<bool>(), forwards).prop_map(|(do_not_disturb, forward)| PersonSwitches {
            do_not_disturb,
            forward,
            ..PersonSwitches::default()
        })
    }

    /// What a phone reads and sends back as it read it.
    fn echoed(told: &str) -> String {
        let asks = [
            ("DoNotDisturbEvent", "SetDoNotDisturb"),
            ("ForwardingEvent", "SetForwarding"),
            ("forwardStatus", "activateForward"),
            ("forwardTo", "forwardDN"),
        ];
        asks.iter().fold(told.to_owned(), |text, (told, asked)| text.replace(told, asked))
    }

    proptest! {
        #[test]
        fn nothing_that_comes_is_more_than_refused(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&body);
        }

        #[test]
        fn nothing_like_a_wish_is_more_than_refused(
            body in "(<|</|<!|&|>|/>|SetForwarding|SetDoNotDisturb|forwardDN|doNotDisturbOn|true|;|#x4|\\[CDATA\\[|\\]\\]>|--| ){0,40}",
        ) {
            let _ = read(body.as_bytes());
        }

        #[test]
        fn a_phone_that_sends_back_what_it_was_told_changes_nothing(own in switches()) {
            for feature in Feature::ALL {
                let told = document("101", &own, &BTreeSet::from([feature]));
                let told = std::str::from_utf8(&told.body).expect("text");
                let expected = match feature {
                    Feature::DoNotDisturb => Wish::DoNotDisturb(own.do_not_disturb),
                    Feature::Forward(when) => {
                        Wish::Forward { when, to: own.forward(when).map(|to| number(to.as_str()).into()) }
                    }
                };
                prop_assert_eq!(read(echoed(told).as_bytes()), Ok(expected));
            }
        }

        #[test]
        fn several_are_each_as_alone(own in switches()) {
            let all = document("101", &own, &Feature::ALL.into());
            let text = String::from_utf8(all.body.to_vec()).expect("text");
            let parts: Vec<&str> = text.split("--frontdesk-part").collect();
            prop_assert_eq!((parts.len(), parts[0], parts[5]), (6, "", "--\r\n"));
            for (feature, part) in Feature::ALL.into_iter().zip(&parts[1..]) {
                let alone = document("101", &own, &BTreeSet::from([feature]));
                let alone = String::from_utf8(alone.body.to_vec()).expect("text");
                let (head, body) = part.split_once("\r\n\r\n").expect("a head");
                prop_assert_eq!(body.strip_suffix("\r\n"), Some(alone.as_str()));
                let length = format!("Content-Length: {}", alone.len());
                prop_assert!(head.contains(&length), "{}", head);
            }
        }
    }
}
