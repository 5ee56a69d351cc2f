//! From colours to black and white.
//!
//! The promise: text and thin lines stay solid, whatever their colour and whatever they stand on; only pictures, and coloured
//! areas that carry no text, become dots. How: where the [`Scene`] knows a mark and its ground, a dot belongs to the mark if its
//! painted colour is nearer to the mark's than to the ground's, and the mark gets the opposite of its ground. Where the scene
//! says "picture" (a scan is one), [`tiles`](super::tiles) decides from the dots alone.

use std::ops::Range;

use super::runs::Run;
use super::scene::{Id, MarkKind, Object, Rgb, Scene, contrast, luma};
use super::tiles::{Tiles, Tone};
use crate::page::Bitmap;

/// A dot is part of a mark if it is covered by more than this share (of 256). A little less than half, since a fax machine
/// prints a thin line thinner than a screen shows it.
const COVERED: i32 = 100;
/// A dot of an area that differs from the area's colour by more than this is something that the scene does not know. A smoothed
/// rim differs by half of 255 at most.
const STRANGE: i32 = 140;
/// Text over a picture: a dot belongs to it if no channel differs from the text's colour by more.
const NEAR: u8 = 72;
/// An area without text on it is dithered if it is neither nearly black nor nearly white.
const MID_TONES: std::ops::RangeInclusive<u8> = 64..=200;

/// A painted page: red, green, blue and a full byte of alpha for each dot.
pub(super) struct Raster<'a> {
    pub(super) width: usize,
    pub(super) rows: usize,
    pub(super) rgba: &'a [u8],
}

impl Raster<'_> {
    pub(super) fn row(&self, y: usize) -> &[[u8; 4]] {
        let (dots, _) = self.rgba.as_chunks::<4>();
        &dots[y * self.width..(y + 1) * self.width]
    }
}

/// What an object's dots become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// One colour becomes one tone.
    Flat { colour: Rgb, black: bool },
    /// A mark on a flat ground: the direction from the ground's colour to the mark's, and from where on along it (times its length, and
    /// counted from black) a dot is the mark's.
    Mark { way: [i32; 3], bound: i32, black: bool },
    /// A mark on a picture.
    Near { colour: Rgb, black: bool },
    /// All black or all white.
    Solid { black: bool },
    /// Dots.
    Dither,
    /// By the tiles.
    Tile,
}

/// Makes the page black and white. `scene` and `raster` have the same size.
pub(super) fn binarise(raster: &Raster<'_>, scene: &Scene) -> Bitmap {
    let rules = rules(scene);
    let tiles = Tiles::new(raster, scene);
    let mut bitmap = Bitmap::new(dots(raster.width), dots(raster.rows));
    let mut diffusion = Diffusion::new(raster.width);
    let (mut runs, mut toned) = (Vec::new(), Vec::new());
    for y in 0..raster.rows {
        if !scene.is_as_above(y) {
            runs.clear();
            runs.extend(scene.runs(y));
            toned.clear();
            toned.extend(runs.iter().copied().filter(|run| rules[usize::from(run.id)].is_toned()));
        }
        let pixels = raster.row(y);
        plain_runs(y, pixels, &runs, &rules, &mut bitmap);
        toned_runs(y, pixels, &toned, &rules, &tiles, &mut diffusion, bitmap.row_mut(dots(y)));
    }
    bitmap
}

/// The part of a row in which every dot stands for itself.
fn plain_runs(y: usize, pixels: &[[u8; 4]], runs: &[Run], rules: &[Rule], bitmap: &mut Bitmap) {
    for &Run { from, to, id } in runs {
        let rule = rules[usize::from(id)];
        match rule.whole(&pixels[from..to]) {
            Some(true) => bitmap.fill_run(dots(y), dots(from), dots(to)),
            Some(false) => {}
            None => match rule {
                rule if rule.is_toned() => {}
                // Most dots that are looked at singly are in the boxes of letters: one decision for all of a box is out of the loop.
                Rule::Mark { way, bound, black } => {
                    paint(pixels, from..to, bitmap.row_mut(dots(y)), |dot| is_mark(dot, way, bound) == black);
                }
                rule => paint(pixels, from..to, bitmap.row_mut(dots(y)), |dot| rule.is_black(dot)),
            },
        }
    }
}

