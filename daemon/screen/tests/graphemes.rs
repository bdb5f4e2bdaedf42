//! Grapheme clusters to the letter of Unicode 17: the standard's own cases, and any text of
//! characters that meet its rules, in every split of the bytes.

mod support;

use abide_protocol::{Book, LineNo, Shape};
use abide_screen::Screen;
use proptest::prelude::*;
use support::{after, feed, screen};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

const CASES: &str = include_str!("data/grapheme-breaks.txt");

/// Clusters of the first row, without blanks at its end.
fn clusters(screen: &mut Screen) -> Vec<String> {
    let mut clusters = Vec::new();
    for (run, text) in screen.snapshot().rows[0].runs() {
        match run.shape {
            Shape::Simple => clusters.extend(text.chars().map(String::from)),
            Shape::Cluster => clusters.push(text.to_owned()),
        }
    }
    while clusters.last().is_some_and(|last| last == " ") {
        clusters.pop();
    }
    clusters
}

/// What has no column of its own and nothing to join is not shown.
fn shown(clusters: impl Iterator<Item = String>) -> Vec<String> {
    let columns = |c: char| c == '\u{ad}' || c.width() > Some(0);
    let mut shown: Vec<String> = clusters
        .map(|cluster| cluster.trim_start_matches(|c| !columns(c)).to_owned())
        .filter(|cluster| !cluster.is_empty())
        .collect();
    while shown.last().is_some_and(|last| last == " ") {
        shown.pop();
    }
    shown
}

fn check(text: &str, expected: &[String]) {
    let mut whole = after(120, 2, text);
    assert_eq!(
        clusters(&mut whole),
        expected,
        "{:?}",
        text.escape_unicode().to_string()
    );
    let mut split = screen(120, 2);
    for byte in text.bytes() {
        assert_eq!(split.feed(&[byte]), 1);
    }
    assert_eq!(
        split.snapshot().rows,
        whole.snapshot().rows,
        "{text:?} split"
    );
}

#[test]
fn the_standards_cases() {
    let mut tested = 0;
    for line in CASES.lines().filter(|line| !line.starts_with('#')) {
        let hex = |code: &str| u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        let clusters = line
            .split('/')
            .map(|cluster| cluster.split('x').filter_map(hex).collect());
        let clusters: Vec<String> = clusters.collect();
        let text = clusters.concat();
        // Controls are not text.
        if text.chars().any(char::is_control) {
            continue;
        }
        tested += 1;
        check(&text, &shown(clusters.into_iter()));
    }
    assert!(tested > 500, "{tested}");
}

/// Characters of every kind that the rules know.
const KINDS: &str = "[a #0-9\u{e9}\u{301}\u{308}\u{200d}\u{200b}\u{200c}\u{fe0e}\u{fe0f}\u{20e3}\u{600}\u{903}\
    \u{1f1e9}\u{1f1ea}\u{1f468}\u{1f469}\u{1f467}\u{2764}\u{26a0}\u{a9}\u{1f44d}\u{1f3fd}\u{1f3f4}\u{e0067}\u{e007f}\
    \u{1100}\u{1160}\u{1161}\u{11a8}\u{ac00}\u{ac01}\u{d7b0}\u{915}\u{937}\u{93c}\u{94d}\u{94f}\u{ad}\u{d4e}\u{4e00}\u{1b44}\u{1b13}\u{1b0b}]{1,12}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_cut_where_the_standard_cuts(text in KINDS) {
        check(&text, &shown(text.graphemes(true).map(str::to_owned)));
    }

    /// What was met before takes a short way, and a byte at a time the long one.
    #[test]
    fn text_that_comes_again_is_printed_the_same(
        texts in prop::collection::vec((KNOWN, CONTROL), 1..6),
        cols in 1u16..20,
        rows in 1u16..4,
    ) {
        let once: String = texts.iter().flat_map(|(text, control)| [text.as_str(), control]).collect();
        let bytes = once.repeat(4) + "\x1b[2b";
        let (mut whole, mut split) = (screen(cols, rows), screen(cols, rows));
        feed(&mut whole, &bytes);
        for byte in bytes.as_bytes() {
            feed(&mut split, [*byte]);
        }
        let history = |screen: &Screen| screen.rows(Book::Main, LineNo(0), u64::MAX);
        prop_assert_eq!(history(&whole), history(&split));
        let (whole, split) = (whole.snapshot(), split.snapshot());
        prop_assert_eq!(&whole.rows, &split.rows);
        prop_assert_eq!(whole.cursor, split.cursor);
    }
}

