//! What stands where on a page, as far as the binariser must know it.
//!
//! Colour alone cannot tell a yellow letter from a yellow highlight, or grey text from a grey photograph. The document can: it
//! says "text", "line", "filled area", "picture". A [`Scene`] is a map with one number a dot, the number of the topmost object
//! there, and the few objects behind the numbers: every area of one colour is one object, and so is every mark of one colour on
//! one ground. The map may be coarse (a letter is its box), since the binariser looks at the painted dot as well.

use std::collections::HashMap;
use std::ops::Range;

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];
/// The number of an object.
pub(super) type Id = u16;

/// White paper.
pub(super) const PAPER: Id = 0;
/// Anything that is neither a flat colour nor a mark: photographs, scans, gradients, patterns.
pub(super) const PICTURE: Id = 1;

/// Text is there if its colour differs from its ground by at least this (of 255, in the channel where they differ most). White
/// on white is not; the palest grey that a person can read on a screen is.
pub(super) const FAINT_TEXT: u8 = 16;
/// Lines fainter than this are tints and grids: solid, they would crowd the text.
pub(super) const FAINT_LINE: u8 = 40;

/// A thing on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Object {
    /// One colour, wide enough to be a ground for text. The paper is one.
    Area(Rgb),
    /// See [`PICTURE`].
    Picture,
    /// Text or a line, which must stay solid.
    Mark {
        /// Its colour.
        colour: Rgb,
        /// What it stands on.
        ground: Id,
        /// What kind of mark.
        kind: MarkKind,
    },
}

/// How a mark is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum MarkKind {
    /// A letter or line: the map says about where, the painted colour says exactly where.
    Drawn,
    /// A small filled shape, which can be the ground of a further mark (a tick in a box).
    Spot,
    /// A line so thin that its painted colour is nearly gone: the map says exactly where.
    Hairline,
}

/// Dots of one number beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: usize,
    /// Not part of it.
    pub(super) to: usize,
    pub(super) id: Id,
}

/// Where something is: its dots, and its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) columns: Range<usize>,
    pub(super) rows: Range<usize>,
}

