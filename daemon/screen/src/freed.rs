//! Ids of a table that are free, and the other numbers that all tables have.

use crate::invariants::ensure;

/// More refusals than there can be between two collections: each takes a cell of history that
/// comes back to the screen, and a collection comes before each return.
pub(crate) const MAX_REFUSED: u32 = 1 << 28;

/// Free ids as flags.
pub(crate) struct Freed(Vec<bool>);

impl Freed {
    /// An error if an id is not one of `ids`, or free twice.
    pub(crate) fn of(free: &[u32], ids: usize) -> Result<Self, String> {
        let mut flags = vec![false; ids];
        for id in free {
            match flags.get_mut(*id as usize) {
                Some(flag) if !*flag => *flag = true,
                _ => return Err("free ids are broken".into()),
            }
        }
        Ok(Self(flags))
    }

    pub(crate) fn has(&self, id: u32) -> bool {
        self.0.get(id as usize) == Some(&true)
    }
}

/// Flags of so many ids, set for those that are `used`.
pub(crate) fn live<'a>(ids: usize, used: impl Iterator<Item = &'a u32>) -> Vec<bool> {
    let mut flags = vec![false; ids];
    for id in used {
        if let Some(flag) = flags.get_mut(*id as usize) {
            *flag = true;
        }
    }
    flags
}

/// Entries before a collection: `least`, or twice what the last one left.
pub(crate) fn check_limit(limit: usize, ids: usize, least: usize) -> Result<(), String> {
    ensure(
        (least..=least.max(ids * 2)).contains(&limit),
        "the number of entries before a collection is wrong",
    )
}
