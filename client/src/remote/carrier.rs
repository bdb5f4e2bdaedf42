//! The carrier of a channel: a WebSocket to a daemon, over TLS unless both are on one machine.

use std::io;

use abide_protocol::channel::CLOSE_STRANGER;
use abide_protocol::channel::address::{Address, Scheme};
use abide_protocol::channel::limits::MAX_TRANSPORT;
use futures_util::{SinkExt, StreamExt};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{down, tls};
use crate::link::Outage;

/// Where a daemon answers devices.
const ROUTE: &str = "/ws";
/// What native clients speak there; browsers speak another one.
const PROTOCOL: &str = "abide.native.1";
/// Bytes read from the network at once.
const READ: usize = 32 << 10;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Why there is no carrier, or none any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum CarrierError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("TLS fails: {0}")]
    Tls(#[from] rustls::Error),
    #[error("there is a web server, but not Abide's (HTTP {0}); is this the right address?")]
    Http(u16),
    #[error("{0}")]
    WebSocket(Box<Error>),
    #[error("the other side closed the connection")]
    Closed,
    /// Closed as for somebody who is not known there.
    #[error("the daemon does not know this device")]
    Stranger,
}

impl From<Error> for CarrierError {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => Self::Io(error),
            Error::Http(response) => Self::Http(response.status().as_u16()),
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Closed,
            error => Self::WebSocket(Box::new(error)),
        }
    }
}

impl CarrierError {
    /// For the user of the machine called `name`.
    pub(super) fn outage(&self, name: &str, address: &Address) -> Outage {
        down(format!("cannot reach {name} at {address}: {self}"))
    }
}

/// Opens a carrier to `address`.
pub(super) async fn open(address: &Address) -> Result<Socket, CarrierError> {
    let host = address.host().trim_matches(['[', ']']);
    let tcp = TcpStream::connect((host, address.port())).await?;
    tcp.set_nodelay(true)?;
    let (stream, scheme): (Box<dyn Stream>, _) = match address.scheme() {
        Scheme::Http => (Box::new(tcp), "ws"),
        Scheme::Https | Scheme::Abide => {
            let name = ServerName::try_from(host.to_owned());
            let name = name.map_err(io::Error::other)?;
            let tls = TlsConnector::from(tls::config()?)
                .connect(name, tcp)
                .await?;
            (Box::new(tls), "wss")
        }
    };
    let place = format!("{scheme}://{}:{}{ROUTE}", address.host(), address.port());
    let place = place.parse().map_err(io::Error::other)?;
    let request = ClientRequestBuilder::new(place).with_sub_protocol(PROTOCOL);
    let mut config = WebSocketConfig::default();
    config.read_buffer_size = READ;
    config.max_message_size = Some(MAX_TRANSPORT);
    config.max_frame_size = Some(MAX_TRANSPORT);
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
    Ok(opened.0)
}

/// The message in what the carrier brought; `None` for what is its own affair.
pub(super) fn message(
    read: Option<Result<Message, Error>>,
) -> Result<Option<Vec<u8>>, CarrierError> {
    match read {
        Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes.into())),
        Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == CLOSE_STRANGER => {
            Err(CarrierError::Stranger)
        }
        None | Some(Ok(Message::Close(_))) => Err(CarrierError::Closed),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(error.into()),
    }
}

/// The next message. Cancel safe.
pub(super) async fn next(socket: &mut Socket) -> Result<Vec<u8>, CarrierError> {
    loop {
        if let Some(message) = message(socket.next().await)? {
            return Ok(message);
        }
    }
}

pub(super) async fn send(socket: &mut Socket, message: Vec<u8>) -> Result<(), CarrierError> {
    Ok(socket.send(Message::Binary(message.into())).await?)
}
