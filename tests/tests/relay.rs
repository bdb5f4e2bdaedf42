//! Who carries the bytes reads nothing: a relay that ends TLS with a certificate of its own, and
//! writes down all that passes, both ways.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use abide::remote::machines::Machines;
use abide_protocol::channel::link::PairingLink;
use abide_protocol::paths::{PathEnv, Paths};
use futures_util::{SinkExt, StreamExt};
use support::emulator::Options;
use support::home::Home;
use support::network;
use support::pairing::{Joining, Offer, Paired, free_port, wait_typed};
use support::proxy::Proxy;
use support::terminal::Terminal;
use support::wait;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Error, Message};

const PROTOCOL: &str = "abide.native.1";

/// What passed, one text for each connection and direction, messages one behind the other.
type Log = Arc<Mutex<Vec<Vec<u8>>>>;

/// A relay to a port of the loopback.
struct Relay {
    port: u16,
    log: Log,
    _runtime: Runtime,
}

impl Relay {
    fn to(target: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Log::default();
        let (acceptor, kept) = (acceptor(), Arc::clone(&log));
        runtime.spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, target, acceptor.clone(), Arc::clone(&kept)));
            }
        });
        Self {
            port,
            log,
            _runtime: runtime,
        }
    }

    fn has(&self, needle: &[u8]) -> bool {
        let log = self.log.lock().unwrap();
        let found = |text: &Vec<u8>| text.windows(needle.len()).any(|part| part == needle);
        log.iter().any(found)
    }
}

/// TLS with a certificate that nobody has heard of.
fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["relay.example".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// One connection, from both handshakes to its end.
async fn carry(near: TcpStream, target: u16, acceptor: TlsAcceptor, log: Log) -> Option<()> {
    let near = acceptor.accept(near).await.ok()?;
    let mut host = None;
    #[expect(clippy::result_large_err, reason = "the library's callback")]
    let agree = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        host = request.headers()["host"].to_str().ok().map(str::to_owned);
        let headers = response.headers_mut();
        headers.insert("sec-websocket-protocol", PROTOCOL.parse().unwrap());
        Ok(response)
    };
    let near = tokio_tungstenite::accept_hdr_async(near, agree)
        .await
        .ok()?;
    let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, target))
        .await
        .ok()?;
    let connector = TlsConnector::from(Arc::new(network::trusting()));
    let tls = connector
        .connect("127.0.0.1".try_into().unwrap(), tcp)
        .await
        .ok()?;
    let uri = format!("wss://{}/ws", host?);
    let request = ClientRequestBuilder::new(uri.parse().unwrap());
    let request = request.with_sub_protocol(PROTOCOL);
    let (far, _) = tokio_tungstenite::client_async(request, tls).await.ok()?;
    let places = {
        let mut log = log.lock().unwrap();
        log.extend([Vec::new(), Vec::new()]);
        [log.len() - 2, log.len() - 1]
    };
    let note = |place: usize| {
        let log = Arc::clone(&log);
        move |message: Result<Message, Error>| {
            let message = message?;
            log.lock().unwrap()[place].extend_from_slice(&message.clone().into_data());
            Ok(message)
        }
    };
    let (mut to_near, from_near) = near.split();
    let (mut to_far, from_far) = far.split();
    let mut up = from_near.map(note(places[0]));
    let mut down = from_far.map(note(places[1]));
    tokio::select! {
        _ = to_far.send_all(&mut up) => {}
        _ = to_near.send_all(&mut down) => {}
    }
    let _ = tokio::join!(to_far.close(), to_near.close());
    Some(())
}

/// The way of the near machine to the far one goes over the relay.
fn relayed() -> (Paired, Relay) {
    let port = free_port();
    let relay = Relay::to(port);
    let proxy = Proxy::to(relay.port);
    let (near, far) = (Home::new(), Home::new());
    let (listen, name) = (
        format!("127.0.0.1:{port}"),
        format!("127.0.0.1:{}", proxy.port),
    );
    far.ok(&["share", "--listen", &listen, "--name", &name]);
    (Paired { near, far, proxy }, relay)
}

