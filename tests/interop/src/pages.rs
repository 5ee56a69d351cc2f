//! Pages as poppler sees them: an independent reader of the PDFs that the product writes.

use std::fs;
use std::path::{Path, PathBuf};

use fax::page::Page;

use crate::run;

/// A black and white picture, its rows packed from the left, 1 for black (as in a PBM file).
#[derive(PartialEq, Eq)]
pub struct Picture {
    /// Dots in a row.
    pub width: usize,
    /// The rows.
    pub rows: Vec<Vec<u8>>,
}

impl Picture {
    /// Reads a PBM file (P4).
    ///
    /// # Panics
    /// If it is none.
    pub fn from_pbm(file: &[u8]) -> Self {
        let mut words = Vec::new();
        let mut at = 0;
        while words.len() < 3 {
            let end = at + file[at..].iter().position(u8::is_ascii_whitespace).expect("a PBM header");
            words.push(String::from_utf8_lossy(&file[at..end]).into_owned());
            at = end + 1;
        }
        assert_eq!(words[0], "P4", "pdfimages writes a PBM for a picture of one bit");
        let (width, height): (usize, usize) = (words[1].parse().expect("a width"), words[2].parse().expect("a height"));
        let rows: Vec<_> = file[at..].chunks(width.div_ceil(8)).map(<[u8]>::to_vec).collect();
        assert_eq!(rows.len(), height, "all rows are there");
        Self { width, rows }
    }

    /// Those that the demo's far end wrote down as TIFF files in this folder, in order.
    ///
    /// # Panics
    /// If it wrote none, or one cannot be read.
    pub fn of_folder(folder: &Path) -> Vec<Self> {
        let mut files: Vec<_> = fs::read_dir(folder).expect("a folder a number").flatten().map(|e| e.path()).collect();
        files.sort_by_key(|p| p.to_string_lossy().rsplit('-').next().map(str::to_owned));
        let picture = |file: &PathBuf| {
            let page = Page::from_tiff(&fs::read(file).expect("a file")).expect("a TIFF");
            let bitmap = page.decode().expect("a page");
            let rows = (0..bitmap.height()).map(|y| bitmap.row(y).to_vec()).collect();
            Self { width: bitmap.width() as usize, rows }
        };
        files.iter().map(picture).collect()
    }

    /// The share of black dots, in thousandths.
    pub fn blackness(&self) -> usize {
        let black: usize = self.rows.iter().flatten().map(|b| b.count_ones() as usize).sum();
        black * 1000 / (self.width * self.rows.len())
    }
}

/// The pages of a PDF that has one picture on each.
///
/// # Panics
/// If poppler cannot read it.
pub fn of_pdf(pdf: &Path) -> Vec<Picture> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("page");
    run("pdfimages", &[&pdf.display().to_string(), &root.display().to_string()]);
    let mut files: Vec<_> = fs::read_dir(folder.path()).expect("the folder").flatten().map(|e| e.path()).collect();
    files.sort();
    files.iter().map(|f| Picture::from_pbm(&fs::read(f).expect("a file"))).collect()
}

/// Asserts that both are the same dot by dot, but for the line that a sending machine prints above a page: then the received page is
/// that much longer, and everything below must be equal.
///
/// # Panics
/// If they differ.
pub fn assert_same(sent: &[Picture], received: &[Picture]) {
    assert_eq!(sent.len(), received.len(), "as many pages");
    for (n, (sent, received)) in sent.iter().zip(received).enumerate() {
        assert_eq!(sent.width, received.width, "page {}", n + 1);
        assert!((1..200).contains(&sent.blackness()), "page {} shows something: {}", n + 1, sent.blackness());
        let extra = received.rows.len().checked_sub(sent.rows.len()).expect("no row is missing");
        assert!(extra <= 150, "page {} is {extra} rows longer: more than one line above it", n + 1);
        assert!(received.rows[extra..] == sent.rows, "page {} differs", n + 1);
    }
}
