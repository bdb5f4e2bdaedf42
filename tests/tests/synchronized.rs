//! Synchronized updates: what is shown is whole, and it is shown often.

use support::blocks;

/// Different frames that are shown on any machine, however busy.
const FEW: usize = 4;

#[test]
fn back_to_back_blocks_are_shown_whole_and_often() {
    let shown = blocks::show();
    assert_eq!(shown.torn, None, "half drawn");
    // How many there are is a question of speed, which only a machine at rest can answer: `make bench`
    // judges it too.
    let often = !support::soak() || shown.rate() >= 20.0;
    assert!(
        shown.frames >= FEW && often,
        "{} frames in {:.2} s",
        shown.frames,
        shown.seconds
    );
}
