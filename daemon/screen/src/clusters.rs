//! The cluster table: every grapheme cluster of more than one `char` in use has a small id.

use std::collections::HashMap;
use std::sync::Arc;

use abide_protocol::limits::MAX_CLUSTER;
use minicbor::{Decode, Encode};

use crate::freed::{Freed, MAX_REFUSED, check_limit, live};
use crate::invariants::ensure;
use crate::limits::{CLUSTERS_BEFORE_COLLECTION, MAX_CLUSTERS, REFUSED_BEFORE_COLLECTION};

pub(crate) struct Clusters {
    texts: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u32>,
    free: Vec<u32>,
    limit: usize,
    /// Clusters refused since the last collection.
    refused: u32,
}

/// [`Clusters`], saved: texts by id, those that are free as empty ones.
#[derive(Encode, Decode)]
pub(crate) struct SavedClusters {
    #[n(0)]
    texts: Vec<String>,
    #[n(1)]
    free: Vec<u32>,
    #[n(2)]
    limit: u64,
    #[n(3)]
    refused: u32,
}

impl Clusters {
    pub(crate) fn new() -> Self {
        Self {
            texts: Vec::new(),
            index: HashMap::new(),
            free: Vec::new(),
            limit: CLUSTERS_BEFORE_COLLECTION,
            refused: 0,
        }
    }

    pub(crate) fn text(&self, id: u32) -> &str {
        self.texts.get(id as usize).map_or(" ", |text| text)
    }

    /// A collection is due before the next [`Self::intern`].
    pub(crate) fn full(&self) -> bool {
        self.index.len() >= self.limit || self.refused >= REFUSED_BEFORE_COLLECTION
    }

    /// `None` when [`MAX_CLUSTERS`] are in use.
    pub(crate) fn intern(&mut self, text: &str) -> Option<u32> {
        if let Some(id) = self.index.get(text) {
            return Some(*id);
        }
        if self.index.len() >= MAX_CLUSTERS {
            self.refused += 1;
            return None;
        }
        let text: Arc<str> = text.into();
        let id = if let Some(id) = self.free.pop() {
            if let Some(place) = self.texts.get_mut(id as usize) {
                *place = Arc::clone(&text);
            }
            id
        } else {
            self.texts.push(Arc::clone(&text));
            (self.texts.len() - 1) as u32
        };
        self.index.insert(text, id);
        Some(id)
    }

    /// Forgets all clusters whose `live` flag is not set; `live` has one flag per id.
    pub(crate) fn collect(&mut self, live: &[bool]) {
        let free = &mut self.free;
        let before = free.len();
        self.index.retain(|_, id| {
            let keep = live.get(*id as usize).copied().unwrap_or(false);
            if !keep {
                free.push(*id);
            }
            keep
        });
        // Ids do not depend on the order of the index.
        free[before..].sort_unstable();
        self.refused = 0;
        self.limit = (self.index.len() * 2).max(CLUSTERS_BEFORE_COLLECTION);
    }

    /// A flag for each id that is in use.
    pub(crate) fn live(&self) -> Vec<bool> {
        live(self.texts.len(), self.index.values())
    }

    pub(crate) fn save(&self) -> SavedClusters {
        let texts = self.texts.iter().zip(self.live());
        SavedClusters {
            texts: texts
                .map(|(text, live)| {
                    if live {
                        text.to_string()
                    } else {
                        String::new()
                    }
                })
                .collect(),
            free: self.free.clone(),
            limit: self.limit as u64,
            refused: self.refused,
        }
    }

    pub(crate) fn load(saved: SavedClusters) -> Result<Self, String> {
        let free = Freed::of(&saved.free, saved.texts.len())?;
        let texts: Vec<Arc<str>> = saved.texts.into_iter().map(Into::into).collect();
        let mut index = HashMap::new();
        for (id, text) in (0..).zip(&texts) {
            if !free.has(id) && index.insert(Arc::clone(text), id).is_some() {
                return Err("a cluster is there twice".into());
            }
        }
        Ok(Self {
            texts,
            index,
            free: saved.free,
            limit: saved.limit as usize,
            refused: saved.refused,
        })
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let ids = self.texts.len();
        let free = Freed::of(&self.free, ids)?;
        ensure(
            ids - self.free.len() == self.index.len() && ids <= MAX_CLUSTERS,
            "clusters are miscounted",
        )?;
        for (text, id) in &self.index {
            let same = |known: &Arc<str>| Arc::ptr_eq(known, text);
            ensure(
                self.texts.get(*id as usize).is_some_and(same) && !free.has(*id),
                "a cluster is not found by its text",
            )?;
            ensure(
                text.len() <= MAX_CLUSTER
                    && text.chars().nth(1).is_some()
                    && !text.chars().any(char::is_control),
                "a cluster is too long, too short or holds control characters",
            )?;
        }
        ensure(
            self.refused <= MAX_REFUSED,
            "refused clusters are miscounted",
        )?;
        check_limit(self.limit, ids, CLUSTERS_BEFORE_COLLECTION)
    }

    pub(crate) fn ids(&self) -> usize {
        self.texts.len()
    }
}
