//! The task with a media thread of its own, and phones that are a channel.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::Random;

use super::*;

/// More than can wait in any channel.
const MANY: u64 = 20_000;

fn clinic() -> Clinic {
    let us = SocketAddr::from(([127, 0, 0, 1], 5060));
    let pbx = calls::PbxConfig {
        settings: Arc::new(Settings::parse(&crate::demo::sample_settings()).expect("good settings")),
        plan: Arc::new(Plan::lifeline()),
        media: us.ip().into(),
        fingerprint: None,
        media_ports: 10_000..=10_399,
        sip_local: us,
        limits: calls::Limits::default(),
        known_trunks: Vec::new(),
    };
    let (fax_policy, mail_policy) = (fax::queue::Policy::default(), mail::queue::Policy::default());
    Clinic::new(clinic::Config { pbx, fax_policy, mail_policy }, Random::from_u64(1))
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a task of its own, as in the program: each has its turn")]
async fn phones_that_ask_without_end_keep_nobody_else_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::start();
    let (order, mut orders) = mpsc::channel(1024);
    let (tell, told) = mpsc::channel(1024);
    let media = media::io::spawn(media::io::Config::default(), clock).expect("a media thread");
    let names = Names::new(sip::io::dns::Dns::system(), folder.path().to_owned());
    let (shell, sources, desk) = Shell::new(clock, clinic(), (order, told), media, names, folder.path().to_owned());
    let event = |n| sip::Event::Ended { leg: sip::LegId::outgoing(n), reason: sip::EndReason::Lost };
    // They are ahead of us already, and go on as fast as they are heard.
    while tell.try_send(event(0)).is_ok() {}
    let said = Arc::new(AtomicU64::new(0));
    let (counted, phones) = (said.clone(), tell);
    tokio::spawn(async move { while phones.send(event(0)).await.is_ok() && counted.fetch_add(1, Relaxed) < MANY {} });
    tokio::spawn(async move { while orders.recv().await.is_some() {} });
    let task = tokio::spawn(shell.run(sources));
    let (shown, answer) = oneshot::channel();
    desk.requests.send(Request::Show(shown)).await.expect("the task");
    answer.await.expect("an answer");
    let said = said.load(Relaxed);
    assert!(said < MANY / 2, "answered when {said} of {MANY} messages had followed");
    desk.requests.send(Request::Stop).await.expect("the task");
    task.await.expect("no panic");
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a task of its own, as in the program, which can end by itself")]
async fn without_a_media_thread_the_task_ends_so_that_the_program_is_started_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::start();
    let (order, mut orders) = mpsc::channel(1024);
    let (_tell, told) = mpsc::channel(1024);
    let thread = || media::io::spawn(media::io::Config::default(), clock).expect("a media thread");
    let ((handle, _), (other, ends)) = (thread(), thread());
    let names = Names::new(sip::io::dns::Dns::system(), folder.path().to_owned());
    let media = (handle, ends);
    let (shell, sources, desk) = Shell::new(clock, clinic(), (order, told), media, names, folder.path().to_owned());
    tokio::spawn(async move { while orders.recv().await.is_some() {} });
    let task = tokio::spawn(shell.run(sources));
    let (shown, answer) = oneshot::channel();
    desk.requests.send(Request::Show(shown)).await.expect("the task");
    answer.await.expect("it runs as long as the thread does");
    // The thread ends when nobody can give it orders any more.
    drop(other);
    task.await.expect("no panic");
}
