//! From the verbs as data to the code that performs them. Each runs inside a transaction that the [writer](crate::writer) owns.

use model::voicemail::GreetingKind;
use model::{FaxId, MailId, Pii, Random, VoicemailId};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use crate::effect::{Done, Effect, NewFax, NewGreeting, StoreError, Taking, Work};
use crate::keys::KeyChain;
use crate::messages::Packer;
use crate::people::PeopleOrder;
use crate::room::Room;
use crate::rows::AlertRow;
use crate::sessions::SessionOrder;
use crate::settings::SettingsOrder;
use crate::tokens::TokenOrder;
use crate::trunks::TrunkOrder;
use crate::voicemails::{self, PinOrder};
use crate::{
    alerts, audit, callbacks, calls, defence, faxes, mails, messages, missed, outbox, people, plans, prompts, purge,
    recordings, sessions, settings, staff, switches, tokens, trunks,
};

/// The transaction that a verb runs in.
pub(crate) struct Tx<'a> {
    pub(crate) conn: &'a mut SqliteConnection,
    pub(crate) keys: &'a KeyChain,
    /// For the identities of sealed bodies.
    pub(crate) random: &'a mut Random,
    pub(crate) room: &'a mut Room,
    pub(crate) packer: &'a mut Packer,
}

/// Anything that writes: what cores emit, and what the shells order on behalf of people.
pub(crate) enum Verb {
    Effect(Effect),
    People(PeopleOrder),
    Settings(SettingsOrder),
    Token(TokenOrder),
    Session(SessionOrder),
    Trunk(TrunkOrder),
    Pin(PinOrder),
    /// The database file may have this many bytes.
    Limit(Option<u64>),
    /// A fault of ours, in the midst of its work.
    #[cfg(test)]
    Faulty,
}

/// What a verb came to.
#[derive(Debug)]
pub(crate) enum Answer {
    Done(Done),
    /// The number of a new generation of settings.
    Generation(u64),
    /// Whose token it was, or whose session begins.
    User(Option<String>),
}

impl Verb {
    /// How much memory it holds until it is durable.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Effect(effect) => effect_size(effect),
            Self::People(_)
            | Self::Settings(_)
            | Self::Token(_)
            | Self::Session(_)
            | Self::Trunk(_)
            | Self::Pin(_)
            | Self::Limit(_) => 0,
            #[cfg(test)]
            Self::Faulty => 0,
        }
    }
}

/// Performs a verb.
pub(crate) async fn perform(tx: &mut Tx<'_>, verb: &Verb) -> Result<Answer, StoreError> {
    match verb {
        Verb::Effect(effect) => perform_effect(tx, effect).await.map(Answer::Done),
        Verb::People(order) => people::perform(tx.conn, order).await.map(|()| Answer::Done(Done::Ok)),
        Verb::Settings(order) => settings::perform(tx.conn, order).await.map(Answer::Generation),
        Verb::Token(order) => tokens::perform(tx.conn, order).await.map(Answer::User),
        Verb::Session(order) => sessions::perform(tx.conn, order).await.map(Answer::User),
        Verb::Trunk(order) => trunks::perform(tx.conn, order).await.map(|()| Answer::Done(Done::Ok)),
        Verb::Pin(order) => voicemails::perform_pin(tx.conn, order).await.map(|()| Answer::Done(Done::Ok)),
        Verb::Limit(bytes) => tx.room.set_limit(tx.conn, *bytes).await.map(|()| Answer::Done(Done::Ok)),
        #[cfg(test)]
        Verb::Faulty => {
            audit::append(tx.conn, model::Wall(0), audit::BOX, "half_done", "").await?;
            panic!("a fault")
        }
    }
}

/// A verb that changes nothing: it needs no transaction of the writer and runs on a connection that reads.
#[derive(Clone)]
pub(crate) enum Read {
    Work,
    Documents(FaxId),
    Pages(FaxId),
    Attempts(FaxId),
    Owners(FaxId),
    Fax(FaxId),
    Outgoing(MailId),
    Mailbox(String),
    Voicemail(VoicemailId),
    Greeting(String, GreetingKind),
    Names(Vec<String>),
}

impl Read {
    /// The reading effects, as such.
    pub(crate) fn of(effect: &Effect) -> Option<Self> {
        Some(match effect {
            Effect::LoadWork => Self::Work,
            Effect::LoadDocuments { fax } => Self::Documents(*fax),
            Effect::LoadPages { fax } => Self::Pages(*fax),
            Effect::LoadAttempts { fax } => Self::Attempts(*fax),
            Effect::LoadOwners { fax } => Self::Owners(*fax),
            Effect::LoadFax { fax } => Self::Fax(*fax),
            Effect::LoadOutgoing { mail } => Self::Outgoing(*mail),
            Effect::LoadMailbox { mailbox } => Self::Mailbox(mailbox.clone()),
            Effect::LoadVoicemail { voicemail } => Self::Voicemail(*voicemail),
            Effect::LoadGreeting(mailbox, kind) => Self::Greeting(mailbox.clone(), *kind),
            Effect::LoadNames(of) => Self::Names(of.clone()),
            _ => return None,
        })
    }

