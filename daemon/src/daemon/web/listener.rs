//! Listening on one address, and a connection's way from there to a carrier.

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use super::super::{Daemon, remote};
use super::carrier::{Carrier, Peer, Probation};
use super::door::Door;
use super::limits::{FAREWELL, MAX_FIELDS, MAX_HEAD, MAX_STRANGERS, RESPONSE, STAGE};
use super::quota::Quota;
use super::ration::Duplex;

/// Who cannot accept waits this long; descriptors may have come back.
const PAUSE: Duration = Duration::from_millis(100);

/// What all listeners share.
pub(super) struct Entry {
    pub(super) quota: Quota,
    /// Connections that may still be opened: descriptors are for others too.
    pub(super) room: Arc<Semaphore>,
}

impl Entry {
    /// For at most so many connections, of which half may be half open: the oldest of them leave
    /// before there is no room for who comes.
    pub(super) fn new(connections: usize) -> Self {
        let room = connections.clamp(2, Semaphore::MAX_PERMITS);
        Self {
            quota: Quota::new(MAX_STRANGERS.min(room / 2)),
            room: Arc::new(Semaphore::new(room)),
        }
    }
}

/// How a listener makes a door for who arrived at an address of ours.
pub(super) type Doors = Box<dyn Fn(SocketAddr) -> Door + Send + Sync>;

/// One address that is listened on. Dropped, it closes, and its connections end.
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    /// Only its end is heard.
    _open: watch::Sender<()>,
}

/// Of one address.
struct Porch {
    daemon: Arc<Daemon>,
    entry: Arc<Entry>,
    /// `None`: HTTP without TLS, on the loopback.
    tls: Option<TlsAcceptor>,
    doors: Doors,
}

impl Listening {
    /// Serves who connects to this listener.
    pub(super) fn begin(
        listener: TcpListener,
        daemon: &Arc<Daemon>,
        entry: Arc<Entry>,
        tls: Option<TlsAcceptor>,
        doors: Doors,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (open, mut closed) = watch::channel(());
        let porch = Arc::new(Porch {
            daemon: Arc::clone(daemon),
            entry,
            tls,
            doors,
        });
        tokio::spawn(async move {
            let ended = closed.clone();
            let spare = || porch.daemon.descriptors.spare();
            let receive = |stream, from, probation| {
                let porch = Arc::clone(&porch);
                async move { porch.receive(stream, from, probation).await }
            };
            tokio::select! {
                () = accept(&listener, &porch.entry, spare, receive, &ended) => {}
                _ = closed.changed() => {}
            }
        });
        Ok(Self {
            address,
            _open: open,
        })
    }
}

/// Each connection has a task of its own: one that panics ends itself and gives back what it had.
async fn accept<F: Future<Output = ()> + Send + 'static>(
    listener: &TcpListener,
    entry: &Entry,
    spare: impl Fn() -> bool,
    receive: impl Fn(TcpStream, IpAddr, Probation) -> F,
    closed: &watch::Receiver<()>,
) {
    loop {
        let Ok(room) = Arc::clone(&entry.room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, from)) => {
                if !spare() {
                    drop(stream);
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                let Ok(place) = entry.quota.admit(from.ip(), Instant::now()) else {
                    continue;
                };
                let received = receive(stream, from.ip(), Probation::begin(place));
                let mut closed = closed.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = received => {}
                        _ = closed.changed() => {}
                    }
                    drop(room);
                });
            }
            Err(error) => {
                tracing::warn!("accept: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Porch {
    /// From TCP to the end of the connection. A stranger's task has no room for what comes later, nor
    /// for what is over: each part is made when it is come to.
    async fn receive(&self, stream: TcpStream, from: IpAddr, probation: Probation) {
        let opened = Box::pin(self.open(stream, from, probation)).await;
        if let Some(carrier) = opened {
            Box::pin(remote::serve(&self.daemon, carrier)).await;
        }
    }

    async fn open(
        &self,
        stream: TcpStream,
        from: IpAddr,
        mut probation: Probation,
    ) -> Option<Carrier> {
        let local = stream.local_addr().ok()?;
        keep_alive(&stream).ok()?;
        let mut door = (self.doors)(local);
        let Some(tls) = &self.tls else {
            return serve(stream, &door, from, probation).await;
        };
        let secured = probation.stage(tls.accept(stream)).await?.ok()?;
        door.asked = secured.get_ref().1.server_name().map(str::to_owned);
        serve(Box::new(secured), &door, from, probation).await
    }
}

/// Answers requests until one opens a socket.
async fn serve<S: Duplex + 'static>(
    stream: S,
    door: &Door,
    from: IpAddr,
    mut probation: Probation,
) -> Option<Carrier> {
    let opened = OnceLock::new();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (answer, socket) = door.answer(&request);
        if let Some(socket) = socket {
            let _ = opened.set(socket);
        }
        ready(Ok::<_, Infallible>(answer))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(STAGE)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_FIELDS)
        .serve_connection(TokioIo::new(stream), service);
    let requests = poll_fn(|cx| connection.poll_without_shutdown(cx));
    let Some(served) = probation.stages(requests).await else {
        if probation.lost() {
            return None;
        }
        // What is being answered may go out; nothing is begun.
        Pin::new(&mut connection).graceful_shutdown();
        let rest = poll_fn(|cx| connection.poll_without_shutdown(cx));
        let _ = timeout(RESPONSE, rest).await;
        return None;
    };
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    if let (Some(socket), Ok(())) = (opened.get().cloned(), served) {
        let peer = Peer {
            address: from.to_canonical(),
            kind: socket.kind,
            origin: socket.origin,
            loopback: door.places.is_loopback(),
        };
        let stream: Box<dyn Duplex> = Box::new(stream);
        return Some(Carrier::opened(stream, parts.read_buf.into(), peer, probation).await);
    }
    let _ = timeout(FAREWELL, stream.shutdown()).await;
    None
}

/// A peer that vanished is noticed after two minutes; keys are not held back to fill packets.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_mins(1))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(15))?;
    sockopt::set_tcp_keepcnt(stream, 4)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::AsyncReadExt;

    use super::*;

    /// More of them than there is room for: what they had is free again.
    const PANICS: usize = 40;

    #[tokio::test]
    async fn a_connection_that_panics_ends_itself_and_nobody_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let entry = Entry::new(4);
        let count = AtomicUsize::new(0);
        let receive = |mut stream: TcpStream, _, probation: Probation| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            async move {
                let _probation = probation;
                assert!(
                    !(1..=PANICS).contains(&number),
                    "a fault of ours, planted for connection {number}"
                );
                let mut byte = [0];
                stream.read_exact(&mut byte).await.unwrap();
                stream.write_all(&byte).await.unwrap();
            }
        };
        let (_open, closed) = watch::channel(());
        let others = async {
            let mut before = TcpStream::connect(address).await.unwrap();
            let mut byte = [7];
            for _ in 0..PANICS {
                let mut stream = TcpStream::connect(address).await.unwrap();
                assert!(!matches!(stream.read(&mut byte).await, Ok(1..)));
            }
            let mut after = TcpStream::connect(address).await.unwrap();
            for stream in [&mut before, &mut after] {
                stream.write_all(&[7]).await.unwrap();
                stream.read_exact(&mut byte).await.unwrap();
                assert_eq!(byte, [7]);
            }
        };
        tokio::select! {
            () = accept(&listener, &entry, || true, receive, &closed) => panic!("it listens on"),
            () = others => {}
        }
        assert_eq!(count.into_inner(), PANICS + 2);
    }
}
