//! A thread that packs blocks of history while the screen is fed, as a keeper's does: at most so much
//! waits for it, and what comes on top is packed by who brings it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use abide_screen::{Codec, Sealed};

/// Bytes that may wait.
const WAITING: usize = 4 << 20;

/// The thread lives as long as this, so that its processor time can be read when it is done.
pub(crate) struct Packing {
    /// Blocks, or a wish to know when those before it are packed.
    work: Option<Sender<Option<Arc<Sealed>>>>,
    done: Receiver<()>,
    waiting: Arc<AtomicUsize>,
    codec: Codec,
    thread: Option<JoinHandle<()>>,
}

impl Packing {
    pub(crate) fn start() -> Self {
        let (work, blocks) = channel::<Option<Arc<Sealed>>>();
        let (tell, done) = channel();
        let waiting = Arc::<AtomicUsize>::default();
        let waits = Arc::clone(&waiting);
        let thread = std::thread::spawn(move || {
            let mut codec = Codec::default();
            for block in blocks {
                let Some(block) = block else {
                    let _ = tell.send(());
                    continue;
                };
                let bytes = block.unpacked_bytes();
                block.pack(&mut codec);
                waits.fetch_sub(bytes, Ordering::Relaxed);
            }
        });
        Self {
            work: Some(work),
            done,
            waiting,
            codec: Codec::default(),
            thread: Some(thread),
        }
    }

    pub(crate) fn take(&mut self, blocks: Vec<Arc<Sealed>>) {
        for block in blocks {
            let bytes = block.unpacked_bytes();
            if self.waiting.load(Ordering::Relaxed) + bytes > WAITING {
                block.pack(&mut self.codec);
                continue;
            }
            self.waiting.fetch_add(bytes, Ordering::Relaxed);
            self.send(Some(block));
        }
    }

    /// Returns when all that was taken is packed.
    pub(crate) fn wait(&mut self) {
        self.send(None);
        let _ = self.done.recv();
    }

    fn send(&mut self, work: Option<Arc<Sealed>>) {
        if let Some(sender) = &self.work {
            let _ = sender.send(work);
        }
    }
}

impl Drop for Packing {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
