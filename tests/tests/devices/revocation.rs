//! Revocation is final when it is answered: under load, with programs that do not read, and when a
//! keeper does not answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use abide::link::Link;
use abide_protocol::input::InputEvent;
use abide_protocol::message::{Attach, InputRefusal, PairingOffer, Request, ToClient, ToServer};
use abide_protocol::{DeviceId, InputSeq, Role, SessionId, paths};
use rustix::process::Signal;
use support::{process, wait};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::device::{Device, Online, PATIENCE};
use crate::owner::{Owner, offer};

/// What is done.
struct Load {
    /// Devices that type at the same time.
    devices: usize,
    /// Of them, revoked one after the other while the others type on.
    each_round: usize,
    rounds: usize,
}

fn load() -> Load {
    if support::soak() {
        Load {
            devices: 200,
            each_round: 50,
            rounds: 200,
        }
    } else {
        Load {
            devices: 6,
            each_round: 2,
            rounds: 12,
        }
    }
}

/// Characters of a text, of three bytes each.
const TEXT: usize = 20;
/// Texts under way of all devices: half as many again as fit the session's queue.
const UNDER_WAY: usize = 6 * (256 << 10) / (4 * 3 * TEXT);
/// Bytes that a terminal holds at most: 8 KiB that are on their way and one buffer more of half a
/// page, of which each has room for two, and 4 KiB that can be read.
const TERMINAL: usize = 2 * ((8 << 10) + 1792) + (4 << 10);
/// Bytes that the program reads at once, and has in its hands.
const HANDS: usize = 1 << 10;
/// Bytes that are behind the keeper's write and not in the file yet, at most; and a text that had
/// begun. It is a tenth of what waits in the queue.
const BEYOND: usize = TERMINAL + HANDS + 3 * TEXT;

/// Whether the devices type, and whether the session's queue is full.
#[derive(Default)]
struct Tide {
    ebbs: AtomicBool,
    turned: Notify,
    busy: AtomicU64,
}

impl Tide {
    /// From now on nobody types.
    fn stop(&self) {
        self.ebbs.store(true, Ordering::Relaxed);
    }

    fn start(&self) {
        self.ebbs.store(false, Ordering::Relaxed);
        self.turned.notify_waiters();
    }

    async fn flows(&self) {
        loop {
            let turned = self.turned.notified();
            if !self.ebbs.load(Ordering::Relaxed) {
                return;
            }
            turned.await;
        }
    }

    /// Waits until an input does not fit any more.
    fn wait_until_full(&self) {
        let before = self.busy.load(Ordering::Relaxed);
        wait::until("a full queue", || {
            (self.busy.load(Ordering::Relaxed) > before).then_some(())
        });
    }
}

/// A device that types its own character as fast as it can, until its link ends.
struct Typist {
    id: DeviceId,
    letter: char,
    typing: JoinHandle<()>,
}

impl Typist {
    async fn begin(owner: &mut Owner, session: SessionId, number: usize, tide: &Arc<Tide>) -> Self {
        let number = u32::try_from(number % 0x5000).unwrap();
        let letter = char::from_u32(0x4e00 + number).unwrap();
        let device = owner.pair(offer(Role::Type, &[session])).await;
        let mut online = device.connect().await;
        online.attach(session).await;
        online.patience = Duration::MAX;
        let text = letter.to_string().repeat(TEXT);
        let under_way = UNDER_WAY.div_ceil(load().devices) as u64;
        let tide = Arc::clone(tide);
        let typing = tokio::spawn(async move {
            let mut applied = 0;
            // What did not fit is sent again once all that followed it has come back: who sends on and
            // on without that fills every buffer on both ways, and nobody reads any more.
            let mut refused = None;
            loop {
                tokio::select! {
                    biased;
                    message = online.next() => match message {
                        None => return,
                        // It did not fit: what comes next takes its number.
                        Some(ToClient::Refused { seq, why: InputRefusal::Busy, .. }) => {
                            tide.busy.fetch_add(1, Ordering::Relaxed);
                            let last = *refused.get_or_insert(online.typed());
                            online.again(seq);
                            refused = refused.filter(|_| seq.0 < last);
                        }
                        Some(
                            ToClient::Header(header)
                            | ToClient::Snapshot { header, .. }
                            | ToClient::Update { header, .. },
                        ) => applied = header.applied.0,
                        Some(_) => {}
                    },
                    () = tide.flows(), if refused.is_none() && online.typed() < applied + under_way => {
                        online.type_text(&text).await;
                    }
                }
            }
        });
        Self {
            id: device.id,
            letter,
            typing,
        }
    }
}

