//! Text of rows by columns.

use abide_protocol::{Row, Shape};

/// The byte of a row's text where the cell that covers `column` begins; the text's end beyond.
#[must_use]
pub fn byte_of(row: &Row, column: u16) -> usize {
    let mut left = usize::from(column);
    let mut bytes = 0;
    for (run, text) in row.runs() {
        let cells = usize::from(run.cells);
        if left < cells {
            return bytes
                + match run.shape {
                    Shape::Simple => text
                        .char_indices()
                        .nth(left)
                        .map_or(text.len(), |(at, _)| at),
                    Shape::Cluster => 0,
                };
        }
        left -= cells;
        bytes += text.len();
    }
    bytes
}

/// The text in columns `[from, to)`. A cluster belongs to the column where it begins.
#[must_use]
pub fn slice(row: &Row, from: u16, to: u16) -> &str {
    let begin = |column: u16| {
        let byte = byte_of(row, column);
        // The second column of a wide cluster: the cluster lies before it.
        if column > 0 && byte_of(row, column - 1) == byte {
            next_cell(row, byte)
        } else {
            byte
        }
    };
    let (from, to) = (begin(from), begin(to));
    row.text().get(from..to).unwrap_or("")
}

/// The byte behind the cell that begins at `byte`.
fn next_cell(row: &Row, byte: usize) -> usize {
    let mut bytes = 0;
    for (run, text) in row.runs() {
        if byte < bytes + text.len() {
            return match run.shape {
                Shape::Cluster => bytes + text.len(),
                Shape::Simple => text
                    .get(byte - bytes..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(byte, |c| byte + c.len_utf8()),
            };
        }
        bytes += text.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::{RowBuilder, Style};

    #[test]
    fn columns_are_not_characters() {
        let mut builder = RowBuilder::default();
        builder.simple("aö", Style::PLAIN, &None);
        builder.cluster("漢", 2, Style::PLAIN, &None);
        builder.cluster("e\u{301}", 1, Style::PLAIN, &None);
        builder.simple("z", Style::PLAIN, &None);
        let row = builder.finish(false);
        let check =
            |from, to, expected| assert_eq!(slice(&row, from, to), expected, "{from}..{to}");
        check(0, 99, "aö漢e\u{301}z");
        check(0, 0, "");
        check(1, 2, "ö");
        check(1, 3, "ö漢");
        check(2, 4, "漢");
        check(3, 5, "e\u{301}");
        check(4, 5, "e\u{301}");
        check(5, 9, "z");
        check(9, 10, "");
        check(5, 2, "");
    }
}
