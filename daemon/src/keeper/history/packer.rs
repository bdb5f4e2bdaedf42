//! The thread that compresses sealed blocks and moves what memory has no room for to the file. It
//! is there while there is something to do, and gets the processor when nobody else wants it.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use abide_screen::limits::SPILL_LAG;
use abide_screen::{Codec, Sealed, Usage};

use super::file::HistoryFile;
use crate::keeper::engine::Engine;

/// Bytes that may wait to be compressed; what comes on top is compressed by who brings it.
const WAITING: usize = 4 << 20;
/// Bytes of compressed blocks that are written at once.
const BATCH: usize = 256 << 10;
/// Bytes that a full disk leaves the history besides its memory: where there is no such room, blocks
/// are dropped before they come to be stored, and it is never found out that the disk has room again.
const HOPE: u64 = 4 * BATCH as u64;
/// The thread is gone this long after its last block.
const LINGER: Duration = Duration::from_millis(50);
/// How much less of the processor the thread gets than the program.
const NICE: i32 = 10;

/// What a history may take, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) memory: u64,
    /// 0: nothing is written to the disk.
    pub(crate) disk: u64,
}

/// Takes sealed blocks; has them compressed and stored.
pub(crate) struct Packer {
    shared: Arc<Shared>,
    /// For blocks that are compressed in line; given up at [`Self::rest`].
    codec: Option<Codec>,
}

struct Shared {
    usage: Arc<Usage>,
    bounds: Bounds,
    queue: Mutex<Queue>,
    work: Condvar,
    spill: Mutex<Spill>,
    /// Why the disk took no more, until it is told.
    trouble: Mutex<Option<io::Error>>,
    troubled: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Sealed>>,
    bytes: usize,
    /// There is a thread.
    running: bool,
}

/// What is in memory, compressed, and what is in the file.
struct Spill {
    path: PathBuf,
    file: Option<HistoryFile>,
    /// Blocks that may still be in memory, oldest first.
    kept: VecDeque<Weak<Sealed>>,
    /// The disk took no more once.
    failed: bool,
}

impl Packer {
    /// The file at `path` is made when it is needed, and removed with the packer.
    pub(crate) fn new(usage: Arc<Usage>, bounds: Bounds, path: PathBuf) -> Self {
        usage.set_room(bounds.disk);
        Self {
            shared: Arc::new(Shared {
                usage,
                bounds,
                queue: Mutex::default(),
                work: Condvar::new(),
                spill: Mutex::new(Spill {
                    path,
                    file: None,
                    kept: VecDeque::new(),
                    failed: false,
                }),
                trouble: Mutex::default(),
                troubled: AtomicBool::new(false),
            }),
            codec: None,
        }
    }

    /// Takes the blocks that were sealed, oldest first. Waits for the disk only where rows would be
    /// lost else.
    pub(crate) fn take(&mut self, blocks: Vec<Arc<Sealed>>) {
        for block in blocks {
            let bytes = block.unpacked_bytes();
            let mut queue = lock(&self.shared.queue);
            if queue.bytes + bytes > WAITING {
                drop(queue);
                block.pack(self.codec.get_or_insert_default());
                queue = lock(&self.shared.queue);
            } else {
                queue.bytes += bytes;
            }
            queue.waiting.push_back(block);
            if !std::mem::replace(&mut queue.running, true) && !self.start() {
                queue.running = false;
                drop(queue);
                self.shared.work_off(self.codec.get_or_insert_default());
            }
        }
        if self.shared.behind() {
            self.shared.work_off(self.codec.get_or_insert_default());
        }
        self.shared.work.notify_one();
    }

    /// No block came: gives back memory once none waits.
    pub(crate) fn rest(&mut self) {
        if self.codec.is_some() && lock(&self.shared.queue).waiting.is_empty() {
            self.codec = None;
        }
    }

    /// Nothing is kept of history when the session has ended.
    pub(crate) fn forgets(&self) -> bool {
        self.shared.bounds.disk == 0
    }

    /// Drops the oldest rows until the disk may take the others.
    pub(crate) fn fit(&mut self, engine: &mut Engine) {
        if !self.forgets() {
            self.shared.work_off(&mut Codec::default());
            engine.trim_history(self.shared.bounds.disk);
        }
    }

    /// Writes all history down that [`Self::fit`] has left, as far as the disk takes it, and leaves the file there: also when
    /// that fails, with what is in it. Takes as long as it takes: nothing goes on in the session.
    pub(crate) fn complete(&mut self, engine: &mut Engine) -> io::Result<()> {
        if self.forgets() {
            return Ok(());
        }
        let mut spill = lock(&self.shared.spill);
        let written = loop {
            let blocks = engine.reader().blocks(&self.shared.usage);
            let bytes = self.shared.usage.memory() as u64 + self.shared.usage.stored();
            match spill.write_all(&blocks) {
                // What does not fit is left out, the oldest first.
                Err(_) if bytes > BATCH as u64 => engine.trim_history(bytes / 2),
                written => break written,
            }
        };
        spill.file = None;
        written
    }

