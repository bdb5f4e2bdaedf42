//! Many strangers at once: each stage of a connection ends in time, costs little, and leaves room
//! for others.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit};
use support::home::Home;
use support::network::{
    self, Stream, closes, connect_from, head, native_upgrade, own_address, secure,
};
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
    Tcp,
    /// Half of the first message.
    Tls,
    /// Half of a request.
    Http,
    /// The socket is open, and nothing is sent.
    Socket,
    /// Half of a message in the socket.
    Half,
    /// All but the last byte of a message that only a device may send.
    Long,
}

fn arrive(stage: Stage, from: Ipv4Addr) -> Box<dyn Stream> {
    let mut tcp = connect_from(from, address()).expect("a connection");
    match stage {
        Stage::Tcp => Box::new(tcp),
        Stage::Tls => {
            // A handshake message of 500 bytes, of which the first 100 come.
            tcp.write_all(&[&[22, 3, 1, 1, 244, 1, 0, 1, 240, 3, 3][..], &[0; 89]].concat())
                .expect("sent");
            Box::new(tcp)
        }
        Stage::Http => {
            let mut tls = secure(tcp, &own_address().to_string()).expect("TLS");
            tls.write_all(b"GET / HTTP/1.1\r\nHost: ").expect("sent");
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
            let mut socket = arrive(Stage::Socket, from);
            let message = network::frame(&vec![7; 4000]);
            socket.write_all(&message[..2000]).expect("sent");
            socket
        }
        Stage::Long => {
            let mut socket = arrive(Stage::Socket, from);
            let message = network::frame(&vec![7; 64 << 10]);
            // Too much is not waited for: the daemon may have closed.
            let _ = socket.write_all(&message[..message.len() - 1]);
            socket
        }
    }
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.expect("a number")
}

/// Each stage has 5 seconds. The machine may be slow, but not that slow.
const LATEST: Duration = Duration::from_secs(15);

/// Allows this process as many descriptors as the system lets it have.
fn many_descriptors() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(Resource::Nofile, most).expect("a limit");
}

fn half_open(stage: Stage) {
    many_descriptors();
    let home = shared();
    let pid = home.daemon().expect("a daemon");
    // What the first connections cost is not theirs alone.
    let first: Vec<_> = (0..20).map(|n| arrive(stage, source(n))).collect();
    drop(first);
    let before = resident_kib(pid);
    let began = Instant::now();
    let mut most = 0;
    let mut crowd: Vec<Box<dyn Stream>> = (0..crowd())
        .map(|n| arrive(stage, source(n)))
        .inspect(|_| most = most.max(resident_kib(pid)))
        .collect();
    let last = Instant::now();
    let arrived = began.elapsed();
    if arrived < Duration::from_secs(5) {
        let each = most.saturating_sub(before) / u64::from(crowd.len() as u32);
        println!("{stage:?}: {each} KiB each");
        assert!(each <= 32, "{stage:?}: {each} KiB each");
    }
    // Somebody else gets in meanwhile.
    let asked = Instant::now();
    arrive(Stage::Socket, source(1 << 20));
    println!("{stage:?}: {:?} for another one", asked.elapsed());
    assert!(asked.elapsed() < LATEST);
    for stream in &mut crowd {
        assert!(closes(stream), "{stage:?} is open for ever");
    }
    assert!(last.elapsed() < LATEST, "{stage:?}: {:?}", last.elapsed());
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
fn those_who_stop_in_http_are_gone_in_time() {
    half_open(Stage::Http);
}

#[test]
fn those_who_open_a_socket_and_say_nothing_are_gone_in_time() {
    half_open(Stage::Socket);
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
