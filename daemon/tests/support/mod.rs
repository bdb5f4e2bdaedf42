//! Real keepers and a client that speaks the protocol, for tests.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::input::{InputEvent, Key, KeyEvent, Mods};
use abide_protocol::message::{
    Answer, Attach, Driver, EnvVar, Event, ExitStatus, Failure, InputRefusal, Limits, Request,
    SessionInfo, Spec, ToClient, ToServer, ViewerHeader,
};
use abide_protocol::wire::{self, FrameReader};
use abide_protocol::{
    DeviceId, EventNo, InputSeq, LineNo, RequestId, Row, SessionId, Size, Snapshot, StreamId,
    apply, paths,
};
use abided::keeper::birth::{Birth, spawn};
use abided::keeper::executable::Executable;

/// Nothing that is waited for here takes longer, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A state directory of its own; keepers that still run in it end with it.
pub struct Home {
    pub state: PathBuf,
    pub births: std::cell::RefCell<Vec<SessionInfo>>,
}

impl Home {
    pub fn new(name: &str) -> Self {
        let state = std::env::temp_dir().join(format!("abide-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&state);
        let mut dirs = std::fs::DirBuilder::new();
        dirs.recursive(true).mode(0o700);
        dirs.create(state.join("run")).unwrap();
        dirs.create(state.join("sessions")).unwrap();
        Self {
            state,
            births: std::cell::RefCell::default(),
        }
    }

    /// Starts a session.
    pub fn begin(&self, spec: Spec) -> Result<SessionInfo, Failure> {
        let birth = Birth {
            id: SessionId::from_uuid(uuid::Uuid::now_v7()),
            name: "test".into(),
            spec,
            state: self.state.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let program = Executable::open(Path::new(env!("CARGO_BIN_EXE_abide-keeper"))).unwrap();
        let info = runtime.block_on(spawn(&program, &birth))?;
        self.births.borrow_mut().push(info.clone());
        Ok(info)
    }

    /// Starts a session that runs this shell script.
    pub fn script(&self, script: &str) -> SessionInfo {
        self.begin(spec(&["/bin/sh", "-c", script])).unwrap()
    }

    pub fn connect(&self, info: &SessionInfo) -> Client {
        Client::connect(&self.socket(info.id), info.id)
    }

    pub fn socket(&self, id: SessionId) -> PathBuf {
        self.state.join("run").join(paths::keeper_socket(id))
    }

    /// Whether its keeper is there: what it leaves in the run directory is for the daemon to remove.
    pub fn lives(&self, id: SessionId) -> bool {
        std::os::unix::net::UnixStream::connect(self.socket(id)).is_ok()
    }

    pub fn record(&self, id: SessionId) -> PathBuf {
        self.state.join("sessions").join(id.to_string())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for info in self.births.borrow().iter() {
            if self.lives(info.id) {
                for pid in [info.pid, info.keeper].into_iter().flatten() {
                    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
            }
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.state.join("keepers.log"));
            eprintln!("the keepers' log:\n{}", log.unwrap_or_default());
        }
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

pub fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).unwrap()
}

/// What to run, with a small environment.
pub fn spec(command: &[&str]) -> Spec {
    let var = |name: &str, value: &str| EnvVar {
        name: name.into(),
        value: value.into(),
    };
    Spec {
        command: command
            .iter()
            .map(|part| part.as_bytes().to_vec())
            .collect(),
        directory: b"/".to_vec(),
        environment: Some(vec![
            var("PATH", "/usr/local/bin:/usr/bin:/bin"),
            var("HOME", "/"),
            var("SHELL", "/bin/sh"),
            var("PS1", "$ "),
        ]),
        size: Size::new(80, 24),
        ..Spec::default()
    }
}

/// Waits for a state outside of the protocol.
pub fn wait_for(what: &str, mut reached: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < end, "{what} did not come about");
        std::thread::yield_now();
    }
}

/// A client with a mirror of the session's screen.
pub struct Client {
    pub session: SessionId,
    pub stream: UnixStream,
    reader: FrameReader<ToClient>,
    pub input: StreamId,
    pub seq: u64,
    /// Frames are acknowledged.
    pub acks: bool,
    pub screen: Option<Snapshot>,
    pub applied: InputSeq,
    pub event: EventNo,
    pub events: Vec<Event>,
    pub tail: Vec<Arc<Row>>,
    pub skipped: Vec<u64>,
    pub printed: LineNo,
    pub driver: Option<Driver>,
    pub refused: Vec<(u64, InputRefusal)>,
    pub answers: Vec<(RequestId, Answer)>,
    pub summaries: Vec<SessionInfo>,
    pub ended: Option<ExitStatus>,
    pub closed: Option<Failure>,
    /// The keeper hung up.
    pub gone: bool,
    /// Snapshots, updates, and bytes received.
    pub snapshots: usize,
    pub updates: usize,
    pub bytes: usize,
}

impl Client {
    pub fn connect(socket: &Path, session: SessionId) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        let mut client = Self {
            session,
            stream,
            reader: FrameReader::new(),
            input: StreamId(*uuid::Uuid::new_v4().as_bytes()),
            seq: 0,
            acks: true,
            screen: None,
            applied: InputSeq(0),
            event: EventNo(0),
            events: vec![],
            tail: vec![],
            skipped: vec![],
            printed: LineNo(0),
            driver: None,
            refused: vec![],
            answers: vec![],
            summaries: vec![],
            ended: None,
            closed: None,
            gone: false,
            snapshots: 0,
            updates: 0,
            bytes: 0,
        };
        client.send(&ToServer::Hello(wire::hello()));
        client
    }

    pub fn send(&mut self, message: &ToServer) {
        let mut bytes = vec![];
        wire::encode_to_server(message, &mut bytes);
        let _ = self.stream.write_all(&bytes);
    }

