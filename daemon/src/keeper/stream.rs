//! Input streams: each input of an attachment is applied exactly once and in order, across the
//! attachment's reconnects. Pure.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use abide_protocol::limits::STREAMS;
use abide_protocol::message::InputRefusal;
use abide_protocol::{DeviceId, InputSeq, StreamId};

/// A stream is remembered this long after its last use.
const MEMORY: Duration = Duration::from_hours(24);
/// Input that brings no output counts as visible after this long (a password, a key without
/// effect).
pub(crate) const ECHO_PATIENCE: Duration = Duration::from_millis(50);

/// What to do with a numbered input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Admission {
    /// It is the next one.
    Apply,
    /// It is the next one after inputs that were answered `Busy`, and takes their place.
    Overtake {
        first_missing: InputSeq,
    },
    /// It was applied before.
    Repeated,
    Refuse(InputRefusal),
}

#[derive(Debug)]
struct Stream {
    /// Who may write to it: the device that opened it; `None` for local clients.
    device: Option<DeviceId>,
    /// Everything up to here was queued, refused for good or discarded: never to be applied again.
    accepted: InputSeq,
    /// Everything up to here is written to the PTY.
    written: InputSeq,
    written_at: Instant,
    /// Everything up to here had the time to show an effect.
    visible: InputSeq,
    /// An input was answered `Busy`; what follows it has to wait too.
    busy: bool,
    used: Instant,
}

/// All streams of a session.
#[derive(Default, Debug)]
pub(crate) struct Streams {
    by_id: HashMap<StreamId, Stream>,
    /// Streams with `visible < written`.
    waiting: Vec<StreamId>,
}

impl Streams {
    /// Opens a stream, new or known. Answers the last input that was accepted; `None` if the
    /// stream belongs to another device. `attached` streams are never forgotten.
    pub(crate) fn open(
        &mut self,
        id: StreamId,
        device: Option<DeviceId>,
        attached: impl Fn(StreamId) -> bool,
        now: Instant,
    ) -> Option<InputSeq> {
        self.forget(&attached, now);
        let stream = self.by_id.entry(id).or_insert_with(|| Stream {
            device,
            accepted: InputSeq(0),
            written: InputSeq(0),
            written_at: now,
            visible: InputSeq(0),
            busy: false,
            used: now,
        });
        stream.used = now;
        (stream.device == device).then_some(stream.accepted)
    }

    /// Judges an input. `room`: its bytes fit into the queue. `interrupt`: it is a Ctrl-C, which
    /// discards what its stream has queued and takes no notice of a full queue.
    pub(crate) fn admit(
        &mut self,
        id: StreamId,
        seq: InputSeq,
        room: bool,
        interrupt: bool,
        now: Instant,
    ) -> Admission {
        let Some(stream) = self.by_id.get_mut(&id) else {
            return Admission::Refuse(InputRefusal::StreamLost);
        };
        stream.used = now;
        if seq <= stream.accepted {
            return Admission::Repeated;
        }
        let expected = stream.accepted.next();
        let admission = match (seq == expected, interrupt) {
            (true, true) => Admission::Apply,
            (true, false) if room => Admission::Apply,
            (false, true) if stream.busy => Admission::Overtake {
                first_missing: expected,
            },
            (false, _) if !stream.busy => return Admission::Refuse(InputRefusal::StreamLost),
            _ => {
                stream.busy = true;
                return Admission::Refuse(InputRefusal::Busy);
            }
        };
        stream.accepted = seq;
        stream.busy = false;
        admission
    }

    /// The input up to `seq` is in the PTY, or will never be: it was refused for good.
    pub(crate) fn written(&mut self, id: StreamId, seq: InputSeq, now: Instant) {
        let Some(stream) = self.by_id.get_mut(&id) else {
            return;
        };
        if seq <= stream.written {
            return;
        }
        stream.written = seq;
        stream.written_at = now;
        if !self.waiting.contains(&id) {
            self.waiting.push(id);
        }
    }

    /// The program has answered and the PTY is drained: what was written before shows.
    pub(crate) fn output_drained(&mut self) {
        for id in self.waiting.drain(..) {
            if let Some(stream) = self.by_id.get_mut(&id) {
                stream.visible = stream.written;
            }
        }
    }

    /// Takes those as visible whose effect has had its time.
    pub(crate) fn tick(&mut self, now: Instant) {
        let by_id = &mut self.by_id;
        self.waiting.retain(|id| {
            let Some(stream) = by_id.get_mut(id) else {
                return false;
            };
            let over = now >= stream.written_at + ECHO_PATIENCE;
            if over {
                stream.visible = stream.written;
            }
            !over
        });
    }

