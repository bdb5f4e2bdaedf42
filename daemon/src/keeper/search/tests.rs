use abide_protocol::Size;
use abide_protocol::message::TerminalLook;
use abide_screen::{Options, Screen};

use super::*;

fn screen(cols: u16, bytes: &str) -> Screen {
    let mut screen = Screen::new(Options {
        size: Size::clamped(cols, 4),
        look: TerminalLook::default(),
        incarnation: 1,
        version: "",
        history_bytes: 32 << 20,
        allow_checksum: false,
    });
    let mut rest = bytes.as_bytes();
    while !rest.is_empty() {
        rest = &rest[screen.feed(rest)..];
    }
    screen
}

fn query(pattern: &str) -> Search {
    Search {
        pattern: pattern.into(),
        ignore_case: false,
        from: None,
        backwards: false,
        limit: SEARCH_HITS,
    }
}

/// Places as `row:column-row:column`, and where another search goes on.
fn places(screen: &mut Screen, search: &Search) -> (Vec<String>, Option<u64>) {
    let (hits, next, _) = found(screen, search);
    let place = |hit: &Hit| {
        format!(
            "{}:{}-{}:{}",
            hit.start.0, hit.column, hit.end.0, hit.end_column
        )
    };
    (hits.iter().map(place).collect(), next.map(|next| next.0))
}

fn found(screen: &mut Screen, search: &Search) -> (Vec<Hit>, Option<LineNo>, u64) {
    let answer = Query::new(search)
        .unwrap()
        .run(&screen.reader(), LineNo(0), &|| true);
    let Some(Answer::Found {
        hits,
        next,
        searched,
        lost: None,
    }) = answer
    else {
        panic!("{answer:?}");
    };
    (hits, next, searched)
}

#[test]
fn matches_are_named_by_rows_and_columns() {
    let check = |bytes: &str, pattern: &str, expected: &[&str]| {
        let (places, next) = places(&mut screen(10, bytes), &query(pattern));
        assert_eq!(
            (places.as_slice(), next),
            (
                &expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                None
            ),
            "{bytes:?} {pattern}"
        );
    };
    check("one two one", "one", &["0:0-0:3", "0:8-1:1"]);
    check("a\r\nb\r\nc\r\nd\r\ne\r\nbee", "b", &["1:0-1:1", "5:0-5:1"]);
    // A soft wrap is no border, the end of a line is one.
    check("0123456789abc", "9a", &["0:9-1:1"]);
    check("0123456789\r\nabc", "9a", &[]);
    check("x\r\ny", r"x\sy", &[]);
    // Columns are cells.
    check("日本語 ok", "ok", &["0:7-0:9"]);
    check("日本語 ok", "本", &["0:2-0:4"]);
    check("e\u{301}x e\u{301}y", "y", &["0:4-0:5"]);
    check("ae\u{301}", "e", &["0:1-0:2"]);
    check("012345678日本", "日本", &["1:0-1:4"]);
    check("\x1b[31mre\x1b[32md\x1b[m", "red", &["0:0-0:3"]);
    // Empty matches do not count.
    check("aab", "x*", &[]);
    check("aab", "a*", &["0:0-0:2"]);
    check("", ".", &[]);
}

#[test]
fn case_counts_unless_told_otherwise() {
    let mut screen = screen(20, "Error\r\nERROR\r\nÉRROR");
    assert_eq!(places(&mut screen, &query("error")).0, [""; 0]);
    let ignoring = Search {
        ignore_case: true,
        ..query("[eé]rror")
    };
    assert_eq!(places(&mut screen, &ignoring).0.len(), 3);
}

