//! SUBSCRIBE and its NOTIFYs: we are the notifier (RFC 6665).

use std::time::Duration;

use bytes::Bytes;
use model::Pii;

use super::Endpoint;
use super::answer::{IN_SUBSCRIPTION, allow_events, capabilities};
use super::incoming::accepts;
use crate::admission::RETRY_AFTER;
use crate::api::{Auth, Body, Document, EndOfSubscription, Event, Flow, Package, Subscribe, SubscriptionId};
use crate::dialog::{Dialog, contact, listening};
use crate::subscription::{LONGEST, SHORTEST, Subscription};
use crate::transaction::client::Purpose;
use crate::transaction::server::User;
use crate::transaction::timer::{GIVE_UP, Owner, Timer};
use crate::wire::{EventType, Method, Name, Request, lex};

/// What a list is told in (RFC 4662): both types must be read by who wants one.
const LIST_TYPES: [&str; 2] = ["multipart/related", "application/rlmi+xml"];
/// The longest wish that is read. Those of phones have some 500 bytes.
const LONGEST_WISH: usize = 4096;
/// All timers that a subscription can have.
const SUBSCRIPTION_TIMERS: [Timer; 2] = [Timer::Subscription, Timer::TellAgain];
/// Several documents in one.
const MIXED: &str = "multipart/mixed";

impl Endpoint {
    /// A SUBSCRIBE that names no dialog: a new subscription.
    pub(super) fn subscribe(&mut self, flow: Flow, request: Request) {
        let Some(package) = package(&request) else {
            return self.stateless(flow, &request.message, 489, allow_events);
        };
        let lists = request.supports("eventlist") && LIST_TYPES.iter().all(|t| accepts(&request, t));
        if !accepts(&request, package.content_type()) && !lists {
            return self.stateless(flow, &request.message, 406, |writer| writer);
        }
        let Ok(expires) = lifetime(&request) else {
            return self.stateless(flow, &request.message, 423, |w| w.number("Min-Expires", SHORTEST));
        };
        let wish = match wish(&request, package) {
            Ok(wish) => wish,
            Err(code) => {
                let accept = package.content_type().as_bytes();
                return self.stateless(flow, &request.message, code, |w| w.header("Accept", &[accept]));
            }
        };
        if self.subscriptions.len() >= self.config.max_subscriptions {
            return self.busy(flow, &request.message);
        }
        let tag = self.random.hex(8);
        // Where it registers too.
        let at = listening(flow, &request);
        let (Some(dialog), Some(uri)) = (Dialog::incoming(&request, &tag, at), request.uri()) else {
            return self.stateless(flow, &request.message, 400, |writer| writer);
        };
        let about = uri.user().into();
        let mixed = accepts(&request, MIXED);
        let auth = self.evaluate(flow, &request);
        self.judge_sender(flow, &auth, &request);
        let owner = match &auth {
            Auth::Valid { user } => Some(user.clone()),
            _ => None,
        };
        let event = Bytes::copy_from_slice(request.message.value(Name::Event).unwrap_or_default());
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        let subscription = self.subscriptions.insert(Subscription {
            dialog,
            owner,
            event,
            package,
            accepted: false,
            asked: Some((server, expires)),
            list: false,
            until: self.cx.now,
            last: false,
            under_way: false,
            wanted: false,
            owed: false,
        });
        let subscribe = Subscribe { flow: at, auth, about, package, expires, lists, mixed, wish };
        self.cx.tell(Event::Subscribe { subscription, subscribe: subscribe.into() });
    }

    pub(super) fn accept_subscription(&mut self, id: SubscriptionId, list: bool) {
        let Some(found) = self.subscriptions.find(id) else { return };
        let Some((server, expires)) = found.asked.take() else { return };
        let first = !std::mem::replace(&mut found.accepted, true);
        if first {
            found.list = list;
        }
        let list = found.list;
        found.until = self.cx.now + Duration::from_secs(expires.into());
        found.last = expires == 0;
        let flow = found.dialog.flow;
        self.watch(id);
        // What makes a dialog stands in the answer to the first alone.
        let routes: Vec<Vec<u8>> = match self.servers.find(server).and_then(|s| s.request.as_deref()) {
            Some(request) if first => request.message.values(Name::RecordRoute).map(<[u8]>::to_vec).collect(),
            Some(_) | None => Vec::new(),
        };
        self.answer_with(server, 200, |writer| {
            let writer = routes.iter().fold(writer, |writer, route| writer.header("Record-Route", &[route]));
            let writer = writer.number("Expires", expires).header("Contact", &[contact(flow).as_bytes()]);
            if list { writer.header("Require", &[b"eventlist"]).end() } else { writer.end() }
        });
    }

