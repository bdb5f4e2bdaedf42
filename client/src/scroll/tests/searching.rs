//! Searches and prompts.

use abide_protocol::Row;

use super::bench::{Bench, numbered};

/// Searches for `pattern` and then types keys; where the cursor is.
#[test]
fn matches_are_found_both_ways_and_around_the_end() {
    let mut text = numbered(500);
    text = text.replace("\r\n120\r\n", "\r\nneedle one\r\n");
    text = text.replace("\r\n300\r\n", "\r\nx Needle needle\r\n");
    text = text.replace("\r\n450\r\n", "\r\nneedle\r\n");
    let check = |keys: &str, expected: &[(u64, u16)]| {
        let mut bench = Bench::new(40, 11, &text);
        let mut found = Vec::new();
        for part in keys.split('|') {
            bench.keys(part);
            found.push(bench.at());
        }
        assert_eq!(found, expected, "{keys}");
    };
    check(
        "g g / 'needle enter|n|n|n|n",
        &[(119, 0), (299, 2), (299, 9), (449, 0), (119, 0)],
    );
    check(
        "? 'needle enter|n|n|n|n",
        &[(449, 0), (299, 9), (299, 2), (119, 0), (449, 0)],
    );
    check("g g / 'needle enter|N|N", &[(119, 0), (449, 0), (299, 9)]);
    // Capitals are meant where there is one.
    check("g g / 'Needle enter|n", &[(299, 2), (299, 2)]);
    // The search follows what is typed; Escape goes back.
    check(
        "g g / 'nee|'dle|backspace|esc",
        &[(119, 0), (119, 0), (119, 0), (0, 0)],
    );
    check("g g / 'x esc n", &[(0, 0)]);
    // An empty pattern means the last one.
    check(
        "g g / 'needle enter|/ enter|? enter",
        &[(119, 0), (299, 2), (119, 0)],
    );
    check("g g j / 'nothing enter", &[(1, 0)]);
}

#[test]
fn a_search_says_what_came_of_it() {
    let mut bench = Bench::new(60, 8, &numbered(30));
    bench.keys("n");
    assert!(
        bench.status().contains("nothing was searched for"),
        "{}",
        bench.status()
    );
    bench.keys("/ 'absent");
    assert!(bench.status().starts_with("/absent"), "{}", bench.status());
    assert!(
        bench.status().ends_with("not found: absent"),
        "{}",
        bench.status()
    );
    bench.keys("enter");
    assert!(bench.status().contains("not found: absent"));
    bench.keys("/ '( enter");
    assert!(
        bench.status().contains("the pattern cannot be used"),
        "{}",
        bench.status()
    );
    bench.keys("? '17 enter n");
    assert!(
        bench.status().contains("went on at the other end"),
        "{}",
        bench.status()
    );
}

#[test]
fn matches_in_view_are_marked() {
    let mut bench = Bench::new(40, 8, "a foo b foo\r\nnothing\r\nfoo\r\n");
    bench.keys("g g / 'foo enter");
    let marked = |bench: &Bench| -> Vec<Vec<String>> {
        let view = bench.scroll.view(None);
        let marks = |row: &std::sync::Arc<Row>| {
            row.runs()
                .filter(|(run, _)| run.style.bg != abide_protocol::Color::Default)
                .map(|(_, text)| text.to_owned())
                .collect()
        };
        view.rows.iter().take(3).map(marks).collect()
    };
    assert_eq!(marked(&bench), [vec!["foo", "foo"], vec![], vec!["foo"]]);
    let view = bench.scroll.view(None);
    let colors: Vec<_> = view.rows[0].runs().map(|(run, _)| run.style.bg).collect();
    assert_ne!(
        colors[1], colors[3],
        "the one at the cursor looks different"
    );
    // What comes later is marked too.
    bench.feed("and foo");
    let view = bench.scroll.view(None);
    assert_eq!(view.rows[3].run_count(), 2);
}

#[test]
fn prompts_are_found_through_all_of_the_history() {
    let prompt = "\x1b]133;A\x07$ \x1b]133;B\x07";
    let mut text = String::new();
    for n in 0..5 {
        text += &[prompt, "command ", &n.to_string(), "\r\n\x1b]133;C\x07"].concat();
        text += &"output\r\n".repeat(1000);
    }
    let mut bench = Bench::new(40, 11, &text);
    let mut lines = Vec::new();
    for _ in 0..5 {
        bench.keys("[");
        lines.push(bench.at().0);
    }
    assert_eq!(lines, [4004, 3003, 2002, 1001, 0]);
    bench.keys("[");
    assert!(
        bench.status().contains("no prompt is marked above"),
        "{}",
        bench.status()
    );
    bench.keys("2 ]");
    assert_eq!(bench.at().0, 2002);
    assert_eq!(
        bench
            .shown()
            .iter()
            .filter(|row| row.starts_with("$ command 2"))
            .count(),
        1
    );
}
