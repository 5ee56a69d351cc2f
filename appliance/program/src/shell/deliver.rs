//! Delivers one mail to the smarthost.

use std::net::SocketAddr;

use clinic::Input;
use model::mail::SmtpReply;
use model::time::Clock;
use store::rows::OutgoingMail;
use tokio::sync::mpsc;

use super::handing_in::hand_in;

pub(crate) fn deliver(
    clock: Clock,
    smarthost: SocketAddr,
    hello: String,
    mail: Box<OutgoingMail>,
    inputs: mpsc::Sender<Input>,
) {
    let id = mail.id;
    let tried = move |reply| Input::MailTried { mail: id, reply };
    let fault = tried(SmtpReply::new(0, "the delivery ended by a fault of Frontdesk"));
    hand_in(inputs, fault, async move {
        let client = mail::outbound::Client::new(hello, mail.from, mail.to, mail.body, clock.now());
        tried(mail::io::deliver(smarthost, client, clock).await)
    });
}
