//! How a viewer is opened.

use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, EventNo, LineNo, Revision, SessionId, Size, StreamId};
use crate::snapshot::Palette;

/// What the viewer's terminal looks like, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct TerminalLook {
    #[n(0)]
    pub palette: Palette,
    /// The user prefers dark; `None` if unknown.
    #[n(1)]
    pub dark: Option<bool>,
    /// Pixels of one cell (width, height), if known.
    #[n(2)]
    pub cell: Option<(u16, u16)>,
}

/// Rights of a viewer. Local clients have all; the daemon narrows them for devices.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Limits {
    /// May see the live screen.
    #[n(0)]
    pub see: bool,
    /// May type.
    #[n(1)]
    pub type_: bool,
    /// May hold the size.
    #[n(2)]
    pub size: bool,
    /// May read no history below this row; `None`: no bound but `first`.
    #[n(3)]
    pub floor: Option<LineNo>,
}

impl Limits {
    /// No row of history has this number: who has this floor reads none.
    pub const NO_HISTORY: LineNo = LineNo(u64::MAX);

    pub const ALL: Self = Self {
        see: true,
        type_: true,
        size: true,
        floor: None,
    };

    #[must_use]
    pub fn reads_history(&self) -> bool {
        self.see && self.floor != Some(Self::NO_HISTORY)
    }

    /// Whether these give nothing that `other` does not give.
    #[must_use]
    pub fn are_within(&self, other: &Self) -> bool {
        self.see <= other.see
            && self.type_ <= other.type_
            && self.size <= other.size
            && self.floor.unwrap_or_default() >= other.floor.unwrap_or_default()
    }
}

/// Whose requests a link carries. From the daemon to a keeper, once, before the first of them: the
/// keeper answers no more than it says from then on. A keeper that does not know it skips it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Behalf {
    #[n(0)]
    pub device: DeviceId,
    /// Counts the changes of the device's rights, as in [`Attach`].
    #[n(1)]
    pub epoch: u64,
    #[n(2)]
    pub limits: Limits,
    /// May rename and end the session.
    #[n(3)]
    pub manages: bool,
}

impl Behalf {
    /// Whether a viewer is of this device and has no more rights.
    #[must_use]
    pub fn includes(&self, attach: &Attach) -> bool {
        attach.device == Some(self.device)
            && attach.epoch == Some(self.epoch)
            && attach.limits.are_within(&self.limits)
    }
}

/// What an attachment wants of the session's size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum SizeWish {
    /// Never drive.
    #[n(0)]
    Watch,
    /// Drive if nobody else does.
    #[n(1)]
    IfFree,
    /// Take it from whoever has it.
    #[n(2)]
    Take,
}

/// Opens a viewer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Attach {
    #[n(0)]
    pub session: SessionId,
    #[n(1)]
    pub stream: StreamId,
    /// Last revision this client has, to be sent one update instead of a snapshot.
    #[n(2)]
    pub have: Option<Revision>,
    /// Last event this client has; `None`: none older than the attach.
    #[n(3)]
    pub event: Option<EventNo>,
    #[n(4)]
    pub size: Size,
    #[n(5)]
    pub wish: SizeWish,
    /// For people: host or device name shown when this viewer drives.
    #[cbor(n(6), with = "crate::wire::texts::name")]
    pub name: String,
    /// Frames are wanted; `false` for a viewer that only types.
    #[n(7)]
    pub frames: bool,
    /// This viewer fills a native scrollback, which holds all rows below this number.
    /// `None`: no tail is sent.
    #[n(8)]
    pub printed: Option<LineNo>,
    /// Rows of history to bring before the first snapshot, counted from `top` (fresh attach).
    #[n(9)]
    pub history: u64,
    #[n(10)]
    pub look: TerminalLook,
    /// Set by the daemon only: the device behind this viewer, and its rights.
    #[n(11)]
    pub device: Option<DeviceId>,
    #[n(12)]
    pub limits: Limits,
    /// Path of the user's ssh agent socket, from a native client on the session's machine: the
    /// session's `SSH_AUTH_SOCK` leads there from now on.
    #[n(13)]
    pub ssh_auth_sock: Option<String>,
    /// Set by the daemon with `device`: counts the changes of its rights.
    #[n(14)]
    pub epoch: Option<u64>,
}

impl Attach {
    /// A viewer that is new to the session, sees its frames, leaves its size alone, and may do
    /// everything.
    #[must_use]
    pub fn new(session: SessionId, stream: StreamId, name: impl Into<String>) -> Self {
        Self {
            session,
            stream,
            have: None,
            event: None,
            size: Size::DEFAULT,
            wish: SizeWish::Watch,
            name: name.into(),
            frames: true,
            printed: None,
            history: 0,
            look: TerminalLook::default(),
            device: None,
            limits: Limits::ALL,
            ssh_auth_sock: None,
            epoch: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits([see, type_, size]: [bool; 3], floor: Option<u64>) -> Limits {
        Limits {
            see,
            type_,
            size,
            floor: floor.map(LineNo),
        }
    }

    #[test]
    fn limits_are_within_those_that_give_all_of_theirs() {
        let view = limits([true, false, false], Some(u64::MAX));
        let some = limits([true, false, false], Some(100));
        let typist = limits([true, true, true], None);
        let blind = limits([false, true, false], None);
        for (own, other, expected) in [
            (&view, &view, true),
            (&view, &some, true),
            (&some, &view, false),
            (&some, &typist, true),
            (&typist, &some, false),
            (&typist, &Limits::ALL, true),
            (&blind, &typist, true),
            (&view, &blind, false),
            (&blind, &view, false),
        ] {
            assert_eq!(own.are_within(other), expected, "{own:?} {other:?}");
        }
        assert!(!view.reads_history() && some.reads_history() && typist.reads_history());
        assert!(!blind.reads_history());
    }

    #[test]
    fn a_viewer_is_of_the_device_that_a_link_is_for() {
        let device = DeviceId([1; 16]);
        let behalf = Behalf {
            device,
            epoch: 4,
            limits: limits([true, true, true], None),
            manages: false,
        };
        let attach = Attach {
            device: Some(device),
            epoch: Some(4),
            limits: limits([true, false, false], None),
            ..Attach::new(SessionId([2; 16]), StreamId([3; 16]), "phone")
        };
        assert!(behalf.includes(&attach));
        for other in [
            Attach {
                device: None,
                ..attach.clone()
            },
            Attach {
                device: Some(DeviceId([9; 16])),
                ..attach.clone()
            },
            Attach {
                epoch: Some(5),
                ..attach.clone()
            },
            Attach {
                epoch: None,
                ..attach.clone()
            },
        ] {
            assert!(!behalf.includes(&other), "{other:?}");
        }
        let narrow = Behalf {
            limits: limits([true, false, false], Some(10)),
            ..behalf
        };
        assert!(!narrow.includes(&attach));
    }
}
