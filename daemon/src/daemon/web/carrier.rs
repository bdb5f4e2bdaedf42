//! Ordered binary messages to one peer of the network, over a WebSocket.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use abide_protocol::channel::limits::MAX_EARLY;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::limits::{FAREWELL, MAX_MESSAGE, READ_BUFFER, STAGE, STRANGER, WRITE_BUFFER};
use super::quota::Place;
use super::ration::{Duplex, Rationed};

/// What a peer says it is. It gives no right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum PeerKind {
    Native,
    Browser,
}

/// Who is at the other end, as far as the carrier can tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::daemon) struct Peer {
    /// In its one canonical form: an IPv4 address is never one of IPv6.
    pub(in crate::daemon) address: IpAddr,
    pub(in crate::daemon) kind: PeerKind,
    /// Of a browser's page, and one of ours.
    pub(in crate::daemon) origin: Option<String>,
    /// Plain HTTP on 127.0.0.1: devices paired there are in memory only.
    pub(in crate::daemon) loopback: bool,
}

/// Why a carrier gives no more messages.
#[derive(Debug, thiserror::Error)]
pub(in crate::daemon) enum CarrierError {
    #[error("the other side hung up")]
    Closed,
    /// Said outside of the channel, by whoever holds the connection: it takes nothing from the device
    /// that the end of the connection does not take.
    #[error("the other side left for good")]
    Left,
    #[error("the other side sent nothing in time")]
    Late,
    #[error("the other side sent a text instead of bytes")]
    Text,
    #[error("the other side sent more than a stranger may")]
    Long,
    #[error("the other side sent no WebSocket messages: {0}")]
    Garbled(Error),
    #[error("{0}")]
    Io(io::Error),
}

impl From<Error> for CarrierError {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Closed,
            Error::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => Self::Closed,
                io::ErrorKind::QuotaExceeded => Self::Long,
                _ => Self::Io(error),
            },
            other => Self::Garbled(other),
        }
    }
}

/// The time that a peer has to become known, and its place among the half open.
pub(super) struct Probation {
    until: Instant,
    /// Given back when the peer is known, or gone.
    place: Option<Place>,
}

impl Probation {
    /// Begins with the connection.
    pub(super) fn begin(place: Place) -> Self {
        Self {
            until: Instant::now() + STRANGER,
            place: Some(place),
        }
    }

    /// Goes through a stage, which begins now. `None`: it is over before it was gone through.
    pub(super) async fn stage<T>(&mut self, stage: impl Future<Output = T>) -> Option<T> {
        let until = self.until.min(Instant::now() + STAGE);
        self.before(until, stage).await
    }

    /// Goes through stages that have deadlines of their own.
    pub(super) async fn stages<T>(&mut self, stages: impl Future<Output = T>) -> Option<T> {
        self.before(self.until, stages).await
    }

    /// Whether its place was given to another one.
    pub(super) fn lost(&self) -> bool {
        self.place.as_ref().is_some_and(Place::is_lost)
    }

    async fn before<T>(&mut self, until: Instant, stage: impl Future<Output = T>) -> Option<T> {
        let Some(place) = &mut self.place else {
            return timeout_at(until, stage).await.ok();
        };
        tokio::select! {
            done = timeout_at(until, stage) => done.ok(),
            () = place.lost() => {
                self.until = Instant::now();
                None
            }
        }
    }
}

/// What a carrier did.
pub(in crate::daemon) enum Turn {
    /// The message under way is with the system.
    Sent,
    Heard(Vec<u8>),
}

/// A message on its way out.
enum Outgoing {
    Waits(Message),
    /// The socket has it, the system not yet.
    Flushes,
}

/// Ordered binary messages to one peer of the network.
pub(in crate::daemon) struct Carrier {
    socket: Socket,
    /// What [`Self::turn`] sends.
    outgoing: Option<Outgoing>,
    peer: Peer,
    /// `None`: the peer is known.
    probation: Option<Probation>,
}

