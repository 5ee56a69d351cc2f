//! Everything that the appliance serves over HTTP: the pages for the clinic's people, the API for its other systems, and the metrics.
//!
//! The console decides nothing about calls and faxes: it reads the store and the live [`Snapshot`], and hands [`Command`]s to the one
//! task that owns the appliance. If that task or the store does not answer, a page says so in a sentence and nothing is claimed that is
//! not so; an order whose answer was lost is called unknown, never failed.
//!
//! Every route needs a right unless the table in `routes` says otherwise; every answer carries the strict headers of `http::headers`.

mod api;
pub mod auth;
mod data;
mod export;
mod failure;
mod http;
mod local;
pub mod locked;
mod messages;
mod numbers;
mod phone;
mod recorded;
mod routes;
mod sip;
mod taped;
mod texts;
mod ui;
mod upload;

use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use model::command::{Command, CommandError, CommandOutcome};
use model::time::Clock;
use model::{Event, Pii, Settings, Snapshot, Wall};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

pub use auth::Sessions;
pub use phone::{PhoneVisit, SignedIn, TakePhone};
pub use sip::{Origins, SipStream, TakeSip};

/// An order on its way to the task that owns the appliance.
#[derive(Debug)]
pub struct CommandRequest {
    /// What is ordered.
    pub command: Command,
    /// Where the answer goes. Dropped without one, the console says that the outcome is unknown.
    pub reply: oneshot::Sender<Result<CommandOutcome, CommandError>>,
}

/// What a visitor of the demo may try.
#[derive(Clone, Debug, Default)]
pub struct DemoInfo {
    /// Each number, as people write it, and what happens there.
    pub numbers: Vec<(String, String)>,
}

/// Draws a page: a single-page TIFF and the width in pixels, to a PNG. `None` if it cannot be drawn.
pub type DrawPage = dyn Fn(&[u8], u32) -> Option<Vec<u8>> + Send + Sync;
/// Binds pages, each a single-page TIFF, to one file. `None` if one cannot be read.
pub type BindPages = dyn Fn(Vec<Pii<Vec<u8>>>, Binding<'_>) -> Option<Vec<u8>> + Send + Sync;

/// What a fax's pages are bound to.
#[derive(Clone, Copy, Debug)]
pub enum Binding<'a> {
    /// A PDF that archives take.
    Pdf {
        /// As readers show it.
        title: &'a str,
        /// When the fax was ordered, or came.
        created: Wall,
    },
    /// A TIFF of all pages, as fax programs have them.
    Tiff,
}

/// What stands on a receipt, in words.
#[derive(Clone, Debug, Default)]
pub struct ReceiptPaper {
    /// Whose it is.
    pub clinic: String,
    /// What it is.
    pub title: String,
    /// What became of the fax.
    pub sentence: String,
    /// The facts, each with its label.
    pub facts: Vec<(String, String)>,
    /// Above the attempts.
    pub heading: String,
    /// The attempts, line by line.
    pub attempts: Vec<String>,
    /// The first page as a TIFF, if it may be shown.
    pub first_page: Option<Pii<Vec<u8>>>,
}

/// Prints a receipt, to a PDF.
pub type PrintReceipt = dyn Fn(ReceiptPaper) -> Vec<u8> + Send + Sync;

/// Takes back all that lets a user in, as `frontdesk access forget` does: the user, and who wants it. How many sessions that ended, or a sentence why
/// it could not be done whole.
pub type TakeBack = dyn Fn(String, String) -> Pin<Box<dyn Future<Output = Result<usize, String>> + Send>> + Send + Sync;

/// For what somebody is given a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFor {
    /// Their phones.
    Phones,
    /// Their mail program.
    Mail,
}

