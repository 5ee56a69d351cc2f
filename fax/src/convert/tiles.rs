//! What a picture is made of, tile by tile, from its dots alone: line art (scanned text, logos, screenshots) or tones (a
//! photograph, an X-ray).
//!
//! Line art has a paper and an ink with sharp edges between them. Tones change slowly. A tile counts as tones if a good part of
//! its dots lie between the darkest and the lightest around and differ little from their neighbours; a region of such tiles is a
//! photograph only if it is large, so that a smudge does not turn a letter into dots.

use std::ops::Range;

use super::binarise::Raster;
use super::runs::Run;
use super::scene::{Extent, PICTURE, Rgb, Scene, contrast, luma};

/// The side of a tile: 2 mm.
const TILE: usize = 16;
/// Fewer tiles than this (about 12 × 8 mm) are no photograph.
const SMALLEST_PHOTO: usize = 24;
/// What a photograph encloses belongs to it if it is at most so many times smaller.
const LARGEST_HOLE: usize = 4;
/// A neighbour that differs by less is part of the same tone.
const SMOOTH: u8 = 20;
/// A tile with a smaller range between its darkest and lightest dot is flat.
const FLAT: u8 = 40;
/// Scanned paper is at least as light as this.
const PAPER_LUMA: u8 = 200;
/// Ink on scanned paper differs from it by at least this; the noise of JPEG does not.
const INK: u8 = 48;

/// How a dot of a picture is made black or white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As dots.
    Dither,
    /// As ink on paper of this colour: it differs by more than `limit`. `dark`: the ground is dark and the ink light.
    Ink { paper: Rgb, limit: u8, dark: bool },
}

/// See the module.
pub(super) struct Tiles {
    across: usize,
    tones: Vec<Tone>,
}

impl Tiles {
    pub(super) fn new(raster: &Raster<'_>, scene: &Scene) -> Self {
        let (across, down) = (raster.width.div_ceil(TILE), raster.rows.div_ceil(TILE));
        let Extent { columns, rows } = scene.pictures();
        if columns.is_empty() {
            return Self { across, tones: Vec::new() };
        }
        let in_tiles = |dots: &Range<usize>| dots.start / TILE..dots.end.div_ceil(TILE);
        let (columns, rows) = (in_tiles(columns), in_tiles(rows));
        let mut measures: Vec<Option<Measure>> = (0..across * down).map(|_| None).collect();
        let mut mask = Mask::new(raster.width);
        for y in rows {
            mask.read(scene, y * TILE);
            for x in columns.clone() {
                measures[y * across + x] = measure(raster, &mask, x, y);
            }
        }
        if measures.iter().all(Option::is_none) {
            return Self { across, tones: Vec::new() };
        }
        let grid = Grid { across, down };
        let photo = photos(&grid, &measures);
        let tones = (0..across * down)
            .map(|tile| if photo[tile] { Tone::Dither } else { ink(&grid, &measures, tile) })
            .collect();
        Self { across, tones }
    }

    /// For a dot of a picture.
    pub(super) fn tone(&self, x: usize, y: usize) -> Tone {
        let tile = y / TILE * self.across + x / TILE;
        self.tones.get(tile).copied().unwrap_or(Tone::Dither)
    }
}

struct Grid {
    across: usize,
    down: usize,
}

impl Grid {
    /// True for a tile at the edge of the page.
    const fn is_rim(&self, tile: usize) -> bool {
        let (x, y) = (tile % self.across, tile / self.across);
        x == 0 || y == 0 || x + 1 == self.across || y + 1 == self.down
    }

    /// The tile and the eight around it.
    fn around(&self, tile: usize) -> impl Iterator<Item = usize> + use<> {
        let (across, x, y) = (self.across, tile % self.across, tile / self.across);
        let (left, right) = (x.saturating_sub(1), (x + 1).min(self.across - 1));
        let (above, below) = (y.saturating_sub(1), (y + 1).min(self.down - 1));
        (above..=below).flat_map(move |y| (left..=right).map(move |x| y * across + x))
    }
}

/// Which dots are a picture's, in the rows of the tiles that stand beside each other and in the row below them.
struct Mask {
    width: usize,
    dots: Vec<bool>,
}

impl Mask {
    fn new(width: usize) -> Self {
        Self { width, dots: vec![false; width * (TILE + 1)] }
    }

