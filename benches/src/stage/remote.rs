//! What the way over a network costs: TLS and the encrypted channel on the loopback, beside the
//! Unix socket; and many viewers of one session over it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide::link::Link;
use abide::remote::{Remote, Target};
use abide::rows::Reader;
use abide::sessions::{Located, Place, find_in};
use abide_protocol::message::{Answer, Attach, Request, Search, ToClient, ToServer};
use abide_protocol::paths::{PathEnv, Paths};
use abide_protocol::{LineNo, SessionId, StreamId};
use support::home::Home;
use support::pairing::Paired;
use support::process;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::Plan;
use crate::drain::Drain;
use crate::figures::{Verdicts, median};
use crate::stage::echo::{Echo, add_round, program};
use crate::stage::throughput::log_line;

/// Links that one device may have.
const LINKS: usize = 8;
/// Viewers of one session, each over a link of its own.
const VIEWERS: usize = 200;
/// KiB of the daemon that an idle device may take.
const IDLE_GOAL: f64 = 40.0;
/// Milliseconds from a key to its echo while all of them watch, p99.
const TYPIST_GOAL: f64 = 50.0;
/// Updates compared and encoded for each that is sent to one of them, at most: equal viewers share
/// one. Alone, each viewer would have its own.
const SHARED_GOAL: f64 = 0.1;
/// Rows that are read for the throughput of one channel.
const ROWS: u64 = 50_000;
/// Rows that are searched while another device types.
const SEARCHED: u64 = 1_000_000;
/// How much longer that one may wait for its echo, p99.
const SEARCH_GOAL: f64 = 1.1;

pub fn measure(plan: &Plan, verdicts: &mut Verdicts) {
    let paired = Paired::direct("manage");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    echo(plan, &paired);
    handshakes(plan, &paired, &runtime);
    throughput(plan, &paired, &runtime);
    let devices = (VIEWERS as f64 * plan.scale).ceil() as usize / LINKS;
    let others: Vec<_> = (0..devices.max(2))
        .map(|_| paired.another("manage"))
        .collect();
    idle(&paired, &others, &runtime, verdicts);
    crowd(plan, &paired, &others, &runtime, verdicts);
    searches(plan, &paired, &runtime, verdicts);
}

fn paths(home: &Home) -> Paths {
    let env = PathEnv {
        abide_home: Some(home.abide().into()),
        ..PathEnv::default()
    };
    Paths::resolve(&env).expect("paths")
}

fn remote(near: &Home) -> Arc<Remote> {
    Arc::new(Remote::new(Target::Paired("desk".into()), paths(near)))
}

fn start(home: &Home, name: &str, script: &str) {
    home.ok(&[
        "new", name, "--detach", "--size", "80x24", "--", "sh", "-c", script,
    ]);
}

/// As [`start`], behind so many rows of log lines.
fn start_behind(home: &Home, name: &str, rows: u64, script: &str) {
    let file = home.user().join(name);
    let text: String = (0..rows).map(log_line).collect();
    std::fs::write(&file, &text).expect("a file");
    start(home, name, &format!("cat {}; {script}", file.display()));
}

/// Through the attached client, here and over the network, in turns.
fn echo(plan: &Plan, paired: &Paired) {
    start(&paired.far, "echo", &program(false));
    let mut echoes = [Echo::default(), Echo::default()];
    for _ in 0..plan.rounds {
        for ((home, name), echo) in [(&paired.far, "echo"), (&paired.near, "desk:echo")]
            .into_iter()
            .zip(&mut echoes)
        {
            let drain = Drain::start(home.in_terminal(&["abide", "attach", name]));
            drain.wait(b"READY~");
            add_round(&drain, plan.keys, echo);
        }
    }
    let [here, away] = echoes;
    println!("key to painted echo over TLS and Noise on the loopback");
    for (what, here, away) in [("p50", here.p50, away.p50), ("p99", here.p99, away.p99)] {
        let (here, away) = (median(&here), median(&away));
        println!(
            "  {what} {away:7.0} µs, over the Unix socket {here:7.0} µs: {:5.0} µs more",
            away - here
        );
    }
}

fn handshakes(plan: &Plan, paired: &Paired, runtime: &Runtime) {
    let remote = remote(&paired.near);
    let daemon = paired.far.daemon().expect("a daemon");
    let before = process::cpu_seconds(daemon).unwrap_or_default();
    let count = (200.0 * plan.scale).ceil();
    let began = Instant::now();
    runtime.block_on(async {
        for _ in 0..count as usize {
            let mut link = remote.again().await.expect("a link");
            link.finish().await.expect("an end");
        }
    });
    let took = began.elapsed().as_secs_f64();
    let cpu = process::cpu_seconds(daemon).unwrap_or_default() - before;
    println!(
        "handshakes, one after the other (TCP, TLS, WebSocket, Noise, hello): {:.0} per second, \
         {:.2} ms of the daemon's processor each",
        count / took,
        cpu / count * 1000.0
    );
}

