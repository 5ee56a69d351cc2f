//! What the page of a telephone and we say to each other: small JSON objects, one in each frame of a WebSocket. A page never speaks SIP, and
//! says nothing of who it is: that the console knows.
//!
//! A call has a number: odd if the page began it, even if it came in. Sessions are described as browsers do (SDP), offered and answered in
//! turn; nothing else of a call needs more than a word. What goes wrong is a word too ([`Why`]), which the page has a sentence for.
//!
//! A connection can die with words in it that both sides believe to be said. So a page that comes back is told again how each of its calls
//! stands, and takes what it has heard before for no news; to [`News::Called`] of a call that it has answered it answers again. What it has
//! offered and has heard no answer to stands in its [`Order::Hello`].

use model::Pii;
use serde::{Deserialize, Serialize};

/// The longest frame of a page: an offer of a browser with all its codecs is a fifth of it.
pub(crate) const MAX_FRAME: usize = 64 * 1024;
/// What a page may send at once, and then in a second: a person who types through a menu stays far below, also with the candidates of a
/// network in between.
pub(crate) const ORDERS: model::limit::Share = model::limit::Share::per_second(40, 10);

/// A page orders.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    /// The first thing that a page says.
    Hello {
        /// The phone that it was before its connection broke, as [`News::Phone`] named it.
        #[serde(default)]
        phone: Option<String>,
        /// The calls that it still has. All others of that phone are over.
        #[serde(default)]
        calls: Vec<Known>,
    },
    /// A new call, with an odd number that was never used.
    Call { call: u32, to: Pii<String>, offer: Pii<String> },
    /// Takes a call that came.
    Answer { call: u32, answer: Pii<String> },
    /// Does not take it.
    Refuse { call: u32 },
    /// Ends a call, in whatever state.
    HangUp { call: u32 },
    /// Offers a new session: to hold, to go on.
    Offer { call: u32, offer: Pii<String> },
    /// Answers the switchboard's offer, or makes the one that it asked for.
    AnswerOffer { call: u32, answer: Pii<String> },
    /// Cannot use it.
    RefuseOffer { call: u32 },
    /// Hands a call on, unannounced.
    Transfer { call: u32, to: Pii<String> },
    /// Connects the partners of two calls.
    Join { call: u32, with: u32 },
    /// A person is at the page.
    Here,
    /// The page is there: its answer to each [`News::Alive`].
    Alive,
    /// The page is closed.
    Leave,
}

/// A call that a page still has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    pub(crate) call: u32,
    /// What it said in an [`Order::Offer`] that it has not heard [`News::Changed`] or [`News::Unchanged`] to.
    #[serde(default)]
    pub(crate) offer: Option<Pii<String>>,
}

impl Order {
    /// True if a person did something: their session goes on.
    pub(crate) const fn is_by_hand(&self) -> bool {
        !matches!(
            self,
            Self::Hello { .. } | Self::AnswerOffer { .. } | Self::RefuseOffer { .. } | Self::Alive | Self::Leave
        )
    }
}

/// A page is told.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(crate) enum News {
    /// Which phone it is, for [`Order::Hello`], and which calls it has.
    Phone { phone: String, user: String, calls: Vec<u32> },
    /// These dial help, by the plan that is live.
    Help { numbers: Vec<String> },
    /// Calls to this person ring here, and the page may call.
    Ready,
    /// The switchboard does not have this phone, for the moment.
    NotReady { why: Why },
    /// Somebody calls.
    Called { call: u32, name: Pii<String>, number: Pii<String>, offer: Pii<String> },
    /// It rings where the page calls; with a description, its tones or announcement are to be heard.
    Ringing { call: u32, answer: Option<Pii<String>> },
    /// The call stands.
    Answered { call: u32, answer: Pii<String> },
    /// The switchboard offers a new session, or asks for an offer.
    Offered { call: u32, offer: Option<Pii<String>> },
    /// What the page offered is agreed.
    Changed { call: u32, answer: Pii<String> },
    /// What the page offered is not agreed: all is as it was.
    Unchanged { call: u32 },
    /// A transfer is under way.
    Transferring { call: u32 },
    /// Whom the call was handed to has it; it has ended here.
    Transferred { call: u32 },
    /// The transfer came to nothing; the call is still here.
    NotTransferred { call: u32, why: Why },
    /// The call is over.
    Ended { call: u32, why: Why },
    /// An order was not carried out.
    Problem {
        #[serde(skip_serializing_if = "Option::is_none")]
        call: Option<u32>,
        why: Why,
    },
    /// Nobody is signed in any more. What calls there are may end by themselves; new ones are not made.
    SignedOut,
    /// Nothing is new. So a page notices that its connection is gone; and what it answers tells us that it still runs.
    Alive,
}

/// Why something ended or did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// Somebody hung up, as calls end.
    HungUp,
    /// The caller gave up, or another phone took the call.
    Stopped,
    Busy,
    Declined,
    NoAnswer,
    /// Nobody has this number.
    UnknownNumber,
    /// This person may not call it.
    NotAllowed,
    /// No phone is there at the moment.
    Unreachable,
    /// Sound could not be agreed.
    NoSound,
    /// The other side, or the way to it, is gone.
    Lost,
    /// The appliance has more to do than it can.
    Overloaded,
    /// The plan or the line failed.
    Failed,
    /// This page has as many calls as it may, or orders too fast.
    TooMany,
    /// Nothing was dialled that a number is made of.
    NotANumber,
    /// There is no such call, or it is not in a state for that.
    NoSuchCall,
    /// The frame could not be understood.
    Nonsense,
    /// Nobody is signed in.
    SignedOut,
}

impl Why {
    /// What a final status means to a person.
    pub(crate) const fn of_status(code: u16) -> Self {
        match code {
            486 | 600 => Self::Busy,
            603 => Self::Declined,
            408 | 480 => Self::NoAnswer,
            404 | 484 | 485 | 604 => Self::UnknownNumber,
            401 | 403 | 407 => Self::NotAllowed,
            410 | 430 => Self::Unreachable,
            415 | 488 | 606 => Self::NoSound,
            487 => Self::Stopped,
            481 => Self::Lost,
            503 => Self::Overloaded,
            _ => Self::Failed,
        }
    }
}
