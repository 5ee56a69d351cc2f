//! What the modem is told before a call.

use model::settings::FaxClass;

use super::words::rate_number;
use crate::line::ModemCall;
use crate::session::{Params, Role};

/// V.34, in the steps of `BR`.
const FASTEST: u16 = 13;
/// `BR` of V.17, from which on a line is not held back.
const V17: u16 = 5;

/// What the modem is to be told before it calls.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) line: String,
    /// If it does not know that, one after the other.
    pub(super) instead: Vec<String>,
    /// And if it knows none of them.
    pub(super) lacks: Lacks,
}

/// What it means that the modem does not know a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacks {
    /// It does it in its own way.
    Nothing,
    /// A person should know.
    Notable(&'static str),
    /// The call cannot be made.
    All(&'static str),
    /// What is to be fetched cannot be asked for.
    Fetching(&'static str),
}

impl Setting {
    fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), instead: Vec::new(), lacks: Lacks::Nothing }
    }

    fn or(self, lacks: Lacks) -> Self {
        Self { lacks, ..self }
    }
}

/// What the modem is told before it calls: its class, who we are, what we have, what is to be named, and the order of bits: the first of the
/// line is the lowest of its octet (`+FBOR=0`).
pub(super) fn settings(call: &ModemCall, role: Role, params: &Params) -> Vec<Setting> {
    let two = call.class == FaxClass::Two;
    let mut all: Vec<Setting> = call.setup.iter().map(Setting::new).collect();
    // Without its class nothing that follows means what it says.
    let class = Setting::new(format!("AT+FCLASS={}", call.class.word()));
    all.push(class.or(Lacks::All("The modem does not take the class that it named.")));
    if !two {
        // It is silent on what the machines agree on unless it is asked for that (T.32), and flow control has a name of its
        // own there.
        all.extend(["AT+FNR=1,1,1,0", "AT+FLO=2"].map(Setting::new));
    }
    let ident: String = params.station_id.chars().filter(|c| *c != '"').take(20).collect();
    all.push(Setting::new(format!("AT{}=\"{ident}\"", if two { "+FLID" } else { "+FLI" })));
    let mut can = capabilities(call, params).into_iter();
    let line = can.next().unwrap_or_default();
    all.push(Setting { line, instead: can.collect(), lacks: Lacks::Nothing });
    all.push(Setting::new(if two { "AT+FBOR=0" } else { "AT+FBO=0" }));
    match role {
        Role::Receive => {
            all.push(Setting::new("AT+FCR=1"));
            if !two {
                // Whom in the house it is for.
                all.push(Setting::new("AT+FAP=1,0,0"));
            }
        }
        Role::Fetch => {
            all.push(Setting::new("AT+FCR=1"));
            all.push(Setting::new(format!("AT{}=\"{ident}\"", if two { "+FCIG" } else { "+FPI" })));
            let fetches = Setting::new(if two { "AT+FSPL=1" } else { "AT+FSP=1" });
            all.push(fetches.or(Lacks::Fetching("The modem can fetch nothing in its class.")));
            all.extend(names(params, two, true));
        }
        Role::Send { .. } | Role::Give { .. } => all.extend(names(params, two, false)),
    }
    all
}

/// What we have, best first: MMR is for error correction only (T.30 Table 2), and a modem without either is asked for MR, then for MH. T.32
/// has one number for error correction whatever the frames; SP-2388 has 2 for frames of 256 octets, and some makers 1 for all.
fn capabilities(call: &ModemCall, params: &Params) -> Vec<String> {
    let two = call.class == FaxClass::Two;
    let name = if two { "+FDCC" } else { "+FCC" };
    let rate = rate_number(params.max_bit_rate);
    let line = |rate: u16, df: u8, ec: u8| format!("AT{name}=1,{rate:X},0,2,{df},{ec},0,0");
    let df = if call.mmr { 3 } else { 1 };
    let mut all = Vec::new();
    if params.ecm {
        // V.34 corrects errors always (T.30 Annex F).
        all.extend((call.class == FaxClass::TwoOne && rate >= V17).then(|| line(FASTEST, df, 1)));
        all.extend(two.then(|| line(rate, df, 2)));
        all.push(line(rate, df, 1));
        // Some have error correction and no MMR.
        all.extend(call.mmr.then(|| line(rate, 1, if two { 2 } else { 1 })));
    }
    all.extend([1, 0].map(|df| line(rate, df, 0)));
    all
}

/// Whom a fax is for, or which document is wanted, and the password to either. A fax goes without; a document is not asked for without.
fn names(params: &Params, two: bool, fetches: bool) -> Vec<Setting> {
    let (name, password) = (params.inside.subaddress.expose(), params.inside.password.expose());
    if name.is_empty() && password.is_empty() {
        // Whether their machine refused or the line broke is told by its frames.
        let frames = if two { "AT+FBUG=1" } else { "AT+FBU=1" };
        return if fetches { vec![Setting::new(frames)] } else { Vec::new() };
    }
    let lacks = if fetches {
        Lacks::Fetching("The modem can ask for no document by its name.")
    } else {
        Lacks::Notable("The modem passes on no subaddress and no password; the fax goes without.")
    };
    // SP-2388 has no names, and some of its modems say OK to what they do not know.
    if two {
        return Vec::new();
    }
    let mut all = vec![Setting::new("AT+FAP=1,1,1"), Setting::new("AT+FBU=1")];
    let named = |command: &str, name: &str| Setting::new(format!("AT{command}=\"{name}\"")).or(lacks);
    if !name.is_empty() {
        all.push(named(if fetches { "+FPA" } else { "+FSA" }, name));
    }
    if !password.is_empty() {
        all.push(named("+FPW", password));
    }
    all
}