/// Rows of history read in blocks.
fn throughput(plan: &Plan, paired: &Paired, runtime: &Runtime) {
    let rows = (ROWS as f64 * plan.scale) as u64;
    start_behind(&paired.far, "log", rows, "echo DONE~; exec cat");
    paired.far.wait_screen("log", "DONE~");
    let here = Place::Here(paths(&paired.far));
    let away = Place::Away(remote(&paired.near));
    let [here, away] = [here, away].map(|place| {
        runtime.block_on(async {
            let info = find_in(&place, Some("log")).await.expect("a session");
            let found = Located { place, info };
            let mut reader = Reader::open(&found).await.expect("a reader");
            let began = Instant::now();
            let (mut at, mut bytes) = (LineNo(0), 0);
            while at < LineNo(rows - 100) {
                let (from, block) = reader.rows(at, LineNo(rows)).await.expect("rows");
                bytes += block.iter().map(|row| row.text().len()).sum::<usize>();
                at = from.plus(block.len() as u64);
            }
            bytes as f64 / 1e6 / began.elapsed().as_secs_f64()
        })
    });
    println!("text of rows read by one channel: {away:.1} MB/s, by the Unix socket {here:.1} MB/s");
}

/// What a link costs the daemon that nothing happens on.
fn idle(paired: &Paired, others: &[Home], runtime: &Runtime, verdicts: &mut Verdicts) {
    let daemon = paired.far.daemon().expect("a daemon");
    let first = runtime.block_on(open(&others[..1]));
    let before = process::pss_kib(daemon).expect("memory");
    let links = runtime.block_on(open(&others[1..]));
    let after = process::pss_kib(daemon).expect("memory");
    let each = after.saturating_sub(before) as f64 / links.len() as f64;
    println!(
        "memory of an idle device: {each:.1} KiB each of {}",
        links.len()
    );
    verdicts.at_most("memory of an idle device", "KiB", each, "goal", IDLE_GOAL);
    drop((first, links));
}

/// As many links as each of them may have.
async fn open(devices: &[Home]) -> Vec<Link> {
    let mut links = Vec::new();
    for home in devices {
        let remote = remote(home);
        for _ in 0..LINKS {
            links.push(remote.again().await.expect("a link"));
        }
    }
    links
}

