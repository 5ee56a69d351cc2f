//! Calls in which two fax machines of others talk through us: each joins two media ports to a gateway in a child process. The pages are
//! theirs; what is known here is how many were confirmed, for the record of the call.

use std::collections::BTreeMap;

use bytes::Bytes;
use calls::FaxWay;
use fax::audio::Law;
use fax::line::between::{Carried, Said, Told, Way};
use fax::line::gateway::LARGEST_DATAGRAM;
use media::{Heard, SessionId};
use model::{CallId, Instant, Now};

use crate::lines::{law, law_of, says_now};
use crate::ports::{gateway_terms, recode};
use crate::{Clinic, Output};

struct Passing {
    sides: [(SessionId, FaxWay); 2],
    carried: Carried,
}

/// The calls, and which media session is whose.
#[derive(Default)]
pub(crate) struct Gateways {
    by_call: BTreeMap<CallId, Passing>,
    by_session: BTreeMap<SessionId, (CallId, u8)>,
}

impl Gateways {
    /// Whose side this session is, and how that travels.
    fn of_session(&self, session: SessionId) -> Option<(CallId, u8, FaxWay)> {
        let (call, side) = *self.by_session.get(&session)?;
        let passing = self.by_call.get(&call)?;
        Some((call, side, passing.sides.get(usize::from(side))?.1))
    }
}

impl Clinic {
    /// Two machines talk, in these ways from now on.
    pub(crate) fn pass_between(&mut self, call: CallId, sides: [(SessionId, FaxWay); 2]) {
        let before = self.gateways.by_call.get(&call).map(|passing| passing.sides);
        if before.is_none() {
            self.out.push_back(Output::StartGateway { call });
        }
        for (n, (session, way)) in sides.into_iter().enumerate() {
            self.gateways.by_session.insert(session, (call, u8::from(n == 1)));
            let known = before.is_some_and(|before| before[n] == (session, way));
            if let FaxWay::Audio(payload) = way
                && !known
            {
                let ssrc = self.random.next_u32();
                let tap = media::Command::Tap { session, payload_type: payload.number, ssrc };
                self.out.push_back(Output::Media(tap));
            }
        }
        let carried = self.gateways.by_call.get(&call).map(|passing| passing.carried).unwrap_or_default();
        self.gateways.by_call.insert(call, Passing { sides, carried });
        self.tell_gateway(call, Told::Ways(sides.map(|(_, way)| as_told(way))));
    }

    /// The call is over. False if it had no gateway.
    pub(crate) fn passing_ended(&mut self, call: CallId) -> bool {
        let Some(passing) = self.gateways.by_call.remove(&call) else { return false };
        for (session, _) in passing.sides {
            self.gateways.by_session.remove(&session);
        }
        self.out.push_back(Output::KillGateway { call });
        true
    }

    /// The gateway of a call is gone, and the call with it.
    pub(crate) fn gateway_gone(&mut self, now: Now, call: CallId) {
        if self.gateways.by_call.contains_key(&call) {
            self.hang_up_fax(now, call);
        }
    }

    /// What a gateway says.
    pub(crate) fn gateway_said(&mut self, call: CallId, said: Said) {
        let Some(passing) = self.gateways.by_call.get(&call) else { return };
        let to = |side: u8| passing.sides.get(usize::from(side)).copied();
        let command = match said {
            Said::Sound { side, payload } => match to(side) {
                Some((session, FaxWay::Audio(_))) => says_now(session, payload.into()),
                _ => return,
            },
            Said::Datagram { side, data } => match to(side) {
                Some((session, FaxWay::T38(_))) => {
                    media::Command::SendRaw { session, data: data.into(), due: Instant::ZERO }
                }
                _ => return,
            },
        };
        self.out.push_back(Output::Media(command));
    }

    /// How far a gateway has come.
    pub(crate) fn gateway_carried(&mut self, now: Now, call: CallId, carried: Carried) {
        let Some(passing) = self.gateways.by_call.get_mut(&call) else { return };
        let before = std::mem::replace(&mut passing.carried, carried);
        if carried.pages > before.pages {
            let ecm = if carried.ecm { "error correction" } else { "no error correction" };
            let how = format!("{} bit/s, {ecm}", carried.bit_rate);
            let command = calls::Command::FaxCarried { call, pages: carried.pages, how };
            self.pbx.handle_input(now, calls::Input::Command(command));
        }
    }

    /// Packets of sound came. False if they belong to no gateway.
    pub(crate) fn gateway_hears(&mut self, session: SessionId, heard: &[Heard]) -> bool {
        let Some((call, side, way)) = self.gateways.of_session(session) else { return false };
        let FaxWay::Audio(agreed) = way else { return true };
        for Heard { timestamp, payload_type, payload, .. } in heard {
            if let Some(theirs) = law_of(*payload_type, agreed) {
                let payload = recode(payload, theirs, law(agreed.codec).unwrap_or(Law::Mu));
                self.tell_gateway(call, Told::Sound { side, timestamp: *timestamp, payload });
            }
        }
        true
    }

    /// A datagram came. False if it belongs to no gateway.
    pub(crate) fn gateway_is_sent(&mut self, session: SessionId, data: &Bytes) -> bool {
        let Some((call, side, _)) = self.gateways.of_session(session) else { return false };
        if data.len() <= LARGEST_DATAGRAM {
            self.tell_gateway(call, Told::Datagram { side, data: data.to_vec() });
        }
        true
    }

    fn tell_gateway(&mut self, call: CallId, told: Told) {
        self.out.push_back(Output::Gateway { call, told });
    }
}

fn as_told(way: FaxWay) -> Way {
    match way {
        FaxWay::T38(t38) => Way::Packets(gateway_terms(&t38)),
        FaxWay::Audio(payload) => Way::Sound(law(payload.codec).unwrap_or(Law::Mu)),
    }
}
