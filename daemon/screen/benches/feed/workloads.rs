//! What programs write: logs, listings, dense colour, Ink frames, and recordings of real ones.

use std::fmt::Write as _;

use abide_protocol::Size;

#[path = "../../tests/support/recording.rs"]
#[allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "shared with the tests"
)]
mod recording;

/// Bytes of a synthetic workload.
const BYTES: usize = 8 << 20;
/// Bytes up to which a recording is repeated.
const REPEATED: usize = 4 << 20;

/// The least that is asked of the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Plain rows: a part of what the bare parser does, and a multiple of `alacritty_terminal`.
    Plain,
    /// A multiple of `alacritty_terminal`.
    Other,
}

pub(crate) struct Workload {
    pub name: String,
    pub gate: Gate,
    pub bytes: Vec<u8>,
}

/// Repeats what `part` writes until there are [`BYTES`].
fn made(name: &str, gate: Gate, mut part: impl FnMut(usize, &mut String)) -> Workload {
    let mut text = String::new();
    let mut index = 0;
    while text.len() < BYTES {
        part(index, &mut text);
        index += 1;
    }
    Workload {
        name: name.into(),
        gate,
        bytes: text.into_bytes(),
    }
}

/// What a real program wrote in a terminal of this size, until it was resized.
#[expect(
    clippy::panic,
    reason = "a bench that measures less than it says is none"
)]
fn recorded(program: &str, size: Size) -> Workload {
    let name = format!("{program}-{size}");
    let found = recording::all().into_iter().find(|it| it.name == name);
    let found = found.unwrap_or_else(|| panic!("there is no recording {name}: make recordings"));
    let mut bytes = Vec::new();
    for record in found.records.iter().skip(1) {
        match record {
            recording::Record::Output(output) => bytes.extend_from_slice(output),
            recording::Record::Size(_) => break,
        }
    }
    let once = bytes.clone();
    while bytes.len() < REPEATED {
        bytes.extend_from_slice(&once);
    }
    Workload {
        name: format!("{program} (recorded)"),
        gate: Gate::Other,
        bytes,
    }
}

pub(crate) fn log(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "2026-11-21T07:{:02}:{:02} INFO worker[{}] request {index} served from cache in {} ms\r\n",
        index / 60 % 60,
        index % 60,
        index % 7,
        index % 97,
    );
}

pub(crate) fn dense(index: usize, out: &mut String) {
    for word in 0..12 {
        let seed = index * 31 + word * 7;
        let (r, g, b) = (seed % 256, seed * 3 % 256, seed * 7 % 256);
        let _ = write!(out, "\x1b[38;2;{r};{g};{b}mword{word} ");
    }
    out.push_str("\x1b[0m\r\n");
}

fn listing(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "drwxr-xr-x 2 user user 4096 \x1b[0m\x1b[01;34mdirectory{index}\x1b[0m  \x1b[01;32mrun{index}.sh\x1b[0m\r\n"
    );
}

fn unicode(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "第{index}行 日本語のテキスト e\u{301}tude 👩\u{200d}👩\u{200d}👧 ⚠\u{fe0f} ok ✓ ──┐\r\n"
    );
}

pub(crate) fn ink(index: usize, out: &mut String) {
    out.push_str("\x1b[?2026h");
    for _ in 0..18 {
        out.push_str("\x1b[2K\x1b[1A");
    }
    out.push_str("\x1b[2K\x1b[G");
    for row in 0..16 {
        let _ = write!(
            out,
            "\x1b[38;5;{}m●\x1b[39m Step {} of the \x1b[1mplan\x1b[22m: file{}.rs \x1b[2m({} lines)\x1b[22m\r\n",
            row + 1,
            index + row,
            row * 3,
            index % 100,
        );
    }
    out.push_str("╭────────────────────╮\r\n│ > \x1b[7m \x1b[27m                │\r\n\x1b[?2026l");
}

fn scroll(index: usize, out: &mut String) {
    let _ = write!(
        out,
        "\x1b[3;20r\x1b[3;1H\x1bM\x1b[2L\x1b[1M\x1b[5;{}H\x1b[4@text\x1b[2P\x1b[2S\x1b[1T\x1b[20;1H\nline {index}\x1b[r",
        index % 70 + 1,
    );
}

pub(crate) fn full_line(index: usize, out: &mut String) {
    for column in 0..200 {
        out.push(char::from(b'a' + ((index + column) % 26) as u8));
    }
    out.push_str("\r\n");
}

pub(crate) fn all(size: Size) -> Vec<Workload> {
    let mut workloads = vec![
        made("log", Gate::Plain, log),
        made("yes", Gate::Other, |_, out| out.push_str("y\r\n")),
        made("dense-sgr", Gate::Other, dense),
        made("ls-color", Gate::Other, listing),
        made("unicode", Gate::Other, unicode),
        made("ink", Gate::Other, ink),
        made("alt-scroll", Gate::Other, scroll),
    ];
    let programs = ["vim", "less", "htop", "top", "mc", "build", "tmux"];
    workloads.extend(programs.iter().map(|program| recorded(program, size)));
    workloads
}
