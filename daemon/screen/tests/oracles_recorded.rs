//! Recordings of real programs, fed to other terminal models: at every pause of the program the
//! rows are equal, where the cursor is, and what every cell looks like, as far as the model knows of
//! it. Where one differs it is listed, by the pause, with the reason why ours is right.

#[path = "support/models.rs"]
mod models;
#[path = "support/recording.rs"]
#[allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test"
)]
mod recording;
mod support;

use std::fmt::Write;

use models::{Alacritty, Avt, Model, Start, Vt100, What, differences};
use recording::{Record, Recording};
use support::{feed, screen};

/// What differs at a pause of the program, ours first.
struct Difference {
    pause: usize,
    what: What,
    text: String,
}

fn compare(recording: &Recording, mut model: Box<dyn Model>) -> Vec<Difference> {
    let size = recording.size();
    let mut screen = screen(size.cols(), size.rows());
    // None of the models joins characters to clusters.
    feed(&mut screen, "\x1b[?2027l");
    let mut found = Vec::new();
    let mut pause = 0;
    for record in recording.records.iter().skip(1) {
        match record {
            Record::Output(bytes) => {
                feed(&mut screen, bytes);
                model.feed(bytes);
                let here = differences(&screen.snapshot(), &*model).into_iter();
                found.extend(here.map(|(what, text)| Difference { pause, what, text }));
                pause += 1;
            }
            Record::Size(size) => {
                screen.resize(*size);
                model.resize(*size);
            }
        }
    }
    found
}

/// Model, recording, what differs at which pauses, and why ours is right.
const LISTED: &[(&str, &str, What, &[usize], &str)] = &[
    (
        "alacritty_terminal",
        "ink-80x24",
        What::Rows,
        &[16, 17, 18],
        PUSHED,
    ),
    ("vt100", "bash-40x12", What::Rows, &[9, 18], CUT),
    ("vt100", "bash-80x24", What::Rows, &[9, 18], CUT),
    ("vt100", "build-80x24", What::Rows, &[2, 4], CUT),
    ("vt100", "ink-40x12", What::Rows, &[16, 17, 18], CUT),
    ("vt100", "ink-80x24", What::Rows, &[16, 17, 18], CUT),
    ("vt100", "python-80x24", What::Rows, &[6, 12], CUT),
    ("vt100", "python-200x50", What::Rows, &[6], CUT),
    ("vt100", "ink-40x12", What::Looks, &[5, 13, 21], CURLY),
    ("vt100", "ink-80x24", What::Looks, &[5, 13, 21], CURLY),
    ("vt100", "ink-200x50", What::Looks, &[5, 13], CURLY),
    ("avt", "bash-40x12", What::Rows, &[9], BLANK),
    ("avt", "bash-80x24", What::Rows, &[9], BLANK),
    ("avt", "build-80x24", What::Rows, &[2], BLANK),
    ("avt", "python-80x24", What::Rows, &[6], BLANK),
    ("avt", "transcript-80x24", What::Rows, &[5], BLANK),
    ("avt", "ink-80x24", What::Rows, &[16, 17, 18], PUSHED),
    ("avt", "ink-40x12", What::Looks, &[5, 13, 21], CURLY),
    ("avt", "ink-80x24", What::Looks, &[5, 13, 21], CURLY),
    ("avt", "ink-200x50", What::Looks, &[5, 13], CURLY),
];

const CUT: &str = "rows are cut when the terminal narrows; ours wraps them anew and loses nothing";
const BLANK: &str = "a terminal that grows shows blank rows; ours brings back those that had left";
const PUSHED: &str = "rows that wrap when the terminal narrows push others out at the top although \
    rows below are blank; ours uses those first";
const CURLY: &str = "kinds of underlines (SGR 4:3) are not known to it";

#[test]
fn recordings_are_shown_as_other_models_show_them() {
    let models: [(&str, Start); 3] = [
        ("alacritty_terminal", Alacritty::start),
        ("vt100", Vt100::start),
        ("avt", Avt::start),
    ];
    let mut wrong = String::new();
    let mut seen: Vec<Vec<usize>> = vec![Vec::new(); LISTED.len()];
    for recording in recording::all() {
        for (name, start) in models {
            for difference in compare(&recording, start(recording.size())) {
                let Difference { pause, what, text } = difference;
                let listed = LISTED.iter().position(|(model, recorded, of, pauses, _)| {
                    (*model, *recorded, *of) == (name, &recording.name, what)
                        && pauses.contains(&pause)
                });
                if let Some(listed) = listed {
                    seen[listed].push(pause);
                    continue;
                }
                let name = format!("{name}, {}", recording.name);
                let _ = write!(wrong, "{name}, {what:?}, pause {pause}:\n{text}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let stale = LISTED
        .iter()
        .zip(seen)
        .filter(|(listed, seen)| listed.3 != seen);
    let stale: Vec<_> = stale.map(|(listed, _)| listed).collect();
    assert!(stale.is_empty(), "listed, and equal: {stale:?}");
}