/// Pairs over the relay; what was secret in the link.
fn join(paired: &Paired) -> PairingLink {
    let mut offer = Offer::new(&paired.far, "type");
    let link = PairingLink::parse(offer.link()).unwrap();
    let mut joining = Joining::new(&paired.near, offer.link(), &["--name", "desk"]);
    offer.type_code(&joining.code());
    assert_eq!(joining.end().0, Some(0));
    link
}

#[test]
fn a_relay_that_ends_tls_reads_nothing() {
    let (paired, relay) = relayed();
    let link = join(&paired);
    let Paired { near, far, .. } = &paired;
    let file = far.user().join("typed");
    let script = format!(
        "printf '\\033]0;a-title-shown\\007a-text-shown\\r\\n'; stty raw -echo; exec cat > '{}'",
        file.display()
    );
    far.ok(&["new", "a-name-of-it", "--detach", "--", "sh", "-c", &script]);
    far.wait_screen("a-name-of-it", "a-text-shown");
    let command = near.in_terminal(&["abide", "attach", "desk:a-name-of-it"]);
    let terminal = Terminal::start(command, Options::sized(80, 24));
    terminal.wait_text("a-text-shown");
    terminal.keys("a-word-typed");
    wait_typed(&file, "a-word-typed");
    near.ok(&["send", "desk:a-name-of-it", "a-line-sent"]);
    wait::until("the line", || {
        let typed = std::fs::read_to_string(&file).unwrap();
        typed.contains("a-line-sent").then_some(())
    });
    let captured = near.ok(&["capture", "desk:a-name-of-it"]);
    assert!(captured.contains("a-text-shown"));

    // The relay is where it says it is: it has seen what is said in the clear, both ways.
    assert!(relay.has(b"abide channel\n"));
    let passed: Vec<usize> = relay.log.lock().unwrap().iter().map(Vec::len).collect();
    assert!(
        passed.len() >= 8 && passed.iter().sum::<usize>() > 3_000,
        "{passed:?}"
    );
    let env = PathEnv {
        abide_home: Some(near.abide().into()),
        ..PathEnv::default()
    };
    let machine = Machines::of(&Paths::resolve(&env).unwrap()).load("desk");
    let machine = machine.unwrap().machine;
    let session: uuid::Uuid = far.info("a-name-of-it")["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let devices = far.ok(&["devices", "list", "--json"]);
    let devices: serde_json::Value = serde_json::from_str(&devices).unwrap();
    let device: uuid::Uuid = devices[0]["id"].as_str().unwrap().parse().unwrap();
    let letters = [session, device].map(|id| [id.to_string(), id.simple().to_string()]);
    let [[session_text, session_hex], [device_text, device_hex]] = &letters;
    let secrets: [(&str, &[u8]); 17] = [
        ("typed text", b"a-word-typed"),
        ("line sent", b"a-line-sent"),
        ("shown text", b"a-text-shown"),
        ("title", b"a-title-shown"),
        ("name", b"a-name-of-it"),
        ("machine's name", b"desk"),
        ("session", session.as_bytes()),
        ("session in letters", session_text.as_bytes()),
        ("session in hexadecimal", session_hex.as_bytes()),
        ("device", device.as_bytes()),
        ("device in letters", device_text.as_bytes()),
        ("device in hexadecimal", device_hex.as_bytes()),
        ("device's key", machine.key.private()),
        ("device's public key", &machine.key.public().0),
        ("device's secret", machine.psk.as_bytes()),
        ("daemon's public key", &machine.daemon.0),
        ("link's secret", link.secret.as_bytes()),
    ];
    for (what, bytes) in secrets {
        assert!(!relay.has(bytes), "the relay has read the {what}");
    }
}

/// What the manual claims of native clients is what is shown here; of browsers it claims less.
#[test]
fn the_manual_claims_what_is_shown() {
    let manual = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sharing.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    for claim in [
        "**Native clients are end-to-end, whoever carries the bytes.**",
        "**A browser trusts whoever holds the certificate's key.**",
    ] {
        assert!(manual.contains(claim), "{claim}");
    }
}
