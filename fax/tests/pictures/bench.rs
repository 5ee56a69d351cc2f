//! A workbench: a leaflet, programs that make files of it, and another reader of those files to compare with.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use fax::convert::{ConvertError, Problem, render};
use fax::page::{Bitmap, Page};
use model::Pii;
use model::command::Document;
use tempfile::TempDir;

/// Pixels of the leaflet.
pub(crate) const WIDTH: u32 = 640;
pub(crate) const ROWS: u32 = 800;
/// Its pixels in an inch, in files that say so.
pub(crate) const DPI: f64 = 160.0;

pub(crate) fn document(bytes: impl Into<Vec<u8>>) -> Document {
    Document { name: "photo".into(), media_type: "application/octet-stream".to_owned(), bytes: Pii::new(bytes.into()) }
}

pub(crate) fn pages(bytes: impl Into<Vec<u8>>) -> Result<Vec<Bitmap>, ConvertError> {
    Ok(render(&[document(bytes)])?.iter().map(|page| page.decode().unwrap()).collect())
}

/// The pages of what must have some.
pub(crate) fn painted(name: &str, bytes: impl Into<Vec<u8>>) -> Vec<Bitmap> {
    pages(bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn refused(name: &str, bytes: impl Into<Vec<u8>>) -> Problem {
    match pages(bytes) {
        Ok(pages) => panic!("{name}: {} pages", pages.len()),
        Err(error) => error.kind,
    }
}

/// The share of black dots in a box.
pub(crate) fn share(page: &Bitmap, xs: Range<u32>, ys: Range<u32>) -> f64 {
    let all = f64::from((xs.end - xs.start) * (ys.end - ys.start));
    let black = ys.flat_map(|y| xs.clone().map(move |x| (x, y))).filter(|(x, y)| page.is_black(*x, *y)).count();
    black as f64 / all
}

/// A folder in which files are made. `leaflet.ppm` is there, and `leaflet.tif`: uncompressed, with its resolution.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        bench.write("leaflet.ppm", &[format!("P6 {WIDTH} {ROWS} 255\n").into_bytes(), leaflet()].concat());
        let dpi = DPI.to_string();
        bench.run(&["ppm2tiff", "-R", &dpi, "-c", "none", "leaflet.ppm", "leaflet.tif"]);
        bench
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.file(name), bytes).unwrap();
    }

    /// Runs a program there and gives what it said.
    pub(crate) fn run(&self, words: &[&str]) -> Vec<u8> {
        let done = Command::new(words[0]).args(&words[1..]).current_dir(self.path()).output();
        let done = done.unwrap_or_else(|error| panic!("{}, of libtiff-tools or imagemagick: {error}", words[0]));
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    /// The file that these words make, which is the last of them.
    pub(crate) fn made(&self, words: &[&str]) -> Vec<u8> {
        self.run(words);
        self.read(words.last().unwrap())
    }

    /// Compares the first page that the file makes with ImageMagick's reading of it.
    pub(crate) fn compare(&self, what: &str, name: &str) {
        let page = painted(what, self.read(name)).remove(0);
        self.compare_page(what, &page, &format!("{name}[0]"), DPI);
    }

    /// The same for this page, of a picture with so many pixels per inch.
    pub(crate) fn compare_page(&self, what: &str, page: &Bitmap, name: &str, dpi: f64) {
        let theirs = self.as_others_read(name, dpi);
        assert!(page.width() == 1728 && page.height() >= 2156, "{what}: {page:?}");
        let left = (1728 - theirs.width) / 2;
        let boxes = theirs.boxes().filter_map(|(x, y)| Some((x, y, theirs.expected(x, y)?)));
        let mut looked_at = 0;
        for (x, y, (low, high)) in boxes {
            looked_at += 1;
            let seen = share(page, left + x..left + x + BOX, y..y + BOX);
            assert!(
                seen >= low - NEAR && seen <= high + NEAR,
                "{what}: {seen:.2} black at {x},{y}, and {low:.2} to {high:.2} elsewhere"
            );
        }
        assert!(looked_at > 100, "{what}: only {looked_at} boxes");
        // Around it is paper.
        for (xs, ys) in [(0..left, 0..page.height()), (left + theirs.width..1728, 0..page.height())] {
            assert!(share(page, xs, ys) == 0.0, "{what}: ink in the margin");
        }
        assert!(share(page, 0..1728, theirs.rows..page.height()) == 0.0, "{what}: ink below");
    }

    /// The picture as ImageMagick reads it, upright, on white, in grey, as large as it stands on the page.
    fn as_others_read(&self, name: &str, dpi: f64) -> Grey {
        let orders = ["-auto-orient", "-background", "white", "-alpha", "remove", "-colorspace", "Gray"];
        let size = self.run(&[&["convert", name][..], &orders, &["-format", "%w %h", "info:"]].concat());
        let size = String::from_utf8(size).unwrap();
        let (width, rows) = size.trim().split_once(' ').unwrap();
        let side = |pixels: &str, dots: f64| (pixels.parse::<f64>().unwrap() * dots / dpi).round() as u32;
        let (width, rows) = (side(width, 204.0), side(rows, 196.0));
        let scaled = format!("{width}x{rows}!");
        let last = ["-filter", "triangle", "-resize", &scaled, "-depth", "8", "gray:-"];
        let dots = self.run(&[&["convert", name][..], &orders, &last].concat());
        assert_eq!(dots.len(), (width * rows) as usize, "{name}");
        Grey { width, rows, dots }
    }
}