    /// Reads. All of it is of one moment.
    pub(crate) async fn perform(self, conn: &mut SqliteConnection, keys: &KeyChain) -> Result<Done, StoreError> {
        // The transaction holds the moment; rolled back by its drop, since there is nothing to keep.
        let mut moment = conn.begin().await?;
        Ok(match self {
            Self::Work => Done::Work(Box::new(work(&mut moment).await?)),
            Self::Documents(fax) => Done::Documents(faxes::load_documents(&mut moment, keys, fax).await?),
            Self::Pages(fax) => Done::Pages(faxes::load_pages(&mut moment, keys, fax).await?),
            Self::Attempts(fax) => Done::Attempts(faxes::load_attempts(&mut moment, fax).await?),
            Self::Owners(fax) => Done::Owners(faxes::load_owners(&mut moment, fax).await?),
            Self::Fax(fax) => Done::Fax(faxes::load(&mut moment, fax).await?.map(Box::new)),
            Self::Outgoing(mail) => Done::Outgoing(mails::load(&mut moment, keys, mail).await?.map(Box::new)),
            Self::Mailbox(mailbox) => Done::Voicemails(voicemails::list(&mut moment, &mailbox).await?),
            Self::Voicemail(id) => {
                let found = voicemails::load(&mut moment, keys, id).await?;
                Done::Voicemail(found.map(|(voicemail, sound)| Box::new((voicemail, Pii::new(sound)))))
            }
            Self::Names(of) => Done::Names(voicemails::load_names(&mut moment, keys, &of).await?),
            Self::Greeting(mailbox, kind) => {
                let own = voicemails::load_greeting(&mut moment, keys, &mailbox, kind).await?;
                let name = match (&own, kind) {
                    (Some(_), _) | (None, GreetingKind::Name) => None,
                    (None, _) => voicemails::load_greeting(&mut moment, keys, &mailbox, GreetingKind::Name).await?,
                };
                Done::Greeting { own: own.map(Pii::new), name: name.map(Pii::new) }
            }
        })
    }
}

async fn work(conn: &mut SqliteConnection) -> Result<Work, StoreError> {
    let (open_voicemails, untold_voicemails) = voicemails::open(conn).await?;
    Ok(Work {
        faxes: faxes::load_open(conn).await?,
        offers: faxes::laid_out(conn).await?,
        askers: faxes::askers(conn).await?,
        open_attempts: faxes::open_attempts(conn).await?,
        outbox: outbox::open(conn).await?,
        mails: mails::waiting(conn).await?,
        alerts: alerts::unseen(conn).await?,
        last_alert: alerts::last(conn).await?,
        bindings: calls::bindings(conn).await?,
        defence: defence::load(conn).await?,
        open_voicemails,
        untold_voicemails,
        open_recordings: recordings::open(conn).await?,
        mailboxes: voicemails::all_counts(conn).await?,
        switches: switches::load(conn).await?,
        callbacks: callbacks::open(conn).await?,
        machines: faxes::load_machines(conn).await?,
        ways: faxes::open_ways(conn).await?,
        fax_blocks: faxes::blocked(conn).await?,
    })
}

