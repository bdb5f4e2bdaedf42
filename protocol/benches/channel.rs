//! What the channel costs: a device that comes back (both ends), and messages through it, sealed at
//! one end and opened at the other.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken bench fails by panicking"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::DeviceId;
use abide_protocol::channel::daemon::{Door, Greeted, RemoteSession};
use abide_protocol::channel::device::Knock;
use abide_protocol::channel::{Channel, Psk, StaticKey, SystemEntropy};
use abide_protocol::{Grant, Role};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

struct Ends {
    door: Door,
    knock: Knock,
    psk: Psk,
    now: Instant,
}

impl Ends {
    fn new() -> Self {
        let key = || StaticKey::generate(&SystemEntropy).unwrap();
        let daemon = key();
        Self {
            knock: Knock {
                key: key(),
                daemon: daemon.public(),
                entropy: Arc::new(SystemEntropy),
            },
            door: Door::new(daemon, Arc::new(SystemEntropy)),
            psk: Psk::random(&SystemEntropy).unwrap(),
            now: Instant::now(),
        }
    }

    fn resume(&self) -> (Channel, RemoteSession) {
        let (hello, greeting) = self.knock.clone().resume(&self.psk).unwrap();
        let (answer, Greeted::Resume(resuming)) = self.door.greet(&hello).unwrap() else {
            panic!("a resumption");
        };
        let (first, asking) = greeting.greeted(&answer).unwrap();
        let asked = resuming.read(&first).unwrap();
        let known = Some((DeviceId([1; 16]), &self.psk));
        let (answer, confirming) = asked.answer(&self.door, known).unwrap();
        let (message, device) = asking.answered(&answer, &frame(16), self.now).unwrap();
        let grant = |_| {
            Some(Grant {
                role: Role::View,
                sessions: None,
                history: false,
                expires: None,
            })
        };
        let (session, _) = confirming.confirm(&message, self.now, grant).unwrap();
        (device, session)
    }
}

fn frame(length: u32) -> Vec<u8> {
    let mut frame = (length + 2).to_le_bytes().to_vec();
    frame.resize(6 + usize::try_from(length).unwrap(), 0x5A);
    frame
}

fn channel(c: &mut Criterion) {
    let ends = Ends::new();
    c.bench_function("channel/resume_both_ends", |b| b.iter(|| ends.resume()));
    let mut group = c.benchmark_group("channel/message");
    for length in [64, 1 << 10, 32 << 10] {
        let frame = frame(length);
        group.throughput(Throughput::Bytes(length.into()));
        group.bench_function(length.to_string(), |b| {
            let (mut device, mut session) = ends.resume();
            b.iter(|| {
                let sealed = session.seal(&frame, ends.now).unwrap();
                device.open(sealed.first().unwrap(), ends.now).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = channel
}
criterion_main!(benches);