/// A new password, with what else a phone or a mail program wants to know. It is shown once, and stands nowhere else.
#[derive(Clone, Debug)]
pub struct GivenPassword {
    /// Under which name they sign in.
    pub user: Pii<String>,
    /// The password.
    pub password: Pii<String>,
    /// The domain of the clinic's phones; empty for a mail program.
    pub domain: String,
    /// Where they sign in: how ("UDP or TCP"), and at which address.
    pub servers: Vec<(&'static str, SocketAddr)>,
}

/// Gives a new password, as `frontdesk access` does: what for, the user, and who wants it. A sentence if it could not be done; then the old one holds.
pub type GivePassword = dyn Fn(PasswordFor, String, String) -> Pin<Box<dyn Future<Output = Result<GivenPassword, String>> + Send>>
    + Send
    + Sync;

/// All that the console is given.
#[derive(Clone)]
pub struct Handles {
    /// The store, for reading and for audit lines.
    pub store: store::Store,
    /// The clinic's settings; a change is seen by the next request.
    pub settings: watch::Receiver<Arc<Settings>>,
    /// All that is live.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Where to listen for changes.
    pub events: broadcast::Sender<Event>,
    /// Where orders go.
    pub commands: mpsc::Sender<CommandRequest>,
    /// The clock of the process.
    pub clock: Clock,
    /// Sessions and login links; a clone stays with `program`, which mints the links.
    pub sessions: Sessions,
    /// Takes back what lets somebody in.
    pub take_back: Arc<TakeBack>,
    /// Gives passwords to phones and mail programs.
    pub give_password: Arc<GivePassword>,
    /// The metrics, in Prometheus text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Set in the demo.
    pub demo: Option<DemoInfo>,
    /// Draws one page.
    pub page_png: Arc<DrawPage>,
    /// Binds pages for a download.
    pub bind_pages: Arc<BindPages>,
    /// Prints a receipt.
    pub receipt_pdf: Arc<PrintReceipt>,
    /// Takes connections of browser phones, if there is a phone system.
    pub sip: Option<Arc<TakeSip>>,
    /// Takes connections of our own telephone page, if there is a phone system.
    pub phone: Option<Arc<TakePhone>>,
    /// From where pages of others may open a SIP WebSocket.
    pub sip_origins: Origins,
    /// True if browsers reach us over TLS: cookies become `Secure`, and HSTS is sent.
    pub https: bool,
}

/// Pages drawn at the same time: drawing is pure computing, and calls must not wait for it.
const MAX_DRAWING: usize = 2;
/// Orders to several numbers that the appliance works at: until they are stored it holds their documents once for each number.
const MAX_MANY: usize = 2;
/// Browsers that listen for changes at the same time.
const MAX_STREAMS: usize = 200;

/// The state that all handlers share.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    handles: Handles,
    pub(crate) limiter: auth::Limiter,
    pub(crate) drafts: ui::send::Drafts,
    pub(crate) views: data::Views,
    pub(crate) listens: data::Listens,
    pub(crate) drawing: Semaphore,
    pub(crate) uploads: Semaphore,
    pub(crate) many: Semaphore,
    pub(crate) streams: Arc<Semaphore>,
}

impl Deref for Inner {
    type Target = Handles;
    fn deref(&self) -> &Handles {
        &self.handles
    }
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    fn new(handles: Handles) -> Self {
        Self(Arc::new(Inner {
            handles,
            limiter: auth::Limiter::default(),
            drafts: ui::send::Drafts::default(),
            views: data::Views::default(),
            listens: data::Listens::default(),
            drawing: Semaphore::new(MAX_DRAWING),
            uploads: Semaphore::new(upload::MAX_UPLOADS),
            many: Semaphore::new(MAX_MANY),
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        }))
    }
}

/// The console as a service. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without the peer's address, nobody is
/// on this machine for `/metrics`, and all share one limit of sign-in tries.
pub fn router(handles: Handles) -> axum::Router {
    routes::router(App::new(handles))
}

#[cfg(test)]
extern crate self as console;
#[cfg(test)]
#[allow(dead_code, reason = "the preview uses more of it")]
#[path = "../examples/preview/clinic.rs"]
mod sample;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a task of the test stands for the appliance")]
mod tests;
