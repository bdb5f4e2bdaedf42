//! After every way out, the terminal is as it was: modes, keyboard stack, margins, cursor, title,
//! line settings.

use rustix::process::Signal;
use support::emulator::{Options, State};
use support::home::Home;
use support::process;
use support::terminal::Terminal;
use support::wait;

/// What a program may change of a terminal, all of it.
const WILD: &str = "stty raw -echo; printf '\\e[?1049h\\e[?1h\\e=\\e[?2004h\\e[?1003h\\e[?1006h\\e[?1004h\\e[>7u\\e[>4;2m\\e[3;9r\\e[?6h\\e[?25l\\e[5 q\\e[?7l\\e[4h\\e]2;wild title\\e\\\\\\e[?5h\\e[?2031h\\e]11;#102030\\e\\\\\\e[31;44mwild\\n\\e(0'; exec cat >/dev/null";
/// What the user's shell had set before; none of it is the default.
const BEFORE: &str = "printf '\\e]2;before\\e\\\\\\e[3 q\\e[?2004h\\e[>1u\\e[?1004h'";

struct Outer {
    home: Home,
    terminal: Terminal,
    before: State,
    settings: rustix::termios::Termios,
    client: u32,
}

/// Attaches to a wild program from a terminal that has modes of its own.
fn outer(kitty: bool) -> Outer {
    outer_of(
        kitty,
        &format!("{} attach", process::built("abide").display()),
    )
}

/// A wild program that waits for Enter.
fn wild() -> Home {
    let home = Home::new();
    let script = format!("read x; {WILD}");
    let size = ["--size", "80x24"];
    let program = ["--", "sh", "-c", &script];
    home.ok(&[&["new", "wild", "--detach"], &size[..], &program].concat());
    home
}

/// The same with this command in place of `abide attach`.
fn outer_of(kitty: bool, attach: &str) -> Outer {
    let home = wild();
    let script =
        format!("{BEFORE}; echo begin; read x; {attach} wild; echo \"ended with $?\"; exec cat");
    let options = Options {
        kitty,
        ..Options::sized(80, 24)
    };
    let terminal = Terminal::start(home.in_terminal(&["sh", "-c", &script]), options);
    terminal.wait_text("begin");
    let (before, settings) = (terminal.state(0), terminal.termios());
    terminal.keys("\r");
    wait::until("attach has the terminal", || {
        terminal.is_raw().then_some(())
    });
    home.ok(&["keys", "wild", "enter"]);
    terminal.wait_text("wild");
    let children = process::children(terminal.pid());
    let client = *children.first().expect("the client");
    Outer {
        home,
        terminal,
        before,
        settings,
        client,
    }
}

impl Outer {
    fn check(&self, line: &str) {
        self.terminal.wait_text(line);
        let after = self.terminal.state(0);
        assert_eq!(self.before.modes, after.modes, "modes (before, after)");
        let settings = self.terminal.termios();
        assert_eq!(settings.local_modes, self.settings.local_modes);
        assert_eq!(settings.input_modes, self.settings.input_modes);
        assert_eq!(settings.output_modes, self.settings.output_modes);
        assert_eq!(settings.control_modes, self.settings.control_modes);
    }
}

#[test]
fn detach() {
    for kitty in [true, false] {
        let outer = outer(kitty);
        outer.terminal.keys("\x1cd");
        outer.check("ended with 0");
        assert!(process::lives(outer.home.program("wild")));
    }
}

#[test]
fn the_program_ends() {
    for kitty in [true, false] {
        let outer = outer(kitty);
        outer.home.ok(&["kill", "wild"]);
        outer.check("ended with 137");
    }
}

#[test]
fn the_link_is_lost() {
    let outer = outer(true);
    process::kill(outer.home.keeper("wild"));
    outer.check("ended with 254");
}

#[test]
fn the_client_is_terminated() {
    let outer = outer(true);
    process::signal(outer.client, Signal::TERM);
    outer.check("ended with");
    assert!(process::lives(outer.home.program("wild")));
}

#[test]
fn the_client_is_hung_up() {
    let outer = outer(true);
    process::signal(outer.client, Signal::HUP);
    outer.check("ended with");
    assert!(process::lives(outer.home.program("wild")));
}

/// A fault of ours is no reason to leave the terminal as it is; it says what went wrong.
#[test]
fn the_client_panics() {
    for kitty in [true, false] {
        let attach = process::built("examples/abide-panics");
        let outer = outer_of(kitty, &attach.display().to_string());
        process::signal(outer.client, Signal::USR1);
        outer.check("ended with 101");
        assert!(outer.terminal.state(0).text().contains("as told"));
        assert!(process::lives(outer.home.program("wild")));
    }
}

/// Suspended, the terminal is the shell's; continued, it shows the session again.
#[test]
fn suspend_and_continue() {
    let home = wild();
    let terminal = Terminal::start(home.in_terminal(&["bash", "-i"]), Options::sized(80, 24));
    terminal.wait_text("$");
    let before = terminal.state(0);
    terminal.keys(format!(
        "{} attach wild\r",
        process::built("abide").display()
    ));
    wait::until("the client", || {
        process::children(terminal.pid()).first().copied()
    });
    home.ok(&["keys", "wild", "enter"]);
    terminal.wait("wild", |state| {
        state.screen == "alternate" && state.text().contains("wild")
    });
    let client = process::children(terminal.pid())[0];
    process::signal(client, Signal::TSTP);
    let stopped = terminal.wait_text("Stopped");
    let keyboard = |state: &State| state.modes["keyboard"].clone();
    assert_eq!(keyboard(&before), keyboard(&stopped));
    assert_eq!(stopped.screen, "normal");
    assert_eq!(stopped.modes["mouseTrackingMode"], "none");
    terminal.keys("fg\r");
    terminal.wait("wild again", |state| {
        state.screen == "alternate" && state.text().contains("wild")
    });
    terminal.keys("\x1cd");
    terminal.wait("the shell", |state| {
        state.screen == "normal" && state.text().contains("detached")
    });
}
