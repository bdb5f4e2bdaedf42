use super::super::*;
use super::words;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{collection, prop_assert, prop_assert_eq, proptest};
use std::time::Instant;

/// Bytes that are made of what terminals send, whole, cut and mixed with anything.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "\x1b",
        "\x1b[",
        "\x1bO",
        "\x1b]",
        "\x1bP",
        "\x1b_",
        "\x1b\\",
        "\x07",
        "[",
        "?",
        ">",
        "<",
        "1",
        "27;",
        ";",
        ":",
        "$",
        "c",
        "n",
        "t",
        "y",
        "u",
        "~",
        "M",
        "R",
        "a",
        "A",
        "ö",
        "\u{9b}",
        "\u{9d}",
        "\x1b[200~",
        "\x1b[201~",
        "\x1b[?1;2c",
        "\x1b]11;rgb:0/0/0\x07",
        "\x1b[97;5u",
        "\x1b[M",
        "\r",
        "\x03",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => collection::vec(any::<u8>(), 1..4),
    ];
    collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn outer() -> impl Strategy<Value = Outer> {
    proptest::sample::select(vec![
        Outer::Legacy,
        Outer::ModifyOtherKeys,
        Outer::Kitty(1),
        Outer::Kitty(31),
    ])
}

/// Whether raw bytes hold anything that may never reach a program.
fn is_forbidden(raw: &[u8]) -> bool {
    let [0x1b, second, rest @ ..] = raw else {
        // Not UTF-8: never a C1 control, never anything a program could take for a sequence.
        return raw.iter().any(u8::is_ascii) || (0x80..0xa0).contains(&raw[0]);
    };
    match second {
        b'[' => rest.starts_with(b"?") || rest.last().is_some_and(|last| b"cnty".contains(last)),
        b'O' => false,
        _ => true,
    }
}

proptest! {
    /// Any split of the bytes gives the same values.
    #[test]
    fn splits_change_nothing(bytes in stream(), cuts in collection::vec(0_usize..64, 0..8), outer in outer()) {
        let now = Instant::now();
        let whole = Decoder::new(outer).feed(&bytes, now);
        let mut decoder = Decoder::new(outer);
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.extend(decoder.feed(piece, now));
            rest = after;
        }
        pieces.extend(decoder.feed(rest, now));
        prop_assert_eq!(pieces, whole);
    }

    /// Nothing that a terminal says by itself comes out as raw bytes, whatever the timer does;
    /// and what is kept of unfinished input is bounded.
    #[test]
    fn nothing_forbidden_is_raw(
        pieces in collection::vec((stream(), any::<bool>()), 0..4),
        outer in outer(),
    ) {
        let mut decoder = Decoder::new(outer);
        let mut now = Instant::now();
        let mut values = Vec::new();
        for (piece, silent) in pieces {
            values.extend(decoder.feed(&piece, now));
            if silent {
                now += PASTE_WAIT;
                values.extend(decoder.timeout(now));
            }
        }
        for value in values {
            if let FromTerminal::Raw(raw) = value {
                prop_assert!(!is_forbidden(&raw), "{}", raw.escape_ascii());
            }
        }
    }

    /// A reply in any split between two keys leaves the keys alone, and no byte of it is one.
    #[test]
    fn a_reply_is_never_typed(reply in proptest::sample::select(vec![
        "\x1b[?62;22c", "\x1b[>1;10;0c", "\x1bP>|foot(1.2)\x1b\\", "\x1b[?2026;1$y", "\x1b[?1u",
        "\x1b]11;rgb:1/2/3\x07", "\x1b]4;1;rgb:1/2/3\x1b\\", "\x1b[6;18;9t", "\x1b[?997;1n", "\x1b[24;80R",
        "\x1b_Gi=1;OK\x1b\\", "\x1bP1+r544e=1\x1b\\", "\x1b[0n",
    ]), cut in 0_usize..24, outer in outer()) {
        let bytes = format!("a{reply}b");
        let (first, second) = bytes.as_bytes().split_at(cut.min(bytes.len()));
        let mut decoder = Decoder::new(outer);
        let now = Instant::now();
        let mut values = decoder.feed(first, now);
        values.extend(decoder.feed(second, now));
        values.retain(|value| !matches!(value, FromTerminal::Reply(_)));
        prop_assert_eq!(words(&values), ["a \"a\"", "b \"b\""]);
    }
}