    /// From row `y` on. Below the last row of the page is that row again.
    fn read(&mut self, scene: &Scene, y: usize) {
        for (below, row) in self.dots.chunks_exact_mut(self.width).enumerate() {
            for Run { from, to, id } in scene.runs((y + below).min(scene.rows() - 1)) {
                row[from..to].fill(id == PICTURE);
            }
        }
    }

    fn row(&self, y: usize) -> &[bool] {
        &self.dots[y % TILE * self.width..][..self.width]
    }

    fn row_below(&self, y: usize) -> &[bool] {
        &self.dots[(y % TILE + 1) * self.width..][..self.width]
    }
}

/// What is seen in one tile.
struct Measure {
    darkest: u8,
    lightest: u8,
    /// How many dots are smooth (see [`SMOOTH`]), by luma in 16 steps.
    smooth: [u16; 16],
    dots: u16,
    /// The two commonest colours, coarsely, with how many dots have them and their sums.
    common: [(u16, u16, [u32; 3]); 2],
}

fn measure(raster: &Raster<'_>, mask: &Mask, tile_x: usize, tile_y: usize) -> Option<Measure> {
    let (xs, ys) =
        (tile_x * TILE..((tile_x + 1) * TILE).min(raster.width), tile_y * TILE..((tile_y + 1) * TILE).min(raster.rows));
    if !ys.clone().any(|y| mask.row(y)[xs.clone()].contains(&true)) {
        return None;
    }
    let mut measure = Measure { darkest: 255, lightest: 0, smooth: [0; 16], dots: 0, common: Default::default() };
    let mut colours = Palette::default();
    for y in ys {
        let below = (y + 1).min(raster.rows - 1);
        let (row, row_below, own, own_below) = (raster.row(y), raster.row(below), mask.row(y), mask.row_below(y));
        for x in xs.clone().filter(|x| own[*x]) {
            let right = (x + 1).min(raster.width - 1);
            let colour = rgb(row[x]);
            let value = luma(colour);
            measure.darkest = measure.darkest.min(value);
            measure.lightest = measure.lightest.max(value);
            measure.dots += 1;
            // What is not of the picture is no neighbour.
            let smooth = |other, is_own: bool| !is_own || contrast(colour, rgb(other)) < SMOOTH;
            if smooth(row[right], own[right]) && smooth(row_below[x], own_below[x]) {
                measure.smooth[usize::from(value / 16)] += 1;
            }
            colours.count(colour);
        }
    }
    measure.common = colours.commonest();
    Some(measure)
}

/// How often each colour is there, in 8 steps a channel, in the order in which they are met.
#[derive(Default)]
struct Palette {
    colours: Vec<(u16, u16, [u32; 3])>,
    /// Where the colour of the last dot is: a dot has mostly that of its neighbour.
    last: usize,
}

impl Palette {
    fn count(&mut self, rgb: Rgb) {
        let [r, g, b] = rgb.map(|channel| u16::from(channel / 32));
        let key = r << 6 | g << 3 | b;
        if self.colours.get(self.last).is_none_or(|(known, ..)| *known != key) {
            self.last = self.colours.iter().position(|(known, ..)| *known == key).unwrap_or_else(|| {
                self.colours.push((key, 0, [0; 3]));
                self.colours.len() - 1
            });
        }
        let (_, count, sums) = &mut self.colours[self.last];
        *count += 1;
        for (sum, channel) in sums.iter_mut().zip(rgb) {
            *sum += u32::from(channel);
        }
    }

    /// The two that are met most often; of equals the one that was met first.
    fn commonest(mut self) -> [(u16, u16, [u32; 3]); 2] {
        self.colours.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let mut common = <[(u16, u16, [u32; 3]); 2]>::default();
        for (slot, colour) in common.iter_mut().zip(self.colours) {
            *slot = colour;
        }
        common
    }
}

fn rgb([r, g, b, _]: [u8; 4]) -> Rgb {
    [r, g, b]
}

/// Which tiles belong to a photograph.
fn photos(grid: &Grid, measures: &[Option<Measure>]) -> Vec<bool> {
    let toned: Vec<bool> = (0..measures.len()).map(|tile| is_toned(grid, measures, tile)).collect();
    let mut photo = vec![false; measures.len()];
    for region in regions(grid, &toned) {
        if region.len() >= SMALLEST_PHOTO {
            spread(grid, measures, region, &mut photo);
        }
    }
    fill(grid, measures, &mut photo);
    photo
}

