//! The cluster table: every grapheme cluster of more than one `char` in use has a small id.

use std::collections::HashMap;
use std::sync::Arc;

use crate::limits::{CLUSTERS_BEFORE_COLLECTION, MAX_CLUSTERS, REFUSED_BEFORE_COLLECTION};

pub(crate) struct Clusters {
    texts: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u32>,
    free: Vec<u32>,
    limit: usize,
    /// Clusters refused since the last collection.
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
        self.index.retain(|_, id| {
            let keep = live.get(*id as usize).copied().unwrap_or(false);
            if !keep {
                free.push(*id);
            }
            keep
        });
        self.refused = 0;
        self.limit = (self.index.len() * 2).max(CLUSTERS_BEFORE_COLLECTION);
    }

    pub(crate) fn ids(&self) -> usize {
        self.texts.len()
    }
}
