//! The console's listener.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use model::Settings;
use model::time::Clock;
use store::Store;
use tokio::sync::{mpsc, watch};

use super::{Failure, in_use};
use crate::shell::{Desk, Request};

/// Binds the port once, for the page of a locked box and for the console after it.
pub(super) fn bind(addr: SocketAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(addr).and_then(|l| l.set_nonblocking(true).map(|()| l));
    bound.map_err(|e| in_use(addr, "the console", &e))
}

/// A second handle of the bound port, for the runtime.
pub(super) fn again(listener: &TcpListener) -> Result<tokio::net::TcpListener, Failure> {
    let again = listener.try_clone().and_then(tokio::net::TcpListener::from_std);
    again.map_err(|e| Failure(format!("the console's port cannot be used: {e}")))
}

/// Serves the console.
#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
pub(super) fn serve(
    listener: &TcpListener,
    store: &Store,
    settings: &watch::Receiver<Arc<Settings>>,
    desk: &Desk,
    sessions: &console::Sessions,
    clock: Clock,
    demo: Option<console::DemoInfo>,
) -> Result<(), Failure> {
    let (commands, mut orders) = mpsc::channel(64);
    let requests = desk.requests.clone();
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            if requests.send(Request::Command(order)).await.is_err() {
                return;
            }
        }
    });
    let handles = console::Handles {
        store: store.clone(),
        settings: settings.clone(),
        snapshot: desk.snapshot.clone(),
        events: desk.events.clone(),
        commands,
        clock,
        sessions: sessions.clone(),
        metrics: crate::metrics::of(desk.snapshot.clone()),
        demo,
        page_png: Arc::new(|tiff, width| {
            fax::page::Page::from_tiff(tiff).ok().and_then(|page| fax::preview::png(&page, width).ok())
        }),
        fax_pdf: Arc::new(crate::documents::fax_pdf),
        https: false,
    };
    let listener = again(listener)?;
    let router = console::router(handles).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the console stopped");
        }
    });
    Ok(())
}
