//! `abide stdio`: the far end of `ssh`. What comes in on standard input goes to this user's daemon,
//! and a viewer's messages to the keeper of its session; what both say goes to standard output.
//!
//! Messages are passed on as they are; only `attach` is opened, to know the session.

use std::io;
use std::path::PathBuf;

use abide_protocol::FrameReader;
use abide_protocol::message::{Attach, Failure, ToClient, ToServer};
use abide_protocol::paths::{DAEMON_SOCKET, Paths, keeper_socket};
use abide_protocol::wire::{encode_to_client, encode_to_server, hello};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::frames::{Frames, NoFrames};
use crate::link::{self, LinkError};
use crate::sessions;
use crate::tty::Watched;

/// Bytes taken at once.
const CHUNK: usize = 64 << 10;
/// Kinds of messages, as the wire page numbers them.
const HELLO: u16 = 1;
const REQUEST: u16 = 2;
const ATTACH: u16 = 3;
const DETACH: u16 = 4;

#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    #[error("standard input or output: {0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Link(#[from] LinkError),
    #[error("standard input is no link of Abide's; this command is for abide on another machine")]
    NoFrames,
    #[error("{}", .0.line)]
    Daemon(Failure),
}

impl From<NoFrames> for StdioError {
    fn from(_: NoFrames) -> Self {
        Self::NoFrames
    }
}

/// Passes on until standard input ends, or the daemon or the keeper of the attached session
/// leaves.
pub async fn run(paths: &Paths, input: Watched, output: Watched) -> Result<(), StdioError> {
    let mut output = Output(output);
    output.message(&ToClient::Hello(hello())).await?;
    if let Err(failure) = sessions::start_daemon(paths).await {
        output.message(&ToClient::Closed(failure.clone())).await?;
        return Err(StdioError::Daemon(failure));
    }
    let bridge = Bridge {
        paths,
        input,
        output,
        daemon: Server::greet(paths.run().join(DAEMON_SOCKET)).await?,
        keeper: None,
        detached: false,
        attach: FrameReader::new(),
        talking: None,
    };
    bridge.run().await
}

/// Standard output, which may not block.
struct Output(Watched);

impl Output {
    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(self.0.fd(), bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    self.0.wait(false, true).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn message(&mut self, message: &ToClient) -> io::Result<()> {
        let mut bytes = Vec::new();
        encode_to_client(message, &mut bytes);
        self.write(&bytes).await
    }
}

/// A daemon or keeper of this machine.
struct Server {
    socket: UnixStream,
    frames: Frames,
    chunk: Vec<u8>,
}

impl Server {
    async fn greet(path: PathBuf) -> Result<Self, LinkError> {
        let mut socket = link::open(&path).await?;
        let mut bytes = Vec::new();
        encode_to_server(&ToServer::Hello(hello()), &mut bytes);
        socket.write_all(&bytes).await?;
        Ok(Self {
            socket,
            frames: Frames::default(),
            chunk: vec![0; CHUNK],
        })
    }

    /// Waits for bytes; 0 at the end. Cancel safe.
    async fn read(&mut self) -> io::Result<usize> {
        let count = self.socket.read(&mut self.chunk).await?;
        self.frames.push(&self.chunk[..count]);
        Ok(count)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Daemon,
    Keeper,
}

struct Bridge<'p> {
    paths: &'p Paths,
    input: Watched,
    output: Output,
    daemon: Server,
    /// Of the session that is attached.
    keeper: Option<Server>,
    attach: FrameReader<ToServer>,
    /// It is dropped once its message is whole.
    detached: bool,
    /// Whose message is not whole yet: no other may come in between.
    talking: Option<Who>,
}

enum Wake {
    Input(usize),
    Said(Who, usize),
}

impl Bridge<'_> {
    async fn run(mut self) -> Result<(), StdioError> {
        let mut frames = Frames::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            match self.wake(&mut chunk).await? {
                Wake::Input(0) | Wake::Said(_, 0) => return Ok(()),
                Wake::Input(count) => {
                    frames.push(&chunk[..count]);
                    while let Some(frame) = frames.next()? {
                        self.inward(frame.kind, frame.bytes).await?;
                    }
                }
                Wake::Said(who, _) => self.outward(who).await?,
            }
        }
    }

    async fn wake(&mut self, chunk: &mut [u8]) -> io::Result<Wake> {
        let keeper = async {
            match &mut self.keeper {
                Some(keeper) => keeper.read().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            count = read(&mut self.input, chunk) => Ok(Wake::Input(count?)),
            count = self.daemon.read(), if self.talking != Some(Who::Keeper) => {
                Ok(Wake::Said(Who::Daemon, count?))
            }
            count = keeper, if self.talking != Some(Who::Daemon) => {
                Ok(Wake::Said(Who::Keeper, count?))
            }
        }
    }

    /// One frame of the other machine.
    async fn inward(&mut self, kind: u16, bytes: &[u8]) -> Result<(), StdioError> {
        match kind {
            HELLO => Ok(()),
            REQUEST => Ok(self.daemon.socket.write_all(bytes).await?),
            ATTACH => {
                self.attach.push(bytes);
                let message = self.attach.next().map_err(|_| StdioError::NoFrames)?;
                match message {
                    Some(ToServer::Attach(attach)) => self.attach(*attach).await,
                    _ => Ok(()),
                }
            }
            _ => {
                let Some(keeper) = &mut self.keeper else {
                    return Ok(());
                };
                // A keeper that has left is noticed where it is read.
                let _ = keeper.socket.write_all(bytes).await;
                if kind == DETACH {
                    self.detached = true;
                    self.let_go();
                }
                Ok(())
            }
        }
    }

    /// Opens the viewer: it is a local one, with this login's agent for `ssh`.
    async fn attach(&mut self, attach: Attach) -> Result<(), StdioError> {
        let path = self.paths.run().join(keeper_socket(attach.session));
        let mut keeper = match Server::greet(path).await {
            Ok(keeper) => keeper,
            Err(error) => {
                let failure = if error.nobody() {
                    sessions::not_running(attach.session)
                } else {
                    error.into()
                };
                return Ok(self.output.message(&ToClient::Closed(failure)).await?);
            }
        };
        let attach = Attach {
            device: None,
            epoch: None,
            ssh_auth_sock: std::env::var("SSH_AUTH_SOCK").ok(),
            ..attach
        };
        let mut bytes = Vec::new();
        encode_to_server(&ToServer::Attach(Box::new(attach)), &mut bytes);
        keeper.socket.write_all(&bytes).await?;
        self.keeper = Some(keeper);
        self.detached = false;
        Ok(())
    }

    /// Leaves a keeper after its last message.
    fn let_go(&mut self) {
        if self.detached && self.talking != Some(Who::Keeper) {
            self.keeper = None;
        }
    }

    /// Passes on what the daemon or the keeper has said.
    async fn outward(&mut self, who: Who) -> Result<(), StdioError> {
        let server = match who {
            Who::Daemon => &mut self.daemon,
            Who::Keeper => match &mut self.keeper {
                Some(keeper) => keeper,
                None => return Ok(()),
            },
        };
        while let Some(frame) = server.frames.next()? {
            if frame.kind != HELLO {
                self.output.write(frame.bytes).await?;
                self.talking = (!frame.last).then_some(who);
            }
        }
        self.let_go();
        Ok(())
    }
}

/// Reads standard input. Cancel safe.
async fn read(input: &mut Watched, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        if let Some(count) = input.read(chunk)? {
            return Ok(count);
        }
        input.wait(true, false).await?;
    }
}
