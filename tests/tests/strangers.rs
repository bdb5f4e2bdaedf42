//! Many strangers at once: each stage of a connection ends in time, costs little, and leaves room
//! for others.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use abide::remote::machines::{Machine, Machines};
use abide_protocol::channel::SystemEntropy;
use abide_protocol::channel::device::Knock;
use abide_protocol::message::ToServer;
use abide_protocol::paths::{PathEnv, Paths};
use abide_protocol::wire;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Resource, Rlimit};
use support::home::Home;
use support::network::{
    self, Stream, closes, connect_from, head, native_upgrade, own_address, secure,
};
use support::pairing::{Joining, Offer};
use support::{process, soak, wait};

const PORT: u16 = 7373;
/// Half open connections at once; the long form is more than one process may have by default.
fn crowd() -> u32 {
    if soak() { 5000 } else { 300 }
}

fn address() -> SocketAddr {
    (own_address(), PORT).into()
}

fn host() -> String {
    address().to_string()
}

fn shared() -> Home {
    let home = Home::new();
    home.ok(&["share", "--listen", &host()]);
    home
}

/// The address of stranger `n`, one for each.
fn source(n: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0x7f80_0000 + n + 1)
}

/// How far a stranger comes before it stops.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// TLS is not begun.
    Tcp,
    /// Half of the first message.
    Tls,
    /// TLS is done, and no request comes.
    Secured,
    /// Half of the request that opens the socket.
    Http,
    /// The socket is open, and nothing is sent.
    Socket,
    /// Half of a message in the socket.
    Half,
    /// All but the last byte of a message that only a device may send.
    Long,
}

fn arrive(stage: Stage, from: Ipv4Addr) -> Box<dyn Stream> {
    let tcp = connect_from(from, address()).expect("a connection");
    come(stage, tcp)
}

/// Comes so far over a connection.
fn come(stage: Stage, mut tcp: TcpStream) -> Box<dyn Stream> {
    match stage {
        Stage::Tcp => Box::new(tcp),
        Stage::Tls => {
            // A handshake message of 500 bytes, of which the first 100 come.
            tcp.write_all(&[&[22, 3, 1, 1, 244, 1, 0, 1, 240, 3, 3][..], &[0; 89]].concat())
                .expect("sent");
            Box::new(tcp)
        }
        Stage::Secured => Box::new(secure(tcp, &own_address().to_string()).expect("TLS")),
        Stage::Http => {
            let mut tls = secure(tcp, &own_address().to_string()).expect("TLS");
            let request = native_upgrade(&host());
            tls.write_all(&request.as_bytes()[..request.len() / 2])
                .expect("sent");
            Box::new(tls)
        }
        Stage::Socket => {
            let mut tls = secure(tcp, &own_address().to_string()).expect("TLS");
            tls.write_all(native_upgrade(&host()).as_bytes())
                .expect("sent");
            assert_eq!(network::status(&head(&mut tls).expect("an answer")), 101);
            Box::new(tls)
        }
        Stage::Half => {
            let mut socket = come(Stage::Socket, tcp);
            let message = network::frame(&vec![7; 4000]);
            socket.write_all(&message[..2000]).expect("sent");
            socket
        }
        Stage::Long => {
            let mut socket = come(Stage::Socket, tcp);
            let message = network::frame(&vec![7; 64 << 10]);
            // Too much is not waited for: the daemon may have closed.
            let _ = socket.write_all(&message[..message.len() - 1]);
            socket
        }
    }
}

/// How far one comes who has what a paired device has, and stops.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The hellos are said.
    Greeted,
    /// The first message of the Noise handshake is answered.
    Asked,
}

/// A device of this home.
fn pair(home: &Home) -> Machine {
    let near = Home::new();
    let mut offer = Offer::new(home, "view");
    let mut joining = Joining::new(&near, offer.link(), &["--name", "desk"]);
    offer.type_code(&joining.code());
    assert_eq!(joining.end().0, Some(0));
    let env = PathEnv {
        abide_home: Some(near.abide().into()),
        ..PathEnv::default()
    };
    let paths = Paths::resolve(&env).expect("paths");
    Machines::of(&paths)
        .load("desk")
        .expect("a machine")
        .machine
}

