//! The session: one task that owns the terminal, the screen and every viewer.
//!
//! Each turn of its loop takes one thing that happened (output, a message, an exit), then settles
//! everything that follows from it and from the clock: what is due is written, sent or ended, and
//! nothing is left for a turn that might not come. With nothing to wait for the task sleeps
//! without a timer.

mod attach;
mod ending;
mod frames;
mod input;
mod output;
mod reading;
mod requests;
mod start;
mod status;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use abide_protocol::StreamId;
use abide_protocol::message::{FailKind, Failure, ToServer};
use abide_protocol::{LineNo, Revision, ViewerId, wire};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::Sleep;

use super::cuts::Cuts;
use super::driver::Wheel;
use super::engine::Engine;
use super::events::Events;
use super::focus::Focus;
use super::history::Packer;
use super::hold::Hold;
use super::link::{Link, Phase};
use super::pacing::Grid;
use super::pty::{self, Leader, Master};
use super::queue::Queue;
use super::stream::Streams;
use super::turns::Turns;
use super::viewer::{Bodies, Departed};
use crate::guard;
use ending::Life;
pub(crate) use reading::Work;
use start::Identity;
pub(crate) use start::begin;
use status::Status;

/// Bytes of the one read buffer, for the terminal and for links.
const BUFFER: usize = 64 << 10;
/// Connections at most; beyond, a new one is closed at once.
const LINKS: usize = 512;
/// A connection that has not said hello by then is closed.
const HELLO: Duration = Duration::from_secs(10);

/// What a turn is about.
enum Turn {
    Output,
    Writable,
    Link(usize),
    Connection(UnixStream),
    Exit,
    Terminate,
    Clock,
}

/// Everything of one session.
pub(crate) struct Session {
    identity: Identity,
    status: Status,
    engine: Engine,
    packer: Packer,
    master: Master,
    leader: Leader,
    life: Life,
    queue: Queue,
    streams: Streams,
    wheel: Wheel,
    /// Viewers have to be told about the driver.
    wheel_moved: bool,
    /// The driver whose terminal's look the screen has.
    looks_like: Option<ViewerId>,
    focus: Focus,
    events: Events,
    hold: Hold,
    grid: Grid,
    bodies: Bodies,
    departed: Departed,
    cuts: Cuts,
    listener: UnixListener,
    links: Vec<Link>,
    viewers: u64,
    /// The stream that typed last: clipboard events are for it.
    typist: Option<StreamId>,
    terminate: tokio::signal::unix::Signal,
    buffer: Box<[u8]>,
    /// Somebody may still write to the terminal.
    open: bool,
    /// First row of the main screen, and when a row last left it.
    top: LineNo,
    moved: Option<Instant>,
    /// When the terminal gets its right size back after a fault.
    repaint: Option<Instant>,
    /// The terminal had nothing more to read when it was last looked at.
    drained: bool,
    /// The terminal took less than there is to write.
    blocked: bool,
    /// The next turn looks at links before it looks at the terminal.
    links_first: bool,
    turns: Turns,
    /// It has been told that some of the history cannot be read.
    loss_told: bool,
    /// Somebody was served since it last rested alone: more of the program is in memory than needed.
    roused: bool,
}

impl Session {
    /// Serves the session until it has ended and everybody has left.
    pub(crate) async fn run(mut self) {
        let mut sleep = Box::pin(tokio::time::sleep(Duration::ZERO));
        let mut now = Instant::now();
        while !self.settle(now) {
            let deadline = self.deadline(now);
            if let Some(deadline) = deadline {
                sleep.as_mut().reset(deadline.into());
            } else {
                // A timer that was set and is not needed any more would still wake the process.
                sleep.set(tokio::time::sleep(Duration::ZERO));
                self.rest();
            }
            let turn = std::future::poll_fn(|cx| self.poll(cx, deadline.map(|_| sleep.as_mut())));
            let turn = turn.await;
            now = Instant::now();
            self.take(turn, now);
            if !self.drained {
                // Lets the runtime look at the sockets, however much the program writes.
                tokio::task::yield_now().await;
            }
        }
        self.leave();
    }

