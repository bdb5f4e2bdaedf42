//! The link table: every OSC 8 link in use has a small id; 0 is no link.

use std::collections::HashMap;
use std::sync::Arc;

use abide_protocol::{Link, LinkRef};

use minicbor::{Decode, Encode};

use crate::freed::{Freed, MAX_REFUSED, check_limit};
use crate::invariants::ensure;
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

/// More anonymous links than can be opened.
const MAX_ANONYMOUS: u64 = 1 << 62;

/// [`Links`], saved: id and URI by number, from 1.
#[derive(Encode, Decode)]
pub(crate) struct SavedLinks {
    #[n(0)]
    entries: Vec<Option<(String, String)>>,
    #[n(1)]
    free: Vec<u32>,
    #[n(2)]
    limit: u64,
    #[n(3)]
    refused: u32,
    #[n(4)]
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
        let before = free.len();
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
        // Ids do not depend on the order of the index.
        free[before..].sort_unstable();
        self.refused = 0;
        self.limit = (self.index.len() * 2).max(LINKS_BEFORE_COLLECTION);
    }

    pub(crate) fn save(&self) -> SavedLinks {
        let text = |entry: &LinkRef| {
            let entry = entry.as_ref()?;
            Some((entry.id.to_string(), entry.uri.to_string()))
        };
        SavedLinks {
            entries: self.entries.iter().skip(1).map(text).collect(),
            free: self.free.clone(),
            limit: self.limit as u64,
            refused: self.refused,
            anonymous: self.anonymous,
        }
    }

    pub(crate) fn load(saved: SavedLinks) -> Result<Self, String> {
        let mut links = Self::new();
        for (number, entry) in (1..).zip(saved.entries) {
            let link = entry.map(|(id, uri)| {
                Arc::new(Link {
                    id: id.into(),
                    uri: uri.into(),
                })
            });
            if let Some(link) = &link {
                links.bytes += cost(link);
                if links.index.insert(Arc::clone(link), number).is_some() {
                    return Err("a link is there twice".into());
                }
            }
            links.entries.push(link);
        }
        links.free = saved.free;
        links.limit = saved.limit as usize;
        links.refused = saved.refused;
        links.anonymous = saved.anonymous;
        Ok(links)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let ids = self.entries.len();
        let free = Freed::of(&self.free, ids)?;
        let bytes: usize = self.index.keys().map(|link| cost(link)).sum();
        ensure(
            ids - 1 - self.free.len() == self.index.len()
                && bytes == self.bytes
                && bytes <= MAX_LINK_BYTES,
            "links are miscounted",
        )?;
        ensure(!free.has(0), "no link is a free link")?;
        for (link, id) in &self.index {
            let same = |known: &Arc<Link>| Arc::ptr_eq(known, link);
            ensure(
                self.get(*id).as_ref().is_some_and(same) && !free.has(*id),
                "a link is not found by its text",
            )?;
            ensure(
                link.is_legal(),
                "a link is too long or holds control characters",
            )?;
        }
        ensure(
            self.refused <= MAX_REFUSED && self.anonymous <= MAX_ANONYMOUS,
            "refused or anonymous links are miscounted",
        )?;
        check_limit(self.limit, ids, LINKS_BEFORE_COLLECTION)
    }

    pub(crate) fn ids(&self) -> usize {
        self.entries.len()
    }
}

fn cost(link: &Link) -> usize {
    link.id.len() + link.uri.len() + 64
}
