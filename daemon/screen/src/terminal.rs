//! The terminal's state: what all control functions work on.

mod saved;

use std::sync::Arc;

use abide_protocol::message::{Event, TerminalLook};
use abide_protocol::snapshot::MouseTracking;
use abide_protocol::{Book, CursorShape, Modes, Palette, Progress, Size, limits};
use minicbor::{Decode, Encode};

use crate::Options;
use crate::cell::Cell;
use crate::charset::Charsets;
use crate::grid::Grid;
use crate::held::Held;
use crate::history::History;
use crate::invariants::ensure;
use crate::joins::Joins;
use crate::keyboard::Keyboard;
use crate::level::Level;
use crate::limits::{MAX_REPLIES, MAX_TITLES};
use crate::line::Line;
use crate::modes::Flags;
use crate::osc::Note;
use crate::pen::Pen;
use crate::rectangle::Extent;
use crate::stacks::{Palettes, Pens};
use crate::tables::Tables;
use crate::tabs::Tabs;

/// Where the next character goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(crate) struct Position {
    #[n(0)]
    pub(crate) row: u16,
    #[n(1)]
    pub(crate) column: u16,
    /// The last column has been written; the next character wraps first.
    #[n(2)]
    pub(crate) pending: bool,
}

/// Rows and columns that scroll, inclusive, 0-based.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Margins {
    #[n(0)]
    pub(crate) top: u16,
    #[n(1)]
    pub(crate) bottom: u16,
    #[n(2)]
    pub(crate) left: u16,
    #[n(3)]
    pub(crate) right: u16,
}

impl Margins {
    pub(crate) fn full(size: Size) -> Self {
        Self {
            top: 0,
            bottom: size.rows() - 1,
            left: 0,
            right: size.cols() - 1,
        }
    }

    pub(crate) fn has_row(self, row: u16) -> bool {
        (self.top..=self.bottom).contains(&row)
    }

    pub(crate) fn has_column(self, column: u16) -> bool {
        (self.left..=self.right).contains(&column)
    }
}

/// What DECSC saves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Saved {
    /// DECSC was used, and this is not the default.
    #[n(0)]
    pub(crate) set: bool,
    #[n(1)]
    pub(crate) at: Position,
    #[n(2)]
    pub(crate) pen: Pen,
    #[n(3)]
    pub(crate) protect: bool,
    #[n(4)]
    pub(crate) origin: bool,
    #[n(5)]
    pub(crate) charsets: Charsets,
}

impl Saved {
    pub(crate) const HOME: Self = Self {
        set: false,
        at: Position {
            row: 0,
            column: 0,
            pending: false,
        },
        pen: Pen::PLAIN,
        protect: false,
        origin: false,
        charsets: Charsets::ASCII,
    };
}

/// One of the two screens.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) grid: Grid,
    pub(crate) saved: Saved,
    pub(crate) keyboard: Keyboard,
}

impl Side {
    /// A side without a screen, to be replaced.
    fn empty() -> Self {
        Self {
            grid: Grid::new(0, 0),
            saved: Saved::HOME,
            keyboard: Keyboard::default(),
        }
    }

    fn new(size: Size) -> Self {
        Self {
            grid: Grid::new(size.cols(), size.rows()),
            saved: Saved::HOME,
            keyboard: Keyboard::default(),
        }
    }
}

