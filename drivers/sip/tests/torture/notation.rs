//! The torture messages as files, in the notation of RFC 4475 section 2.
//!
//! A line of a file is a line of the message. `<allOneLine>` joins the lines up to `</allOneLine>`, `<hex>0D</hex>` stands for bytes,
//! `<repeat count=3>x</repeat>` for `xxx`. A file without an empty line is a message without a body: the empty line is added.

use std::path::PathBuf;

/// Every message with its name, in alphabetical order.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torture"));
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of the messages")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sip"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, expand(&std::fs::read_to_string(&path).expect("a readable message")))
        })
        .collect();
    found.sort();
    found
}

/// The bytes that a file stands for.
pub(crate) fn expand(text: &str) -> Vec<u8> {
    let (mut out, mut joined, mut has_body) = (Vec::new(), false, false);
    for line in text.lines() {
        match line {
            "<allOneLine>" => joined = true,
            "</allOneLine>" => joined = false,
            _ => {
                has_body |= line.is_empty();
                part(line, &mut out);
            }
        }
        if !joined {
            out.extend_from_slice(b"\r\n");
        }
    }
    if !has_body {
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn part(mut line: &str, out: &mut Vec<u8>) {
    while let Some((before, tag, inner, after)) = tagged(line) {
        out.extend_from_slice(before.as_bytes());
        match tag.strip_prefix("repeat count=") {
            Some(count) => out.extend_from_slice(inner.repeat(count.parse().expect("a count")).as_bytes()),
            None => out.extend(hex::decode(inner).expect("hexadecimal digits")),
        }
        line = after;
    }
    out.extend_from_slice(line.as_bytes());
}

/// The first tag of a line: what is before it, its name, what it holds, what follows.
fn tagged(line: &str) -> Option<(&str, &str, &str, &str)> {
    let start = [line.find("<hex>"), line.find("<repeat count=")].into_iter().flatten().min()?;
    let (tag, rest) = line[start + 1..].split_once('>')?;
    let end = if tag == "hex" { "</hex>" } else { "</repeat>" };
    let (inner, after) = rest.split_once(end)?;
    Some((&line[..start], tag, inner, after))
}
