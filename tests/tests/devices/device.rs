//! A device's end: a WebSocket, the channel, and the messages in it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use abide_protocol::channel::address::Scheme;
use abide_protocol::channel::device::{Asking, Knock, Pairing};
use abide_protocol::channel::joining::Step;
use abide_protocol::channel::link::PairingLink;
use abide_protocol::channel::pairing::{Claim, DeviceKind};
use abide_protocol::channel::{Channel, End, Opened, Psk, PublicKey, StaticKey, SystemEntropy};
use abide_protocol::input::InputEvent;
use abide_protocol::message::{Answer, Attach, Request, ToClient, ToServer};
use abide_protocol::wire::{self, FrameReader};
use abide_protocol::{DeviceId, InputSeq, RequestId, SessionId, StreamId};
use futures_util::{SinkExt, StreamExt};
use support::network;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;

/// Nothing that is waited for here takes longer, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes that the system takes for a device that does not read, or twice as many.
const ROOM: u32 = 64 << 10;

/// The number of the next connection, once each comes from an address of its own.
static CONNECTIONS: AtomicU32 = AtomicU32::new(0);

/// From now on each connection comes from another address: what one address may do does not count.
pub fn come_from_everywhere() {
    CONNECTIONS.store(1, Ordering::Relaxed);
}

fn source() -> Ipv4Addr {
    match CONNECTIONS.load(Ordering::Relaxed) {
        0 => Ipv4Addr::LOCALHOST,
        _ => Ipv4Addr::from_bits(0x7f80_0000 + CONNECTIONS.fetch_add(1, Ordering::Relaxed)),
    }
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub type Socket = WebSocketStream<Box<dyn Stream>>;

/// What a socket brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Message(Vec<u8>),
    /// Closed with this code.
    Closed(Option<u16>),
}

/// Where a daemon is: a port of 127.0.0.1, with TLS or without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub port: u16,
    pub tls: bool,
}

impl Place {
    fn of(link: &PairingLink) -> Self {
        Self {
            port: link.address.port(),
            tls: link.address.scheme() != Scheme::Http,
        }
    }
}

pub async fn open(place: Place) -> Socket {
    try_open(place).await.expect("the daemon answers")
}

/// `None`: nobody answers there.
async fn try_open(place: Place) -> Option<Socket> {
    let tcp = TcpSocket::new_v4().ok()?;
    tcp.set_recv_buffer_size(ROOM).ok()?;
    tcp.bind((source(), 0).into()).ok()?;
    let to = (Ipv4Addr::LOCALHOST, place.port).into();
    let tcp = tcp.connect(to).await.ok()?;
    tcp.set_nodelay(true).ok()?;
    let (stream, scheme): (Box<dyn Stream>, _) = if place.tls {
        let name = "127.0.0.1".try_into().unwrap();
        let connector = TlsConnector::from(Arc::new(network::trusting()));
        let tls = connector.connect(name, tcp).await.ok()?;
        (Box::new(tls), "wss")
    } else {
        (Box::new(tcp), "ws")
    };
    let uri = format!("{scheme}://127.0.0.1:{}/ws", place.port);
    let request = ClientRequestBuilder::new(uri.parse().unwrap());
    let request = request.with_sub_protocol("abide.native.1");
    let opened = tokio_tungstenite::client_async(request, stream).await;
    Some(opened.ok()?.0)
}

pub async fn hear(socket: &mut Socket) -> Heard {
    hear_within(PATIENCE, socket).await
}

async fn hear_within(patience: Duration, socket: &mut Socket) -> Heard {
    loop {
        let heard = tokio::time::timeout(patience, socket.next()).await;
        match heard.expect("the daemon says something") {
            Some(Ok(Message::Binary(bytes))) => return Heard::Message(bytes.into()),
            Some(Ok(Message::Close(frame))) => {
                return Heard::Closed(frame.map(|frame| frame.code.into()));
            }
            Some(Ok(_)) => {}
            None | Some(Err(_)) => return Heard::Closed(None),
        }
    }
}

pub async fn hear_message(socket: &mut Socket) -> Vec<u8> {
    try_message(socket).await.expect("a message")
}

/// `None`: the socket is closed.
async fn try_message(socket: &mut Socket) -> Option<Vec<u8>> {
    match hear(socket).await {
        Heard::Message(message) => Some(message),
        Heard::Closed(_) => None,
    }
}

pub async fn say(socket: &mut Socket, message: Vec<u8>) {
    // Whoever is closed meanwhile reads it in the answer.
    let _ = socket.send(Message::Binary(message.into())).await;
}

