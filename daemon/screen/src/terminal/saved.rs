//! A terminal's state, saved: all but its grids, tables and history, which have sections of their
//! own.

use std::sync::Arc;

use abide_protocol::message::{Event, TerminalLook};
use abide_protocol::snapshot::MouseTracking;
use abide_protocol::{Book, CursorShape, Modes, Palette, Progress, Size};
use minicbor::{Decode, Encode};

use super::{Margins, Position, Side, Terminal};
use crate::Options;
use crate::cell::Cell;
use crate::charset::Charsets;
use crate::held::Held;
use crate::history::History;
use crate::joins::Joins;
use crate::level::Level;
use crate::modes::Flags;
use crate::osc::Note;
use crate::pen::Pen;
use crate::rectangle::Extent;
use crate::stacks::{Palettes, Pens};
use crate::tables::{SavedTables, Tables};
use crate::tabs::Tabs;

#[derive(Encode, Decode)]
pub(crate) struct State {
    #[n(0)]
    size: Size,
    #[n(1)]
    book: Book,
    #[n(2)]
    at: Position,
    #[n(3)]
    pen: Pen,
    #[n(4)]
    protect: bool,
    #[n(5)]
    style: Option<u32>,
    #[n(6)]
    blank: Option<u32>,
    #[n(7)]
    charsets: Charsets,
    #[n(8)]
    margins: Margins,
    #[n(9)]
    tabs: Vec<u16>,
    #[n(10)]
    flags: Flags,
    #[n(11)]
    modes: Modes,
    #[n(12)]
    saved_modes: Vec<(u16, bool)>,
    #[n(13)]
    cursor_shape: CursorShape,
    #[n(14)]
    joinable: Option<char>,
    #[n(15)]
    last_char: Option<char>,
    #[n(16)]
    repeatable: Option<char>,
    #[cbor(n(17), with = "crate::save::shared::text")]
    title: Arc<str>,
    #[n(18)]
    titles: Vec<String>,
    #[cbor(n(19), with = "crate::save::shared::text")]
    directory: Arc<str>,
    #[n(20)]
    progress: Progress,
    #[cbor(n(21), with = "crate::save::shared::value")]
    palette: Arc<Palette>,
    #[n(22)]
    look: TerminalLook,
    #[cbor(n(23), with = "minicbor::bytes")]
    replies: Vec<u8>,
    #[n(24)]
    events: Vec<Event>,
    #[n(25)]
    note: Note,
    #[n(26)]
    synchronized: bool,
    #[cbor(n(27), default)]
    extent: Extent,
    #[cbor(n(28), default)]
    checksum_bits: u8,
    #[cbor(n(29), default)]
    guarded: bool,
    #[cbor(n(30), default)]
    level: Level,
    #[cbor(n(31), default)]
    pens_aside: Pens,
    #[cbor(n(32), default)]
    palettes: Palettes,
    #[n(33)]
    saved_mouse: Option<MouseTracking>,
}

impl Terminal {
    #[expect(clippy::too_many_lines, reason = "two lines a field")]
    pub(crate) fn save(&self) -> State {
        let Self {
            size,
            book,
            shown: _,
            hidden: _,
            history: _,
            tables: _,
            joins: _,
            at,
            pen,
            pens_aside,
            protect,
            guarded,
            style,
            blank,
            charsets,
            level,
            margins,
            tabs,
            flags,
            modes,
            saved_modes,
            saved_mouse,
            extent,
            // Of the session's settings.
            allow_checksum: _,
            checksum_bits,
            cursor_shape,
            held: _,
            joinable,
            last_char,
            repeatable,
            title,
            titles,
            directory,
            progress,
            palette,
            palettes,
            look,
            // Of the build, not of the screen.
            version: _,
            replies,
            events,
            // Follows from the events.
            event_bytes: _,
            note,
            synchronized,
            // Only set within a feed.
            sync_ended: _,
            scratch: _,
        } = self;
        State {
            size: *size,
            book: *book,
            at: *at,
            pen: *pen,
            protect: *protect,
            style: *style,
            blank: blank.map(|cell| cell.style),
            charsets: *charsets,
            margins: *margins,
            tabs: tabs.save(),
            flags: *flags,
            modes: *modes,
            saved_modes: saved_modes.clone(),
            cursor_shape: *cursor_shape,
            joinable: *joinable,
            last_char: *last_char,
            repeatable: *repeatable,
            title: Arc::clone(title),
            titles: titles.iter().map(ToString::to_string).collect(),
            directory: Arc::clone(directory),
            progress: *progress,
            palette: Arc::clone(palette),
            look: look.clone(),
            replies: replies.clone(),
            events: events.clone(),
            note: note.clone(),
            synchronized: *synchronized,
            extent: *extent,
            checksum_bits: *checksum_bits,
            guarded: *guarded,
            level: *level,
            pens_aside: pens_aside.clone(),
            palettes: palettes.clone(),
            saved_mouse: *saved_mouse,
        }
    }

    /// A terminal in this state, whose screens, tables and history are still empty.
    pub(crate) fn load(state: State, options: &Options) -> Result<Self, String> {
        let nothing = Side::empty();
        Ok(Self {
            size: state.size,
            book: state.book,
            shown: nothing.clone(),
            hidden: nothing,
            history: History::new(0),
            tables: Tables::new(),
            joins: Joins::new(),
            at: state.at,
            pen: state.pen,
            pens_aside: state.pens_aside,
            protect: state.protect,
            guarded: state.guarded,
            style: state.style,
            blank: state.blank.map(|style| Cell {
                style,
                ..Cell::BLANK
            }),
            charsets: state.charsets,
            level: state.level,
            margins: state.margins,
            tabs: Tabs::load(&state.tabs)?,
            flags: state.flags,
            modes: state.modes,
            saved_modes: state.saved_modes,
            saved_mouse: state.saved_mouse,
            extent: state.extent,
            allow_checksum: options.allow_checksum,
            checksum_bits: state.checksum_bits,
            cursor_shape: state.cursor_shape,
            held: Held::default(),
            joinable: state.joinable,
            last_char: state.last_char,
            repeatable: state.repeatable,
            title: state.title,
            titles: state.titles.into_iter().map(Into::into).collect(),
            directory: state.directory,
            progress: state.progress,
            palette: state.palette,
            palettes: state.palettes,
            look: state.look,
            version: options.version,
            replies: state.replies,
            event_bytes: state.events.iter().map(Self::cost).sum(),
            events: state.events,
            note: state.note,
            synchronized: state.synchronized,
            sync_ended: false,
            scratch: String::new(),
        })
    }

    pub(crate) fn save_tables(&self) -> SavedTables {
        self.tables.save(&self.joins)
    }

    pub(crate) fn load_tables(&mut self, saved: SavedTables) -> Result<(), String> {
        (self.tables, self.joins) = saved.load()?;
        Ok(())
    }
}
