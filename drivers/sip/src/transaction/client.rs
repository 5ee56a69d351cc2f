//! Client transactions (RFC 3261 section 17.1, RFC 6026 section 8.4).

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;

use super::timer::{GIVE_UP, NO_ANSWER, Owner, T1, T2, T4, Timer};
use super::{Context, is_reliable};
use crate::api::{Flow, LegId, SendId, SubscriptionId};
use crate::room::give_back;
use crate::trunks::TrunkId;
use crate::wire::{self, Message, Method, Name, Response, Start, Writer};
use model::table::ByNumber;

/// Why an INVITE is cancelled whose call somebody else has taken (RFC 3326 section 2): phones then list no call that was missed.
const TAKEN: &str = r#"SIP;cause=200;text="Call completed elsewhere""#;

/// The number of a client transaction.
pub(crate) type ClientId = u64;

/// Who is told of the responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The first INVITE of a leg.
    Invite(LegId),
    /// A later one.
    Reinvite(LegId),
    /// An UPDATE that refreshes the session of a leg.
    Update(LegId),
    /// An UPDATE that offers a new session before the call is answered.
    Offer(LegId),
    /// A PRACK of a leg. What follows from a response to it, but for a challenge, is the INVITE's to say.
    Prack(LegId),
    /// The BYE of a leg, which ends with this transaction.
    Bye(LegId),
    /// A NOTIFY about the REFER of a leg.
    Notify(LegId),
    /// A REFER inside a leg.
    Refer(LegId),
    /// A NOTIFY of a subscription.
    Subscription(SubscriptionId),
    /// A request that belongs to no call.
    Sent(SendId),
    /// A REGISTER with a trunk.
    Register(TrunkId),
    /// A question to a mirror, by its number.
    Mirror(u64),
    /// Nobody: a CANCEL, or the BYE of a fork that came second.
    Nobody,
}

impl Purpose {
    /// The leg that it is about.
    pub(crate) const fn leg(self) -> Option<LegId> {
        match self {
            Self::Invite(leg)
            | Self::Reinvite(leg)
            | Self::Update(leg)
            | Self::Offer(leg)
            | Self::Prack(leg)
            | Self::Bye(leg)
            | Self::Notify(leg)
            | Self::Refer(leg) => Some(leg),
            Self::Subscription(_) | Self::Sent(_) | Self::Register(_) | Self::Mirror(_) | Self::Nobody => None,
        }
    }

    /// It is said to one of those that ring, before the call is answered: what that one answers proves nothing of the call's own requests.
    pub(crate) const fn is_early(self) -> bool {
        matches!(self, Self::Offer(_) | Self::Prack(_))
    }
}

/// The ACK of one fork's 2xx. (`RFC 3261` section 13.2.2.4: it is sent again for each repetition.)
struct Fork {
    tag: Bytes,
    ack: Option<(Flow, Bytes)>,
}

/// Forks of one INVITE that are kept apart. A carrier forks to a handful; more than this would be an attack, and is not acknowledged.
pub(crate) const MAX_FORKS: usize = 16;

/// Section 17.1, figures 5 and 6; Trying of a non-INVITE is Calling.
enum State {
    Calling {
        interval: Duration,
    },
    Proceeding,
    /// With the ACK, if it was an INVITE.
    Completed {
        ack: Option<Bytes>,
    },
    /// INVITE with a 2xx (RFC 6026).
    Accepted {
        forks: Vec<Fork>,
    },
}

struct Client {
    key: Box<[u8]>,
    purpose: Purpose,
    invite: bool,
    flow: Flow,
    request: Bytes,
    state: State,
}

const ALL_TIMERS: [Timer; 9] =
    [Timer::A, Timer::B, Timer::C, Timer::D, Timer::E, Timer::F, Timer::K, Timer::M, Timer::Cancelled];

/// What the transaction's user must be told.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing.
    Nothing,
    /// A response of the current fork.
    Response { client: ClientId, purpose: Purpose },
    /// A 2xx whose ACK must be given by [`Clients::acknowledge`]: the first, or (`first` is false) one of another fork.
    Accepted { client: ClientId, purpose: Purpose, first: bool },
}