    pub(super) fn challenge_subscription(&mut self, id: SubscriptionId, stale: bool) {
        if let Some(server) = self.take_unanswered(id) {
            self.challenge(server, stale);
        }
    }

    pub(super) fn refuse_subscription(&mut self, id: SubscriptionId, code: u16) {
        let Some(server) = self.take_unanswered(id) else { return };
        self.answer_with(server, code.clamp(300, 699), |writer| match code {
            // A list was meant, and its reader did not say that it can read one (RFC 4662 section 4.4).
            421 => writer.header("Require", &[b"eventlist"]).end(),
            503 => writer.number("Retry-After", RETRY_AFTER).end(),
            _ => writer.end(),
        });
    }

    fn take_unanswered(&mut self, id: SubscriptionId) -> Option<u64> {
        let found = self.subscriptions.find(id)?;
        let (server, _) = found.asked.take()?;
        if !found.accepted {
            self.subscriptions.remove(id);
        }
        Some(server)
    }

    /// A request inside a subscription's dialog: it is refreshed, or ended (section 4.2.1.3). Given back, if it is no subscription's.
    pub(super) fn inside_subscription(&mut self, flow: Flow, request: Request) -> Option<Request> {
        let known = request.to_tag.as_deref().and_then(|tag| self.subscriptions.by_tag(tag));
        let Some((id, found)) = known.filter(|(_, s)| s.dialog.is_of(&request)) else { return Some(request) };
        if found.dialog.remote_cseq.is_some_and(|last| request.cseq <= last) {
            self.stateless(flow, &request.message, 500, |writer| writer);
            return None;
        }
        if self.servers.len() >= self.config.max_transactions.saturating_mul(2) {
            self.busy(flow, &request.message);
            return None;
        }
        found.dialog.remote_cseq = Some(request.cseq);
        let flow = found.dialog.path_of(flow, &request);
        found.dialog.heard_by(flow);
        let tag = found.dialog.local_tag.clone();
        match request.method {
            Method::Subscribe => self.resubscribed(id, flow, request, tag),
            method => {
                let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
                let code = if method == Method::Options { 200 } else { 405 };
                self.answer_with(server, code, |writer| match method {
                    Method::Options => capabilities(writer, IN_SUBSCRIPTION).end(),
                    _ => writer.header("Allow", &[IN_SUBSCRIPTION]).end(),
                });
            }
        }
        None
    }

    fn resubscribed(&mut self, id: SubscriptionId, flow: Flow, request: Request, tag: String) {
        let Some(found) = self.subscriptions.find(id) else { return };
        let same = request.message.value(Name::Event).is_some_and(|event| is_same(event, &found.event));
        let (expires, wish) = (lifetime(&request), wish(&request, found.package));
        let refused = match (same, expires, found.asked, &wish) {
            // Another subscription in the same dialog, which RFC 6665 section 4.5.1 tells its sender not to make.
            (false, ..) => 489,
            (true, Err(TooBrief), ..) => 423,
            // The one before it is not answered yet.
            (true, Ok(_), Some(_), _) => 500,
            (true, Ok(_), None, Err(code)) => *code,
            (true, Ok(_), None, Ok(_)) => 200,
        };
        let (expires, list) = (expires.unwrap_or(0), found.list);
        if let (200, Ok(Some(wish))) = (refused, wish) {
            return self.wished(id, flow, request, tag, (expires, wish));
        }
        found.dialog.refresh(request.message.list(Name::Contact).next());
        if refused == 200 {
            found.until = self.cx.now + Duration::from_secs(expires.into());
            found.last = expires == 0;
        }
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        self.answer_with(server, refused, |writer| match refused {
            200 => {
                let writer = writer.number("Expires", expires).header("Contact", &[contact(flow).as_bytes()]);
                if list { writer.header("Require", &[b"eventlist"]).end() } else { writer.end() }
            }
            423 => writer.number("Min-Expires", SHORTEST).end(),
            489 => allow_events(writer).end(),
            415 => writer.header("Accept", &[Package::Features.content_type().as_bytes()]).end(),
            _ => writer.end(),
        });
        if refused == 200 {
            self.watch(id);
            self.ask_for_state(id);
        }
    }

