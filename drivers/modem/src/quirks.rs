//! What some models do otherwise than T.31 says. A model that is not here is taken by its word.

/// How a model is to be spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// What it is called, for people.
    pub name: &'static str,
    /// Sent once after each reset, to switch on flow control by wires and switch off what a fax does not want.
    pub setup: &'static [&'static str],
    /// Makes it tell who calls (V.253, or what the maker had before that).
    pub callers: &'static str,
    /// It says `CONNECT` to `+FTM` before it takes data: wait so many milliseconds.
    pub connect_delay: u64,
    /// It answers `+FRH=3` with `+FCERROR` when another carrier is still there: ask again, so many times.
    pub frh_retries: u32,
    /// It can send at most this, whatever it claims, in bit/s.
    pub max_bit_rate: u16,
    /// What a person should know of it.
    pub advice: &'static str,
}

/// A modem of which nothing special is known.
pub const ORDINARY: Quirks = Quirks {
    name: "a fax modem",
    setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT+IFC=2,2", "ATX3"],
    callers: "AT+VCID=1",
    connect_delay: 0,
    frh_retries: 20,
    max_bit_rate: 14_400,
    advice: "",
};

/// By what `ATI`, `ATI3` or `+FMFR?` and `+FMDL?` say.
const TABLE: &[(&str, Quirks)] = &[
    (
        "conexant",
        Quirks {
            name: "a modem with a Conexant chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3", "ATX3"],
            ..ORDINARY
        },
    ),
    (
        "cx930",
        Quirks {
            name: "a modem with a Conexant chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3", "ATX3"],
            ..ORDINARY
        },
    ),
    (
        "u.s. robotics",
        Quirks {
            name: "a U.S. Robotics modem",
            setup: &["AT&F1", "ATE0V1Q0", "AT&D2", "AT&H1&I0&R2", "ATX3"],
            callers: "AT#CID=1",
            connect_delay: 100,
            ..ORDINARY
        },
    ),
    (
        "5637",
        Quirks {
            name: "a USRobotics 5637 (USB)",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3", "ATX3"],
            advice: "Drive it in Class 1: its Class 1.0 offers V.34, which Frontdesk does not speak.",
            ..ORDINARY
        },
    ),
    (
        "multitech",
        Quirks { name: "a MultiTech modem", setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&E4", "ATX3"], ..ORDINARY },
    ),
    (
        "rockwell",
        Quirks {
            name: "a modem with a Rockwell chip",
            setup: &["AT&F", "ATE0V1Q0", "AT&D2", "AT&K3", "ATX3"],
            callers: "AT#CID=1",
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
