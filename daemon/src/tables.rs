//! Tables that have a row for each kind of message, and some of the messages in them. For tests.

use abide_protocol::message::{PairingOffer, Request, Search};
use abide_protocol::{Role, SessionId};

/// A table of messages: a kind, a message of it, its row. A kind that has no row does not compile, no
/// row is without a message, and each message is one of its row's kind.
macro_rules! table {
    ($name:ident($session:ident): $kind:ty, $row:ty; $($pattern:pat $(if $guard:expr)? => $message:expr, $cells:expr;)*) => {
        fn $name($session: SessionId) -> Vec<($kind, $row)> {
            let row = |message: &$kind| -> $row {
                match message { $($pattern $(if $guard)? => $cells,)* }
            };
            let mut rows = Vec::new();
            $(
                let message: $kind = $message;
                assert!(matches!(&message, $pattern $(if $guard)?), "{message:?}");
                assert_eq!(row(&message), $cells, "{message:?} is of a row before");
                rows.push((message, $cells));
            )*
            rows
        }
    };
}

pub(crate) use table;

pub(crate) fn search(session: SessionId) -> Request {
    let query = Search {
        pattern: "x".into(),
        ignore_case: false,
        from: None,
        backwards: false,
        limit: 1,
    };
    Request::Search { session, query }
}

pub(crate) fn pair() -> Request {
    let offer = PairingOffer {
        role: Role::Manage,
        sessions: None,
        history: true,
        lasts: None,
        name: None,
        link: true,
    };
    Request::Pair {
        offer: Box::new(offer),
    }
}
