//! The escape or control sequence under way, as the fewest bytes that bring a new `vte` parser to
//! the same state. `vte` does not show its state; this stands for it when a screen is saved.
//!
//! What changes nothing any more is left out: controls, which were carried out when they came,
//! leading zeros, digits beyond those that a parameter holds, and what a full parameter list or
//! a malformed sequence ignores. So it is bounded however long the sequence is.

const ESC: u8 = 0x1b;
/// Parameters and their parts that `vte` keeps.
const PARAMETERS: u8 = 32;
/// Digits after which a parameter has its greatest value.
const DIGITS: u8 = 6;
/// Intermediates after which further ones change nothing: one more than `vte` keeps.
const INTERMEDIATES: u8 = 3;

/// Part of a control sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Part {
    #[default]
    Begin,
    Parameters,
    Intermediates,
    /// Malformed: nothing matters but its end.
    Ignored,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Underway {
    bytes: Vec<u8>,
    part: Part,
    /// Digits of the last parameter, separators, intermediates.
    digits: u8,
    separators: u8,
    intermediates: u8,
    /// What came after the parameter list was full has been told.
    told_full: bool,
}

impl Underway {
    /// The sequence that these bytes bring about; `None` if they are not the fewest.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let mut underway = Self::default();
        underway.add(bytes);
        (underway.bytes == bytes).then_some(underway)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A control sequence, that is, `ESC [` has been seen.
    pub(crate) fn is_control_sequence(&self) -> bool {
        self.bytes.get(1) == Some(&b'[')
    }

    pub(crate) fn has_intermediates(&self) -> bool {
        self.intermediates > 0
    }

    pub(crate) fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self {
            bytes,
            ..Self::default()
        };
    }

    /// Adds bytes of one sequence that they do not end. An ESC begins anew.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == ESC {
                self.clear();
                self.bytes.push(ESC);
            } else if self.is_control_sequence() {
                self.add_to_control(*byte);
            } else if !self.bytes.is_empty() {
                self.add_to_escape(*byte);
            }
        }
    }

    fn add_to_escape(&mut self, byte: u8) {
        match byte {
            0x20..=0x2f => self.intermediate(byte),
            b'[' if self.intermediates == 0 => self.bytes.push(byte),
            _ => {}
        }
    }

    fn add_to_control(&mut self, byte: u8) {
        match (self.part, byte) {
            (Part::Begin | Part::Parameters, b'0'..=b'9') => {
                self.part = Part::Parameters;
                self.digit(byte);
            }
            (Part::Begin | Part::Parameters, b':' | b';') => {
                self.part = Part::Parameters;
                self.separator(byte);
            }
            (Part::Begin, 0x3c..=0x3f) => {
                self.part = Part::Parameters;
                self.intermediate(byte);
            }
            (Part::Parameters, 0x3c..=0x3f) | (Part::Intermediates, 0x30..=0x3f) => {
                self.part = Part::Ignored;
                self.bytes.push(byte);
            }
            (Part::Begin | Part::Parameters | Part::Intermediates, 0x20..=0x2f) => {
                // The first one begins a part, so it counts even when no more are kept.
                let first = self.part != Part::Intermediates;
                self.part = Part::Intermediates;
                if first && self.intermediates >= INTERMEDIATES {
                    self.bytes.push(byte);
                } else {
                    self.intermediate(byte);
                }
            }
            _ => {}
        }
    }

    fn intermediate(&mut self, byte: u8) {
        if self.intermediates < INTERMEDIATES {
            self.intermediates += 1;
            self.bytes.push(byte);
        }
    }

    /// The parameter list has no room: the first byte that shows it is kept.
    fn full(&mut self, byte: u8) -> bool {
        let full = self.separators >= PARAMETERS;
        if full && !self.told_full {
            self.told_full = true;
            self.bytes.push(byte);
        }
        full
    }

    fn digit(&mut self, byte: u8) {
        if self.full(byte) {
            return;
        }
        if self.digits == 1 && self.bytes.last() == Some(&b'0') {
            self.bytes.pop();
            self.digits = 0;
        }
        if self.digits < DIGITS {
            self.digits += 1;
            self.bytes.push(byte);
        }
    }

    fn separator(&mut self, byte: u8) {
        if !self.full(byte) {
            self.digits = 0;
            self.separators += 1;
            self.bytes.push(byte);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use vte::{Params, Perform};

    use super::*;

    #[derive(Default)]
    struct Log(Vec<String>);

    impl Perform for Log {
        fn csi_dispatch(&mut self, params: &Params, between: &[u8], ignore: bool, last: char) {
            let params: Vec<Vec<u16>> = params.iter().map(<[u16]>::to_vec).collect();
            self.0
                .push(format!("{params:?} {between:?} {ignore} {last}"));
        }

        fn esc_dispatch(&mut self, between: &[u8], ignore: bool, last: u8) {
            self.0.push(format!("{between:?} {ignore} {last}"));
        }
    }

    /// What comes of `begin` and then `end`.
    fn outcome(begin: &[u8], end: &[u8]) -> Vec<String> {
        let mut parser = vte::Parser::new();
        parser.advance(&mut Log::default(), begin);
        let mut log = Log::default();
        parser.advance(&mut log, end);
        log.0
    }

    fn inner() -> impl Strategy<Value = Vec<u8>> {
        let some = |bytes: &'static [u8], most: usize| {
            prop::collection::vec(prop::sample::select(bytes.to_vec()), 0..most)
        };
        let parts = prop_oneof![
            some(b"0123456789;:", 12),
            some(b";:1", 80),
            some(b"?<=>", 2),
            some(b" !\"#$*", 5),
            some(b"\x00\x07\x7f\x80\xff", 3),
            some(b"0", 9),
        ];
        prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_fewest_bytes_do_the_same(control: bool, inner in inner()) {
            let mut begin = vec![ESC];
            if control {
                begin.push(b'[');
                begin.extend(inner);
            } else {
                begin.extend(inner.into_iter().filter(|byte| !(0x30..0x7f).contains(byte)));
            }
            let mut underway = Underway::default();
            underway.add(&begin);
            for end in ["m", "5;7m", ":3;4p", "?1h", " q", "!!p", "1"] {
                let end = format!("{end}H\x1b[2m");
                prop_assert_eq!(
                    outcome(&begin, end.as_bytes()),
                    outcome(underway.bytes(), end.as_bytes())
                );
            }
            prop_assert!(underway.bytes().len() <= 256);
            prop_assert_eq!(Underway::of(underway.bytes()), Some(underway));
        }
    }

    #[test]
    fn a_sequence_without_end_stays_small() {
        let mut underway = Underway::default();
        underway.add(b"\x1b[");
        for bytes in [&b"0123456789"[..], b";", b":;", b"999999999", b"    "] {
            for _ in 0..10_000 {
                underway.add(bytes);
            }
        }
        assert!(underway.bytes().len() <= 256);
    }
}