    fn poll(&mut self, cx: &mut Context<'_>, sleep: Option<Pin<&mut Sleep>>) -> Poll<Turn> {
        self.links_first = !self.links_first;
        if self.links_first
            && let Some(turn) = self.poll_links(cx)
        {
            return Poll::Ready(turn);
        }
        if self.open && self.master.poll_readable(cx).is_ready() {
            return Poll::Ready(Turn::Output);
        }
        if self.open && self.blocked && self.master.poll_writable(cx).is_ready() {
            return Poll::Ready(Turn::Writable);
        }
        if !self.links_first
            && let Some(turn) = self.poll_links(cx)
        {
            return Poll::Ready(turn);
        }
        if self.life.runs() && self.leader.poll_exit(cx).is_ready() {
            return Poll::Ready(Turn::Exit);
        }
        if self.terminate.poll_recv(cx).is_ready() {
            return Poll::Ready(Turn::Terminate);
        }
        if sleep.is_some_and(|sleep| std::future::Future::poll(sleep, cx).is_ready()) {
            return Poll::Ready(Turn::Clock);
        }
        Poll::Pending
    }

    fn poll_links(&mut self, cx: &mut Context<'_>) -> Option<Turn> {
        if let Poll::Ready(Ok((stream, _))) = self.listener.poll_accept(cx) {
            return Some(Turn::Connection(stream));
        }
        let views = |link: &Link| link.viewer.is_some();
        let ready = self
            .turns
            .next(&mut self.links, views, |link| link.poll(cx).is_ready());
        ready.map(Turn::Link)
    }

    fn take(&mut self, turn: Turn, now: Instant) {
        match turn {
            Turn::Output => self.output(now),
            Turn::Writable => self.blocked = false,
            Turn::Link(index) => self.hear(index, now),
            Turn::Connection(stream) => self.accept(stream, now),
            Turn::Exit => self.exited(now),
            Turn::Terminate => self.stop(now),
            Turn::Clock => {}
        }
    }

    /// Does whatever is due. Answers whether the session is over and everybody has left.
    fn settle(&mut self, now: Instant) -> bool {
        self.streams.tick(now);
        let size = self.wheel.tick(now);
        self.steer(size, now);
        self.look_like_driver();
        self.pump(now);
        if self.hold.deadline().is_some_and(|deadline| now >= deadline) {
            self.hold.end();
            self.engine.end_hold();
            self.mark(now);
        }
        self.proceed(now);
        self.pack();
        self.tell_loss();
        self.frames(now);
        self.tell_driver();
        self.summarize(now);
        for link in &mut self.links {
            if link.phase == Phase::New && now >= link.opened + HELLO {
                link.phase = Phase::Closed;
            }
            link.flush();
        }
        self.part(now);
        self.over(now)
    }

    /// When the clock has to wake the task; `None` while nothing is under way.
    fn deadline(&self, now: Instant) -> Option<Instant> {
        let hellos = self.links.iter().filter(|link| link.phase == Phase::New);
        [
            self.streams.deadline(),
            self.wheel.deadline(),
            self.hold.deadline(),
            self.queue.deadline().filter(|_| !self.blocked),
            self.life.deadline(now),
            self.repaint,
            self.frames_deadline(now),
            self.summary_deadline(),
            hellos.map(|link| link.opened + HELLO).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Nothing is under way: where only the daemon listens, memory is given back.
    fn rest(&mut self) {
        let only_daemon = !self.links.is_empty() && self.links.iter().all(|link| link.subscribed);
        if only_daemon && std::mem::take(&mut self.roused) {
            pty::let_go();
        }
    }

    /// Takes a connection of the same user.
    fn accept(&mut self, stream: UnixStream, now: Instant) {
        let own = rustix::process::geteuid().as_raw();
        let ours = stream.peer_cred().is_ok_and(|peer| peer.uid() == own);
        if ours && self.links.len() < LINKS {
            let role = guard::peer(&stream, &self.identity.place.run);
            // Out of descriptors: whoever connected sees the connection close.
            self.links.extend(Link::new(stream, role, now));
        }
    }

    /// Reads a link and does what it says. What cannot be read closes this link and no other.
    fn hear(&mut self, index: usize, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        if let Some(link) = self.links.get_mut(index) {
            link.flush();
            link.receive(&mut buffer);
        }
        self.buffer = buffer;
        self.obey(index, now);
    }

    fn obey(&mut self, index: usize, now: Instant) {
        loop {
            let Some(link) = self.links.get_mut(index) else {
                return;
            };
            match link.next() {
                Ok(Some(message)) => self.message(index, message, now),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "closing a link");
                    link.refuse(failure(FailKind::Invalid, error.to_string()));
                    return;
                }
            }
        }
    }

