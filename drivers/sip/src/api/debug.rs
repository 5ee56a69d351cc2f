//! How events and orders print: their kind, their leg, their codes, and bodies by their length. A description holds addresses, and a
//! message all that there is, so neither is ever printed (the house rule that nothing personal reaches a log).

use std::fmt;

use super::{Command, Event, Input, Invite, OutgoingCall, Output};

/// A body, as its length.
struct Length(usize);

impl fmt::Debug for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

fn length(body: Option<&bytes::Bytes>) -> Option<Length> {
    body.map(|b| Length(b.len()))
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register { request, register } => {
                f.debug_struct("Register").field("request", request).field("register", register).finish()
            }
            Self::Invite { leg, invite } => f.debug_struct("Invite").field("leg", leg).field("invite", invite).finish(),
            Self::Trying { leg } => f.debug_struct("Trying").field("leg", leg).finish(),
            Self::Recorded { legs, turned_away } => {
                f.debug_struct("Recorded").field("legs", &legs.len()).field("turned_away", &turned_away.len()).finish()
            }
            Self::Dialog { leg, .. } => f.debug_struct("Dialog").field("leg", leg).finish(),
            Self::Subscribe { subscription, .. } => {
                f.debug_struct("Subscribe").field("subscription", subscription).finish()
            }
            Self::StateWanted { subscription } => {
                f.debug_struct("StateWanted").field("subscription", subscription).finish()
            }
            Self::Notified { subscription } => f.debug_struct("Notified").field("subscription", subscription).finish(),
            Self::Unsubscribed { subscription } => {
                f.debug_struct("Unsubscribed").field("subscription", subscription).finish()
            }
            Self::Message { request, .. } => f.debug_struct("Message").field("request", request).finish(),
            Self::TrunkRegistered { trunk, .. } => f.debug_struct("TrunkRegistered").field("trunk", trunk).finish(),
            Self::TrunkLost { trunk, trouble } => {
                f.debug_struct("TrunkLost").field("trunk", trunk).field("trouble", trouble).finish()
            }
            Self::Sent { id, code } => f.debug_struct("Sent").field("id", id).field("code", code).finish(),
            // An address is personal.
            Self::Blocked(_) => f.write_str("Blocked"),
            Self::Forgiven { .. } => f.write_str("Forgiven"),
            Self::TurnedAway(_) => f.write_str("TurnedAway"),
            Self::Altered { .. } => f.write_str("Altered"),
            Self::Established { leg } => f.debug_struct("Established").field("leg", leg).finish(),
            Self::AckAnswer { leg, body } => {
                f.debug_struct("AckAnswer").field("leg", leg).field("body", &Length(body.len())).finish()
            }
            Self::Progress { leg, code, body } => f
                .debug_struct("Progress")
                .field("leg", leg)
                .field("code", code)
                .field("body", &length(body.as_ref()))
                .finish(),
            Self::Answered { leg, body } => {
                f.debug_struct("Answered").field("leg", leg).field("body", &Length(body.len())).finish()
            }
            Self::Refused { leg, code, retry_after } => f
                .debug_struct("Refused")
                .field("leg", leg)
                .field("code", code)
                .field("retry_after", retry_after)
                .finish(),
            Self::Reinvite { leg, offer } => {
                f.debug_struct("Reinvite").field("leg", leg).field("offer", &Length(offer.len())).finish()
            }
            Self::ReinviteAnswered { leg, body } => {
                f.debug_struct("ReinviteAnswered").field("leg", leg).field("body", &Length(body.len())).finish()
            }
            Self::ReinviteRefused { leg, code } => {
                f.debug_struct("ReinviteRefused").field("leg", leg).field("code", code).finish()
            }
            Self::Refer { leg, refer } => f.debug_struct("Refer").field("leg", leg).field("refer", refer).finish(),
            // A key may be part of a number or a PIN.
            Self::Dtmf { leg, digit: _, millis } => {
                f.debug_struct("Dtmf").field("leg", leg).field("millis", millis).finish()
            }
            Self::Ended { leg, reason } => f.debug_struct("Ended").field("leg", leg).field("reason", reason).finish(),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetUsers(users) => f.debug_tuple("SetUsers").field(users).finish(),
            Self::SetPeers(_) => f.debug_struct("SetPeers").finish_non_exhaustive(),
            Self::SetAdvertised(_) => f.write_str("SetAdvertised"),
            Self::SetSecurePeers(_) => f.write_str("SetSecurePeers"),
            Self::SetTrunks(_) => f.write_str("SetTrunks"),
            Self::SetTrunkSecrets(_) => f.write_str("SetTrunkSecrets"),
            Self::LeaveTrunks => f.write_str("LeaveTrunks"),
            Self::Unblock { .. } => f.write_str("Unblock"),
            Self::TooBrief { request, .. } => f.debug_struct("TooBrief").field("request", request).finish(),
            Self::AcceptMessage { request } => f.debug_struct("AcceptMessage").field("request", request).finish(),
            Self::Send { id, .. } => f.debug_struct("Send").field("id", id).finish(),
            Self::AcceptSubscription { subscription, .. } => {
                f.debug_struct("AcceptSubscription").field("subscription", subscription).finish()
            }
            Self::ChallengeSubscription { subscription, .. } => {
                f.debug_struct("ChallengeSubscription").field("subscription", subscription).finish()
            }
            Self::RefuseSubscription { subscription, code } => {
                f.debug_struct("RefuseSubscription").field("subscription", subscription).field("code", code).finish()
            }
            Self::Notify { subscription, .. } => f.debug_struct("Notify").field("subscription", subscription).finish(),
            Self::EndSubscription { subscription, .. } => {
                f.debug_struct("EndSubscription").field("subscription", subscription).finish()
            }
            Self::AcceptRegister { request, contacts, outbound: _ } => {
                f.debug_struct("AcceptRegister").field("request", request).field("contacts", &contacts.len()).finish()
            }
            Self::Challenge { request, stale } => {
                f.debug_struct("Challenge").field("request", request).field("stale", stale).finish()
            }
            Self::Reject { request, code } => {
                f.debug_struct("Reject").field("request", request).field("code", code).finish()
            }
            Self::ChallengeInvite { leg, stale } => {
                f.debug_struct("ChallengeInvite").field("leg", leg).field("stale", stale).finish()
            }
            Self::Ring { leg, code, body } => f
                .debug_struct("Ring")
                .field("leg", leg)
                .field("code", code)
                .field("body", &length(body.as_ref()))
                .finish(),
            Self::Answer { leg, body } => {
                f.debug_struct("Answer").field("leg", leg).field("body", &Length(body.len())).finish()
            }
            Self::Refuse { leg, code, retry_after } => f
                .debug_struct("Refuse")
                .field("leg", leg)
                .field("code", code)
                .field("retry_after", retry_after)
                .finish(),
            Self::Invite { leg, call } => f.debug_struct("Invite").field("leg", leg).field("call", call).finish(),
            Self::Cancel { leg } => f.debug_struct("Cancel").field("leg", leg).finish(),
            Self::Bye { leg } => f.debug_struct("Bye").field("leg", leg).finish(),
            Self::Reinvite { leg, body } => {
                f.debug_struct("Reinvite").field("leg", leg).field("body", &Length(body.len())).finish()
            }
            Self::AnswerReinvite { leg, body } => {
                f.debug_struct("AnswerReinvite").field("leg", leg).field("body", &Length(body.len())).finish()
            }
            Self::RefuseReinvite { leg, code } => {
                f.debug_struct("RefuseReinvite").field("leg", leg).field("code", code).finish()
            }
            Self::AcceptRefer { leg } => f.debug_struct("AcceptRefer").field("leg", leg).finish(),
            Self::ReferProgress { leg, code } => {
                f.debug_struct("ReferProgress").field("leg", leg).field("code", code).finish()
            }
            Self::RefuseRefer { leg, code } => {
                f.debug_struct("RefuseRefer").field("leg", leg).field("code", code).finish()
            }
        }
    }
}