impl Carrier {
    /// Over a stream whose upgrade is done; `read` came behind it.
    pub(super) async fn opened(
        stream: Box<dyn Duplex>,
        read: Vec<u8>,
        peer: Peer,
        probation: Probation,
    ) -> Self {
        let (config, stream) = (Some(config()), Rationed::new(stream));
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Server, config).await;
        Self {
            socket,
            outgoing: None,
            peer,
            probation: Some(probation),
        }
    }

    pub(in crate::daemon) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The peer's channel is live: the deadlines and bounds of strangers end, and its place among
    /// the half open is free again.
    pub(in crate::daemon) fn authenticated(&mut self) {
        self.socket.get_mut().lift();
        if let Some(place) = self.probation.take().and_then(|probation| probation.place) {
            place.known();
        }
    }

    /// The next message, which a stranger has to send in time. May be dropped and called again
    /// without loss; then the stage begins anew, but never the time of all stages.
    pub(in crate::daemon) async fn next(&mut self) -> Result<Vec<u8>, CarrierError> {
        let message = read(&mut self.socket);
        let Some(probation) = &mut self.probation else {
            return message.await;
        };
        let message = probation.stage(message).await.ok_or(CarrierError::Late)??;
        self.socket.get_mut().renew();
        if message.len() > MAX_EARLY {
            return Err(CarrierError::Long);
        }
        Ok(message)
    }

    /// Returns when the message is with the system. One that is dropped meanwhile may still go out,
    /// whole.
    pub(in crate::daemon) async fn send(&mut self, message: Vec<u8>) -> Result<(), CarrierError> {
        let sent = self.socket.send(Message::Binary(message.into()));
        match &mut self.probation {
            None => Ok(sent.await?),
            Some(probation) => Ok(probation.stage(sent).await.ok_or(CarrierError::Late)??),
        }
    }

    /// Whether a message that was begun is not with the system yet.
    pub(in crate::daemon) fn is_sending(&self) -> bool {
        self.outgoing.is_some()
    }

    /// Has [`Self::turn`] send this, once nothing is sent.
    pub(in crate::daemon) fn begin(&mut self, message: Vec<u8>) {
        self.outgoing = Some(Outgoing::Waits(Message::Binary(message.into())));
    }

    /// Sends to a known peer what was begun, and listens to it if it is to be heard. Neither waits for
    /// the other. May be dropped and called again without loss.
    pub(in crate::daemon) async fn turn(&mut self, hears: bool) -> Result<Turn, CarrierError> {
        poll_fn(|cx| self.poll_turn(cx, hears)).await
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>, hears: bool) -> Poll<Result<Turn, CarrierError>> {
        let sent = self.poll_send(cx)?.is_ready();
        if hears && let Poll::Ready(heard) = poll_read(&mut self.socket, cx) {
            return Poll::Ready(heard.map(Turn::Heard));
        }
        if sent {
            return Poll::Ready(Ok(Turn::Sent));
        }
        Poll::Pending
    }

    /// Ready when what was begun has just gone out.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut socket = Pin::new(&mut self.socket);
        if matches!(self.outgoing, Some(Outgoing::Waits(_))) {
            ready!(socket.as_mut().poll_ready(cx))?;
            if let Some(Outgoing::Waits(message)) = self.outgoing.replace(Outgoing::Flushes) {
                socket.as_mut().start_send(message)?;
            }
        }
        if self.outgoing.is_none() {
            return Poll::Pending;
        }
        ready!(socket.poll_flush(cx))?;
        self.outgoing = None;
        Poll::Ready(Ok(()))
    }

    /// Ends it with this code and no reason.
    pub(in crate::daemon) async fn close(mut self, code: u16) {
        let deadline = Instant::now() + FAREWELL;
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        let farewell = async {
            self.socket.close(Some(frame)).await?;
            // What is unread when a socket closes can take the farewell with it.
            while self.socket.next().await.transpose()?.is_some() {}
            Ok::<(), Error>(())
        };
        // A peer that does not listen misses it.
        let _ = timeout_at(deadline, farewell).await;
    }

    /// A stranger's carrier over any stream, as if it had been upgraded.
    #[cfg(test)]
    pub(in crate::daemon) async fn over(stream: impl Duplex + 'static, peer: Peer) -> Self {
        let stream: Box<dyn Duplex> = Box::new(stream);
        let probation = Probation {
            until: Instant::now() + STRANGER,
            place: None,
        };
        Self::opened(stream, Vec::new(), peer, probation).await
    }
}

