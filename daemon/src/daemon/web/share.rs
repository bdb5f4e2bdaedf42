//! What is listened on, and how that is changed.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use abide_protocol::channel::address::Address;
use abide_protocol::message::{FailKind, Failure, ShareChange, ShareInfo};
use abide_protocol::paths::Paths;
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig};
use rustls::sign::CertifiedKey;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, watch};
use tokio_rustls::TlsAcceptor;

use super::super::Daemon;
use super::super::roster::failure;
use super::certificate::{self, CertificateError, Files};
use super::door::Door;
use super::limits::{BACKLOG, RETRY};
use super::listener::{Doors, Entry, Listening};
use super::live::{self, Live};
use super::places::Places;
use super::reach::Reach;
use super::settings::{Settings, SettingsError};

/// The daemon's own certificate and its key, in the state directory.
const OWN: &str = "share.pem";

/// A handle to all of it.
pub(in crate::daemon) struct Share {
    config: PathBuf,
    own: PathBuf,
    reach: watch::Sender<Arc<Reach>>,
    open: Mutex<Open>,
}

/// What is open now; changes wait for one another.
#[derive(Default)]
struct Open {
    listening: Vec<Listening>,
    loopback: Option<Loopback>,
    entry: Option<Arc<Entry>>,
    /// Why the rest is not.
    faults: Vec<String>,
}

/// HTTP on 127.0.0.1.
struct Loopback {
    listening: Listening,
    /// Holds the same port on `::1`, so that nobody else answers there for `localhost`.
    _twin: Option<TcpSocket>,
}

/// Why something cannot be shared, in one line.
#[derive(Debug, thiserror::Error)]
enum ShareError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("cannot listen on {0}: another program does; stop it, or choose another port")]
    Taken(SocketAddr),
    #[error("cannot listen on {0}: this machine does not have that address now; see: ip address")]
    Foreign(SocketAddr),
    #[error("cannot listen on {0}: ports below 1024 need rights; choose one from 1024 on")]
    Privileged(SocketAddr),
    #[error("cannot listen on {0}: {1}; choose another address")]
    Listen(SocketAddr, io::Error),
    #[error("cannot set up TLS: {0}; see: abide doctor")]
    Tls(rustls::Error),
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        let kind = match &error {
            ShareError::Taken(_) | ShareError::Foreign(_) => FailKind::State,
            ShareError::Privileged(_) => FailKind::Forbidden,
            ShareError::Tls(_) => FailKind::Internal,
            ShareError::Settings(_) | ShareError::Certificate(_) | ShareError::Listen(..) => {
                FailKind::Invalid
            }
        };
        failure(kind, error.to_string())
    }
}

impl Share {
    pub(in crate::daemon) fn closed(paths: &Paths) -> Self {
        Self {
            config: paths.config_file(),
            own: paths.state.join(OWN),
            reach: watch::Sender::default(),
            open: Mutex::default(),
        }
    }

    /// Where a pairing link leads; `None`: nowhere, as nothing is shared.
    pub(in crate::daemon) fn address(&self) -> Option<Address> {
        self.reach.borrow().address()
    }

    /// Why a pairing link is for native clients alone, and what to do.
    pub(in crate::daemon) fn native_only(&self) -> Option<String> {
        let why = self.reach.borrow().native_only()?;
        Some(format!(
            "{why}, so the link is for `abide join`; abide share says how to get one that browsers \
             trust"
        ))
    }

    /// What a browser should know that came by TLS, if its page is about to end.
    pub(in crate::daemon) fn page_ends(&self) -> Option<String> {
        let reach = Arc::clone(&self.reach.borrow());
        reach.page_ends(live::now().saturating_mul(1000))
    }