pub(crate) struct Terminal {
    pub(crate) size: Size,
    pub(crate) book: Book,
    pub(crate) shown: Side,
    /// The other screen.
    pub(crate) hidden: Side,
    pub(crate) history: History,
    pub(crate) tables: Tables,
    pub(crate) joins: Joins,
    pub(crate) at: Position,
    pub(crate) pen: Pen,
    /// Pens put aside (XTPUSHSGR).
    pub(crate) pens_aside: Pens,
    /// DECSCA or SPA: cells written are safe from erasure, selective or not.
    pub(crate) protect: bool,
    /// SPA was used last.
    pub(crate) guarded: bool,
    /// Id of `pen` and the cell that erasing leaves, when known.
    style: Option<u32>,
    blank: Option<Cell>,
    pub(crate) charsets: Charsets,
    /// DECSCL.
    pub(crate) level: Level,
    pub(crate) margins: Margins,
    pub(crate) tabs: Tabs,
    pub(crate) flags: Flags,
    pub(crate) modes: Modes,
    /// Modes saved by XTSAVE, by number.
    pub(crate) saved_modes: Vec<(u16, bool)>,
    /// The mouse's mode saved by XTSAVE of 9.
    pub(crate) saved_mouse: Option<MouseTracking>,
    /// DECSACE.
    pub(crate) extent: Extent,
    /// DECRQCRA is answered, and how (XTCHECKSUM).
    pub(crate) allow_checksum: bool,
    pub(crate) checksum_bits: u8,
    pub(crate) cursor_shape: CursorShape,
    /// What viewers see while a synchronized update is under way.
    pub(crate) held: Held,
    /// The last printed character may still grow into a cluster; it is at `at`'s left.
    pub(crate) joinable: Option<char>,
    /// The last character printed that has columns of its own.
    pub(crate) last_char: Option<char>,
    /// What REP repeats: the same, if it came right before this control function.
    pub(crate) repeatable: Option<char>,
    pub(crate) title: Arc<str>,
    pub(crate) titles: Vec<Arc<str>>,
    pub(crate) directory: Arc<str>,
    pub(crate) progress: Progress,
    pub(crate) palette: Arc<Palette>,
    /// Colours put aside (XTPUSHCOLORS).
    pub(crate) palettes: Palettes,
    pub(crate) look: TerminalLook,
    pub(crate) version: &'static str,
    pub(crate) replies: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) event_bytes: usize,
    pub(crate) note: Note,
    /// Inside a synchronized update (2026).
    pub(crate) synchronized: bool,
    /// Set when one ends.
    pub(crate) sync_ended: bool,
    /// Part texts of clusters are put together here.
    pub(crate) scratch: String,
}

impl Terminal {
    pub(crate) fn new(options: Options) -> Self {
        let size = options.size;
        Self {
            size,
            book: Book::Main,
            shown: Side::new(size),
            hidden: Side::new(size),
            history: History::new(options.history_bytes),
            tables: Tables::new(),
            joins: Joins::new(),
            at: Position::default(),
            pen: Pen::PLAIN,
            pens_aside: Pens::default(),
            protect: false,
            guarded: false,
            style: Some(0),
            blank: Some(Cell::BLANK),
            charsets: Charsets::ASCII,
            level: Level::MOST,
            margins: Margins::full(size),
            tabs: Tabs::new(),
            flags: Flags::RESET,
            modes: initial_modes(),
            saved_modes: Vec::new(),
            saved_mouse: None,
            extent: Extent::default(),
            allow_checksum: options.allow_checksum,
            checksum_bits: 0,
            cursor_shape: CursorShape::Default,
            held: Held::default(),
            joinable: None,
            last_char: None,
            repeatable: None,
            title: "".into(),
            titles: Vec::new(),
            directory: "".into(),
            progress: Progress::None,
            palette: Arc::new(Palette::default()),
            palettes: Palettes::default(),
            look: options.look,
            version: options.version,
            replies: Vec::new(),
            events: Vec::new(),
            event_bytes: 0,
            note: Note::default(),
            synchronized: false,
            sync_ended: false,
            scratch: String::new(),
        }
    }

    pub(crate) fn cols(&self) -> u16 {
        self.size.cols()
    }

    pub(crate) fn rows(&self) -> u16 {
        self.size.rows()
    }

    pub(crate) fn set_pen(&mut self, change: impl FnOnce(&mut Pen)) {
        change(&mut self.pen);
        self.pen_changed();
    }

    pub(crate) fn pen_changed(&mut self) {
        self.style = None;
        self.blank = None;
    }

    /// The id of the pen's style.
    #[inline]
    pub(crate) fn style(&mut self) -> u32 {
        if let Some(style) = self.style {
            return style;
        }
        self.collect_if_due();
        let style = self.tables.styles.intern(self.pen);
        self.style = Some(style);
        style
    }

    /// The same, if both it and what erasing leaves have their numbers already.
    #[inline]
    pub(crate) fn known_style(&self) -> Option<u32> {
        self.style.filter(|_| self.blank.is_some())
    }

