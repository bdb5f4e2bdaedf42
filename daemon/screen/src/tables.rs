//! What cells refer to by id: styles, clusters, links.

use abide_protocol::LinkRef;
use minicbor::{Decode, Encode};

use crate::cell::{Cell, Glyph};
use crate::clusters::{Clusters, SavedClusters};
use crate::joins::{Joins, SavedJoin};
use crate::links::{Links, SavedLinks};
use crate::pen::Pen;
use crate::styles::{SavedStyles, Styles};

/// [`Tables`], saved, and what is remembered of joining.
#[derive(Encode, Decode)]
pub(crate) struct SavedTables {
    #[n(0)]
    styles: SavedStyles,
    #[n(1)]
    clusters: SavedClusters,
    #[n(2)]
    links: SavedLinks,
    #[n(3)]
    joins: Vec<SavedJoin>,
}

impl SavedTables {
    pub(crate) fn load(self) -> Result<(Tables, Joins), String> {
        let tables = Tables {
            styles: Styles::load(self.styles)?,
            clusters: Clusters::load(self.clusters)?,
            links: Links::load(self.links)?,
        };
        Ok((tables, Joins::load(&self.joins)?))
    }
}

pub(crate) struct Tables {
    pub(crate) styles: Styles,
    pub(crate) clusters: Clusters,
    pub(crate) links: Links,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self {
            styles: Styles::new(),
            clusters: Clusters::new(),
            links: Links::new(),
        }
    }

    pub(crate) fn save(&self, joins: &Joins) -> SavedTables {
        SavedTables {
            styles: self.styles.save(),
            clusters: self.clusters.save(),
            links: self.links.save(),
            joins: joins.save(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.styles.check(|id| self.links.get(id).is_some())?;
        self.clusters.check()?;
        self.links.check()
    }

    /// A collection is due before anything new is interned.
    pub(crate) fn full(&self) -> bool {
        self.styles.full() || self.clusters.full() || self.links.full()
    }

    /// Appends the glyph's text: a tail has none, a hole is a space.
    pub(crate) fn push_text(&self, glyph: Glyph, out: &mut String) {
        if let Some(id) = glyph.cluster_id() {
            out.push_str(self.clusters.text(id));
        } else if !glyph.is_tail() {
            out.push(glyph.as_char());
        }
    }

    pub(crate) fn link_of(&self, pen: Pen) -> &LinkRef {
        self.links.get(pen.link())
    }

    /// Keeps what `cells` and `pens` refer to and forgets the rest.
    pub(crate) fn collect<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a Cell>,
        pens: impl Iterator<Item = Pen>,
    ) {
        let mut styles = vec![false; self.styles.ids()];
        let mut clusters = vec![false; self.clusters.ids()];
        let mut links = vec![false; self.links.ids()];
        for cell in cells {
            set(&mut styles, cell.style);
            if let Some(id) = cell.glyph.cluster_id() {
                set(&mut clusters, id);
            }
        }
        for (id, live) in styles.iter().enumerate() {
            if *live {
                set(&mut links, self.styles.pen(id as u32).link());
            }
        }
        for pen in pens {
            set(&mut links, pen.link());
            // An id may have been made and not be on the grid yet.
            for pen in [pen, pen.erased()] {
                if let Some(id) = self.styles.find(pen) {
                    set(&mut styles, id);
                }
            }
        }
        self.styles.collect(&styles);
        self.clusters.collect(&clusters);
        self.links.collect(&links);
    }
}

fn set(flags: &mut [bool], id: u32) {
    if let Some(flag) = flags.get_mut(id as usize) {
        *flag = true;
    }
}