/// Eight dots at once where they make a byte of the row: without a branch for each of them the machine decides about many at once.
#[inline]
fn paint(pixels: &[[u8; 4]], dots: Range<usize>, row: &mut [u8], is_black: impl Fn(Rgb) -> bool) {
    let bits =
        |dots: &[[u8; 4]]| dots.iter().fold(0, |bits, [r, g, b, _]| bits << 1 | u8::from(is_black([*r, *g, *b])));
    let aligned = dots.start.next_multiple_of(8).min(dots.end);
    if dots.start < aligned {
        row[dots.start / 8] |= bits(&pixels[dots.start..aligned]) << (dots.start.next_multiple_of(8) - aligned);
    }
    let (bytes, rest) = pixels[aligned..dots.end].as_chunks::<8>();
    for (to, eight) in row[aligned / 8..].iter_mut().zip(bytes) {
        *to |= bits(eight);
    }
    if !rest.is_empty() {
        row[(dots.end - 1) / 8] |= bits(rest) << (8 - rest.len());
    }
}

/// True if a dot is covered by a mark more than [`COVERED`] says: it lies further along `way` than `bound`.
#[inline]
fn is_mark(colour: Rgb, way: [i32; 3], bound: i32) -> bool {
    (0..3).map(|i| i32::from(colour[i]) * way[i]).sum::<i32>() > bound
}

/// The part of a row whose dots are diffused, or decided by the tiles.
fn toned_runs(
    y: usize,
    pixels: &[[u8; 4]],
    runs: &[Run],
    rules: &[Rule],
    tiles: &Tiles,
    diffusion: &mut Diffusion,
    row: &mut [u8],
) {
    diffusion.row(y, runs, |x, id, error| {
        let [r, g, b, _] = pixels[x];
        let colour = [r, g, b];
        let (black, left) = match rules[usize::from(id)] {
            Rule::Tile => match tiles.tone(x, y) {
                Tone::Dither => dither(colour, error),
                Tone::Ink { paper, limit, dark } => (ink_in_scan(colour, paper, limit, dark), 0),
            },
            Rule::Near { colour: mark, black } if contrast(colour, mark) <= NEAR => (black, 0),
            _ => dither(colour, error),
        };
        if black {
            row[x / 8] |= 0x80 >> (x % 8);
        }
        left
    });
}

/// All are the same if each is as the next one: so they are compared with themselves, a dot further, by what compares memory fastest.
fn are_all(pixels: &[[u8; 4]], own: [u8; 4]) -> bool {
    let Some((first, rest)) = pixels.split_first() else { return true };
    *first == own && rest.as_flattened() == pixels[..rest.len()].as_flattened()
}

