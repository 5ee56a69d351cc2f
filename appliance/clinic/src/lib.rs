//! The joins, as one state machine: a call meets a fax, a mail becomes a fax, a fax becomes a mail. `program` and the
//! simulation run this same code; it owns no clock, socket, thread, file or random source.
//!
//! # Promises
//! - Nothing is answered as accepted (SMTP 250, a command's [`CommandOutcome`], a page's confirmation) before the store said
//!   that it is durable.
//! - Each attempt to send a fax is written down before the line is touched, and gets exactly one outcome, after a crash too.
//! - What the store must learn (an outcome, a mail's fate) is offered again until it takes it: a full disk delays, it loses nothing.
//! - While the store is locked, calls work and what would be stored waits in a bounded list.

mod api;
mod askers;
mod batch;
mod callbacks;
mod codes;
mod defence;
mod desk;
pub mod far_end;
mod fetching;
mod gateways;
mod handing;
mod incoming;
mod lines;
mod mailboxes;
mod mailed;
mod messages;
mod modems;
mod offers;
mod outgoing;
mod plans;
mod ports;
mod post;
mod prompts;
mod recordings;
mod restart;
mod settings;
mod several;
mod snapshot;
pub mod submission;
mod then;
mod trouble;
mod vault;
mod ways;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use calls::Pbx;
use model::filing::Way;
use model::limit::PerMinute;
use model::{CallId, CallbackId, CommandOutcome, Event, FaxId, Instant, MailId, Now, Random, Settings, Source};
use plan::Plan;
use store::effect::Effect;

use crate::lines::Lines;
use crate::snapshot::Alerts;
use crate::vault::Vault;

pub use crate::api::{Input, Output};
pub use crate::lines::WorkerStart as FaxWorkerStart;
pub use crate::mailed::as_opus;
pub use crate::ports::PortNews;
pub use crate::vault::Ticket as StoreTicket;

/// So often the wall clock is looked at while a fax waits. Nobody minds a minute.
const CLOCK_LOOKS: Duration = Duration::from_secs(60);

/// What the clinic needs to know for its whole life.
#[derive(Clone)]
pub struct Config {
    /// The switchboard's part.
    pub pbx: calls::PbxConfig,
    /// How failed faxes are tried again.
    pub fax_policy: fax::queue::Policy,
    /// How deferred mails are tried again.
    pub mail_policy: mail::queue::Policy,
}

/// The appliance as one state machine.
pub struct Clinic {
    settings: Arc<Settings>,
    plan: Arc<Plan>,
    random: Random,
    pbx: Pbx,
    pbx_timeout: Instant,
    faxes: fax::queue::Queue,
    mails: mail::queue::Queue,
    /// Received faxes on their way into folders.
    ways: ways::Ways,
    /// Callers whose fax calls are not answered, beside those of the settings.
    fax_blocks: BTreeSet<String>,
    /// When what has been kept long enough is removed.
    purge_at: Instant,
    /// When the clock that the purges believe was moved last.
    purge_clock_moved: Instant,
    /// Documents that lie ready for others to fetch.
    offers: offers::Offers,
    lines: Lines,
    readings: codes::Readings,
    modems: modems::Modems,
    ports: ports::Ports,
    gateways: gateways::Gateways,
    vault: Vault,
    taking: mailboxes::Taking,
    packing: mailed::Packing,
    recording: recordings::Recording,
    /// The fax whose office documents are being read.
    reads_office: Option<FaxId>,
    alerts: Alerts,
    /// Mails on the wire.
    in_delivery: BTreeMap<MailId, post::OnWire>,
    /// The mail server refuses this box, and staff were told.
    mails_refused: bool,
    /// Who recalled a fax that is on the line.
    recalls: BTreeMap<FaxId, String>,
    /// Who ordered which call to end, until the switchboard answers.
    hang_ups: BTreeMap<CallId, (u64, String)>,
    /// Sign-ins for mail that were refused.
    mail_failures: PerMinute<Source>,
    /// Who ordered which block to end, until the switchboard answers.
    unblocks: BTreeMap<Source, (u64, String)>,
    /// Who took which caller off the list of those to be called back, until the switchboard answers.
    callback_orders: BTreeMap<u64, (String, CallbackId)>,
    /// Who ordered which switch, until the switchboard answers.
    switchings: BTreeMap<u64, (String, String)>,
    /// A recording for callers is being kept.
    recording_prompt: bool,
    /// Plans that are being kept.
    keeping_plans: usize,
    /// Settings are being kept.
    keeping_settings: bool,
    /// The program ends.
    ending: bool,
    timeout: Instant,
    out: VecDeque<Output>,
}

