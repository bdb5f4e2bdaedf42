//! Whole messages within bounds: how the parts of one direction of a channel may follow each other.

use super::limits::KIND;
use crate::limits::PART;
use crate::wire::MORE;

/// Parts that make no message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartFault {
    #[error("a part has no kind, or nothing in it although it is not the last")]
    Short,
    #[error("a part is above {} bytes", PART)]
    LongPart,
    #[error("a message is above {max} bytes")]
    LongMessage { max: usize },
    #[error("a message began before the one before was whole")]
    Mixed,
}

/// What has been seen of a message that is not whole yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    kind: Option<u16>,
    size: usize,
    /// Bytes of a whole message's body at most.
    max: usize,
}

impl Parts {
    pub(super) fn new(max: usize) -> Self {
        Self {
            kind: None,
            size: 0,
            max,
        }
    }

    /// A part is `kind | body`, as in a frame behind its length.
    pub(super) fn add(&mut self, part: &[u8]) -> Result<(), PartFault> {
        let (flags, body) = part.split_first_chunk::<KIND>().ok_or(PartFault::Short)?;
        let flags = u16::from_le_bytes(*flags);
        let (kind, more) = (flags & !MORE, flags & MORE != 0);
        if more && body.is_empty() {
            return Err(PartFault::Short);
        }
        if body.len() > PART {
            return Err(PartFault::LongPart);
        }
        if self.kind.is_some_and(|begun| begun != kind) {
            return Err(PartFault::Mixed);
        }
        let size = self.size.saturating_add(body.len());
        if size > self.max {
            return Err(PartFault::LongMessage { max: self.max });
        }
        (self.kind, self.size) = if more { (Some(kind), size) } else { (None, 0) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: u16, length: usize) -> Vec<u8> {
        let mut part = kind.to_le_bytes().to_vec();
        part.resize(KIND + length, 0);
        part
    }

    #[test]
    fn parts_make_messages_up_to_the_bound() {
        let max = PART + 10;
        let long = Err(PartFault::LongMessage { max });
        for (parts, expected) in [
            (&[part(1, 0), part(2, 5), part(3, PART)][..], Ok(())),
            (&[part(MORE | 1, PART), part(1, 10), part(1, PART)], Ok(())),
            (&[part(MORE | 1, PART), part(1, 11)], long),
            (&[part(MORE | 1, PART), part(MORE | 1, 11)], long),
            (&[part(1, PART + 1)], Err(PartFault::LongPart)),
            (&[part(MORE | 1, 1), part(2, 1)], Err(PartFault::Mixed)),
            (
                &[part(MORE | 1, 1), part(MORE | 2, 1)],
                Err(PartFault::Mixed),
            ),
            (&[part(MORE | 1, 0)], Err(PartFault::Short)),
            (&[vec![1]], Err(PartFault::Short)),
            (&[vec![]], Err(PartFault::Short)),
        ] {
            let mut all = Parts::new(max);
            let result = parts.iter().try_for_each(|part| all.add(part));
            assert_eq!(
                result,
                expected,
                "{:?}",
                parts.iter().map(Vec::len).collect::<Vec<_>>()
            );
        }
    }
}
