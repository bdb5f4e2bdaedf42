//! A link to a keeper or to the daemon: typed messages over a Unix socket. One to another machine
//! is the same, with something at the socket's other end that carries it on.
//!
//! Reading and writing never wait for each other: what cannot be written at once is kept, up to a
//! bound, and goes out while [`Link::next`] waits for the peer.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use abide_protocol::RequestId;
use abide_protocol::message::{Answer, FailKind, Failure, Request, ToClient, ToServer};
use abide_protocol::wire::{self, FrameReader, WireError};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{SendFlags, Shutdown};
use tokio::net::UnixStream;

use crate::tty::{Ready, Watched};

/// A keeper answers within microseconds; one that has not said hello by then never will.
const HELLO_DEADLINE: Duration = Duration::from_secs(5);
/// Bytes waiting to be written at most: some of the largest messages. Beyond, the peer has stopped
/// reading for good.
const MAX_UNSENT: usize = 16 << 20;
/// Bytes read from the socket at once.
const CHUNK: usize = 64 << 10;
/// Longest path that fits `sockaddr_un`, with its final NUL.
const SUN_PATH: usize = 108;
/// Answers to requests that came while another answer was awaited, at most; older ones are dropped.
const MAX_ASIDE: usize = 64;

/// Why a link could not be opened, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("{path}: {why}; it must be a directory of yours with mode 0700")]
    Directory { path: PathBuf, why: &'static str },
    #[error("cannot connect to {path}: {source}")]
    Connect { path: PathBuf, source: io::Error },
    #[error("{path} is served by another user (uid {uid})")]
    Stranger { path: PathBuf, uid: u32 },
    #[error("{path} does not answer")]
    Silent { path: PathBuf },
    #[error("{}", .0.line)]
    Refused(Failure),
    /// What carries the link to another machine does not, for now.
    #[error("{}", .0.line)]
    Down(Failure),
    #[error("the other machine does not answer within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("the other side closed the link")]
    Closed,
    #[error("the other side does not read what is sent")]
    Stuck,
    #[error("the link broke: {0}")]
    Io(#[from] io::Error),
    #[error("the other side sent something unreadable: {0}")]
    Wire(#[from] WireError),
}

impl LinkError {
    /// Nobody listens there: the socket is missing or left over, or who listened left just then.
    #[must_use]
    pub fn nobody(&self) -> bool {
        let kind = match self {
            Self::Connect { source, .. } | Self::Io(source) => source.kind(),
            other => return matches!(other, Self::Closed),
        };
        matches!(
            kind,
            io::ErrorKind::NotFound
                | io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
        )
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let kind = match &error {
            LinkError::Refused(failure) | LinkError::Down(failure) => return failure.clone(),
            LinkError::Directory { .. } | LinkError::Stranger { .. } => FailKind::Forbidden,
            LinkError::Connect { .. } if error.nobody() => FailKind::NotFound,
            LinkError::Connect { .. }
            | LinkError::Silent { .. }
            | LinkError::Slow(_)
            | LinkError::Closed
            | LinkError::Stuck
            | LinkError::Io(_)
            | LinkError::Wire(_) => FailKind::Internal,
        };
        Self {
            kind,
            line: error.to_string(),
        }
    }
}

/// Why what carries a link does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outage {
    pub failure: Failure,
    /// Trying again will not help.
    pub lasting: bool,
}

impl From<Outage> for LinkError {
    fn from(outage: Outage) -> Self {
        if outage.lasting {
            Self::Refused(outage.failure)
        } else {
            Self::Down(outage.failure)
        }
    }
}

/// What a carrier says before it closes its end of the socket, and the link hears after that.
#[derive(Clone, Debug, Default)]
pub struct LastWords(Arc<OnceLock<Outage>>);

impl LastWords {
    /// The first to be said count.
    pub fn say(&self, outage: Outage) {
        let _ = self.0.set(outage);
    }

    fn heard(&self) -> Option<Outage> {
        self.0.get().cloned()
    }
}

/// An open link; both hellos are done.
pub struct Link {
    socket: Watched,
    reader: FrameReader<ToClient>,
    chunk: Box<[u8]>,
    unsent: Vec<u8>,
    aside: VecDeque<ToClient>,
    last_request: u64,
    version: u32,
    /// Of a link to another machine.
    last_words: Option<LastWords>,
}

impl Link {
    /// Connects to the socket at `path` and agrees on a version.
    pub async fn connect(path: impl AsRef<Path>) -> Result<Self, LinkError> {
        let path = path.as_ref();
        let socket = Watched::new(open(path).await?.into_std()?.into())?;
        let mut link = Self::new(socket, None);
        match tokio::time::timeout(HELLO_DEADLINE, link.greet()).await {
            Ok(greeted) => greeted?,
            Err(_) => return Err(LinkError::Silent { path: path.into() }),
        }
        Ok(link)
    }

    /// A link over a socket, non-blocking, whose other end is carried to another machine. The
    /// carrier has `patience` to bring the other side's hello.
    pub async fn carried(
        socket: OwnedFd,
        last_words: LastWords,
        patience: Duration,
    ) -> Result<Self, LinkError> {
        let mut link = Self::new(Watched::new(socket)?, Some(last_words));
        match tokio::time::timeout(patience, link.greet()).await {
            Ok(greeted) => greeted?,
            Err(_) => return Err(LinkError::Slow(patience)),
        }
        Ok(link)
    }

    fn new(socket: Watched, last_words: Option<LastWords>) -> Self {
        Self {
            socket,
            reader: FrameReader::new(),
            chunk: vec![0; CHUNK].into(),
            unsent: Vec::new(),
            aside: VecDeque::new(),
            last_request: 0,
            version: 0,
            last_words,
        }
    }

    /// The protocol version both sides speak.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    async fn greet(&mut self) -> Result<(), LinkError> {
        let ours = wire::hello();
        self.post(&ToServer::Hello(ours.clone()))?;
        loop {
            match self.next().await? {
                Some(ToClient::Hello(theirs)) => {
                    self.version = wire::agree(&ours, &theirs).map_err(LinkError::Refused)?;
                    return Ok(());
                }
                Some(ToClient::Closed(failure)) => return Err(LinkError::Refused(failure)),
                Some(_) => {}
                None => return Err(LinkError::Closed),
            }
        }
    }

    /// Takes a message for sending. It leaves at once if the socket has room, else while
    /// [`Self::next`] or [`Self::flush`] wait.
    pub fn post(&mut self, message: &ToServer) -> Result<(), LinkError> {
        wire::encode_to_server(message, &mut self.unsent);
        self.write_some()?;
        if self.unsent.len() > MAX_UNSENT {
            return Err(LinkError::Stuck);
        }
        Ok(())
    }

    /// Sends a message and waits until the system has taken all of it.
    pub async fn send(&mut self, message: &ToServer) -> Result<(), LinkError> {
        self.post(message)?;
        self.flush().await
    }

    /// Waits until the system has taken everything posted. Cancel safe.
    pub async fn flush(&mut self) -> Result<(), LinkError> {
        while !self.unsent.is_empty() {
            self.socket.wait(false, true).await?;
            self.write_some()?;
        }
        Ok(())
    }

    /// The next message; `None` when the peer has closed. Cancel safe.
    pub async fn next(&mut self) -> Result<Option<ToClient>, LinkError> {
        if let Some(message) = self.aside.pop_front() {
            return Ok(Some(message));
        }
        loop {
            if let Some(message) = self.reader.next()? {
                return Ok(Some(message));
            }
            if !self.read_some().await? {
                return self.over();
            }
        }
    }

    /// The next message if it is here already, without waiting.
    pub fn try_next(&mut self) -> Result<Option<ToClient>, LinkError> {
        if let Some(message) = self.aside.pop_front() {
            return Ok(Some(message));
        }
        Ok(self.reader.next()?)
    }

    /// Asks; the answer comes by [`Self::next`] with this id.
    pub fn ask(&mut self, request: Request) -> Result<RequestId, LinkError> {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.post(&ToServer::Request { id, request })?;
        Ok(id)
    }

    /// Asks, and waits for the answer to this very request. Other messages that come meanwhile are
    /// kept for [`Self::next`].
    pub async fn request(&mut self, request: Request) -> Result<Answer, Failure> {
        self.last_request += 1;
        let asked = RequestId(self.last_request);
        self.send(&ToServer::Request { id: asked, request }).await?;
        loop {
            let message = self.read_message().await?;
            match message {
                ToClient::Answer { id, answer } if id == asked => {
                    return match answer {
                        Answer::Failed(failure) => Err(failure),
                        Answer::Unknown => Err(Failure {
                            kind: FailKind::Unsupported,
                            line: "the answer is of a kind that this version does not know".into(),
                        }),
                        answer => Ok(answer),
                    };
                }
                ToClient::Closed(failure) => return Err(failure),
                other => {
                    if self.aside.len() == MAX_ASIDE {
                        self.aside.pop_front();
                    }
                    self.aside.push_back(other);
                }
            }
        }
    }

    async fn read_message(&mut self) -> Result<ToClient, LinkError> {
        loop {
            if let Some(message) = self.reader.next()? {
                return Ok(message);
            }
            if !self.read_some().await? {
                return self.over()?.ok_or(LinkError::Closed);
            }
        }
    }

    /// The end of the stream.
    fn over(&self) -> Result<Option<ToClient>, LinkError> {
        match self.last_words.as_ref().and_then(LastWords::heard) {
            Some(outage) => Err(outage.into()),
            None => Ok(None),
        }
    }

    /// Whether it leads to another machine.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.last_words.is_some()
    }

    /// Nothing more is sent: waits until what carries the link has passed everything on.
    pub async fn finish(&mut self) -> Result<(), LinkError> {
        self.flush().await?;
        if self.last_words.is_none() {
            return Ok(());
        }
        rustix::net::shutdown(self.socket.fd(), Shutdown::Write).map_err(io::Error::from)?;
        while self.read_some().await? {}
        Ok(())
    }

    /// Waits for bytes, writing what is unsent meanwhile; `false` at the end of the stream.
    async fn read_some(&mut self) -> Result<bool, LinkError> {
        loop {
            let read = self.socket.read(&mut self.chunk);
            if let Some(going_on) = self.received(read)? {
                return Ok(going_on);
            }
            let pending = !self.unsent.is_empty();
            if self.socket.wait(true, pending).await? == Ready::Write {
                self.write_some()?;
            }
        }
    }

    /// Takes in what was read: whether the stream goes on; `None` if nothing was there.
    fn received(&mut self, read: io::Result<Option<usize>>) -> Result<Option<bool>, LinkError> {
        match read {
            Ok(None) => Ok(None),
            Ok(Some(0)) => Ok(Some(false)),
            Ok(Some(count)) => {
                self.reader.push(&self.chunk[..count]);
                Ok(Some(true))
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Some(false)),
            Err(error) => Err(error.into()),
        }
    }

    fn write_some(&mut self) -> Result<(), LinkError> {
        let mut written = 0;
        let result = loop {
            if written == self.unsent.len() {
                break Ok(());
            }
            let rest = &self.unsent[written..];
            match rustix::net::send(self.socket.fd(), rest, SendFlags::NOSIGNAL) {
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break Ok(()),
                // The peer may have said why before it closed; reading will tell.
                Err(Errno::PIPE | Errno::CONNRESET) => {
                    written = self.unsent.len();
                    break Ok(());
                }
                Err(error) => break Err(io::Error::from(error).into()),
            }
        };
        self.unsent.drain(..written);
        result
    }
}

