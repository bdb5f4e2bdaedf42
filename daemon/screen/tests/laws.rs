//! Laws that hold for any input: splits do not matter, invariants hold, nothing panics.

mod support;

use abide_protocol::{Book, LineNo, Size, Snapshot};
use abide_screen::Screen;
use proptest::prelude::*;
use support::soup::{size, soup};
use support::{feed, screen};

/// All that can be seen of a screen.
fn seen(screen: &mut Screen) -> (Snapshot, Vec<std::sync::Arc<abide_protocol::Row>>, Vec<u8>) {
    screen.end_hold();
    let mut snapshot = (*screen.snapshot()).clone();
    snapshot.revision.counter = 0;
    let (_, rows) = screen.rows(Book::Main, LineNo(0), u64::MAX);
    (snapshot, rows, screen.take_replies())
}

fn snapshot_is_sound(screen: &mut Screen) -> Result<(), TestCaseError> {
    let snapshot = screen.snapshot();
    prop_assert!(!screen.changed());
    prop_assert!(std::sync::Arc::ptr_eq(&snapshot, &screen.snapshot()));
    prop_assert_eq!(snapshot.rows.len(), usize::from(snapshot.size.rows()));
    prop_assert!(
        snapshot
            .rows
            .iter()
            .all(|row| row.cells() <= snapshot.size.cols())
    );
    prop_assert!(snapshot.cursor.row < snapshot.size.rows());
    prop_assert!(snapshot.cursor.column < snapshot.size.cols());
    prop_assert!(snapshot.first <= snapshot.top && snapshot.sealed <= snapshot.top);
    for row in &snapshot.rows {
        prop_assert!(!row.text().chars().any(char::is_control));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_every_input(
        start in size(),
        steps in prop::collection::vec((soup(), size()), 1..4),
    ) {
        let mut screen = screen(start.0, start.1);
        for (pieces, size) in steps {
            for piece in pieces {
                feed(&mut screen, &piece);
                if let Err(fault) = screen.check() {
                    return Err(TestCaseError::fail(format!("{fault} after {}", piece.escape_ascii())));
                }
                snapshot_is_sound(&mut screen)?;
            }
            screen.resize(Size::clamped(size.0, size.1));
            if let Err(fault) = screen.check() {
                return Err(TestCaseError::fail(format!("{fault} after a resize")));
            }
            snapshot_is_sound(&mut screen)?;
        }
    }

    #[test]
    fn any_split_gives_the_same_screen(
        start in size(),
        pieces in soup(),
        chunk in 1usize..7,
    ) {
        let bytes = pieces.concat();
        let mut whole = screen(start.0, start.1);
        feed(&mut whole, &bytes);
        let mut split = screen(start.0, start.1);
        for chunk in bytes.chunks(chunk) {
            feed(&mut split, chunk);
        }
        prop_assert_eq!(seen(&mut whole), seen(&mut split));
    }
}
