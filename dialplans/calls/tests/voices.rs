//! What people say presses no key: all that the box's own voices say, in each language, said by somebody whose keys would be tones to an end that
//! would be told of them, is no key there, and arrives as it was said.

use std::net::SocketAddr;
use std::time::Duration;

use media::sdp::{Codec, OpusWishes};
use media::{Clip, Command, Config, Engine, Event, Family, Input, Output, PlayId, SessionId, Sound, Voice};
use model::{Language, Now};

/// Who speaks, and who hears it.
const SPEAKER: SessionId = SessionId(1);
const HEARER: SessionId = SessionId(2);
/// Of so many packets of a voice one may be silent, since it was like a key for a moment.
const FEW: usize = 1000;

/// Two ends, of which the first knows no telephone events.
fn engine(now: Now) -> Engine {
    let mut engine = Engine::new(Config::default());
    for (session, payload_type) in [(SPEAKER, None), (HEARER, Some(101))] {
        let voice = Voice {
            codec: Codec::Pcmu,
            payload_type: 0,
            takes: Codec::Pcmu.into(),
            ptime: 20,
            comfort_noise: false,
            opus: OpusWishes::default(),
        };
        let port = 4000 + 2 * session.0 as u16;
        for command in [
            Command::Open { session, port, home: Family::V4.into() },
            Command::Remote { session, addr: Some(address(session)) },
            Command::TelephoneEvent { session, payload_type },
            Command::Voice { session, voice: Some(voice) },
        ] {
            engine.handle_input(now, Input::Command(command));
        }
    }
    engine
}

fn address(session: SessionId) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, session.0 as u8], 4000))
}

/// The packets in which this is said.
fn said(samples: &prompts::Clip) -> Vec<Vec<u8>> {
    let mut now = Now::simulation_start();
    let mut engine = engine(now);
    let sound = Sound::Clip(Clip::new(prompts::RATE, samples.to_vec()));
    engine.handle_input(now, Input::Command(Command::Play { session: SPEAKER, play: PlayId(1), sound }));
    let mut packets = Vec::new();
    loop {
        match engine.poll_output() {
            Output::Transmit { data, .. } => packets.push(data.to_vec()),
            Output::Event(Event::Played { .. }) => return packets,
            Output::Timeout(_) => {
                now = now.after(Duration::from_millis(10));
                engine.handle_input(now, Input::Timeout);
            }
            _ => {}
        }
    }
}

#[test]
fn no_voice_presses_a_key() {
    let mut now = Now::simulation_start();
    let mut engine = engine(now);
    engine.handle_input(now, Input::Command(Command::Bridge { a: SPEAKER, b: HEARER }));
    let (mut all, mut silent) = (0_usize, 0_usize);
    for language in Language::ALL {
        for name in prompts::names(language) {
            let clip = prompts::named(language, name).expect("it is said");
            for mut data in said(&clip) {
                // One stream of all.
                data[2..4].copy_from_slice(&(all as u16).to_be_bytes());
                data[4..8].copy_from_slice(&(all as u32 * 160).to_be_bytes());
                now = now.after(Duration::from_millis(20));
                engine.handle_input(now, Input::Packet { session: SPEAKER, from: address(SPEAKER), data: &data });
                let mut heard = Vec::new();
                loop {
                    match engine.poll_output() {
                        Output::Transmit { session: HEARER, data, .. } => heard.push(data),
                        Output::Event(Event::Dtmf { digit, .. }) => panic!("{name} presses {digit}"),
                        Output::Timeout(at) if at > now.instant => break,
                        Output::Timeout(_) => engine.handle_input(now, Input::Timeout),
                        _ => {}
                    }
                }
                assert_eq!(heard.len(), 1, "a packet of {name}");
                all += 1;
                silent += usize::from(heard[0][12..] != data[12..]);
            }
        }
    }
    assert!(all > 50_000 && silent * FEW <= all, "{silent} of {all} packets were taken for keys");
}
