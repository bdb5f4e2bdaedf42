//! The picture of a pairing link, as a phone's camera finds it on a terminal.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use abide_protocol::channel::link::PairingLink;
use support::emulator::{Options, State};
use support::process;
use support::terminal::Terminal;

use crate::device::Joining;
use crate::owner::Owner;

/// Pixels of a cell: half a cell is a module, which is square.
const CELL: (usize, usize) = (8, 16);

/// What the terminal shows as a picture, in a terminal of these colours.
fn paint(state: &State, paper: u8, ink: u8) -> (usize, usize, Vec<u8>) {
    let (columns, rows) = (usize::from(state.columns), usize::from(state.rows));
    let (width, height) = (columns * CELL.0, rows * CELL.1);
    let mut pixels = vec![paper; width * height];
    for (row, line) in state.lines.iter().enumerate() {
        for (column, text, _, style) in line.cells() {
            // The colours of the picture are said; everything else has the terminal's.
            let said = style.contains("231");
            let (back, fore) = if said { (255, 0) } else { (paper, ink) };
            for y in 0..CELL.1 {
                let upper = y < CELL.1 / 2;
                let dark = match text.as_str() {
                    "█" => true,
                    "▀" => upper,
                    "▄" => !upper,
                    // Letters, roughly.
                    " " => false,
                    _ => y % 4 == 1,
                };
                let at = (row * CELL.1 + y) * width + usize::from(column) * CELL.0;
                pixels[at..at + CELL.0].fill(if dark { fore } else { back });
            }
        }
    }
    (width, height, pixels)
}

fn write(path: &Path, (width, height, pixels): &(usize, usize, Vec<u8>)) {
    let mut file = std::fs::File::create(path).unwrap();
    write!(file, "P5\n{width} {height}\n255\n").unwrap();
    file.write_all(pixels).unwrap();
}

/// The picture as a camera has it.
fn seen(from: &Path, how: &[&str]) -> PathBuf {
    let to = from.with_extension("png");
    let status = Command::new("convert")
        .arg(from)
        .args(how)
        .arg(&to)
        .status()
        .expect("ImageMagick; `make test` installs it");
    assert!(status.success());
    to
}

fn read(picture: &Path) -> String {
    let output = Command::new("zbarimg")
        .args([
            "--quiet",
            "--raw",
            "--set",
            "disable",
            "--set",
            "qrcode.enable",
        ])
        .arg(picture)
        .output()
        .expect("zbarimg; `make test` installs it");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// On a dark terminal and a light one, sharp, blurred and tilted; it is gone when it was claimed.
#[tokio::test]
async fn a_camera_reads_the_picture_on_any_terminal() {
    let owner = Owner::new().await;
    let command = owner.home.in_terminal(&["abide", "pair"]);
    let terminal = Terminal::start(command, Options::sized(110, 50));
    let state = terminal.wait("the picture", |state| state.text().contains("waiting for"));
    let text = state.text().replace('\n', "");
    let start = text.find("http://").unwrap();
    let link = text[start..].split("abide:").next().unwrap().trim();
    let link = PairingLink::parse(link).expect("the whole link");
    for (paper, ink) in [(0, 255), (255, 0)] {
        let picture = owner.home.path().join("picture.pgm");
        write(&picture, &paint(&state, paper, ink));
        for how in [
            &[][..],
            &["-blur", "0x2"],
            &["-background", "gray", "-rotate", "8"],
            &["-blur", "0x1", "-background", "gray", "-rotate", "-20"],
        ] {
            let found = read(&seen(&picture, how));
            assert_eq!(found, *link.to_text(), "{paper} {how:?}");
        }
    }

    let mut joining = Joining::begin(&link).await;
    let code = joining.code().await;
    let state = terminal.wait("the question", |state| state.text().contains("six digits"));
    assert!(!state.text().contains("/p#v1."), "{}", state.text());
    terminal.keys(format!("{code}\r"));
    joining.keep().await;
    assert_eq!(terminal.wait_exit(), 0);
}

/// Others may see a session's screen.
#[tokio::test]
async fn a_session_is_no_place_for_a_picture() {
    let owner = Owner::new().await;
    owner.home.ok(&["new", "work", "--detach"]);
    owner.home.wait_screen("work", "$");
    owner.home.ok(&["trust", "work"]);
    let typed = format!("{} pair", process::built("abide").display());
    owner.home.ok(&["send", "work", &typed]);
    owner.home.wait_screen("work", "outside of all sessions");
}
