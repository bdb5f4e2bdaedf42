//! The kitty keyboard flags of one screen, as a stack.

use minicbor::{Decode, Encode};

use crate::limits::MAX_KEYBOARD_STACK;

const ALL: u8 = 0b1_1111;

#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(crate) struct Keyboard {
    #[n(0)]
    current: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    stack: Vec<u8>,
}

impl Keyboard {
    pub(crate) fn flags(&self) -> u8 {
        self.current
    }

    /// `CSI > flags u`.
    pub(crate) fn push(&mut self, flags: u16) {
        if self.stack.len() >= MAX_KEYBOARD_STACK {
            self.stack.remove(0);
        }
        self.stack.push(self.current);
        self.current = flags as u8 & ALL;
    }

    /// `CSI < count u`. More than there is empties the stack and resets all flags.
    pub(crate) fn pop(&mut self, count: u16) {
        for _ in 0..usize::from(count).min(MAX_KEYBOARD_STACK + 1) {
            self.current = self.stack.pop().unwrap_or(0);
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let legal = |flags: &u8| *flags <= ALL;
        if self.stack.len() <= MAX_KEYBOARD_STACK
            && legal(&self.current)
            && self.stack.iter().all(legal)
        {
            Ok(())
        } else {
            Err("keyboard flags are too many or unknown".into())
        }
    }

    /// `CSI = flags ; how u`: 1 replaces, 2 adds, 3 takes away.
    pub(crate) fn set(&mut self, flags: u16, how: u16) {
        let flags = flags as u8 & ALL;
        match how {
            1 => self.current = flags,
            2 => self.current |= flags,
            3 => self.current &= !flags,
            _ => {}
        }
    }
}
