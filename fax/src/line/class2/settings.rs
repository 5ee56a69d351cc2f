//! What the modem is told before a call.

use std::collections::VecDeque;

use model::settings::FaxClass;

use super::words::rate_number;
use crate::line::ModemCall;
use crate::session::{Params, Role};

/// What the modem is to be told before it calls.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) line: String,
    /// If it does not know that, one after the other.
    pub(super) instead: Vec<String>,
}

impl Setting {
    fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), instead: Vec::new() }
    }
}

/// What the modem is told before it calls: its class, who we are, what we have, and the order of bits: the first of the line is the lowest
/// of its octet (`+FBOR=0`).
pub(super) fn settings(call: &ModemCall, role: Role, params: &Params) -> Vec<Setting> {
    let mut all: Vec<Setting> = call.setup.iter().map(Setting::new).collect();
    all.push(Setting::new(format!("AT+FCLASS={}", call.class.word())));
    let ident: String = params.station_id.chars().filter(|c| *c != '"').take(20).collect();
    let (name, capabilities) = if call.class == FaxClass::Two { ("+FLID", "+FDCC") } else { ("+FLI", "+FCC") };
    if call.class != FaxClass::Two {
        // It is silent on what the machines agree on unless it is asked for that (T.32), and flow control has a name of its
        // own there.
        all.extend(["AT+FNR=1,1,1,0", "AT+FLO=2"].map(Setting::new));
    }
    all.push(Setting::new(format!("AT{name}=\"{ident}\"")));
    let rate = rate_number(params.max_bit_rate);
    // MR, and for one that takes only MH that.
    let mut can: VecDeque<String> =
        (0..2).rev().map(|df| format!("AT{capabilities}=1,{rate},0,2,{df},0,0,0")).collect();
    if params.ecm && call.mmr {
        // MMR is for error correction only (T.30 Table 2).
        can.push_front(format!("AT{capabilities}=1,{rate},0,2,3,2,0,0"));
    } else if params.ecm {
        can.push_front(format!("AT{capabilities}=1,{rate},0,2,1,2,0,0"));
    }
    let line = can.pop_front().unwrap_or_default();
    all.push(Setting { line, instead: can.into() });
    all.push(Setting::new(if call.class == FaxClass::Two { "AT+FBOR=0" } else { "AT+FBO=0" }));
    if role == Role::Receive {
        all.push(Setting::new("AT+FCR=1"));
        if call.class != FaxClass::Two {
            // Whom in the house it is for.
            all.push(Setting::new("AT+FAP=1,0,0"));
        }
    }
    all
}
