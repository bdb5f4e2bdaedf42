//! A stranger on the network: TLS with any certificate, HTTP written by hand.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

/// How long an answer may take that takes milliseconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A loopback address that this process alone uses, so that tests side by side need no free ports.
pub fn own_address() -> Ipv4Addr {
    let [_, a, b, c] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | (a & 63), b, c.clamp(1, 254))
}

/// A port on 127.0.0.1 that no other test uses, below those that the system gives out.
pub fn own_port() -> u16 {
    let pid = std::process::id() % 12_000;
    20_000 + u16::try_from(pid).unwrap_or_default()
}

/// What a connection goes over.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Connects from an address of ours: 127.0.0.0/8 is all of this machine.
pub fn connect_from(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(from, 0))?;
    rustix::net::connect(&socket, &to)?;
    Ok(with_patience(TcpStream::from(socket)))
}

pub fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    Ok(with_patience(TcpStream::connect(to)?))
}

fn with_patience(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.set_nodelay(true).expect("no delay");
    stream
}

/// TLS with any certificate: a daemon is known by its Noise key.
pub fn trusting() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider knows TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        .with_no_client_auth()
}

/// Speaks TLS over a connection, naming `name`; the certificate is not looked at.
pub fn secure(stream: TcpStream, name: &str) -> io::Result<Tls> {
    let mut config = trusting();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock)?;
    }
    Ok(tls)
}

/// The head of a request that opens the socket as a native client does.
pub fn native_upgrade(host: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: abide.native.1\r\n\r\n"
    )
}

/// A binary message as a client sends it, under a mask of zeros.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_be_bytes();
    [&[0x82, 0xff], &length[..], &[0; 4], message].concat()
}

/// Reads a binary message as a server sends it: unmasked, whole, and of less than 64 KiB.
pub fn message(stream: &mut dyn Stream) -> io::Result<Vec<u8>> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let length = match head {
        [0x82, length @ 0..126] => length.into(),
        [0x82, 126] => {
            stream.read_exact(&mut head)?;
            u16::from_be_bytes(head)
        }
        other => return Err(io::Error::other(format!("no message: {other:?}"))),
    };
    let mut message = vec![0; length.into()];
    stream.read_exact(&mut message)?;
    Ok(message)
}

/// Sends a request and reads the head of its answer.
pub fn ask(stream: &mut dyn Stream, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    head(stream)
}

/// Reads up to the end of a head.
pub fn head(stream: &mut dyn Stream) -> io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        bytes.extend(byte);
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// The status of an answer.
pub fn status(head: &str) -> u16 {
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.unwrap_or_else(|| panic!("no answer: {head:?}"))
}

/// Reads until the other side closes; false if it does not in [`PATIENCE`].
pub fn closes(stream: &mut dyn Stream) -> bool {
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return false,
                io::ErrorKind::Interrupted => {}
                _ => return true,
            },
        }
    }
}

/// Whoever it is.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 was spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