impl fmt::Debug for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invite")
            .field("flow", &self.flow)
            .field("offer", &length(self.offer.as_ref()))
            .field("replaces", &self.replaces)
            .field("hops", &self.hops)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OutgoingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingCall")
            .field("flow", &self.flow)
            .field("body", &Length(self.body.len()))
            .field("hops", &self.hops)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { flow, data } => {
                f.debug_struct("Bytes").field("flow", flow).field("data", &Length(data.len())).finish()
            }
            Self::Closed { flow } => f.debug_struct("Closed").field("flow", flow).finish(),
            Self::Command(command) => f.debug_tuple("Command").field(command).finish(),
            Self::Waited(time) => f.debug_tuple("Waited").field(time).finish(),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit { flow, data } => {
                f.debug_struct("Transmit").field("flow", flow).field("data", &Length(data.len())).finish()
            }
            Self::Close { flow } => f.debug_struct("Close").field("flow", flow).finish(),
            Self::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Self::Timeout(at) => f.debug_tuple("Timeout").field(at).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Flow, LegId, NameAddr, Transport};

    #[test]
    fn no_body_no_number_and_no_key_is_printed() {
        let secret = "v=0 o=- 555-0123 IN IP4 10.1.2.3";
        let at = "10.1.2.3:5060".parse().expect("an address");
        let flow = Flow { transport: Transport::Udp, local: at, remote: at, connection: 0 };
        let party = NameAddr { display: secret.into(), uri: secret.into() };
        let (leg, body) = (LegId(1), bytes::Bytes::from(secret));
        let invite = Invite { offer: Some(body.clone()), from: party.clone(), ..Invite::new(flow, secret) };
        let call = OutgoingCall::new(secret, flow, party.clone(), party, body.clone());
        let printed = [
            format!("{:?}", Event::Invite { leg, invite: invite.into() }),
            format!("{:?}", Event::Progress { leg, code: 183, body: Some(body.clone()) }),
            format!("{:?}", Event::Answered { leg, body: body.clone() }),
            format!("{:?}", Event::Reinvite { leg, offer: body.clone() }),
            format!("{:?}", Event::Dtmf { leg, digit: '5', millis: 100 }),
            format!("{:?}", Input::Command(Command::Invite { leg, call: call.into() })),
            format!("{:?}", Command::Answer { leg, body: body.clone() }),
            format!("{:?}", Output::Transmit { flow, data: body.clone() }),
            format!("{:?}", Input::Bytes { flow, data: &body }),
        ];
        for text in printed {
            assert!(!text.contains("555") && !text.contains("10.1") && !text.contains("'5'"), "{text}");
        }
        assert_eq!(
            format!("{:?}", Command::Ring { leg, code: 180, body: None }),
            "Ring { leg: LegId(1), code: 180, body: None }"
        );
    }
}
