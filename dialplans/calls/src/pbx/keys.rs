//! Keys of phones that light for a switch: a phone watches the code that it dials when the key is pressed ("*28", "*78", "*78101").

use model::switches::Forward;
use plan::Service;

use crate::pbx::Pbx;

/// Codes of people whose lamp lights while they are on; the person's extension follows, or none for whoever asks.
const OF_PEOPLE: [Service; 7] = [
    Service::DoNotDisturb(true),
    Service::Queues,
    Service::Forward(Forward::Always),
    Service::Forward(Forward::Busy),
    Service::Forward(Forward::NoAnswer),
    Service::Forward(Forward::Unreachable),
    Service::Forward(Forward::Also),
];

impl Pbx {
    /// The key that this user means by a name, as it is called for everybody.
    pub(crate) fn key(&self, name: &str, user: &str) -> Option<String> {
        let plan = &self.site.plan;
        let own = &self.site.settings.person(user)?.extension;
        let of_people = OF_PEOPLE.into_iter().filter_map(|service| plan.code(service));
        let name =
            of_people.into_iter().find(|code| *code == name).map_or(name.to_owned(), |code| format!("{code}{own}"));
        self.is_lit(&name).map(|_| name)
    }

    /// Whether a key's lamp is on; `None` if there is no such key.
    pub(crate) fn is_lit(&self, name: &str) -> Option<bool> {
        let (plan, switches) = (&self.site.plan, &self.site.switches);
        if plan.orbit(name, &self.site.settings).is_some() {
            return Some(self.parked_in(name).is_some());
        }
        if plan.code(Service::Night) == Some(name) {
            return Some(switches.clinic.night);
        }
        OF_PEOPLE.into_iter().find_map(|service| {
            let extension = name.strip_prefix(plan.code(service)?)?;
            self.site.settings.extension(extension)?;
            Some(match service {
                Service::Forward(when) => switches.forward(extension, when).is_some(),
                // As at a desk: lit while calls come.
                Service::Queues => {
                    let mut queues = plan.queues_of(extension).peekable();
                    queues.peek().is_some() && queues.all(|queue| !switches.is_out_of(&queue.name, extension))
                }
                _ => switches.is_disturbed_by_nothing(extension),
            })
        })
    }
}