/// Somebody on the session's machine, who types marks.
struct Marker {
    link: Link,
    attach: Attach,
    seq: u64,
}

impl Marker {
    async fn begin(owner: &Owner, attach: Attach) -> Self {
        let socket = owner.home.run().join(paths::keeper_socket(attach.session));
        let mut link = Link::connect(socket).await.unwrap();
        let message = ToServer::Attach(Box::new(attach.clone()));
        link.send(&message).await.unwrap();
        Self {
            link,
            attach,
            seq: 0,
        }
    }

    /// Types this; it is behind all that was taken before. Returns when it is written.
    async fn mark(&mut self, text: &str) {
        self.seq += 1;
        let input = ToServer::Input {
            stream: self.attach.stream,
            seq: InputSeq(self.seq),
            event: InputEvent::Paste(text.into()),
        };
        self.link.send(&input).await.unwrap();
        loop {
            let message = tokio::time::timeout(PATIENCE, self.link.next());
            match message.await.expect("the keeper says something").unwrap() {
                Some(ToClient::Refused { .. }) => self.link.send(&input).await.unwrap(),
                Some(ToClient::Header(header)) if header.applied.0 >= self.seq => return,
                Some(_) => {}
                None => panic!("the keeper has left"),
            }
        }
    }
}

/// What the program has read.
struct Record(PathBuf);

impl Record {
    fn length(&self) -> usize {
        usize::try_from(std::fs::metadata(&self.0).unwrap().len()).unwrap()
    }

    fn read(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.0).unwrap()).into_owned()
    }

    fn wait_for(&self, text: &str) {
        wait::until(text, || self.read().contains(text).then_some(()));
    }

    fn clear(&self) {
        let file = std::fs::File::options().write(true).open(&self.0);
        file.unwrap().set_len(0).unwrap();
    }
}

/// A device that has been revoked.
struct Gone {
    letter: char,
    typing: JoinHandle<()>,
    mark: String,
    /// What the program had read when the revocation was answered.
    read: usize,
}

impl Gone {
    /// Nothing of it was written after the answer.
    fn check(&self, read: &str) {
        let mark = read.find(&self.mark).expect("the mark");
        let last = read.rfind(self.letter).unwrap_or_default();
        assert!(last < mark, "{} at {last}, its mark at {mark}", self.letter);
        let most = self.read + BEYOND;
        assert!(
            last < most,
            "{} at {last}, answered at {}",
            self.letter,
            self.read
        );
    }
}

/// Revokes devices one after the other, with a mark behind each if there is who types it, else one
/// behind all of them.
async fn revoke_each(
    owner: &mut Owner,
    leaving: Vec<Typist>,
    record: &Record,
    mut marker: Option<&mut Marker>,
) -> Vec<Gone> {
    let mut gone = Vec::new();
    for (number, typist) in leaving.into_iter().enumerate() {
        let revoked = owner.revoke(Some(typist.id)).await;
        let read = record.length();
        assert_eq!((revoked.devices, revoked.unconfirmed), (1, vec![]));
        let number = if marker.is_some() { number } else { 0 };
        let mark = format!("[{number}]");
        if let Some(marker) = &mut marker {
            marker.mark(&mark).await;
        }
        let Typist { letter, typing, .. } = typist;
        gone.push(Gone {
            letter,
            typing,
            mark,
            read,
        });
    }
    gone
}

