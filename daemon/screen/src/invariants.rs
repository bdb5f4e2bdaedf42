//! What always holds of a terminal, however hostile the bytes were that it was fed; also what
//! decides whether a saved one may live again.

use abide_protocol::limits::{EVENT_RING, EVENT_RING_BYTES};
use abide_protocol::{Progress, Revision, Row};

use crate::level;
use crate::limits::{MAX_REPLIES, MAX_TITLES};
use crate::styles::Styles;
use crate::switch::MAX_SAVED;
use crate::terminal::{Margins, Position, Saved, Terminal};
use crate::view::View;
use crate::width;

/// Nothing, or what is broken.
type Checked = Result<(), String>;

impl Terminal {
    pub(crate) fn check(&self) -> Checked {
        self.check_screens()?;
        self.check_cursor()?;
        self.check_modes()?;
        self.check_texts()?;
        self.check_queues()?;
        self.check_tables()?;
        self.history.check()
    }

    fn check_screens(&self) -> Checked {
        let (cols, rows) = (self.cols(), self.rows());
        for (name, side) in [("shown", &self.shown), ("hidden", &self.hidden)] {
            let checked = side.grid.check(cols, rows);
            let checked = checked.and_then(|()| side.keyboard.check());
            let checked = checked.and_then(|()| check_saved(&side.saved, cols, rows));
            checked.map_err(|fault| format!("{name}: {fault}"))?;
        }
        self.held.check(self.size)?;
        ensure(
            self.held.view.is_none() || self.synchronized,
            "something is held outside of a synchronized update",
        )
    }

    fn check_cursor(&self) -> Checked {
        let (cols, rows) = (self.cols(), self.rows());
        check_position(self.at, cols, rows)?;
        let Margins {
            top,
            bottom,
            left,
            right,
        } = self.margins;
        ensure(
            top <= bottom && bottom < rows && left <= right && right < cols,
            "margins outside the screen",
        )?;
        ensure(
            self.flags.side_margins || (left == 0 && right + 1 == cols),
            "side margins without their mode",
        )?;
        ensure(self.charsets.is_legal(), "an unknown character set")?;
        self.pens_aside.check()?;
        let printed = |c: Option<char>| c.is_none_or(|c| !c.is_control());
        let wide = |c: Option<char>| c.is_none_or(|c| width::of_char(c) > 0);
        ensure(
            printed(self.joinable) && printed(self.last_char) && printed(self.repeatable),
            "a control character was printed",
        )?;
        ensure(
            wide(self.last_char) && wide(self.repeatable),
            "what would be repeated has no columns",
        )
    }

    fn check_modes(&self) -> Checked {
        ensure(
            self.modes.kitty == self.shown.keyboard.flags(),
            "the keyboard flags shown are not those in force",
        )?;
        ensure(
            self.modes.modify_other_keys <= 2,
            "modifyOtherKeys is unknown",
        )?;
        let mut saved: Vec<u16> = self.saved_modes.iter().map(|(mode, _)| *mode).collect();
        saved.sort_unstable();
        saved.dedup();
        ensure(
            saved.len() == self.saved_modes.len() && saved.len() <= MAX_SAVED,
            "saved modes are too many or there twice",
        )?;
        ensure(self.level.is_legal(), "an unknown level of conformance")?;
        ensure(
            self.level >= level::of_mode(69) || !self.flags.side_margins,
            "side margins at a level that has none",
        )?;
        let percent = match self.progress {
            Progress::Normal(part) | Progress::Error(part) | Progress::Paused(part) => part,
            Progress::None | Progress::Indeterminate => 0,
        };
        ensure(percent <= 100, "progress beyond its end")
    }

    /// The texts and colours that viewers see, and those that may come back.
    fn check_texts(&self) -> Checked {
        let mut view = View::of(self);
        let rows = vec![Row::blank(); usize::from(self.rows())];
        let check = |view: &View| {
            let frame = view.snapshot(rows.clone(), Revision::default());
            frame.check().map_err(str::to_owned)
        };
        check(&view)?;
        ensure(self.titles.len() <= MAX_TITLES, "too many titles")?;
        for title in &self.titles {
            view.title = std::sync::Arc::clone(title);
            check(&view)?;
        }
        self.palettes.check()?;
        for colors in self.palettes.kept() {
            view.palette = std::sync::Arc::new(colors.clone());
            check(&view)?;
        }
        let colors = &self.look.palette.indexed;
        ensure(
            colors.is_sorted_by(|one, next| one.0 < next.0),
            "the viewer's colours are not in order",
        )?;
        self.note.check()
    }

    fn check_queues(&self) -> Checked {
        ensure(self.replies.len() <= MAX_REPLIES, "too many replies")?;
        let cost: usize = self.events.iter().map(Self::cost).sum();
        ensure(
            self.events.len() <= EVENT_RING && cost <= EVENT_RING_BYTES,
            "too many events",
        )?;
        ensure(cost == self.event_bytes, "bytes of events are miscounted")?;
        ensure(!self.sync_ended, "an end of an update was not told")
    }

    fn check_tables(&self) -> Checked {
        self.tables.check()?;
        let styles = self.tables.styles.live();
        let clusters = self.tables.clusters.live();
        let is = |live: &[bool], id: u32| live.get(id as usize) == Some(&true);
        self.joins.check(&clusters)?;
        for cell in self.cells() {
            ensure(
                Styles::is_style(&styles, cell.style),
                "a cell has a style that was forgotten",
            )?;
            let cluster = cell.glyph.cluster_id();
            ensure(
                cluster.is_none_or(|id| is(&clusters, id)),
                "a cell has a cluster that was forgotten",
            )?;
        }
        for pen in self.pens() {
            ensure(
                pen.link() == 0 || self.tables.links.get(pen.link()).is_some(),
                "a pen has a link that was forgotten",
            )?;
        }
        self.check_pen_cells()
    }
}

pub(crate) fn ensure(holds: bool, fault: &str) -> Checked {
    if holds { Ok(()) } else { Err(fault.to_owned()) }
}

fn check_saved(saved: &Saved, cols: u16, rows: u16) -> Checked {
    check_position(saved.at, cols, rows)?;
    ensure(saved.charsets.is_legal(), "an unknown character set")
}

fn check_position(at: Position, cols: u16, rows: u16) -> Checked {
    if at.column >= cols || at.row >= rows {
        return Err(format!("a position outside the screen: {at:?}"));
    }
    Ok(())
}
