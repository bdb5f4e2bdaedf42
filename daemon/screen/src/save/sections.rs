//! The frame of a saved screen.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `abide-sc` |
//! | 2 | format of this frame |
//! | then, for each section: | |
//! | 4 | tag |
//! | 2 | version of the section |
//! | 2 | 1: a reader that does not know the section must not load the screen; else it skips it |
//! | 8 | length of the contents, which follow |
//!
//! The last section holds a hash of all that stands before it, 8 bytes. Numbers are little-endian.

use minicbor::Encode;
use rapidhash::v3::rapidhash_v3;

use super::{LoadError, Tag, encode};

const MAGIC: &[u8; 8] = b"abide-sc";
const FORMAT: u16 = 1;
const VERSION: u16 = 1;
const MUST_KNOW: u16 = 1;

pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        Self(bytes)
    }

    pub(super) fn add(&mut self, tag: Tag, value: &impl Encode<()>) {
        self.put(tag, &encode(value));
    }

    fn put(&mut self, tag: Tag, contents: &[u8]) {
        self.0.extend(tag.0);
        self.0.extend(VERSION.to_le_bytes());
        self.0.extend(MUST_KNOW.to_le_bytes());
        self.0.extend((contents.len() as u64).to_le_bytes());
        self.0.extend(contents);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let hash = rapidhash_v3(&self.0);
        self.put(Tag::END, &hash.to_le_bytes());
        self.0
    }
}

pub(super) struct Reader<'a> {
    /// Each known section, once.
    found: Vec<(Tag, &'a [u8])>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(saved: &'a [u8]) -> Result<Self, LoadError> {
        let mut rest = saved.strip_prefix(MAGIC).ok_or(LoadError::Foreign)?;
        let found = u16::from_le_bytes(take(&mut rest)?);
        if found != FORMAT {
            return Err(LoadError::Format {
                found,
                known: FORMAT,
            });
        }
        let mut sections = Self { found: Vec::new() };
        loop {
            let before = saved.len() - rest.len();
            let (tag, contents) = section(&mut rest)?;
            let Some(contents) = contents else { continue };
            if sections.has(tag) {
                return Err(LoadError::damaged(tag, "it is there twice"));
            }
            if tag == Tag::END {
                let hash = rapidhash_v3(saved.get(..before).unwrap_or(&[]));
                if contents != hash.to_le_bytes() || !rest.is_empty() {
                    return Err(LoadError::Changed);
                }
                return Ok(sections);
            }
            sections.found.push((tag, contents));
        }
    }

    pub(super) fn has(&self, tag: Tag) -> bool {
        self.found.iter().any(|(found, _)| *found == tag)
    }

    pub(super) fn get(&self, tag: Tag) -> Result<&'a [u8], LoadError> {
        let found = self.found.iter().find(|(found, _)| *found == tag);
        let missing = || LoadError::damaged(tag, "it is missing");
        found.map(|(_, contents)| *contents).ok_or_else(missing)
    }
}

/// The next section; without contents if it is to be skipped.
fn section<'a>(rest: &mut &'a [u8]) -> Result<(Tag, Option<&'a [u8]>), LoadError> {
    let tag = Tag(take(rest)?);
    let version = u16::from_le_bytes(take(rest)?);
    let must_know = u16::from_le_bytes(take(rest)?) & MUST_KNOW != 0;
    let length = u64::from_le_bytes(take(rest)?);
    let length = usize::try_from(length).map_err(|_| LoadError::Short)?;
    let (contents, after) = rest.split_at_checked(length).ok_or(LoadError::Short)?;
    *rest = after;
    match tag.known() {
        Some(known) if version > known => Err(LoadError::Version {
            section: tag.name(),
            found: version,
            known,
        }),
        Some(_) => Ok((tag, Some(contents))),
        None if must_know => Err(LoadError::Unknown(tag.name())),
        None => Ok((tag, None)),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], LoadError> {
    let (taken, after) = rest.split_first_chunk().ok_or(LoadError::Short)?;
    *rest = after;
    Ok(*taken)
}
