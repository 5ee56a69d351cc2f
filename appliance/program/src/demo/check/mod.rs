//! `--check`: the whole tour without a person. Each step prints what it saw and how long it took; the first that fails ends it.

mod mailbox;
mod phone;

use std::net::SocketAddr;
use std::time::Duration;

use clinic::far_end::Input;
use fax::cover::Cover;
use model::fax::{Direction, FaxState};
use model::{Random, Snapshot, Wall};
use store::rows::{FaxFilter, FaxRow};
use tokio::time::timeout;

use self::phone::{Phone, Trouble};
use super::Demo;
use crate::boot::{Failure, seed};

/// A page takes a machine some 20 s at 14,400 bit/s, and so it does here: T.30 runs in real time.
const FAX_PATIENCE: Duration = Duration::from_secs(240);

/// Runs the tour.
pub(crate) async fn run(demo: &Demo) -> Result<(), Failure> {
    let began = demo.clock.now();
    let mut tour = Tour { demo, random: seed()?, steps: 0, began: began.wall };
    let result = tour.walk().await;
    let took = demo.clock.now().instant - began.instant;
    match result {
        Ok(()) => {
            say(&format!("check: {} steps passed in {:.1} s", tour.steps, took.as_secs_f64()));
            Ok(())
        }
        Err(trouble) => Err(Failure(format!("check: step {} failed: {trouble}", tour.steps + 1))),
    }
}

#[allow(clippy::print_stdout, reason = "this is what the verb prints")]
fn say(line: &str) {
    println!("{line}");
}

struct Tour<'a> {
    demo: &'a Demo,
    random: Random,
    steps: u32,
    /// What is older came about in an earlier tour of the same state folder, and shows nothing.
    began: Wall,
}

impl Tour<'_> {
    async fn walk(&mut self) -> Result<(), Trouble> {
        let mut desk = self.phone("101").await?;
        let mut nurse = self.phone("102").await?;
        self.step("two phones register", async {
            desk.register().await?;
            nurse.register().await?;
            Ok("101 and 102, by digest".to_owned())
        })
        .await?;
        self.step("101 calls *43 and hears itself", async {
            let call = desk.call("*43", true).await?;
            let heard = desk.sound(&call).await?;
            desk.hang_up(call).await?;
            enough(heard)
        })
        .await?;
        self.step("101 calls 102, both hear each other, 101 hangs up", inside(&mut desk, &mut nurse)).await?;
        let outside = self.demo.contract.text("/trunk/number").to_owned();
        self.step("101 calls a number outside, over the trunk", async {
            let call = desk.call(&outside, true).await?;
            let heard = desk.sound(&call).await?;
            desk.hang_up(call).await?;
            enough(heard)
        })
        .await?;
        let number = self.demo.contract.text("/clinic/number").trim_start_matches('+').to_owned();
        self.step("somebody outside calls the clinic, and 101 answers", async {
            self.demo.carrier.order(Input::Call { number }).await;
            let call = desk.answer().await?;
            let heard = desk.sound(&call).await?;
            desk.hang_up(call).await?;
            enough(heard)
        })
        .await?;
        self.emergency().await?;
        self.mail_to_fax_to_mail().await?;
        self.busy().await
    }

    async fn phone(&mut self, user: &str) -> Result<Phone, Trouble> {
        let contract = &self.demo.contract;
        let list = contract.0["extensions"].as_array().cloned().unwrap_or_default();
        let entry = list.iter().find(|e| e["user"] == user).ok_or("demo.json does not list this extension")?;
        let password = entry["password"].as_str().unwrap_or_default();
        let server: SocketAddr = self.demo.ports.appliance.sip[0];
        Phone::new(user, password, contract.text("/sip/domain"), server, self.random.fork()).await
    }

    async fn step(&mut self, what: &str, work: impl Future<Output = Result<String, Trouble>>) -> Result<(), Trouble> {
        let began = self.demo.clock.now();
        let saw = work.await.map_err(|trouble| format!("{what}: {trouble}"))?;
        let took = self.demo.clock.now().instant - began.instant;
        self.steps += 1;
        say(&format!("{:>2}  {:>6.1} s  {what}: {saw}", self.steps, took.as_secs_f64()));
        Ok(())
    }

    async fn emergency(&mut self) -> Result<(), Trouble> {
        let demo = self.demo;
        let mut stranger =
            Phone::new("999", "", "clinic.demo", demo.ports.appliance.sip[0], self.random.fork()).await?;
        self.step("a phone that nobody registered calls 911, and staff are alerted", async {
            let call = stranger.call("911", false).await?;
            let heard = stranger.sound(&call).await?;
            stranger.hang_up(call).await?;
            until(demo, "no alert was raised", |s| s.alerts.iter().any(|a| a.open)).await?;
            enough(heard)
        })
        .await
    }

    async fn mail_to_fax_to_mail(&mut self) -> Result<(), Trouble> {
        let (demo, began) = (self.demo, self.began);
        let to = demo.contract.text("/fax_numbers/good").to_owned();
        let before = mailbox::names(demo);
        self.step("a PDF is mailed to a fax number and accepted", mailbox::submit(demo, &to, &letter(began))).await?;
        let mut sent = None;
        self.step("it leaves as a fax over T.38, every page confirmed", async {
            let row = fax(demo, began, Direction::Out, FaxState::Sent).await?;
            let saw = pages(row.pages_confirmed);
            sent = Some(row);
            Ok(saw)
        })
        .await?;
        let mut received = None;
        self.step("the other machine faxes it back, and it is in the inbox", async {
            let row = fax(demo, began, Direction::In, FaxState::Received).await?;
            let saw = format!("{}, from {}", pages(row.pages), row.remote_ident.expose());
            received = Some(row);
            Ok(saw)
        })
        .await?;
        let (Some(sent), Some(received)) = (sent, received) else { return Err("a fax is missing".to_owned()) };
        self.step("what came back is what was sent, dot by dot", mailbox::same_pages(demo, sent.id, received.id))
            .await?;
        self.step("the receipt and the PDF arrive by mail", mailbox::receipt_and_pdf(demo, &before)).await
    }

    async fn busy(&mut self) -> Result<(), Trouble> {
        let (demo, began) = (self.demo, self.began);
        let to = demo.contract.text("/fax_numbers/busy").to_owned();
        self.step("a fax to a busy number waits for its next attempt", async {
            mailbox::submit(demo, &to, &letter(began)).await?;
            let row = wait_for(demo, began, "no attempt was made", |row| {
                row.direction == Direction::Out && row.cause == Some(model::fax::Cause::Busy)
            })
            .await?;
            Ok(format!("attempt {}: {}", row.attempts, model::fax::Cause::Busy.sentence()))
        })
        .await
    }
}