/// Ten frames a second to all of them, while one types.
fn crowd(
    plan: &Plan,
    paired: &Paired,
    others: &[Home],
    runtime: &Runtime,
    verdicts: &mut Verdicts,
) {
    let frames =
        "while :; do printf '\\0337\\033[10;1H%s\\0338' \"$(date +%s%N)\"; sleep 0.1; done &";
    start(
        &paired.far,
        "crowd",
        &format!("{frames} {}", program(false)),
    );
    let id = paired.far.info("crowd")["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("an id");
    let session = SessionId::from_uuid(id);
    let drain = Drain::start(paired.near.in_terminal(&["abide", "attach", "desk:crowd"]));
    drain.wait(b"READY~");
    let ourselves = std::process::id();
    let (mut echo, keeper) = (Echo::default(), paired.far.keeper("crowd"));
    let daemon = paired.far.daemon().expect("a daemon");
    let cpu =
        || [ourselves, daemon, keeper].map(|pid| process::cpu_seconds(pid).unwrap_or_default());
    let links = runtime.block_on(open(others));
    let viewers = links.len();
    let mut watching = JoinSet::new();
    for link in links {
        watching.spawn_on(watch(link, session), runtime.handle());
    }
    let stop = Arc::new(tokio::sync::Notify::new());
    let stopped = Arc::clone(&stop);
    let (before, after) = std::thread::scope(|scope| {
        scope.spawn(|| {
            runtime.block_on(async {
                stopped.notified().await;
                watching.abort_all();
                while watching.join_next().await.is_some() {}
            });
        });
        std::thread::sleep(Duration::from_secs(2));
        let before = (cpu(), updates(&paired.far, "crowd"), Instant::now());
        add_round(&drain, plan.keys, &mut echo);
        let after = (cpu(), updates(&paired.far, "crowd"), Instant::now());
        stop.notify_one();
        (before, after)
    });
    report(viewers, &before, &after, &echo, verdicts);
}

/// Processor time of the generator, the daemon and the keeper; updates sent and made; and when.
type Moment = ([f64; 3], [u64; 2], Instant);

fn report(viewers: usize, before: &Moment, after: &Moment, echo: &Echo, verdicts: &mut Verdicts) {
    let took = (after.2 - before.2).as_secs_f64();
    let used: Vec<_> = after
        .0
        .iter()
        .zip(before.0)
        .map(|(after, before)| (after - before) / took * 100.0)
        .collect();
    let [sent, made] = [0, 1].map(|n| (after.1[n] - before.1[n]) as f64);
    let (p50, p99) = (median(&echo.p50) / 1000.0, median(&echo.p99) / 1000.0);
    println!(
        "{viewers} viewers of one session at 10 frames/s, {:.1} updates a second each: key to painted \
         echo p50 {p50:.1} ms, p99 {p99:.1} ms",
        sent / took / viewers as f64
    );
    println!(
        "  processor: this generator {:.0} % (its share {:.0} %), daemon {:.0} %, keeper {:.0} %",
        used[0],
        used[0] / used.iter().sum::<f64>() * 100.0,
        used[1],
        used[2]
    );
    println!("  equal viewers: {sent} updates sent, {made} compared and encoded");
    verdicts.at_most(
        "updates made for each that is sent to a crowd",
        "",
        made / sent,
        "goal",
        SHARED_GOAL,
    );
    verdicts.at_most("echo before a crowd, p99", "ms", p99, "goal", TYPIST_GOAL);
}

/// Updates of a session that its viewers were sent, and that were made.
fn updates(home: &Home, session: &str) -> [u64; 2] {
    let info = home.info(session);
    ["updates_sent", "updates_made"].map(|field| info[field].as_u64().expect("a number"))
}

/// A device that may only watch searches a long history as often as it may, while another one types.
fn searches(plan: &Plan, paired: &Paired, runtime: &Runtime, verdicts: &mut Verdicts) {
    let rows = (SEARCHED as f64 * plan.scale) as u64;
    start_behind(&paired.far, "searched", rows, &program(false));
    let drain = Drain::start(
        paired
            .near
            .in_terminal(&["abide", "attach", "desk:searched"]),
    );
    drain.wait(b"READY~");
    let watcher = paired.another_with("view", &["--history"]);
    let place = Place::Away(remote(&watcher));
    let (mut quiet, mut searched) = (Echo::default(), Echo::default());
    let mut found = 0;
    for _ in 0..plan.rounds {
        add_round(&drain, plan.keys, &mut quiet);
        let stop = Arc::new(tokio::sync::Notify::new());
        found += std::thread::scope(|scope| {
            let searching = scope.spawn(|| runtime.block_on(search(&place, &stop)));
            add_round(&drain, plan.keys, &mut searched);
            stop.notify_one();
            searching.join().expect("the searches")
        });
    }
    let [quiet, searched] = [&quiet, &searched].map(|echo| (median(&echo.p50), median(&echo.p99)));
    println!(
        "{found} searches of {rows} rows by a device that watches: another one's echo p50 {:.0} µs, \
         p99 {:.0} µs; without them {:.0} and {:.0}",
        searched.0, searched.1, quiet.0, quiet.1
    );
    let ratio = searched.1 / quiet.1;
    verdicts.at_most(
        "echo beside searches, p99",
        "times",
        ratio,
        "goal",
        SEARCH_GOAL,
    );
}

/// Searches for what is not there until it is told to stop; how many searches came to their end.
async fn search(place: &Place, stop: &tokio::sync::Notify) -> u32 {
    let info = find_in(place, Some("searched")).await.expect("a session");
    let Place::Away(remote) = place else {
        return 0;
    };
    let mut link = remote.link().await.expect("a link");
    let mut done = 0;
    loop {
        let query = Search {
            pattern: "[0-9] nowhere at all$".into(),
            ignore_case: true,
            from: None,
            backwards: false,
            limit: 10,
        };
        let session = info.id;
        let asked = link.request(Request::Search { session, query });
        tokio::select! {
            () = stop.notified() => return done,
            answer = asked => match answer {
                Ok(Answer::Found { .. }) => done += 1,
                // Four a second, and no more.
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

/// Takes every frame and acknowledges it.
async fn watch(mut link: Link, session: SessionId) {
    let attach = Attach::new(session, StreamId(*uuid::Uuid::new_v4().as_bytes()), "crowd");
    link.post(&ToServer::Attach(Box::new(attach)))
        .expect("an attach");
    while let Ok(Some(message)) = link.next().await {
        let revision = match message {
            ToClient::Snapshot { snapshot, .. } => snapshot.revision,
            ToClient::Update { update, .. } => update.to,
            ToClient::Closed(failure) => panic!("{}", failure.line),
            _ => continue,
        };
        if link.post(&ToServer::Ack { revision }).is_err() {
            return;
        }
    }
}
