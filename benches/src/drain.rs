//! A terminal that reads as fast as it can, shows nothing, and says when something was painted.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

pub const COLUMNS: u16 = 200;
pub const ROWS: u16 = 50;
const CHUNK: usize = 64 << 10;
/// After this long a program is taken to be stuck, and the run fails.
const PATIENCE: Duration = Duration::from_mins(2);
/// Without output for this long, everything is painted.
const SETTLED: Duration = Duration::from_millis(500);
/// What every terminal answers when it is asked what it is; programs wait for it at their start.
const QUESTION: &[u8] = b"\x1b[c";
const ANSWER: &[u8] = b"\x1b[?62;22c";

/// What is waited for, and when it came.
#[derive(Default)]
struct Watch {
    wanted: Vec<u8>,
    came: Option<Instant>,
}

#[derive(Default)]
struct Shared {
    watch: Mutex<Watch>,
    came: Condvar,
    painted: AtomicU64,
    held: AtomicBool,
}

/// A program in a pseudo-terminal of 200x50. Ends it with its value.
pub struct Drain {
    _master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<Shared>,
    pub pid: u32,
}

impl Drain {
    pub fn start(command: CommandBuilder) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let reader = pair.master.try_clone_reader().expect("reader");
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("writer")));
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the program starts");
        let pid = child.process_id().expect("pid");
        let shared = Arc::new(Shared::default());
        let (to, answers) = (Arc::clone(&shared), Arc::clone(&writer));
        std::thread::spawn(move || read(reader, &to, &answers));
        Self {
            _master: pair.master,
            writer,
            child,
            shared,
            pid,
        }
    }

    pub fn keys(&self, bytes: &[u8]) {
        write(&self.writer, bytes);
    }

    /// From now on, waits for these bytes.
    pub fn watch(&self, wanted: &[u8]) {
        let mut watch = self
            .shared
            .watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *watch = Watch {
            wanted: wanted.to_vec(),
            came: None,
        };
    }

    /// When the bytes that are watched for had been read.
    pub fn came(&self) -> Instant {
        let watch = self
            .shared
            .watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (watch, _) = self
            .shared
            .came
            .wait_timeout_while(watch, PATIENCE, |watch| watch.came.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        let wanted = String::from_utf8_lossy(&watch.wanted).into_owned();
        watch
            .came
            .unwrap_or_else(|| panic!("{wanted:?} was never painted"))
    }

    /// Watches and waits.
    pub fn wait(&self, wanted: &[u8]) -> Instant {
        self.watch(wanted);
        self.came()
    }

    /// Bytes painted so far.
    pub fn painted(&self) -> u64 {
        self.shared.painted.load(Ordering::Relaxed)
    }

    /// Waits until nothing more is painted.
    pub fn settle(&self) {
        let mut before = u64::MAX;
        while before != self.painted() {
            before = self.painted();
            std::thread::sleep(SETTLED);
        }
    }

    /// From now on reads nothing.
    pub fn hold(&self) {
        self.shared.held.store(true, Ordering::Relaxed);
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(writer: &Mutex<Box<dyn Write + Send>>, bytes: &[u8]) {
    // The program may just have ended; what it does not read it does not miss.
    let _ = writer
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .write_all(bytes);
}

fn read(mut from: Box<dyn Read + Send>, to: &Shared, answers: &Mutex<Box<dyn Write + Send>>) {
    let mut buffer = vec![0; CHUNK];
    // The end of what was read before, for what is cut in two.
    let mut kept = 0;
    loop {
        while to.held.load(Ordering::Relaxed) {
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let count = match from.read(&mut buffer[kept..]) {
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        let now = Instant::now();
        to.painted.fetch_add(count as u64, Ordering::Relaxed);
        let seen = &buffer[..kept + count];
        if count < 4096 && contains(&seen[kept.saturating_sub(QUESTION.len() - 1)..], QUESTION) {
            write(answers, ANSWER);
        }
        let mut watch = to.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if watch.came.is_none() && !watch.wanted.is_empty() && contains(seen, &watch.wanted) {
            watch.came = Some(now);
            to.came.notify_all();
        }
        let keep = watch
            .wanted
            .len()
            .max(QUESTION.len())
            .saturating_sub(1)
            .min(seen.len());
        drop(watch);
        let end = kept + count;
        buffer.copy_within(end - keep..end, 0);
        kept = keep;
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else {
        return false;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