/// A transaction that ended without a final response: by its timer, or with its stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unanswered {
    pub(crate) client: ClientId,
    pub(crate) purpose: Purpose,
    /// The stream on which not even a provisional response came.
    pub(crate) silent: Option<Flow>,
}

/// All client transactions.
#[derive(Default)]
pub(crate) struct Clients {
    map: ByNumber<ClientId, Client>,
    keys: HashMap<Box<[u8]>, ClientId>,
    /// Those that wait on a stream, for the case that it closes.
    streams: HashMap<Flow, BTreeSet<ClientId>>,
    next: ClientId,
}

impl Clients {
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// Sends a request and begins its transaction. `branch` must never have been used with this method.
    pub(crate) fn start(
        &mut self,
        cx: &mut Context,
        method: Method,
        branch: &str,
        flow: Flow,
        request: Bytes,
        purpose: Purpose,
    ) -> ClientId {
        self.next += 1;
        self.begin(cx, self.next, method, branch, flow, request, purpose);
        self.next
    }

    #[allow(clippy::too_many_arguments, reason = "they are what a transaction is made of")]
    fn begin(
        &mut self,
        cx: &mut Context,
        id: ClientId,
        method: Method,
        branch: &str,
        flow: Flow,
        request: Bytes,
        purpose: Purpose,
    ) {
        let invite = method == Method::Invite;
        let key = key(method, branch.as_bytes());
        self.keys.insert(key.clone(), id);
        let (again, give_up) = if invite { (Timer::A, Timer::B) } else { (Timer::E, Timer::F) };
        let owner = Owner::Client(id);
        if is_reliable(flow) {
            self.streams.entry(flow).or_default().insert(id);
        } else {
            cx.timers.set(owner, again, cx.now + T1);
        }
        cx.timers.set(owner, give_up, cx.now + GIVE_UP);
        cx.transmit(flow, request.clone());
        let state = State::Calling { interval: T1 };
        self.map.insert(id, Client { key, purpose, invite, flow, request, state });
    }

    /// Matches a response (section 17.1.3) that came `by` this flow, and moves its transaction on.
    pub(crate) fn receive(&mut self, cx: &mut Context, by: Flow, response: &Response) -> Heard {
        let id = self.keys.get(&key(response.method, &response.branch)).copied();
        if let Some(id) = id {
            self.goes_by(id, by);
        }
        let Some((id, client)) = id.and_then(|id| Some((id, self.map.get_mut(&id)?))) else { return Heard::Nothing };
        if client.invite { client.invite_response(cx, id, response) } else { self.other_response(cx, id, response) }
    }

    /// What was sent to a peer by whichever stream leads there goes on by the one on which it was answered, and ends with that one alone: a later
    /// stream to the same peer is none of its business.
    fn goes_by(&mut self, id: ClientId, by: Flow) {
        let Some(client) = self.map.get_mut(&id) else { return };
        let same_place = (by.transport, by.remote) == (client.flow.transport, client.flow.remote);
        if by == client.flow || !same_place || !is_reliable(by) || !by.can_be_replaced() {
            return;
        }
        let old = std::mem::replace(&mut client.flow, by);
        self.unlist(id, old);
        self.streams.entry(by).or_default().insert(id);
    }

    /// The ACK of a 2xx: sent now, and again for each repetition.
    pub(crate) fn acknowledge(&mut self, cx: &mut Context, id: ClientId, tag: &[u8], flow: Flow, ack: Bytes) {
        let Some(State::Accepted { forks }) = self.map.get_mut(&id).map(|c| &mut c.state) else { return };
        if let Some(fork) = forks.iter_mut().find(|f| f.tag == tag) {
            fork.ack = Some((flow, ack.clone()));
            cx.transmit(flow, ack);
        }
    }

