//! Tab stops: one flag per column.

pub(crate) struct Tabs {
    stops: Vec<bool>,
}

const DISTANCE: usize = 8;

impl Tabs {
    pub(crate) fn new(cols: u16) -> Self {
        let mut tabs = Self { stops: Vec::new() };
        tabs.resize(cols);
        tabs
    }

    /// Columns that appear get the default stops; those that remain keep theirs.
    pub(crate) fn resize(&mut self, cols: u16) {
        let old = self.stops.len();
        self.stops.truncate(usize::from(cols));
        for column in old..usize::from(cols) {
            self.stops.push(column != 0 && column % DISTANCE == 0);
        }
    }

    /// The columns with a stop, from 0, ascending.
    pub(crate) fn save(&self) -> Vec<u16> {
        let columns = (0..).zip(&self.stops);
        columns.filter(|(_, on)| **on).map(|(at, _)| at).collect()
    }

    pub(crate) fn load(stops: &[u16], cols: u16) -> Result<Self, String> {
        let mut tabs = Self {
            stops: vec![false; usize::from(cols)],
        };
        for at in stops {
            let stop = tabs.stops.get_mut(usize::from(*at));
            *stop.ok_or("a tab stop outside the screen")? = true;
        }
        Ok(tabs)
    }

    pub(crate) fn reset(&mut self) {
        let cols = self.stops.len() as u16;
        self.stops.clear();
        self.resize(cols);
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

    pub(crate) fn len(&self) -> usize {
        self.stops.len()
    }

    /// The stops as columns, counted from 1, for DECTABSR.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        let stops = self.stops.iter().enumerate();
        stops.filter(|(_, on)| **on).map(|(column, _)| column + 1)
    }
}
