//! What stands where on a page, as far as the binariser must know it.
//!
//! Colour alone cannot tell a yellow letter from a yellow highlight, or grey text from a grey photograph. The document can: it
//! says "text", "line", "filled area", "picture". A [`Scene`] has a number for each dot, the number of the topmost object
//! there, kept as the runs of each row ([`Row`]), and the few objects behind the numbers: every area of one colour is one object, and so is every mark of one colour on
//! one ground. The map may be coarse (a letter is its box), since the binariser looks at the painted dot as well.

use std::collections::HashMap;
use std::ops::Range;

use super::runs::{Row, Run};

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
    rows: Vec<Row>,
    /// No dot beyond it is a picture's.
    pictures: Extent,
    objects: Vec<Object>,
    ids: HashMap<Object, Id>,
    /// Dots that may still be painted, each run that is in the way counted too. A page that draws everything a thousand times loses its classes, not our time.
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
        self.width = width;
        self.rows.resize_with(rows, Row::default);
        self.rows.iter_mut().for_each(|row| row.clear(width));
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
        self.rows.len()
    }

    pub(super) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The number of a dot; what is outside is paper.
    pub(super) fn at(&self, x: usize, y: usize) -> Id {
        self.rows.get(y).map_or(PAPER, |row| row.at(x))
    }

    /// True if row `y` has the numbers of the row before it, as most have.
    pub(super) fn is_as_above(&self, y: usize) -> bool {
        y > 0 && self.rows[y] == self.rows[y - 1]
    }

    /// The runs of one number in row `y`, from the left.
    pub(super) fn runs(&self, y: usize) -> impl Iterator<Item = Run> + '_ {
        self.rows[y].runs()
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
        let mut ground = self.at(x.min(self.width - 1), y);
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
        let to = to.min(self.width);
        let Some(row) = self.rows.get_mut(y) else { return };
        let cost = to.saturating_sub(from) + row.len();
        if from >= to || self.budget < cost {
            return;
        }
        self.budget -= cost;
        if id == PICTURE {
            self.pictures.reach(y, from, to);
        }
        row.paint(from, to, id);
    }

    /// Paints an area's dots `from..to` of row `y`, but not over hairlines at its rim: the whole row, or its ends.
    pub(super) fn paint_area(&mut self, y: usize, from: usize, to: usize, id: Id, rim: bool) {
        let to = to.min(self.width);
        if y >= self.rows.len() || from >= to {
            return;
        }
        let inside = if rim { to..to } else { from + 1..(to - 1).max(from + 1) };
        let is_free =
            |run: &Run| !matches!(self.objects[usize::from(run.id)], Object::Mark { kind: MarkKind::Hairline, .. });
        let row = &self.rows[y];
        let ends = row.within(from, inside.start.min(to)).chain(row.within(inside.end, to));
        let free: Vec<Run> = ends.filter(is_free).collect();
        free.into_iter().for_each(|run| self.paint(y, run.from, run.to, id));
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
        let Some(row) = self.rows.get(y) else { return };
        let runs: Vec<Run> = row.within(from, to.min(self.width)).collect();
        for Run { from, to, id } in runs {
            let new = self.tinted(id, known, tint);
            self.paint(y, from, to, new);
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
