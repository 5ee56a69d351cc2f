//! The mail side of the check: submits as a mail program would, and looks into the sink.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use model::FaxId;
use model::mail::SmtpReply;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::super::Demo;
use super::phone::Trouble;

const PATIENCE: Duration = Duration::from_secs(30);

/// Mails a PDF to a fax number, without a cover page, in plain SMTP.
pub(super) async fn submit(demo: &Demo, number: &str, pdf: &[u8]) -> Result<String, Trouble> {
    let user = demo.contract.text("/smtp/user");
    let to = format!("{number}@{}", demo.contract.text("/smtp/fax_domain"));
    let stream =
        TcpStream::connect(demo.ports.appliance.submission).await.map_err(|e| format!("no connection: {e}"))?;
    let mut smtp = BufReader::new(stream);
    let login = base64(format!("\0{user}\0{}", demo.contract.text("/smtp/password")).as_bytes());
    expect(&mut smtp, 220).await?;
    for (line, code) in [
        ("EHLO check.demo".to_owned(), 250),
        (format!("AUTH PLAIN {login}"), 235),
        (format!("MAIL FROM:<{user}>"), 250),
        (format!("RCPT TO:<{to}>"), 250),
        ("DATA".to_owned(), 354),
        (message(user, &to, pdf), 250),
        ("QUIT".to_owned(), 221),
    ] {
        smtp.write_all(format!("{line}\r\n").as_bytes()).await.map_err(|e| format!("cannot send: {e}"))?;
        expect(&mut smtp, code).await?;
    }
    Ok("250 after it was durable".to_owned())
}

fn message(from: &str, to: &str, pdf: &[u8]) -> String {
    let body: Vec<_> = base64(pdf).as_bytes().chunks(76).map(|l| String::from_utf8_lossy(l).into_owned()).collect();
    format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: Referral nocover\r\nMIME-Version: 1.0\r\n\
         Content-Type: application/pdf; name=\"referral.pdf\"\r\nContent-Disposition: attachment; \
         filename=\"referral.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n.",
        body.join("\r\n")
    )
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

async fn expect(smtp: &mut BufReader<TcpStream>, code: u16) -> Result<(), Trouble> {
    loop {
        let mut line = String::new();
        let read = timeout(PATIENCE, smtp.read_line(&mut line)).await;
        read.map_err(|_| "the mail server is silent")?.map_err(|e| format!("cannot read: {e}"))?;
        let said: u16 = line.get(..3).and_then(|c| c.parse().ok()).unwrap_or(0);
        if said != code {
            let reply = SmtpReply::new(said, line.trim_end());
            return Err(format!("{code} was expected, the server said: {}", reply.text.expose()));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

/// Compares what was sent with what came back. Each machine that sends prints its line above the page, and the one that faxed
/// it back did so too unless it was told not to; below that, every dot must be the same.
pub(super) async fn same_pages(demo: &Demo, sent: FaxId, received: FaxId) -> Result<String, Trouble> {
    let (sent, received) = (bitmaps(demo, sent).await?, bitmaps(demo, received).await?);
    if sent.len() != received.len() {
        return Err(format!("{} pages were sent, {} came back", sent.len(), received.len()));
    }
    for (n, (sent, received)) in sent.iter().zip(&received).enumerate() {
        let extra = received.height().checked_sub(sent.height()).ok_or("rows are missing")?;
        let same = (0..sent.height()).all(|y| sent.row(y) == received.row(y + extra));
        if !same {
            return Err(format!("page {} differs", n + 1));
        }
    }
    Ok(super::pages(u32::try_from(sent.len()).unwrap_or(u32::MAX)))
}

async fn bitmaps(demo: &Demo, fax: FaxId) -> Result<Vec<Bitmap>, Trouble> {
    let files = demo.appliance.store.faxes().pages(fax).await.map_err(|e| format!("the store cannot be read: {e}"))?;
    files
        .iter()
        .map(|file| {
            let page = Page::from_tiff(file.expose()).map_err(|e| format!("a page cannot be read: {e}"))?;
            page.decode().map_err(|e| format!("a page cannot be decoded: {e}"))
        })
        .collect()
}

/// What is in the sink.
pub(super) fn names(demo: &Demo) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(demo.state.join("sink").join("new")).into_iter().flatten().flatten();
    entries.map(|e| e.path()).collect()
}

/// Waits for both mails in the sink, beside those that were there `before`. The demo's mail queue delivers within seconds.
pub(super) async fn receipt_and_pdf(demo: &Demo, before: &BTreeSet<PathBuf>) -> Result<String, Trouble> {
    let mut events = demo.appliance.desk().events.subscribe();
    let look = async {
        loop {
            let mails = read(names(demo).difference(before));
            let receipt = mails.iter().any(|m| m.contains("multipart/report"));
            let pdf = mails.iter().any(|m| m.contains("application/pdf") && m.contains("JVBERi"));
            if receipt && pdf {
                return format!("{} new mails in the sink", mails.len());
            }
            let _ = timeout(Duration::from_secs(1), events.recv()).await;
        }
    };
    timeout(PATIENCE, look).await.map_err(|_| "the receipt or the PDF did not come".to_owned())
}

fn read<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Vec<String> {
    files.filter_map(|file| std::fs::read(file).ok()).map(|m| String::from_utf8_lossy(&m).into_owned()).collect()
}
