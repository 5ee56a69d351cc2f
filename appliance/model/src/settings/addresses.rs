//! The mail addresses of the settings.

use super::{Problem, Settings};
use crate::Pii;
use crate::mail::can_be_addressed;

impl Settings {
    /// Addresses to which no mail can go, as "Nurse <nurse@clinic.example>". Whoever writes new settings must hear of them; those that are in
    /// use are read all the same, since a clinic without phones is worse than one without a receipt.
    pub fn unusable_addresses(&self) -> Vec<Problem> {
        let people = self.people.iter().enumerate();
        let people = people.filter_map(|(i, p)| Some((format!("people[{i}].mail"), p.mail.as_ref()?)));
        let all = self.fax_to_mail.iter().map(|address| ("fax.deliver_to".to_owned(), address));
        let routes = self.faxing.routes.iter().enumerate();
        let routes = routes.flat_map(|(i, route)| {
            route.mail.iter().flatten().map(move |address| (format!("fax.routes[{i}].mail"), address))
        });
        people.chain(all).chain(routes).filter_map(|(at, address)| problem(at, address)).collect()
    }
}

fn problem(at: String, address: &Pii<String>) -> Option<Problem> {
    let (what, help) = ("no mail can go to this address", "write it without a name, as in \"nurse@clinic.example\"");
    let is_usable = can_be_addressed(address.expose()) && address.expose().contains('@');
    (!is_usable).then(|| Problem { at, what: what.to_owned(), help: help.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::GOOD;

    #[test]
    fn addresses_that_no_server_can_be_told_are_named() {
        let of = |text: &str| {
            let settings = Settings::parse(text).expect("good");
            settings.unusable_addresses().into_iter().map(|problem| problem.at).collect::<Vec<_>>()
        };
        assert!(of(GOOD).is_empty());
        for bad in ["Front desk <desk@clinic.demo>", "desk@clinic.demo, nurse@clinic.demo", "", "desk"] {
            assert_eq!(of(&GOOD.replace("desk@clinic.demo", bad)), ["people[0].mail"], "{bad}");
        }
        let routed = format!(
            "{GOOD}deliver_to = [\"the desk\"]\n[[fax.routes]]\ncalled = \"+12025550199\"\nmail = [\"a@b.example\", \"<c@d.example>\"]\n"
        );
        assert_eq!(of(&routed), ["fax.deliver_to", "fax.routes[0].mail"]);
    }
}
