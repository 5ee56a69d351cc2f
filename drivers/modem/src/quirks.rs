//! What some models do otherwise than T.31 and T.32 say. A model that is not here is taken by its word.
//!
//! Of modems of Class 2 the facts are those that HylaFAX's prototypes of configurations (`config/` of its source) and mgetty's `faxlib.c`
//! name. What cannot be relied on with most of them needs no entry, since the driver relies on it with none: the order of bits of what
//! they give, the counts of rows in `+FPTS`, XON before a page, and DC2 or XON to ask for one.

/// How a model is to be spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// What it is called, for people.
    pub name: &'static str,
    /// What it is set to before each call, to switch on flow control by wires and switch off what a fax does not want.
    pub setup: &'static [&'static str],
    /// Makes it tell who calls (V.253, or what the maker had before that; both where it is not known which). It refuses what it does not
    /// know.
    pub callers: &'static [&'static str],
    /// It says `CONNECT` to `+FTM` before it takes data: wait so many milliseconds.
    pub connect_delay: u64,
    /// In Class 2 it may be asked for MMR. Some claim it, and garble pages by it.
    pub mmr: bool,
    /// It can send at most this, whatever it claims, in bit/s.
    pub max_bit_rate: u16,
    /// What a person should know of it.
    pub advice: &'static str,
}

impl Quirks {
    /// All that it is told before each call. What begins with the settings of its factory (`&F`) undoes what it was told before; and there
    /// some answer by themselves.
    pub fn before_a_call(&self, waits_for_dial_tone: bool) -> Vec<String> {
        // Both tell a busy number; without waiting, a line that is not plugged in rings out like one that nobody answers.
        let dialling = if waits_for_dial_tone { "ATX4" } else { "ATX3" };
        self.setup.iter().chain(&[dialling, NEVER_ANSWERS]).chain(self.callers).map(|&line| line.to_owned()).collect()
    }
}

/// Whether a call is answered is its user's to say.
pub(crate) const NEVER_ANSWERS: &str = "ATS0=0";

/// A modem of which nothing special is known.
pub const ORDINARY: Quirks = Quirks {
    name: "a fax modem",
    setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT+IFC=2,2"],
    callers: &["AT+VCID=1", "AT#CID=1"],
    connect_delay: 0,
    mmr: true,
    max_bit_rate: 14_400,
    advice: "",
};

/// What is special about a 5637, which has a Conexant chip and, unlike its maker's other modems, that chip's commands.
const USR_5637: Quirks = Quirks {
    name: "a USRobotics 5637 (USB)",
    setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"],
    advice: "Drive it in Class 1: its Class 1.0 offers V.34, which Frontdesk does not speak.",
    ..ORDINARY
};

/// By what `ATI`, `ATI3` or `+FMFR?` and `+FMDL?` say. The first that fits is taken: a model stands before its maker.
const TABLE: &[(&str, Quirks)] = &[
    ("5637", USR_5637),
    // What one says of itself has no number: "U.S. Robotics 56K FAX USB V1.2.23".
    ("56k fax usb", USR_5637),
    (
        "conexant",
        Quirks { name: "a modem with a Conexant chip", setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"], ..ORDINARY },
    ),
    (
        "cx930",
        Quirks { name: "a modem with a Conexant chip", setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"], ..ORDINARY },
    ),
    (
        "u.s. robotics",
        Quirks {
            name: "a U.S. Robotics modem",
            setup: &["AT&F1", "ATE0V1Q0", "AT&D2", "AT&H1&I0&R2"],
            callers: &["AT#CID=1"],
            connect_delay: 100,
            ..ORDINARY
        },
    ),
    (
        // HylaFAX's lucent-mt-2 and lucent-mt-20: early firmware corrupts MMR.
        "mt5634",
        Quirks {
            name: "a MultiTech modem with a Lucent chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"],
            mmr: false,
            ..ORDINARY
        },
    ),
    (
        // mgetty knows the same modem by what it says to ATI.
        "lt v.9",
        Quirks {
            name: "a MultiTech modem with a Lucent chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"],
            mmr: false,
            ..ORDINARY
        },
    ),
    (
        // HylaFAX's digi-2 and digi-20.
        "ras modem",
        Quirks {
            name: "a modem of a Digi AccelePort RAS",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"],
            callers: &["AT#CID=1"],
            mmr: false,
            ..ORDINARY
        },
    ),
    (
        // HylaFAX's davicom-2: it claims two-dimensional coding and refuses it.
        "davicom",
        Quirks {
            name: "a modem with a Davicom chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"],
            mmr: false,
            ..ORDINARY
        },
    ),
    (
        // HylaFAX's zyxel-1496e-2.0 and zyxel-2864.
        "zyxel",
        Quirks { name: "a ZyXEL modem", setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&H3"], ..ORDINARY },
    ),
    (
        // HylaFAX's gvc-288 and gvc-288-2.
        "gvc",
        Quirks { name: "a GVC modem", setup: &["AT&F", "ATE0V1Q0", "AT&D3", "AT\\Q3"], ..ORDINARY },
    ),
    (
        // Linux' drivers/isdn/i4l/isdn_ttyfax.c has no +FPTS= among its commands.
        "isdn4linux",
        Quirks {
            name: "a modem of ISDN4Linux",
            setup: &["AT&F", "ATE0V1Q0", "AT&K3"],
            mmr: false,
            advice: "It cannot ask for a damaged page again: a call with such a page is ended.",
            ..ORDINARY
        },
    ),
    ("multitech", Quirks { name: "a MultiTech modem", setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&E4"], ..ORDINARY }),
    (
        "rockwell",
        Quirks {
            name: "a modem with a Rockwell chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3"],
            callers: &["AT#CID=1"],
            connect_delay: 50,
            ..ORDINARY
        },
    ),
    ("spandsp", Quirks { name: "a virtual modem", setup: &["AT&F", "ATE0V1Q0"], ..ORDINARY }),
];

/// The quirks of a modem that says this of itself.
pub fn of(said: &str) -> Quirks {
    let said = said.to_ascii_lowercase();
    TABLE.iter().find(|(word, _)| said.contains(word)).map_or(ORDINARY, |(_, quirks)| *quirks)
}