/// The tiles of each part that hangs together.
fn regions(grid: &Grid, part: &[bool]) -> Vec<Vec<usize>> {
    let mut regions = Vec::new();
    let mut seen = vec![false; part.len()];
    for start in 0..part.len() {
        if !part[start] || seen[start] {
            continue;
        }
        let (mut region, mut next) = (Vec::new(), vec![start]);
        seen[start] = true;
        while let Some(tile) = next.pop() {
            region.push(tile);
            for neighbour in grid.around(tile) {
                if part[neighbour] && !seen[neighbour] {
                    seen[neighbour] = true;
                    next.push(neighbour);
                }
            }
        }
        regions.push(region);
    }
    regions
}

/// A photograph has no holes: what it encloses and is a good deal smaller than it is a part of it, as light or as dark as it may be there.
/// Black text on white stays what it is among dots too. What encloses most of a page is a frame.
fn fill(grid: &Grid, measures: &[Option<Measure>], photo: &mut [bool]) {
    let mut sizes = vec![0; photo.len()];
    for region in regions(grid, photo) {
        region.iter().for_each(|tile| sizes[*tile] = region.len());
    }
    let rest: Vec<bool> = photo.iter().map(|is_photo| !is_photo).collect();
    for hole in regions(grid, &rest) {
        let open = hole.iter().any(|tile| measures[*tile].is_none() || grid.is_rim(*tile));
        let around = hole.iter().flat_map(|tile| grid.around(*tile)).map(|tile| sizes[tile]).max();
        if !open && around.is_some_and(|around| hole.len() * LARGEST_HOLE <= around) {
            hole.into_iter().for_each(|tile| photo[tile] = true);
        }
    }
}

/// A photograph goes on over flat parts that are not as light as paper, and a tile further over whatever is there: its sky is
/// flat too.
fn spread(grid: &Grid, measures: &[Option<Measure>], mut region: Vec<usize>, photo: &mut [bool]) {
    for tile in &region {
        photo[*tile] = true;
    }
    while let Some(tile) = region.pop() {
        for neighbour in grid.around(tile) {
            let Some(measure) = &measures[neighbour] else { continue };
            if !photo[neighbour] && measure.lightest < PAPER_LUMA && measure.lightest - measure.darkest < FLAT {
                region.push(neighbour);
            }
            photo[neighbour] = true;
        }
    }
}

fn is_toned(grid: &Grid, measures: &[Option<Measure>], tile: usize) -> bool {
    let Some(own) = &measures[tile] else { return false };
    let around = || grid.around(tile).filter_map(|tile| measures[tile].as_ref());
    let darkest = around().map(|m| m.darkest).min().unwrap_or(0);
    let lightest = around().map(|m| m.lightest).max().unwrap_or(255);
    let range = lightest.saturating_sub(darkest);
    if range < FLAT {
        // A flat grey: part of a photograph if it is far from both ends.
        return darkest > 64 && lightest < PAPER_LUMA;
    }
    // Dots that are neither ink nor paper, and no edge between them.
    let (low, high) = (darkest.saturating_add(range / 5) / 16, lightest.saturating_sub(range / 5) / 16);
    let between: u32 = (low + 1..high).map(|step| u32::from(own.smooth[usize::from(step)])).sum();
    between * 4 > u32::from(own.dots)
}

/// The paper and the limit around a tile that is line art.
fn ink(grid: &Grid, measures: &[Option<Measure>], tile: usize) -> Tone {
    let around = || grid.around(tile).filter_map(|tile| measures[tile].as_ref());
    let mut colours: Vec<(u16, u16, [u32; 3])> = Vec::with_capacity(18);
    for (key, dots, sums) in around().flat_map(|measure| measure.common) {
        match colours.iter_mut().find(|(known, ..)| *known == key) {
            Some((_, count, sum)) => {
                *count += dots;
                sum.iter_mut().zip(sums).for_each(|(sum, more)| *sum += more);
            }
            None => colours.push((key, dots, sums)),
        }
    }
    let Some((_, dots, sums)) = colours.into_iter().max_by_key(|(_, dots, _)| *dots) else { return Tone::Dither };
    let mean = sums.map(|sum| u8::try_from(sum / u32::from(dots.max(1))).unwrap_or(255));
    let darkest = around().map(|m| m.darkest).min().unwrap_or(0);
    let lightest = around().map(|m| m.lightest).max().unwrap_or(255);
    let value = luma(mean);
    // Inside a dark bar, or a letter thicker than three tiles, all is dark.
    let dark = value < 96 && value.saturating_sub(darkest) < lightest.saturating_sub(value).max(FLAT);
    let reach = if dark { lightest.saturating_sub(value) } else { value.saturating_sub(darkest) };
    Tone::Ink { paper: mean, limit: (reach / 5 * 2).clamp(INK, 120), dark }
}

