//! What the switchboard says, as the page hears it.

use std::collections::VecDeque;

use model::Pii;
use sip::{Body, Command, EndOfSubscription, EndReason, Event, Invite, LegId, Output};

use super::{Call, News, Phone, Stage, Why, description};

impl Phone {
    /// Takes what the endpoint has to tell, until it has nothing more.
    pub(super) fn work(&mut self) {
        // What is to be sent keeps its place between the events.
        let mut wire = VecDeque::new();
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { data, .. } => wire.push_back(data),
                Output::Event(event) => self.event(event),
                Output::Close { .. } | Output::Leave { .. } => {}
                Output::Timeout(at) => {
                    self.wire.append(&mut wire);
                    self.deadline = at;
                    return;
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::TrunkRegistered { .. } if !self.ready => {
                self.ready = true;
                self.news.push_back(News::Ready);
            }
            Event::TrunkLost { trouble, .. } if !self.closing => {
                self.ready = false;
                self.news.push_back(News::NotReady { why: super::unregistered(trouble) });
            }
            Event::TrunkLost { .. } => self.ready = false,
            Event::Invite { leg, invite } => self.called(leg, &invite),
            Event::Progress { leg, body, .. } => {
                self.stands(leg, |call| News::Ringing { call, answer: body.as_ref().and_then(description) });
            }
            Event::Answered { leg, body } => self.answered(leg, &body),
            Event::Refused { leg, code, .. } => self.over(leg, Why::of_status(code)),
            Event::Ended { leg, reason } => self.over(leg, why_ended(reason)),
            Event::Reinvite { leg, offer } => self.offered(leg, offer),
            Event::ReinviteAnswered { leg, body } | Event::AckAnswer { leg, body } => {
                self.settled(leg, description(&body));
            }
            Event::ReinviteRefused { leg, .. } | Event::ReinviteOvertaken { leg } => self.settled(leg, None),
            Event::Referred { leg, code } => self.referred(leg, code),
            // Nobody hands this phone's partner on but its person.
            Event::Refer { leg, .. } => self.command(Command::RefuseRefer { leg, code: 603 }),
            Event::Message { request, .. } | Event::Register { request, .. } => {
                self.command(Command::Reject { request, code: 405 });
            }
            Event::Subscribe { subscription, .. } => {
                self.command(Command::RefuseSubscription { subscription, code: 489 });
            }
            // An answer to no offer of ours.
            Event::Offered { leg, .. } => {
                self.command(Command::Bye { leg });
                self.over(leg, Why::NoSound);
            }
            Event::StateWanted { subscription, .. } => {
                self.command(Command::EndSubscription { subscription, why: EndOfSubscription::NoResource });
            }
            _ => {}
        }
    }

    fn called(&mut self, leg: LegId, invite: &Invite) {
        let offer = invite.offer.as_ref().and_then(description);
        let code = match offer {
            _ if self.closing => 480,
            _ if self.calls.len() >= self.room() => 486,
            None => 488,
            Some(offer) => {
                self.called += 2;
                let call = self.called;
                let (name, number) = (invite.from.display.clone(), invite.from_user.clone());
                let news = News::Called { call, name, number, offer };
                self.news.push_back(news.clone());
                self.calls.insert(call, Call::new(leg, Stage::Called, Some(news)));
                return self.command(Command::Ring { leg, code: 180, body: None });
            }
        };
        self.command(Command::Refuse { leg, code, retry_after: None });
    }

    fn answered(&mut self, leg: LegId, body: &Body) {
        let Some(answer) = description(body) else {
            self.command(Command::Bye { leg });
            return self.over(leg, Why::NoSound);
        };
        if let Some(found) = self.calls.values_mut().find(|c| c.leg == leg) {
            found.stage = Stage::Standing;
        }
        self.stands(leg, |call| News::Answered { call, answer });
    }

    /// What came of an offer of the page: an answer, or nothing.
    fn settled(&mut self, leg: LegId, answer: Option<Pii<String>>) {
        let Some((&call, found)) = self.calls.iter_mut().find(|(_, c)| c.leg == leg) else { return };
        let news = answer.map_or(News::Unchanged { call }, |answer| News::Changed { call, answer });
        if let Some(change) = &mut found.change {
            change.outcome = Some(news.clone());
        }
        self.news.push_back(news);
    }

    fn offered(&mut self, leg: LegId, offer: Body) {
        let description = description(&offer);
        match self.calls.values_mut().find(|c| c.leg == leg) {
            Some(found) => found.offered = Some(offer),
            None => return self.command(Command::RefuseReinvite { leg, code: 481 }),
        }
        self.tell(leg, |call| News::Offered { call, offer: description });
    }

    /// How a transfer goes. Once somebody has the call, it is over here.
    fn referred(&mut self, leg: LegId, code: u16) {
        let Some((call, found)) = self.calls.iter_mut().find(|(_, c)| c.leg == leg) else { return };
        let call = *call;
        match code {
            ..200 => {
                found.handing = Some(News::Transferring { call });
                self.news.push_back(News::Transferring { call });
            }
            200..300 => {
                self.calls.remove(&call);
                self.command(Command::Bye { leg });
                self.news.push_back(News::Transferred { call });
            }
            _ => {
                found.stage = Stage::Standing;
                self.not_transferred(call, Why::of_status(code));
            }
        }
    }

    /// The leg is gone.
    fn over(&mut self, leg: LegId, why: Why) {
        let Some((&call, found)) = self.calls.iter().find(|(_, c)| c.leg == leg) else { return };
        // Whoever took a call that was handed on may leave no time to say that it worked.
        let handed_on = found.stage == Stage::Referring && why == Why::HungUp;
        self.calls.remove(&call);
        self.news.push_back(if handed_on { News::Transferred { call } } else { News::Ended { call, why } });
    }

    /// A page that is not there hears it when it is back.
    fn stands(&mut self, leg: LegId, news: impl FnOnce(u32) -> News) {
        if let Some((&call, found)) = self.calls.iter_mut().find(|(_, c)| c.leg == leg) {
            let news = news(call);
            found.last = Some(news.clone());
            self.news.push_back(news);
        }
    }

    fn tell(&mut self, leg: LegId, news: impl FnOnce(u32) -> News) {
        if let Some((call, _)) = self.calls.iter().find(|(_, c)| c.leg == leg) {
            self.news.push_back(news(*call));
        }
    }
}

const fn why_ended(reason: EndReason) -> Why {
    match reason {
        EndReason::Bye => Why::HungUp,
        EndReason::Cancelled => Why::Stopped,
        EndReason::Lost => Why::Lost,
    }
}