    /// What erasing leaves: a space in the pen's background (BCE).
    #[inline]
    pub(crate) fn blank(&mut self) -> Cell {
        if let Some(blank) = self.blank {
            return blank;
        }
        self.collect_if_due();
        let style = self.tables.styles.intern(self.pen.erased());
        let blank = Cell {
            style,
            ..Cell::BLANK
        };
        self.blank = Some(blank);
        blank
    }

    /// Forgets styles, clusters and links that neither a cell shows nor a pen has.
    pub(crate) fn collect_if_due(&mut self) {
        if !self.tables.full() {
            return;
        }
        let pens = self.pens();
        let cells = self.shown.grid.cells().chain(self.hidden.grid.cells());
        let cells = cells.chain(self.held.cells());
        self.tables.collect(cells, pens.into_iter());
        self.joins.clear();
        self.pen_changed();
    }

    /// Every cell that refers to the tables.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &Cell> {
        let cells = self.shown.grid.cells().chain(self.hidden.grid.cells());
        cells.chain(self.held.cells())
    }

    pub(crate) fn pens(&self) -> [Pen; 3] {
        [self.pen, self.shown.saved.pen, self.hidden.saved.pen]
    }

    /// The ids known for the pen are those of its style and of what it erases to.
    pub(crate) fn check_pen_cells(&self) -> Result<(), String> {
        let styles = &self.tables.styles;
        let of = |id: u32, pen: Pen| styles.find(pen) == Some(id);
        let style = self.style.is_none_or(|id| of(id, self.pen));
        let erased = self.pen.erased();
        let blank = self.blank.is_none_or(|cell| of(cell.style, erased));
        ensure(style && blank, "the pen's style is not the pen's")
    }

    /// The lines that viewers see, top to bottom.
    pub(crate) fn presented(&self) -> impl Iterator<Item = &Line> {
        let held = self.held.view.as_ref().map(|_| self.held.lines.iter());
        let live = held.is_none().then(|| self.shown.grid.iter());
        held.into_iter().flatten().chain(live.into_iter().flatten())
    }

    /// One line that viewers see, and what it refers to.
    pub(crate) fn presented_mut(&mut self, row: u16) -> Option<(&mut Line, &Tables)> {
        let line = if self.held.view.is_some() {
            self.held.lines.get_mut(usize::from(row))?
        } else if row < self.shown.grid.rows() {
            self.shown.grid.line_mut(row)
        } else {
            return None;
        };
        Some((line, &self.tables))
    }

    /// Queues bytes for the PTY.
    pub(crate) fn reply(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if self.replies.len() + bytes.len() <= MAX_REPLIES {
            self.replies.extend_from_slice(bytes);
        }
    }

    /// Queues an event; beyond the ring's bounds it is dropped.
    pub(crate) fn event(&mut self, event: Event) {
        let cost = Self::cost(&event);
        if event == Event::Bell && self.events.contains(&Event::Bell) {
            return;
        }
        if self.events.len() < limits::EVENT_RING
            && self.event_bytes + cost <= limits::EVENT_RING_BYTES
        {
            self.event_bytes += cost;
            self.events.push(event);
        }
    }

    /// Bytes of the ring that an event takes.
    pub(crate) fn cost(event: &Event) -> usize {
        match event {
            Event::Clipboard { selection, content } => selection.len() + content.len(),
            Event::Notification { title, body } => title.len() + body.len(),
            Event::Notice(line) => line.len(),
            Event::Bell | Event::Unknown => 0,
        }
    }

    pub(crate) fn push_title(&mut self) {
        if self.titles.len() >= MAX_TITLES {
            self.titles.remove(0);
        }
        self.titles.push(Arc::clone(&self.title));
    }

    pub(crate) fn pop_title(&mut self) {
        if let Some(title) = self.titles.pop() {
            self.title = title;
        }
    }

    /// A control function begins: the last character is complete, and only REP may still ask for it.
    #[inline]
    pub(crate) fn control(&mut self) {
        self.repeatable = self.joinable.take().and(self.last_char);
    }

    /// DECSC.
    pub(crate) fn save_cursor(&mut self) {
        self.shown.saved = Saved {
            set: true,
            at: self.at,
            pen: self.pen,
            protect: self.protect,
            origin: self.flags.origin,
            charsets: self.charsets,
        };
    }

    /// DECRC.
    pub(crate) fn restore_cursor(&mut self) {
        let saved = self.shown.saved;
        self.pen = saved.pen;
        self.pen_changed();
        self.protect = saved.protect;
        self.flags.origin = saved.origin;
        self.charsets = saved.charsets;
        // Under DECOM the margins of now hold it.
        let (row, column) = self.last_address();
        self.at = Position {
            row: saved.at.row.min(row),
            column: saved.at.column.min(column),
            pending: saved.at.pending && saved.at.column == self.cols() - 1,
        };
    }

    /// Shows the other screen.
    pub(crate) fn show(&mut self, book: Book) {
        if self.book != book {
            self.book = book;
            std::mem::swap(&mut self.shown, &mut self.hidden);
            self.modes.kitty = self.shown.keyboard.flags();
        }
    }

    pub(crate) fn main_side(&mut self) -> &mut Side {
        match self.book {
            Book::Main => &mut self.shown,
            Book::Alternate => &mut self.hidden,
        }
    }

    /// RIS. History stays; the screens, and all that a program can set, do not.
    pub(crate) fn reset(&mut self) {
        self.show(Book::Main);
        self.shown.reset();
        self.hidden.reset();
        self.at = Position::default();
        self.pen = Pen::PLAIN;
        self.pen_changed();
        self.pens_aside = Pens::default();
        self.protect = false;
        self.guarded = false;
        self.charsets = Charsets::ASCII;
        self.level = Level::MOST;
        self.margins = Margins::full(self.size);
        self.tabs = Tabs::new();
        self.flags = Flags::RESET;
        self.modes = initial_modes();
        self.saved_modes.clear();
        self.saved_mouse = None;
        self.extent = Extent::default();
        self.checksum_bits = 0;
        self.cursor_shape = CursorShape::Default;
        self.title = "".into();
        self.titles.clear();
        self.progress = Progress::None;
        self.palette = Arc::new(Palette::default());
        self.palettes = Palettes::default();
        self.end_synchronized();
    }

    /// DECSTR: what a program may have left in disorder, as xterm has it: also the cursor's shape,
    /// indexed colours and the margins' mode. Screens, the cursor's place, tab stops, titles, mouse,
    /// pastes and the colours of the whole screen stay.
    pub(crate) fn soft_reset(&mut self) {
        self.flags.cursor_visible = true;
        self.flags.cursor_blink = false;
        self.cursor_shape = CursorShape::Default;
        self.flags.insert = false;
        self.flags.origin = false;
        self.flags.wrap = true;
        self.flags.reverse_wrap = false;
        self.flags.reverse_wrap_far = false;
        self.flags.side_margins = false;
        self.modes.application_cursor = false;
        self.modes.application_keypad = false;
        self.margins = Margins::full(self.size);
        self.pen = Pen::PLAIN;
        self.pen_changed();
        self.protect = false;
        self.guarded = false;
        self.charsets = Charsets::ASCII;
        self.shown.saved = Saved {
            set: true,
            ..Saved::HOME
        };
        self.shown.keyboard = Keyboard::default();
        self.modes.kitty = 0;
        self.modes.modify_other_keys = 0;
        self.checksum_bits = 0;
        if !self.palette.indexed.is_empty() {
            Arc::make_mut(&mut self.palette).indexed.clear();
        }
    }

    pub(crate) fn end_synchronized(&mut self) {
        if self.synchronized {
            self.synchronized = false;
            self.sync_ended = self.held.view.take().is_some();
        }
    }
}

impl Side {
    fn reset(&mut self) {
        for row in 0..self.grid.rows() {
            self.grid.line_mut(row).clear(Cell::BLANK);
        }
        self.saved = Saved::HOME;
        self.keyboard = Keyboard::default();
    }
}

fn initial_modes() -> Modes {
    Modes {
        // As most terminals have it: the wheel scrolls what a pager shows.
        alternate_scroll: true,
        ..Modes::default()
    }
}
