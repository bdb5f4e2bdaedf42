//! Several viewers of one session: equal screens in the end, whatever their pace and size.

use std::time::Duration;

use support::compare;
use support::emulator::Options;
use support::home::Home;
use support::terminal::Terminal;
use support::wait;

fn attach(home: &Home, columns: u16, rows: u16, extra: &[&str]) -> Terminal {
    let mut command = vec!["abide", "attach", "work"];
    command.extend(extra);
    Terminal::start(home.in_terminal(&command), Options::sized(columns, rows))
}

/// A session of 100x30 that repaints and scrolls until it is told to stop.
fn busy(home: &Home) {
    // `read` with a time limit may lose what it has just read; without one it only looks.
    let program = "n=0; while ! read -t 0; do sleep 0.002; n=$((n+1)); \
        printf '\\e[%dm%d line %s\\e[m\\e[K\\n' $((31 + n % 7)) $n \"$(printf '%*s' $((n % 60)) x)\"; \
        printf '\\e7\\e[1;1H\\e[7mframe %d\\e[m\\e[K\\e8' $n; done; echo; echo the end; exec cat";
    home.ok(&[
        "new", "work", "--detach", "--size", "100x30", "--", "bash", "-c", program,
    ]);
}

fn all_equal(terminals: &[Terminal]) {
    let (first, others) = terminals.split_first().unwrap();
    for other in others {
        wait::until("equal screens", || {
            let (left, right) = (first.state(0), other.state(0));
            compare::screens(&left, &right, &[], 1)
                .is_empty()
                .then_some(())
        });
    }
}

#[test]
fn two_and_five_viewers_end_on_equal_screens() {
    for count in [2, 5] {
        let home = Home::new();
        busy(&home);
        let terminals: Vec<_> = (0..count).map(|_| attach(&home, 100, 30, &[])).collect();
        for terminal in &terminals {
            terminal.wait_text("frame");
        }
        // One of them reads nothing for a while, and catches up.
        terminals[1].hold(true);
        let before = home.info("work")["bytes"].as_u64().unwrap();
        wait::until("more output", || {
            (home.info("work")["bytes"].as_u64().unwrap() > before + 50_000).then_some(())
        });
        terminals[1].hold(false);
        terminals[0].keys("\r");
        for terminal in &terminals {
            terminal.wait_text("the end");
        }
        all_equal(&terminals);
        assert!(
            terminals[0]
                .state(0)
                .text()
                .contains(home.ok(&["capture", "work"]).trim_end())
        );
    }
}

/// Whoever has another size sees a part, is told why, and may take the size.
#[test]
fn a_viewer_of_another_size_is_told_and_may_take_it() {
    let home = Home::new();
    home.ok(&[
        "new", "work", "--detach", "--size", "100x30", "--", "bash", "-i",
    ]);
    let driver = attach(&home, 100, 30, &[]);
    driver.wait_text("$");
    driver.keys("stty size\r");
    driver.wait_text("30 100");
    let other = attach(&home, 80, 24, &[]);
    other.wait_text("100x30, driven by");
    other.wait("the notice leaves", |state| {
        !state.text().contains("driven by")
    });
    other.wait_text("30 100");
    driver.keys("clear; stty size\r");
    other.wait_text("30 100");
    other.keys("\x1ct");
    wait::until("the size of the new driver", || {
        let info = home.info("work");
        (info["size"]["columns"] == 80 && info["size"]["rows"] == 24).then_some(())
    });
    other.keys("stty size\r");
    other.wait_text("24 80");
    driver.wait_text("24 80");
    // Given back: the first one drives again.
    other.keys("\x1ct");
    wait::until("the size of the first driver", || {
        (home.info("work")["size"]["columns"] == 100).then_some(())
    });
}

/// Watching changes neither the size nor what is typed.
#[test]
fn a_watcher_never_types() {
    let home = Home::new();
    home.ok(&[
        "new", "work", "--detach", "--size", "100x30", "--", "bash", "-i",
    ]);
    home.wait_screen("work", "$");
    let watcher = attach(&home, 60, 20, &["--watch"]);
    watcher.wait_text("$");
    watcher.keys("echo typed\r");
    let typist = attach(&home, 100, 30, &[]);
    typist.wait_text("$");
    typist.keys("echo by the typist\r");
    watcher.wait_text("by the typist");
    typist.wait_quiet(Duration::from_millis(100));
    assert!(!home.ok(&["capture", "work"]).contains("echo typed"));
    assert_eq!(home.info("work")["size"]["columns"], 100);
}

/// Asks everything that a terminal answers, ten times, and keeps what comes.
const QUESTIONS: &str = r"read -r x; stty raw -echo; exec 3<&0; (exec cat <&3 > $HOME/answers) &
for n in 1 2 3 4 5 6 7 8 9 10; do
    printf '\033[c\033[>c\033[=c\033[5n\033[6n\033[?6n\033[?15n\033[?996n\033[14t\033[16t\033[18t'
    printf '\033]0;id\007\033[21t\033[>q\033[?u\033[?1$p\033[?2026$p\033P$qm\033\\\033P+q544e\033\\'
    printf '\033]10;?\007\033]11;?\007\033]4;1;?\007\033]52;c;?\007\033Z\005'
done; printf 'asked'; exec sleep 600";

/// A session answers for itself: what the terminals of its viewers would answer is never typed.
#[test]
fn viewers_answer_nothing_a_program_asks() {
    let answers = |viewers: usize| {
        let home = Home::new();
        home.ok(&[
            "new", "work", "--detach", "--size", "100x30", "--", "bash", "-c", QUESTIONS,
        ]);
        let terminals: Vec<_> = (0..viewers).map(|_| attach(&home, 100, 30, &[])).collect();
        wait::until("all viewers", || {
            (home.info("work")["viewers"] == viewers).then_some(())
        });
        home.ok(&["send", "work", "go"]);
        home.wait_screen("work", "asked");
        for terminal in &terminals {
            terminal.wait_text("asked");
            terminal.wait_quiet(Duration::from_millis(100));
        }
        // What the terminal is was asked last, and first, ten times each.
        let read = wait::until("an answer to the last question", || {
            let read = std::fs::read(home.user().join("answers")).unwrap_or_default();
            let what = b"\x1b[?64;";
            let told = read.windows(what.len()).filter(|part| part == what);
            (told.count() == 20).then_some(read)
        });
        (read, home)
    };
    let (alone, _home) = answers(0);
    let viewers = if support::soak() { 50 } else { 5 };
    let (watched, _home) = answers(viewers);
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    assert_eq!(shown(&watched), shown(&alone));
}
