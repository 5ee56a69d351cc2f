//! What the sample clinic begins with.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use console::CommandRequest;
use model::Random;
use model::command::Command;
use model::time::Clock;
use store::SipSecret;
use tokio::sync::{oneshot, watch};

use crate::boot::{Appliance, Failure, FirstSettings, listen};
use crate::ports::DemoPorts;
use crate::shell::Request;

/// The secrets of one person of the demo, as `demo.json` shows them.
#[derive(Clone)]
pub(crate) struct Passwords {
    /// For the phone.
    pub(crate) sip: String,
    /// For mail submission.
    pub(crate) mail: String,
}

/// The sample clinic's settings, or those of this file, with this demo's ports.
pub(crate) fn settings(ports: &DemoPorts, file: Option<&Path>) -> Result<FirstSettings, Failure> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| Failure(format!("the settings {} cannot be read: {e}", path.display())))?,
        None => SAMPLE.to_owned(),
    };
    let text = with_ports(&text, ports.carrier.port(), ports.sink.port());
    let from = file.map_or("the settings of the sample clinic".to_owned(), |f| format!("the settings {}", f.display()));
    Ok(FirstSettings::new(text, from))
}

/// The sample clinic's settings, for tests at which nobody listens.
#[cfg(test)]
pub(crate) fn sample_settings() -> String {
    with_ports(SAMPLE, 5070, 2526)
}

const SAMPLE: &str = include_str!("clinic.toml");

fn with_ports(text: &str, carrier: u16, sink: u16) -> String {
    text.replace("PORT_CARRIER", &carrier.to_string()).replace("PORT_SINK", &sink.to_string())
}

/// What the demo has beyond the plan that comes with the box: somebody who is on call.
const ON_CALL: &str = "
# 190 reaches whoever is on call: the nurse and the office manager take turns, a week each. Whoever is called presses 1.
[extensions.190]
to = \"rota evening\"

[rotas.evening]
turns = [\"102\", \"103\"]
since = \"2026-11-16\"
days = 7
change = \"08:00\"
seconds = 25
nobody = \"voicemail 101\"
";

/// The plan of a demo that was told of no other, as if somebody had let it go live: at its first start only.
pub(crate) async fn plan(appliance: &Appliance) -> Result<(), Failure> {
    let kept = appliance.store.plans().all().await;
    if !kept.map_err(|e| Failure(format!("the demo's plans cannot be read: {e}")))?.is_empty() {
        return Ok(());
    }
    let (reply, answer) = oneshot::channel();
    let command = Command::SetPlan { by: "demo".to_owned(), text: planned()?, instead_of: None };
    let order = Request::Command(Box::new(CommandRequest { command, reply }));
    let failed = || Failure("the demo's plan did not go live".to_owned());
    appliance.desk().requests.send(order).await.map_err(|_| failed())?;
    answer.await.map_err(|_| failed())?.map_err(|e| Failure(format!("the demo's plan did not go live: {e}")))?;
    Ok(())
}

fn planned() -> Result<String, Failure> {
    let comes_with_the_box =
        plan::library("solo-practice").ok_or_else(|| Failure("the demo's plan is gone".to_owned()))?;
    Ok(comes_with_the_box.to_owned() + ON_CALL)
}

/// Where mail to the outside world ends: an embedded server that writes a Maildir.
#[allow(clippy::disallowed_methods, reason = "the demo's own task")]
pub(crate) async fn sink(addr: SocketAddr, dir: &Path, clock: Clock) -> Result<(), Failure> {
    let listener = listen(addr, "the demo's mail sink").await?;
    let (dir, (stop, stopped)) = (dir.to_owned(), watch::channel(false));
    tokio::spawn(async move {
        // The sink lives as long as the demo.
        let _stop = stop;
        if let Err(error) = mail::sink::serve(listener, &dir, clock, stopped).await {
            tracing::error!(%error, "the demo's mail sink cannot write its folder");
        }
    });
    Ok(())
}

/// Gives every person a phone secret and a mail password: those of the last start, or fresh ones. No default exists.
pub(crate) async fn people(
    state: &Path,
    appliance: &mut Appliance,
    clock: Clock,
) -> Result<BTreeMap<String, Passwords>, Failure> {
    let old = super::contract::old_passwords(state);
    let settings = appliance.settings.borrow().clone();
    let mut all = BTreeMap::new();
    let failed = |e: store::effect::StoreError| Failure(format!("the demo's people cannot be stored: {e}"));
    for person in &settings.people {
        let passwords = match old.get(&person.user) {
            Some(passwords) => passwords.clone(),
            None => {
                let passwords = fresh(&mut appliance.random);
                let user = sip::User::from_password(&person.user, &settings.domain, &passwords.sip);
                let people = appliance.store.people();
                let (name, at) = (&person.user, clock.now().wall);
                let secret = SipSecret {
                    user: user.user,
                    ha1_md5: user.ha1_md5,
                    ha1_sha256: user.ha1_sha256,
                    ha1_sha512_256: user.ha1_sha512_256,
                };
                people.set_sip_secret(secret, "demo", at).await.map_err(failed)?;
                people.set_mail_password(name, &passwords.mail, "demo", at).await.map_err(failed)?;
                passwords
            }
        };
        all.insert(person.user.clone(), passwords);
    }
    appliance.users_changed().await?;
    Ok(all)
}

fn fresh(random: &mut Random) -> Passwords {
    Passwords { sip: random.hex(16), mail: random.hex(12) }
}

#[cfg(test)]
mod tests {
    use model::Settings;
    use plan::edit::Editor;
    use plan::{Destination, Plan};

    use super::*;

    #[test]
    fn the_demos_plan_is_good_and_calls_get_to_whoever_is_on_call() {
        let settings = Settings::parse(&sample_settings()).expect("good settings");
        let text = planned().unwrap_or_else(|e| panic!("{}", e.0));
        let plan = Plan::parse(&text).expect("a good plan");
        assert_eq!(plan.check(&settings), []);
        let editor = Editor::open(&text).expect("a good plan");
        assert_eq!(editor.unreached(), [""; 0]);
        assert_eq!(editor.leads_to(&Destination::Rota("evening".to_owned())).len(), 1);
    }
}
