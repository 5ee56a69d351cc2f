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
    },
    /// Answers, and refuses T.38.
    NoT38,
    /// Our own call, which sends a fax.
    Sender,
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
    /// Refuses T.38.
    pub t38_refused: String,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            voice: "12025550123".to_owned(),
            good: "12025550101".to_owned(),
            busy: "12025550102".to_owned(),
            drops_page_2: "12025550103".to_owned(),
            t38_refused: "12025550106".to_owned(),
        }
    }
}

impl Numbers {
    pub(super) fn script(&self, number: &str) -> Script {
        match number {
            "911" | "933" => Script::Operator,
            n if n == self.voice => Script::Voice,
            n if n == self.good => Script::Receiver { drops_page: None, faxes_back: true },
            n if n == self.busy => Script::Refuse(486),
            n if n == self.drops_page_2 => Script::Receiver { drops_page: Some(1), faxes_back: false },
            n if n == self.t38_refused => Script::NoT38,
            _ => Script::Refuse(404),
        }
    }

    /// Under which number the carrier calls.
    pub(super) fn caller(&self, script: Script) -> &str {
        if script == Script::Sender { &self.good } else { &self.voice }
    }
}
