//! A port that people and mail come to. Phones and help do not need it: where another program has it, everything else works, and it is taken as soon as
//! it is free.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Failure, in_use};
use crate::shell::Request;

/// How long to wait before a port that another program has is asked for again: whoever stops that program does not want to wait.
const AGAIN: Duration = Duration::from_secs(5);

/// See the module. A handle: clones mean the same port.
#[derive(Clone)]
pub(super) struct Port(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    /// Who comes there, in words: "the console".
    what: &'static str,
    listener: Mutex<Option<TcpListener>>,
}

impl Port {
    pub(super) fn new(address: SocketAddr, what: &'static str) -> Self {
        Self(Arc::new(Inner { address, what, listener: Mutex::new(None) }))
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Takes it now, or says in a sentence why that cannot be. What comes there waits until somebody serves it.
    pub(super) fn take(&self) -> Result<(), Failure> {
        let mut listener = self.0.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.is_none() {
            let bound = TcpListener::bind(self.0.address).and_then(|l| l.set_nonblocking(true).map(|()| l));
            *listener = Some(bound.map_err(|e| in_use(self.0.address, self.0.what, &e))?);
        }
        Ok(())
    }

    /// A handle of it for the runtime that this is called in, as soon as it can be had. While it cannot, the log says so once, and Today always.
    pub(super) async fn had(&self, wants: &Wants) -> tokio::net::TcpListener {
        let about = format!("{} {}", self.0.what, self.0.address);
        let mut waits = false;
        loop {
            match self.take().and_then(|()| self.again()) {
                Ok(listener) => {
                    if waits {
                        tracing::info!(address = %self.0.address, "{} is served now", self.0.what);
                    }
                    // Whoever waited for it before, and was ended meanwhile, may have shown that it is in use.
                    wants.nothing(&about).await;
                    return listener;
                }
                Err(Failure(reason)) if waits => tracing::debug!(reason, "still not"),
                Err(Failure(reason)) => {
                    tracing::error!("{reason}. Phones and emergency calls work; it is tried again until it succeeds");
                    wants.mending(&about, reason).await;
                    waits = true;
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn again(&self) -> Result<tokio::net::TcpListener, Failure> {
        let listener = self.0.listener.lock().unwrap_or_else(PoisonError::into_inner);
        let again = listener.as_ref().map(TcpListener::try_clone);
        let again =
            again.ok_or_else(|| Failure("it is not bound".to_owned()))?.and_then(tokio::net::TcpListener::from_std);
        again.map_err(|e| Failure(format!("the port of {} cannot be used: {e}", self.0.what)))
    }
}

/// Shows on Today what is to be mended about this computer.
#[derive(Clone)]
pub(super) struct Wants(Option<mpsc::Sender<Request>>);

impl Wants {
    /// Before there is a clinic nobody shows anything.
    pub(super) fn unseen() -> Self {
        Self(None)
    }

    pub(super) fn shown_by(requests: mpsc::Sender<Request>) -> Self {
        Self(Some(requests))
    }

    /// `sentence` stands there until something else, or nothing, is said `about` the same.
    pub(super) async fn mending(&self, about: &str, sentence: String) {
        self.say(about, Some(sentence)).await;
    }

    pub(super) async fn nothing(&self, about: &str) {
        self.say(about, None).await;
    }

    /// This is plugged in, and stands in no setting.
    pub(super) async fn plugged(&self, ports: Vec<String>) {
        if let Some(requests) = &self.0 {
            let _ = requests.send(Request::Plugged(ports)).await;
        }
    }

    async fn say(&self, about: &str, sentence: Option<String>) {
        if let Some(requests) = &self.0 {
            let _ = requests.send(Request::ToMend { about: about.to_owned(), sentence }).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown next, and about what.
    async fn shown(requests: &mut mpsc::Receiver<Request>) -> (String, Option<String>) {
        match requests.recv().await {
            Some(Request::ToMend { about, sentence }) => (about, sentence),
            _ => panic!("something else was asked for"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_that_another_program_has_is_shown_until_it_is_free() {
        let other = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = other.local_addr().expect("bound");
        let port = Port::new(address, "the console");
        let Err(Failure(why)) = port.take() else { panic!("two have it") };
        assert!(
            why.starts_with(&format!("port {} for the console is in use by another program", address.port())),
            "{why}"
        );

        let (sender, mut requests) = mpsc::channel(4);
        let wants = Wants::shown_by(sender);
        let (listener, ()) = tokio::join!(port.had(&wants), async {
            assert_eq!(shown(&mut requests).await, (format!("the console {address}"), Some(why)));
            drop(other);
            assert_eq!(shown(&mut requests).await, (format!("the console {address}"), None));
        });
        assert_eq!(listener.local_addr().expect("bound"), address);
        // It is ours from now on, for whoever serves there after the first.
        assert_eq!(port.had(&Wants::unseen()).await.local_addr().expect("bound"), address);
    }

    /// The page of a locked box waited for the port, and the console gets it.
    #[tokio::test(start_paused = true)]
    async fn what_was_shown_is_taken_back_also_by_another_who_has_the_port() {
        let other = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = Port::new(other.local_addr().expect("bound"), "the console");
        let (sender, mut requests) = mpsc::channel(4);
        let wants = Wants::shown_by(sender);
        let (about, sentence) = tokio::select! {
            _ = port.had(&wants) => panic!("two have it"),
            said = shown(&mut requests) => said,
        };
        assert!(sentence.is_some());
        drop(other);
        port.had(&wants).await;
        let Ok(Request::ToMend { about: again, sentence }) = requests.try_recv() else { panic!("it stands there on") };
        assert_eq!((again, sentence), (about, None));
    }
}
