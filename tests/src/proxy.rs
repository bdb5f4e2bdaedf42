//! A network in a test's hands: a way to a port of the loopback that can be cut and closed.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes passed on at once.
const CHUNK: usize = 16 << 10;

#[derive(Default)]
struct Shared {
    /// Both ends of every connection.
    open: Mutex<Vec<(TcpStream, TcpStream)>>,
    closed: Mutex<bool>,
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Vec<(TcpStream, TcpStream)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) -> MutexGuard<'_, bool> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes connections on until it is told otherwise, and as long as its value lives.
pub struct Proxy {
    shared: Arc<Shared>,
    pub port: u16,
}

impl Proxy {
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::downgrade(&shared);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Some(shared) = accepting.upgrade() else {
                    return;
                };
                accept(&shared, &near, target);
            }
        });
        Self { shared, port }
    }

    /// Ends every connection, at whatever it is.
    pub fn cut(&self) {
        for (near, far) in self.shared.open().drain(..) {
            let _ = near.shutdown(Shutdown::Both);
            let _ = far.shutdown(Shutdown::Both);
        }
    }

    /// While closed, nobody gets through; those who are through are cut.
    pub fn close(&self, closed: bool) {
        *self.shared.closed() = closed;
        if closed {
            self.cut();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.close(true);
        let shared = std::mem::take(&mut self.shared);
        drop(shared);
        // The one that waits for connections sees that nobody wants them any more.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn accept(shared: &Shared, near: &TcpStream, target: u16) {
    let closed = shared.closed();
    if *closed {
        return;
    }
    let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else {
        return;
    };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let pair = || Some((near.try_clone().ok()?, far.try_clone().ok()?));
    let (Some(kept), Some(one), Some(other)) = (pair(), pair(), pair()) else {
        return;
    };
    shared.open().push(kept);
    std::thread::spawn(move || pass(one.0, one.1));
    std::thread::spawn(move || pass(other.1, other.0));
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut chunk = vec![0; CHUNK];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
