//! Who watches whom: lamps (dialog-info), presence, messages that wait, and what a phone's own keys switch; each told in the same step as
//! what changed it.
//!
//! A watcher hears one document at a time. What changes meanwhile is told by the next, so that nobody falls behind however slow his phone
//! is: each state has the number of its last change, and a watcher the number up to which he was told.
//!
//! Every person of the clinic may see whether another's extension is in use. With whom somebody speaks outside is shown only to who may
//! see calls.

mod document;
mod features;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use model::settings::Right;
use model::{Now, Settings};
use sip::api::{Command, Document, EndOfSubscription, Flow, Package, SubscriptionId};

pub(crate) use features::{Feature, Malformed, Wish, read as read_wish};
pub(crate) use state::{Busy, Desk, Lamp, Lit, State, States};

/// How the name of the list of all extensions begins; the rest is the watcher's own user name.
const LIST: &str = "blf-";
/// Subscriptions of one person: two phones with three modules of 20 keys each, and presence beside it.
const MAX_EACH: usize = 250;

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
enum About {
    One(String),
    /// A switch, by the code of its key.
    Key(String),
    All,
}

#[derive(Clone, Debug)]
struct Watcher {
    user: String,
    /// Where its phone is.
    flow: Flow,
    package: Package,
    about: About,
    /// Of the last document.
    version: u32,
    /// The change up to which it was told.
    told: u64,
    /// Of a list: whose state the last document had no room for.
    left: BTreeSet<String>,
    /// Its phone has not taken the last document yet.
    busy: bool,
    /// It reads several documents in one body.
    mixed: bool,
    /// Features that it is to be told of: those that have changed, and those that it wished for, also in vain.
    owed: BTreeSet<Feature>,
}

/// All watchers.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    all: BTreeMap<SubscriptionId, Watcher>,
}

/// Messages that wait for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// Not heard yet.
    pub new: u32,
    /// Heard and kept.
    pub old: u32,
}

impl Watchers {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The keys that somebody watches.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let key = |w: &Watcher| match &w.about {
            About::Key(name) => Some(name.clone()),
            About::One(_) | About::All => None,
        };
        self.all.values().filter_map(key).collect()
    }

    /// Takes a watcher, who has proved to be this user. The error is the status to refuse with.
    pub(crate) fn begin(
        &mut self,
        id: SubscriptionId,
        user: &str,
        wanted: &sip::api::Subscribe,
        key: Option<String>,
        settings: &Settings,
    ) -> Result<bool, u16> {
        let about = match key.filter(|_| wanted.package == Package::Dialog) {
            Some(key) => About::Key(key),
            None => about(user, wanted, settings)?,
        };
        if self.all.values().filter(|w| w.user == user).count() >= MAX_EACH {
            return Err(503);
        }
        let list = about == About::All;
        let watcher = Watcher {
            user: user.to_owned(),
            flow: wanted.flow,
            package: wanted.package,
            about,
            version: 0,
            told: 0,
            left: BTreeSet::new(),
            busy: false,
            mixed: wanted.mixed,
            owed: BTreeSet::new(),
        };
        self.all.insert(id, watcher);
        Ok(list)
    }

    /// Whose a subscription is, if there is one.
    pub(crate) fn owner(&self, id: SubscriptionId) -> Option<&str> {
        self.all.get(&id).map(|watcher| watcher.user.as_str())
    }

    /// Its phone speaks from there now.
    pub(crate) fn is_at(&mut self, id: SubscriptionId, flow: Flow) {
        if let Some(watcher) = self.all.get_mut(&id) {
            watcher.flow = flow;
        }
    }

    /// Where its phone is.
    pub(crate) fn place(&self, id: SubscriptionId) -> Option<Flow> {
        self.all.get(&id).map(|watcher| watcher.flow)
    }

    /// The phone of this one has wished something of a feature: it is told how that stands then.
    pub(crate) fn owe(&mut self, id: SubscriptionId, feature: Feature) {
        if let Some(watcher) = self.all.get_mut(&id) {
            watcher.owed.insert(feature);
        }
    }

    /// True if the phone of this user at this place has asked to be told of its messages.
    pub(crate) fn hears_of_messages(&self, user: &str, flow: &Flow) -> bool {
        let is = |w: &Watcher| w.package == Package::MessageSummary && w.user == user && w.flow.remote == flow.remote;
        self.all.values().any(is)
    }

    pub(crate) fn end(&mut self, id: SubscriptionId) {
        self.all.remove(&id);
    }

    /// Everything is to be said to this one.
    pub(crate) fn say_all(
        &mut self,
        id: SubscriptionId,
        now: Now,
        states: &States,
        settings: &Settings,
    ) -> Option<Command> {
        let watcher = self.all.get_mut(&id)?;
        watcher.told = 0;
        watcher.busy = false;
        watcher.say(id, now, states, settings)
    }

    /// This one has taken what was said; more, if there is more.
    pub(crate) fn taken(
        &mut self,
        id: SubscriptionId,
        now: Now,
        states: &States,
        settings: &Settings,
    ) -> Option<Command> {
        let watcher = self.all.get_mut(&id)?;
        watcher.busy = false;
        watcher.say(id, now, states, settings)
    }

    /// Something changed: all who have not heard of it and can listen are told.
    pub(crate) fn say_news(&mut self, now: Now, states: &States, settings: &Settings) -> Vec<Command> {
        self.all.iter_mut().filter_map(|(id, watcher)| watcher.say(*id, now, states, settings)).collect()
    }

    /// The program ends. "Deactivated" asks every phone to subscribe anew at once (RFC 6665 section 4.1.3), and its SUBSCRIBE goes on asking for
    /// half a minute, which is longer than a restart takes: so lamps are dark for seconds. To keep the subscriptions instead would spare
    /// nobody anything: how all calls stood is gone with the process, so each phone needs a full state anyway, and after a crash, where
    /// no goodbye is said, a phone learns with its next refresh (481) that it must subscribe anew.
    pub(crate) fn end_all(&mut self) -> Vec<Command> {
        let why = EndOfSubscription::Deactivated;
        std::mem::take(&mut self.all)
            .into_keys()
            .map(|subscription| Command::EndSubscription { subscription, why })
            .collect()
    }

    /// Ends what is about, or of, people who left the clinic.
    pub(crate) fn keep_people(&mut self, settings: &Settings, is_key: impl Fn(&str) -> bool) -> Vec<Command> {
        let mut ended = Vec::new();
        self.all.retain(|id, watcher| {
            let why = match &watcher.about {
                _ if settings.person(&watcher.user).is_none() => EndOfSubscription::Rejected,
                About::One(extension) if settings.extension(extension).is_none() => EndOfSubscription::NoResource,
                About::Key(name) if !is_key(name) => EndOfSubscription::NoResource,
                About::One(_) | About::Key(_) | About::All => return true,
            };
            ended.push(Command::EndSubscription { subscription: *id, why });
            false
        });
        ended
    }
}