    /// Its phone wants something to be changed. Unlike a refresh, which changes nothing for anybody else, that is its user's to prove by
    /// whatever path it comes: it may send calls elsewhere for good.
    fn wished(&mut self, id: SubscriptionId, flow: Flow, request: Request, tag: String, wanted: (u32, Body)) {
        let (expires, wish) = wanted;
        let auth = self.evaluate(flow, &request);
        self.judge_sender(flow, &auth, &request);
        let mixed = accepts(&request, MIXED);
        let Some(found) = self.subscriptions.find(id) else { return };
        let (package, about) = (found.package, Pii::default());
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        found.asked = Some((server, expires));
        let subscribe = Subscribe { flow, auth, about, package, expires, lists: false, mixed, wish: Some(wish) };
        self.cx.tell(Event::Subscribe { subscription: id, subscribe: subscribe.into() });
    }

    /// How things stand is said anew, whether they changed or not (section 4.2.1.2): now, or when the phone has taken what was said last.
    fn ask_for_state(&mut self, id: SubscriptionId) {
        let Some(found) = self.subscriptions.find(id) else { return };
        if found.under_way && !found.last {
            found.wanted = true;
        } else {
            self.want_state(id);
        }
    }

    fn want_state(&mut self, id: SubscriptionId) {
        let Some(found) = self.subscriptions.find(id) else { return };
        (found.wanted, found.owed) = (false, false);
        self.cx.timers.clear(Owner::Subscription(id), &[Timer::TellAgain]);
        self.cx.tell(Event::StateWanted { subscription: id, flow: found.dialog.flow });
    }

    /// Sets its timer. One whose next document is the last waits for that, but not for ever.
    fn watch(&mut self, id: SubscriptionId) {
        let Some(found) = self.subscriptions.find(id) else { return };
        let at = if found.last { self.cx.now + GIVE_UP } else { found.until };
        self.cx.timers.set(Owner::Subscription(id), Timer::Subscription, at);
    }

    /// Its user says how things stand.
    pub(super) fn notify(&mut self, id: SubscriptionId, document: &Document) {
        let Some(found) = self.subscriptions.find(id).filter(|s| s.accepted) else { return };
        if found.last {
            return self.over(id, Some(document));
        }
        if std::mem::replace(&mut found.under_way, true) {
            return;
        }
        let left = seconds(found.until.saturating_since(self.cx.now));
        self.send_notification(id, &format!("active;expires={left}"), Some(document), Purpose::Subscription(id));
    }

    pub(super) fn end_subscription(&mut self, id: SubscriptionId, why: EndOfSubscription) {
        if self.subscriptions.find(id).is_some_and(|s| s.accepted) {
            self.say_last(id, why, None);
        }
    }

    /// Its time is over.
    pub(super) fn subscription_expired(&mut self, id: SubscriptionId) {
        self.over(id, None);
    }

    /// It ends by itself, or because its phone wants no more: its user knows nothing of that yet.
    fn over(&mut self, id: SubscriptionId, document: Option<&Document>) {
        self.say_last(id, EndOfSubscription::Timeout, document);
        self.cx.tell(Event::Unsubscribed { subscription: id });
    }

    /// A NOTIFY was answered, or not (408). What says that nobody listens any more ends it. Any other refusal is of that document alone (section
    /// 4.2.2): a phone that is busy, or whose way is broken, watches on, and would not know that its lamps are none any more.
    pub(super) fn subscriber_said(&mut self, id: SubscriptionId, code: u16) {
        let Some(found) = self.subscriptions.find(id) else { return };
        (found.under_way, found.dialog.severed) = (false, None);
        if is_over(code) {
            self.subscriptions.remove(id);
            self.cx.timers.clear(Owner::Subscription(id), &SUBSCRIPTION_TIMERS);
            self.cx.tell(Event::Unsubscribed { subscription: id });
        } else if code >= 300 {
            found.owed = true;
            self.cx.timers.set(Owner::Subscription(id), Timer::TellAgain, self.cx.now + GIVE_UP);
        } else if found.wanted {
            self.want_state(id);
        } else {
            self.cx.tell(Event::Notified { subscription: id });
        }
    }

    /// What was not taken is said anew.
    pub(super) fn tell_again(&mut self, id: SubscriptionId) {
        if self.subscriptions.find(id).is_some_and(|found| found.owed) {
            self.want_state(id);
        }
    }

    /// The connection of some phones ended: what they watch is told by another of theirs, or where they listen, from now on. Those that have such a
    /// way and had not lost one before.
    pub(super) fn sever_subscriptions(&mut self, gone: Flow) -> Vec<SubscriptionId> {
        let mut moved = Vec::new();
        for id in self.subscriptions.over(gone) {
            let Some(found) = self.subscriptions.find(id) else { continue };
            let first = found.dialog.severed.replace(found.dialog.severed.unwrap_or(self.cx.now)).is_none();
            let home = self.homes.way_to(found.owner.as_deref(), &found.dialog);
            let way = Some(gone).filter(Flow::can_be_replaced).or(home).or_else(|| found.dialog.listens());
            if let Some(flow) = way {
                found.dialog.flow = flow;
                moved.extend(Some(id).filter(|_| first));
            }
            self.subscriptions.misses(id);
        }
        moved
    }