/// A handshake with the secret of a link, up to the device's first message inside the channel.
async fn handshake(
    link: &PairingLink,
    key: StaticKey,
) -> Option<(Socket, Asking<Pairing>, Vec<u8>)> {
    let knock = Knock {
        key,
        daemon: link.daemon,
        entropy: Arc::new(SystemEntropy),
    };
    let mut socket = try_open(Place::of(link)).await?;
    let (hello, greeting) = knock.pair(&link.secret).unwrap();
    say(&mut socket, hello).await;
    let greeted = try_message(&mut socket).await?;
    let (first, asking) = greeting.greeted(&greeted).unwrap();
    say(&mut socket, first).await;
    let answer = try_message(&mut socket).await?;
    Some((socket, asking, answer))
}

/// Somebody with the secret who claims nothing yet.
pub async fn silent(link: &PairingLink) -> Socket {
    let key = StaticKey::generate(&SystemEntropy).unwrap();
    handshake(link, key).await.expect("the daemon answers").0
}

/// A device that is being paired.
pub struct Joining {
    socket: Socket,
    claimed: abide_protocol::channel::joining::Joining,
    key: StaticKey,
    daemon: PublicKey,
    place: Place,
}

pub fn claim() -> Claim {
    Claim {
        kind: DeviceKind::Native,
        name: "phone".into(),
        agent: "a test".into(),
        origin: None,
    }
}

impl Joining {
    /// Claims the ticket of a link.
    pub async fn begin(link: &PairingLink) -> Self {
        Self::try_begin(link).await.expect("the daemon answers")
    }

    pub async fn again(link: &PairingLink, key: StaticKey) -> Self {
        Self::claiming(link, key, claim())
            .await
            .expect("the daemon answers")
    }

    /// `None`: the daemon is gone.
    pub async fn try_begin(link: &PairingLink) -> Option<Self> {
        let key = StaticKey::generate(&SystemEntropy).unwrap();
        Self::claiming(link, key, claim()).await
    }

    /// Says this of itself.
    pub async fn claiming(link: &PairingLink, key: StaticKey, claim: Claim) -> Option<Self> {
        let (mut socket, asking, answer) = handshake(link, key.clone()).await?;
        let (message, joining) = asking.answered(&answer, claim, Instant::now()).unwrap();
        say(&mut socket, message).await;
        Some(Self {
            socket,
            claimed: joining,
            key,
            daemon: link.daemon,
            place: Place::of(link),
        })
    }

    pub fn key(&self) -> StaticKey {
        self.key.clone()
    }

    pub async fn step(&mut self) -> Step {
        self.try_step().await.expect("a step")
    }

    async fn try_step(&mut self) -> Option<Step> {
        let message = try_message(&mut self.socket).await?;
        Some(self.claimed.receive(&message, Instant::now()).unwrap())
    }

    /// The digits that it shows.
    pub async fn code(&mut self) -> String {
        self.try_code().await.expect("a code")
    }

    /// What came of the claim; `None`: the daemon hung up.
    pub async fn try_code(&mut self) -> Option<String> {
        match self.try_step().await? {
            Step::Show(code, _) => Some(code.to_string()),
            other => panic!("no code: {other:?}"),
        }
    }

    /// It was approved: it keeps its key.
    pub async fn keep(self) -> Device {
        self.try_keep().await.expect("a key that is kept")
    }

    pub async fn try_keep(mut self) -> Option<Device> {
        let paired = match self.try_step().await? {
            Step::Store(paired) => paired,
            other => panic!("no key: {other:?}"),
        };
        let stored = self.claimed.stored(true, Instant::now()).unwrap();
        say(&mut self.socket, stored).await;
        assert_eq!(self.try_step().await?, Step::Done);
        Some(Device {
            id: paired.device,
            key: self.key,
            psk: paired.psk,
            daemon: self.daemon,
            place: self.place,
        })
    }
}

/// A paired device.
#[derive(Clone)]
pub struct Device {
    pub id: DeviceId,
    pub key: StaticKey,
    pub psk: Psk,
    pub daemon: PublicKey,
    pub place: Place,
}

fn frames(message: &ToServer) -> Vec<u8> {
    let mut frames = Vec::new();
    wire::encode_to_server(message, &mut frames);
    frames
}