    fn message(&mut self, index: usize, message: ToServer, now: Instant) {
        let Some(link) = self.links.get_mut(index) else {
            return;
        };
        if link.phase == Phase::New {
            return greet(link, &message);
        }
        let remote = link.device.is_some()
            || matches!(&message, ToServer::Attach(attach) if attach.device.is_some())
            || matches!(&message, ToServer::Behalf(_));
        if remote && !self.still_open(index, now) {
            return;
        }
        match message {
            ToServer::Hello(_) => {
                if let Some(link) = self.links.get_mut(index) {
                    link.refuse(failure(FailKind::Invalid, "a second hello".into()));
                }
            }
            ToServer::Request { id, request } => self.request(index, id, request, now),
            ToServer::Attach(attach) => self.attach(index, &attach, now),
            ToServer::Detach => self.detach(index, now),
            ToServer::Input { stream, seq, event } => self.input(index, stream, seq, &event, now),
            ToServer::Ack { revision } => self.acked(index, revision, now),
            ToServer::Resize { size } => self.viewer_resized(index, size, now),
            ToServer::Drive { take } => self.drive(index, take, now),
            ToServer::Focus { focused } => self.viewer_focused(index, focused, now),
            ToServer::Look(look) => self.viewer_looks(index, look),
            ToServer::Printed { printed } => self.viewer_printed(index, printed),
            ToServer::Resync => self.resync(index),
            ToServer::Behalf(behalf) => self.bind(index, behalf),
            ToServer::Unknown => {}
        }
    }

    fn acked(&mut self, index: usize, revision: Revision, now: Instant) {
        let link = self.links.get_mut(index);
        if let Some(viewer) = link.and_then(|link| link.viewer.as_mut()) {
            viewer.pacing.acked(now, revision);
        }
    }

    /// Removes links that are closed, and their viewers.
    fn part(&mut self, now: Instant) {
        let mut index = 0;
        while let Some(link) = self.links.get(index) {
            if link.phase != Phase::Closed {
                index += 1;
                continue;
            }
            let link = self.links.remove(index);
            self.roused = true;
            if let Some(viewer) = link.viewer {
                let returns = viewer.device.is_some();
                self.gone(&viewer, returns, now);
            }
        }
    }

    /// The link on which a viewer is.
    fn link_of(&self, id: ViewerId) -> Option<usize> {
        let is = |link: &Link| link.viewer.as_ref().is_some_and(|viewer| viewer.id == id);
        self.links.iter().position(is)
    }
}

/// The first message of a link has to be a hello that we can agree to.
fn greet(link: &mut Link, first: &ToServer) {
    let agreed = match first {
        ToServer::Hello(theirs) => wire::agree(&wire::hello(), theirs).map(|_| ()),
        _ => Err(failure(
            FailKind::Invalid,
            "the first message must be a hello".into(),
        )),
    };
    match agreed {
        Ok(()) => link.phase = Phase::Open,
        Err(failure) => link.refuse(failure),
    }
}

fn failure(kind: FailKind, line: String) -> Failure {
    Failure { kind, line }
}

/// Why a device's link ends that was cut.
fn withdrawn() -> Failure {
    let line = "the access of this device was withdrawn".into();
    failure(FailKind::Forbidden, line)
}
