//! Steps and groups that the plan has not had before.

use super::steps::NIGHT_SWITCH;
use super::text::{Text, list, quoted};
use super::{
    Destination, Editor, Group, GroupOf, MENU_WAITS, MenuKeys, Queue, Refusal, Said, Saying, Schedule, set_list,
    set_place, set_text,
};

impl Editor {
    /// An extension of the plan that rings phones.
    pub(super) fn add_group(&self, text: &mut Text, new: &Group) -> Result<(), Refusal> {
        let GroupOf::Extension(number) = &new.of else { return Err(Refusal::Gone) };
        if self.plan.extensions.contains_key(number) || self.plan.leads.contains_key(number) {
            return Err(Refusal::Taken);
        }
        let path = ["extensions", number.as_str()];
        text.set(&path, "ring", &list(&new.ring))?;
        text.set(&path, "order", &quoted(&new.order))?;
        text.set(&path, "seconds", &new.seconds.to_string())?;
        set_place(text, &path, "nobody", new.nobody.as_ref())?;
        set_place(text, &path, "busy", new.busy.as_ref())?;
        set_place(text, &path, "unreachable", new.unreachable.as_ref())?;
        set_text(text, &path, "screen", new.screen.as_deref())
    }

    /// Where calls go by hours.
    pub(super) fn add_schedule(&self, text: &mut Text, new: &Schedule) -> Result<(), Refusal> {
        if self.plan.steps.schedules.contains_key(&new.name) {
            return Err(Refusal::Taken);
        }
        let path = ["schedules", new.name.as_str()];
        text.set(&path, "hours", &quoted(&new.hours))?;
        set_place(text, &path, "open", Some(&new.open))?;
        set_place(text, &path, "closed", Some(&new.closed))?;
        set_place(text, &path, "holiday", new.holiday.as_ref())?;
        if new.night_switch { Ok(()) } else { text.set(&path, NIGHT_SWITCH, "false") }
    }

    /// An extension of the plan that leads on.
    pub(super) fn add_lead(&self, text: &mut Text, number: &str, to: &Destination) -> Result<(), Refusal> {
        if self.plan.extensions.contains_key(number) || self.plan.leads.contains_key(number) {
            return Err(Refusal::Taken);
        }
        set_place(text, &["extensions", number], "to", Some(to))
    }

    /// An announcement.
    pub(super) fn add_said(&self, text: &mut Text, new: &Said) -> Result<(), Refusal> {
        let Saying::Announcement(name) = &new.at else { return Err(Refusal::Gone) };
        if self.plan.steps.announcements.contains_key(name) {
            return Err(Refusal::Taken);
        }
        let path = ["announcements", name.as_str()];
        words(text, path, new)?;
        set_place(text, &path, "then", new.then.as_ref())
    }

    /// A menu.
    pub(super) fn add_menu(&self, text: &mut Text, new: &MenuKeys, said: &Said) -> Result<(), Refusal> {
        if self.plan.steps.menus.contains_key(&new.name) {
            return Err(Refusal::Taken);
        }
        let path = ["menus", new.name.as_str()];
        words(text, path, said)?;
        set_place(text, &path, "nobody", Some(&new.nobody))?;
        if new.extensions {
            text.set(&path, "extensions", "true")?;
        }
        set_list(text, &path, "names", &[], &new.names)?;
        for (key, usual, new) in [("seconds", MENU_WAITS.0, new.seconds), ("times", MENU_WAITS.1, new.times)] {
            if new != usual {
                text.set(&path, key, &new.to_string())?;
            }
        }
        if new.keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> =
            new.keys.iter().map(|(key, to)| format!("{} = {}", quoted(&key.to_string()), quoted(to))).collect();
        text.set(&path, "keys", &format!("{{ {} }}", keys.join(", ")))
    }
}

impl Editor {
    /// A queue.
    pub(super) fn add_queue(&self, text: &mut Text, new: &Queue, said: &Said) -> Result<(), Refusal> {
        if self.plan.steps.queues.contains_key(&new.name) {
            return Err(Refusal::Taken);
        }
        self.write_queue(text, new)?;
        words(text, ["queues", new.name.as_str()], said)
    }
}

pub(super) fn words(text: &mut Text, path: [&str; 2], said: &Said) -> Result<(), Refusal> {
    match said.prompts.as_slice() {
        [] => {}
        [one] => text.set(&path, "prompt", &quoted(one))?,
        all => text.set(&path, "prompt", &list(all))?,
    }
    said.texts.iter().try_for_each(|(language, words)| match language.as_str() {
        "" => set_text(text, &path, "say", Some(words)),
        language => set_text(text, &[path[0], path[1], "say"], language, Some(words)),
    })
}
