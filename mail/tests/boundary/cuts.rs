//! How the bytes of a session are cut into pieces makes no difference, and no bytes make it panic.

use model::Now;
use proptest::prelude::*;

use crate::support::{Desk, PLAIN, WRONG, answers, config, up_to_data};

fn session() -> Vec<u8> {
    let refused = "RCPT TO:<nobody@fax.clinic.demo>\r\n";
    let message = "Subject: a\r\n\r\n..\r\n.a\r\nb\r\n\r\n.\r\n";
    let bad = "MAIL FROM:<>\r\nRCPT TO:<12025550101@fax.clinic.demo>\r\nDATA\r\na\n.\nb\r\r\n.\r\n";
    format!("NOOP\nx\r\r\n{WRONG}\r\n{}{message}{bad}MAIL FROM:<>\r\n{refused}DATA\r\nNO\rOP\r\nQUIT\r\n", up_to_data())
        .into()
}

#[test]
fn every_cut_in_two_gives_the_same_session() {
    let session = session();
    let whole = answers(&[&session]);
    for at in 0..=session.len() {
        assert!(answers(&[&session[..at], &session[at..]]) == whole, "cut at {at}");
    }
}

#[test]
fn one_byte_at_a_time_gives_the_same_session() {
    let session = session();
    let pieces: Vec<&[u8]> = session.chunks(1).collect();
    assert!(answers(&pieces) == answers(&[&session]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_do_no_harm(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..30)) {
        let mut desk = Desk::new(config());
        for piece in &pieces {
            desk.bytes(piece);
        }
        prop_assert!(desk.kept.is_empty());
    }

    /// Dots, CRs, LFs and text in any order, around the size that is taken, cut into pieces of any size.
    #[test]
    fn cuts_in_data_make_no_difference(text in "[a.\r\n]{0,90}", size in 1usize..40) {
        let session = format!("{}{text}\r\n.\r\nNOOP\r\n", up_to_data());
        let run = |size: usize| {
            let mut desk = Desk::new(mail::inbound::Config { max_message: 30, ..config() });
            session.as_bytes().chunks(size).for_each(|piece| desk.bytes(piece));
            (desk.transcript, desk.kept)
        };
        prop_assert!(run(size) == run(session.len()));
    }

    /// Random orders of real lines: whatever is kept was signed for, has a recipient and clean line ends.
    #[test]
    fn random_sessions_keep_the_promises(order in proptest::collection::vec(0usize..14, 0..60)) {
        let lines: [&[u8]; 14] = [
            b"EHLO pc\r\n", PLAIN.as_bytes(), b"\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<12025550101@fax.clinic.demo>\r\n",
            b"DATA\r\n", b".\r\n", b"text\r\n", b"\n", b"\r", b"RSET\r\n", WRONG.as_bytes(), b"AUTH LOGIN\r\n", b"..\r\n",
        ];
        let mut desk = Desk::new(config());
        for i in order {
            desk.bytes(lines[i]);
        }
        for kept in &desk.kept {
            prop_assert_eq!(kept.by.as_deref(), Some("nurse"));
            prop_assert_eq!(kept.recipients.len(), 1);
            let text = String::from_utf8_lossy(kept.body.expose()).replace("\r\n", "");
            prop_assert!(!text.contains(['\r', '\n']));
        }
    }

    #[test]
    fn a_server_that_babbles_does_no_harm(pieces in proptest::collection::vec("(2[0-9]{2}|354|5[0-9]{2}|x)[ -]?[a-zA-Z \r]{0,9}(\r\n|\n)?", 0..20)) {
        use mail::outbound::{Client, Input, Output};
        let now = Now::simulation_start();
        let mut client = Client::new("us", "".into(), "a@b".into(), b"x\r\n".to_vec().into(), now);
        let mut results = 0;
        let mut drain = |client: &mut Client| loop {
            match client.poll_output() {
                Output::Done(_) => results += 1,
                Output::Timeout(_) => break,
                Output::Send(_) | Output::Close => {}
            }
        };
        for piece in &pieces {
            client.handle_input(now, Input::Bytes(piece.as_bytes()));
            drain(&mut client);
        }
        client.handle_input(now, Input::Closed);
        drain(&mut client);
        prop_assert_eq!(results, 1);
    }
}
