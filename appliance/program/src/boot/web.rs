//! The console's listeners.

use std::net::SocketAddr;
use std::sync::Arc;

use model::Settings;
use model::time::Clock;
use sip::io::tls::Server;
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::giving::Giving;
use super::port::{Port, Wants};
use super::taking_back::TakingBack;
use super::{Failure, http};
use crate::certificates::Certificates;
use crate::ports::Ports;
use crate::shell::{Desk, Request};
use crate::webphone::Phones;

/// The ports of the console, with TLS or without, for the page of a locked box and for the console after it.
pub(super) struct Doors {
    /// On whose thread they are served.
    office: Handle,
    ports: Vec<(Port, Option<Server>)>,
}

impl Doors {
    /// Those with TLS only if there is a certificate.
    pub(super) fn new(office: Handle, ports: &Ports, certificates: Option<&Certificates>) -> Self {
        let plain = ports.console.iter().map(|at| (Port::new(*at, "the console"), None));
        let secure = certificates.into_iter().flat_map(|own| {
            ports.console_tls.iter().map(|at| (Port::new(*at, "the console over TLS"), Some(own.console.clone())))
        });
        Self { office, ports: plain.chain(secure).collect() }
    }

    /// Takes all of them, or says in a sentence why one cannot be had.
    pub(super) fn take(&self) -> Result<(), Failure> {
        self.ports.iter().try_for_each(|(port, _)| port.take())
    }

    /// Serves at each of them, as soon as it can be had, until the task is aborted; even then who has come before is answered. `router` is told the
    /// address, and whether TLS is there.
    pub(super) fn serve(
        &self,
        wants: &Wants,
        router: impl Fn(SocketAddr, bool) -> axum::Router,
    ) -> Vec<JoinHandle<()>> {
        let serve = |(port, server): &(Port, Option<Server>)| {
            let router = router(port.address(), server.is_some());
            let (port, server, wants) = (port.clone(), server.clone(), wants.clone());
            self.office.spawn(async move {
                http::serve(port.had(&wants).await, server, router, http::Bounds::default()).await;
            })
        };
        self.ports.iter().map(serve).collect()
    }
}

/// What the console needs of the rest of the process.
pub(super) struct Parts<'a> {
    pub(super) store: &'a Store,
    pub(super) settings: &'a watch::Receiver<Arc<Settings>>,
    pub(super) desk: &'a Desk,
    pub(super) sessions: &'a console::Sessions,
    pub(super) taking_back: TakingBack,
    pub(super) giving: Giving,
    pub(super) clock: Clock,
    pub(super) demo: Option<console::DemoInfo>,
    pub(super) door: sip::io::Door,
    pub(super) phones: Phones,
    pub(super) origins: console::Origins,
}

/// Serves the console on its ports.
pub(super) fn serve(doors: &Doors, wants: &Wants, parts: Parts<'_>) {
    let (commands, mut orders) = mpsc::channel(64);
    let requests = parts.desk.requests.clone();
    doors.office.spawn(async move {
        while let Some(order) = orders.recv().await {
            if requests.send(Request::Command(Box::new(order))).await.is_err() {
                return;
            }
        }
    });
    let handles = console::Handles {
        store: parts.store.clone(),
        settings: parts.settings.clone(),
        snapshot: parts.desk.snapshot.clone(),
        events: parts.desk.events.clone(),
        commands,
        clock: parts.clock,
        sessions: parts.sessions.clone(),
        take_back: parts.taking_back.clone().for_console(),
        give_password: parts.giving.clone().for_console(),
        metrics: crate::metrics::of(parts.desk.snapshot.clone()),
        demo: parts.demo.clone(),
        page_png: Arc::new(|tiff, width| {
            fax::page::Page::from_tiff(tiff).ok().and_then(|page| fax::preview::png(&page, width).ok())
        }),
        bind_pages: Arc::new(crate::documents::bind_pages),
        receipt_pdf: Arc::new(crate::documents::receipt_pdf),
        sip: None,
        phone: None,
        sip_origins: parts.origins.clone(),
        https: false,
    };
    doors.serve(wants, |address, https| {
        // A call from the page is told the address that the page was asked at.
        let (sip, phone) = phones_in(&parts, address, https);
        console::router(console::Handles { sip: Some(sip), phone: Some(phone), https, ..handles.clone() })
    });
}

/// Where the console hands in what became a SIP WebSocket, and what became the telephone of a page.
fn phones_in(parts: &Parts<'_>, local: SocketAddr, secure: bool) -> (Arc<console::TakeSip>, Arc<console::TakePhone>) {
    let (door, phones) = (parts.door.clone(), parts.phones.clone());
    let sip = Arc::new(move |stream, remote| {
        door.accept(sip::io::Arrival { stream: Box::new(stream), local, remote, secure, user: None });
    });
    (sip, Arc::new(move |visit| phones.take(visit, local, secure)))
}
