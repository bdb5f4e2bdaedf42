//! Every bound of the protocol: a constant with its unit and its reason.
#![expect(
    clippy::as_conversions,
    reason = "a conversion in a constant has no other form"
)]

/// Columns or rows of a session at most.
pub const MAX_SIDE: u16 = 1000;
/// Bytes of a title at most; longer ones are cut at a character.
pub const MAX_TITLE: usize = 1024;
/// Bytes of a directory (OSC 7) at most; `PATH_MAX` on Linux. Longer ones are ignored.
pub const MAX_DIRECTORY: usize = 4096;
/// Bytes of a link's URI at most; longer links are dropped, their text stays.
pub const MAX_URI: usize = 2083;
/// Bytes of a link's id at most; longer links are dropped, their text stays.
pub const MAX_LINK_ID: usize = 256;
/// Bytes of one grapheme cluster at most; further combining characters are dropped.
pub const MAX_CLUSTER: usize = 64;
/// Bytes of the different links of one row together at most (ids and URIs); further links are
/// dropped, their text stays. Room for seven of the longest, or a row full of usual ones.
pub const MAX_ROW_LINKS: usize = 16 << 10;
/// Marks of one row at most; further ones are dropped.
pub const MAX_MARKS: usize = 8;
/// Bytes of a session's name at most.
pub const MAX_NAME: usize = 64;
/// Bytes of a web page's origin at most: scheme, host name and port.
pub const MAX_ORIGIN: usize = 300;
/// Bytes of a device's or viewer's name at most; what is longer is refused in words.
pub const MAX_LINE: usize = 4096;
/// Bytes of a text for people at most (a command line, a failure, a notification).
pub const MAX_PROSE: usize = 128 << 10;
/// Items of one list in a message at most (environment, arguments, sessions, keys): a peer's
/// small item becomes a value many times its size.
pub const MAX_LIST: usize = 1 << 16;
/// Bytes of one paste or submitted text at most.
pub const MAX_PASTE: usize = 1 << 20;
/// Bytes of a clipboard event at most; larger copies are dropped with a notice.
pub const MAX_CLIPBOARD: usize = 128 << 10;
/// Bytes of a notification's title and body together at most.
pub const MAX_NOTIFICATION: usize = 4096;
/// Messages above this many bytes travel in parts.
pub const PART: usize = 32 << 10;
/// Bytes of a whole message to a client at most: room for the worst legal screen, twice.
pub const MAX_TO_CLIENT: usize = 256 << 20;
/// Bytes of a whole message to a keeper or daemon at most: room for a paste, and for all the
/// arguments and variables that Linux hands to a program by default (2 MiB).
pub const MAX_TO_SERVER: usize = 4 << 20;
/// Events kept in a session's ring at most.
pub const EVENT_RING: usize = 64;
/// Bytes of a session's event ring at most.
pub const EVENT_RING_BYTES: usize = 256 << 10;
/// Rows that leave the top and travel with an update at most; beyond, the tail waits.
pub const TAIL_ROWS: u64 = 512;
/// Encoded bytes of tail rows that travel with an update at most.
pub const TAIL_BYTES: usize = 64 << 10;
/// Newest rows that come after a gap at most.
pub const TAIL_AFTER_GAP: u64 = 10_000;
/// Bytes of the rows that come after a gap at most: 10,000 log lines, or 1,400 rows in which each
/// of 160 cells has a colour of its own. What a terminal is to print is twice that.
pub const TAIL_BYTES_AFTER_GAP: usize = 2 << 20;
/// Unacknowledged frames of one viewer at most.
pub const FRAMES_IN_FLIGHT: usize = 2;
/// Unacknowledged bytes of one viewer at most (or one message).
pub const BYTES_IN_FLIGHT: usize = 64 << 10;
/// Input streams that a keeper remembers at most.
pub const STREAMS: usize = 256;
/// Acknowledged snapshots kept for viewers that left, per session, at most.
pub const DEPARTED: usize = 16;
/// Bytes queued for a PTY at most; beyond, input is answered `Busy`.
pub const PTY_QUEUE: usize = 256 << 10;
/// Viewers of one session at most; beyond, an attach is refused.
pub const VIEWERS: usize = 256;
/// Rows of one history request at most.
pub const ROWS_PER_REQUEST: u64 = 2000;
/// Bytes of a search's pattern at most; what is longer is refused in words.
pub const MAX_PATTERN: usize = 1024;
/// Hits of one search at most; another one goes on where it ended.
pub const SEARCH_HITS: u32 = 1000;
/// Bytes of the line that a hit quotes at most; longer ones are cut around the match.
pub const MAX_HIT_LINE: usize = 4096;

