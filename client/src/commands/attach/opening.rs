//! How this attachment opens its viewer, first and after each loss of its link.

use abide_protocol::message::{Attach, Limits, SizeWish, ToServer};
use abide_protocol::{EventNo, LineNo, Revision, SessionId, Size, StreamId};

/// What does not change from one opening to the next.
pub(super) struct Opening {
    pub(super) session: SessionId,
    /// Never types, never changes the size.
    pub(super) watch: bool,
    /// Takes the size from whoever has it, once.
    pub(super) take: bool,
    /// Rows of history to bring first.
    pub(super) history: u64,
    /// The user's agent for `ssh`, if the session is on this machine.
    pub(super) ssh_auth_sock: Option<String>,
}

/// What the client has of a session whose link was lost.
pub(super) struct Had {
    pub(super) revision: Option<Revision>,
    pub(super) event: EventNo,
    /// Rows in the native scrollback; `None`: it is not being fed.
    pub(super) printed: Option<LineNo>,
}

impl Opening {
    pub(super) fn first(&self, stream: StreamId, size: Size) -> ToServer {
        let wish = match (self.watch, self.take) {
            (true, _) => SizeWish::Watch,
            (false, true) => SizeWish::Take,
            (false, false) => SizeWish::IfFree,
        };
        let mut attach = self.attach(stream, size, wish);
        attach.printed = Some(LineNo(0));
        ToServer::Attach(Box::new(attach))
    }

    /// Goes on with what there is; who drove drives again, and takes nothing from others.
    pub(super) fn again(&self, stream: StreamId, size: Size, had: &Had) -> ToServer {
        let wish = if self.watch {
            SizeWish::Watch
        } else {
            SizeWish::IfFree
        };
        let attach = Attach {
            have: had.revision,
            event: Some(had.event),
            printed: had.printed,
            // Rows that left meanwhile all count, not only as many as were wanted first.
            history: u64::MAX,
            ..self.attach(stream, size, wish)
        };
        ToServer::Attach(Box::new(attach))
    }

    fn attach(&self, stream: StreamId, size: Size, wish: SizeWish) -> Attach {
        Attach {
            size,
            wish,
            history: self.history,
            limits: Limits {
                type_: !self.watch,
                size: !self.watch,
                ..Limits::ALL
            },
            ssh_auth_sock: self.ssh_auth_sock.clone(),
            ..Attach::new(self.session, stream, viewer_name())
        }
    }
}

/// How people know this viewer: the host, and where its user comes from if that is elsewhere.
fn viewer_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "a terminal",
        host => host,
    };
    let client = std::env::var("SSH_CONNECTION").unwrap_or_default();
    let name = match client.split(' ').next() {
        Some(address) if !address.is_empty() => format!("{address} on {host}"),
        _ => host.to_owned(),
    };
    let printable = name.chars().filter(|c| matches!(c, ' '..='~'));
    printable.take(abide_protocol::limits::MAX_NAME).collect()
}
