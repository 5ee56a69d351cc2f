//! A registrar that forgets and a phone that answers everything: the smallest use of the crate over real sockets, for SIPp and sipsak.
//!
//! `cargo run -p frontdesk-sip --example answerer -- 127.0.0.1:5060` listens on UDP and TCP and knows the users 1000 to 1999 of the
//! realm `clinic.demo`, each with the password "secret". REGISTER must be authenticated, INVITE need not.

use std::net::SocketAddr;
use std::sync::Arc;

use model::Random;
use model::settings::Network;
use model::time::Clock;
use sip::{Auth, Command, Config, Contact, Endpoint, Event, Peers, Register, RequestId, User};
use tokio::sync::mpsc;

const REALM: &str = "clinic.demo";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:5060").parse()?;
    let config = Config {
        software: "Frontdesk answerer".into(),
        max_invites: 10_000,
        max_transactions: 1_000_000,
        emergency: vec!["911".into()],
        ..Config::new(REALM)
    };
    let mut seed = [0; 32];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut seed).map_err(|_| "no randomness")?;
    let bound = sip::io::bind(&[address], &[address]).await?;
    let (commands, orders) = mpsc::channel(1024);
    let (reports, mut events) = mpsc::channel(1024);
    let users: Arc<[User]> = (1000..2000).map(|n: u32| User::from_password(&n.to_string(), REALM, "secret")).collect();
    commands.send(Command::SetUsers(users)).await?;
    let networks = Network::parse("127.0.0.0/8").into_iter().collect();
    commands.send(Command::SetPeers(Peers { networks, ..Peers::default() })).await?;
    let user = async {
        while let Some(event) = events.recv().await {
            for command in respond(event) {
                if commands.send(command).await.is_err() {
                    return;
                }
            }
        }
    };
    let endpoint = Endpoint::new(config, Random::from_seed(seed));
    tokio::select! {
        _ = bound.run(endpoint, Clock::start(), orders, reports) => {}
        () = user => {}
    }
    Ok(())
}

fn respond(event: Event) -> Vec<Command> {
    match event {
        Event::Register { request, register } => vec![registered(request, *register)],
        Event::Invite { leg, .. } => {
            vec![Command::Ring { leg, code: 180, body: None }, Command::Answer { leg, body: SDP.into() }]
        }
        Event::Reinvite { leg, .. } => vec![Command::AnswerReinvite { leg, body: SDP.into() }],
        _ => Vec::new(),
    }
}

fn registered(request: RequestId, register: Register) -> Command {
    match register.auth {
        Auth::Valid { user } if user == register.user => {
            let bound = |c: &Contact| c.expires > 0;
            let contacts = register.contacts.into_iter().filter(bound);
            let granted = contacts.map(|c| Contact::new(c.uri.into_inner(), c.expires.min(3600)));
            Command::AcceptRegister { request, contacts: granted.collect(), outbound: false }
        }
        Auth::Stale => Command::Challenge { request, stale: true },
        Auth::None | Auth::Wrong | Auth::Valid { .. } => Command::Challenge { request, stale: false },
    }
}
