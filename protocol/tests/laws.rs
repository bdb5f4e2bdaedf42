//! The laws of updates, over arbitrary snapshots.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use abide_protocol::message::{ToClient, ViewerHeader};
use abide_protocol::wire::{FrameReader, UpdateBody, encode_to_client, encode_update};
use abide_protocol::{ApplyError, Segment, Snapshot, Update, apply, diff};
use proptest::prelude::*;

/// The update as it arrives.
fn sent(update: &Update) -> Update {
    let mut bytes = Vec::new();
    encode_update(
        &ViewerHeader::default(),
        &UpdateBody::of(update),
        &mut bytes,
    );
    let mut reader = FrameReader::<ToClient>::new();
    reader.push(&bytes);
    match reader.next() {
        Ok(Some(ToClient::Update { update, .. })) => *update,
        other => panic!("an update, not {other:?}"),
    }
}

fn check_law(old: &Snapshot, new: &Snapshot) {
    old.check().unwrap();
    new.check().unwrap();
    let update = diff(old, new);
    let arrived = sent(&update);
    assert_eq!(arrived, update);
    let made = apply(old, &arrived).unwrap();
    made.check().unwrap();
    assert_eq!(&made, new);
}

proptest! {
    #[test]
    fn an_update_leads_from_old_to_new((old, new) in support::pair()) {
        check_law(&old, &new);
        check_law(&new, &old);
    }

    #[test]
    fn snapshots_that_have_nothing_in_common_obey_too(
        old in support::snapshot(), new in support::snapshot()
    ) {
        check_law(&old, &new);
    }

    #[test]
    fn what_did_not_change_is_copied(state in support::snapshot()) {
        let update = diff(&state, &state);
        let all = Segment::Copy { from: 0, count: state.size.rows() };
        prop_assert_eq!(&update.segments, &[all]);
        let nothing = Update { segments: Vec::new(), ..update };
        prop_assert_eq!(nothing, empty(&state));
    }

    #[test]
    fn a_foreign_update_is_an_error_and_never_a_broken_screen(
        (old, new) in support::pair(), other in support::snapshot()
    ) {
        let update = diff(&old, &new);
        let wrong_base = matches!(apply(&other, &update), Err(ApplyError::WrongBase { .. }));
        prop_assert!(wrong_base || other.revision == old.revision);
        let forged = Update { from: other.revision, ..update };
        if let Ok(made) = apply(&other, &forged) {
            made.check().unwrap();
        }
    }

    #[test]
    fn a_snapshot_survives_the_wire(snapshot in support::snapshot()) {
        let message = ToClient::Snapshot { header: Box::default(), snapshot: Box::new(snapshot) };
        let mut bytes = Vec::new();
        encode_to_client(&message, &mut bytes);
        let mut reader = FrameReader::new();
        reader.push(&bytes);
        prop_assert_eq!(reader.next(), Ok(Some(message)));
        prop_assert_eq!(reader.pending(), 0);
    }
}

fn empty(state: &Snapshot) -> Update {
    Update {
        from: state.revision,
        to: state.revision,
        segments: Vec::new(),
        size: None,
        book: None,
        cursor: None,
        modes: None,
        title: None,
        directory: None,
        progress: None,
        palette: None,
        top: None,
        sealed: None,
        first: None,
        floor: None,
    }
}