/// What is typed on the session's machine after the answer comes behind everything that was taken
/// before it: of the device, nothing comes behind that, and nothing of what had waited in the queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_device_arrives_after_its_revocation() {
    let Load {
        devices,
        each_round,
        rounds,
    } = load();
    let mut owner = Owner::new().await;
    let (session, record, mut marker) = recorded(&owner, "work", "").await;
    let program = owner.home.program("work");
    let tide = Arc::new(Tide::default());
    tide.stop();
    let mut typists = std::collections::VecDeque::new();
    for number in 0..devices {
        typists.push_back(Typist::begin(&mut owner, session, number, &tide).await);
    }
    for round in 0..rounds {
        tide.start();
        let leaving: Vec<Typist> = typists.drain(..each_round).collect();
        wait::until("their typing", || {
            let read = record.read();
            let typed = |typist: &Typist| read.contains(typist.letter);
            leaving.iter().all(typed).then_some(())
        });
        let stalls = round % 2 == 1;
        if stalls {
            process::signal(program, Signal::STOP);
            tide.wait_until_full();
        }
        let gone = revoke_each(
            &mut owner,
            leaving,
            &record,
            (!stalls).then_some(&mut marker),
        )
        .await;
        if stalls {
            process::signal(program, Signal::CONT);
            marker.mark("[0]").await;
        }
        tide.stop();
        marker.mark("[all]").await;
        record.wait_for("[all]");
        let read = record.read();
        for gone in gone {
            gone.check(&read);
            gone.typing.await.unwrap();
        }
        record.clear();
        for number in 0..each_round {
            let number = devices + round * each_round + number;
            typists.push_back(Typist::begin(&mut owner, session, number, &tide).await);
        }
        println!("{} devices revoked", (round + 1) * each_round);
    }
    for typist in &typists {
        owner.revoke(Some(typist.id)).await;
    }
    for typist in typists {
        typist.typing.await.unwrap();
    }
}

/// A session that keeps what its program reads, and somebody on its machine. `modes` is what the
/// program says first.
async fn recorded(owner: &Owner, name: &str, modes: &str) -> (SessionId, Record, Marker) {
    let record = Record(owner.home.path().join("read"));
    let script = format!(
        "stty raw -echo; printf '{modes}'; echo ready; \
         exec dd bs={HANDS} of='{}' oflag=append conv=notrunc status=none",
        record.0.display()
    );
    let session = owner.session(name, &script);
    owner.home.wait_screen(name, "ready");
    let marker = Marker::begin(owner, crate::device::attachment(session)).await;
    (session, record, marker)
}

/// A device types "before" into the session "work", and more while the keeper is stopped: that lies
/// in the keeper's socket when this returns.
async fn typing_to_a_stopped_keeper(
    owner: &Owner,
    device: &Device,
    session: SessionId,
    record: &Record,
) -> (Online, u32) {
    let mut online = device.connect().await;
    online.attach(session).await;
    online.type_text("before").await;
    record.wait_for("before");
    let keeper = owner.home.keeper("work");
    process::signal(keeper, Signal::STOP);
    for _ in 0..30 {
        online.type_text("X").await;
    }
    // What is answered behind it was relayed behind it.
    online.ask(Request::List).await;
    (online, keeper)
}

/// The keeper goes on: it has dropped everything, and says so.
async fn nothing_has_arrived(owner: &Owner, keeper: u32, marker: &mut Marker, record: &Record) {
    process::signal(keeper, Signal::CONT);
    wait::until("the keeper to have dropped the device", || {
        (owner.home.info("work")["viewers"] == 1).then_some(())
    });
    marker.mark("[after]").await;
    record.wait_for("[after]");
    assert_eq!(record.read(), "before[after]");
    wait::until("everything confirmed", || {
        let status = owner.home.ok(&["daemon", "status"]);
        (!status.contains("not confirmed")).then_some(())
    });
}

/// A keeper that does not answer is named; the device is revoked all the same, and what it has
/// typed before is dropped whenever the keeper goes on.
#[tokio::test]
async fn a_keeper_that_does_not_answer_is_named() {
    let mut owner = Owner::new().await;
    let (session, record, mut marker) = recorded(&owner, "work", "").await;
    owner.session("other", "exec cat");
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let (mut online, keeper) = typing_to_a_stopped_keeper(&owner, &device, session, &record).await;
    let revoked = owner.revoke(Some(device.id)).await;
    assert_eq!(
        (revoked.devices, revoked.unconfirmed),
        (1, vec!["work".to_owned()])
    );
    let status = owner.home.ok(&["daemon", "status"]);
    assert!(status.contains("not confirmed in: work"), "{status}");
    while online.next().await.is_some() {}
    assert!(device.try_connect().await.is_none());
    nothing_has_arrived(&owner, keeper, &mut marker, &record).await;
}

