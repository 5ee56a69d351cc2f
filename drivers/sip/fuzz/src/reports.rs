//! Reports of reception (RTCP) at a media engine with two sessions that speak and report: whatever comes, nothing is told that cannot be, and what
//! it sends is as long as it says.

use std::net::SocketAddr;
use std::time::Duration;

use media::sdp::{Codec, OpusWishes};
use media::{Clip, Command, Config, Engine, Event, Family, Input, Output, PlayId, Reports, SessionId, Sound, Voice};
use model::Now;

const SESSIONS: [(SessionId, Reports); 2] = [(SessionId(0), Reports::Mux), (SessionId(1), Reports::Beside(None))];

fn far(session: SessionId, beside: bool) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4000 + 2 * session.0 as u16 + u16::from(beside)))
}

pub fn run(data: &[u8]) {
    let mut engine = Engine::new(Config::default());
    let mut now = Now::simulation_start();
    let sound = Sound::Forever(Sound::Clip(Clip::new(8000, vec![1000; 1600])).into());
    for (session, way) in SESSIONS {
        let voice = Some(Voice {
            codec: Codec::Pcmu,
            payload_type: 0,
            takes: Codec::Pcmu.into(),
            ptime: 20,
            comfort_noise: false,
            opus: OpusWishes::default(),
        });
        for command in [
            Command::Open { session, port: 5000 + 2 * session.0 as u16, home: Family::V4.into() },
            Command::Remote { session, addr: Some(far(session, false)) },
            Command::Voice { session, voice },
            Command::Reports { session, way: Some(way) },
            Command::Play { session, play: PlayId(1), sound: sound.clone() },
        ] {
            engine.handle_input(now, Input::Command(command));
        }
    }
    let mut last = Vec::new();
    // Each part begins with how long it is and whose.
    let mut rest = data;
    while let [length, which, tail @ ..] = rest {
        let (part, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        let session = SessionId(u64::from(which & 1));
        // Now and then it names what we said last, as an answer does.
        let mut part = part.to_vec();
        if which & 4 != 0
            && let (Some(name), Some(source)) = (part.get_mut(24..28), last.get(10..14))
        {
            name.copy_from_slice(source);
        }
        if session.0 == 0 {
            engine.handle_input(now, Input::Packet { session, from: far(session, false), data: &part });
        } else {
            engine.handle_input(now, Input::Report { session, from: far(session, true), data: &part });
        }
        now = now.after(Duration::from_millis(u64::from(which >> 3) * 100));
        drain(&mut engine, now, &mut last);
    }
    for (session, _) in SESSIONS {
        engine.handle_input(now, Input::Command(Command::Close { session }));
    }
    drain(&mut engine, now, &mut last);
    assert_eq!(engine.sessions(), 0);
}

fn drain(engine: &mut Engine, now: Now, last: &mut Vec<u8>) {
    loop {
        match engine.poll_output() {
            Output::Transmit { data, .. } | Output::TransmitReport { data, .. }
                if data.get(1).is_some_and(|kind| (192..=223).contains(kind)) =>
            {
                whole(&data);
                *last = data.to_vec();
            }
            Output::Event(Event::Closed { quality, .. }) => {
                let told = quality.far;
                assert!(told.is_none_or(|far| far.lost_before <= far.lost && far.lost <= far.expected));
                assert!(quality.mos_out.is_none_or(|mos| (100..=450).contains(&mos.0)));
            }
            Output::Timeout(at) if at <= now.instant => engine.handle_input(now, Input::Timeout),
            Output::Timeout(_) => return,
            _ => {}
        }
    }
}

/// The lengths of its packets come out at its end.
fn whole(mut data: &[u8]) {
    while let [_, _, high, low, ..] = data {
        data = &data[4 + 4 * usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert!(data.is_empty());
}
