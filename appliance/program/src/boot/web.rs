//! The console's listeners.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use model::Settings;
use model::time::Clock;
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::{Failure, http, in_use};
use crate::shell::{Desk, Request};
use crate::webphone::Phones;

/// Binds its addresses once, for the page of a locked box and for the console after it.
pub(super) fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Failure> {
    let bind = |addr: &SocketAddr| {
        let bound = TcpListener::bind(addr).and_then(|l| l.set_nonblocking(true).map(|()| l));
        bound.map_err(|e| in_use(*addr, "the console", &e))
    };
    addresses.iter().map(bind).collect()
}

/// A second handle of the bound port, for the runtime.
pub(super) fn again(listener: &TcpListener) -> Result<tokio::net::TcpListener, Failure> {
    let again = listener.try_clone().and_then(tokio::net::TcpListener::from_std);
    again.map_err(|e| Failure(format!("the console's port cannot be used: {e}")))
}

/// What the console needs of the rest of the process.
pub(super) struct Parts<'a> {
    pub(super) store: &'a Store,
    pub(super) settings: &'a watch::Receiver<Arc<Settings>>,
    pub(super) desk: &'a Desk,
    pub(super) sessions: &'a console::Sessions,
    pub(super) clock: Clock,
    pub(super) demo: Option<console::DemoInfo>,
    pub(super) door: sip::io::Door,
    pub(super) phones: Phones,
    pub(super) origins: console::Origins,
}

/// Serves the console on its ports, and on those with TLS if there are some, on the office's thread.
#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
pub(super) fn serve(
    office: &Handle,
    listeners: &[TcpListener],
    tls: Vec<(tokio::net::TcpListener, sip::io::tls::Server)>,
    parts: Parts<'_>,
) -> Result<(), Failure> {
    let _its_thread = office.enter();
    let (commands, mut orders) = mpsc::channel(64);
    let requests = parts.desk.requests.clone();
    tokio::spawn(async move {
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
        metrics: crate::metrics::of(parts.desk.snapshot.clone()),
        demo: parts.demo.clone(),
        page_png: Arc::new(|tiff, width| {
            fax::page::Page::from_tiff(tiff).ok().and_then(|page| fax::preview::png(&page, width).ok())
        }),
        fax_pdf: Arc::new(crate::documents::fax_pdf),
        receipt_pdf: Arc::new(crate::documents::receipt_pdf),
        sip: None,
        phone: None,
        sip_origins: parts.origins.clone(),
        https: false,
    };
    let plain = listeners.iter().map(|listener| Ok((again(listener)?, None)));
    let secure = tls.into_iter().map(|(listener, server)| Ok((listener, Some(server))));
    for at in plain.chain(secure) {
        let (listener, server) = at?;
        let https = server.is_some();
        // A call from the page is told the address that the page was asked at.
        let (sip, phone) = phones_in(&parts, local_of(&listener)?, https);
        let handles = console::Handles { sip: Some(sip), phone: Some(phone), https, ..handles.clone() };
        tokio::spawn(http::serve(listener, server, console::router(handles), http::Bounds::default()));
    }
    Ok(())
}

fn local_of(listener: &tokio::net::TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|e| Failure(format!("the console's port cannot be used: {e}")))
}

/// Where the console hands in what became a SIP WebSocket, and what became the telephone of a page.
fn phones_in(parts: &Parts<'_>, local: SocketAddr, secure: bool) -> (Arc<console::TakeSip>, Arc<console::TakePhone>) {
    let (door, phones) = (parts.door.clone(), parts.phones.clone());
    let sip = Arc::new(move |stream, remote| {
        door.accept(sip::io::Arrival { stream: Box::new(stream), local, remote, secure, user: None });
    });
    (sip, Arc::new(move |visit| phones.take(visit, local, secure)))
}