/// Expiry is told like a revocation: a keeper that does not answer is named to those who are there.
#[tokio::test]
async fn a_keeper_that_does_not_answer_hears_of_an_expiry_later() {
    let mut owner = Owner::new().await;
    let (session, record, mut marker) = recorded(&owner, "work", "").await;
    let watcher = owner.pair(offer(Role::View, &[session])).await;
    let mut watching = watcher.connect().await;
    let lasts = Some(5000);
    let device = owner
        .pair(PairingOffer {
            lasts,
            ..offer(Role::Type, &[session])
        })
        .await;
    let (_online, keeper) = typing_to_a_stopped_keeper(&owner, &device, session, &record).await;
    let told = watching.until("a notice of doubt", |message| match message {
        ToClient::Notice(line) => line.contains("not confirmed in: work").then_some(()),
        _ => None,
    });
    told.await;
    nothing_has_arrived(&owner, keeper, &mut marker, &record).await;
}

/// What is left of a text that the program was being given: the rest of a character, and the end of
/// the paste.
#[tokio::test]
async fn a_text_that_has_begun_only_ends() {
    const BEGIN: &str = "\x1b[200~";
    const END: &str = "\x1b[201~";
    let mut owner = Owner::new().await;
    let (session, record, mut marker) = recorded(&owner, "work", "\\033[?2004h").await;
    let device = owner.pair(offer(Role::Type, &[session])).await;
    let mut online = device.connect().await;
    online.attach(session).await;
    let (program, keeper) = (owner.home.program("work"), owner.home.keeper("work"));
    let terminal = owner.home.info("work")["tty"].as_str().unwrap().to_owned();
    let terminal = std::fs::File::options().read(true).open(terminal).unwrap();
    let unread = || rustix::io::ioctl_fionread(&terminal).unwrap();
    process::signal(program, Signal::STOP);
    online.type_text(&"\u{4e00}".repeat(20_000)).await;
    wait::until("a text that is written", || (unread() > 0).then_some(()));
    let revoked = owner.revoke(Some(device.id)).await;
    assert_eq!((revoked.devices, revoked.unconfirmed), (1, vec![]));
    // What the system has of it by now was applied before.
    process::signal(keeper, Signal::STOP);
    process::signal(program, Signal::CONT);
    let mut last = 0;
    wait::until("all of that is read", || {
        let before = std::mem::replace(&mut last, record.length());
        (unread() == 0 && last > 0 && before == last).then_some(())
    });
    process::signal(keeper, Signal::CONT);
    marker.mark("[after]").await;
    record.wait_for("[after]");
    let read = std::fs::read(&record.0).unwrap();
    let (before, after) = read.split_at(last);
    assert!(before.starts_with(BEGIN.as_bytes()));
    let text = String::from_utf8(read.clone()).expect("whole characters");
    let rest = (BEGIN.len() + 3 - last % 3) % 3;
    let expected = format!("{END}{BEGIN}[after]{END}");
    assert_eq!(
        String::from_utf8_lossy(&after[rest..]),
        expected,
        "{rest} of a character"
    );
    assert!(text.chars().count() < 20_000);
}

/// All of them, and the machine is another one.
#[tokio::test]
async fn all_devices_are_revoked_with_the_key() {
    let mut owner = Owner::new().await;
    let first = owner.pair(offer(Role::View, &[])).await;
    let second = owner.pair(offer(Role::View, &[])).await;
    let mut online = first.connect().await;
    let revoked = owner.revoke(None).await;
    assert_eq!((revoked.devices, revoked.unconfirmed.len()), (2, 0));
    while online.next().await.is_some() {}
    let third = owner.pair(offer(Role::View, &[])).await;
    assert_ne!(third.daemon, second.daemon);
    assert!(third.try_connect().await.is_some());
}