#[cfg(test)]
mod tests {
    use super::super::binarise::binarise;
    use super::*;
    use crate::page::Bitmap;

    /// A picture of 320 × 320 dots.
    fn made_of(dot: impl Fn(usize, usize) -> Rgb) -> Bitmap {
        let rgba: Vec<u8> = (0..320 * 320)
            .flat_map(|at| {
                let [r, g, b] = dot(at % 320, at / 320);
                [r, g, b, 255]
            })
            .collect();
        let mut scene = Scene::new(320, 320);
        (0..320).for_each(|y| scene.paint(y, 0, 320, PICTURE));
        binarise(&Raster { width: 320, rows: 320, rgba: &rgba }, &scene)
    }

    /// Letter-like strokes, 4 dots wide.
    fn is_stroke(x: usize, y: usize) -> bool {
        x % 12 < 4 && y % 40 < 24
    }

    #[test]
    fn scanned_text_stays_solid() {
        for (paper, ink) in [
            ([255, 255, 255], [0, 0, 0]),
            ([232, 228, 215], [70, 70, 80]),
            ([250, 250, 250], [200, 30, 30]),
            ([250, 250, 250], [250, 230, 20]),
            ([180, 180, 180], [90, 90, 90]),
        ] {
            let noise = |x: usize, y: usize| (x * 7 + y * 13) as u8 % 9;
            let bitmap =
                made_of(|x, y| (if is_stroke(x, y) { ink } else { paper }).map(|c: u8| c.saturating_sub(noise(x, y))));
            for (x, y) in (0..320usize * 320).map(|at| (at % 320, at / 320)) {
                assert_eq!(bitmap.is_black(x as u32, y as u32), is_stroke(x, y), "{ink:?} on {paper:?} at {x},{y}");
            }
        }
    }

    #[test]
    fn light_text_on_a_dark_scan_is_white() {
        let bitmap = made_of(|x, y| if is_stroke(x, y) { [250; 3] } else { [20, 30, 60] });
        assert!(!bitmap.is_black(13, 50) && bitmap.is_black(18, 50));
    }

    #[test]
    fn a_photograph_keeps_its_tones() {
        // A slope from 20 to 200.
        let bitmap = made_of(|x, _| [20 + (x * 180 / 320) as u8; 3]);
        for column in 0..10u32 {
            let black = (0..320)
                .map(|y| (column * 32..column * 32 + 32).filter(|x| bitmap.is_black(*x, y)).count())
                .sum::<usize>();
            let (share, wanted) =
                (black as f64 / (320.0 * 32.0), 1.0 - (20.0 + (f64::from(column) + 0.5) * 18.0) / 255.0);
            assert!((share - wanted).abs() < 0.03, "column {column}: {share} for {wanted}");
        }
    }

    /// A light place, as of skin under a lamp, lighter than paper may be.
    #[test]
    fn a_photograph_has_no_holes() {
        let tone = |x: usize, y: usize| {
            let away = (x.abs_diff(160).pow(2) + y.abs_diff(160).pow(2)) as f64;
            (120.0 + 95.0 * (-away / 5000.0).exp()) as u8
        };
        let bitmap = made_of(|x, y| [tone(x, y); 3]);
        let dots = || (144..176usize).flat_map(|y| (144..176usize).map(move |x| (x, y)));
        let black = dots().filter(|(x, y)| bitmap.is_black(*x as u32, *y as u32)).count() as f64;
        let wanted = dots().map(|(x, y)| 1.0 - f64::from(tone(x, y)) / 255.0).sum::<f64>();
        assert!((black - wanted).abs() < 0.03 * 1024.0, "{black} for {wanted}");
    }

    /// The shadow that a scanner leaves around a sheet makes no photograph of it.
    #[test]
    fn a_grey_frame_around_a_page_leaves_its_text_solid() {
        let framed = |x: usize, y: usize| !(32..288).contains(&x) || !(32..288).contains(&y);
        let ink = [120, 130, 200];
        let bitmap = made_of(|x, y| match (framed(x, y), is_stroke(x, y)) {
            (true, _) => [110 + (x % 40) as u8; 3],
            (_, true) => ink,
            _ => [245; 3],
        });
        for (x, y) in (64..256usize).flat_map(|y| (64..256usize).map(move |x| (x, y))) {
            assert_eq!(bitmap.is_black(x as u32, y as u32), is_stroke(x, y), "at {x},{y}");
        }
    }
}
