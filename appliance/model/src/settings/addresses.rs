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
    fault(address.expose()).map(|(what, help)| Problem { at, what: what.to_owned(), help: help.to_owned() })
}

/// What is wrong with it, and what to write instead. Stricter than what may come from outside: here a person is asked.
fn fault(address: &str) -> Option<(&'static str, &'static str)> {
    let signs = outside_quotes(address);
    let parts = signs.split('@').count() - 1;
    if parts > 1 && signs.contains([',', ';', ' ']) {
        return Some((
            "these are two addresses or more",
            "write one; where more may stand, each has quotes of its own",
        ));
    }
    if signs.contains(['<', '>', ' ', ',', ';']) {
        return Some((NO_MAIL, "write it without a name, as in \"nurse@clinic.example\""));
    }
    if !address.is_ascii() {
        let what = "it has letters that no address may have to which Frontdesk sends mail";
        return Some((what, "write it in the letters a to z, as in \"mueller@clinic.example\""));
    }
    let is_whole = parts == 1 && address.rsplit_once('@').is_some_and(|(to, at)| !to.is_empty() && !at.is_empty());
    (!is_whole || !can_be_addressed(address)).then_some((NO_MAIL, "write it as in \"nurse@clinic.example\""))
}

const NO_MAIL: &str = "no mail can go to this address";

/// What does not stand between quotes (RFC 5321, 4.1.2), where any sign may.
fn outside_quotes(address: &str) -> String {
    let (mut quoted, mut signs, mut all) = (false, String::new(), address.chars());
    while let Some(c) = all.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => _ = all.next(),
            _ if !quoted => signs.push(c),
            _ => (),
        }
    }
    signs
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

    #[test]
    fn what_is_no_address_is_told_from_what_is_two_and_from_strange_letters() {
        let two = "these are two addresses or more";
        let strange = "it has letters that no address may have to which Frontdesk sends mail";
        for (text, what) in [
            ("desk@clinic.example", ""),
            ("o'neil+fax@[192.0.2.1]", ""),
            ("\"desk, nurse; a@b \\\" x\"@clinic.example", ""),
            ("desk@clinic.example,nurse@clinic.example", two),
            ("desk@clinic.example; nurse@clinic.example", two),
            ("desk@clinic.example nurse@clinic.example", two),
            ("desk@clinic.example,", NO_MAIL),
            ("Desk, the <desk@clinic.example>", NO_MAIL),
            ("Frau Müller <mueller@clinic.example>", NO_MAIL),
            ("müller@clinic.example", strange),
            ("nurse@müller.example", strange),
            ("a@", NO_MAIL),
            ("@b", NO_MAIL),
            ("a@@b", NO_MAIL),
            ("a@b@c", NO_MAIL),
            ("\"a@b", NO_MAIL),
            ("\"a@b\"", NO_MAIL),
            ("desk", NO_MAIL),
        ] {
            assert_eq!(fault(text).map_or("", |(what, _)| what), what, "{text}");
        }
    }
}
