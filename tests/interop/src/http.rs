//! The smallest HTTP client: one request, one answer, closed after it (HTTP/1.0). A failure to connect or to read is an `Err`, so that a
//! test may ask a program that is not there yet.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// No answer of the console takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was answered.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines, as they came.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks for `path` at `address`, with a bearer token if there is one.
///
/// # Errors
/// If nobody answers, or not with HTTP.
pub fn get(address: &str, path: &str, token: Option<&str>) -> io::Result<Answer> {
    let authorization = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{authorization}\r\n").as_bytes())?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "not HTTP");
    let end = all.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(broken)?;
    let body = all.split_off(end + 4);
    let head = String::from_utf8_lossy(&all).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
    Ok(Answer { status, head, body })
}
