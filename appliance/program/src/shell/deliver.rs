//! Delivers one mail to the smarthost.

use std::net::SocketAddr;

use clinic::Input;
use model::time::Clock;
use store::rows::OutgoingMail;
use tokio::sync::mpsc;

#[allow(clippy::disallowed_methods, reason = "the shell's task for one delivery")]
pub(crate) fn deliver(
    clock: Clock,
    smarthost: SocketAddr,
    hello: String,
    mail: Box<OutgoingMail>,
    inputs: mpsc::Sender<Input>,
) {
    tokio::spawn(async move {
        let id = mail.id;
        let client = mail::outbound::Client::new(hello, mail.from, mail.to, mail.body, clock.now());
        let reply = mail::io::deliver(smarthost, client, clock).await;
        let _ = inputs.send(Input::MailTried { mail: id, reply }).await;
    });
}
