//! A screen as bytes and back: what a keeper hands to its successor.
//!
//! The bytes are a list of sections (see [`sections`]); most hold one CBOR value with numbered
//! fields, so that what a later build adds does not keep an earlier one from reading it. What is
//! read is never trusted: it is decoded within bounds, and the screen that comes of it has to pass
//! [`Screen::check`].

mod last;
pub(crate) mod lines;
pub(crate) mod numbers;
mod sections;
pub(crate) mod shared;
mod side;

use minicbor::{Decode, Encode};
use thiserror::Error;

use crate::parser::Parser;
use crate::screen::{Options, Screen};
use crate::terminal::Terminal;
use crate::view::RowMaker;
use last::Last;
use sections::{Reader, Writer};

/// Why bytes are no screen.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LoadError {
    #[error("not a saved screen")]
    Foreign,
    #[error(
        "a screen saved in format {found}, but this build reads only up to format {known}: load it with a newer build"
    )]
    Format { found: u16, known: u16 },
    #[error(
        "a screen saved with `{section}` in version {found}, but this build reads only up to version {known}: load it with a newer build"
    )]
    Version {
        section: String,
        found: u16,
        known: u16,
    },
    #[error(
        "a screen saved with `{0}`, which this build must not skip: load it with a newer build"
    )]
    Unknown(String),
    #[error("a saved screen that is cut short")]
    Short,
    #[error("a saved screen whose bytes were changed")]
    Changed,
    #[error("a saved screen with damaged `{section}`: {reason}")]
    Damaged { section: String, reason: String },
}

impl LoadError {
    fn damaged(section: Tag, reason: impl Into<String>) -> Self {
        Self::Damaged {
            section: section.name(),
            reason: reason.into(),
        }
    }
}

/// A section's name: four letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tag([u8; 4]);

impl Tag {
    /// Modes, cursor, pen, texts, and all else that is small.
    const STATE: Self = Self(*b"stat");
    /// Styles, clusters and links that cells refer to.
    const TABLES: Self = Self(*b"tabl");
    /// The screen that is shown, and the other one.
    const SHOWN: Self = Self(*b"show");
    const HIDDEN: Self = Self(*b"hide");
    /// What viewers see during a synchronized update.
    const HELD: Self = Self(*b"held");
    const HISTORY: Self = Self(*b"hist");
    /// Bytes of sequences and characters that are not complete.
    const PARSER: Self = Self(*b"pars");
    /// The snapshot that was taken last.
    const LAST: Self = Self(*b"last");
    /// The end, with a hash of all before it.
    const END: Self = Self(*b"end.");

    /// The greatest version of each section that this build reads; a greater one is one that has
    /// changed its meaning. `None`: not known.
    fn known(self) -> Option<u16> {
        let known = [
            Self::STATE,
            Self::TABLES,
            Self::SHOWN,
            Self::HIDDEN,
            Self::HELD,
            Self::HISTORY,
            Self::PARSER,
            Self::LAST,
            Self::END,
        ];
        known.contains(&self).then_some(1)
    }

    fn name(self) -> String {
        self.0.escape_ascii().to_string()
    }
}

impl Screen {
    /// All of this screen: `load(save(s)) == s`, and both stay equal through whatever both are fed.
    /// Equal screens give equal bytes.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let terminal = &self.terminal;
        let mut sections = Writer::new();
        sections.add(Tag::STATE, &terminal.save());
        sections.add(Tag::TABLES, &terminal.save_tables());
        sections.add(Tag::SHOWN, &terminal.shown.save());
        sections.add(Tag::HIDDEN, &terminal.hidden.save());
        if let Some(held) = terminal.held.save() {
            sections.add(Tag::HELD, &held);
        }
        sections.add(Tag::HISTORY, &terminal.history.save());
        sections.add(Tag::PARSER, &self.parser.save());
        sections.add(Tag::LAST, &Last::of(self));
        sections.finish()
    }

    /// The screen that [`Self::save`] gave these bytes for. Size, look and incarnation are those
    /// that were saved; `options` gives what belongs to the build and its settings.
    ///
    /// # Errors
    /// The bytes are not a saved screen, are damaged, or come of a build that is too new.
    pub fn load(saved: &[u8], options: &Options) -> Result<Self, LoadError> {
        let sections = Reader::new(saved)?;
        let parser = section(&sections, Tag::PARSER, Parser::load)?;
        let mut terminal = section(&sections, Tag::STATE, |state| {
            Terminal::load(state, options)
        })?;
        section(&sections, Tag::TABLES, |tables| {
            terminal.load_tables(tables)
        })?;
        let size = terminal.size;
        terminal.shown = section(&sections, Tag::SHOWN, |side| side::load(side, size))?;
        terminal.hidden = section(&sections, Tag::HIDDEN, |side| side::load(side, size))?;
        if sections.has(Tag::HELD) {
            terminal.held = section(&sections, Tag::HELD, |held| {
                crate::held::Held::load(held, size)
            })?;
        }
        terminal.history = section(&sections, Tag::HISTORY, |history| {
            crate::history::History::load(history, options.history_bytes)
        })?;
        terminal
            .check()
            .map_err(|fault| LoadError::damaged(Tag::STATE, fault))?;
        let mut screen = Self {
            parser,
            terminal,
            maker: RowMaker::default(),
            last: None,
            revision: abide_protocol::Revision::default(),
        };
        section(&sections, Tag::LAST, |last: Last| last.restore(&mut screen))?;
        Ok(screen)
    }
}

/// One section, decoded and made into what it stands for.
fn section<'b, S: Decode<'b, ()>, T>(
    sections: &Reader<'b>,
    tag: Tag,
    make: impl FnOnce(S) -> Result<T, String>,
) -> Result<T, LoadError> {
    let bytes = sections.get(tag)?;
    let damaged = |reason: String| LoadError::damaged(tag, reason);
    let saved = minicbor::decode(bytes).map_err(|error| damaged(error.to_string()))?;
    make(saved).map_err(damaged)
}

/// The bytes of one value. Writing into memory does not fail.
fn encode(value: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = minicbor::encode(value, &mut bytes);
    debug_assert!(written.is_ok(), "a value that cannot be written");
    bytes
}
