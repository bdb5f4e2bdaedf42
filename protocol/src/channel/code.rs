//! The code that a new device shows and a person types where it is approved.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::entropy::CryptoFault;
use super::keys::derive;

/// Digits of a code.
const DIGITS: usize = 6;
/// Codes that there are.
const CODES: u64 = 1_000_000;

/// Six digits that both ends derive from their handshake: another handshake, another code. Shown
/// with [`fmt::Display`], by the device only; its `Debug` says nothing.
#[derive(Clone, Copy)]
pub struct Code([u8; DIGITS]);

impl Code {
    pub(super) fn of(handshake: &[u8; 32]) -> Result<Self, CryptoFault> {
        let mut bytes = [0; 8];
        derive(handshake, b"abide/v1/code", &mut bytes)?;
        let mut rest = u64::from_be_bytes(bytes) % CODES;
        let mut digits = [0; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Ok(Self(digits))
    }

    /// What a person typed; blanks and hyphens between the digits do not count.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let digits = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let digits = digits.map(|c| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()));
        let digits: Option<Vec<u8>> = digits.collect();
        digits?.try_into().ok().map(Self)
    }
}

/// In constant time.
impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for (typed, expected) in [
            ("012345", Some("012345")),
            (" 012 345\n", Some("012345")),
            ("012-345", Some("012345")),
            ("01234", None),
            ("0123456", None),
            ("01234a", None),
            ("０12345", None),
            ("", None),
        ] {
            let code = Code::parse(typed).map(|code| code.to_string());
            assert_eq!(code.as_deref(), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_code_comes_from_its_handshake() {
        let code = |byte| Code::of(&[byte; 32]).unwrap();
        assert_eq!(code(1), code(1));
        assert_ne!(code(1), code(2));
        assert_eq!(Code::parse(&code(1).to_string()), Some(code(1)));
        assert_eq!(format!("{:?}", code(1)), "Code(..)");
    }
}
