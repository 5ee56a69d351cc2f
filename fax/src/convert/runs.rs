//! A row of a [`Scene`](super::scene::Scene): which numbers stand beside each other. Most rows have few runs, and what is painted last lies over
//! the rest, so a row is kept as its runs and not as its dots: a page of them is thousands of numbers, not millions.

use super::scene::{Id, PAPER};

/// Dots of one number beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: usize,
    /// Not part of it.
    pub(super) to: usize,
    pub(super) id: Id,
}

/// Where a run ends. It begins where the one before it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    to: u16,
    id: Id,
}

/// See the module. Its runs go from the first dot to the last one, none is empty, and none has the number of its neighbour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    ends: Vec<End>,
}

impl Row {
    /// White paper, so wide.
    pub(super) fn clear(&mut self, width: usize) {
        self.ends.clear();
        self.ends.push(End { to: dots(width), id: PAPER });
    }

    /// How many runs there are.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// The number of a dot.
    pub(super) fn at(&self, x: usize) -> Id {
        self.ends.get(self.run_at(dots(x))).map_or(PAPER, |end| end.id)
    }

    /// The runs, from the left.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.ends.iter().scan(0, |from, end| {
            let run = Run { from: *from, to: usize::from(end.to), id: end.id };
            *from = run.to;
            Some(run)
        })
    }

    /// What of the runs lies in `from..to`.
    pub(super) fn within(&self, from: usize, to: usize) -> impl Iterator<Item = Run> + '_ {
        let first = self.run_at(dots(from));
        let start = first.checked_sub(1).map_or(0, |before| usize::from(self.ends[before].to));
        let cut = move |run: Run| Run { from: run.from.max(from), to: run.to.min(to), ..run };
        let rest = self.ends[first..].iter().scan(start, |from, end| {
            let run = Run { from: *from, to: usize::from(end.to), id: end.id };
            *from = run.to;
            Some(run)
        });
        rest.take_while(move |run| run.from < to).map(cut)
    }

    /// Gives the dots `from..to` the number `id`. There must be one at least, and all of them in the row.
    pub(super) fn paint(&mut self, from: usize, to: usize, id: Id) {
        let (from, to) = (dots(from), dots(to));
        let first = self.run_at(from);
        let Some(beyond) = self.ends[first..].iter().position(|end| end.to >= to) else { return };
        let last = first + beyond;
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before].to);
        // What stays of the run in which it begins; a neighbour of its own number becomes part of it.
        let left = (start < from && self.ends[first].id != id).then(|| End { to: from, id: self.ends[first].id });
        let joins = start == from && first > 0 && self.ends[first - 1].id == id;
        let begin = if joins { first - 1 } else { first };
        let (end, to) = match (self.ends[last], self.ends.get(last + 1)) {
            (there, _) if there.to > to && there.id == id => (last + 1, there.to),
            (there, _) if there.to > to => (last, to),
            (_, Some(next)) if next.id == id => (last + 2, next.to),
            _ => (last + 1, to),
        };
        let new = End { to, id };
        // Text is painted from the left, each letter over the rim of the one before it: its run becomes longer, and that is all.
        match (left, end - begin) {
            (None, 1) => self.ends[begin] = new,
            (Some(left), 2) => self.ends[begin..end].copy_from_slice(&[left, new]),
            _ => {
                self.ends.splice(begin..end, left.into_iter().chain([new]));
            }
        }
    }

    /// Which run a dot is of.
    fn run_at(&self, x: u16) -> usize {
        self.ends.partition_point(|end| end.to <= x)
    }
}

/// Sides of a fax page are far below 65,536.
fn dots(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is what a row of dots is.
        #[test]
        fn runs_are_dots(strokes in prop::collection::vec((0usize..40, 1usize..40, 0u16..4), 0..30)) {
            let (mut row, mut dots) = (Row::default(), vec![PAPER; 40]);
            row.clear(40);
            for (from, length, id) in strokes {
                let to = (from + length).min(40);
                row.paint(from, to, id);
                dots[from..to].fill(id);
                prop_assert!((0..40).all(|x| row.at(x) == dots[x]), "{row:?} is not {dots:?}");
                let runs: Vec<Run> = row.runs().collect();
                prop_assert!(runs.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].id != pair[1].id));
                prop_assert!(runs.iter().all(|run| run.from < run.to), "{runs:?}");
                let part: Vec<Id> = row.within(from, to).flat_map(|run| (run.from..run.to).map(move |_| run.id)).collect();
                prop_assert_eq!(&part[..], &dots[from..to]);
            }
        }
    }
}
