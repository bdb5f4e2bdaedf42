//! What waits to be written to the PTY: replies of the screen and input units. Pure.
//!
//! A unit is never interrupted once begun. Replies go before input that has not begun, so that a
//! program that asks and then reads keys gets its answer first. Bounded: input beyond
//! [`PTY_QUEUE`] is answered `Busy` by the caller, replies beyond [`REPLIES`] are dropped (their
//! program does not read them).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use abide_protocol::limits::PTY_QUEUE;
use abide_protocol::{DeviceId, InputSeq, StreamId};

/// Bytes of unread replies at most.
const REPLIES: usize = 64 << 10;
/// Between a submitted text and its Enter at least: programs take what follows a paste at once as
/// part of it.
pub(crate) const SUBMIT_PAUSE: Duration = Duration::from_millis(30);
/// Between a submitted text and its Enter at most.
pub(crate) const SUBMIT_LONGEST: Duration = Duration::from_millis(100);
/// A program that wrote nothing for this long has taken the text in.
const SUBMIT_QUIET: Duration = Duration::from_millis(10);
/// Around a bracketed paste.
const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Whose input a unit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner {
    pub(crate) stream: StreamId,
    pub(crate) seq: InputSeq,
    pub(crate) device: Option<DeviceId>,
}

/// Bytes that belong together.
#[derive(Debug)]
pub(crate) struct Unit {
    /// `None`: the keeper's own (a focus report).
    pub(crate) owner: Option<Owner>,
    pub(crate) bytes: Vec<u8>,
    /// Written after `bytes` and a pause: the Enter of a submitted text.
    pub(crate) enter: Option<Vec<u8>>,
}

/// The queue of one PTY.
#[derive(Default, Debug)]
pub(crate) struct Queue {
    replies: Vec<u8>,
    replied: usize,
    units: VecDeque<Unit>,
    /// Bytes of all units, without what follows a pause.
    waiting: usize,
    /// Bytes of the first unit that are written.
    begun: usize,
    /// The first unit's text is written since then, its Enter is not.
    paused: Option<Instant>,
    output: Option<Instant>,
}

impl Queue {
    /// Whether a unit of this length fits. One that is longer than the whole queue fits when
    /// nothing else waits.
    pub(crate) fn room(&self, bytes: usize) -> bool {
        self.units.is_empty() || self.waiting + bytes <= PTY_QUEUE
    }

    pub(crate) fn push(&mut self, unit: Unit) {
        self.waiting += unit.bytes.len();
        self.units.push_back(unit);
    }

    pub(crate) fn reply(&mut self, bytes: &[u8]) {
        if self.replies.len() + bytes.len() <= REPLIES {
            self.replies.extend_from_slice(bytes);
        }
    }

    /// The program has written something.
    pub(crate) fn output(&mut self, now: Instant) {
        self.output = Some(now);
    }

    /// What may be written now.
    pub(crate) fn next(&self, now: Instant) -> Option<&[u8]> {
        let unit = self.units.front();
        if self.begun > 0 {
            return unit.and_then(|unit| unit.bytes.get(self.begun..));
        }
        if self.replied < self.replies.len() {
            return self.replies.get(self.replied..);
        }
        if self.deadline().is_some_and(|deadline| now < deadline) {
            return None;
        }
        unit.map(|unit| unit.bytes.as_slice())
    }

    /// `count` bytes of what [`Self::next`] gave are written. Answers the owner of a unit that is
    /// complete with them.
    pub(crate) fn wrote(&mut self, count: usize, now: Instant) -> Option<Owner> {
        if self.begun == 0 && self.replied < self.replies.len() {
            self.replied += count;
            if self.replied >= self.replies.len() {
                self.replies = Vec::new();
                self.replied = 0;
            }
            return None;
        }
        self.begun += count;
        let unit = self.units.front_mut()?;
        if self.begun < unit.bytes.len() {
            return None;
        }
        self.begun = 0;
        self.paused = None;
        self.waiting -= unit.bytes.len();
        if let Some(enter) = unit.enter.take() {
            self.waiting += enter.len();
            unit.bytes = enter;
            self.paused = Some(now);
            return None;
        }
        self.units.pop_front().and_then(|unit| unit.owner)
    }

