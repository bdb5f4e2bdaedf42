//! A user's terminal in a test's hands: a program in a real pseudo-terminal, keys typed by a
//! script, and an emulator that shows what a person would see and answers as a terminal does.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Signal;
use rustix::termios::{LocalModes, Termios, tcgetattr};

use crate::emulator::{Emulator, Frame, Options, State};
use crate::{process, wait};

/// Bytes read at once; the kernel hands out at most 4 KiB of a terminal.
const CHUNK: usize = 64 << 10;
/// Bytes of output kept at most; the oldest go first.
const KEPT: usize = 64 << 20;

type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// What has come out of the program so far.
#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    total: u64,
    /// When the last byte came.
    last: Option<Instant>,
    closed: bool,
    /// The reader stops reading while set.
    held: bool,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One terminal with one program. Ends the program with its value.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Writer,
    shared: Arc<Shared>,
    emulator: Option<Arc<Emulator>>,
    child: Mutex<Box<dyn Child + Send + Sync>>,
    pid: u32,
}

impl Terminal {
    /// Starts a program in a terminal that a person would look at.
    pub fn start(command: CommandBuilder, options: Options) -> Self {
        Self::with_termios(command, options, |_| {})
    }

    /// As [`Self::start`], after `prepare` has changed the terminal's line settings.
    pub fn with_termios(
        command: CommandBuilder,
        options: Options,
        prepare: impl FnOnce(&dyn MasterPty),
    ) -> Self {
        let pair = open(options.columns, options.rows);
        prepare(&*pair.0);
        let writer: Writer = Arc::new(Mutex::new(pair.0.take_writer().expect("writer")));
        let answers = Arc::clone(&writer);
        let emulator = Emulator::start(options, move |reply| {
            // The program may be gone; then nobody waits for the answer.
            let _ = answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .write_all(reply);
        });
        Self::run(
            pair,
            writer,
            command,
            Some(Arc::new(emulator.expect("emulator"))),
        )
    }

    /// Starts a program in a terminal that reads, answers nothing and shows nothing.
    pub fn drain(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = open(columns, rows);
        let writer: Writer = Arc::new(Mutex::new(pair.0.take_writer().expect("writer")));
        Self::run(pair, writer, command, None)
    }