impl Device {
    pub fn knock(&self) -> Knock {
        Knock {
            key: self.key.clone(),
            daemon: self.daemon,
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// Connects; `None` if it is not let in.
    pub async fn try_connect(&self) -> Option<Online> {
        let mut socket = open(self.place).await;
        let (hello, greeting) = self.knock().resume(&self.psk).unwrap();
        say(&mut socket, hello).await;
        let (first, asking) = greeting.greeted(&hear_message(&mut socket).await).unwrap();
        say(&mut socket, first).await;
        let answer = hear_message(&mut socket).await;
        let hello = frames(&ToServer::Hello(wire::hello()));
        let (message, channel) = asking.answered(&answer, &hello, Instant::now()).ok()?;
        say(&mut socket, message).await;
        let mut online = Online {
            socket,
            channel,
            reader: FrameReader::new(),
            stream: new_stream(),
            seq: 0,
            patience: PATIENCE,
            ended: None,
        };
        match online.next().await {
            Some(ToClient::Hello(_)) => Some(online),
            Some(other) => panic!("no hello: {other:?}"),
            None => None,
        }
    }

    pub async fn connect(&self) -> Online {
        self.try_connect().await.expect("it is let in")
    }
}

/// A device at work.
pub struct Online {
    pub socket: Socket,
    channel: Channel,
    reader: FrameReader<ToClient>,
    pub stream: StreamId,
    seq: u64,
    /// How long it waits for the daemon to say something.
    pub patience: Duration,
    /// What the daemon said at last.
    pub ended: Option<End>,
}

impl Online {
    pub async fn send(&mut self, message: &ToServer) {
        let Ok(sealed) = self.channel.seal(&frames(message), Instant::now()) else {
            return;
        };
        for message in sealed {
            say(&mut self.socket, message).await;
        }
    }

    /// The next message; `None` when the link has ended.
    pub async fn next(&mut self) -> Option<ToClient> {
        loop {
            if let Some(message) = self.reader.next().unwrap() {
                return Some(message);
            }
            self.part().await?;
        }
    }

    /// The next part of a message; `None` when the link has ended.
    pub async fn part(&mut self) -> Option<()> {
        let heard = hear_within(self.patience, &mut self.socket).await;
        let Heard::Message(message) = heard else {
            return None;
        };
        match self.channel.open(&message, Instant::now()).unwrap() {
            Opened::Part(part) => self.reader.push_part(&part),
            Opened::Ended(why) => {
                self.ended = Some(why);
                return None;
            }
        }
        Some(())
    }

    /// Reads until this comes; what comes before is passed over.
    pub async fn until<T>(&mut self, what: &str, wanted: impl Fn(ToClient) -> Option<T>) -> T {
        loop {
            let message = self.next().await;
            let message = message.unwrap_or_else(|| panic!("{what}: ended, {:?}", self.ended));
            if let Some(found) = wanted(message) {
                return found;
            }
        }
    }

    pub async fn ask(&mut self, request: Request) -> Answer {
        let id = RequestId(uuid::Uuid::new_v4().as_u64_pair().0);
        self.send(&ToServer::Request { id, request }).await;
        self.until("an answer", |message| match message {
            ToClient::Answer { id: of, answer } if of == id => Some(answer),
            _ => None,
        })
        .await
    }

    pub fn attachment(&self, session: SessionId) -> Attach {
        Attach {
            stream: self.stream,
            ..attachment(session)
        }
    }

    pub async fn attach(&mut self, session: SessionId) {
        let attach = Box::new(self.attachment(session));
        self.send(&ToServer::Attach(attach)).await;
        self.until("a viewer", |message| {
            matches!(message, ToClient::Attached { .. }).then_some(())
        })
        .await;
    }

    /// This input, and what followed it, was not taken.
    pub fn again(&mut self, seq: InputSeq) {
        self.seq = self.seq.min(seq.0 - 1);
    }

    /// How many inputs have been sent, but for those to be sent again.
    pub fn typed(&self) -> u64 {
        self.seq
    }

    pub async fn type_text(&mut self, text: &str) {
        self.seq += 1;
        let (stream, seq) = (self.stream, InputSeq(self.seq));
        let event = InputEvent::Paste(text.into());
        self.send(&ToServer::Input { stream, seq, event }).await;
    }
}

fn new_stream() -> StreamId {
    StreamId(*uuid::Uuid::new_v4().as_bytes())
}

/// Of somebody who watches and gets no states.
pub fn attachment(session: SessionId) -> Attach {
    Attach {
        frames: false,
        ..Attach::new(session, new_stream(), "anything")
    }
}
