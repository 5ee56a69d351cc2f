//! What staff hear when the store keeps nothing of what comes in. Whoever calls or faxes hears it, or their machine does; nobody here would, for days.

use model::Now;
use store::effect::StoreError;

use crate::Clinic;

/// What happens meanwhile.
pub(crate) const FAXES: &str = "Faxes that come are refused";
/// See above.
pub(crate) const MESSAGES: &str = "Callers cannot leave messages";
/// See above.
pub(crate) const RECORDINGS: &str = "Calls are not recorded";

impl Clinic {
    /// Once, until somebody has seen it. What a single fax, call or mailbox is refused for is no trouble of the store.
    pub(crate) fn not_kept(&mut self, now: Now, error: &StoreError, what: &str) {
        let sentence = match error {
            StoreError::Full => format!("The disk is full. {what} until there is room again."),
            StoreError::Broken(_) => format!("Frontdesk cannot store what comes in. {what} until it can again."),
            StoreError::NotFound | StoreError::WrongState | StoreError::WrongKey => return,
        };
        self.notice_once(now, sentence.into());
    }
}