/// Directories that one answer names at most: more than anybody looks through.
pub const DIRECTORIES: usize = 100;

/// Encoded bytes of one column at most: a cluster's text, its span (3) and a new pen (1 + three
/// colours of 5 + 2 + 1 + 5) with a link of its own (7 besides its text).
const CELL: usize = MAX_CLUSTER + 3 + 24 + 7;
/// Encoded bytes of one row at most: its columns, its links, its marks (12 each) and its frame.
const ROW: usize = MAX_SIDE as usize * CELL + MAX_ROW_LINKS + MAX_MARKS * 12 + 32;
/// Encoded bytes of a snapshot or update at most: its rows, title, directory, palette (7 each),
/// and the rest, of which every part has a fixed size.
const SCREEN: usize = MAX_SIDE as usize * (ROW + 16) + MAX_TITLE + MAX_DIRECTORY + 256 * 7 + 512;
/// Encoded bytes of a viewer's header at most: a tail that was cut after the row that filled it,
/// and the whole event ring.
const HEADER: usize = TAIL_BYTES + ROW + EVENT_RING_BYTES + EVENT_RING * 32 + 64;

const _: () = assert!(
    HEADER + SCREEN <= MAX_TO_CLIENT,
    "the worst legal screen has to fit"
);
const _: () = assert!(
    ROWS_PER_REQUEST as usize * ROW + 64 <= MAX_TO_CLIENT,
    "the longest answer about history has to fit"
);
const _: () = assert!(
    SEARCH_HITS as usize * (MAX_HIT_LINE + 64) + 64 <= MAX_TO_CLIENT,
    "the longest answer to a search has to fit"
);
const _: () = assert!(
    MAX_PASTE + (2 << 20) < MAX_TO_SERVER,
    "input and specs have to fit"
);
const _: () = assert!(
    MAX_CLIPBOARD + 64 <= EVENT_RING_BYTES,
    "one event has to fit the ring"
);
const _: () = assert!(
    MAX_NOTIFICATION <= MAX_PROSE,
    "a notification has to fit its field"
);
const _: () = assert!(
    PART + 6 + 16 <= 65_535,
    "a frame has to fit one Noise message"
);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::encode_rows;
    use crate::{Color, Link, Mark, MarkKind, Rgb, Row, RowBuilder, Style, Underline};

    /// Each cell as large as it may be, in a style and with a link of its own.
    fn worst_row(number: u16) -> Arc<Row> {
        let mut builder = RowBuilder::default();
        let text = format!("{}e", "\u{301}".repeat(MAX_CLUSTER / 2 - 1)) + "x";
        let text = text.get(..MAX_CLUSTER).unwrap_or(&text);
        assert_eq!(text.len(), MAX_CLUSTER);
        for column in 0..MAX_SIDE {
            let [_, r, g, b] =
                (u32::from(number) * 1000 + u32::from(column) + (1 << 20)).to_be_bytes();
            let color = Color::Rgb(Rgb { r, g, b });
            let style = Style {
                fg: color,
                bg: color,
                underline_color: color,
                underline: Underline::Dashed,
                attrs: crate::Attrs(255),
            };
            let (id, uri) = ("".into(), format!("{number:08}{column:08}").into());
            builder.cluster(text, 1, style, &Some(Arc::new(Link { id, uri })));
        }
        for _ in 0..MAX_MARKS {
            builder.mark(Mark {
                column: MAX_SIDE,
                kind: MarkKind::End(Some(i32::MIN)),
            });
        }
        Arc::new(builder.finish(true))
    }

    #[test]
    fn the_worst_row_is_no_longer_than_its_bound() {
        let rows: Vec<_> = (0..8).map(worst_row).collect();
        assert_eq!(rows.iter().find_map(|row| row.check().err()), None);
        let bytes = encode_rows(&rows).len();
        assert!(bytes <= rows.len() * ROW, "{bytes}");
        // The bound is no guess: it is not far above what there can be.
        assert!(bytes * 4 > rows.len() * ROW * 3, "{bytes}");
    }

    #[test]
    fn links_above_the_bound_of_their_row_are_dropped() {
        let mut builder = RowBuilder::default();
        for n in 0..20 {
            let (id, uri) = ("".into(), format!("{n:02000}").into());
            builder.simple("x", Style::PLAIN, &Some(Arc::new(Link { id, uri })));
        }
        let row = builder.finish(false);
        assert_eq!(
            row.runs().filter(|(run, _)| run.link.is_some()).count(),
            MAX_ROW_LINKS / 2000
        );
        assert_eq!((row.text().len(), row.check()), (20, Ok(())));
    }
}