impl Clinic {
    /// A clinic that knows its settings and plan, with the store still locked: emergency calls and registrations work at once.
    pub fn new(config: Config, mut random: Random) -> Self {
        let settings = config.pbx.settings.clone();
        let plan = config.pbx.plan.clone();
        let faxes = outgoing::queue(&settings, config.fax_policy, random.fork());
        let mails = mail::queue::Queue::new(config.mail_policy);
        Self {
            settings,
            plan,
            pbx: Pbx::new(config.pbx, random.fork()),
            pbx_timeout: Instant::FAR_FUTURE,
            faxes,
            mails,
            ways: ways::Ways::default(),
            fax_blocks: BTreeSet::new(),
            purge_at: Instant::ZERO,
            purge_clock_moved: Instant::ZERO,
            offers: offers::Offers::default(),
            lines: Lines::default(),
            readings: codes::Readings::default(),
            modems: modems::Modems::default(),
            ports: ports::Ports::default(),
            gateways: gateways::Gateways::default(),
            vault: Vault::default(),
            taking: mailboxes::Taking::default(),
            packing: mailed::Packing::default(),
            recording: recordings::Recording::default(),
            reads_office: None,
            alerts: Alerts::default(),
            in_delivery: BTreeMap::new(),
            mails_refused: false,
            recalls: BTreeMap::new(),
            hang_ups: BTreeMap::new(),
            mail_failures: PerMinute::default(),
            unblocks: BTreeMap::new(),
            callback_orders: BTreeMap::new(),
            switchings: BTreeMap::new(),
            recording_prompt: false,
            keeping_plans: 0,
            keeping_settings: false,
            ending: false,
            // At once: the switchboard has something to say before anything comes in (who may speak with us).
            timeout: Instant::ZERO,
            out: VecDeque::new(),
            random,
        }
    }

