//! A paired device among strangers who stop on their way in.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use abide_protocol::Role;
use rustix::process::{Resource, Rlimit};
use support::{network, soak, wait};

use crate::owner::{Owner, offer};

/// Half open connections that stand while the device comes.
fn crowd() -> usize {
    if soak() { 5000 } else { 300 }
}

/// Of the connections of the device, 99 of 100 take no longer, on a machine that has nothing else to do.
const LATEST: Duration = Duration::from_millis(300);

fn many_descriptors() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(Resource::Nofile, most).unwrap();
}

/// One who connects and says half of a TLS message, every second one nothing; each from another
/// address.
fn stranger(number: usize, to: SocketAddr) -> TcpStream {
    let from = Ipv4Addr::from_bits(0x7f80_0001 + u32::try_from(number).unwrap());
    let mut tcp = network::connect_from(from, to).unwrap();
    if number.is_multiple_of(2) {
        tcp.write_all(&[22, 3, 1, 1, 244, 1, 0, 1, 240, 3, 3])
            .unwrap();
    }
    tcp
}

/// Nobody comes any more, also when the test fails.
struct End<'o>(&'o AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_device_gets_in_among_half_open_strangers() {
    many_descriptors();
    let mut owner = Owner::with_tls().await;
    let device = owner.pair(offer(Role::View, &[])).await;
    let daemon = owner.home.daemon().unwrap();
    let descriptors = || {
        std::fs::read_dir(format!("/proc/{daemon}/fd"))
            .unwrap()
            .count()
    };
    let to = (Ipv4Addr::LOCALHOST, owner.place.port).into();
    let over = AtomicBool::new(false);
    let mut took = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The oldest are closed by the daemon in time: there are always new ones.
            let mut standing = VecDeque::new();
            for number in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
                standing.push_back(stranger(number, to));
                if standing.len() > crowd() {
                    standing.pop_front();
                }
            }
        });
        let _end = End(&over);
        for _ in 0..100 {
            wait::until("the crowd", || {
                (descriptors() >= crowd() * 9 / 10).then_some(())
            });
            let began = Instant::now();
            let online = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(device.try_connect())
            });
            took.push(began.elapsed());
            assert!(online.is_some());
        }
    });
    took.sort();
    println!(
        "{} half open: p50 {:?}, p99 {:?}",
        crowd(),
        took[50],
        took[98]
    );
    // How long it takes is judged where the machine is quiet.
    if soak() {
        assert!(took[98] < LATEST, "{:?}", took[98]);
    }
}
