//! A parser, saved: the bytes of what is not complete.

use minicbor::{Decode, Encode};

use super::{Decoded, MAX_DCS, MAX_OSC, Parser, State, decode};
use crate::underway::Underway;

/// Which kind of string is being collected.
#[derive(Clone, Copy, Encode, Decode)]
#[cbor(index_only)]
enum Kind {
    #[n(0)]
    Osc,
    #[n(1)]
    Dcs,
    #[n(2)]
    Skip,
}

#[derive(Encode, Decode)]
pub(crate) struct SavedParser {
    /// An incomplete UTF-8 sequence.
    #[cbor(n(0), with = "minicbor::bytes")]
    partial: Vec<u8>,
    /// An incomplete escape or control sequence; see [`Underway`].
    #[cbor(n(1), with = "minicbor::bytes")]
    sequence: Vec<u8>,
    /// An incomplete string: its kind, what it holds, and that it is too long to be looked at.
    #[n(2)]
    kind: Option<Kind>,
    #[cbor(n(3), with = "minicbor::bytes")]
    string: Vec<u8>,
    #[n(4)]
    overlong: bool,
}

/// Takes no notice of anything.
struct Deaf;

impl vte::Perform for Deaf {}

impl Parser {
    pub(crate) fn save(&self) -> SavedParser {
        let kind = match self.state {
            State::Osc => Some(Kind::Osc),
            State::Dcs => Some(Kind::Dcs),
            State::Skip => Some(Kind::Skip),
            State::Ground | State::Escape | State::EscapeIntermediate | State::Csi => None,
        };
        SavedParser {
            partial: self.partial[..self.partial_len].to_vec(),
            sequence: self.underway.bytes().to_vec(),
            kind,
            string: self.string.clone(),
            overlong: kind.is_some() && self.overlong,
        }
    }

    pub(crate) fn load(saved: SavedParser) -> Result<Self, String> {
        let mut parser = Self::new();
        if !saved.partial.is_empty() {
            let incomplete = matches!(decode(&saved.partial), Decoded::Incomplete);
            let place = parser.partial.get_mut(..saved.partial.len());
            let (Some(place), true) = (place, incomplete) else {
                return Err("not a part of a character".into());
            };
            place.copy_from_slice(&saved.partial);
            parser.partial_len = saved.partial.len();
        }
        parser.underway = Underway::of(&saved.sequence).ok_or("not a part of a sequence")?;
        parser.vte.advance(&mut Deaf, parser.underway.bytes());
        let (state, bound) = match saved.kind {
            Some(Kind::Osc) => (State::Osc, MAX_OSC),
            Some(Kind::Dcs) => (State::Dcs, MAX_DCS),
            Some(Kind::Skip) => (State::Skip, 0),
            None => (parser.sequence_state(), 0),
        };
        let parts = [
            parser.partial_len > 0,
            !saved.sequence.is_empty(),
            saved.kind.is_some(),
        ];
        if saved.string.len() > bound || parts.iter().filter(|part| **part).count() > 1 {
            return Err("more than can be incomplete".into());
        }
        parser.state = state;
        parser.string = saved.string;
        parser.overlong = saved.overlong;
        Ok(parser)
    }

    /// The state that the sequence under way means.
    fn sequence_state(&self) -> State {
        let underway = &self.underway;
        if underway.is_control_sequence() {
            State::Csi
        } else if underway.has_intermediates() {
            State::EscapeIntermediate
        } else if underway.bytes().is_empty() {
            State::Ground
        } else {
            State::Escape
        }
    }
}