    /// Sends the CANCEL of an INVITE (section 9.1), if that has had a provisional response and no final one.
    /// The INVITE is forgotten if it has no final response after 64 × T1. `taken`: who is called hears that somebody else has the call.
    pub(crate) fn cancel(&mut self, cx: &mut Context, id: ClientId, taken: bool) -> bool {
        let Some(client) = self.map.get(&id).filter(|c| matches!(c.state, State::Proceeding)) else { return false };
        let (flow, request) = (client.flow, client.request.clone());
        cx.timers.set(Owner::Client(id), Timer::Cancelled, cx.now + GIVE_UP);
        let Some((branch, cancel)) = derived(&request, Method::Cancel, None) else { return false };
        let cancel = if taken { cancel.header("Reason", &[TAKEN.as_bytes()]) } else { cancel };
        self.start(cx, Method::Cancel, &branch, flow, cancel.end(), Purpose::Nobody);
        true
    }

    /// A request that was challenged, and the path it took.
    pub(crate) fn request_of(&self, id: ClientId) -> Option<(Flow, Bytes)> {
        self.map.get(&id).filter(|c| !c.request.is_empty()).map(|c| (c.flow, c.request.clone()))
    }

    /// Sends a request again that was challenged, as a transaction of its own under the old number: whoever waits for it goes on waiting.
    /// The old one lives on without anybody, since its refusal may come again and want its ACK.
    pub(crate) fn again(
        &mut self,
        cx: &mut Context,
        id: ClientId,
        method: Method,
        branch: &str,
        flow: Flow,
        request: Bytes,
    ) {
        let Some(mut old) = self.map.remove(&id) else { return };
        let purpose = std::mem::replace(&mut old.purpose, Purpose::Nobody);
        cx.timers.clear(Owner::Client(id), &ALL_TIMERS);
        self.unlist(id, old.flow);
        self.next += 1;
        let left = self.next;
        self.keys.insert(old.key.clone(), left);
        old.request = Bytes::new();
        let (timer, wait) = if old.invite { (Timer::D, GIVE_UP) } else { (Timer::K, T4) };
        cx.timers.set(Owner::Client(left), timer, cx.now + if is_reliable(old.flow) { Duration::ZERO } else { wait });
        self.map.insert(left, old);
        self.begin(cx, id, method, branch, flow, request, purpose);
    }

    /// Forgets the REGISTER of a trunk: another address is asked.
    pub(crate) fn forget_register(&mut self, cx: &mut Context, trunk: TrunkId) {
        let its: Vec<ClientId> =
            self.map.iter().filter(|(_, c)| c.purpose == Purpose::Register(trunk)).map(|(id, _)| *id).collect();
        its.into_iter().for_each(|id| self.remove(cx, id));
    }

    fn unlist(&mut self, id: ClientId, flow: Flow) {
        if let Some(waiting) = self.streams.get_mut(&flow) {
            waiting.remove(&id);
            if waiting.is_empty() {
                self.streams.remove(&flow);
            }
        }
    }

    /// Its leg is gone, so perhaps no final response will ever come: it is forgotten after 64 × T1.
    pub(crate) fn abandon(&mut self, cx: &mut Context, id: ClientId) {
        if self.map.get(&id).is_some_and(|c| matches!(c.state, State::Calling { .. } | State::Proceeding)) {
            cx.timers.set(Owner::Client(id), Timer::Cancelled, cx.now + GIVE_UP);
        }
    }

    /// One of its timers is due. `Some`: its user must be told that nothing was heard.
    pub(crate) fn on_timer(&mut self, cx: &mut Context, id: ClientId, timer: Timer) -> Option<Unanswered> {
        let client = self.map.get_mut(&id)?;
        match (timer, &mut client.state) {
            (Timer::A, State::Calling { interval }) => {
                *interval *= 2;
                cx.timers.set(Owner::Client(id), timer, cx.now + *interval);
                cx.transmit(client.flow, client.request.clone());
                None
            }
            (Timer::E, State::Calling { interval }) => {
                *interval = (*interval * 2).min(T2);
                cx.timers.set(Owner::Client(id), timer, cx.now + *interval);
                cx.transmit(client.flow, client.request.clone());
                None
            }
            (Timer::E, State::Proceeding) => {
                cx.timers.set(Owner::Client(id), timer, cx.now + T2);
                cx.transmit(client.flow, client.request.clone());
                None
            }
            (Timer::B | Timer::C | Timer::F | Timer::Cancelled, State::Calling { .. } | State::Proceeding) => {
                let (purpose, flow) = (client.purpose, client.flow);
                let unheard = matches!((timer, &client.state), (Timer::B | Timer::F, State::Calling { .. }));
                self.remove(cx, id);
                Some(Unanswered { client: id, purpose, silent: Some(flow).filter(|f| unheard && is_reliable(*f)) })
            }
            (Timer::D | Timer::K | Timer::M, _) => {
                self.remove(cx, id);
                None
            }
            _ => None,
        }
    }

