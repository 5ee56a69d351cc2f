//! What of a computer's bytes the modem must not see, because the C code would leave its memory on it: it has room for 100 digits of
//! a number and 256 octets of a frame, and checks neither.

/// A longer command line than this is cut. The longest that a fax program writes are some 40.
const LONGEST_LINE: usize = 90;
/// A longer frame than this is cut. T.30's longest is 256 octets, of which V.21 carries none so long.
const LONGEST_FRAME: usize = 240;

/// No word that decides is longer.
const LONGEST_WORD: usize = 32;

const DLE: u8 = 0x10;
const ETX: u8 = 0x03;
const CR: u8 = b'\r';

/// What the modem takes the bytes for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Command lines.
    #[default]
    Commands,
    /// Frames, each ended by DLE ETX.
    Frames,
    /// The data of a page. It has a bound of its own.
    Data,
}

/// Follows a computer and its modem.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    mode: Mode,
    line: Vec<u8>,
    /// Octets of the frame under way.
    frame: usize,
    dle: bool,
    /// The end of what the modem said, for its words.
    said: Vec<u8>,
}

impl Keyboard {
    /// Whether the modem may see this byte.
    pub(crate) fn passes(&mut self, byte: u8) -> bool {
        match self.mode {
            Mode::Commands if byte == CR => true,
            Mode::Commands => {
                let room = self.line.len() < LONGEST_LINE;
                if room {
                    self.line.push(byte.to_ascii_uppercase());
                }
                room
            }
            Mode::Frames => {
                let shielded = std::mem::take(&mut self.dle);
                if shielded && byte == ETX {
                    self.frame = 0;
                    return true;
                }
                self.dle = byte == DLE && !shielded;
                self.frame += 1;
                // The end of a frame that was cut is still seen.
                self.frame < LONGEST_FRAME || self.dle
            }
            Mode::Data => true,
        }
    }

    /// What the modem says, which shows how it takes what follows.
    pub(crate) fn answered(&mut self, said: &[u8]) {
        // An echo is no answer.
        if let [CR | b'\n', ..] = said {
            self.said.clear();
        }
        let room = LONGEST_WORD.saturating_sub(self.said.len());
        self.said.extend(said.iter().take(room));
        let word = std::str::from_utf8(&self.said).unwrap_or("").trim();
        let mode = match word {
            "CONNECT" if contains(&self.line, b"+FTM") => Mode::Data,
            // It receives: after a command to, or because it has called.
            "CONNECT" if [&b"+FRM"[..], b"+FRH", b"D"].iter().any(|word| contains(&self.line, word)) => Mode::Commands,
            // It sends: after a command to, or because it has answered, by itself or told to.
            "CONNECT" => Mode::Frames,
            "OK" | "ERROR" | "NO CARRIER" | "BUSY" | "NO DIALTONE" | "NO ANSWER" => Mode::Commands,
            _ => return,
        };
        // Between two frames of one answer the modem says CONNECT again, and the command is still the same.
        if mode == Mode::Commands || self.mode == Mode::Commands {
            (self.frame, self.dle) = (0, false);
        }
        if mode == Mode::Commands {
            self.line.clear();
        }
        self.mode = mode;
        self.said.clear();
    }
}

fn contains(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|part| part == word)
}