    /// The connection ended under a NOTIFY. It is said anew at once, if there is another way or the phone was heard by one since; else when there is.
    pub(super) fn notify_broke(&mut self, id: SubscriptionId, again: bool) {
        let Some(found) = self.subscriptions.find(id) else { return };
        (found.under_way, found.owed) = (false, true);
        if again || found.dialog.severed.is_none() {
            self.want_state(id);
        }
    }

    /// Phones of this user are back: what they watch and could not be told is told there.
    pub(super) fn find_subscribers(&mut self, user: &str) {
        for id in self.subscriptions.missing_of(user) {
            let Some(found) = self.subscriptions.find(id) else { continue };
            let Some(flow) = self.homes.way_to(Some(user), &found.dialog) else { continue };
            found.dialog.flow = flow;
            if found.owed && !found.under_way {
                self.want_state(id);
            }
        }
    }

    /// Says the last that there is to say, and forgets the subscription: whether that arrives changes nothing any more.
    fn say_last(&mut self, id: SubscriptionId, why: EndOfSubscription, document: Option<&Document>) {
        self.send_notification(id, &format!("terminated;reason={}", why.word()), document, Purpose::Nobody);
        self.subscriptions.remove(id);
        self.cx.timers.clear(Owner::Subscription(id), &SUBSCRIPTION_TIMERS);
    }

    fn send_notification(&mut self, id: SubscriptionId, state: &str, document: Option<&Document>, purpose: Purpose) {
        let branch = self.branch();
        let Some(found) = self.subscriptions.find(id) else { return };
        found.dialog.local_cseq += 1;
        let writer = found
            .dialog
            .request(Method::Notify, found.dialog.local_cseq, &branch)
            .header("Contact", &[contact(found.dialog.flow).as_bytes()])
            .header("Event", &[&found.event])
            .header("Subscription-State", &[state.as_bytes()])
            .header("User-Agent", &[self.config.software.as_bytes()]);
        let writer = if found.list { writer.header("Require", &[b"eventlist"]) } else { writer };
        let data = match document {
            Some(document) => writer.body(&document.content_type, &document.body),
            None => writer.end(),
        };
        let hop = found.dialog.next_hop(&self.peers);
        self.clients.start(&mut self.cx, Method::Notify, &branch, hop, data, purpose);
    }
}

/// What a SUBSCRIBE wants to be changed. The error is the status to refuse with. Of other packages a body would be a filter, and those are
/// not known here: as if there were none (RFC 6665 section 3.1.3).
fn wish(request: &Request, package: Package) -> Result<Option<Body>, u16> {
    if package != Package::Features || request.body.is_empty() {
        return Ok(None);
    }
    let content_type = request.message.value(Name::ContentType).map(lex::text).unwrap_or_default();
    let plain = content_type.split(';').next().unwrap_or_default().trim();
    if !plain.is_empty() && !plain.eq_ignore_ascii_case(package.content_type()) {
        return Err(415);
    }
    if request.body.len() > LONGEST_WISH { Err(413) } else { Ok(Some(Body::copy_of(&request.body))) }
}

/// What a SUBSCRIBE is about; `None` if that is nothing we know.
fn package(request: &Request) -> Option<Package> {
    let event = request.message.value(Name::Event).and_then(EventType::parse)?;
    Package::ALL.into_iter().find(|p| event.package.eq_ignore_ascii_case(p.name().as_bytes()))
}

/// Two values of Event mean the same: their package, and their `id` (RFC 6665 section 8.2.1).
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let read = |event| EventType::parse(event).map(|e| (e.package.to_ascii_lowercase(), e.id));
    read(a).is_some() && read(a) == read(b)
}

/// True for what an answer to a NOTIFY, or that there is none, ends a subscription with (RFC 6665 section 4.2.2, RFC 5057 section 5.1).
const fn is_over(code: u16) -> bool {
    matches!(code, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
}

#[derive(Clone, Copy)]
struct TooBrief;

/// How long it is asked for: as long as we grant, if it does not say.
fn lifetime(request: &Request) -> Result<u32, TooBrief> {
    let wanted = request.message.value(Name::Expires).and_then(lex::number::<u64>);
    let wanted = wanted.map_or(LONGEST, |n| u32::try_from(n).unwrap_or(u32::MAX));
    if (1..SHORTEST).contains(&wanted) { Err(TooBrief) } else { Ok(wanted.min(LONGEST)) }
}

/// Rounded up: a second that has begun is still granted.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}
