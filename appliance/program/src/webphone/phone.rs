//! One telephone: what its page says becomes SIP, and what the switchboard says becomes news for the page. It does no I/O.
//!
//! Towards the switchboard it is a phone like any other, with an endpoint of its own that registers, calls and is called over one
//! connection; registrar, plan, rights, lamps and records so treat it as they treat all, and there is no second call control. The page
//! decides nothing but what a person at a telephone decides.
//!
//! What it promises: every call that a page was told of ends with exactly one `Ended` or `Transferred`; an order that is not carried out is
//! answered; a call for help is refused by no limit of this file; a page that comes back hears how each of its calls stands, whatever was said
//! to it, or by it, on a connection that was dead; and a page that says nonsense harms nobody but itself.

mod events;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use model::limit::Buckets;
use model::{Instant, Now, Pii, Random};
use sip::{Body, Command, Flow, Input, LegId, NameAddr, OutgoingCall, Peers, Trunk, TrunkTrouble};

use super::protocol::{Known, MAX_FRAME, News, ORDERS, Order, Why};

/// Calls of one page at once. A receptionist holds one, asks on a second, and a third and fourth ring.
const MAX_CALLS: usize = 4;
/// The same while help may call back: whoever has called it is not busy to a dispatcher, however many calls are up.
const MAX_CALLS_WITH_HELP: usize = 2 * MAX_CALLS;
/// For so long after a call for help: they call back within minutes, or when the ambulance does not find the door.
const CALLED_BACK: Duration = Duration::from_secs(3600);
/// The longest number or feature code.
const MAX_NUMBER: usize = 64;
/// The name of the switchboard among the endpoint's trunks: it is the only one.
const SWITCHBOARD: &str = "frontdesk";
/// How long a registration lasts, in seconds, if it is not renewed. The connection is lost before that matters.
const EXPIRES: u32 = 600;

