//! The smallest HTTP client: one request, one answer, one connection. A failure to connect or to read is an `Err`, so that a test may ask
//! a program that is not there yet.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// No answer takes this long; a browser's first one takes seconds.
const PATIENCE: Duration = Duration::from_secs(180);

/// What was answered.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks for `path` at `address`, with a bearer token if there is one.
///
/// # Errors
/// If nobody answers, or not with HTTP.
pub fn get(address: &str, path: &str, token: Option<&str>) -> io::Result<Answer> {
    let authorization = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    request(address, "GET", path, &authorization, b"")
}

/// Posts JSON.
///
/// # Errors
/// If nobody answers, or not with HTTP.
pub fn post_json(address: &str, path: &str, body: &Value) -> io::Result<Answer> {
    request(address, "POST", path, "Content-Type: application/json\r\n", body.to_string().as_bytes())
}

/// Any request; `headers` are whole lines.
///
/// # Errors
/// If nobody answers, or not with HTTP.
pub fn request(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    // The end of the connection is the end of an answer that does not tell its length.
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    read(BufReader::new(stream))
}

fn read(mut from: impl BufRead) -> io::Result<Answer> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "not HTTP");
    let mut line = String::new();
    from.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
    let (mut length, mut chunked) = (None, false);
    loop {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Err(broken());
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("transfer-encoding") => {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
                if !chunked {
                    return Err(io::Error::new(io::ErrorKind::Unsupported, value.to_owned()));
                }
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    if chunked {
        while read_chunk(&mut from, &mut body)? {}
        return Ok(Answer { status, body });
    }
    from.take(length.unwrap_or(u64::MAX)).read_to_end(&mut body)?;
    Ok(Answer { status, body })
}

/// One piece of an answer whose length nobody knew when it began (RFC 9112 section 7.1); false after the last.
fn read_chunk(from: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "no chunk");
    let mut line = String::new();
    from.read_line(&mut line)?;
    let length = u64::from_str_radix(line.trim_end(), 16).map_err(|_| broken())?;
    let before = body.len() as u64;
    from.by_ref().take(length).read_to_end(body)?;
    line.clear();
    from.read_line(&mut line)?;
    if line.trim_end().is_empty() && body.len() as u64 == before + length { Ok(length > 0) } else { Err(broken()) }
}