/// What a SUBSCRIBE is about.
fn about(user: &str, wanted: &sip::api::Subscribe, settings: &Settings) -> Result<About, u16> {
    let name = wanted.about.expose().as_str();
    if let Some(owner) = name.strip_prefix(LIST) {
        return match wanted.package {
            // It would be everybody's mailbox, or everybody's keys.
            Package::MessageSummary | Package::Features => Err(404),
            _ if settings.person(owner).is_none() => Err(404),
            // Extension Required: `eventlist` (RFC 4662 section 4.4).
            _ if !wanted.lists => Err(421),
            _ => Ok(About::All),
        };
    }
    let person = settings.extension(name).or_else(|| settings.person(name)).ok_or(404u16)?;
    // A mailbox is its owner's, and so are the keys of a phone.
    if matches!(wanted.package, Package::MessageSummary | Package::Features) && person.user != user {
        return Err(403);
    }
    Ok(About::One(person.extension.clone()))
}

/// How many messages wait, as a phone reads it that never subscribed.
pub(crate) fn summary(settings: &Settings, extension: &str, mailbox: Mailbox) -> Document {
    let body = document::summary(&settings.domain, extension, mailbox);
    Document { content_type: Package::MessageSummary.content_type().to_owned(), body: body.into() }
}

impl Watcher {
    fn say(&mut self, id: SubscriptionId, now: Now, states: &States, settings: &Settings) -> Option<Command> {
        if self.package == Package::Features {
            return self.say_features(id, states);
        }
        let news: Vec<(&str, &State)> = match &self.about {
            About::One(name) | About::Key(name) => states.get(name).into_iter().collect(),
            About::All => states.all().collect(),
        };
        let is_news = |(name, s): &(&str, &State)| s.changed(self.package) > self.told || self.left.contains(*name);
        let mut news: Vec<_> = news.into_iter().filter(is_news).collect();
        // Who has waited longer goes first: what changes often keeps nobody out.
        news.sort_by_key(|(name, _)| !self.left.contains(*name));
        if self.busy || news.is_empty() {
            return None;
        }
        self.busy = true;
        self.version += 1;
        let view = document::View {
            settings,
            now,
            version: self.version,
            sees_calls: settings.person(&self.user).is_some_and(|p| p.rights.contains(&Right::SeeCalls)),
        };
        let (document, told) = match &self.about {
            About::One(_) | About::Key(_) => (view.one(self.package, news.first()?), news.len()),
            About::All => view.list(self.package, &format!("{LIST}{}", self.user), &news, self.told == 0),
        };
        self.left = news.iter().skip(told).map(|(name, _)| (*name).to_owned()).collect();
        self.told = states.newest();
        Some(Command::Notify { subscription: id, document })
    }

    /// All that it is owed in one body, or one after the other.
    fn say_features(&mut self, id: SubscriptionId, states: &States) -> Option<Command> {
        let About::One(extension) = &self.about else { return None };
        let (_, state) = states.get(extension)?;
        self.owed.extend(state.features_since(self.told));
        self.told = states.newest();
        if self.busy {
            return None;
        }
        let said =
            if self.mixed { std::mem::take(&mut self.owed) } else { self.owed.pop_first().into_iter().collect() };
        if said.is_empty() {
            return None;
        }
        self.busy = true;
        let document = features::document(extension, &state.own, &said);
        Some(Command::Notify { subscription: id, document })
    }
}

impl document::View<'_> {
    fn one(&self, package: Package, (extension, state): &(&str, &State)) -> Document {
        let body = self.body(package, extension, state);
        Document { content_type: package.content_type().to_owned(), body: body.into() }
    }
}