fn dots(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Rule {
    /// True if a dot's neighbours matter.
    const fn is_toned(self) -> bool {
        matches!(self, Self::Near { .. } | Self::Dither | Self::Tile)
    }

    /// The tone of all these dots, if that can be told at a glance.
    fn whole(self, pixels: &[[u8; 4]]) -> Option<bool> {
        match self {
            Self::Solid { black } => Some(black),
            Self::Flat { colour: [r, g, b], black } => are_all(pixels, [r, g, b, 255]).then_some(black),
            _ => None,
        }
    }

    fn is_black(self, colour: Rgb) -> bool {
        match self {
            Self::Solid { black } => black,
            Self::Flat { colour: own, black } => {
                let way: [i32; 3] = std::array::from_fn(|i| i32::from(colour[i]) - i32::from(own[i]));
                if way.iter().all(|d| d.abs() <= STRANGE) { black } else { way.iter().sum::<i32>() < 0 }
            }
            Self::Mark { way, bound, black } => is_mark(colour, way, bound) == black,
            Self::Near { .. } | Self::Dither | Self::Tile => false,
        }
    }

    /// The tone of the object as the ground of a mark; `None` for what is no flat ground.
    const fn black(self) -> Option<bool> {
        match self {
            Self::Flat { black, .. } | Self::Mark { black, .. } | Self::Solid { black } | Self::Near { black, .. } => {
                Some(black)
            }
            Self::Dither | Self::Tile => None,
        }
    }
}

/// One rule an object. Grounds first: a mark needs to know what its ground became.
fn rules(scene: &Scene) -> Vec<Rule> {
    let objects = scene.objects();
    let votes = votes(scene);
    let mut rules: Vec<Rule> = objects
        .iter()
        .zip(&votes)
        .map(|(object, votes)| match object {
            Object::Area(colour) => area_rule(*colour, *votes),
            Object::Picture | Object::Mark { .. } => Rule::Tile,
        })
        .collect();
    // A ground has a smaller number than what stands on it.
    for (id, object) in objects.iter().enumerate() {
        if let Object::Mark { colour, ground, kind } = object {
            rules[id] = mark_rule(*colour, *kind, scene.colour(*ground), rules[usize::from(*ground)]);
        }
    }
    rules
}

fn mark_rule(colour: Rgb, kind: MarkKind, ground: Option<Rgb>, below: Rule) -> Rule {
    let (Some(ground), Some(ground_is_black)) = (ground, below.black()) else {
        return Rule::Near { colour, black: luma(colour) < 128 };
    };
    let black = !ground_is_black;
    if kind == MarkKind::Hairline {
        return Rule::Solid { black };
    }
    let way: [i32; 3] = std::array::from_fn(|i| i32::from(colour[i]) - i32::from(ground[i]));
    // At most 195,075 × 100.
    let length: i32 = way.iter().map(|d| d * d).sum();
    let start: i32 = (0..3).map(|i| i32::from(ground[i]) * way[i]).sum();
    Rule::Mark { way, bound: start + length * COVERED / 256, black }
}

/// How much of the marks on an area is darker than it, and how much is lighter, in dots.
type Votes = (usize, usize);

fn votes(scene: &Scene) -> Vec<Votes> {
    let objects = scene.objects();
    let mut sizes = vec![0usize; objects.len()];
    for run in (0..scene.rows()).flat_map(|y| scene.runs(y)) {
        sizes[usize::from(run.id)] += run.to - run.from;
    }
    let mut votes = vec![(0, 0); objects.len()];
    for (object, size) in objects.iter().zip(sizes) {
        if let Object::Mark { colour, ground, .. } = object
            && let Some(below) = scene.colour(*ground)
        {
            let votes = &mut votes[usize::from(*ground)];
            let side = if luma(*colour) < luma(below) { &mut votes.0 } else { &mut votes.1 };
            *side += size;
        }
    }
    votes
}

/// An area becomes the tone that its text can be read on. All areas of one colour become the same, so that the rows of a table
/// do. Without text it keeps its look as dots, unless it is nearly black or white.
fn area_rule(colour: Rgb, (darker, lighter): Votes) -> Rule {
    let luma = luma(colour);
    if darker + lighter > 0 {
        return Rule::Flat { colour, black: lighter > darker && colour != [255; 3] };
    }
    if MID_TONES.contains(&luma) { Rule::Dither } else { Rule::Flat { colour, black: luma < 128 } }
}

/// A dot of a scan is ink if it differs enough from the paper around it; on dark ground ink is what is not white.
fn ink_in_scan(colour: Rgb, paper: Rgb, limit: u8, dark: bool) -> bool {
    let differs = contrast(colour, paper) > limit;
    if dark { !(differs && luma(colour) > luma(paper)) } else { differs && luma(colour) <= luma(paper) }
}

/// Black or white, and the error that is left for the neighbours.
fn dither(colour: Rgb, error: i32) -> (bool, i32) {
    let wanted = i32::from(luma(colour)) + error;
    if wanted < 128 { (true, wanted) } else { (false, wanted - 255) }
}

/// Error diffusion after Floyd and Steinberg, every second row from right to left so that no worms appear. Dots that are not
/// dithered take no error and leave none.
struct Diffusion {
    /// Errors in sixteenths, one dot wider at both ends.
    this: Vec<i32>,
    next: Vec<i32>,
    /// Nothing is left of the row before.
    clean: bool,
}

impl Diffusion {
    fn new(width: usize) -> Self {
        Self { this: vec![0; width + 2], next: vec![0; width + 2], clean: true }
    }

    /// The dots of `runs`, which stand in a row from the left: `dot` is told each one's place, number and error, and says what it leaves.
    fn row(&mut self, y: usize, runs: &[Run], mut dot: impl FnMut(usize, Id, i32) -> i32) {
        if runs.is_empty() {
            // Few rows of few pages have dots to diffuse.
            if !self.clean {
                self.this.fill(0);
                self.clean = true;
            }
            return;
        }
        if y.is_multiple_of(2) {
            for &Run { from, to, id } in runs {
                (from..to).for_each(|x| self.dot(x, false, |error| dot(x, id, error)));
            }
        } else {
            for &Run { from, to, id } in runs.iter().rev() {
                (from..to).rev().for_each(|x| self.dot(x, true, |error| dot(x, id, error)));
            }
        }
        std::mem::swap(&mut self.this, &mut self.next);
        self.next.fill(0);
        self.clean = false;
    }

    #[inline]
    fn dot(&mut self, x: usize, back: bool, dot: impl FnOnce(i32) -> i32) {
        let left = dot(self.this[x + 1] / 16);
        if left != 0 {
            // Slots are shifted by one: x + 1 is this dot.
            let (ahead, behind) = if back { (x, x + 2) } else { (x + 2, x) };
            self.this[ahead] += left * 7;
            self.next[behind] += left * 3;
            self.next[x + 1] += left * 5;
            self.next[ahead] += left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::scene::{FAINT_TEXT, MarkKind};

    /// A page of one row: a ground, and one mark of five dots with a half-covered dot at each side.
    fn row(ground: Rgb, mark: Rgb) -> String {
        let mut scene = Scene::new(40, 1);
        let area = scene.id(Object::Area(ground));
        scene.paint(0, 0, 40, area);
        if let Some(id) = scene.mark(mark, MarkKind::Drawn, FAINT_TEXT, 20, 0) {
            scene.paint(0, 16, 25, id);
        }
        let half: Rgb = std::array::from_fn(|i| ground[i].midpoint(mark[i]));
        let mut rgba = Vec::new();
        for x in 0..40 {
            let [r, g, b] = match x {
                18..23 => mark,
                17 | 23 => half,
                _ => ground,
            };
            rgba.extend([r, g, b, 255]);
        }
        let bitmap = binarise(&Raster { width: 40, rows: 1, rgba: &rgba }, &scene);
        (10..30).map(|x| if bitmap.is_black(x, 0) { '#' } else { '.' }).collect()
    }

    #[test]
    fn a_mark_is_solid_on_every_ground() {
        const DARK_ON_LIGHT: &str = ".......#######......";
        const LIGHT_ON_DARK: &str = "#######.......######";
        for (ground, mark, expected) in [
            ([255, 255, 255], [0, 0, 0], DARK_ON_LIGHT),
            ([255, 255, 255], [255, 0, 0], DARK_ON_LIGHT),
            ([255, 255, 255], [255, 255, 0], DARK_ON_LIGHT),
            ([255, 255, 255], [170, 170, 170], DARK_ON_LIGHT),
            ([255, 255, 255], [221, 221, 221], DARK_ON_LIGHT),
            ([255, 255, 0], [0, 0, 0], DARK_ON_LIGHT),
            ([128, 128, 128], [0, 0, 0], DARK_ON_LIGHT),
            ([128, 128, 128], [255, 255, 255], LIGHT_ON_DARK),
            ([0, 60, 120], [255, 255, 0], LIGHT_ON_DARK),
            ([180, 210, 255], [255, 255, 255], LIGHT_ON_DARK),
            // White on white is not there.
            ([255, 255, 255], [255, 255, 255], "...................."),
            ([255, 255, 255], [245, 245, 245], "...................."),
        ] {
            assert_eq!(row(ground, mark), expected, "{mark:?} on {ground:?}");
        }
    }

    #[test]
    fn an_area_without_text_keeps_its_tone() {
        let mut scene = Scene::new(64, 64);
        let area = scene.id(Object::Area([120, 120, 120]));
        (0..64).for_each(|y| scene.paint(y, 0, 64, area));
        let rgba = [120, 120, 120, 255].repeat(64 * 64);
        let bitmap = binarise(&Raster { width: 64, rows: 64, rgba: &rgba }, &scene);
        let black: u32 = bitmap.bytes().iter().map(|byte| byte.count_ones()).sum();
        let share = f64::from(black) / 4096.0;
        assert!((share - (1.0 - 120.0 / 255.0)).abs() < 0.02, "{share}");
    }
}