    /// How this client attaches unless a test says otherwise.
    pub fn attachment(&self) -> Attach {
        Attach {
            size: Size::new(80, 24).unwrap(),
            ..Attach::new(self.session, self.input, "tester")
        }
    }

    pub fn attach(&mut self) {
        self.attach_as(self.attachment());
    }

    pub fn attach_as(&mut self, attach: Attach) {
        let frames = attach.frames;
        self.send(&ToServer::Attach(Box::new(attach)));
        if frames {
            self.until("the first state", |client| {
                client.snapshots + client.updates > 0
            });
        }
    }

    pub fn device(&self, n: u8, limits: Limits) -> Attach {
        Attach {
            device: Some(DeviceId([n; 16])),
            limits,
            ..self.attachment()
        }
    }

    /// Sends the next input of the stream; answers its number.
    pub fn input(&mut self, event: InputEvent) -> u64 {
        self.seq += 1;
        let (stream, seq) = (self.input, InputSeq(self.seq));
        self.send(&ToServer::Input { stream, seq, event });
        self.seq
    }

    pub fn paste(&mut self, text: &str) -> u64 {
        self.input(InputEvent::Paste(text.into()))
    }

    pub fn key(&mut self, key: Key, mods: Mods) -> u64 {
        self.input(InputEvent::Key(KeyEvent::press(key, mods)))
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) -> u64 {
        self.paste(text);
        self.key(Key::Enter, Mods::default())
    }

    pub fn ask(&mut self, request: Request) -> Answer {
        let id = self.request(request);
        self.until("the answer", |client| {
            client.answers.iter().any(|(of, _)| *of == id)
        });
        let index = self.answers.iter().position(|(of, _)| *of == id).unwrap();
        self.answers.remove(index).1
    }

    pub fn request(&mut self, request: Request) -> RequestId {
        let id = RequestId(uuid::Uuid::new_v4().as_u64_pair().0);
        self.send(&ToServer::Request { id, request });
        id
    }

    pub fn info(&mut self) -> SessionInfo {
        let session = self.session;
        match self.ask(Request::Info { session }) {
            Answer::Session(info) => *info,
            other => panic!("not an info: {other:?}"),
        }
    }

    /// Reads until this is so.
    pub fn until(&mut self, what: &str, reached: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !reached(self) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !self.gone,
                "{what} did not come; {}",
                self.describe()
            );
            self.read(left);
        }
    }

    /// Reads what comes within this time; for tests of what must not come.
    pub fn listen(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if left.is_zero() || self.gone {
                return;
            }
            self.read(left);
        }
    }

    fn read(&mut self, timeout: Duration) {
        self.stream
            .set_read_timeout(Some(timeout.max(Duration::from_millis(1))))
            .unwrap();
        let mut buffer = vec![0; 64 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.gone = true,
            Ok(count) => {
                self.bytes += count;
                self.reader.push(&buffer[..count]);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(_) => self.gone = true,
        }
        while let Some(message) = self.reader.next().unwrap() {
            self.take(message);
        }
    }

    fn take(&mut self, message: ToClient) {
        match message {
            ToClient::Hello(_)
            | ToClient::Notice(_)
            | ToClient::Granted(_)
            | ToClient::PageEnds(_)
            | ToClient::Unknown => {}
            ToClient::Answer { id, answer } => self.answers.push((id, answer)),
            ToClient::Attached { applied, event, .. } => {
                self.applied = applied;
                self.event = event;
            }
            ToClient::Snapshot { header, snapshot } => {
                self.header(*header);
                self.snapshots += 1;
                self.show(*snapshot);
            }
            ToClient::Update { header, update } => {
                self.header(*header);
                self.updates += 1;
                let old = self
                    .screen
                    .as_ref()
                    .expect("an update comes after a snapshot");
                let new = apply::apply(old, &update).expect("the update fits");
                self.show(new);
            }
            ToClient::Header(header) => self.header(*header),
            ToClient::Driver(driver) => self.driver = Some(driver),
            ToClient::Refused { seq, why, .. } => self.refused.push((seq.0, why)),
            ToClient::Ended { status } => self.ended = Some(status),
            ToClient::Summary(summary) => self.summaries.push(*summary),
            ToClient::Closed(failure) => self.closed = Some(failure),
        }
    }

    fn header(&mut self, header: ViewerHeader) {
        assert!(
            header.applied >= self.applied,
            "acknowledgements never go back"
        );
        self.applied = header.applied;
        for (number, event) in header.events {
            assert!(number > self.event, "an event came twice");
            self.event = number;
            self.events.push(event);
        }
        if let Some(tail) = header.tail {
            if tail.skipped > 0 {
                self.skipped.push(tail.skipped);
            }
            self.printed = tail.from.plus(tail.rows.len() as u64);
            self.tail.extend(tail.rows);
        }
    }

    fn show(&mut self, snapshot: Snapshot) {
        if self.acks {
            self.send(&ToServer::Ack {
                revision: snapshot.revision,
            });
        }
        self.screen = Some(snapshot);
    }

    /// The screen's text, rows joined by line feeds.
    pub fn text(&self) -> String {
        let rows = self.screen.iter().flat_map(|screen| &screen.rows);
        rows.map(|row| row.text().trim_end())
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub fn until_text(&mut self, text: &str) {
        self.until(&format!("{text:?}"), |client| client.text().contains(text));
    }

    fn describe(&self) -> String {
        format!(
            "gone {}, ended {:?}, closed {:?}, refused {:?}, applied {:?}, screen:\n{}",
            self.gone,
            self.ended,
            self.closed,
            self.refused,
            self.applied,
            self.text()
        )
    }
}