/// Who the phone is, and where the switchboard is.
pub(crate) struct Setup {
    /// The person's SIP user.
    pub(crate) user: String,
    /// The person's name, for the displays of others.
    pub(crate) name: Pii<String>,
    /// The clinic's SIP domain.
    pub(crate) domain: String,
    /// The connection: our end is the browser's.
    pub(crate) flow: Flow,
    /// Numbers that are never refused.
    pub(crate) emergency: Vec<String>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Action {
    /// Send this to the switchboard.
    Wire(Bytes),
    /// Send this to the page.
    Tell(News),
    /// Nothing more; call again at this instant.
    Timeout(Instant),
}

struct Call {
    leg: LegId,
    stage: Stage,
    /// What the switchboard has offered, and the page has not answered: said again when the page comes back.
    offered: Option<Body>,
    /// How it came to where it is: `Called` until it is answered here, `Ringing` or `Answered`. Said again when the page comes back, which may
    /// not have heard it, or not have been heard.
    last: Option<News>,
    /// The last change that the page wanted.
    change: Option<Change>,
    /// How its last transfer stands. Said again too: what is being handed on else stays so on the screen.
    handing: Option<News>,
}

impl Call {
    const fn new(leg: LegId, stage: Stage, last: Option<News>) -> Self {
        Self { leg, stage, offered: None, last, change: None, handing: None }
    }
}

/// A session that the page has offered.
struct Change {
    offer: Pii<String>,
    /// What came of it, once that is known.
    outcome: Option<News>,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The page calls.
    Calling,
    /// The page is called.
    Called,
    /// Both talk.
    Standing,
    /// Both talk, and the page wants to hand the other on.
    Referring,
}

/// See the module.
pub(crate) struct Phone {
    setup: Setup,
    endpoint: sip::Endpoint,
    calls: BTreeMap<u32, Call>,
    news: VecDeque<News>,
    wire: VecDeque<Bytes>,
    deadline: Instant,
    orders: Buckets<()>,
    ready: bool,
    /// Nobody is signed in any more.
    closing: bool,
    legs: u64,
    /// The last number of a call that came in.
    called: u32,
    /// When the page last called for help.
    sought_help: Option<Instant>,
    now: Now,
}

impl Phone {
    /// A phone that begins to register.
    pub(crate) fn new(setup: Setup, now: Now, random: Random) -> Self {
        let config = sip::Config {
            software: concat!("Frontdesk browser phone/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_invites: 2 * MAX_CALLS_WITH_HELP,
            max_transactions: 500,
            max_subscriptions: 0,
            ..sip::Config::new(setup.domain.as_str())
        };
        let endpoint = sip::Endpoint::new(config, random);
        let orders = Buckets::new(ORDERS, 1);
        let mut phone = Self {
            setup,
            endpoint,
            calls: BTreeMap::new(),
            news: VecDeque::new(),
            wire: VecDeque::new(),
            deadline: Instant::FAR_FUTURE,
            orders,
            ready: false,
            closing: false,
            legs: 0,
            called: 0,
            sought_help: None,
            now,
        };
        let remote = phone.setup.flow.remote;
        let peers = Peers { trunks: vec![remote.ip()], gateways: vec![remote], ..Peers::default() };
        phone.command(Command::SetPeers(peers));
        let mut trunk = Trunk::new(SWITCHBOARD, phone.setup.domain.clone(), vec![phone.setup.flow]);
        (trunk.user, trunk.registers, trunk.expires) = (phone.setup.user.clone(), true, EXPIRES);
        phone.command(Command::SetTrunks(vec![trunk]));
        phone.work();
        phone
    }

    /// The switchboard said something: one whole message.
    pub(crate) fn heard(&mut self, now: Now, data: &[u8]) {
        self.now = now;
        self.endpoint.handle_input(now, Input::Bytes { flow: self.setup.flow, data });
        self.work();
    }

    /// The instant of `Timeout` has come.
    pub(crate) fn timeout(&mut self, now: Now) {
        self.now = now;
        self.endpoint.handle_input(now, Input::Timeout);
        self.work();
    }

    /// Reads a frame of the page. `None` if it was not understood, which the page is told.
    pub(crate) fn read(&mut self, frame: &str) -> Option<Order> {
        let order = if frame.len() > MAX_FRAME { None } else { serde_json::from_str(frame).ok() };
        if order.is_none() {
            self.news.push_back(News::Problem { call: None, why: Why::Nonsense });
        }
        order
    }

    /// Does what the page orders.
    pub(crate) fn order(&mut self, now: Now, order: Order) {
        self.now = now;
        if !self.orders.take((), now.instant) && !self.is_for_help(&order) {
            return self.problem(None, Why::TooMany);
        }
        match order {
            Order::Hello { calls, .. } => self.hello(calls),
            Order::Call { call, to, offer } => self.call(call, &to, offer),
            Order::Answer { call, answer } => self.answer(call, answer),
            Order::Refuse { call } | Order::HangUp { call } => self.hang_up(call),
            Order::Offer { call, offer } => self.offer(call, offer),
            Order::AnswerOffer { call, answer } => self.answer_offer(call, Some(answer)),
            Order::RefuseOffer { call } => self.answer_offer(call, None),
            Order::Transfer { call, to } => self.transfer(call, &to),
            Order::Join { call, with } => self.join(call, with),
            Order::Here | Order::Alive | Order::Leave => {}
        }
        self.work();
    }

    /// What is to be done next.
    pub(crate) fn poll(&mut self) -> Action {
        if let Some(data) = self.wire.pop_front() {
            return Action::Wire(data);
        }
        self.news.pop_front().map_or(Action::Timeout(self.deadline), Action::Tell)
    }

    /// Whose it is.
    pub(crate) fn user(&self) -> &str {
        &self.setup.user
    }

    /// True if somebody talks.
    pub(crate) fn talks(&self) -> bool {
        self.calls.values().any(|c| matches!(c.stage, Stage::Standing | Stage::Referring))
    }

    /// True if calls can come here.
    pub(crate) const fn is_registered(&self) -> bool {
        self.ready
    }

    /// True if nobody is signed in, and the last call is over.
    pub(crate) fn is_over(&self) -> bool {
        self.closing && self.calls.is_empty()
    }

    /// The session of its person is over: nobody calls here any more, and what calls there are end when their people end them.
    pub(crate) fn sign_out(&mut self, now: Now) {
        self.now = now;
        if !self.closing {
            self.closing = true;
            self.news.push_back(News::SignedOut);
            self.command(Command::LeaveTrunks);
            self.work();
        }
    }

    /// Ends every call and the registration.
    pub(crate) fn leave(&mut self, now: Now) {
        self.now = now;
        self.closing = true;
        let calls: Vec<u32> = self.calls.keys().copied().collect();
        calls.into_iter().for_each(|call| self.hang_up(call));
        self.command(Command::LeaveTrunks);
        self.work();
    }

    fn hello(&mut self, has: Vec<Known>) {
        // One that the page does not know came while it was away, if it still rings.
        let is_there =
            |(call, c): &(&u32, &Call)| c.stage == Stage::Called || has.iter().any(|known| known.call == **call);
        let unknown: Vec<u32> = self.calls.iter().filter(|c| !is_there(c)).map(|(call, _)| *call).collect();
        unknown.into_iter().for_each(|call| self.hang_up(call));
        for known in has.iter().take(MAX_CALLS_WITH_HELP).filter(|known| !self.calls.contains_key(&known.call)) {
            self.news.push_back(News::Ended { call: known.call, why: Why::Lost });
        }
        self.news.extend(self.calls.values().flat_map(|c| [&c.last, &c.handing]).flatten().cloned());
        for known in has {
            self.offer_again(known);
        }
        for (call, offer) in self.calls.iter().filter_map(|(call, c)| Some((*call, c.offered.as_ref()?))) {
            self.news.push_back(News::Offered { call, offer: description(offer) });
        }
        if self.ready {
            self.news.push_back(News::Ready);
        }
    }

    /// A page that has come back waits for the answer to this offer, which was lost on one of its two ways.
    fn offer_again(&mut self, Known { call, offer }: Known) {
        let (Some(offer), Some(found)) = (offer, self.calls.get(&call)) else { return };
        match &found.change {
            Some(change) if change.offer == offer => self.news.extend(change.outcome.clone()),
            _ => self.offer(call, offer),
        }
    }

    /// True for news that a page is told anew when it comes back.
    pub(crate) fn repeats(&self, news: &News) -> bool {
        match news {
            News::Called { call, .. }
            | News::Ringing { call, .. }
            | News::Answered { call, .. }
            | News::Offered { call, .. }
            | News::Changed { call, .. }
            | News::Unchanged { call }
            | News::Transferring { call }
            | News::NotTransferred { call, .. } => self.calls.contains_key(call),
            _ => false,
        }
    }

    /// The calls that there are.
    pub(crate) fn calls(&self) -> Vec<u32> {
        self.calls.keys().copied().collect()
    }

    fn call(&mut self, call: u32, to: &Pii<String>, offer: Pii<String>) {
        let number = dialled(to.expose());
        let help = self.setup.emergency.contains(&number);
        let why = if self.closing && !help {
            Some(Why::SignedOut)
        } else if call.is_multiple_of(2) || self.calls.contains_key(&call) {
            Some(Why::NoSuchCall)
        } else if number.is_empty() {
            Some(Why::NotANumber)
        } else {
            (self.calls.len() >= MAX_CALLS && !help).then_some(Why::TooMany)
        };
        if let Some(why) = why {
            // The page has the call on its screen already.
            return self.news.push_back(News::Ended { call, why });
        }
        if help {
            self.sought_help = Some(self.now.instant);
        }
        self.legs += 1;
        let leg = LegId::outgoing(self.legs);
        let from = NameAddr { display: self.setup.name.clone(), uri: self.uri(&self.setup.user) };
        let uri = self.uri(&number);
        let to = NameAddr { display: Pii::default(), uri: uri.clone() };
        let outgoing = OutgoingCall::new(uri, self.setup.flow, from, to, offer.expose().clone());
        self.calls.insert(call, Call::new(leg, Stage::Calling, None));
        self.command(Command::Invite { leg, call: Box::new(outgoing) });
    }

    fn answer(&mut self, call: u32, answer: Pii<String>) {
        let Some(found) = self.calls.get_mut(&call).filter(|c| c.stage == Stage::Called) else {
            return self.problem(Some(call), Why::NoSuchCall);
        };
        (found.stage, found.last) = (Stage::Standing, None);
        let leg = found.leg;
        self.command(Command::Answer { leg, body: answer.expose().clone().into() });
    }

    /// Calls that may come at once.
    fn room(&self) -> usize {
        let may_call_back = self.sought_help.is_some_and(|at| self.now.instant < at + CALLED_BACK);
        if may_call_back { MAX_CALLS_WITH_HELP } else { MAX_CALLS }
    }

    /// Ends a call as its stage wants it. One that is gone has been told of.
    fn hang_up(&mut self, call: u32) {
        let Some(Call { leg, stage, .. }) = self.calls.remove(&call) else { return };
        self.command(match stage {
            Stage::Calling => Command::Cancel { leg },
            Stage::Called => Command::Refuse { leg, code: 486, retry_after: None },
            Stage::Standing | Stage::Referring => Command::Bye { leg },
        });
        self.news.push_back(News::Ended { call, why: Why::HungUp });
    }

    fn offer(&mut self, call: u32, offer: Pii<String>) {
        let standing = self.calls.get_mut(&call).filter(|c| matches!(c.stage, Stage::Standing | Stage::Referring));
        let Some(found) = standing else { return self.news.push_back(News::Unchanged { call }) };
        let (leg, body) = (found.leg, offer.expose().clone().into());
        found.change = Some(Change { offer, outcome: None });
        self.command(Command::Reinvite { leg, body });
    }

    fn answer_offer(&mut self, call: u32, answer: Option<Pii<String>>) {
        let asked = self.calls.get_mut(&call).and_then(|c| c.offered.take().map(|_| c.leg));
        let Some(leg) = asked else { return self.problem(Some(call), Why::NoSuchCall) };
        self.command(match answer {
            Some(body) => Command::AnswerReinvite { leg, body: body.expose().clone().into() },
            None => Command::RefuseReinvite { leg, code: 488 },
        });
    }

    fn transfer(&mut self, call: u32, to: &Pii<String>) {
        let number = dialled(to.expose());
        if number.is_empty() {
            return self.not_transferred(call, Why::NotANumber);
        }
        let to = self.uri(&number);
        self.refer(call, to, None);
    }

    fn join(&mut self, call: u32, with: u32) {
        match self.standing(with).filter(|_| call != with) {
            Some(other) => {
                // Where it goes is said by the call that is replaced; the address only has to be one.
                let to = self.uri(&self.setup.user);
                self.refer(call, to, Some(other));
            }
            None => self.not_transferred(call, Why::NoSuchCall),
        }
    }

    fn refer(&mut self, call: u32, to: Pii<String>, replaces: Option<LegId>) {
        if self.closing {
            return self.not_transferred(call, Why::SignedOut);
        }
        let Some(found) = self.calls.get_mut(&call).filter(|c| c.stage == Stage::Standing) else {
            return self.not_transferred(call, Why::NoSuchCall);
        };
        (found.stage, found.handing) = (Stage::Referring, None);
        let leg = found.leg;
        self.command(Command::Refer { leg, to, replaces });
    }

    fn not_transferred(&mut self, call: u32, why: Why) {
        let news = News::NotTransferred { call, why };
        // One that was ordered before goes on.
        if let Some(found) = self.calls.get_mut(&call).filter(|c| c.stage != Stage::Referring) {
            found.handing = Some(news.clone());
        }
        self.news.push_back(news);
    }

    fn standing(&self, call: u32) -> Option<LegId> {
        let found = self.calls.get(&call)?;
        matches!(found.stage, Stage::Standing | Stage::Referring).then_some(found.leg)
    }

    /// A plan went live: these are the emergency numbers now.
    pub(crate) fn help_is(&mut self, numbers: Vec<String>) {
        self.setup.emergency = numbers;
    }

    /// True for a call to an emergency number.
    pub(crate) fn is_for_help(&self, order: &Order) -> bool {
        matches!(order, Order::Call { to, .. } if self.setup.emergency.contains(&dialled(to.expose())))
    }

    fn problem(&mut self, call: Option<u32>, why: Why) {
        self.news.push_back(News::Problem { call, why });
    }

    fn uri(&self, number: &str) -> Pii<String> {
        format!("sip:{}@{}", number.replace('#', "%23"), self.setup.domain).into()
    }

    fn command(&mut self, command: Command) {
        self.endpoint.handle_input(self.now, Input::Command(command));
    }
}

/// A number as it is dialled: without what people write for the eye.
fn dialled(text: &str) -> String {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#');
    text.chars().filter(is_part).take(MAX_NUMBER).collect()
}

/// A description for a page; none, if there is none.
fn description(body: &Body) -> Option<Pii<String>> {
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned().into())
}

/// Why the switchboard does not have the phone.
const fn unregistered(trouble: TrunkTrouble) -> Why {
    match trouble {
        TrunkTrouble::WrongPassword | TrunkTrouble::NoPassword | TrunkTrouble::UnknownChallenge => Why::NotAllowed,
        TrunkTrouble::Refused(code) => Why::of_status(code),
        TrunkTrouble::NoAnswer | TrunkTrouble::Untrusted | TrunkTrouble::Left => Why::Lost,
    }
}