async fn perform_effect(tx: &mut Tx<'_>, effect: &Effect) -> Result<Done, StoreError> {
    match effect {
        Effect::AcceptFax(new) => faxes::accept(tx, std::slice::from_ref(new)).await,
        Effect::AcceptFaxes(all) => faxes::accept(tx, all).await,
        Effect::AcceptMail(new) => mails::accept(tx, new).await,
        Effect::FaxRendered { fax, pages, twins_since, at } => {
            faxes::rendered(tx, *fax, pages, *twins_since, *at).await
        }
        Effect::FaxUnrenderable { fax, reason, at } => faxes::unrenderable(tx, *fax, reason, *at).await,
        Effect::StartAttempt { fax, attempt, line, first_page, at } => {
            faxes::start(tx.conn, *fax, *attempt, line, *first_page, *at).await
        }
        Effect::AttemptProgress { attempt, pages_confirmed, last_page_begun } => {
            faxes::progress(tx.conn, *attempt, *pages_confirmed, *last_page_begun).await
        }
        Effect::FinishAttempt { fax, attempt, outcome, next, lesson, trace, at } => {
            faxes::finish(tx.conn, *fax, *attempt, outcome, (*next, lesson), trace, *at).await
        }
        Effect::ForgetMachine { number, profile, by, at } => faxes::forget(tx.conn, number, profile, by, *at).await,
        Effect::BeginReceived { fax, attempt, from, to, line, at } => {
            faxes::begin(tx, *fax, *attempt, from.as_ref(), to, line, *at).await
        }
        Effect::ReceivedPage { fax, number, page, bad_rows, in_part, known, at } => {
            faxes::page(tx, *fax, *number, (page.expose(), *bad_rows, *in_part), known.as_deref(), *at).await
        }
        Effect::FetchedPage { fetched, number, page, bad_rows, in_part, known, at } => {
            faxes::fetched_page(tx, fetched, *number, (page.expose(), *bad_rows, *in_part), known.as_deref(), *at).await
        }
        Effect::WholeReceived { fax, known } => faxes::note(tx.conn, *fax, known).await,
        Effect::FinishReceived { fax, attempt, outcome, state, place, trace, at } => {
            faxes::finish_received(tx.conn, *fax, *attempt, outcome, (*state, place), trace, *at).await
        }
        Effect::LayOut(new) => faxes::lay_out(tx, new).await,
        Effect::OfferRendered { fax, pages, at } => faxes::offer_rendered(tx, *fax, pages, *at).await,
        Effect::OfferLapsed { fax, at } => faxes::lapsed(tx.conn, *fax, *at).await,
        Effect::GiveOffer { fax, offer, at } => faxes::give(tx.conn, *fax, *offer, *at).await,
        Effect::FinishGiven { fax, attempt, outcome, state, trace, at } => {
            faxes::finish_given(tx.conn, *fax, *attempt, outcome, *state, trace, *at).await
        }
        Effect::DecideFax { fax, by, decision, at } => faxes::decide(tx.conn, *fax, by, *decision, *at).await,
        Effect::RecallOnLine { fax, by, at } => faxes::recall(tx.conn, *fax, by, *at).await,
        Effect::HandFax(handing) => faxes::hand(tx.conn, handing).await,
        Effect::FileFax { fax, by, filing, at } => faxes::file(tx.conn, *fax, by, filing, *at).await,
        Effect::WayTried { fax, way, next, why, by, at } => {
            faxes::way_tried(tx.conn, *fax, way, (*next, why.as_deref()), by.as_deref(), *at).await
        }
        Effect::BlockFaxes { number, blocked, by, at } => faxes::block(tx.conn, number, *blocked, by, *at).await,
        Effect::PurgeFaxes { at } => faxes::purge(tx.conn, *at).await,
        Effect::MovePurgeClock { most, at } => purge::move_clock(tx.conn, *most, *at).await,
        Effect::FaxViewed { fax, by, shown, at } => faxes::viewed(tx.conn, *fax, by, *shown, *at).await,
        Effect::SetDelivery { fax, delivery } => faxes::set_delivery(tx.conn, *fax, *delivery).await,
        Effect::QueueMails { mails, outbox } => mails::queue(tx, mails, *outbox).await,
        Effect::MailTried { mail, reply, next, at } => mails::tried(tx.conn, *mail, reply, *next, *at).await,
        Effect::RecordCalls(records) => calls::record(tx.conn, records).await,
        Effect::RecordMessages { ladders, turned_away, at } => {
            messages::record(tx.conn, tx.packer, ladders, turned_away, *at).await
        }
        Effect::SaveBindings(bindings) => calls::save_bindings(tx.conn, bindings).await,
        Effect::SaveDefence(kept) => defence::save(tx.conn, kept).await,
        Effect::SaveSwitches(all) => switches::save(tx.conn, all).await,
        Effect::KeepCallback(callback) => callbacks::keep(tx.conn, callback).await,
        Effect::StartCallback { callback, at } => callbacks::start(tx.conn, *callback, *at).await,
        Effect::SetCallback { callback, state, at } => callbacks::set(tx.conn, *callback, *state, *at).await,
        Effect::RecordAlert { id, sentence, help, at } => {
            let (sentence, help) = (sentence.clone(), help.clone());
            alerts::record(tx.conn, &AlertRow { id: *id, at: *at, sentence, help }).await
        }
        Effect::AlertSeen { id, raised, sentence, by, at } => {
            let sentence = sentence.clone();
            alerts::seen(tx.conn, &AlertRow { id: *id, at: *raised, sentence, help: None }, by, *at).await
        }
        Effect::SavePlan(new) => plans::save(tx.conn, new).await,
        Effect::SaveSettings(new) => settings::take_the_place(tx.conn, new).await,
        Effect::StaffIs(all, at) => Ok(Done::LaidBack(staff::is(tx.conn, all, audit::BOX, *at).await?)),
        Effect::Audit { by, what, subject, at } => {
            audit::append(tx.conn, *at, by, what, subject).await?;
            Ok(Done::Ok)
        }
        Effect::BeginVoicemail { voicemail, mailbox, call, from, at } => {
            voicemails::begin(tx, *voicemail, mailbox, *call, from, *at).await
        }
        Effect::VoicemailPart { voicemail, number, sound, at } => {
            voicemails::part(tx, *voicemail, *number, sound.expose(), *at).await
        }
        Effect::VoicemailUrgent { voicemail, urgent } => voicemails::urgent(tx.conn, *voicemail, *urgent).await,
        Effect::FinishVoicemail { voicemail, urgent, at } => voicemails::finish(tx, *voicemail, *urgent, *at).await,
        Effect::DiscardVoicemail { voicemail } => voicemails::discard(tx, *voicemail).await,
        Effect::MarkVoicemail { voicemail, mailbox, mark, by, at } => {
            voicemails::mark(tx.conn, *voicemail, mailbox, *mark, by, *at).await
        }
        Effect::GiveVoicemail(giving) => voicemails::give(tx.conn, giving).await,
        Effect::QueueVoicemailMails { voicemail, mails } => voicemails::queue_mails(tx, *voicemail, mails).await,
        Effect::TakeRecording { recording, taking, at } => recordings::take(tx, *recording, taking, *at).await,
        Effect::MarkRecording { recording, mark, by, at } => recordings::mark(tx.conn, *recording, mark, by, *at).await,
        Effect::MarkMissed(order) => missed::mark(tx.conn, order).await,
        Effect::PurgeRecordings { at } => recordings::purge(tx.conn, *at).await,
        Effect::PurgeVoicemails { at } => voicemails::purge(tx, *at).await,
        Effect::SetGreeting(NewGreeting { mailbox, kind, sound, by, at }) => {
            voicemails::set_greeting(tx, mailbox, *kind, sound.as_ref().map(Pii::expose), by, *at).await
        }
        Effect::Record(new) => prompts::record(tx, new).await,
        // Their hashes are computed before, beside the writer (`Store::perform`).
        Effect::SetPin { .. } | Effect::CheckPin { .. } => Err(StoreError::Broken("a PIN at the writer".to_owned())),
        Effect::LoadMailbox { .. } | Effect::LoadVoicemail { .. } | Effect::LoadGreeting(..) | Effect::LoadNames(_) => {
            Err(StoreError::Broken("a reading effect at the writer".to_owned()))
        }
        Effect::LoadWork => Read::Work.perform(tx.conn, tx.keys).await,
        Effect::LoadDocuments { fax } => Read::Documents(*fax).perform(tx.conn, tx.keys).await,
        Effect::LoadPages { fax } => Read::Pages(*fax).perform(tx.conn, tx.keys).await,
        Effect::LoadAttempts { fax } => Read::Attempts(*fax).perform(tx.conn, tx.keys).await,
        Effect::LoadOwners { fax } => Read::Owners(*fax).perform(tx.conn, tx.keys).await,
        Effect::LoadFax { fax } => Read::Fax(*fax).perform(tx.conn, tx.keys).await,
        Effect::LoadOutgoing { mail } => Read::Outgoing(*mail).perform(tx.conn, tx.keys).await,
    }
}

