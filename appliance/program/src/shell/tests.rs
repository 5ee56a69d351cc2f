//! The task with a media thread of its own, and phones that are a channel.

use std::cell::Cell;
use std::net::SocketAddr;

use model::Random;

use super::*;

const SETTINGS: &str = "plan = \"solo-practice\"\nnetworks = [\"10.0.0.0/24\"]\n[clinic]\nname = \"C\"\naddress = \"A\"\n\
    timezone = \"America/New_York\"\nnumber = \"+12025550100\"\n\
    [[people]]\nextension = \"101\"\nname = \"Front desk\"\nlocation = \"Reception\"\n\
    [[trunks]]\nname = \"main\"\naddress = \"10.0.0.2:5060\"\n\
    [mail]\ndomain = \"clinic.test\"\nfax_domain = \"fax.clinic.test\"\nsmarthost = \"10.0.0.3:25\"\n\
    [fax]\nnumber = \"+12025550199\"\nstation_id = \"+1 202 555 0199\"\n";

/// More than can wait in any channel.
const MANY: u64 = 20_000;

fn clinic() -> Clinic {
    let us = SocketAddr::from(([127, 0, 0, 1], 5060));
    let pbx = calls::PbxConfig {
        settings: Arc::new(Settings::parse(SETTINGS).expect("good settings")),
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
async fn phones_that_ask_without_end_keep_nobody_else_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::start();
    let (order, mut orders) = mpsc::channel(64);
    let (tell, told) = mpsc::channel(64);
    let media = media::io::spawn(media::io::Config::default(), clock).expect("a media thread");
    let names = Names::new(sip::io::dns::Dns::system(), folder.path().to_owned());
    let (shell, sources, desk) = Shell::new(clock, clinic(), (order, told), media, names, folder.path().to_owned());
    let said = Cell::new(0);
    let phones = async {
        for n in 0..MANY {
            let event = sip::Event::Ended { leg: sip::LegId::outgoing(n), reason: sip::EndReason::Lost };
            if tell.send(event).await.is_err() {
                break;
            }
            said.set(n + 1);
        }
    };
    let person = async {
        let (shown, answer) = oneshot::channel();
        desk.requests.send(Request::Show(shown)).await.expect("the task");
        answer.await.expect("an answer");
        assert!(said.get() < MANY / 2, "answered when {} of {MANY} messages were taken", said.get());
        desk.requests.send(Request::Stop).await.expect("the task");
    };
    let endpoint = async { while orders.recv().await.is_some() {} };
    tokio::join!(phones, person, endpoint, shell.run(sources));
}
