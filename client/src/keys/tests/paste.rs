use super::super::*;
use super::{check, words};
use abide_protocol::limits::MAX_PASTE;
use std::time::Instant;

#[test]
fn pastes() {
    check(&[
        (
            "\x1b[200~a\rb\r\nc\x1b[201~d",
            &["paste \"a\\nb\\nc\"", "d \"d\""],
        ),
        ("\x1b[200~\x1b[201~", &["paste \"\""]),
        (
            "\x1b[200~\x1b[A\x1b[201\x1b[201~",
            &["paste \"\\u{1b}[A\\u{1b}[201\""],
        ),
        ("\x1b[200~öÖ\x1b[201~", &["paste \"öÖ\""]),
        ("\x1b[201~x", &["x \"x\""]),
    ]);
}

#[test]
fn a_large_paste_comes_in_pieces_and_whole() {
    let text = "ö\r\n".repeat(MAX_PASTE);
    let bytes = format!("\x1b[200~{text}\x1b[201~");
    let pieces = |size| {
        let mut decoder = Decoder::default();
        let chunks = bytes.as_bytes().chunks(size);
        let values: Vec<_> = chunks
            .flat_map(|chunk| decoder.feed(chunk, Instant::now()))
            .collect();
        let texts = values.into_iter().map(|value| match value {
            FromTerminal::Paste(text) => text,
            other => panic!("{other:?}"),
        });
        texts.collect::<Vec<_>>()
    };
    let whole = pieces(bytes.len());
    assert!(whole.iter().all(|piece| piece.len() <= MAX_PASTE));
    assert_eq!(whole.concat(), text.replace("\r\n", "\n"));
    assert_eq!(pieces(4093), whole);
}

#[test]
fn a_paste_of_garbage_stays_bounded() {
    let bytes = [&b"\x1b[200~"[..], &b"\xff".repeat(MAX_PASTE), b"\x1b[201~"].concat();
    let values = Decoder::default().feed(&bytes, Instant::now());
    let lengths = values.iter().map(|value| match value {
        FromTerminal::Paste(text) => text.len(),
        other => panic!("{other:?}"),
    });
    let lengths: Vec<_> = lengths.collect();
    assert!(lengths.iter().all(|length| *length <= MAX_PASTE));
    assert_eq!(lengths.iter().sum::<usize>(), 3 * MAX_PASTE);
}

#[test]
fn a_paste_that_does_not_end_is_not_lost() {
    let mut decoder = Decoder::new(Outer::Kitty(1));
    let begin = Instant::now();
    assert_eq!(decoder.feed(b"\x1b[200~abc", begin), []);
    assert_eq!(decoder.deadline(), Some(begin + PASTE_WAIT));
    let late = decoder.timeout(begin + PASTE_WAIT);
    assert_eq!(words(&late), ["paste \"abc\""]);
    assert_eq!(decoder.deadline(), None);
    assert_eq!(words(&decoder.feed(b"d\x1b[201~", begin)), ["paste \"d\""]);
}