    /// When the Enter of a submitted text may be written.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let paused = self.paused?;
        let quiet = match self.output.filter(|output| *output >= paused) {
            Some(output) => output + SUBMIT_QUIET,
            None => paused + SUBMIT_LONGEST,
        };
        Some(quiet.clamp(paused + SUBMIT_PAUSE, paused + SUBMIT_LONGEST))
    }

    /// Drops a stream's units. One that has begun ends as soon as it can.
    pub(crate) fn discard(&mut self, stream: StreamId) -> Vec<InputSeq> {
        self.drop_units(|owner| owner.stream == stream)
    }

    /// Drops a device's units.
    pub(crate) fn cut(&mut self, device: DeviceId) -> Vec<InputSeq> {
        self.drop_units(|owner| owner.device == Some(device))
    }

    fn drop_units(&mut self, whose: impl Fn(&Owner) -> bool) -> Vec<InputSeq> {
        let mut dropped = Vec::new();
        if let Some(first) = self.units.front_mut()
            && first.owner.as_ref().is_some_and(&whose)
            && self.begun > 0
        {
            end_soon(first, self.begun);
            if self.begun >= first.bytes.len() {
                self.begun = 0;
            }
        }
        let begun = self.begun > 0;
        let mut index = 0;
        self.units.retain(|unit| {
            let first = index == 0;
            index += 1;
            let owner = unit.owner.filter(|owner| !(begun && first) && whose(owner));
            dropped.extend(owner.map(|owner| owner.seq));
            if first && owner.is_some() {
                self.paused = None;
            }
            owner.is_none()
        });
        self.waiting = self.units.iter().map(|unit| unit.bytes.len()).sum();
        dropped
    }
}

/// Leaves of a unit what is needed for the program not to be left inside of a paste, or inside of
/// a character: at most 6 bytes, and nothing of a paste whose beginning is not whole.
fn end_soon(unit: &mut Unit, begun: usize) {
    unit.enter = None;
    if unit.bytes.starts_with(PASTE_BEGIN) && begun < PASTE_BEGIN.len() {
        return unit.bytes.truncate(begun);
    }
    if let Some(text) = unit.bytes.len().checked_sub(PASTE_END.len())
        && unit.bytes.ends_with(PASTE_END)
    {
        let cut = char_end(&unit.bytes, begun).min(text);
        if begun < text {
            unit.bytes.drain(cut..text);
        }
        return;
    }
    unit.bytes.truncate(char_end(&unit.bytes, begun));
}

