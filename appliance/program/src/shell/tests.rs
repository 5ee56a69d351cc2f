//! The task with a media thread of its own, and phones that are a channel.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::fax::FaxState;
use model::{AttemptId, FaxId, Pii, Random};
use store::RootKey;
use store::effect::Effect;

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

/// A fax whose codes are looked for arrived just before the box was told to end, and lies in the store with no place yet. Whoever reads the codes is
/// waited for (here it is a program that reads none), and the fax is placed before the task ends.
#[test]
fn a_clean_end_waits_for_the_codes_on_a_fax_and_places_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open_blocking(&folder.path().join("store"), RootKey::from_bytes([7; 32])).expect("it opens");
    let (mut random, at) = (Random::from_u64(2), model::Now::simulation_start().wall);
    let (fax, attempt) = (FaxId::new(at, &mut random), AttemptId::new(at, &mut random));
    let page = fax::page::Page::encode(&fax::page::Bitmap::new(1728, 100), 204, 196);
    let page = Pii::new(page.to_tiff());
    let to = model::PhoneNumber::E164("+12025550199".to_owned());
    for effect in [
        Effect::BeginReceived { fax, attempt, from: None, to, line: "main".to_owned(), at },
        Effect::ReceivedPage { fax, number: 0, page, bad_rows: 0, in_part: false, known: None, at },
    ] {
        store.perform_blocking(effect).expect("stored");
    }
    let settings = crate::demo::sample_settings().replace("deliver_to = [\"desk@clinic.demo\"]\n", "");
    let settings = format!("{settings}\n[[fax.routes]]\ncode = \"PT-*\"\nfolder = \"Patients\"\n");
    let settings = Arc::new(Settings::parse(&settings).expect("good settings"));
    let live = Live { settings: watch::Sender::new(settings), plan: watch::Sender::new(Arc::new(Plan::lifeline())) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let clock = Clock::start();
        let (order, mut orders) = mpsc::channel(1024);
        let (_tell, told) = mpsc::channel(1024);
        let media = media::io::spawn(media::io::Config::default(), clock).expect("a media thread");
        let names = Names::new(sip::io::dns::Dns::system(), folder.path().to_owned());
        let (shell, sources, desk) = Shell::new(clock, clinic(), (order, told), media, names, folder.path().to_owned());
        desk.requests.send(Request::Unlock { store: store.clone(), live }).await.expect("room");
        desk.requests.send(Request::Stop).await.expect("room");
        let heard = async { while orders.recv().await.is_some() {} };
        tokio::join!(shell.run(sources), heard);
    });
    let row = store.wait(store.faxes().get(fax)).expect("read").expect("it is there");
    assert_eq!(row.state, FaxState::Partial, "it has its place");
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
