//! Tab stops: one flag per column that a screen may have. Like xterm's they do not depend on how
//! wide it is just now: where it becomes wider, stops are as they were set or cleared.

use abide_protocol::limits::MAX_SIDE;

pub(crate) struct Tabs {
    stops: Vec<bool>,
}

const DISTANCE: usize = 8;

impl Tabs {
    pub(crate) fn new() -> Self {
        let columns = 0..usize::from(MAX_SIDE);
        let default = |column| column != 0 && column % DISTANCE == 0;
        Self {
            stops: columns.map(default).collect(),
        }
    }

    /// The columns with a stop, from 0, ascending.
    pub(crate) fn save(&self) -> Vec<u16> {
        let columns = (0..).zip(&self.stops);
        columns.filter(|(_, on)| **on).map(|(at, _)| at).collect()
    }

    pub(crate) fn load(stops: &[u16]) -> Result<Self, String> {
        let mut tabs = Self::new();
        tabs.clear();
        for at in stops {
            let stop = tabs.stops.get_mut(usize::from(*at));
            *stop.ok_or("a tab stop outside every screen")? = true;
        }
        Ok(tabs)
    }

    pub(crate) fn set(&mut self, column: u16, on: bool) {
        if let Some(stop) = self.stops.get_mut(usize::from(column)) {
            *stop = on;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.stops.fill(false);
    }

    /// The next stop after `column`, at most `last`.
    pub(crate) fn next(&self, column: u16, last: u16) -> u16 {
        (column.saturating_add(1)..last)
            .find(|at| self.stops.get(usize::from(*at)) == Some(&true))
            .unwrap_or(last.max(column))
    }

    /// The last stop before `column`, at least `first`.
    pub(crate) fn previous(&self, column: u16, first: u16) -> u16 {
        (first..column)
            .rev()
            .find(|at| self.stops.get(usize::from(*at)) == Some(&true))
            .unwrap_or(first.min(column))
    }

    /// The stops of the first `cols` columns, counted from 1, for DECTABSR.
    pub(crate) fn columns(&self, cols: u16) -> impl Iterator<Item = usize> {
        let stops = self.stops.iter().take(usize::from(cols)).enumerate();
        stops.filter(|(_, on)| **on).map(|(column, _)| column + 1)
    }
}
