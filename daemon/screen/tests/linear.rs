//! Every byte costs about the same, however many come and whatever they say: four times the bytes
//! take about four times the work. Work is what this thread's processor did, the least of a few
//! tries, so that a busy machine does not count.

mod support;

use abide_protocol::Size;
use abide_screen::Screen;
use rustix::time::{ClockId, clock_gettime};
use support::screen;

/// Nanoseconds of work that are enough to be measured: as many pieces are fed, up to so many bytes,
/// since beyond the processor's caches each byte costs more.
const LEAST: u64 = 1_000_000;
const BYTES: usize = 256 << 10;
/// What four times the bytes may take at most; a quadratic path takes sixteen.
const MOST: u64 = 9;
const TRIES: usize = 3;

/// Nanoseconds that this thread has worked.
fn worked() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

fn write(screen: &mut Screen, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        bytes = &bytes[screen.feed(bytes)..];
    }
}

/// Work of feeding `begin` and then `piece` so many times, without a break or in chunks of 7 bytes.
fn work(begin: &str, piece: &str, times: usize, split: bool) -> u64 {
    let bytes = format!("{begin}{}", piece.repeat(times));
    let tries = (0..2).map(|_| {
        let mut screen = screen(200, 50);
        write(&mut screen, &[b'x'; 10_000]);
        let before = worked();
        if split {
            bytes
                .as_bytes()
                .chunks(7)
                .for_each(|chunk| write(&mut screen, chunk));
        } else {
            write(&mut screen, bytes.as_bytes());
        }
        worked() - before
    });
    tries.min().unwrap_or(0)
}

fn check(begin: &str, piece: &str, split: bool) {
    let mut times = 16;
    let mut once = work(begin, piece, times, split);
    while once < LEAST && times * piece.len() < BYTES {
        times *= 2;
        once = work(begin, piece, times, split);
    }
    linear(
        || work(begin, piece, times, split),
        || work(begin, piece, 4 * times, split),
        &format!("{begin:?} and {piece:?} {times} times"),
    );
}

/// `four` is at most about four times `once`. A quadratic path fails however often it is tried.
fn linear(once: impl Fn() -> u64, four: impl Fn() -> u64, what: &str) {
    let ratios: Vec<_> = (0..TRIES).map(|_| (once(), four())).collect();
    let fits = |(once, four): &(u64, u64)| *four < MOST * once;
    assert!(ratios.iter().any(fits), "{what}: {ratios:?} ns");
}

/// Pieces after a beginning that leaves a sequence or a string open, or nothing.
const CASES: [(&str, &str); 40] = [
    // A line without end, wrapped or not.
    ("", "x"),
    ("\x1b[?7l", "x"),
    ("\x1b[4h", "x"),
    ("", "\u{65e5}"),
    ("", "\n"),
    // Counts: each costs at most a screen.
    ("", "\x1b[65535@"),
    ("", "\x1b[65535P"),
    ("", "\x1b[65535L"),
    ("", "\x1b[65535M"),
    ("", "\x1b[65535S"),
    ("", "\x1b[65535T"),
    ("", "\x1b[65535X"),
    ("", "\x1b[65535I\x1b[65535Z"),
    ("", "\x1b[65535A\x1b[65535B"),
    ("", "\x1b[65535'}"),
    ("", "\x1b[65535 @"),
    ("", "x\x1b[65535b"),
    ("\x1b[?45h", "\x1b[65535D"),
    ("", "\x1b[65535;65535H\x1b[65535u"),
    // Strings without end, of every kind.
    ("\x1b]0;", "t"),
    ("\x1b]52;c;", "AAAA"),
    ("\x1bP+q", "41;"),
    ("\x1b_G", "a"),
    ("\x1b^", "a"),
    ("\x1bX", "a"),
    // Sequences without end.
    ("\x1b[", "1;"),
    ("\x1b[", "1:"),
    ("\x1b[", "9"),
    ("\x1b[?", "!"),
    ("\x1b(", "("),
    // Titles, modes and stacks.
    ("", "\x1b]2;title\x07"),
    ("", "\x1b[22t\x1b[23t\x1b[>1u\x1b[?7s\x1b[?7r\x1b7\x1b8"),
    ("", "\x1b[?1049h\x1b[?1049l"),
    ("", "\x1b[?2026hx\x1b[?2026l"),
    ("", "\x1b[c\x1b[6n\x07\x1b]9;n\x07"),
    // Towers of marks, and what looks for its neighbours.
    ("e", "\u{301}"),
    ("\u{1f468}", "\u{200d}"),
    ("", "\u{1f1e9}"),
    ("", "\u{915}\u{94d}"),
    ("", "\u{600}"),
];

#[test]
fn four_times_the_bytes_take_about_four_times_the_work() {
    for (begin, piece) in CASES {
        check(begin, piece, false);
    }
}

#[test]
fn what_is_open_takes_no_more_in_small_parts() {
    for (begin, piece) in CASES.into_iter().filter(|(begin, _)| !begin.is_empty()) {
        check(begin, piece, true);
    }
}

/// Styles, links and clusters that are all different.
#[test]
fn what_is_always_new_takes_no_more() {
    let kinds: [fn(usize) -> String; 4] = [
        |n| {
            format!(
                "\x1b[4;38;2;{};{};{}mx",
                n >> 16 & 255,
                n >> 8 & 255,
                n & 255
            )
        },
        |n| format!("\x1b]8;;http://x/{n}\x07x"),
        |n| {
            let mark = |n: usize| char::from_u32(0x300 + n as u32 % 64).unwrap_or(' ');
            format!("e{}{}{}", mark(n), mark(n / 64), mark(n / 4096))
        },
        |n| {
            format!(
                "\x1b]2;{n}\x07\x1b]4;{};#{:06x}\x07",
                n % 256,
                n % 0xff_ffff
            )
        },
    ];
    for (number, kind) in kinds.into_iter().enumerate() {
        let work = |count: usize| {
            let text: String = (0..count).map(kind).collect();
            let tries = (0..TRIES).map(|_| {
                let mut screen = screen(200, 50);
                let before = worked();
                write(&mut screen, text.as_bytes());
                worked() - before
            });
            tries.min().unwrap_or(0)
        };
        linear(|| work(10_000), || work(40_000), &format!("kind {number}"));
    }
}

/// A count beyond the screen costs what the screen costs.
#[test]
fn counts_are_cut_to_the_screen() {
    let cases = [
        ("@", 200),
        ("P", 200),
        ("L", 200),
        ("M", 200),
        ("S", 200),
        ("T", 200),
        ("X", 200),
        ("I", 200),
        ("Z", 200),
        ("'}", 200),
        ("'~", 200),
        (" @", 200),
        (" A", 200),
        ("b", 10_000),
    ];
    for (last, greatest) in cases {
        let of = |count: u16| work("", &format!("x\x1b[{count}{last}"), 100, false);
        linear(|| of(greatest), || of(65_535), last);
    }
}

/// Growing and shrinking to the greatest sizes costs the cells, not the times it was done.
#[test]
fn resizes_cost_what_the_first_one_did() {
    let work = |count: usize| {
        let mut screen = screen(80, 24);
        write(
            &mut screen,
            "many words \u{65e5} ".repeat(20_000).as_bytes(),
        );
        let before = worked();
        for step in 0..count {
            let (cols, rows) = [(1, 1), (1000, 1000), (7, 1000), (1000, 3)][step % 4];
            screen.resize(Size::clamped(cols, rows));
        }
        worked() - before
    };
    linear(|| work(8), || work(32), "resizes");
}