    /// One step.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Sip(event) => self.pbx.handle_input(now, calls::Input::Sip(event)),
            Input::Media(event) => self.media(now, event),
            Input::Resolved { query, answer } => self.pbx.handle_input(now, calls::Input::Resolved { query, answer }),
            Input::Worker { call, frame } => self.worker(now, call, frame),
            Input::WorkerGone { call } => self.worker_gone(now, call),
            Input::Modem { name, news } => self.modem(now, &name, news),
            Input::Port { name, news } => self.port(now, &name, news),
            Input::Gateway { call, said } => self.gateway_said(call, said),
            Input::GatewayCarried { call, carried } => self.gateway_carried(now, call, carried),
            Input::GatewayGone { call } => self.gateway_gone(now, call),
            Input::Stored { ticket, result } => self.stored(now, ticket, result),
            Input::Rendered { fax, result } => self.rendered(now, fax, result),
            Input::CodesRead { fax, codes } => self.codes_read(now, fax, codes),
            Input::MessagePacked { id, opus } => self.message_packed(now, id, opus.as_ref()),
            Input::MailTried { mail, reply } => self.mail_tried(now, mail, reply),
            Input::FaxWritten { fax, folder, result } => {
                self.way_tried(now, fax, &Way::Folder(folder), result.err());
            }
            Input::FolderHangs { fax, folder } => self.folder_hangs(now, fax, folder),
            Input::MailSignInRefused { from } => {
                self.mail_failures.note(from, now.instant);
            }
            Input::Submission { id, mail } => self.submission(id, mail),
            Input::Command { id, command } => self.command(now, id, command),
            Input::Unlocked => self.unlocked(),
            Input::Reload { settings, plan } => self.reload(now, settings, plan),
            Input::Ending => {
                self.ending = true;
                self.vault.hurry();
                self.pbx.handle_input(now, calls::Input::Command(calls::Command::Ending));
            }
            Input::Timeout => self.pbx.handle_input(now, calls::Input::Timeout),
        }
        self.settle(now);
    }

    /// What follows from the step: each part says what it wants until none wants anything.
    fn settle(&mut self, now: Now) {
        self.tick_lines(now);
        self.tick_readings(now);
        self.tick_modems(now);
        self.tick_ports(now);
        self.mail_failures_due(now);
        // What would begin now is not over before the program is: it begins at the next start.
        if self.vault.is_unlocked() && !self.ending {
            self.render_due(now);
            self.lapse_due(now);
            self.dial_due(now);
            self.deliver_due(now);
            self.write_due(now);
            self.purge_due(now);
        }
        self.pump_pbx(now);
        self.vault.write_bindings(now.instant, || self.pbx.bindings(), &mut self.out);
        self.vault.write_kept(now.instant, || self.pbx.kept(now), &mut self.out);
        self.vault.write_switches(|| self.pbx.switches().clone(), &mut self.out);
        self.vault.write_calls(now.instant, &mut self.out);
        for (ticket, effect) in self.vault.due(now.instant) {
            self.out.push_back(Output::Store { ticket, effect });
        }
        self.timeout = self.next_timeout(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| Output::Timeout(self.timeout))
    }

    fn next_timeout(&self, now: Now) -> Instant {
        // What waits for a time of day waits by a clock that may be put forward meanwhile, and no timer hears of that.
        let faxes = self.faxes.next_timeout(now).map_or(Instant::FAR_FUTURE, |at| at.min(now.instant + CLOCK_LOOKS));
        let timers = [
            faxes,
            self.pbx_timeout,
            self.mails.next_timeout(),
            self.ways.next_timeout(),
            self.lines.next_timeout(),
            self.offers.next_timeout(),
            self.readings.next_timeout(),
            self.modems.next_timeout(),
            self.ports.next_timeout(),
            self.vault.next_timeout(),
            self.mail_failures.next_due().unwrap_or(Instant::FAR_FUTURE),
        ];
        timers.into_iter().min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// A mail server or a folder has something of ours, or half of it, and has not said whether it keeps it. Who ends now sends it once more at the
    /// next start.
    pub fn delivers(&self) -> bool {
        self.mails.delivers() || self.ways.writes()
    }

    /// All that happened so far is in the store, if that is open.
    pub fn is_written(&self) -> bool {
        self.vault.is_written() && !self.awaits_codes()
    }

    /// A fax has come, and goes its way when the codes on it are read: within seconds.
    pub fn awaits_codes(&self) -> bool {
        self.readings.awaits()
    }

    /// The settings as they are now.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    fn pump_pbx(&mut self, now: Now) {
        loop {
            match self.pbx.poll_output() {
                calls::Output::Sip(command) => self.out.push_back(Output::Sip(command)),
                calls::Output::Media(command) => self.out.push_back(Output::Media(command)),
                calls::Output::Resolve(query) => self.out.push_back(Output::Resolve(query)),
                calls::Output::Event(event) => self.call_event(now, event),
                calls::Output::Timeout(at) => {
                    self.pbx_timeout = at;
                    return;
                }
            }
        }
    }

    fn call_event(&mut self, now: Now, event: calls::Event) {
        match event {
            calls::Event::Attach { call, session, direction, from, to, way } => {
                self.attach(now, lines::Attachment { call, session, direction, from, to, way });
            }
            calls::Event::FaxKeys { call, keys } => self.keys_pressed(call, &keys),
            calls::Event::FaxFailed { call, cause, .. } => match self.ports.of_call(call) {
                Some(name) => self.port_call_ended(&name, Some(cause)),
                None => self.fax_never_began(now, call, cause),
            },
            calls::Event::FaxLineEnded { call } => match self.ports.of_call(call) {
                Some(name) => self.port_call_ended(&name, None),
                None if self.passing_ended(call) => {}
                None => self.line_ended(now, call),
            },
            calls::Event::Between { call, sides } => self.pass_between(call, sides),
            calls::Event::Alert { sentence, address, tell, .. } => self.alert(now, sentence, address, &tell),
            calls::Event::Notice { sentence } => self.notice(now, sentence),
            calls::Event::HangUpAnswered { call, result } => self.hung_up(now, call, result),
            calls::Event::LadderAnswered { order, result } => self.reply(order, result.map(CommandOutcome::Ladder)),
            calls::Event::UnblockAnswered { source, result } => self.unblocked_source(now, source, result),
            calls::Event::Blocked(block) => self.record_block(now, &block),
            calls::Event::Forgiven { source } => self.record_forgiven(now, source),
            calls::Event::SignInsRefused(counted) => self.record_failures(now, counted),
            calls::Event::Mailbox { call, ask } => self.mailbox_asked(now, call, ask),
            calls::Event::Recording { call, ask } => self.recording_asked(now, call, ask),
            calls::Event::Callback { call, ask } => self.callback_asked(now, call, ask),
            calls::Event::StudioRings { order, result } => self.reply(order, result.map(|()| CommandOutcome::Done)),
            calls::Event::CallbackCancelled { order, result } => self.callback_cancelled(now, order, result),
            calls::Event::Record(record) => {
                self.recording_over(now, record.id);
                self.message_left_over(now, record.id);
                self.vault.record(*record);
            }
            calls::Event::Ladder { call, ladder } => self.vault.ladder(now.wall, call, *ladder),
            calls::Event::TurnedAway(all) => self.vault.turned_away(now.wall, all),
            calls::Event::BindingsChanged => {
                self.vault.bindings_changed();
                self.out.push_back(Output::Event(Event::Phones));
            }
            calls::Event::KeptChanged => self.vault.kept_changed(),
            calls::Event::SwitchesChanged => {
                self.vault.switches_changed();
                self.out.push_back(Output::Event(Event::Phones));
            }
            calls::Event::KeyPressed { user, switch } => self.key_pressed(now, user, &switch),
            calls::Event::SwitchAnswered { order, result } => self.switched(now, order, result),
            calls::Event::PhonesChanged => self.out.push_back(Output::Event(Event::Phones)),
            calls::Event::TrunksFound(known) => self.out.push_back(Output::TrunksFound(known)),
            calls::Event::LiveChanged => self.out.push_back(Output::Event(Event::Calls)),
        }
    }

    fn media(&mut self, now: Now, event: media::Event) {
        match event {
            media::Event::Raw { session, data, more, .. } => self.datagram(now, session, &data, more),
            media::Event::Tapped { session, heard } => self.sound(now, session, &heard),
            other => self.pbx.handle_input(now, calls::Input::Media(other)),
        }
    }

    fn reload(&mut self, now: Now, settings: Arc<Settings>, plan: Arc<Plan>) {
        self.settings = settings.clone();
        self.plan = plan.clone();
        self.faxes.set_lines(outgoing::queue_lines(&settings, &self.modems));
        // A number's hours may be others now.
        self.faxes.reschedule(now, &outgoing::hours(&settings));
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::Reload { settings, plan }));
    }

    /// Orders an effect; `then` is what to do with its result.
    fn store(&mut self, effect: Effect, then: vault::Then) {
        self.vault.order(effect, then, &mut self.out);
    }
}
