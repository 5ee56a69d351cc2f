//! The worker as a real, sandboxed child process: two of them exchange a fax, so the list of system calls suffices for sending
//! and for receiving; a stranger's packets end a worker and nothing else; and what the sandbox forbids is forbidden.
//!
//! The clock of the sessions is simulated, the processes are real.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use fax::session::{Input, Output, Params, Role, Session};
use fax::worker::proto::ToWorker;
use fax::worker::{WorkerHandle, spawn};
use model::fax::{Cause, Outcome};
use model::{Instant, Now, Random};

struct End {
    session: Session,
    worker: WorkerHandle,
    timeout: Instant,
    datagrams: Vec<bytes::Bytes>,
    pages: Vec<Page>,
    finished: Option<Outcome>,
    trace: Vec<String>,
}

fn page(seed: u32) -> Page {
    let mut bitmap = Bitmap::new(1728, 300);
    for y in 0..300 {
        bitmap.fill_run(y, (y * 3 + seed * 100) % 1700, (y * 3 + seed * 100) % 1700 + 20);
    }
    Page::encode(&bitmap, 204, 196)
}

/// The example `fax_worker`, which cargo builds beside this test.
fn program() -> PathBuf {
    let mut program = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    program.push("examples/fax_worker");
    program
}

impl End {
    async fn new(now: Now, role: Role, document: Option<&[u8]>) -> Self {
        let params = Params { header: "Clinic".to_owned(), station_id: "555".to_owned(), ..Params::default() };
        let (session, start) = Session::new(now, role, params);
        let worker = spawn(&program(), &[], &start, document).unwrap();
        let mut end = Self {
            session,
            worker,
            timeout: Instant::ZERO,
            datagrams: Vec::new(),
            pages: Vec::new(),
            finished: None,
            trace: Vec::new(),
        };
        end.hear(now).await;
        end
    }

    async fn input(&mut self, now: Now, input: Input<'_>) {
        self.session.handle_input(now, input);
        loop {
            match self.session.poll_output() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Worker(order) => {
                    let sent = self.worker.send(&order).is_ok();
                    if order != ToWorker::Stop {
                        if sent {
                            self.hear(now).await;
                        } else {
                            self.session.handle_input(now, Input::WorkerGone);
                        }
                    }
                }
                Output::KillWorker => self.worker.kill(),
                Output::Datagram { data, .. } => self.datagrams.push(data),
                Output::StorePage { number, page, .. } => {
                    self.pages.push(page);
                    self.session.handle_input(now, Input::PageStored { page: number });
                }
                Output::DocumentSent { .. } | Output::DocumentReceived(_) | Output::AskedFor(_) => {
                    panic!("one document")
                }
                Output::StoreProgress { .. } => self.session.handle_input(now, Input::ProgressStored),
                Output::Sound(_) | Output::Gather { .. } | Output::Modem(_) => panic!("this call goes over T.38"),
                Output::Trace { title, detail, .. } => self.trace.push(format!("{title} {detail}")),
                Output::Progress { .. } => {}
                Output::Finished(outcome) => self.finished = Some(outcome),
            }
        }
    }

    async fn hear(&mut self, now: Now) {
        loop {
            let Ok(report) = self.worker.recv().await else {
                self.session.handle_input(now, Input::WorkerGone);
                return;
            };
            let waits = report.waits();
            self.session.handle_input(now, Input::Worker(report));
            if waits {
                return;
            }
        }
    }
}

/// Runs both ends until both have finished; `mangle` sees each datagram before it arrives.
async fn run(sender: &mut End, receiver: &mut End, mangle: &mut dyn FnMut(Vec<u8>) -> Vec<u8>) {
    let mut now = Now::simulation_start();
    let mut flying: BTreeMap<(Instant, u64), (bool, Vec<u8>)> = BTreeMap::new();
    let mut serial = 0;
    sender.input(now, Input::Timeout).await;
    receiver.input(now, Input::Timeout).await;
    while sender.finished.is_none() || receiver.finished.is_none() {
        for (to_receiver, datagrams) in
            [(true, std::mem::take(&mut sender.datagrams)), (false, std::mem::take(&mut receiver.datagrams))]
        {
            for datagram in datagrams {
                serial += 1;
                flying.insert(
                    (now.instant + Duration::from_millis(30), serial),
                    (to_receiver, mangle(datagram.to_vec())),
                );
            }
        }
        let arrival = flying.keys().next().map_or(Instant::FAR_FUTURE, |(at, _)| *at);
        let next = sender.timeout.min(receiver.timeout).min(arrival);
        assert!(
            next < Instant::from_nanos(7_200_000_000_000),
            "it does not end: {:#?} {:#?}",
            sender.trace,
            receiver.trace
        );
        now = now.after(next - now.instant);
        while let Some(entry) = flying.first_entry().filter(|entry| entry.key().0 <= now.instant) {
            let (to_receiver, bytes) = entry.remove();
            let end = if to_receiver { &mut *receiver } else { &mut *sender };
            end.input(now, Input::Datagram(&bytes)).await;
        }
        for end in [&mut *sender, &mut *receiver] {
            if end.timeout <= now.instant {
                end.input(now, Input::Timeout).await;
            }
        }
    }
}