/// A device says what it has to; it is let in unless it stops before.
fn knock(device: &Machine, tcp: TcpStream, stop: Option<Step>) -> Box<dyn Stream> {
    let mut socket = come(Stage::Socket, tcp);
    let knock = Knock {
        key: device.key.clone(),
        daemon: device.daemon,
        entropy: Arc::new(SystemEntropy),
    };
    let say = |socket: &mut dyn Stream, message: &[u8]| {
        socket.write_all(&network::frame(message)).expect("sent");
        network::message(socket).expect("an answer")
    };
    let (hello, greeting) = knock.resume(&device.psk).expect("a hello");
    let greeted = say(&mut *socket, &hello);
    let Some(Step::Greeted) = stop else {
        let (first, asking) = greeting.greeted(&greeted).expect("a greeting");
        let answer = say(&mut *socket, &first);
        if stop.is_none() {
            let mut frames = Vec::new();
            wire::encode_to_server(&ToServer::Hello(wire::hello()), &mut frames);
            let answered = asking.answered(&answer, &frames, Instant::now());
            say(&mut *socket, &answered.expect("the daemon knows us").0);
        }
        return socket;
    };
    socket
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.expect("a number")
}

/// Each stage has 5 seconds; who is to be told of its end is there for one more.
const STAGE: Duration = Duration::from_secs(5);
/// The machine may be slow, but not that slow.
const LATEST: Duration = Duration::from_secs(15);
/// KiB of the daemon that somebody takes who is not known yet.
const MEMORY: u64 = 32;

/// In this time a paired device is let in meanwhile, of a hundred times the worst.
fn prompt() -> Duration {
    if soak() {
        Duration::from_millis(300)
    } else {
        LATEST
    }
}

/// Allows this process as many descriptors as the system lets it have.
fn many_descriptors() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(Resource::Nofile, most).expect("a limit");
}

/// Looks when each of these connections is closed by the other side; how long each was open.
fn lifetimes(arriving: &Receiver<(OwnedFd, Instant)>) -> Vec<Duration> {
    const PAUSE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 10_000_000,
    };
    let mut open: Vec<(OwnedFd, Instant)> = Vec::new();
    let mut lifetimes = Vec::new();
    let mut more = true;
    while more || !open.is_empty() {
        loop {
            match arriving.try_recv() {
                Ok(arrived) => open.push(arrived),
                Err(std::sync::mpsc::TryRecvError::Empty) => break,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    more = false;
                    break;
                }
            }
        }
        let closing = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        let fds = open.iter().map(|(fd, _)| PollFd::new(fd, closing));
        let mut fds: Vec<_> = fds.collect();
        poll(&mut fds, Some(&PAUSE)).expect("a look");
        let closed: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut closed = closed.into_iter();
        open.retain(|(_, at)| {
            let open = !closed.next().unwrap_or_default();
            if !open {
                lifetimes.push(at.elapsed());
            }
            assert!(at.elapsed() < 2 * LATEST, "open for ever");
            open
        });
        // Nothing is waited for while everything is at rest.
        std::thread::park_timeout(Duration::from_millis(5));
    }
    lifetimes.sort();
    lifetimes
}

/// Lets a device in again and again until it is told to stop; how long it took.
fn connects(device: &Machine, stop: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let tcp = connect_from(source(1 << 20), address()).expect("a connection");
        drop(knock(device, tcp, None));
        took.push(began.elapsed());
        // A device that comes back now and then, not a load of its own.
        std::thread::park_timeout(Duration::from_millis(20));
    }
    took.sort();
    took
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// What a crowd costs while it arrives.
#[derive(Default)]
struct Cost {
    arrivals: Vec<Instant>,
    /// The most who were there at once, and what each of them took then, in KiB.
    at_once: usize,
    each: u64,
}

impl Cost {
    /// One more is there. Those before it are counted as long as their stage lasts, no longer.
    fn arrived(&mut self, more_kib: u64) {
        let now = Instant::now();
        self.arrivals.push(now);
        let there = self.arrivals.iter().rev();
        let there = there.take_while(|at| now.duration_since(**at) < STAGE);
        let there = there.count();
        // What the first ones cost is not theirs alone.
        if there >= self.at_once {
            self.at_once = there;
            self.each = more_kib.div_ceil(there as u64);
        }
    }
}

