//! Messages of text between extensions (RFC 3428): handed to the phones of the other side at once, or refused. Nothing is stored, and
//! nothing of a message is ever logged.

use model::{Now, PhoneNumber, Pii};
use sip::api::{self as sip_api, Content, NameAddr, RequestId, SendId, Sending};
use sip::wire::Uri;

use crate::api::Output;
use crate::door;
use crate::guard::Unproved;
use crate::pbx::Pbx;
use crate::registrar::{Bound, Way};
use crate::watch::Mailbox;

/// Messages under way at once; each ends after 32 s at the latest. A clinic whose staff writes more has a storm, and the phones ask again.
const MAX_LETTERS: usize = 200;

/// A message that phones are being handed.
#[derive(Debug)]
pub(crate) struct Letter {
    request: RequestId,
    /// Phones that have not said anything yet.
    waiting: usize,
    /// What those that refused have said last.
    code: u16,
}

/// What a request that we sent is for.
#[derive(Debug)]
pub(crate) enum Errand {
    /// The message of this number.
    Letter(u64),
    /// Is the phone there?
    Qualify { user: String, way: Way },
    /// So many messages wait.
    Summary { extension: String, contact: Pii<String>, said: Mailbox },
    /// Why nothing came of the key that was pressed there.
    Told { contact: Pii<String> },
    /// Somebody calls for help.
    Help,
}

impl Pbx {
    pub(crate) fn on_message(&mut self, now: Now, request: RequestId, message: &sip_api::Message) {
        let command = match self.sender(now, message) {
            Ok(from) => match self.hand_out(request, from, message) {
                Ok(()) => return,
                Err(code) => sip_api::Command::Reject { request, code },
            },
            Err(Unproved::Challenge { stale }) => sip_api::Command::Challenge { request, stale },
            Err(Unproved::Refuse { code }) => sip_api::Command::Reject { request, code },
        };
        self.out.push_back(Output::Sip(command));
    }

    /// As whom it goes on: one of the clinic's people says who they are by what they proved, not by what their phone writes.
    fn sender(&mut self, now: Now, message: &sip_api::Message) -> Result<NameAddr, Unproved> {
        if self.site.settings.phones.trunk_messages && door::is_trunk(&self.site, &self.servers, &message.flow) {
            return Ok(self.outside(message));
        }
        let user = self.proved(now, &message.auth, &message.flow)?;
        let settings = &self.site.settings;
        let name = settings.person(&user).map(|p| p.name.clone()).unwrap_or_default();
        Ok(NameAddr { display: name, uri: format!("sip:{user}@{}", settings.domain).into() })
    }

    /// A carrier can name any outside number; what looks like an extension of ours from there is a lie.
    fn outside(&self, message: &sip_api::Message) -> NameAddr {
        let settings = &self.site.settings;
        let claimed = Uri::parse(message.from.uri.expose().as_bytes()).map(|uri| uri.user()).unwrap_or_default();
        let number = settings.numbering.parse(&claimed).ok().filter(|n| matches!(n, PhoneNumber::E164(_)));
        let user = number.as_ref().map_or("anonymous", PhoneNumber::as_str);
        NameAddr { display: Pii::default(), uri: format!("sip:{user}@{}", settings.domain).into() }
    }

    /// Hands it to each device of whom it is for. The error is the status to refuse with.
    fn hand_out(&mut self, request: RequestId, from: NameAddr, message: &sip_api::Message) -> Result<(), u16> {
        let settings = &self.site.settings;
        let name = message.to.expose().as_str();
        let person = settings.extension(name).or_else(|| settings.person(name)).ok_or(404u16)?;
        if self.letters.len() >= MAX_LETTERS {
            return Err(503);
        }
        let devices = self.registrar.devices(&person.user);
        if devices.is_empty() {
            return Err(480);
        }
        let to =
            NameAddr { display: person.name.clone(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
        let letter = self.next_errand;
        self.letters.insert(letter, Letter { request, waiting: devices.len(), code: 480 });
        for bound in devices {
            let content = Content::Message { content_type: message.content_type.clone(), body: message.body.clone() };
            let sending = sending(bound, from.clone(), to.clone(), content);
            let id = SendId(self.next_errand);
            self.next_errand += 1;
            self.errands.insert(id, Errand::Letter(letter));
            self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending: sending.into() }));
        }
        Ok(())
    }

    /// A request of ours came to its end.
    pub(crate) fn on_sent(&mut self, id: SendId, code: u16) {
        match self.errands.remove(&id) {
            Some(Errand::Letter(letter)) => self.letter_went(letter, code),
            Some(Errand::Qualify { user, way }) => self.qualified(&user, &way, code != 408 && code != 503),
            Some(Errand::Summary { extension, contact, said }) => self.summary_said(&extension, &contact, said, code),
            Some(Errand::Told { .. } | Errand::Help) | None => {}
        }
    }

    /// The first phone that takes it decides; if none does, what the last one said.
    fn letter_went(&mut self, number: u64, code: u16) {
        let Some(letter) = self.letters.get_mut(&number) else { return };
        letter.waiting -= 1;
        // A phone that did not answer is one that is not there. (RFC 4320 section 4.2: 408 would come when nobody waits any more.)
        if (300..700).contains(&code) && !matches!(code, 408 | 503) {
            letter.code = code;
        }
        let (request, done) = (letter.request, code < 300);
        let command = match (done, letter.waiting) {
            (true, _) => sip_api::Command::AcceptMessage { request },
            (false, 0) => sip_api::Command::Reject { request, code: letter.code.max(400) },
            (false, _) => return,
        };
        self.letters.remove(&number);
        self.out.push_back(Output::Sip(command));
    }
}

/// A request to a phone, by the way that it registered.
pub(crate) fn sending(bound: &Bound, from: NameAddr, to: NameAddr, content: Content) -> Sending {
    let (uri, flow, route) = (bound.contact.clone(), bound.flow, bound.path.clone());
    Sending { uri, flow, route, from, to, content }
}
