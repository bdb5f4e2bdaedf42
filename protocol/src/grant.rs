//! What a device may do: held by the daemon, never said by a device about itself.

use minicbor::{Decode, Encode};

use crate::ids::SessionId;

/// What a paired device may do, in ascending order: each role may all that the one before may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// See the live screens of the sessions it was given.
    #[n(0)]
    View,
    /// Also keys, paste and size, in those sessions.
    #[n(1)]
    Type,
    /// Type everywhere; create, rename, stop and kill.
    #[n(2)]
    Manage,
}

/// A device's rights.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Grant {
    #[n(0)]
    pub role: Role,
    /// The sessions it is about; `None`: all of them. A device that manages has all of them.
    #[cbor(n(1), with = "crate::wire::lists::list", has_nil)]
    pub sessions: Option<Vec<SessionId>>,
    /// May also read, search and copy history. Who types may anyway.
    #[n(2)]
    pub history: bool,
    /// Milliseconds since the Unix epoch at which it ends; `None`: never.
    #[n(3)]
    pub expires: Option<u64>,
}

impl Grant {
    /// The sessions that count.
    fn scope(&self) -> Option<&[SessionId]> {
        match self.role {
            Role::Manage => None,
            Role::View | Role::Type => self.sessions.as_deref(),
        }
    }

    /// Whether it is about this session at all.
    #[must_use]
    pub fn covers(&self, session: SessionId) -> bool {
        self.scope().is_none_or(|scope| scope.contains(&session))
    }

    /// Whether it still holds; `now` in milliseconds since the Unix epoch, and never earlier than
    /// a time that was seen before.
    #[must_use]
    pub fn holds_at(&self, now: u64) -> bool {
        self.expires.is_none_or(|end| now < end)
    }

    #[must_use]
    pub fn may_read_history(&self) -> bool {
        self.history || self.role >= Role::Type
    }

    /// Whether it gives nothing that `other` does not give: nobody hands out more than he has.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let scope = match (self.scope(), other.scope()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(all)) => own.iter().all(|session| all.contains(session)),
        };
        let time = match (self.expires, other.expires) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(end)) => own <= end,
        };
        let history = !self.may_read_history() || other.may_read_history();
        self.role <= other.role && scope && time && history
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(n: u8) -> SessionId {
        SessionId([n; 16])
    }

    fn grant() -> impl Strategy<Value = Grant> {
        let role = prop_oneof![Just(Role::View), Just(Role::Type), Just(Role::Manage)];
        let sessions = proptest::option::of(proptest::collection::vec(0_u8..3, 0..3));
        let expires = proptest::option::of(0_u64..3);
        (role, sessions, any::<bool>(), expires).prop_map(|(role, sessions, history, expires)| {
            Grant {
                role,
                sessions: sessions.map(|all| all.into_iter().map(session).collect()),
                history,
                expires,
            }
        })
    }

    /// Everything that a grant allows, asked one by one.
    fn rights(grant: &Grant) -> Vec<bool> {
        let mut rights = Vec::new();
        for now in 0..3 {
            for n in 0..3 {
                let here = grant.holds_at(now) && grant.covers(session(n));
                rights.push(here);
                rights.push(here && grant.role >= Role::Type);
                rights.push(here && grant.role >= Role::Manage);
                rights.push(here && grant.may_read_history());
            }
        }
        rights
    }

    proptest! {
        #[test]
        fn what_is_within_gives_no_right_more(own in grant(), other in grant()) {
            if own.is_within(&other) {
                let mut pairs = rights(&own).into_iter().zip(rights(&other));
                prop_assert!(pairs.all(|(own, other)| !own || other));
            }
            prop_assert!(own.is_within(&own));
        }
    }

    #[test]
    fn a_role_has_what_the_one_before_has() {
        let of = |role, sessions| Grant {
            role,
            sessions,
            history: false,
            expires: Some(10),
        };
        let view = of(Role::View, Some(vec![session(1)]));
        assert!(view.covers(session(1)) && !view.covers(session(2)));
        assert!(!view.may_read_history());
        assert!(
            Grant {
                history: true,
                ..view.clone()
            }
            .may_read_history()
        );
        assert!(view.holds_at(9) && !view.holds_at(10));
        let manage = of(Role::Manage, Some(vec![session(1)]));
        assert!(manage.covers(session(2)) && manage.may_read_history());
        assert!(view.is_within(&manage) && !manage.is_within(&view));
        let everywhere = of(Role::View, None);
        assert!(view.is_within(&everywhere) && !everywhere.is_within(&view));
        let forever = Grant {
            expires: None,
            ..view.clone()
        };
        assert!(view.is_within(&forever) && !forever.is_within(&view));
    }
}