fn crowd_of(stage: impl std::fmt::Debug, come: impl Fn(&Machine, TcpStream) -> Box<dyn Stream>) {
    many_descriptors();
    let home = shared();
    let device = pair(&home);
    let pid = home.daemon().expect("a daemon");
    let arrive = |n| {
        let tcp = connect_from(source(n), address()).expect("a connection");
        let seen = tcp.as_fd().try_clone_to_owned().expect("a descriptor");
        let stream = come(&device, tcp);
        (stream, seen)
    };
    drop((0..20).map(arrive).collect::<Vec<_>>());
    let before = resident_kib(pid);
    let (mut cost, stop) = (Cost::default(), AtomicBool::new(false));
    let (sender, arriving): (Sender<_>, _) = channel();
    let (lifetimes, connects) = std::thread::scope(|scope| {
        let watching = scope.spawn(move || lifetimes(&arriving));
        let connecting = scope.spawn(|| connects(&device, &stop));
        let mut streams = Vec::new();
        for n in 0..crowd() {
            let began = Instant::now();
            let (stream, seen) = arrive(n);
            streams.push(stream);
            sender.send((seen, began)).expect("somebody looks");
            cost.arrived(resident_kib(pid).saturating_sub(before));
        }
        drop(sender);
        let lifetimes = watching.join().expect("all are closed");
        stop.store(true, Ordering::Relaxed);
        (lifetimes, connecting.join().expect("the device is let in"))
    });
    let (p50, p99) = (percentile(&connects, 50), percentile(&connects, 99));
    println!(
        "{stage:?}: {} half open, {} at once, {} KiB each; closed after {:.1} to {:.1} s; a device \
         let in {} times meanwhile: p50 {} ms, p99 {} ms",
        lifetimes.len(),
        cost.at_once,
        cost.each,
        percentile(&lifetimes, 0).as_secs_f64(),
        percentile(&lifetimes, 100).as_secs_f64(),
        connects.len(),
        p50.as_millis(),
        p99.as_millis(),
    );
    assert!(cost.each <= MEMORY, "{stage:?}: {} KiB each", cost.each);
    assert!(p99 < prompt(), "{stage:?}: {p99:?}");
    let last = percentile(&lifetimes, 100);
    assert!(last < LATEST, "{stage:?}: {last:?}");
}

fn half_open(stage: Stage) {
    crowd_of(stage, |_, tcp| come(stage, tcp));
}

fn half_known(step: Step) {
    crowd_of(step, |device, tcp| knock(device, tcp, Some(step)));
}

#[test]
fn those_who_only_connect_are_gone_in_time() {
    half_open(Stage::Tcp);
}

#[test]
fn those_who_stop_in_tls_are_gone_in_time() {
    half_open(Stage::Tls);
}

#[test]
fn those_who_ask_for_nothing_are_gone_in_time() {
    half_open(Stage::Secured);
}

#[test]
fn those_who_stop_in_http_are_gone_in_time() {
    half_open(Stage::Http);
}

#[test]
fn those_who_open_a_socket_and_say_nothing_are_gone_in_time() {
    half_open(Stage::Socket);
}

#[test]
fn those_who_say_hello_and_no_more_are_gone_in_time() {
    half_known(Step::Greeted);
}

/// Also who has a device's key and never ends the handshake.
#[test]
fn those_who_stop_in_the_handshake_are_gone_in_time() {
    half_known(Step::Asked);
}

#[test]
fn those_who_stop_in_a_message_are_gone_in_time() {
    half_open(Stage::Half);
}

#[test]
fn those_who_send_too_much_cost_no_more() {
    half_open(Stage::Long);
}

/// What a client of ours says first.
fn first_words() -> Vec<u8> {
    let name = "desk.example.org".try_into().expect("a name");
    let mut client =
        rustls::ClientConnection::new(network::trusting().into(), name).expect("a client");
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).expect("written");
    }
    bytes
}

/// Whatever comes instead of TLS: it ends in time, costs little, and the daemon lives on.
#[test]
fn those_who_speak_no_tls_end_themselves_and_nobody_else() {
    let home = shared();
    let pid = home.daemon().expect("a daemon");
    let words = first_words();
    let mut witness = arrive(Stage::Socket, source(1 << 20));
    let before = process::cpu_seconds(pid).expect("alive");
    let step = if soak() { 1 } else { 7 };
    let mut crowd = Vec::new();
    for at in (0..words.len()).step_by(step) {
        for bits in [0xff, 1 << (at % 8)] {
            let mut changed = words.clone();
            changed[at] ^= bits;
            // One in three is cut behind the change, one goes on with what was never asked for.
            match at / step % 3 {
                0 => changed.truncate(at + 1),
                1 => changed.extend_from_slice(&[23, 3, 3, 0x40, 1].repeat(200)),
                _ => {}
            }
            let from = source(crowd.len() as u32);
            let mut tcp = connect_from(from, address()).expect("a connection");
            // Too much is not waited for: the daemon may have closed.
            let _ = tcp.write_all(&changed);
            crowd.push(tcp);
        }
    }
    assert!(crowd.len() > 300, "{}", crowd.len());
    let last = Instant::now();
    for stream in &mut crowd {
        assert!(closes(stream), "open for ever");
    }
    assert!(last.elapsed() < LATEST, "{:?}", last.elapsed());
    let used = process::cpu_seconds(pid).expect("alive") - before;
    let each = used / crowd.len() as f64;
    assert!(each < 0.01, "{each} s of the processor each");
    assert_eq!(home.daemon(), Some(pid));
    // Who was there before is served as before, and others come.
    let _ = witness.write_all(&network::frame(b"nothing of ours"));
    assert!(closes(&mut witness));
    arrive(Stage::Socket, source(1 << 21));
}