    /// True if a call rings that went by a stream that this flow may go by: what begins a call names no connection, and what comes inside one
    /// names its own.
    pub(crate) fn rings_over(&self, flow: &Flow) -> bool {
        let place = |f: &Flow| (f.transport, f.remote);
        let rings = |id| {
            let client = self.map.get(id);
            client.is_some_and(|c| matches!((&c.state, c.purpose), (State::Proceeding, Purpose::Invite(_))))
        };
        self.streams.iter().filter(|(known, _)| place(known) == place(flow)).any(|(_, ids)| ids.iter().any(rings))
    }

    /// A stream closed. The users of these transactions must be told: no answer can come any more.
    pub(crate) fn fail(&mut self, cx: &mut Context, flow: Flow) -> Vec<Unanswered> {
        let mut failed = Vec::new();
        for id in self.streams.remove(&flow).unwrap_or_default() {
            let open = |c: &&Client| matches!(c.state, State::Calling { .. } | State::Proceeding);
            if let Some(client) = self.map.get(&id).filter(open) {
                let silent = matches!(client.state, State::Calling { .. }).then_some(flow);
                failed.push(Unanswered { client: id, purpose: client.purpose, silent });
                self.remove(cx, id);
            }
        }
        failed
    }

    fn other_response(&mut self, cx: &mut Context, id: ClientId, response: &Response) -> Heard {
        let Some(client) = self.map.get_mut(&id) else { return Heard::Nothing };
        let purpose = client.purpose;
        match client.state {
            State::Calling { .. } | State::Proceeding if response.code < 200 => {
                client.state = State::Proceeding;
                Heard::Nothing
            }
            State::Calling { .. } | State::Proceeding => {
                client.state = State::Completed { ack: None };
                client.let_go(response.code);
                let owner = Owner::Client(id);
                cx.timers.clear(owner, &[Timer::E, Timer::F]);
                // On a reliable transport Timer K is zero.
                let wait = if is_reliable(client.flow) { Duration::ZERO } else { T4 };
                cx.timers.set(owner, Timer::K, cx.now + wait);
                Heard::Response { client: id, purpose }
            }
            State::Completed { .. } | State::Accepted { .. } => Heard::Nothing,
        }
    }

    /// Nothing is waited for any more.
    pub(crate) fn remove(&mut self, cx: &mut Context, id: ClientId) {
        if let Some(client) = self.map.remove(&id) {
            self.keys.remove(&client.key);
            give_back(&mut self.map);
            give_back(&mut self.keys);
            self.unlist(id, client.flow);
            cx.timers.clear(Owner::Client(id), &ALL_TIMERS);
        }
    }
}

impl Client {
    /// The request is not needed any more, unless it must be sent again with a proof.
    fn let_go(&mut self, code: u16) {
        if !matches!(code, 401 | 407) {
            self.request = Bytes::new();
        }
    }

