//! Whatever a server says, and in what pieces, a delivery ends in one outcome, and a message counts as taken only by a 2xx that came after all of
//! it was sent.

use mail::outbound::{Client, Input, Output};
use model::{Now, Pii};

const BODY: &[u8] = b"Subject: a\r\n\r\n.\r\nA letter.\r\n";
const END: &[u8] = b"\r\n.\r\n";

pub fn run(data: &[u8]) {
    let Some(pieces) = crate::pieces(data) else { return };
    let now = Now::simulation_start();
    let body = Pii::new(BODY.to_vec());
    let mut client =
        Client::new("box.clinic.test", Pii::from("desk@clinic.test"), Pii::from("nurse@clinic.test"), body, now);
    let mut run = Run::default();
    run.drain(&mut client);
    for piece in pieces {
        client.handle_input(now, Input::Bytes(piece));
        run.drain(&mut client);
    }
    client.handle_input(now, Input::Closed);
    run.drain(&mut client);
    assert_eq!(run.outcomes.len(), 1, "{:?}", run.outcomes);
    assert!(run.closed);
    let taken = (200..300).contains(&run.outcomes[0]);
    assert!(!taken || run.said.ends_with(b"QUIT\r\n") && run.said.windows(END.len()).any(|window| window == END));
}

#[derive(Default)]
struct Run {
    outcomes: Vec<u16>,
    said: Vec<u8>,
    closed: bool,
}

impl Run {
    fn drain(&mut self, client: &mut Client) {
        loop {
            match client.poll_output() {
                Output::Send(bytes) => {
                    assert!(!self.closed, "something was said after the end");
                    self.said.extend_from_slice(&bytes);
                }
                Output::Done(reply) => self.outcomes.push(reply.code),
                Output::Close => self.closed = true,
                Output::Timeout(_) => return,
            }
        }
    }
}
