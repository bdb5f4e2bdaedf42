use super::super::*;
use proptest::{prop_assert, proptest};

#[test]
fn pastes() {
    let check = |text: &str, bracketed, expected: &str| {
        let mut out = Vec::new();
        encode_paste(text, bracketed, &mut out);
        assert_eq!(out.escape_ascii().to_string(), expected, "{text:?}");
    };
    check("a\nb\r\nc\rd\n\ne\t", false, "a\\rb\\rc\\rd\\r\\re\\t");
    check(
        "x\x1b[201~y\u{9b}\x7f\0",
        true,
        "\\x1b[200~x[201~y\\x1b[201~",
    );
    check("", true, "\\x1b[200~\\x1b[201~");
}

#[test]
fn lines_need_a_word_only_without_brackets() {
    let plain = Modes::default();
    let bracketed = Modes {
        bracketed_paste: true,
        ..plain
    };
    for (text, expected) in [("one", false), ("one\ntwo", true), ("one\rtwo", true)] {
        assert_eq!(needs_confirm(text, &plain), expected, "{text:?}");
        assert!(!needs_confirm(text, &bracketed));
    }
}

proptest! {
    /// A paste holds no control character but tab and CR, whatever it was made of.
    #[test]
    fn a_paste_acts_as_no_key(pasted in "(?s).*", bracketed: bool) {
        let mut out = Vec::new();
        encode_paste(&pasted, bracketed, &mut out);
        let out = String::from_utf8(out).unwrap();
        let inner = if bracketed {
            out.strip_prefix("\x1b[200~").and_then(|o| o.strip_suffix("\x1b[201~")).unwrap()
        } else {
            &out
        };
        prop_assert!(inner.chars().all(|c| !c.is_control() || c == '\t' || c == '\r'));
    }
}
