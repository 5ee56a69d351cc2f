//! What the fuzzers of the C code run: each function takes any bytes, and AddressSanitizer says whether the C code leaves its memory. One is of
//! Rust alone, and stands here because its crate has the C code below it.

pub mod class2;
pub mod frames;
pub mod gateway;
pub mod packets;
mod signal;
pub mod sound;
pub mod typed;

use spandsp::{Config, Document, Events, Finest, T30};

/// Who hears what a terminal says, and asks all that may be asked.
#[derive(Debug)]
pub struct Listener;

impl Events for Listener {
    fn packet(&mut self, ifp: &[u8], _copies: u32) -> bool {
        assert!(!ifp.is_empty() && ifp.len() < 2048, "a packet of {} octets", ifp.len());
        true
    }

    fn frame(&mut self, _incoming: bool, _frame: &[u8], t30: T30<'_>) {
        let _ = (t30.remote_ident(), t30.pages(), t30.received());
    }

    fn page_end(&mut self, _fcf: u8, t30: T30<'_>) {
        for page in 0..t30.received() {
            assert!(t30.received_page(page).is_some(), "page {page} is counted and not there");
        }
    }

    fn call_end(&mut self, _status: i32) {}
}

/// One end of a call that calls or is called, with or without error correction, as the first octet of the input says.
pub fn config<'a>(first: u8, path: &'a str) -> Config<'a> {
    let ready = (first & 32 != 0).then_some(path);
    let document =
        if first & 1 == 0 { Document::Receive { path, ready } } else { Document::Send { path, first: 0, last: None } };
    Config {
        document,
        ident: "+1 202 555 0123",
        subaddress: if first & 2 == 0 { "" } else { "44" },
        password: "",
        finest: if first & 4 == 0 { Finest::Fine } else { Finest::Dots400 },
        t85: true,
        ecm: first & 8 == 0,
        max_bit_rate: if first & 16 == 0 { 14_400 } else { 4800 },
    }
}

/// A file of its own for each input: the engine writes it, and removes it. In memory, since there are thousands a second.
pub struct Scratch(String);

impl Scratch {
    /// A page to send stands in it.
    pub fn new() -> Self {
        let path = format!("/dev/shm/frontdesk-fuzz-{}.tif", std::process::id());
        // A machine without it fuzzes receptions only.
        let _ = std::fs::write(&path, page());
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A TIFF file of one page of 1728 dots and 8 rows: white, in T.6 (eight times "vertical 0", then the end of block).
fn page() -> Vec<u8> {
    const STRIP: [u8; 4] = [0xff, 0x00, 0x10, 0x01];
    /// Beginning, table of entries, and what stands after it.
    const AFTER: u32 = 8 + 2 + 11 * 12 + 4;
    let entries: [[u32; 3]; 11] = [
        [256, 3, 1728],
        [257, 3, 8],
        [258, 3, 1],
        [259, 3, 4],
        [262, 3, 0],
        [273, 4, AFTER + 16],
        [277, 3, 1],
        [278, 3, 8],
        [279, 4, STRIP.len() as u32],
        [282, 5, AFTER],
        [283, 5, AFTER + 8],
    ];
    let mut file = b"II*\0\x08\0\0\0\x0b\0".to_vec();
    for [tag, kind, value] in entries {
        file.extend((tag as u16).to_le_bytes());
        file.extend((kind as u16).to_le_bytes());
        file.extend(1u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    for word in [0u32, 204, 1, 196, 1] {
        file.extend(word.to_le_bytes());
    }
    file.extend(STRIP);
    file
}