fn effect_size(effect: &Effect) -> usize {
    let documents = |fax: &NewFax| fax.documents.iter().map(|d| d.bytes.expose().len()).sum::<usize>();
    match effect {
        Effect::AcceptFax(new) => documents(new),
        Effect::AcceptFaxes(all) => all.iter().map(documents).sum(),
        Effect::AcceptMail(new) => new.body.expose().len() + new.faxes.iter().map(documents).sum::<usize>(),
        Effect::LayOut(new) => new.documents.iter().map(|d| d.bytes.expose().len()).sum(),
        Effect::FaxRendered { pages, .. } | Effect::OfferRendered { pages, .. } => {
            pages.iter().map(|p| p.expose().len()).sum()
        }
        Effect::ReceivedPage { page, .. } | Effect::FetchedPage { page, .. } => page.expose().len(),
        Effect::RecordMessages { ladders, .. } => ladders.iter().map(|(_, ladder)| ladder.size()).sum(),
        Effect::TakeRecording { taking: Taking::Part { caller, callee, .. }, .. } => {
            caller.expose().samples.len() + callee.as_ref().map_or(0, |callee| callee.expose().samples.len())
        }
        Effect::VoicemailPart { sound, .. } => sound.expose().samples.len(),
        Effect::SetGreeting(NewGreeting { sound: Some(sound), .. }) => sound.expose().samples.len(),
        Effect::SaveSettings(new) => new.text.expose().len(),
        Effect::Record(new) => new.sound.as_ref().map_or(0, |sound| sound.samples().len()),
        Effect::QueueVoicemailMails { mails, .. } | Effect::QueueMails { mails, .. } => {
            mails.iter().map(|m| m.body.expose().len()).sum()
        }
        _ => 0,
    }
}