/// Opens the socket after checking that its directory and its server are this user's.
pub(crate) async fn open(path: &Path) -> Result<UnixStream, LinkError> {
    let refused = |source: io::Error| LinkError::Connect {
        path: path.into(),
        source,
    };
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(refused(io::ErrorKind::NotFound.into()));
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory =
        rustix::fs::open(parent, flags, Mode::empty()).map_err(|error| refused(error.into()))?;
    let stat = rustix::fs::fstat(&directory).map_err(|error| refused(error.into()))?;
    let us = rustix::process::geteuid().as_raw();
    let wrong = |why| LinkError::Directory {
        path: parent.into(),
        why,
    };
    if stat.st_uid != us {
        return Err(wrong("it belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(wrong("others may enter it"));
    }
    // `sockaddr_un` holds 108 bytes; a longer path goes through the open directory.
    let short = if path.as_os_str().len() < SUN_PATH {
        path.to_path_buf()
    } else {
        Path::new("/proc/self/fd")
            .join(directory.as_raw_fd().to_string())
            .join(name)
    };
    let stream = UnixStream::connect(short).await.map_err(refused)?;
    let uid = stream.peer_cred()?.uid();
    if uid == us {
        Ok(stream)
    } else {
        Err(LinkError::Stranger {
            path: path.into(),
            uid,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abide_protocol::wire::encode_to_client;
    use std::os::unix::fs::PermissionsExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    struct Directory(PathBuf);

    impl Directory {
        fn new(mode: u32) -> Self {
            let path = std::env::temp_dir().join(format!("abide-link-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir(&path).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Self(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    /// Accepts one client and answers its bytes with `script`, then closes.
    async fn serve(listener: UnixListener, script: Vec<ToClient>) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut first = [0; 64];
        assert!(stream.read(&mut first).await.unwrap() > 0);
        let mut bytes = Vec::new();
        for message in &script {
            encode_to_client(message, &mut bytes);
        }
        stream.write_all(&bytes).await.unwrap();
    }

    async fn against(script: Vec<ToClient>) -> Result<Link, LinkError> {
        let directory = Directory::new(0o700);
        let path = directory.0.join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let (link, ()) = tokio::join!(Link::connect(&path), serve(listener, script));
        link
    }

    #[tokio::test]
    async fn hello_then_messages_then_end() {
        let script = vec![ToClient::Hello(wire::hello()), ToClient::Driver(driver())];
        let mut link = against(script).await.unwrap();
        assert_eq!(link.next().await.unwrap(), Some(ToClient::Driver(driver())));
        assert_eq!(link.next().await.unwrap(), None);
    }

    fn driver() -> abide_protocol::message::Driver {
        abide_protocol::message::Driver {
            name: Some("desk".into()),
            you: false,
            size: abide_protocol::Size::DEFAULT,
        }
    }

    #[tokio::test]
    async fn an_answer_finds_its_request_and_the_rest_is_kept() {
        let script = vec![
            ToClient::Hello(wire::hello()),
            ToClient::Driver(driver()),
            ToClient::Answer {
                id: RequestId(1),
                answer: Answer::Done,
            },
        ];
        let mut link = against(script).await.unwrap();
        assert_eq!(link.request(Request::Status).await, Ok(Answer::Done));
        assert_eq!(link.next().await.unwrap(), Some(ToClient::Driver(driver())));
    }

    #[tokio::test]
    async fn a_refusal_is_told() {
        let failure = Failure {
            kind: FailKind::Exhausted,
            line: "256 viewers are attached".into(),
        };
        let error = against(vec![ToClient::Closed(failure.clone())]).await.err();
        assert_eq!(error.map(Failure::from), Some(failure));
    }

    #[tokio::test]
    async fn a_peer_that_closes_at_once_is_nobody() {
        let error = against(vec![]).await.err().unwrap();
        assert!(matches!(error, LinkError::Closed));
        assert!(error.nobody());
    }

    #[tokio::test]
    async fn nobody_there_and_open_directories_are_told_apart() {
        let private = Directory::new(0o700);
        let missing = Link::connect(private.0.join("s")).await.err().unwrap();
        assert!(missing.nobody());
        let open = Directory::new(0o755);
        let path = open.0.join("s");
        let _listener = UnixListener::bind(&path).unwrap();
        let error = Link::connect(&path).await.err().unwrap();
        assert!(matches!(error, LinkError::Directory { .. }), "{error}");
    }

    #[tokio::test]
    async fn long_paths_connect_through_their_directory() {
        let directory = Directory::new(0o700);
        let long = directory.0.join("x".repeat(120));
        std::fs::create_dir(&long).unwrap();
        std::fs::set_permissions(&long, std::fs::Permissions::from_mode(0o700)).unwrap();
        let short = directory.0.join("s");
        let listener = UnixListener::bind(&short).unwrap();
        std::fs::rename(&short, long.join("s")).unwrap();
        let script = vec![ToClient::Hello(wire::hello())];
        let (link, ()) = tokio::join!(Link::connect(long.join("s")), serve(listener, script));
        assert!(link.is_ok());
    }
}
