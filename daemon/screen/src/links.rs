//! The link table: every OSC 8 link in use has a small id; 0 is no link.

use std::collections::HashMap;
use std::sync::Arc;

use abide_protocol::{Link, LinkRef};

use crate::limits::{LINKS_BEFORE_COLLECTION, MAX_LINK_BYTES, REFUSED_BEFORE_COLLECTION};

pub(crate) struct Links {
    entries: Vec<LinkRef>,
    index: HashMap<Arc<Link>, u32>,
    free: Vec<u32>,
    bytes: usize,
    limit: usize,
    /// Links refused since the last collection.
    refused: u32,
    /// Number of the last anonymous link.
    anonymous: u64,
}

impl Links {
    pub(crate) fn new() -> Self {
        Self {
            entries: vec![None],
            index: HashMap::new(),
            free: Vec::new(),
            bytes: 0,
            limit: LINKS_BEFORE_COLLECTION,
            refused: 0,
            anonymous: 0,
        }
    }

    pub(crate) fn get(&self, id: u32) -> &LinkRef {
        const NONE: &LinkRef = &None;
        self.entries.get(id as usize).unwrap_or(NONE)
    }

    /// A collection is due before the next [`Self::intern`].
    pub(crate) fn full(&self) -> bool {
        self.index.len() >= self.limit || self.refused >= REFUSED_BEFORE_COLLECTION
    }

    /// The link's id; 0 when [`MAX_LINK_BYTES`] are in use. An empty `id` makes a link of its own,
    /// as a terminal does for each opening of an anonymous link.
    pub(crate) fn intern(&mut self, id: &str, uri: &str) -> u32 {
        let id: Box<str> = if id.is_empty() {
            self.anonymous += 1;
            format!("\u{b7}{}", self.anonymous).into()
        } else {
            id.into()
        };
        let link = Arc::new(Link {
            id,
            uri: uri.into(),
        });
        if let Some(known) = self.index.get(&link) {
            return *known;
        }
        let cost = cost(&link);
        if self.bytes + cost > MAX_LINK_BYTES {
            self.refused += 1;
            return 0;
        }
        self.bytes += cost;
        let number = if let Some(number) = self.free.pop() {
            if let Some(place) = self.entries.get_mut(number as usize) {
                *place = Some(Arc::clone(&link));
            }
            number
        } else {
            self.entries.push(Some(Arc::clone(&link)));
            (self.entries.len() - 1) as u32
        };
        self.index.insert(link, number);
        number
    }

    /// Forgets all links whose `live` flag is not set; `live` has one flag per id.
    pub(crate) fn collect(&mut self, live: &[bool]) {
        let (free, links, bytes) = (&mut self.free, &mut self.entries, &mut self.bytes);
        self.index.retain(|link, id| {
            let keep = live.get(*id as usize).copied().unwrap_or(false);
            if !keep {
                free.push(*id);
                *bytes -= cost(link);
                if let Some(place) = links.get_mut(*id as usize) {
                    *place = None;
                }
            }
            keep
        });
        self.refused = 0;
        self.limit = (self.index.len() * 2).max(LINKS_BEFORE_COLLECTION);
    }

    pub(crate) fn ids(&self) -> usize {
        self.entries.len()
    }
}

fn cost(link: &Link) -> usize {
    link.id.len() + link.uri.len() + 64
}
