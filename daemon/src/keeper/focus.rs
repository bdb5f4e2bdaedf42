//! Whether the session has the keyboard focus: it has while any viewer that may type has it. Pure.

use std::collections::HashSet;

use abide_protocol::ViewerId;

/// The viewers whose terminals have the focus.
#[derive(Default, Debug)]
pub(crate) struct Focus {
    focused: HashSet<ViewerId>,
}

impl Focus {
    /// A viewer that may type got or lost the focus. Answers the session's focus if that changes.
    pub(crate) fn set(&mut self, viewer: ViewerId, focused: bool) -> Option<bool> {
        let before = !self.focused.is_empty();
        if focused {
            self.focused.insert(viewer);
        } else {
            self.focused.remove(&viewer);
        }
        let after = !self.focused.is_empty();
        (before != after).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_while_anybody_is_in() {
        let (one, two) = (ViewerId(1), ViewerId(2));
        let steps = [
            (one, false, None),
            (one, true, Some(true)),
            (one, true, None),
            (two, true, None),
            (one, false, None),
            (two, false, Some(false)),
        ];
        let mut focus = Focus::default();
        for (step, (viewer, focused, expected)) in steps.into_iter().enumerate() {
            assert_eq!(focus.set(viewer, focused), expected, "step {step}");
        }
    }
}
