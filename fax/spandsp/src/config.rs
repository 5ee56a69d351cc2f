//! What a terminal is set up with, and how it becomes what the C code takes: short texts of plain letters.

use std::ffi::CString;
use std::fmt;

use spandsp_sys as sys;

/// Where the pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document<'a> {
    /// Send the TIFF file at `path`, from page `first` (counted from 0) to its end.
    Send {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
        /// The first page to send.
        first: u32,
    },
    /// Write what arrives to the TIFF file at `path`, replacing what is there. The engine removes the file by its name if the call
    /// ends without a page, whatever it is: name only a file that is yours to lose.
    Receive {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
    },
}

/// The line that the law wants on every page sent (47 CFR 68.318(d)): date and time are added to it, our number and the page too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The business' name; 50 characters are printed.
    pub business: &'a str,
    /// Minutes that the clinic's clock is ahead of UTC now.
    pub utc_offset_minutes: i16,
}

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// What to send, or where to put what comes. The caller sends, the answerer receives.
    pub document: Document<'a>,
    /// What we call ourselves (TSI, CSI): at most 20 digits, `+`, blanks or letters.
    pub ident: &'a str,
    /// Printed on pages sent; none if left out.
    pub header: Option<Header<'a>>,
    /// Offer error correction (T.30 Annex A).
    pub ecm: bool,
    /// The fastest carrier to use: 14400 (V.17), 9600 (V.29) or 4800 (V.27ter).
    pub max_bit_rate: u16,
}

/// There is no memory for a terminal, or a text of the configuration is too long or holds a zero byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupFailed;

impl fmt::Display for SetupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fax terminal could not be set up")
    }
}

impl std::error::Error for SetupFailed {}

/// The texts of a configuration as C wants them.
pub(crate) struct Texts {
    pub(crate) path: CString,
    pub(crate) ident: CString,
    /// The line's text, and its time zone.
    pub(crate) header: Option<(CString, CString)>,
}

impl Texts {
    pub(crate) fn new(config: &Config<'_>) -> Result<Self, SetupFailed> {
        let text = |text: &str, most: u32| {
            // The C code truncates or refuses what is longer; T.30 knows no characters beyond ASCII.
            let ascii: String = text.chars().map(plain).collect();
            let ascii = ascii.get(..most as usize).unwrap_or(&ascii).to_owned();
            CString::new(ascii).map_err(|_| SetupFailed)
        };
        let (Document::Send { path, .. } | Document::Receive { path }) = config.document;
        if path.len() > 200 {
            return Err(SetupFailed);
        }
        let header = match config.header {
            Some(header) => {
                let zone = posix_zone(header.utc_offset_minutes);
                Some((text(header.business, sys::T30_MAX_PAGE_HEADER_INFO)?, text(&zone, 16)?))
            }
            None => None,
        };
        Ok(Self {
            path: CString::new(path).map_err(|_| SetupFailed)?,
            ident: text(config.ident, sys::T30_MAX_IDENT_LEN)?,
            header,
        })
    }
}

/// POSIX names a zone by what has to be added to reach UTC: five hours west is "LOC5:00".
fn posix_zone(utc_offset_minutes: i16) -> String {
    let west = -i32::from(utc_offset_minutes);
    let sign = if west < 0 { "-" } else { "" };
    format!("LOC{sign}{}:{:02}", west.abs() / 60, west.abs() % 60)
}

/// The letter without its accent: "Clínica" must not become "Cl?nica".
fn plain(c: char) -> char {
    match c {
        ' '..='~' => c,
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'Á' | 'À' | 'Â' | 'Ä' | 'Ã' | 'Å' => 'A',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'Í' | 'Ì' | 'Î' | 'Ï' => 'I',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => 'o',
        'Ó' | 'Ò' | 'Ô' | 'Ö' | 'Õ' | 'Ø' => 'O',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'Ú' | 'Ù' | 'Û' | 'Ü' => 'U',
        'ñ' => 'n',
        'Ñ' => 'N',
        'ç' => 'c',
        'Ç' => 'C',
        '’' => '\'',
        '–' | '—' => '-',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_to_fit() {
        let header = Header { business: "Clínica del Puerto – José’s", utc_offset_minutes: -300 };
        let config = Config {
            document: Document::Send { path: "/nowhere/none.tif", first: 0 },
            ident: "a text of far more than twenty characters",
            header: Some(header),
            ecm: true,
            max_bit_rate: 9600,
        };
        let texts = Texts::new(&config).unwrap();
        assert_eq!(texts.ident.to_str().unwrap(), "a text of far more t");
        let (info, zone) = texts.header.unwrap();
        assert_eq!(info.to_str().unwrap(), "Clinica del Puerto - Jose's");
        assert_eq!(zone.to_str().unwrap(), "LOC5:00");
        for path in ["/".repeat(300), "a\0b".to_owned()] {
            let config = Config { document: Document::Receive { path: &path }, ..config };
            assert!(matches!(Texts::new(&config), Err(SetupFailed)));
        }
    }

    #[test]
    fn zones_are_written_as_posix_does() {
        for (minutes, zone) in [(0, "LOC0:00"), (330, "LOC-5:30"), (-210, "LOC3:30"), (765, "LOC-12:45")] {
            assert_eq!(posix_zone(minutes), zone);
        }
    }
}
