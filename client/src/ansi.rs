//! Rows as text with escape sequences, for `capture --ansi`: what a terminal that is sent them
//! line by line shows as it was.

use abide_protocol::{LinkRef, Row, Style};

use crate::paint::write_sgr;

/// One row, without a newline. It begins and ends in the plain style, without a link.
#[must_use]
pub fn row(row: &Row) -> Vec<u8> {
    let mut out = Vec::new();
    let mut style = Style::PLAIN;
    let mut link: LinkRef = None;
    for (run, text) in row.runs() {
        if run.link != link {
            write_link(&run.link, &mut out);
            link.clone_from(&run.link);
        }
        write_sgr(Some(&style), &run.style, &mut out);
        style = run.style;
        out.extend_from_slice(text.as_bytes());
    }
    if link.is_some() {
        write_link(&None, &mut out);
    }
    if style != Style::PLAIN {
        out.extend_from_slice(b"\x1b[m");
    }
    out
}

/// OSC 8.
fn write_link(link: &LinkRef, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b]8;");
    if let Some(link) = link {
        out.extend_from_slice(b"id=");
        out.extend_from_slice(link.id.as_bytes());
        out.push(b';');
        out.extend_from_slice(link.uri.as_bytes());
    } else {
        out.push(b';');
    }
    out.extend_from_slice(b"\x1b\\");
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::{Attrs, Color, Link, RowBuilder};
    use std::sync::Arc;

    #[test]
    fn rows_keep_styles_and_links() {
        let red = Style {
            fg: Color::Indexed(1),
            ..Style::PLAIN
        };
        let bold_red = Style {
            attrs: Attrs::BOLD,
            ..red
        };
        let link = Some(Arc::new(Link {
            id: "7".into(),
            uri: "http://x/".into(),
        }));
        let mut built = RowBuilder::default();
        built.simple("a", Style::PLAIN, &None);
        built.simple("b", red, &None);
        built.cluster("日", 2, bold_red, &link);
        built.simple("c", Style::PLAIN, &None);
        let bytes = row(&built.finish(false));
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "a\x1b[31mb\x1b]8;id=7;http://x/\x1b\\\x1b[1m日\x1b]8;;\x1b\\\x1b[mc"
        );
    }

    #[test]
    fn a_row_ends_plain() {
        let mut built = RowBuilder::default();
        let inverse = Style {
            attrs: Attrs::INVERSE,
            ..Style::PLAIN
        };
        built.simple(" x", inverse, &None);
        assert_eq!(row(&built.finish(false)), b"\x1b[7m x\x1b[m");
        assert_eq!(row(&Row::blank()), b"");
    }
}
