//! Messages that callers have left for the front desk: a new one, an urgent one, and one that a colleague gave.

use model::call::Party;
use model::{CallId, PhoneNumber, Pii, Random, Sound, VoicemailId, Wall};
use store::Store;
use store::effect::{Effect, Giving};

/// Leaves them.
pub(crate) async fn leave(store: &Store, at: Wall) {
    let mut random = Random::from_u64(31);
    for (mailbox, number, urgent) in
        [("101", "+12025550171", false), ("101", "+12025550172", true), ("102", "+12025550173", false)]
    {
        let voicemail = VoicemailId::new(at, &mut random);
        let from = Party { number: Some(PhoneNumber::E164(number.to_owned())), name: Pii::default() };
        let samples = (0..96_000).map(|n: i32| ((n % 160 - 80) * (n / 4_000 % 7) * 30) as i16).collect();
        let sound = Pii::new(Sound { rate: 8_000, samples });
        let (call, mailbox) = (CallId::new(at, &mut random), mailbox.to_owned());
        let effects = [
            Effect::BeginVoicemail { voicemail, mailbox: mailbox.clone(), call, from, at },
            Effect::VoicemailPart { voicemail, number: 0, sound, at },
            Effect::FinishVoicemail { voicemail, urgent: Some(urgent), at },
        ];
        for effect in effects {
            store.perform(effect).await.expect("a message");
        }
        if mailbox != "101" {
            let giving = Giving { voicemail, by: mailbox.clone(), mailbox, to: "101".to_owned(), at };
            store.perform(Effect::GiveVoicemail(giving)).await.expect("given");
        }
    }
}