type Socket = WebSocketStream<Rationed>;

async fn read(socket: &mut Socket) -> Result<Vec<u8>, CarrierError> {
    poll_fn(|cx| poll_read(socket, cx)).await
}

fn poll_read(socket: &mut Socket, cx: &mut Context<'_>) -> Poll<Result<Vec<u8>, CarrierError>> {
    loop {
        match ready!(Pin::new(&mut *socket).poll_next(cx)) {
            None => return Poll::Ready(Err(CarrierError::Closed)),
            Some(message) => match message? {
                Message::Binary(bytes) => return Poll::Ready(Ok(bytes.into())),
                Message::Text(_) => return Poll::Ready(Err(CarrierError::Text)),
                // A page that is closed says so, or its browser does.
                Message::Close(Some(frame))
                    if matches!(frame.code, CloseCode::Normal | CloseCode::Away) =>
                {
                    return Poll::Ready(Err(CarrierError::Left));
                }
                Message::Close(_) => return Poll::Ready(Err(CarrierError::Closed)),
                // Pings are answered by the library.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            },
        }
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, DuplexStream};

    use super::*;

    fn peer() -> Peer {
        Peer {
            address: IpAddr::from([127, 0, 0, 1]),
            kind: PeerKind::Native,
            origin: None,
            loopback: true,
        }
    }

    async fn pair() -> (WebSocketStream<DuplexStream>, Carrier) {
        let (near, far) = tokio::io::duplex(1 << 20);
        let device = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        (device, Carrier::over(far, peer()).await)
    }

    #[tokio::test]
    async fn messages_arrive_in_order_both_ways() {
        let (mut device, mut carrier) = pair().await;
        for size in [0, 1, MAX_EARLY, MAX_MESSAGE] {
            if size > MAX_EARLY {
                carrier.authenticated();
            }
            let message = vec![7; size];
            device
                .send(Message::Binary(message.clone().into()))
                .await
                .unwrap();
            assert_eq!(carrier.next().await.unwrap(), message);
            carrier.send(message.clone()).await.unwrap();
            let heard = device.next().await.unwrap().unwrap();
            assert_eq!(heard, Message::Binary(message.into()));
        }
    }

    #[tokio::test]
    async fn what_is_no_message_of_ours_ends_the_carrier() {
        let (mut device, mut carrier) = pair().await;
        device.send(Message::text("hello")).await.unwrap();
        assert!(matches!(carrier.next().await, Err(CarrierError::Text)));

        let (mut device, mut carrier) = pair().await;
        carrier.authenticated();
        let long = vec![0; MAX_MESSAGE + 1];
        device.send(Message::Binary(long.into())).await.unwrap();
        assert!(matches!(
            carrier.next().await,
            Err(CarrierError::Garbled(Error::Capacity(_)))
        ));
    }

    /// A frame that says it is packed is none, and is not unpacked; neither as the first of a
    /// message nor as a later one.
    #[tokio::test]
    async fn a_packed_frame_ends_the_carrier() {
        // How what `deflate` makes of many zeros begins.
        let packed = [0xec, 0xc1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x80];
        let frame = |first: u8| [&[first, 0x88, 0, 0, 0, 0][..], &packed].concat();
        let begun = [&[0x02, 0x81, 0, 0, 0, 0, 7][..], &frame(0xc0)].concat();
        for known in [false, true] {
            for bytes in [frame(0xc2), frame(0xa2), frame(0x92), begun.clone()] {
                let (mut device, mut carrier) = pair().await;
                if known {
                    carrier.authenticated();
                }
                device.get_mut().write_all(&bytes).await.unwrap();
                let ended = carrier.next().await;
                assert!(
                    matches!(ended, Err(CarrierError::Garbled(Error::Protocol(_)))),
                    "{bytes:02x?}: {ended:?}"
                );
            }
        }
    }

    /// Neither in one message nor in parts, of which the last one never comes.
    #[tokio::test]
    async fn a_stranger_sends_four_kib_and_no_more() {
        for long in [MAX_EARLY + 1, MAX_MESSAGE] {
            let (mut device, mut carrier) = pair().await;
            device
                .send(Message::Binary(vec![0; long].into()))
                .await
                .unwrap();
            assert!(
                matches!(carrier.next().await, Err(CarrierError::Long)),
                "{long}"
            );
        }
        let (mut device, mut carrier) = pair().await;
        // The head of a message of 64 KiB, and all of it but the last byte.
        let head = [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let parts = [head.to_vec(), vec![0; MAX_MESSAGE - 1]].concat();
        device.get_mut().write_all(&parts).await.unwrap();
        assert!(matches!(carrier.next().await, Err(CarrierError::Long)));
    }

    /// What comes behind the message by which a peer becomes known is not lost.
    #[tokio::test]
    async fn what_a_peer_sends_too_early_waits() {
        let (mut device, mut carrier) = pair().await;
        for size in [MAX_EARLY, MAX_MESSAGE, MAX_MESSAGE] {
            device
                .send(Message::Binary(vec![7; size].into()))
                .await
                .unwrap();
        }
        assert_eq!(carrier.next().await.unwrap().len(), MAX_EARLY);
        carrier.authenticated();
        for _ in 0..2 {
            assert_eq!(carrier.next().await.unwrap(), vec![7; MAX_MESSAGE]);
        }
    }

    #[tokio::test]
    async fn a_close_names_the_code_and_nothing_else() {
        let (mut device, carrier) = pair().await;
        let closing = tokio::spawn(carrier.close(4400));
        let Message::Close(Some(frame)) = device.next().await.unwrap().unwrap() else {
            panic!("not a close");
        };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4400, ""));
        assert!(device.next().await.is_none());
        closing.await.unwrap();
    }

    #[tokio::test]
    async fn a_peer_that_leaves_says_so_and_one_that_breaks_off_does_not() {
        for (code, leaves) in [
            (Some(1000), true),
            (Some(1001), true),
            (Some(4000), false),
            (None, false),
        ] {
            let (mut device, mut carrier) = pair().await;
            let frame = code.map(|code: u16| CloseFrame {
                code: code.into(),
                reason: "".into(),
            });
            device.close(frame).await.unwrap();
            let ended = carrier.next().await.unwrap_err();
            assert_eq!(matches!(ended, CarrierError::Left), leaves, "{code:?}");
            assert_eq!(matches!(ended, CarrierError::Closed), !leaves, "{code:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_has_five_seconds_for_a_message_and_ten_in_all() {
        let (mut device, mut carrier) = pair().await;
        let began = Instant::now();
        assert!(matches!(carrier.next().await, Err(CarrierError::Late)));
        assert_eq!(began.elapsed().as_secs(), STAGE.as_secs());

        let (mut slow, mut other) = pair().await;
        let began = Instant::now();
        let dripping = tokio::spawn(async move {
            loop {
                tokio::time::sleep(STAGE / 2).await;
                if slow.send(Message::Binary("x".into())).await.is_err() {
                    break;
                }
            }
        });
        while other.next().await.is_ok() {}
        assert_eq!(began.elapsed().as_secs(), STRANGER.as_secs());
        dripping.abort();

        carrier.authenticated();
        let waiting = tokio::spawn(async move { carrier.next().await });
        tokio::time::sleep(STRANGER * 100).await;
        device.send(Message::Binary("x".into())).await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), b"x");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_holds_no_more_than_the_buffers() {
        let (near, far) = tokio::io::duplex(1024);
        let mut carrier = Carrier::over(far, peer()).await;
        let late = carrier.send(vec![0; MAX_MESSAGE]).await;
        assert!(matches!(late, Err(CarrierError::Late)));
        carrier.close(1000).await;
        drop(near);
    }
}