    fn invite_response(&mut self, cx: &mut Context, id: ClientId, response: &Response) -> Heard {
        let purpose = self.purpose;
        match &mut self.state {
            State::Calling { .. } | State::Proceeding => {
                cx.timers.clear(Owner::Client(id), &[Timer::A, Timer::B]);
                match response.code {
                    ..200 => {
                        self.state = State::Proceeding;
                        // The first INVITE of a leg may ring for long: that is the leg's to end. A re-INVITE may not.
                        if matches!(purpose, Purpose::Reinvite(_)) {
                            cx.timers.set(Owner::Client(id), Timer::C, cx.now + NO_ANSWER);
                        }
                    }
                    200..300 => return self.first_2xx(cx, id, response),
                    _ => self.refused(cx, id, response),
                }
                Heard::Response { client: id, purpose }
            }
            State::Completed { ack: Some(ack) } if response.code >= 300 => {
                let ack = ack.clone();
                cx.transmit(self.flow, ack);
                Heard::Nothing
            }
            State::Accepted { forks } if (200..300).contains(&response.code) => {
                let tag = response.to_tag.clone().unwrap_or_default();
                match forks.iter().find(|f| f.tag == tag) {
                    Some(fork) => {
                        if let Some((flow, ack)) = fork.ack.clone() {
                            cx.transmit(flow, ack);
                        }
                        Heard::Nothing
                    }
                    None if forks.len() < MAX_FORKS => {
                        forks.push(Fork { tag: copy(&tag), ack: None });
                        Heard::Accepted { client: id, purpose, first: false }
                    }
                    None => Heard::Nothing,
                }
            }
            State::Completed { .. } | State::Accepted { .. } => Heard::Nothing,
        }
    }

    fn first_2xx(&mut self, cx: &mut Context, id: ClientId, response: &Response) -> Heard {
        let tag = copy(&response.to_tag.clone().unwrap_or_default());
        self.state = State::Accepted { forks: vec![Fork { tag, ack: None }] };
        self.let_go(response.code);
        cx.timers.clear(Owner::Client(id), &[Timer::C, Timer::Cancelled]);
        cx.timers.set(Owner::Client(id), Timer::M, cx.now + GIVE_UP);
        Heard::Accepted { client: id, purpose: self.purpose, first: true }
    }

    fn refused(&mut self, cx: &mut Context, id: ClientId, response: &Response) {
        let to = response.message.value(Name::To);
        let ack = derived(&self.request, Method::Ack, to).map(|(_, ack)| ack.end());
        if let Some(ack) = &ack {
            cx.transmit(self.flow, ack.clone());
        }
        self.state = State::Completed { ack };
        self.let_go(response.code);
        cx.timers.clear(Owner::Client(id), &[Timer::C, Timer::Cancelled]);
        // On a reliable transport Timer D is zero.
        let wait = if is_reliable(self.flow) { Duration::ZERO } else { GIVE_UP };
        cx.timers.set(Owner::Client(id), Timer::D, cx.now + wait);
    }
}

/// The CANCEL of an INVITE, or the ACK of its refusal: made of the INVITE's own fields (sections 9.1 and 17.1.1.3), with the To of the
/// refusal. With the branch.
fn derived(invite: &[u8], method: Method, to: Option<&[u8]>) -> Option<(String, Writer)> {
    // These are our own bytes; they parse.
    let invite = Message::parse(invite)?;
    let Start::Request { uri, .. } = invite.start() else { return None };
    let mut writer = Writer::request(wire::method_name(method), invite.at(uri));
    let mut branch = String::new();
    for (name, _, value) in invite.headers() {
        let value = match name {
            Name::Via => {
                branch = String::from_utf8_lossy(wire::Via::parse(value)?.branch()?).into_owned();
                value
            }
            Name::To => to.unwrap_or(value),
            Name::From | Name::CallId | Name::Route | Name::MaxForwards => value,
            Name::CSeq => {
                let number = value.split(|&b| b == b' ').next().unwrap_or_default();
                writer = writer.header("CSeq", &[number, b" ", wire::method_name(method).as_bytes()]);
                continue;
            }
            _ => continue,
        };
        writer = writer.header(name.text(), &[value]);
    }
    Some((branch, writer))
}

/// A copy that does not keep the whole message alive.
fn copy(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn key(method: Method, branch: &[u8]) -> Box<[u8]> {
    [wire::method_name(method).as_bytes(), &[0], branch].concat().into()
}