/// Who sends a little now and then, so that no stage seems to be over, is gone after ten seconds.
#[test]
fn those_who_drip_are_gone_in_ten_seconds() {
    let _home = shared();
    let mut tls = secure(
        connect_from(source(0), address()).unwrap(),
        &own_address().to_string(),
    )
    .unwrap();
    let began = Instant::now();
    let request = format!("GET /nothing HTTP/1.1\r\nHost: {}\r\n\r\n", host());
    wait::until("it is closed", || {
        let answered = tls.write_all(request.as_bytes()).is_ok() && head(&mut tls).is_ok();
        (!answered).then_some(())
    });
    let lasted = began.elapsed();
    assert!(
        lasted >= Duration::from_secs(9) && lasted < LATEST,
        "{lasted:?}"
    );
}

#[test]
fn one_address_has_its_share_of_the_half_open() {
    let _home = shared();
    let mut all: Vec<TcpStream> = (0..40)
        .map(|_| connect_from(source(0), address()).unwrap())
        .collect();
    // Those above the quota are closed at once, the others wait for their time to be over.
    wait::until("eight are closed", || {
        let closed = all.iter_mut().filter(|stream| {
            stream.set_nonblocking(true).unwrap();
            matches!(stream.peek(&mut [0]), Ok(0))
        });
        (closed.count() == 8).then_some(())
    });
    arrive(Stage::Socket, source(1));
}

/// A daemon that may have 256 descriptors.
fn poor() -> Home {
    let home = Home::new();
    let started = home
        .command("bash")
        .args(["-c", "ulimit -n 256; exec \"$0\" daemon start"])
        .arg(process::built("abide"))
        .output()
        .expect("bash runs");
    assert!(started.status.success(), "{started:?}");
    home.ok(&["share", "--listen", &host()]);
    home
}

fn many_strangers() -> Vec<TcpStream> {
    let stranger = |n| connect_from(source(n), address()).unwrap();
    (0..400).map(stranger).collect()
}

/// Strangers take at most half of the descriptors.
#[test]
fn strangers_leave_descriptors_for_the_user() {
    let home = poor();
    let strangers = many_strangers();
    let began = Instant::now();
    home.ok(&["new", "one", "--detach", "--", "cat"]);
    home.ok(&["kill", "one"]);
    assert!(began.elapsed() < LATEST);
    drop(strangers);
    arrive(Stage::Socket, source(1 << 20));
}

/// However few there may be, the oldest stranger makes room for who comes: nobody waits for a stage
/// to be over.
#[test]
fn with_few_descriptors_the_oldest_stranger_gives_way() {
    for stage in [Stage::Tcp, Stage::Http] {
        let _home = poor();
        let began = Instant::now();
        let mut crowd: Vec<_> = (0..200).map(|n| arrive(stage, source(n))).collect();
        arrive(Stage::Socket, source(1 << 20));
        assert!(closes(&mut crowd[0]));
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{stage:?}: {took:?}");
    }
}

/// With none left at all, the reserve serves the user's own client, and nobody spins meanwhile.
#[test]
fn with_no_descriptor_left_the_user_is_served() {
    let home = poor();
    let pid = home.daemon().expect("a daemon");
    let limit = |soft: u64| {
        let limit = Rlimit {
            current: Some(soft),
            maximum: Some(256),
        };
        let pid = Pid::from_raw(pid.cast_signed()).expect("a process id");
        rustix::process::prlimit(Some(pid), Resource::Nofile, limit).expect("a limit");
    };
    let before = process::cpu_seconds(pid).expect("alive");
    // Strangers take what is left of it.
    limit(64);
    let _strangers = many_strangers();
    let began = Instant::now();
    home.ok(&["list"]);
    assert!(began.elapsed() < LATEST);
    let used = process::cpu_seconds(pid).expect("alive") - before;
    assert!(used < 1.0, "a busy loop: {used} s");
    limit(256);
    wait::until("strangers are let in again", || {
        let tcp = connect_from(source(1 << 20), address()).ok()?;
        secure(tcp, &own_address().to_string()).ok()
    });
}
