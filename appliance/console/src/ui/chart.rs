//! A picture of two counts side by side in time: what went well at the foot, the rest on top of it. Each has its table, which says the same.

/// Units of the picture: a bar and the gap behind it, and its height.
const BAR: usize = 16;
const GAP: usize = 4;
const HEIGHT: usize = 48;

/// What the macro `chart` draws.
pub(crate) struct Chart {
    pub(crate) width: usize,
    pub(crate) bars: Vec<Bar>,
    pub(crate) first: String,
    pub(crate) sum: String,
    pub(crate) last: String,
    pub(crate) table: Vec<Counts>,
}

/// A rectangle of the picture.
pub(crate) struct Bar {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) height: usize,
    pub(crate) class: &'static str,
}

/// One row of the table: when, what went well, and the rest.
pub(crate) struct Counts {
    pub(crate) when: String,
    pub(crate) good: u64,
    pub(crate) bad: u64,
}

impl Chart {
    /// Of these, in their order; none if there are none. `sum` says what all of them come to.
    pub(crate) fn new(table: Vec<Counts>, sum: impl FnOnce(u64, u64) -> String) -> Option<Self> {
        let most = table.iter().map(|row| row.good + row.bad).max()?.max(1);
        let scaled = |count: u64| usize::try_from(count * HEIGHT as u64 / most).unwrap_or(HEIGHT);
        let bars = table.iter().enumerate().flat_map(|(i, row)| {
            let (good, bad) = (scaled(row.good), scaled(row.bad));
            let bar = |y, height, class| Bar { x: i * (BAR + GAP), y, height, class };
            // An empty one keeps a thin foot, so that the row can be read.
            [bar(HEIGHT - good.max(1), good.max(1), "now"), bar(HEIGHT - good - bad, bad, "missed")]
        });
        let bars = bars.filter(|bar| bar.height > 0).collect();
        let of = |count: fn(&Counts) -> u64| table.iter().map(count).sum::<u64>();
        Some(Self {
            width: table.len() * (BAR + GAP) - GAP,
            bars,
            first: table.first()?.when.clone(),
            sum: sum(of(|row| row.good), of(|row| row.bad)),
            last: table.last()?.when.clone(),
            table,
        })
    }
}
