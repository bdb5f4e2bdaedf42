//! A pairing link as a QR code of half blocks.

use qrcode::{Color, EcLevel, QrCode};

/// Modules of nothing around a code, as the standard has it: without them it is not found.
const QUIET: usize = 4;
/// Black on white, both said: a code in the terminal's own colours may be white on black.
const INK: &str = "\x1b[0;38;5;16;48;5;231m";
const PLAIN: &str = "\x1b[m";

/// A code, ready to be drawn.
pub(super) struct Picture {
    /// Rows of modules with the quiet zone; dark is true.
    modules: Vec<Vec<bool>>,
}

impl Picture {
    /// `None`: the text is too long for any code.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let width = code.width();
        let colors = code.to_colors();
        let blank = vec![false; width + 2 * QUIET];
        let rows = colors.chunks(width).map(|row| {
            let mut modules = vec![false; QUIET];
            modules.extend(row.iter().map(|color| *color == Color::Dark));
            modules.resize(width + 2 * QUIET, false);
            modules
        });
        let mut modules = vec![blank.clone(); QUIET];
        modules.extend(rows);
        modules.extend(vec![blank; QUIET]);
        Some(Self { modules })
    }

    /// Columns and rows that it takes.
    pub(super) fn size(&self) -> (usize, usize) {
        let columns = self.modules.first().map_or(0, Vec::len);
        (columns, self.modules.len().div_ceil(2))
    }

    /// One line of the terminal for two rows of modules.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |rows: &[Vec<bool>]| {
            let (upper, lower) = (rows.first(), rows.get(1));
            let columns = upper.map_or(0, Vec::len);
            let dark = |row: Option<&Vec<bool>>, at: usize| {
                row.and_then(|row| row.get(at)).copied().unwrap_or(false)
            };
            let cells = (0..columns).map(|at| match (dark(upper, at), dark(lower, at)) {
                (false, false) => ' ',
                (true, false) => '▀',
                (false, true) => '▄',
                (true, true) => '█',
            });
            format!("{INK}{}{PLAIN}", cells.collect::<String>())
        };
        self.modules.chunks(2).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_quiet_zone_and_says_its_colours() {
        let link = format!(
            "https://desk.tail1234.ts.net:7443/p#v1.{}",
            "aZ_x-".repeat(14)
        );
        let picture = Picture::of(&link).unwrap();
        let (columns, rows) = picture.size();
        // Version 6 is 41 modules wide.
        assert_eq!((columns, rows), (41 + 8, 25));
        let lines = picture.lines();
        assert_eq!(lines.len(), rows);
        for line in &lines {
            assert!(line.starts_with(INK) && line.ends_with(PLAIN));
            let cells: Vec<char> = line[INK.len()..line.len() - PLAIN.len()].chars().collect();
            assert_eq!(cells.len(), columns);
            assert!(
                cells[..QUIET]
                    .iter()
                    .chain(&cells[columns - QUIET..])
                    .all(|c| *c == ' ')
            );
        }
        let quiet = |line: &String| {
            line.trim_start_matches(INK)
                .starts_with(&" ".repeat(columns))
        };
        assert!(lines[..2].iter().all(quiet) && quiet(&lines[rows - 2]));
    }

    #[test]
    fn what_is_too_long_has_no_picture() {
        assert!(Picture::of(&"x".repeat(5000)).is_none());
    }
}