/// Text in which the same neighbours meet again and again.
const KNOWN: &str = "(ab|c |e\u{301}|\u{e9}|\u{4e00}|\u{65e5}|\u{26a0}|\u{26a0}\u{fe0f}|\u{231a}\u{fe0e}|\u{200b}|\u{600}|\
    \u{1f469}\u{200d}\u{1f467}|\u{1f44d}\u{1f3fd}|\u{2500}|\u{ff76}|\u{fe0f}){1,9}";
/// What may stand between, on the way to another state.
const CONTROL: &str = "(|\r\n|\r|\x1b\\[C|\x1b\\[D|\x1b\\[4h|\x1b\\[4l|\x1b\\[1\"q|\x1b\\[0\"q|\x1b\\[41m|\
    \x1b\\[m|\x1b\\[\\?7l|\x1b\\[\\?7h|\x1b\\[\\?2027l|\x1b\\[\\?2027h|\x1b\\(0|\x1b\\(B|\x1b\\[\\?69h\x1b\\[2;6s)";

/// Columns of clusters, and where the cursor is after them.
#[test]
fn widths() {
    for (name, text, columns) in [
        ("letter", "a", 1),
        ("mark", "e\u{301}", 1),
        ("text style", "\u{231a}\u{fe0e}", 1),
        ("emoji style", "\u{2602}\u{fe0f}", 2),
        ("no emoji style", "a\u{fe0f}", 1),
        ("keycap", "#\u{fe0f}\u{20e3}", 2),
        ("flag", "\u{1f1e9}\u{1f1ea}", 2),
        ("two flags", "\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}", 4),
        (
            "subdivision flag",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            2,
        ),
        ("skin tone", "\u{1f44d}\u{1f3fd}", 2),
        (
            "family",
            "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
            2,
        ),
        ("profession", "\u{1f9d1}\u{1f3fd}\u{200d}\u{1f680}", 2),
        ("rainbow flag", "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}", 2),
        ("heart on fire", "\u{2764}\u{fe0f}\u{200d}\u{1f525}", 2),
        ("syllable", "\u{1112}\u{1161}\u{11ab}", 2),
        ("precomposed syllable and final", "\u{ac00}\u{11a8}", 2),
        ("conjunct", "\u{915}\u{94d}\u{937}", 2),
        ("conjunct with nukta", "\u{915}\u{93c}\u{94d}\u{937}", 2),
    ] {
        let mut screen = after(20, 1, format!("{text}\x1b[6n"));
        let reply = format!("\x1b[1;{}R", columns + 1).into_bytes();
        assert_eq!(screen.take_replies(), reply, "{name}");
    }
}

/// Without mode 2027 a code point is as wide as it is alone, and only marks join.
#[test]
fn without_clusters() {
    let mut screen = after(
        20,
        1,
        "\x1b[?2027l\u{1f1e9}\u{1f1ea}\u{1f44d}\u{1f3fd}e\u{301}",
    );
    assert_eq!(
        clusters(&mut screen),
        [
            "\u{1f1e9}",
            "\u{1f1ea}",
            "\u{1f44d}",
            "\u{1f3fd}",
            "e\u{301}"
        ]
    );
    feed(&mut screen, "\x1b[?2027h\r\x1b[K\u{1f44d}\u{1f3fd}");
    assert_eq!(clusters(&mut screen), ["\u{1f44d}\u{1f3fd}"]);
}
