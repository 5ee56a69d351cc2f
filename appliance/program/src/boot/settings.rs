//! The clinic's settings: those in the store, or at the first start those that a person wrote.

use std::path::Path;

use model::Settings;
use model::settings::{Problem, TrunkPassword, take_passwords};
use model::time::Clock;
use store::Store;

use super::Failure;

/// The settings that a person wrote for the first start.
pub(crate) struct FirstSettings {
    /// TOML; or why it cannot be read, which nobody needs to know once the store has settings.
    text: Result<String, String>,
    /// Where they stand, for who has to mend them: "the settings /etc/frontdesk/clinic.toml".
    from: String,
}

impl FirstSettings {
    /// Those in this file, if it is there.
    pub(crate) fn at(path: &Path) -> Self {
        let text = std::fs::read_to_string(path);
        let from = format!("the settings {}", path.display());
        Self { text: text.map_err(|e| format!("settings: the file {} cannot be read: {e}", path.display())), from }
    }

    pub(crate) fn new(text: String, from: String) -> Self {
        Self { text: Ok(text), from }
    }

    /// The clinic's domain, as far as they say it.
    pub(super) fn domain(&self) -> Option<String> {
        Settings::parse(self.text.as_deref().ok()?).ok().map(|settings| settings.domain)
    }
}

/// The settings, with the plan that is live.
pub(super) async fn of(store: &Store, first: &FirstSettings, clock: Clock) -> Result<Settings, Failure> {
    let mut settings = written(store, first, clock).await?;
    // A plan that went live in the console goes before the one that the settings began with.
    match store.plans().newest().await {
        Ok(newest) => settings.plan = newest.unwrap_or(settings.plan),
        Err(error) => tracing::error!(%error, "the plan that was live cannot be read; that of the settings is used"),
    }
    Ok(settings)
}

async fn written(store: &Store, first: &FirstSettings, clock: Clock) -> Result<Settings, Failure> {
    let broken = |e: store::effect::StoreError| Failure(format!("the settings cannot be read: {e}"));
    if let Some((_, text)) = store.settings().load().await.map_err(broken)? {
        return checked(&text, "the settings in the store");
    }
    let given = first.text.as_deref().map_err(|why| Failure(why.clone()))?;
    let (text, passwords) = take_passwords(given).map_err(|problem| problems(&first.from, &[problem]))?;
    // Checked with the passwords, so that what is wrong with one is said.
    let unusable = checked(given, &first.from)?.unusable_addresses();
    if !unusable.is_empty() {
        return Err(problems(&first.from, &unusable));
    }
    let at = clock.now().wall;
    for TrunkPassword { trunk, user, password } in passwords {
        let secret = store::TrunkSecret { trunk, user, password: password.into() };
        store.trunks().set_secret(secret, "first start", at).await.map_err(broken)?;
    }
    store.settings().save(&text, "first start", at).await.map_err(broken)?;
    checked(&text, &first.from)
}

fn checked(text: &str, from: &str) -> Result<Settings, Failure> {
    Settings::parse(text).map_err(|list| problems(from, &list))
}

fn problems(from: &str, list: &[Problem]) -> Failure {
    let list: Vec<_> = list.iter().map(ToString::to_string).collect();
    Failure(format!("{from} have problems:\n  {}", list.join("\n  ")))
}

#[cfg(test)]
mod tests {
    use store::RootKey;

    use super::*;

    #[tokio::test]
    async fn an_address_to_which_no_mail_can_go_ends_the_first_start_and_no_later_one() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(dir.path(), RootKey::from_bytes([7; 32])).await.expect("a new store");
        let text = crate::demo::sample_settings();
        let bad = text.replacen("\"desk@clinic.demo\"", "\"Desk <desk@clinic.demo>\"", 1);
        let of = async |text: &str| {
            let first = FirstSettings::new(text.to_owned(), "the settings".to_owned());
            super::of(&store, &first, Clock::start()).await
        };
        let refused = of(&bad).await.expect_err("nobody gets that mail").0;
        assert!(refused.contains("people[0].mail"), "{refused}");
        assert!(store.settings().load().await.expect("read").is_none(), "nothing was begun with");
        // Settings that an earlier release took are in use.
        store.settings().save(&bad, "first start", Clock::start().now().wall).await.expect("saved");
        assert_eq!(of(&text).await.expect("the phones work").unusable_addresses().len(), 1);
    }
}
