//! What each number behind the carrier does.

/// What a called number does, or a call of the carrier's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Rings, answers, echoes.
    Voice,
    /// Answers at once, echoes.
    Operator,
    /// Refuses with this status.
    Refuse(u16),
    /// Takes a fax.
    Receiver {
        /// Hangs up when this page (from 0) is complete, before it is confirmed.
        drops_page: Option<u32>,
        /// Faxes what it received back to the clinic.
        faxes_back: bool,
        /// Calls the clinic when it has received a fax, and fetches what lies ready there under [`Numbers::NAME`].
        fetches: bool,
        /// It is behind a gateway that knows T.38, and proposes it; without, it is an ordinary machine, and refuses it.
        t38: bool,
    },
    /// Takes a fax over T.38 alone: a call with sound is refused.
    OverIpAlone,
    /// Takes a fax, and hangs up when the command for another one comes in the same call.
    TakesOne,
    /// Holds a document ready for whoever asks for it, and takes none.
    Holder {
        /// Only under its name and with its password: [`Numbers::NAME`].
        named: bool,
        /// Hangs up when its first page is confirmed.
        breaks: bool,
    },
    /// Our own call, which fetches what the clinic holds ready.
    Fetcher {
        /// See above.
        t38: bool,
        /// Hangs up when this page (from 0) is complete, before it is confirmed.
        drops_page: Option<u32>,
    },
    /// Our own call, which sends a fax.
    Sender {
        /// See above.
        t38: bool,
    },
}

/// The numbers, digits only.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// A voice number.
    pub voice: String,
    /// A fax machine that works.
    pub good: String,
    /// Busy.
    pub busy: String,
    /// Hangs up at the end of the second page.
    pub drops_page_2: String,
    /// A fax machine on a line without T.38.
    pub t38_refused: String,
    /// A fax machine whose line takes T.38 alone.
    pub over_ip_alone: String,
    /// A fax machine that takes one fax in each call.
    pub takes_one: String,
    /// A fax machine that holds a document ready.
    pub holds: String,
    /// The same, for whoever names it.
    pub holds_named: String,
    /// The same as the first, and it hangs up after a page.
    pub holds_and_breaks: String,
    /// A fax machine that works, and then calls the clinic and fetches what lies ready there under [`Numbers::NAME`].
    pub fetches: String,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            voice: "12025550123".to_owned(),
            good: "12025550101".to_owned(),
            busy: "12025550102".to_owned(),
            drops_page_2: "12025550103".to_owned(),
            t38_refused: "12025550106".to_owned(),
            over_ip_alone: "12025550112".to_owned(),
            takes_one: "12025550113".to_owned(),
            holds: "12025550108".to_owned(),
            holds_named: "12025550109".to_owned(),
            holds_and_breaks: "12025550110".to_owned(),
            fetches: "12025550111".to_owned(),
        }
    }
}

impl Script {
    /// Its end of the line agrees to T.38.
    pub(super) const fn takes_t38(self) -> bool {
        !matches!(
            self,
            Self::Receiver { t38: false, .. } | Self::Sender { t38: false } | Self::Fetcher { t38: false, .. }
        )
    }
}

/// A fax machine that works.
const RECEIVER: Script = Script::Receiver { drops_page: None, faxes_back: true, fetches: false, t38: true };

impl Numbers {
    /// The subaddress and the password of the document that [`Numbers::holds_named`] holds, and that [`Numbers::fetches`] fetches.
    pub const NAME: (&str, &str) = ("44", "1234");

    pub(super) fn script(&self, number: &str) -> Script {
        match number {
            "911" | "933" => Script::Operator,
            n if n == self.voice => Script::Voice,
            n if n == self.good => RECEIVER,
            n if n == self.fetches => {
                Script::Receiver { drops_page: None, faxes_back: false, fetches: true, t38: true }
            }
            n if n == self.busy => Script::Refuse(486),
            n if n == self.drops_page_2 => {
                Script::Receiver { drops_page: Some(1), faxes_back: false, fetches: false, t38: true }
            }
            n if n == self.over_ip_alone => Script::OverIpAlone,
            n if n == self.takes_one => Script::TakesOne,
            n if n == self.holds => Script::Holder { named: false, breaks: false },
            n if n == self.holds_named => Script::Holder { named: true, breaks: false },
            n if n == self.holds_and_breaks => Script::Holder { named: false, breaks: true },
            n if n == self.t38_refused => {
                Script::Receiver { drops_page: None, faxes_back: true, fetches: false, t38: false }
            }
            _ => Script::Refuse(404),
        }
    }

    /// Under which number the carrier calls.
    pub(super) fn caller(&self, script: Script) -> &str {
        match script {
            Script::Sender { t38: true } => &self.good,
            Script::Fetcher { t38: true, .. } => &self.fetches,
            Script::Sender { t38: false } | Script::Fetcher { t38: false, .. } => &self.t38_refused,
            _ => &self.voice,
        }
    }
}
