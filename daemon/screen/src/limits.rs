//! Every bound of the engine that is not one of the protocol's.

/// Bytes of an operating system command (OSC) at most: a clipboard of
/// [`abide_protocol::limits::MAX_CLIPBOARD`] in base64, and room for its head. Longer ones are
/// dropped whole.
pub const MAX_OSC: usize = 256 << 10;
/// Bytes of a device control string (DCS) that is looked at; longer ones are skipped whole.
pub const MAX_DCS: usize = 4 << 10;
/// Bytes of replies kept until they are taken; what comes on top is dropped.
pub const MAX_REPLIES: usize = 64 << 10;
/// Styles that may be interned before unused ones are looked for.
pub const STYLES_BEFORE_COLLECTION: usize = 4096;
/// Grapheme clusters that may be interned before unused ones are looked for.
pub const CLUSTERS_BEFORE_COLLECTION: usize = 1024;
/// Grapheme clusters in use at most; beyond, only a cluster's first `char` is shown.
pub const MAX_CLUSTERS: usize = 65_536;
/// Links that may be interned before unused ones are looked for.
pub const LINKS_BEFORE_COLLECTION: usize = 256;
/// Bytes of the links in use at most; beyond, text is shown without its link.
pub const MAX_LINK_BYTES: usize = 4 << 20;
/// Clusters or links that are refused because too many are in use, before unused ones are looked for
/// once more.
pub const REFUSED_BEFORE_COLLECTION: u32 = 256;
/// Titles on the title stack at most; a push beyond drops the oldest.
pub const MAX_TITLES: usize = 10;
/// Entries of a kitty keyboard stack at most; a push beyond drops the oldest.
pub const MAX_KEYBOARD_STACK: usize = 16;
/// Pens, and palettes of colours, that may be put aside.
pub const MAX_STACK: usize = 10;
/// Rows at the end of history that growing the height may pull back.
pub const UNSEALED_ROWS: u64 = 1000;
/// Bytes of packed rows in one block of history.
pub const BLOCK_BYTES: usize = 64 << 10;
/// Rows in one block of history at most, so that finding a row stays cheap.
pub const BLOCK_ROWS: usize = 16 << 10;
/// Parts of one OSC 4 (colours set or asked) at most.
pub const MAX_COLORS: usize = 512;
/// Bytes of a block's body at most: its rows, and one of the widest that was added last. Larger
/// ones are no blocks of ours.
pub const MAX_BLOCK_BODY: usize = 1 << 20;
/// Bytes that may wait in memory for a store on top of the budget: as many as the budget, and within
/// these bounds. Beyond, the oldest rows go.
pub const SPILL_LAG: (usize, usize) = (4 << 20, 32 << 20);