async fn inside(desk: &mut Phone, nurse: &mut Phone) -> Result<String, Trouble> {
    let (called, answered) = tokio::join!(desk.call("102", true), nurse.answer());
    let (call, _) = (called?, answered?);
    let (heard, echoed) = tokio::join!(desk.sound(&call), nurse.echo());
    let (hung_up, told) = tokio::join!(desk.hang_up(call), nurse.wait_for_bye());
    hung_up.and(told)?;
    enough(echoed)?;
    enough(heard?)
}

fn pages(count: u32) -> String {
    if count == 1 { "1 page".to_owned() } else { format!("{count} pages") }
}

/// A one-page letter: each page takes both machines half a minute. It names the tour, for the same page twice in an hour would wait for a
/// person.
fn letter(began: Wall) -> Vec<u8> {
    Cover {
        clinic: "Harbor Street Clinic".to_owned(),
        to: "St. Mary's Cardiology".to_owned(),
        from: "Nurse".to_owned(),
        subject: "Referral".to_owned(),
        message: format!("Please see patient {} about palpitations on exertion.\n\nThank you.", began.millis()),
        ..Cover::default()
    }
    .to_pdf()
}

/// One packet in ten may come after the measure has ended, on a busy machine.
fn enough(heard: u16) -> Result<String, Trouble> {
    if heard >= 45 {
        Ok(format!("{heard} of 50 packets heard"))
    } else {
        Err(format!("only {heard} of 50 packets heard"))
    }
}

/// Waits until the live state says so.
async fn until(demo: &Demo, otherwise: &str, is: impl Fn(&Snapshot) -> bool) -> Result<(), Trouble> {
    let mut snapshot = demo.appliance.desk().snapshot.clone();
    let seen = timeout(Duration::from_secs(10), snapshot.wait_for(|s| is(s))).await;
    seen.map_err(|_| otherwise.to_owned())?.map(|_| ()).map_err(|_| "the clinic stopped".to_owned())
}

async fn fax(demo: &Demo, began: Wall, direction: Direction, state: FaxState) -> Result<FaxRow, Trouble> {
    let what = format!("no fax came to the state {}", state.word());
    wait_for(demo, began, &what, |row| row.direction == direction && row.state == state).await
}

/// Waits until the store has such a fax of this tour; looks whenever the clinic says that a fax changed.
async fn wait_for(demo: &Demo, began: Wall, otherwise: &str, is: impl Fn(&FaxRow) -> bool) -> Result<FaxRow, Trouble> {
    let mut events = demo.appliance.desk().events.subscribe();
    let look = async {
        loop {
            let rows = demo.appliance.store.faxes().list(FaxFilter::default(), 50, None).await;
            let rows = rows.map_err(|e| format!("the store cannot be read: {e}"))?;
            if let Some(row) = rows.into_iter().find(|row| row.created >= began && is(row)) {
                return Ok(row);
            }
            // A lagging receiver looks again at once; a closed one means that the clinic stopped.
            if let Err(tokio::sync::broadcast::error::RecvError::Closed) = events.recv().await {
                return Err("the clinic stopped".to_owned());
            }
        }
    };
    timeout(FAX_PATIENCE, look).await.map_err(|_| otherwise.to_owned())?
}