async fn ends() -> (End, End, Vec<Page>) {
    let now = Now::simulation_start();
    let sent = vec![page(1), page(2)];
    let document = Page::multi_tiff(&sent);
    let sender = End::new(now, Role::Send { pages: 2 }, Some(&document)).await;
    let receiver = End::new(now, Role::Receive, None).await;
    (sender, receiver, sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_processes_exchange_a_fax() {
    let (mut sender, mut receiver, sent) = ends().await;
    for end in [&mut sender, &mut receiver] {
        let status = std::fs::read_to_string(format!("/proc/{}/status", end.worker.id().unwrap())).unwrap();
        if !status.contains("Seccomp:\t2") || !status.contains("NoNewPrivs:\t1") {
            end.worker.kill();
            panic!("not in its sandbox: {:?} {status}", end.worker.wait().await);
        }
    }
    run(&mut sender, &mut receiver, &mut |datagram| datagram).await;
    let outcomes = (sender.finished.as_ref().unwrap(), receiver.finished.as_ref().unwrap());
    assert_eq!(
        (outcomes.0.cause, outcomes.0.pages_confirmed, outcomes.1.cause, outcomes.1.pages_confirmed),
        (Cause::Delivered, 2, Cause::Delivered, 2),
        "{:#?} {:#?}",
        sender.trace,
        receiver.trace
    );
    for (received, sent) in receiver.pages.iter().zip(&sent) {
        let (received, sent) = (received.decode().unwrap(), sent.decode().unwrap());
        let header = received.height() - sent.height();
        assert!((0..sent.height()).all(|y| received.row(header + y) == sent.row(y)));
    }
}

/// The network dies within the first page. Both engines end by their own timers, and the receiver's cleans up its empty file.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_without_a_page_ends_by_itself() {
    let (mut sender, mut receiver, _) = ends().await;
    let mut left = 175;
    run(&mut sender, &mut receiver, &mut |datagram| {
        left -= 1;
        if left < 0 { Vec::new() } else { datagram }
    })
    .await;
    for end in [&sender, &receiver] {
        let outcome = end.finished.as_ref().unwrap();
        assert_eq!((outcome.cause, outcome.pages_confirmed), (Cause::Dropped, 0), "{:#?}", end.trace);
        assert!(end.trace.iter().any(|line| line.contains("T.30 status")), "{:#?}", end.trace);
    }
}

/// Bits of the packets are flipped so that the engine sees what no fax machine would send. However a worker ends, the session
/// does, and says nothing that is not so.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_stranger_cannot_do_more_than_end_the_call() {
    let seeds = std::env::var("FRONTDESK_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    for seed in 0..seeds {
        let mut random = Random::from_u64(seed);
        let (mut sender, mut receiver, _) = ends().await;
        run(&mut sender, &mut receiver, &mut |mut datagram| {
            if random.chance(0.02) {
                for _ in 0..=random.below(3) {
                    let at = random.below(datagram.len() as u64) as usize;
                    datagram[at] = random.next_u32() as u8;
                }
            }
            datagram
        })
        .await;
        let (sent, received) = (sender.finished.as_ref().unwrap(), receiver.finished.as_ref().unwrap());
        assert!(received.pages_confirmed as usize <= receiver.pages.len(), "seed {seed}");
        assert!(sent.pages_confirmed <= 2, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_killed_process_is_gone() {
    let (mut sender, _receiver, _) = ends().await;
    sender.worker.kill();
    while sender.worker.recv().await.is_ok() {}
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&sender.worker.wait().await.unwrap()), Some(9));
    sender.input(Now::simulation_start(), Input::WorkerGone).await;
    assert_eq!(sender.finished.unwrap().cause, Cause::OurFault);
}

/// The kernel's priority of a process, which it keeps until somebody has waited for it.
fn nice(process: u32) -> i32 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is a name in brackets; the priority is the nineteenth.
    stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_engine_goes_before_ordinary_programs_where_that_is_allowed() {
    let (sender, receiver, _) = ends().await;
    let allowed = fax::rank::ahead();
    for end in [&sender, &receiver] {
        assert_eq!(nice(end.worker.id().unwrap()) <= -5, allowed);
    }
}

#[test]
fn a_renderer_stands_back() {
    let child = std::process::Command::new(program().with_file_name("convert_child"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    let mut child = child.unwrap();
    // It is told nothing, so it ends.
    drop(child.stdin.take());
    std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    assert_eq!(nice(child.id()), 10);
    child.wait().unwrap();
}