    /// Opens what the configuration says. What cannot be opened is tried again, and said.
    pub(in crate::daemon) async fn begin(&self, daemon: &Arc<Daemon>) {
        let mut open = self.open.lock().await;
        if let Err(error) = self.load() {
            tracing::warn!("share: {error}");
            open.faults = vec![error.to_string()];
            return;
        }
        if self.mend(daemon, &mut open) {
            return;
        }
        let daemon = Arc::clone(daemon);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(RETRY).await;
                let mut open = daemon.share.open.lock().await;
                if daemon.share.mend(&daemon, &mut open) {
                    return;
                }
            }
        });
    }

    fn load(&self) -> Result<(), ShareError> {
        let settings = Settings::load(&self.config)?;
        let live = match (&settings.files, settings.listen.is_empty()) {
            (_, true) => None,
            (None, false) => Some(Live::self_made(&self.own)?),
            (Some(files), false) => Some(Live::given_or_own(files.clone(), &self.own)?),
        };
        self.publish(settings, live.map(Arc::new));
        Ok(())
    }

    fn publish(&self, settings: Settings, live: Option<Arc<Live>>) {
        self.reach.send_replace(Arc::new(Reach { settings, live }));
    }

    /// Opens what should be open and is not; whether all is, then.
    fn mend(&self, daemon: &Arc<Daemon>, open: &mut Open) -> bool {
        let reach = Arc::clone(&self.reach.borrow());
        open.faults.clear();
        for address in &reach.settings.listen {
            if open.listens(*address) {
                continue;
            }
            match self.public(daemon, open, *address) {
                Ok(listening) => open.listening.push(listening),
                Err(error) => open.faults.push(error.to_string()),
            }
        }
        if let Some(port) = reach.settings.loopback.filter(|_| open.loopback.is_none()) {
            match local(daemon, open, port) {
                Ok(loopback) => open.loopback = Some(loopback),
                Err(error) => open.faults.push(error.to_string()),
            }
        }
        for fault in &open.faults {
            tracing::warn!("share: {fault}");
        }
        open.faults.is_empty()
    }

    /// What is reachable, and how.
    pub(in crate::daemon) async fn info(&self) -> ShareInfo {
        let open = self.open.lock().await;
        self.told(&open)
    }

    fn told(&self, open: &Open) -> ShareInfo {
        let reach = Arc::clone(&self.reach.borrow());
        let wanted = reach.settings.listen.iter();
        let silent = wanted.filter(|address| !open.listens(**address));
        let presented = reach.live.as_ref().map(|live| live.refreshed());
        let listed = presented.map(|presented| reach.listed(&presented));
        let place = |place: Address| format!("{}:{}", place.host(), place.port());
        let faults = open.faults.iter().cloned().chain(reach.faults());
        ShareInfo {
            listening: open
                .listening
                .iter()
                .map(|l| l.address.to_string())
                .collect(),
            silent: silent.map(ToString::to_string).collect(),
            loopback: open.loopback.as_ref().map(|l| l.listening.address.port()),
            address: reach.address().map(|address| address.to_string()),
            names: listed.into_iter().flatten().map(place).collect(),
            certificate: reach.certificate(),
            faults: faults.collect(),
        }
    }

    /// Does all of the change or nothing.
    pub(in crate::daemon) async fn change(
        &self,
        daemon: &Arc<Daemon>,
        change: &ShareChange,
    ) -> Result<ShareInfo, Failure> {
        let mut open = self.open.lock().await;
        self.apply(daemon, &mut open, change)?;
        Ok(self.told(&open))
    }

    fn apply(
        &self,
        daemon: &Arc<Daemon>,
        open: &mut Open,
        change: &ShareChange,
    ) -> Result<(), ShareError> {
        let before = Arc::clone(&self.reach.borrow());
        let settings = Settings::load(&self.config)?.changed(change)?;
        let live = self.live(&before, &settings)?;
        let mut opened = Vec::new();
        for address in &settings.listen {
            if !open.listens(*address) {
                opened.push(self.public(daemon, open, *address)?);
            }
        }
        let loopback = match settings.loopback {
            Some(port) if open.loopback_port() != Some(port) => Some(local(daemon, open, port)?),
            _ => None,
        };
        settings.store(&self.config)?;
        open.listening.extend(opened);
        open.listening
            .retain(|listening| settings.listen.contains(&listening.address));
        open.loopback = match settings.loopback {
            None => None,
            Some(_) => loopback.or(open.loopback.take()),
        };
        open.faults.clear();
        self.publish(settings, live);
        Ok(())
    }

    /// The certificate for these settings: the same, if its files are; a new one has to be fit.
    fn live(&self, before: &Reach, settings: &Settings) -> Result<Option<Arc<Live>>, ShareError> {
        let same = |live: &&Arc<Live>| live.files() == settings.files.as_ref();
        let unchanged = before.settings.files == settings.files;
        let live = match (&settings.files, before.live.as_ref().filter(same)) {
            (_, Some(live)) => Arc::clone(live),
            (Some(files), None) if unchanged => {
                Arc::new(Live::given_or_own(files.clone(), &self.own)?)
            }
            (Some(files), None) => Arc::new(Live::given(Files::clone(files))?),
            (None, None) if settings.listen.is_empty() => return Ok(None),
            (None, None) => Arc::new(Live::self_made(&self.own)?),
        };
        Ok((!settings.listen.is_empty()).then_some(live))
    }

    /// Listens with TLS.
    fn public(
        &self,
        daemon: &Arc<Daemon>,
        open: &mut Open,
        address: SocketAddr,
    ) -> Result<Listening, ShareError> {
        let listener = listen(address)?;
        let reach = self.reach.subscribe();
        let doors: Doors = Box::new(move |local| {
            let reach = Arc::clone(&reach.borrow());
            let presented = reach.live.as_ref().map(|live| live.presented());
            let listed = presented.as_ref().map(|presented| reach.listed(presented));
            Door {
                places: Places::public(listed.unwrap_or_default(), local),
                pages: presented.is_some_and(|presented| presented.for_browsers()),
                asked: None,
            }
        });
        let tls = Some(self.acceptor()?);
        Listening::begin(listener, daemon, open.entry(daemon), tls, doors)
            .map_err(|error| ShareError::Listen(address, error))
    }

    /// TLS 1.3 alone, the hybrid key exchange first, HTTP/1.1 alone.
    fn acceptor(&self) -> Result<TlsAcceptor, ShareError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(certificate::provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(ShareError::Tls)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Current(self.reach.subscribe())));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would save one signature and cost memory for each stranger.
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Presents what is current when somebody asks.
#[derive(Debug)]
struct Current(watch::Receiver<Arc<Reach>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let live = self.0.borrow().live.clone();
        live?.resolve(hello)
    }
}

