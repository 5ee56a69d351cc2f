//! What stands before a request is served, and what is learnt from it for the next one. The rules are those of [`crate::admission`].

use std::time::Duration;

use model::Now;
use model::defence::Block;

use super::Endpoint;
use crate::admission::{Deed, Verdict, calls_for_help};
use crate::alg;
use crate::api::{Auth, Event, Flow};
use crate::transaction::timer::{Owner, Timer};
use crate::wire::{Method, Name, Request};

/// How often the user hears what was turned away: as often as a person may look.
const REPORT: Duration = Duration::from_secs(2);

impl Endpoint {
    /// True if a request is served. What belongs to a call or a transaction that we know always is: it ends more often than it begins.
    pub(super) fn admits(&mut self, flow: Flow, request: &Request) -> bool {
        if request.method == Method::Ack || self.is_known(request) {
            return true;
        }
        if self.servers.knows(request) {
            // Never refused, since its first copy may just be served.
            let again =
                calls_for_help(&self.config, request) || self.admission.may_answer(self.cx.now, &self.peers, flow);
            self.counters.silenced += u64::from(!again);
            return again;
        }
        let now = self.both_clocks();
        let (verdict, block) = self.admission.admit(now, &self.config, &self.peers, flow, request);
        self.tell_block(block);
        match verdict {
            Verdict::Serve => return true,
            Verdict::Refuse => {
                self.counters.above_share += 1;
                self.later(flow, &request.message);
            }
            Verdict::Drop => self.counters.silenced += 1,
            Verdict::Blocked => self.counters.blocked += 1,
        }
        false
    }

    fn is_known(&mut self, request: &Request) -> bool {
        match &request.to_tag {
            Some(tag) => self.legs.by_tag(tag).is_some_and(|(_, leg)| leg.dialog.is_of(request)),
            None => request.method == Method::Cancel && self.servers.cancelled_by(request).is_some(),
        }
    }

    /// True if what is no valid request may be answered; it is held against its sender.
    pub(super) fn may_answer(&mut self, flow: Flow) -> bool {
        let may = self.admission.may_answer(self.cx.now, &self.peers, flow);
        self.asked(flow);
        may
    }

    /// True if a new call or registration is refused because there is too much to do.
    pub(super) fn sheds(&mut self, flow: Flow, request: &Request, transactions: usize) -> bool {
        let percent = |used: usize, of: usize| used.saturating_mul(100) / of.max(1);
        let invites = percent(self.servers.pending_invites(), self.config.max_invites);
        let fill = percent(transactions, self.config.max_transactions).max(invites);
        self.admission.sheds(self.cx.now, &self.config, flow, request, fill)
    }

    /// What the credentials of a request say about its sender, who calls themselves `user`.
    pub(super) fn judge(&mut self, flow: Flow, auth: &Auth, user: &[u8]) {
        let known = self.authenticator.knows(user);
        let deed = match auth {
            Auth::Valid { .. } => {
                if self.admission.proved(self.both_clocks(), flow) {
                    self.cx.tell(Event::Forgiven { source: model::Source::of(flow.remote.ip()) });
                }
                return;
            }
            // The password is right, but says nothing about when it was said.
            Auth::Stale => return,
            Auth::None if known => Deed::Asked,
            Auth::None => Deed::AskedAs(user),
            Auth::Wrong if known => Deed::Wrong,
            Auth::Wrong => Deed::WrongAs(user),
        };
        self.hold_against(flow, deed);
    }

    /// The same of what is no registration: From of a call, a message or a subscription may show any number, and only who registers says a
    /// user's name by it. Nothing is held against who calls for help.
    pub(super) fn judge_sender(&mut self, flow: Flow, auth: &Auth, request: &Request) {
        match auth {
            Auth::None | Auth::Wrong if calls_for_help(&self.config, request) => {}
            Auth::None => self.asked(flow),
            Auth::Valid { .. } | Auth::Stale | Auth::Wrong => {
                let user = request.address(Name::From).map(|from| from.uri.user_text()).unwrap_or_default();
                self.judge(flow, auth, user.as_bytes());
            }
        }
    }

    /// Tells the user of a phone whose registration a router has changed. What nobody can read on the way, nobody changes.
    pub(super) fn look_for_changes(&mut self, flow: Flow, auth: &Auth, request: &Request) {
        let Auth::Valid { user } = auth else { return };
        let source = model::Source::of(flow.remote.ip());
        let changed = !flow.transport.is_secure() && alg::signs(request, flow.remote.ip()).is_some();
        if changed && self.admission.is_news(self.cx.now, source) {
            self.cx.tell(Event::Altered { user: user.clone().into(), source });
        }
    }

    /// A question that needs no proof.
    pub(super) fn asked(&mut self, flow: Flow) {
        self.hold_against(flow, Deed::Asked);
    }

    fn hold_against(&mut self, flow: Flow, deed: Deed<'_>) {
        let block = self.admission.unproved(self.both_clocks(), &self.peers, flow, deed);
        self.tell_block(block);
    }

    fn tell_block(&mut self, block: Option<Block>) {
        if let Some(block) = block {
            self.cx.tell(Event::Blocked(block));
        }
    }

    pub(super) fn block_again(&mut self, block: Block) {
        let now = self.both_clocks();
        self.admission.block_again(block, now);
    }

    /// Sees to it that the user hears of what was turned away, in a while and once.
    pub(super) fn report_soon(&mut self) {
        if self.counters != self.reported && !self.cx.timers.is_set(Owner::Door, Timer::Report) {
            self.cx.timers.set(Owner::Door, Timer::Report, self.cx.now + REPORT);
        }
    }

    pub(super) fn report(&mut self) {
        self.reported = self.counters;
        self.cx.tell(Event::TurnedAway(self.counters.into()));
    }

    const fn both_clocks(&self) -> Now {
        Now { instant: self.cx.now, wall: self.wall }
    }
}