    /// When [`Self::tick`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let streams = self.waiting.iter().filter_map(|id| self.by_id.get(id));
        streams
            .map(|stream| stream.written_at + ECHO_PATIENCE)
            .min()
    }

    /// Everything up to here has been applied and had the time to show an effect.
    pub(crate) fn visible(&self, id: StreamId) -> InputSeq {
        self.by_id
            .get(&id)
            .map_or(InputSeq(0), |stream| stream.visible)
    }

    /// Everything up to here is in the PTY.
    pub(crate) fn applied(&self, id: StreamId) -> InputSeq {
        self.by_id
            .get(&id)
            .map_or(InputSeq(0), |stream| stream.written)
    }

    /// Forgets old streams, and the least recently used so that one more fits.
    fn forget(&mut self, attached: &impl Fn(StreamId) -> bool, now: Instant) {
        self.by_id.retain(|id, stream| {
            attached(*id) || now.saturating_duration_since(stream.used) < MEMORY
        });
        while self.by_id.len() >= STREAMS {
            let detached = self.by_id.iter().filter(|(id, _)| !attached(**id));
            let Some(oldest) = detached
                .min_by_key(|(_, stream)| stream.used)
                .map(|(id, _)| *id)
            else {
                return;
            };
            self.by_id.remove(&oldest);
        }
        let by_id = &self.by_id;
        self.waiting.retain(|id| by_id.contains_key(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: StreamId = StreamId([7; 16]);
    const BUSY: Admission = Admission::Refuse(InputRefusal::Busy);
    const LOST: Admission = Admission::Refuse(InputRefusal::StreamLost);

    fn opened() -> (Streams, Instant) {
        let now = Instant::now();
        let mut streams = Streams::default();
        assert_eq!(streams.open(STREAM, None, |_| true, now), Some(InputSeq(0)));
        (streams, now)
    }

    /// Steps: sequence number, room in the queue, Ctrl-C, expected.
    fn check(steps: &[(u64, bool, bool, Admission)]) {
        let (mut streams, now) = opened();
        for &(seq, room, interrupt, expected) in steps {
            let admission = streams.admit(STREAM, InputSeq(seq), room, interrupt, now);
            assert_eq!(admission, expected, "seq {seq} in {steps:?}");
        }
    }

    #[test]
    fn each_number_is_applied_once_and_in_order() {
        use Admission::{Apply, Overtake, Repeated};
        check(&[
            (1, true, false, Apply),
            (1, true, false, Repeated),
            (2, true, false, Apply),
        ]);
        check(&[
            (1, false, false, BUSY),
            (2, true, false, BUSY),
            (1, true, false, Apply),
        ]);
        check(&[
            (2, true, false, LOST),
            (1, true, false, Apply),
            (3, true, false, LOST),
        ]);
        check(&[(1, false, true, Apply), (2, true, false, Apply)]);
        let overtake = Overtake {
            first_missing: InputSeq(1),
        };
        check(&[
            (1, false, false, BUSY),
            (3, false, true, overtake),
            (2, true, false, Repeated),
        ]);
    }

    #[test]
    fn a_stream_belongs_to_its_device_and_outlives_its_link() {
        let (mut streams, now) = opened();
        streams.admit(STREAM, InputSeq(1), true, false, now);
        let later = now + MEMORY / 2;
        assert_eq!(
            streams.open(STREAM, None, |_| false, later),
            Some(InputSeq(1))
        );
        assert_eq!(
            streams.open(STREAM, Some(DeviceId([1; 16])), |_| false, later),
            None
        );
        let much_later = later + MEMORY;
        assert_eq!(
            streams.open(STREAM, None, |_| false, much_later),
            Some(InputSeq(0))
        );
    }

    #[test]
    fn the_oldest_detached_stream_goes_when_there_are_too_many() {
        let (mut streams, now) = opened();
        let numbered = |n: usize| StreamId((n as u128).to_be_bytes());
        for n in 0..STREAMS * 2 {
            let at = now + Duration::from_secs(n as u64 + 1);
            streams.open(numbered(n), None, |id| id == STREAM, at);
        }
        assert_eq!(streams.by_id.len(), STREAMS);
        assert!(streams.by_id.contains_key(&STREAM));
        assert!(!streams.by_id.contains_key(&numbered(STREAMS)));
        assert!(streams.by_id.contains_key(&numbered(STREAMS * 2 - 1)));
    }

    #[test]
    fn input_is_visible_after_output_or_after_a_while() {
        let (mut streams, now) = opened();
        streams.written(STREAM, InputSeq(1), now);
        assert_eq!(streams.visible(STREAM), InputSeq(0));
        assert_eq!(streams.deadline(), Some(now + ECHO_PATIENCE));
        streams.tick(now + ECHO_PATIENCE);
        assert_eq!(streams.visible(STREAM), InputSeq(1));
        assert_eq!(streams.deadline(), None);
        streams.written(STREAM, InputSeq(2), now);
        streams.output_drained();
        assert_eq!(streams.visible(STREAM), InputSeq(2));
        assert_eq!(streams.deadline(), None);
    }

    proptest! {
        /// A client that resends from the first unapplied input after every refusal or reconnect
        /// gets each number applied once and in order, whatever is refused or repeated.
        #[test]
        fn exactly_once(steps in prop::collection::vec((any::<bool>(), 0u64..4), 1..200)) {
            let (mut streams, now) = opened();
            let mut applied = vec![];
            for (room, back) in steps {
                let next = applied.len() as u64 + 1;
                for seq in next.saturating_sub(back).max(1)..=next {
                    if streams.admit(STREAM, InputSeq(seq), room, false, now) == Admission::Apply {
                        applied.push(seq);
                    }
                }
            }
            let count = applied.len() as u64;
            prop_assert_eq!(applied, (1..=count).collect::<Vec<_>>());
        }
    }
}