    fn run(
        (master, slave): (
            Box<dyn MasterPty + Send>,
            Box<dyn portable_pty::SlavePty + Send>,
        ),
        writer: Writer,
        command: CommandBuilder,
        emulator: Option<Arc<Emulator>>,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let reader = master.try_clone_reader().expect("reader");
        let child = slave.spawn_command(command).expect("the program starts");
        let pid = child.process_id().expect("pid");
        let (to, screen) = (Arc::clone(&shared), emulator.clone());
        std::thread::spawn(move || read(reader, &to, screen.as_deref()));
        Self {
            master,
            writer,
            shared,
            emulator,
            child: Mutex::new(child),
            pid,
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Types bytes, as a keyboard does.
    pub fn keys(&self, bytes: impl AsRef<[u8]>) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer
            .write_all(bytes.as_ref())
            .expect("the terminal takes keys");
        writer.flush().expect("the terminal takes keys");
    }

    /// Another size: the emulator's first, since a terminal changes before its program is told.
    pub fn resize(&self, columns: u16, rows: u16) {
        if let Some(emulator) = &self.emulator {
            emulator.resize(columns, rows).expect("emulator");
        }
        self.master.resize(size(columns, rows)).expect("resize");
    }

    /// What a person sees now, with at most `history` rows of scrollback.
    pub fn state(&self, history: u32) -> State {
        self.emulator
            .as_ref()
            .expect("a terminal with an emulator")
            .state(history)
            .expect("state")
    }

    /// The text of the screen at the end of each synchronized update since this was last asked.
    pub fn frames(&self) -> Vec<Frame> {
        let emulator = self.emulator.as_ref().expect("a terminal with an emulator");
        emulator.frames().expect("frames")
    }

    /// Waits until what a person sees is as `wanted`; shows the last screen when it never is.
    pub fn wait(&self, what: &str, wanted: impl Fn(&State) -> bool) -> State {
        let mut last = None;
        let deadline = Instant::now() + wait::PATIENCE;
        while Instant::now() < deadline {
            let state = self.state(0);
            if wanted(&state) {
                return state;
            }
            last = Some(state);
            self.wait_change(Duration::from_millis(50));
        }
        let text = last.map(|state| state.text()).unwrap_or_default();
        panic!("waited in vain: {what}; the terminal shows:\n{text}");
    }

    /// Waits until `text` is on the screen.
    pub fn wait_text(&self, text: &str) -> State {
        self.wait(&format!("{text:?} on the screen"), |state| {
            state.text().contains(text)
        })
    }

    /// Waits until nothing has come out for `pause`.
    pub fn wait_quiet(&self, pause: Duration) {
        wait::until("a pause", || {
            let quiet = self
                .shared
                .lock()
                .last
                .is_none_or(|last| last.elapsed() >= pause);
            quiet.then_some(())
        });
    }

    fn wait_change(&self, at_most: Duration) {
        let seen = self.shared.lock();
        let _unused = self.shared.changed.wait_timeout(seen, at_most);
    }

    /// Everything that has come out, up to a bound.
    pub fn output(&self) -> Vec<u8> {
        self.shared.lock().bytes.clone()
    }

    /// Number of bytes that have come out.
    pub fn total(&self) -> u64 {
        self.shared.lock().total
    }

    /// Waits until these bytes have come out after the first `from` bytes.
    pub fn wait_output(&self, needle: &[u8]) {
        wait::until(
            &format!("{:?} in the output", String::from_utf8_lossy(needle)),
            || {
                let seen = self.shared.lock();
                seen.bytes
                    .windows(needle.len())
                    .any(|window| window == needle)
                    .then_some(())
            },
        );
    }

    /// While `held`, nothing is read: the program blocks when the kernel's buffer is full.
    pub fn hold(&self, held: bool) {
        self.shared.lock().held = held;
        self.shared.changed.notify_all();
    }

    pub fn signal(&self, signal: Signal) {
        process::signal(self.pid, signal);
    }

    /// Waits for the program's end, with all of its output read; gives its exit code (1 when a signal ended it).
    pub fn wait_exit(&self) -> u32 {
        let status = wait::until("the program's end", || {
            let status = self
                .child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .try_wait();
            status.expect("wait")
        });
        wait::until("the end of the output", || {
            self.shared.lock().closed.then_some(())
        });
        status.exit_code()
    }

    pub fn running(&self) -> bool {
        self.child
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .try_wait()
            .expect("wait")
            .is_none()
    }

    /// The line settings of the terminal.
    pub fn termios(&self) -> Termios {
        let path = self.master.tty_name().expect("the terminal has a name");
        tcgetattr(std::fs::File::open(path).expect("terminal")).expect("line settings")
    }

    /// The program has put the terminal into raw mode.
    pub fn is_raw(&self) -> bool {
        !self.termios().local_modes.contains(LocalModes::ICANON)
    }

    pub fn tty(&self) -> std::path::PathBuf {
        self.master.tty_name().expect("the terminal has a name")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.hold(false);
        if self.running() {
            process::kill(self.pid);
            let _ = self
                .child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .wait();
        }
    }
}

fn open(
    columns: u16,
    rows: u16,
) -> (
    Box<dyn MasterPty + Send>,
    Box<dyn portable_pty::SlavePty + Send>,
) {
    let pair = native_pty_system()
        .openpty(size(columns, rows))
        .expect("a pseudo-terminal");
    (pair.master, pair.slave)
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: columns * 8,
        pixel_height: rows * 16,
    }
}

fn read(mut from: Box<dyn Read + Send>, to: &Shared, screen: Option<&Emulator>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut seen = to.lock();
        while seen.held {
            seen = to
                .changed
                .wait(seen)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(seen);
        let count = from.read(&mut buffer).unwrap_or(0);
        let chunk = &buffer[..count];
        if let Some(screen) = screen
            && screen.write(chunk).is_err()
        {
            return;
        }
        let mut seen = to.lock();
        if seen.bytes.len() + count > KEPT {
            let cut = seen.bytes.len() / 2;
            seen.bytes.drain(..cut);
        }
        seen.bytes.extend_from_slice(chunk);
        seen.total += count as u64;
        seen.closed = count == 0;
        seen.last = Some(Instant::now());
        to.changed.notify_all();
        if count == 0 {
            return;
        }
    }
}