impl Extent {
    /// It reaches to these dots of this row too.
    fn reach(&mut self, y: usize, from: usize, to: usize) {
        let more = |known: &Range<usize>, from: usize, to: usize| {
            if known.is_empty() { from..to } else { known.start.min(from)..known.end.max(to) }
        };
        (self.columns, self.rows) = (more(&self.columns, from, to), more(&self.rows, y, y + 1));
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Scene {
    width: usize,
    rows: usize,
    map: Vec<Id>,
    /// No dot beyond it is a picture's.
    pictures: Extent,
    objects: Vec<Object>,
    ids: HashMap<Object, Id>,
    /// Dots that may still be painted. A page that draws everything a thousand times loses its classes, not our time.
    budget: usize,
}

/// Enough to paint a page of usual size 60 times over.
const BUDGET: usize = 60 * 1728 * 2200;

impl Scene {
    /// White paper.
    pub(super) fn new(width: usize, rows: usize) -> Self {
        let mut scene = Self::default();
        scene.clear(width, rows);
        scene
    }

    /// White paper of this size, on which nothing is known any more. Its memory is kept: to get it anew for each page costs more than what is
    /// done with it.
    pub(super) fn clear(&mut self, width: usize, rows: usize) {
        (self.width, self.rows) = (width, rows);
        if self.map.len() == width * rows {
            self.map.fill(PAPER);
        } else {
            self.map = vec![PAPER; width * rows];
        }
        self.pictures = Extent::default();
        self.objects.clear();
        self.objects.extend([Object::Area([255; 3]), Object::Picture]);
        self.ids.clear();
        self.ids.extend(self.objects.iter().copied().zip([PAPER, PICTURE]));
        self.budget = BUDGET;
    }

    /// Where pictures are, if anywhere: no dot beyond it is [`PICTURE`].
    pub(super) const fn pictures(&self) -> &Extent {
        &self.pictures
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The numbers of row `y`.
    pub(super) fn row(&self, y: usize) -> &[Id] {
        &self.map[y * self.width..(y + 1) * self.width]
    }

    /// True if row `y` has the numbers of the row before it, as most have. That is seen faster than where its runs end.
    pub(super) fn is_as_above(&self, y: usize) -> bool {
        y > 0 && self.row(y) == self.row(y - 1)
    }

    /// The runs of one number in row `y`, from the left. They are long, so they are looked for in blocks, which the machine compares at once.
    pub(super) fn runs(&self, y: usize, runs: &mut Vec<Run>) {
        const BLOCK: usize = 32;
        let row = self.row(y);
        runs.clear();
        let mut from = 0;
        while let Some(&id) = row.get(from) {
            let rest = &row[from..];
            let (blocks, _) = rest.as_chunks::<BLOCK>();
            let same = |block: &&[Id; BLOCK]| block.iter().fold(0, |differs, other| differs | (id ^ other)) == 0;
            let whole = blocks.iter().take_while(same).count() * BLOCK;
            let length = whole + rest[whole..].iter().take_while(|other| **other == id).count();
            runs.push(Run { from, to: from + length, id });
            from += length;
        }
    }

    /// The number of `object`. When there are too many (a gradient made of ten thousand areas), it is a picture.
    pub(super) fn id(&mut self, object: Object) -> Id {
        if let Some(id) = self.ids.get(&object) {
            return *id;
        }
        let Ok(id) = Id::try_from(self.objects.len()) else { return PICTURE };
        self.objects.push(object);
        self.ids.insert(object, id);
        id
    }

    /// The number of a mark of `colour` that is drawn where `(x, y)` is; `None` if it differs by less than `faint` from what is
    /// there.
    pub(super) fn mark(&mut self, colour: Rgb, kind: MarkKind, faint: u8, x: usize, y: usize) -> Option<Id> {
        let mut ground = self.map.get(y * self.width + x.min(self.width - 1)).copied().unwrap_or(PAPER);
        // The box of a neighbouring letter is no ground; what that letter stands on is.
        while let Object::Mark { ground: below, kind: MarkKind::Drawn | MarkKind::Hairline, .. } =
            self.objects[usize::from(ground)]
        {
            ground = below;
        }
        if self.colour(ground).is_some_and(|below| contrast(colour, below) < faint) {
            return None;
        }
        Some(self.id(Object::Mark { colour, ground, kind }))
    }

    /// The colour of an object, unless it is a picture.
    pub(super) fn colour(&self, id: Id) -> Option<Rgb> {
        match self.objects[usize::from(id)] {
            Object::Area(colour) | Object::Mark { colour, .. } => Some(colour),
            Object::Picture => None,
        }
    }

    /// Paints the dots `from..to` of row `y`.
    pub(super) fn paint(&mut self, y: usize, from: usize, to: usize, id: Id) {
        self.note(y, from, to, id);
        if let Some(span) = self.span(y, from, to) {
            span.fill(id);
        }
    }

    /// Paints an area's dots `from..to` of row `y`, but not over hairlines at its rim.
    pub(super) fn paint_area(&mut self, y: usize, from: usize, to: usize, id: Id, rim: bool) {
        let inside = if rim { to } else { (from + 1).min(to) }..if rim { to } else { to.saturating_sub(1).max(from) };
        for x in (from..inside.start).chain(inside.end.max(inside.start)..to) {
            let below = self.map.get(y * self.width + x).copied().unwrap_or(PAPER);
            if !matches!(self.objects[usize::from(below)], Object::Mark { kind: MarkKind::Hairline, .. }) {
                self.paint(y, x, x + 1, id);
            }
        }
        self.paint(y, inside.start, inside.end, id);
    }

    /// Changes the colour of everything in the dots `from..to` of row `y`: a translucent area lies over it. `known` remembers
    /// what became of which number, for one such area.
    pub(super) fn tint(
        &mut self,
        y: usize,
        from: usize,
        to: usize,
        known: &mut HashMap<Id, Id>,
        tint: &dyn Fn(Rgb) -> Rgb,
    ) {
        let mut at = from;
        while at < to {
            let Some(span) = self.span(y, at, to) else { return };
            let old = span[0];
            let run = span.iter().take_while(|id| **id == old).count();
            let new = self.tinted(old, known, tint);
            self.note(y, at, at + run, new);
            let start = y * self.width + at;
            self.map[start..start + run].fill(new);
            at += run;
        }
    }

    fn tinted(&mut self, id: Id, known: &mut HashMap<Id, Id>, tint: &dyn Fn(Rgb) -> Rgb) -> Id {
        if let Some(new) = known.get(&id) {
            return *new;
        }
        let new = match self.objects[usize::from(id)] {
            Object::Picture => Object::Picture,
            Object::Area(colour) => Object::Area(tint(colour)),
            Object::Mark { colour, ground, kind } => {
                Object::Mark { colour: tint(colour), ground: self.tinted(ground, known, tint), kind }
            }
        };
        let new = self.id(new);
        known.insert(id, new);
        new
    }

    fn note(&mut self, y: usize, from: usize, to: usize, id: Id) {
        if id == PICTURE && from < to {
            self.pictures.reach(y, from, to);
        }
    }

    fn span(&mut self, y: usize, from: usize, to: usize) -> Option<&mut [Id]> {
        let to = to.min(self.width);
        if y >= self.rows || from >= to || self.budget < to - from {
            return None;
        }
        self.budget -= to - from;
        self.map.get_mut(y * self.width + from..y * self.width + to)
    }
}

/// How far two colours are apart in the channel where they differ most: yellow and white are 255 apart.
pub(super) fn contrast(a: Rgb, b: Rgb) -> u8 {
    a.iter().zip(&b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// How bright the eye sees a colour (ITU-R BT.601).
pub(super) fn luma(colour: Rgb) -> u8 {
    let [r, g, b] = colour.map(u32::from);
    u8::try_from((299 * r + 587 * g + 114 * b + 500) / 1000).unwrap_or(255)
}
