//! Whatever happens, what is shown is whole.

use proptest::prelude::*;

use super::super::*;
use super::bench::{Bench, all_rows, numbered};

#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    Output(String),
    Resize(u16, u16),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    const KEYS: [&str; 43] = [
        "h",
        "j",
        "k",
        "l",
        "w",
        "b",
        "e",
        "0",
        "^",
        "$",
        "H",
        "M",
        "L",
        "g",
        "G",
        "ctrl+u",
        "ctrl+d",
        "ctrl+b",
        "ctrl+f",
        "{",
        "}",
        "[",
        "]",
        "v",
        "V",
        "ctrl+v",
        "o",
        "y",
        "enter",
        "/",
        "?",
        "n",
        "N",
        "1",
        "2",
        "9",
        "a",
        "backspace",
        "pageup",
        "end",
        "esc",
        "q",
        "up",
    ];
    let output = proptest::sample::select(vec![
        "a line\r\n",
        "漢字 wide\r\n",
        "\x1b[H\x1b[2J\x1b[3J",
        "\x1b[?1049h",
        "\x1b[?1049l",
        "a",
        "\r\n\r\n\r\n\r\n\r\n",
        "\x1b]133;A\x07$ ",
        "0123456789012345678901234567890123456789",
    ]);
    prop_oneof![
        8 => proptest::sample::select(KEYS.to_vec()).prop_map(Step::Key),
        4 => proptest::collection::vec(output, 1..6).prop_map(|parts| Step::Output(parts.concat())),
        1 => (1_u16..40, 1_u16..12).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    /// Whatever happens: the picture has the terminal's size, its rows are legal and are those of
    /// the session, and the cursor stands in it.
    #[test]
    fn the_picture_is_whole(steps in proptest::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(20, 6, &numbered(40));
        for step in steps {
            match step {
                Step::Key(name) => bench.key(name),
                Step::Output(text) => bench.feed(&text),
                Step::Resize(columns, rows) => {
                    let size = Size::clamped(columns, rows);
                    bench.scroll.resize(size);
                    bench.screen.resize(size);
                    bench.feed("");
                }
                Step::Clear => {
                    bench.screen.clear_history();
                    bench.feed("x");
                }
            }
            let view = bench.scroll.view(None);
            prop_assert_eq!(view.rows.len(), usize::from(view.size.rows()));
            for row in &view.rows {
                prop_assert_eq!(row.check(), Ok(()));
                prop_assert!(row.cells() <= view.size.cols());
            }
            prop_assert!(view.cursor.row < view.size.rows());
            prop_assert!(view.cursor.column < view.size.cols());
            let (first, rows) = all_rows(&mut bench.screen);
            let main = bench.screen.snapshot().book == Book::Main;
            let scroll = &bench.scroll;
            for (line, shown) in (scroll.view.0..).zip(&view.rows[..view.rows.len() - 1]) {
                let inside = line >= first.0 && LineNo(line) < scroll.document.end();
                let wanted = rows.get(line.saturating_sub(first.0) as usize);
                if let (true, true, Some(wanted)) = (inside, main, wanted)
                    && scroll.left == 0
                {
                    let wanted: String = wanted.text().trim_end().to_owned();
                    prop_assert!(wanted.starts_with(shown.text().trim_end()), "{line}");
                }
            }
        }
    }
}