/// Dots of the sides of the boxes that are compared.
const BOX: u32 = 24;
/// Two shares of black that differ by less are the same: the dots of a photograph do not add up exactly in so small a box.
const NEAR: f64 = 0.09;

/// What somebody else read.
struct Grey {
    width: u32,
    rows: u32,
    dots: Vec<u8>,
}

impl Grey {
    /// The boxes that lie within it, away from its edges.
    fn boxes(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (width, rows) = (self.width, self.rows);
        let places = |to: u32| (BOX..to - 2 * BOX).step_by(BOX as usize);
        places(rows).flat_map(move |y| places(width).map(move |x| (x, y)))
    }

    /// The least and the greatest share of black that a box may have. In a photograph it is as dark as it is; what has two colours and an
    /// edge is ink on paper, all of it black; what has both in it says nothing.
    fn expected(&self, x: u32, y: u32) -> Option<(f64, f64)> {
        let dots = || (y..y + BOX).flat_map(|y| (x..x + BOX).map(move |x| self.dots[(y * self.width + x) as usize]));
        let count = f64::from(BOX * BOX);
        let (darkest, lightest) = (dots().min()?, dots().max()?);
        if y > self.rows / 2 + BOX {
            let dark = 1.0 - dots().map(f64::from).sum::<f64>() / 255.0 / count;
            return (lightest - darkest < 40).then_some((dark, dark));
        }
        if y + 2 * BOX > self.rows / 2 {
            return None;
        }
        // Half way between ink and paper a dot may be either.
        let below = |limit: u8| dots().filter(|dot| *dot < limit).count() as f64 / count;
        Some((below(100), below(235)))
    }
}

/// Red strokes as of letters on cream above, and below a photograph that becomes lighter from left to right.
fn leaflet() -> Vec<u8> {
    let dot = |x: u32, y: u32| match (x, y) {
        (_, ..400) if x % 24 < 8 && y % 60 < 36 => [180, 20, 30],
        (_, ..400) => [250, 246, 230],
        _ => {
            let tone = 60 + (x * 130 / WIDTH) as u8;
            [tone, tone + 4, tone - 4]
        }
    };
    (0..ROWS).flat_map(|y| (0..WIDTH).flat_map(move |x| dot(x, y))).collect()
}

/// A page of a fax, with something on it.
pub(crate) fn fax_page(seed: u32) -> Page {
    let mut bitmap = Bitmap::new(1728, 2200);
    (0..2200).for_each(|y| bitmap.fill_run(y, (y * 7 + seed) % 1700, (y * 7 + seed) % 1700 + y % 29));
    Page::encode(&bitmap, 204, 196)
}