#[test]
fn the_line_is_quoted_around_the_match() {
    let long = format!("{}needle{}", "é ".repeat(3000), "z ".repeat(3000));
    let mut screen = screen(80, &format!("a needle here\r\n{long}"));
    let (hits, ..) = found(&mut screen, &query("needle"));
    let quoted = |hit: &Hit| {
        let before = hit.before as usize;
        hit.line[before..before + hit.length as usize].to_owned()
    };
    assert_eq!((hits.len(), hits[0].line.as_str()), (2, "a needle here"));
    assert_eq!(
        (quoted(&hits[0]), quoted(&hits[1])),
        ("needle".into(), "needle".into())
    );
    assert!(hits[1].line.len() <= MAX_HIT_LINE && hits[1].line.len() > MAX_HIT_LINE - 8);
    let (hits, ..) = found(&mut screen, &query("é.*"));
    assert_eq!(
        (hits[0].before, hits[0].length as usize),
        (0, hits[0].line.len())
    );
    assert!(hits[0].line.len() <= MAX_HIT_LINE);
}

/// Rows of which every third has two matches; the second crosses into the next row of its line.
fn crowd(rows: usize) -> Screen {
    let line = |n: usize| match n % 3 {
        0 => "hit .. .hit".to_owned(),
        _ => format!("row {n}"),
    };
    let lines: Vec<_> = (0..rows).map(line).collect();
    screen(10, &lines.join("\r\n"))
}

#[test]
fn searches_go_on_where_others_ended() {
    let mut screen = crowd(300);
    let all = places(&mut screen, &query("hit")).0;
    assert_eq!(all.len(), 200);
    for (limit, backwards) in [
        (1, false),
        (3, false),
        (7, true),
        (1, true),
        (199, true),
        (200, false),
    ] {
        let mut search = Search {
            limit,
            backwards,
            ..query("hit")
        };
        let mut collected = Vec::new();
        loop {
            let (hits, next) = places(&mut screen, &search);
            assert!(hits.len() <= limit as usize);
            collected.extend(hits);
            let Some(next) = next else { break };
            assert!(
                search
                    .from
                    .is_none_or(|from| (from > LineNo(next)) == backwards)
            );
            search.from = Some(LineNo(next));
        }
        if backwards {
            collected.reverse();
        }
        // A row with more matches than the limit gives as many as the limit.
        if limit > 1 {
            assert_eq!(collected, all, "{limit} {backwards}");
        } else {
            assert_eq!(collected.len(), 100, "{backwards}");
        }
    }
}

#[test]
fn packed_rows_and_those_beyond_a_clear_are_found() {
    let mut screen = crowd(60_000);
    let blocks = screen.take_sealed();
    let mut codec = abide_screen::Codec::default();
    for block in &blocks {
        block.pack(&mut codec);
    }
    let search = Search {
        backwards: true,
        limit: 5,
        ..query(r"^row 7$")
    };
    let (found_places, next) = places(&mut screen, &search);
    assert_eq!((found_places.len(), next), (1, None));
    let mut rest: &[u8] = b"\x1b[3J";
    while !rest.is_empty() {
        rest = &rest[screen.feed(rest)..];
    }
    assert_eq!(places(&mut screen, &search).0, [""; 0]);
    let above = Search {
        from: Some(LineNo(20)),
        ..search
    };
    assert_eq!(places(&mut screen, &above).0, found_places);
}

#[test]
fn what_cannot_be_searched_for_is_refused_in_a_line() {
    let refused = |pattern: &str| Query::new(&query(pattern)).err().unwrap().line;
    assert_eq!(refused("a("), "the pattern cannot be used: unclosed group");
    assert_eq!(
        refused("(?P<n"),
        "the pattern cannot be used: unclosed capture group name"
    );
    assert!(refused(&"x".repeat(MAX_PATTERN + 1)).contains("longer than 1024 bytes"));
    assert!(refused(r"\w{900}{900}").starts_with("the pattern cannot be used: "));
    assert!(refused(r"\w{900}{900}").contains("size"));
}

#[test]
fn nobody_waits_for_an_unwanted_search() {
    let mut screen = crowd(3000);
    let query = Query::new(&query("nothing")).unwrap();
    assert_eq!(query.run(&screen.reader(), LineNo(0), &|| false), None);
}