/// The end of the UTF-8 character that `at` lies in; `at` itself between characters.
fn char_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .take_while(|byte| (0x80..0xc0).contains(*byte))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(stream: u8, seq: u64) -> Owner {
        Owner {
            stream: StreamId([stream; 16]),
            seq: InputSeq(seq),
            device: (stream > 9).then_some(DeviceId([stream; 16])),
        }
    }

    fn unit(stream: u8, seq: u64, bytes: &str) -> Unit {
        Unit {
            owner: Some(owner(stream, seq)),
            bytes: bytes.into(),
            enter: None,
        }
    }

    /// Writes as much as may be written now, `step` bytes at a time.
    fn drain(queue: &mut Queue, step: usize, now: Instant) -> (String, Vec<u64>) {
        let (mut text, mut done) = (Vec::new(), Vec::new());
        while let Some(bytes) = queue.next(now) {
            let waiting: usize = queue.units.iter().map(|unit| unit.bytes.len()).sum();
            assert_eq!(queue.waiting, waiting);
            let part = bytes[..bytes.len().min(step)].to_vec();
            text.extend_from_slice(&part);
            done.extend(queue.wrote(part.len(), now).map(|owner| owner.seq.0));
        }
        (String::from_utf8_lossy(&text).into_owned(), done)
    }

    #[test]
    fn replies_go_before_input_that_has_not_begun() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.push(unit(1, 1, "abcd"));
        queue.push(unit(1, 2, "e"));
        queue.wrote(2, now);
        queue.reply(b"<r>");
        assert_eq!(drain(&mut queue, 1, now), ("cd<r>e".into(), vec![1, 2]));
    }

    #[test]
    fn the_queue_is_bounded_but_takes_one_large_unit() {
        let mut queue = Queue::default();
        assert!(queue.room(PTY_QUEUE * 4));
        queue.push(unit(1, 1, "x"));
        assert!(queue.room(PTY_QUEUE - 1));
        assert!(!queue.room(PTY_QUEUE));
        queue.reply(&vec![b'r'; REPLIES]);
        queue.reply(b"one too many");
        assert_eq!(queue.replies.len(), REPLIES);
    }

    #[test]
    fn enter_follows_a_submitted_text_after_a_pause_and_nothing_comes_between() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        // Output of the program after the text, and when Enter is due.
        for (output, due) in [(None, 100), (Some(5), 30), (Some(25), 35), (Some(95), 100)] {
            let mut queue = Queue::default();
            let submitted = Unit {
                enter: Some(b"\r".into()),
                ..unit(1, 1, "text")
            };
            queue.push(submitted);
            queue.push(unit(2, 1, "other"));
            assert_eq!(drain(&mut queue, 3, start), ("text".into(), vec![]));
            if let Some(output) = output {
                queue.output(at(output));
            }
            assert_eq!(queue.deadline(), Some(at(due)), "output at {output:?}");
            assert_eq!(drain(&mut queue, 3, at(due - 1)), (String::new(), vec![]));
            assert_eq!(
                drain(&mut queue, 9, at(due)),
                ("\rother".into(), vec![1, 1])
            );
        }
    }

    /// A queue whose first unit has `begun` bytes written: what is still written after a discard.
    fn check_discard(first: &str, begun: usize, rest: &str, dropped: &[u64]) {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.push(unit(1, 1, first));
        queue.push(unit(2, 1, "[other]"));
        queue.push(unit(1, 2, "more"));
        if begun > 0 {
            queue.wrote(begun, now);
        }
        let seqs: Vec<u64> = queue
            .discard(StreamId([1; 16]))
            .iter()
            .map(|seq| seq.0)
            .collect();
        assert_eq!(seqs, dropped, "{first:?} after {begun}");
        assert_eq!(
            drain(&mut queue, 99, now).0,
            rest,
            "{first:?} after {begun}"
        );
    }

    #[test]
    fn a_discard_leaves_no_half_paste_and_no_half_character() {
        check_discard("plain", 0, "[other]", &[1, 2]);
        check_discard("plain", 2, "[other]", &[1, 2]);
        check_discard("aäb", 2, "\u{fffd}[other]", &[2]);
    }

    #[test]
    fn a_begun_paste_is_closed() {
        let paste = "\x1b[200~pasted \x1b[201~";
        check_discard(paste, 3, "[other]", &[1, 2]);
        check_discard(paste, 6, "\x1b[201~[other]", &[2]);
        check_discard(paste, 8, "\x1b[201~[other]", &[2]);
        check_discard(paste, 13, "\x1b[201~[other]", &[2]);
        check_discard(paste, 16, "01~[other]", &[2]);
    }

    #[test]
    fn a_cut_drops_a_device_and_nobody_else() {
        let now = Instant::now();
        let mut queue = Queue::default();
        queue.push(Unit {
            enter: Some(b"\r".into()),
            ..unit(12, 1, "remote")
        });
        queue.push(unit(1, 1, "local"));
        assert_eq!(drain(&mut queue, 99, now).0, "remote");
        assert_eq!(queue.cut(DeviceId([12; 16])), [InputSeq(1)]);
        assert_eq!(drain(&mut queue, 99, now).0, "local");
        assert_eq!(queue.cut(DeviceId([12; 16])), []);
    }
}