impl Open {
    fn listens(&self, address: SocketAddr) -> bool {
        self.listening
            .iter()
            .any(|listening| listening.address == address)
    }

    fn loopback_port(&self) -> Option<u16> {
        self.loopback.as_ref().map(|l| l.listening.address.port())
    }

    /// Made with the first listener: from then on there may be many connections.
    fn entry(&mut self, daemon: &Daemon) -> Arc<Entry> {
        let entry = self.entry.get_or_insert_with(|| {
            let allowed = daemon.descriptors.raise();
            Arc::new(Entry::new(allowed / 2))
        });
        Arc::clone(entry)
    }
}

/// Listens on the loopback.
fn local(daemon: &Arc<Daemon>, open: &mut Open, port: u16) -> Result<Loopback, ShareError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = listen(address)?;
    let twin = twin(port)?;
    let doors: Doors = Box::new(move |_| Door {
        places: Places::loopback(port),
        pages: true,
        asked: None,
    });
    let listening = Listening::begin(listener, daemon, open.entry(daemon), None, doors);
    Ok(Loopback {
        listening: listening.map_err(|error| ShareError::Listen(address, error))?,
        _twin: twin,
    })
}

/// The port on `::1`, held and not listened on; `None` on a machine without IPv6.
fn twin(port: u16) -> Result<Option<TcpSocket>, ShareError> {
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let held = TcpSocket::new_v6().and_then(|socket| {
        // Without the option to reuse it, nobody else can have it.
        socket.bind(address)?;
        Ok(socket)
    });
    match held {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(ShareError::Taken(address)),
        Err(_) => Ok(None),
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ShareError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let listener = socket.and_then(|socket| {
        if address.is_ipv6() {
            rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
        }
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ShareError::Taken(address),
        io::ErrorKind::AddrNotAvailable => ShareError::Foreign(address),
        io::ErrorKind::PermissionDenied => ShareError::Privileged(address),
        _ => ShareError::Listen(address, error),
    })
}
