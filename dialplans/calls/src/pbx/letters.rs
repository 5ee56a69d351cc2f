//! Messages of text between extensions (RFC 3428): handed to the phones of the other side at once, or refused. Nothing is stored, and
//! nothing of a message is ever logged.

use model::{Now, PhoneNumber, Pii};
use sip::api::{self as sip_api, Content, NameAddr, RequestId, SendId, Sending};
use sip::wire::Uri;

use crate::api::Output;
use crate::door;
use crate::guard::Unproved;
use crate::pbx::Pbx;
use crate::registrar::{Bound, Registrar, Way};
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
    Letter(u64, Box<Handing>),
    /// Is the phone there?
    Qualify { user: String, way: Way },
    /// So many messages wait.
    Summary { extension: String, way: Way, said: Mailbox },
    /// Why nothing came of the key that was pressed there.
    Told { way: Way },
    /// Somebody calls for help.
    Help(Box<Handing>),
}

/// A text that a device is handed, by one of the ways that lead there after the other: the newest first, and another only when that has failed
/// (RFC 5626 section 7).
#[derive(Debug)]
pub(crate) struct Handing {
    user: String,
    /// Which device it is, or empty: that has one way.
    instance: String,
    tried: Vec<Way>,
    sending: Sending,
}

/// Ways that are tried. A device has no more at once, and one that comes back by a new one again and again is not followed for ever.
const MAX_TRIED: usize = 5;

impl Handing {
    pub(crate) fn new(user: &str, device: &Bound, from: NameAddr, to: NameAddr, content: Content) -> Box<Self> {
        let (instance, tried) = (device.instance.clone(), vec![device.way()]);
        Box::new(Self { user: user.to_owned(), instance, tried, sending: sending(device, from, to, content) })
    }

    /// The same by the next way, if there is one.
    fn by_the_next(mut self: Box<Self>, registrar: &Registrar) -> Option<Box<Self>> {
        let is_other = |b: &&Bound| b.instance == self.instance && !self.tried.contains(&b.way());
        let may = !self.instance.is_empty() && self.tried.len() < MAX_TRIED;
        let bound = registrar.in_order(&self.user).into_iter().find(is_other).filter(|_| may)?;
        self.tried.push(bound.way());
        (self.sending.uri, self.sending.flow) = (bound.contact.clone(), bound.flow);
        self.sending.route = bound.path.clone();
        Some(self)
    }
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
        let to =
            NameAddr { display: person.name.clone(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
        let content = Content::Message { content_type: message.content_type.clone(), body: message.body.clone() };
        let devices = self.registrar.devices(&person.user);
        let hand = |device: &&Bound| Handing::new(&person.user, device, from.clone(), to.clone(), content.clone());
        let handed: Vec<_> = devices.iter().map(hand).collect();
        if handed.is_empty() {
            return Err(480);
        }
        let letter = self.next_errand;
        self.letters.insert(letter, Letter { request, waiting: handed.len(), code: 480 });
        for handing in handed {
            self.hand(handing, |handing| Errand::Letter(letter, handing));
        }
        Ok(())
    }

    /// Sends it, by the way that is its turn.
    pub(super) fn hand(&mut self, handing: Box<Handing>, errand: impl FnOnce(Box<Handing>) -> Errand) {
        let id = SendId(self.next_errand);
        self.next_errand += 1;
        let sending = handing.sending.clone().into();
        self.errands.insert(id, errand(handing));
        self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending }));
    }

    /// A request of ours came to its end.
    pub(crate) fn on_sent(&mut self, id: SendId, code: u16) {
        match self.errands.remove(&id) {
            Some(Errand::Letter(letter, handing)) => self.letter_went(letter, handing, code),
            Some(Errand::Qualify { user, way }) => self.qualified(&user, &way, code != 408 && code != 503),
            Some(Errand::Summary { extension, way, said }) => self.summary_said(&extension, &way, said, code),
            Some(Errand::Help(handing)) if matches!(code, 408 | 430 | 503) => {
                if let Some(next) = handing.by_the_next(&self.registrar) {
                    self.hand(next, Errand::Help);
                }
            }
            Some(Errand::Told { .. } | Errand::Help(_)) | None => {}
        }
    }

    /// The first phone that takes it decides; if none does, what the last one said.
    fn letter_went(&mut self, number: u64, handing: Box<Handing>, code: u16) {
        let Some(letter) = self.letters.get_mut(&number) else { return };
        // After half a minute of silence its sender does not wait for another way any more, and takes it for lost.
        if matches!(code, 430 | 503)
            && let Some(next) = handing.by_the_next(&self.registrar)
        {
            return self.hand(next, |handing| Errand::Letter(number, handing));
        }
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