    fn start(&self) -> bool {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("history".into());
        thread.spawn(move || shared.run()).is_ok()
    }

    /// Rows that somebody wanted and that could not be read.
    pub(crate) fn lost(&self) -> u64 {
        self.shared.usage.lost()
    }

    /// Why no more could be written to the disk, once.
    pub(crate) fn take_trouble(&self) -> Option<io::Error> {
        let troubled = self.shared.troubled.swap(false, Ordering::Relaxed);
        troubled.then(|| lock(&self.shared.trouble).take())?
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        let spill = lock(&self.shared.spill);
        if spill.file.is_some() {
            let _ = std::fs::remove_file(&spill.path);
        }
    }
}

impl Shared {
    fn run(&self) {
        let _ = rustix::process::nice(NICE);
        let mut codec = Codec::default();
        let mut queue = lock(&self.queue);
        loop {
            if !queue.waiting.is_empty() {
                drop(queue);
                self.work_off(&mut codec);
                queue = lock(&self.queue);
                continue;
            }
            let waited = self.work.wait_timeout(queue, LINGER);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            if timeout.timed_out() && queue.waiting.is_empty() {
                queue.running = false;
                return;
            }
        }
    }

    /// The thread gets too little of the processor: half of what may wait in memory does.
    fn behind(&self) -> bool {
        let Bounds { memory, disk } = self.bounds;
        let (least, most) = SPILL_LAG;
        let lag = memory.clamp(least as u64, most as u64) / 2;
        disk > 0 && self.usage.memory() as u64 > memory + lag
    }

    /// Compresses what waits, and stores what there is no room for.
    fn work_off(&self, codec: &mut Codec) {
        let mut spill = lock(&self.spill);
        loop {
            let mut queue = lock(&self.queue);
            let Some(block) = queue.waiting.pop_front() else {
                break;
            };
            queue.bytes = queue.bytes.saturating_sub(block.unpacked_bytes());
            drop(queue);
            block.pack(codec);
            spill.kept.push_back(Arc::downgrade(&block));
            drop(block);
            self.spill(&mut spill);
        }
    }

    fn spill(&self, spill: &mut Spill) {
        let Bounds { memory, disk } = self.bounds;
        while self.usage.memory() as u64 > memory && disk > 0 {
            let mut batch = Vec::new();
            let mut bytes = 0;
            while bytes < BATCH
                && let Some(oldest) = spill.kept.pop_front()
            {
                // What nobody has any more, or was not compressed, stays where it is.
                let Some(block) = oldest.upgrade() else {
                    continue;
                };
                if let Some(packed) = block.packed() {
                    bytes += packed.len();
                    batch.push((block, packed));
                }
            }
            if batch.is_empty() {
                return;
            }
            if let Err(error) = spill.write(&batch) {
                let back = batch.iter().rev();
                back.for_each(|(block, _)| spill.kept.push_front(Arc::downgrade(block)));
                // The oldest rows on the disk make room for younger ones.
                let room = self.usage.stored().saturating_sub(BATCH as u64);
                self.usage.set_room(room.max(HOPE).min(disk));
                if !std::mem::replace(&mut spill.failed, true) {
                    *lock(&self.trouble) = Some(error);
                    self.troubled.store(true, Ordering::Relaxed);
                }
                return;
            }
            // Whoever filled the disk may have left.
            self.usage.set_room(disk);
        }
    }
}

impl Spill {
    fn write(&mut self, batch: &[(Arc<Sealed>, Arc<[u8]>)]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(HistoryFile::create(&self.path)?),
        };
        file.cut_dead()?;
        file.append(batch)
    }

    /// Writes the blocks that are not in the file yet, and waits for the disk.
    fn write_all(&mut self, blocks: &[Arc<Sealed>]) -> io::Result<()> {
        let mut codec = Codec::default();
        let mut batch = Vec::new();
        let mut bytes = 0;
        for block in blocks {
            block.pack(&mut codec);
            let Some(packed) = block.packed() else {
                continue;
            };
            bytes += packed.len();
            batch.push((Arc::clone(block), packed));
            if bytes >= BATCH {
                self.write(&batch)?;
                batch.clear();
                bytes = 0;
            }
        }
        self.write(&batch)?;
        self.file.as_ref().map_or(Ok(()), HistoryFile::sync)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
