//! Whatever a client says, a session answers in lines, keeps only what whoever signed in has handed in whole, and says the same however its bytes
//! are cut.

use mail::Rejection;
use mail::inbound::{Access, AuthVerdict, Config, Inbound, Input, Output, RecipientVerdict, Submission};
use model::Now;

/// Small, so that short inputs reach it.
const MAX_MESSAGE: usize = 300;

pub fn run(data: &[u8]) {
    let Some(pieces) = crate::pieces(data) else { return };
    let cut = Run::of(pieces);
    for kept in &cut.kept {
        assert_eq!(kept.by.as_deref(), Some("nurse"));
        assert!(kept.recipients.iter().all(|to| to.expose().starts_with('1')) && !kept.recipients.is_empty());
        let body = kept.body.expose();
        assert!(body.starts_with(b"Received: "));
        let lone = |pair: &[u8]| (pair[0] == b'\r') != (pair[1] == b'\n');
        assert!(!body.windows(2).any(|pair| matches!(pair, [b'\r', _] | [_, b'\n']) && lone(pair)), "a lone CR or LF");
    }
    assert_eq!(cut, Run::of(std::iter::once(&data[1..])));
}

/// What came of a session.
#[derive(Debug, Default, PartialEq)]
struct Run {
    said: Vec<u8>,
    kept: Vec<Submission>,
}

impl Run {
    fn of<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Self {
        let now = Now::simulation_start();
        let config = Config {
            hostname: "box.clinic.test".to_owned(),
            max_message: MAX_MESSAGE,
            access: Access::Login { allow_plain_auth: true },
        };
        let mut inbound = Inbound::new(config, now);
        let mut run = Self::default();
        run.drain(now, &mut inbound);
        for piece in pieces {
            inbound.handle_input(now, Input::Bytes(piece));
            run.drain(now, &mut inbound);
            assert!(inbound.held_bytes() <= MAX_MESSAGE + 1024, "{} bytes", inbound.held_bytes());
        }
        assert!(run.said.is_ascii() && run.said.ends_with(b"\r\n"));
        run
    }

    fn drain(&mut self, now: Now, inbound: &mut Inbound) {
        loop {
            let answer = match inbound.poll_output() {
                Output::Timeout(_) => return,
                Output::Close => continue,
                Output::Send(bytes) => {
                    self.said.extend_from_slice(&bytes);
                    continue;
                }
                Output::CheckAuth { password, .. } => Input::Auth(match password.expose().as_str() {
                    "secret" => AuthVerdict::Accept { by: "nurse".to_owned() },
                    "later" => AuthVerdict::Later,
                    _ => AuthVerdict::Refuse,
                }),
                Output::CheckRecipient { by, address } => {
                    assert_eq!(by.as_deref(), Some("nurse"), "strangers are not asked whom they write to");
                    Input::Recipient(if address.expose().starts_with('1') {
                        RecipientVerdict::Accept
                    } else {
                        RecipientVerdict::Refuse(Rejection::not_allowed("We take mail for fax numbers only".to_owned()))
                    })
                }
                Output::Deliver(submission) => {
                    self.kept.push(*submission);
                    Input::Stored(Ok(()))
                }
            };
            inbound.handle_input(now, answer);
        }
    }
}
