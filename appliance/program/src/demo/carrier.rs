//! The shell of the demo's far end: its own SIP endpoint, its own media thread, its own fax engines.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clinic::far_end::{Config, FarEnd, Input, Numbers, Output, held};
use fax::page::Page;
use model::time::Clock;
use sip::{Flow, LegId, Transport};
use tokio::sync::mpsc;

use crate::boot::{Failure, in_use, seed};
use crate::ports::DemoPorts;
use crate::shell::Workers;

/// The running carrier.
pub(crate) struct Carrier {
    orders: mpsc::Sender<Input>,
    task: tokio::task::JoinHandle<()>,
}

struct Shell {
    clock: Clock,
    far_end: FarEnd,
    sip: mpsc::Sender<sip::Command>,
    media: media::io::Handle,
    inputs: mpsc::Sender<Input>,
    workers: Workers<LegId>,
    /// Where received pages are put, for people and tests to compare.
    received: PathBuf,
}

impl Carrier {
    #[allow(clippy::disallowed_methods, reason = "the demo's own task")]
    pub(crate) async fn start(ports: &DemoPorts, state: &Path, clock: Clock) -> Result<Self, Failure> {
        let addr = ports.carrier;
        let mut random = seed()?;
        let bound = sip::io::bind(&[addr], &[]).await.map_err(|e| in_use(addr, "the demo's carrier", &e))?;
        let endpoint = sip::Endpoint::new(
            sip::Config {
                software: "Carrier of the demo".to_owned(),
                max_invites: 100,
                max_transactions: 1000,
                emergency: vec!["911".to_owned(), "933".to_owned()],
                ..sip::Config::new("carrier.demo")
            },
            random.fork(),
        );
        let (sip_tx, sip_rx) = mpsc::channel(1024);
        let (event_tx, mut events) = mpsc::channel(1024);
        let _ = sip_tx.send(sip::Command::SetPeers(peers(ports.appliance.sip[0]))).await;
        tokio::spawn(bound.run(endpoint, clock, sip_rx, event_tx));
        let config = media::io::Config { addresses: addr.ip().into(), ..media::io::Config::default() };
        let (media, mut media_events) = media::io::spawn(config, clock)
            .map_err(|e| Failure(format!("the carrier's media thread could not be started: {e}")))?;
        let far_end = FarEnd::new(
            Config {
                local: addr.ip(),
                ports: ports.carrier_media.start..=ports.carrier_media.end - 1,
                flow: Flow { transport: Transport::Udp, local: addr, remote: ports.appliance.sip[0], connection: 0 },
                numbers: Numbers::default(),
                clinic_fax: "12025550199".to_owned(),
                held: held(),
            },
            random,
        );
        let (orders, mut inputs) = mpsc::channel(1024);
        let mut shell = Shell {
            clock,
            far_end,
            sip: sip_tx,
            media,
            inputs: orders.clone(),
            workers: Workers::default(),
            received: state.join("far"),
        };
        let task = tokio::spawn(async move {
            let mut timeout = shell.drain().await;
            loop {
                let input = tokio::select! {
                    Some(event) = events.recv() => Input::Sip(event),
                    Some(event) = media_events.recv() => Input::Media(event),
                    input = inputs.recv() => match input { Some(input) => input, None => return },
                    () = tokio::time::sleep_until(clock.system_instant(timeout).into()) => Input::Timeout,
                };
                shell.far_end.handle_input(clock.now(), input);
                timeout = shell.drain().await;
            }
        });
        Ok(Self { orders, task })
    }

    /// Orders a call or a fax to the clinic.
    pub(crate) async fn order(&self, input: Input) {
        let _ = self.orders.send(input).await;
    }

    pub(crate) async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl Shell {
    async fn drain(&mut self) -> model::Instant {
        loop {
            match self.far_end.poll_output() {
                Output::Timeout(at) => return at,
                output => self.carry_out(output).await,
            }
        }
    }

    async fn carry_out(&mut self, output: Output) {
        match output {
            Output::Sip(command) => {
                let _ = self.sip.send(command).await;
            }
            Output::Media(command) => {
                let _ = self.media.send(command).await;
            }
            Output::StartWorker { leg, start } => {
                let frame = move |frame| Input::Worker { leg, frame };
                self.workers.start(leg, *start, self.inputs.clone(), frame, Input::WorkerGone { leg });
            }
            Output::Worker { leg, frame } => self.workers.send(leg, frame),
            Output::KillWorker { leg } => self.workers.kill(leg),
            Output::Received { leg, number, index, page } => self.keep(leg, &number, index, &page),
            Output::FaxEnded { .. } | Output::Talking { .. } | Output::Timeout(_) => {}
        }
    }

    /// `far/<number>/<time>-<leg>-<page>.tiff`
    fn keep(&self, leg: LegId, number: &str, index: u32, page: &Page) {
        let dir = self.received.join(number);
        let name = format!("{}-{:x}-{:03}.tiff", self.clock.now().wall.millis() / 60_000, leg.0, index + 1);
        let kept = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(dir.join(name), page.to_tiff()));
        if let Err(error) = kept {
            tracing::warn!(%error, "the carrier could not keep a page that it received");
        }
    }
}

fn peers(clinic: SocketAddr) -> sip::Peers {
    sip::Peers { trunks: vec![clinic.ip()], ..sip::Peers::default() }
}
