//! What the clinic is told and what it says.

use std::sync::Arc;

use fax::convert::ConvertError;
use fax::line::between::{Carried, Said, Told};
use fax::page::Page;
use fax::worker::proto::{FromWorker, ToWorker};
use model::command::Document;
use model::mail::SmtpReply;
use model::{
    CallId, Command, CommandError, CommandOutcome, Event, FaxId, Instant, MailId, Pii, Recordable, Recorded,
    Resolution, Settings, Sound, Source, VoicemailId,
};
use plan::Plan;
use store::effect::{Done, Effect, NewMail, StoreError};
use store::rows::OutgoingMail;

use crate::lines::WorkerStart;
use crate::ports::PortNews;
use crate::vault::Ticket;

/// What goes in.
#[derive(Debug)]
pub enum Input {
    /// From the SIP endpoint.
    Sip(sip::Event),
    /// From the media engine.
    Media(media::Event),
    /// The DNS answered an [`Output::Resolve`].
    Resolved {
        /// What was asked.
        query: sip::resolve::Query,
        /// What it said.
        answer: sip::resolve::Answer,
    },
    /// From the fax engine of a call.
    Worker {
        /// Whose.
        call: CallId,
        /// What it says.
        frame: FromWorker,
    },
    /// The fax engine of a call died, or could not be started.
    WorkerGone {
        /// Whose.
        call: CallId,
    },
    /// From a modem, or from whoever keeps it.
    Modem {
        /// Which.
        name: String,
        /// What it says.
        news: modem::keeper::News,
    },
    /// From a port that is a modem to another program.
    Port {
        /// Which.
        name: String,
        /// What it says.
        news: PortNews,
    },
    /// From the gateway of a call between two fax machines of others.
    Gateway {
        /// Whose.
        call: CallId,
        /// What it says.
        said: Said,
    },
    /// The gateway of a call has translated so much by now.
    GatewayCarried {
        /// Whose.
        call: CallId,
        /// How much.
        carried: Carried,
    },
    /// The gateway of a call died, or could not be started.
    GatewayGone {
        /// Whose.
        call: CallId,
    },
    /// What an effect came to.
    Stored {
        /// Which effect.
        ticket: Ticket,
        /// What it came to.
        result: Result<Done, StoreError>,
    },
    /// Documents became pages, or did not.
    Rendered {
        /// Of which fax.
        fax: FaxId,
        /// The pages, or which document could not be rendered and why.
        result: Result<Vec<Page>, ConvertError>,
    },
    /// The codes on the first page of a fax that arrives are read.
    CodesRead {
        /// Of which fax.
        fax: FaxId,
        /// What they say, from the top of the page down.
        codes: Vec<String>,
    },
    /// What an [`Output::PackMessage`] came to.
    MessagePacked {
        /// Which.
        id: u64,
        /// The file; `None` if there is none.
        opus: Option<Pii<Vec<u8>>>,
    },
    /// An attempt to deliver a mail ended.
    MailTried {
        /// Which.
        mail: MailId,
        /// What the server said.
        reply: SmtpReply,
    },
    /// A received fax is written into a folder, which has not answered for some minutes. It is told again while that goes on, and what it came to in the
    /// end by [`Input::FaxWritten`].
    FolderHangs {
        /// Which fax.
        fax: FaxId,
        /// Which folder.
        folder: String,
    },
    /// A received fax was written into a folder, or could not be, and why, in a few words without anything personal.
    FaxWritten {
        /// Which.
        fax: FaxId,
        /// Into which folder.
        folder: String,
        /// What it came to.
        result: Result<(), String>,
    },
    /// An SMTP session was refused its sign-in: a wrong password, or too many before it.
    MailSignInRefused {
        /// Where from.
        from: Source,
    },
    /// An SMTP session hands in a message that [`submission::order`] approved.
    Submission {
        /// For the answer.
        id: u64,
        /// The mail and its faxes.
        mail: Box<NewMail>,
    },
    /// A person, or the API, orders something.
    Command {
        /// For the answer.
        id: u64,
        /// What.
        command: Command,
    },
    /// The store is open: what waited is written, and unfinished work goes on.
    Unlocked,
    /// The settings or the plan changed.
    Reload {
        /// The settings.
        settings: Arc<Settings>,
        /// The plan.
        plan: Arc<Plan>,
    },
    /// The program ends: what gathers to be written in groups is written now, until [`Clinic::is_written`].
    Ending,
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// What comes out of `poll_output`; the shell loops until `Timeout`.
#[derive(Debug)]
pub enum Output {
    /// For the SIP endpoint.
    Sip(sip::Command),
    /// For the media engine.
    Media(media::Command),
    /// Read the codes on this page, and answer with [`Input::CodesRead`].
    ReadCodes {
        /// The fax that it is of.
        fax: FaxId,
        /// The page.
        page: Box<Page>,
    },
    /// Ask the DNS, and answer with [`Input::Resolved`].
    Resolve(sip::resolve::Query),
    /// Other settings are live, or another plan as part of them: for all who hold their own copy, and for the lifeline capsule. They are durable.
    Live {
        /// The settings.
        settings: Arc<Settings>,
        /// The plan.
        plan: Arc<Plan>,
    },
    /// From now on callers hear this recording, or what they heard before there was one (`prompts::record`). It is durable.
    PromptLive {
        /// What it says.
        what: Recordable,
        /// The recording.
        sound: Option<Recorded>,
    },
    /// The trunks were found at these addresses: to be kept where help finds them before the store is open.
    TrunksFound(Vec<(String, Vec<sip::resolve::Target>)>),
    /// Start a fax engine for this call.
    StartWorker {
        /// Whose.
        call: CallId,
        /// What it starts with.
        start: Box<WorkerStart>,
    },
    /// For the fax engine of a call.
    Worker {
        /// Whose.
        call: CallId,
        /// What to say.
        frame: ToWorker,
    },
    /// End the fax engine of a call at once, if it still runs.
    KillWorker {
        /// Whose.
        call: CallId,
    },
    /// For a modem.
    Modem {
        /// Which.
        name: String,
        /// What to do.
        order: modem::Order,
    },
    /// For a port that is a modem to another program.
    Port {
        /// Which.
        name: String,
        /// What its modem is told.
        told: fax::line::port::Told,
    },
    /// Start a gateway for this call.
    StartGateway {
        /// Whose.
        call: CallId,
    },
    /// For the gateway of a call.
    Gateway {
        /// Whose.
        call: CallId,
        /// What it is told.
        told: Told,
    },
    /// End the gateway of a call at once, if it still runs.
    KillGateway {
        /// Whose.
        call: CallId,
    },
    /// Perform an effect, in this order, and answer with `Input::Stored`.
    Store {
        /// For the answer.
        ticket: Ticket,
        /// What.
        effect: Effect,
    },
    /// Turn documents into pages, in the sandbox, and answer with `Input::Rendered`.
    Render {
        /// Of which fax.
        fax: FaxId,
        /// What.
        documents: Vec<Document>,
        /// How fine the pages are to be.
        resolution: Resolution,
    },
    /// Make a message into Opus ([`as_opus`](crate::as_opus)), where no call waits for it, and answer with [`Input::MessagePacked`].
    PackMessage {
        /// For the answer.
        id: u64,
        /// Which.
        voicemail: VoicemailId,
        /// What was said.
        sound: Pii<Sound>,
    },
    /// Deliver a mail to the smarthost and answer with `Input::MailTried`.
    Deliver {
        /// Which.
        mail: Box<OutgoingMail>,
    },
    /// Write a received fax into this folder for faxes, durably, and answer with [`Input::FaxWritten`]. A file of this name is this fax.
    WriteFax {
        /// Which.
        fax: FaxId,
        /// Into which folder.
        folder: String,
        /// The name of the file.
        name: String,
        /// The file.
        pdf: Pii<Vec<u8>>,
    },
    /// The answer to `Input::Submission`: only after `Ok` may "250" be said.
    SubmissionStored {
        /// Which.
        id: u64,
        /// Whether it is durable.
        result: Result<(), StoreError>,
    },
    /// The answer to `Input::Command`.
    Reply {
        /// Which.
        id: u64,
        /// What it came to.
        result: Result<CommandOutcome, CommandError>,
    },
    /// Something changed; for the console.
    Event(Event),
    /// Nothing more until this instant.
    Timeout(Instant),
}
