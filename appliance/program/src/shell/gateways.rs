//! Gateways between two fax machines of others, a child process for each call.

use std::collections::HashMap;
use std::path::Path;

use clinic::Input;
use fax::line::Helper;
use fax::line::between::{Answer, Carried, Told};
use model::time::Clock;
use model::{CallId, Instant};
use tokio::sync::mpsc;

/// What is told to one gateway and waits: some seconds of both sides.
const MOST_WAITING: usize = 512;

/// The running ones. Dropping one ends its child.
#[derive(Default)]
pub(super) struct Gateways(HashMap<CallId, mpsc::Sender<Told>>);

impl Gateways {
    /// Starts one. Its end is told, unless it was [ended](Self::end).
    #[allow(clippy::disallowed_methods, reason = "the shell's task for one gateway")]
    pub(super) fn start(&mut self, call: CallId, clock: Clock, inputs: &mpsc::Sender<Input>) {
        let (tell, told) = mpsc::channel(MOST_WAITING);
        self.0.insert(call, tell);
        let task = Task { call, clock, inputs: inputs.clone() };
        tokio::spawn(task.run(told));
    }

    /// One that is so far behind has lost its call anyway.
    pub(super) fn tell(&self, call: CallId, told: Told) {
        if let Some(gateway) = self.0.get(&call) {
            let _ = gateway.try_send(told);
        }
    }

    /// Ends one, if it runs.
    pub(super) fn end(&mut self, call: CallId) {
        self.0.remove(&call);
    }
}

struct Task {
    call: CallId,
    clock: Clock,
    inputs: mpsc::Sender<Input>,
}

impl Task {
    async fn run(self, mut told: mpsc::Receiver<Told>) {
        if self.serve(&mut told).await.is_none() {
            tracing::error!("a gateway between two fax machines ended before its call");
            let _ = self.inputs.send(Input::GatewayGone { call: self.call }).await;
        }
    }

    /// Until the call is over; nothing if the child ends before that.
    async fn serve(&self, told: &mut mpsc::Receiver<Told>) -> Option<()> {
        let child = Helper::<Told, Answer>::spawn(Path::new("/proc/self/exe"), &["fax-gateway"]).ok()?;
        let mut wake = Instant::FAR_FUTURE;
        let mut carried = Carried::default();
        loop {
            let next = tokio::select! {
                told = told.recv() => match told {
                    Some(told) => told,
                    None => return Some(()),
                },
                () = tokio::time::sleep_until(self.clock.system_instant(wake).into()) => Told::Time,
            };
            let answer = child.tell(self.clock.now().instant, next).await.ok()?;
            wake = Instant::from_nanos(answer.wake);
            for said in answer.said {
                if self.inputs.send(Input::Gateway { call: self.call, said }).await.is_err() {
                    return Some(());
                }
            }
            if answer.carried != carried {
                carried = answer.carried;
                if self.inputs.send(Input::GatewayCarried { call: self.call, carried }).await.is_err() {
                    return Some(());
                }
            }
        }
    }
}
