//! The owner's side: the daemon's own socket.

use std::net::TcpListener;

use abide::link::Link;
use abide_protocol::channel::link::PairingLink;
use abide_protocol::message::{
    Answer, AuditRow, CodeVerdict, DeviceInfo, FailKind, Failure, PairingOffer, PairingStage,
    Request, Revoked, ShareChange,
};
use abide_protocol::{DeviceId, PairingNo, Role, SessionId};
use support::home::Home;

use crate::device::{Device, Joining, Place};

pub struct Owner {
    pub home: Home,
    pub link: Link,
    /// Where devices come.
    pub place: Place,
}

/// What a device gets, unless a test says otherwise.
pub fn offer(role: Role, sessions: &[SessionId]) -> PairingOffer {
    PairingOffer {
        role,
        sessions: Some(sessions.to_vec()),
        history: false,
        lasts: None,
        name: None,
        link: true,
    }
}

impl Owner {
    /// A daemon that devices on this machine can reach; it knows them as long as they are there.
    pub async fn new() -> Self {
        Self::sharing(false).await
    }

    /// A daemon that is reached with TLS, and knows its devices for good.
    pub async fn with_tls() -> Self {
        Self::sharing(true).await
    }

    async fn sharing(tls: bool) -> Self {
        let home = Home::new();
        home.ok(&["daemon", "start"]);
        let mut link = Link::connect(home.run().join("daemon")).await.unwrap();
        let port = share(&mut link, tls).await;
        let place = Place { port, tls };
        Self { home, link, place }
    }

    /// The daemon was killed: another one takes its place.
    pub async fn start_again(&mut self) {
        self.home.ok(&["daemon", "start"]);
        let socket = self.home.run().join("daemon");
        self.link = Link::connect(socket).await.unwrap();
    }

    /// Starts a session that runs this shell script.
    pub fn session(&self, name: &str, script: &str) -> SessionId {
        self.home
            .ok(&["new", name, "--detach", "--", "/bin/sh", "-c", script]);
        let info = self.home.info(name);
        info["id"].as_str().unwrap().parse().unwrap()
    }

    pub async fn ask(&mut self, request: Request) -> Answer {
        self.link.request(request).await.unwrap()
    }

    /// Begins a pairing.
    pub async fn ticket(&mut self, offer: PairingOffer) -> (PairingNo, PairingLink) {
        let offer = Box::new(offer);
        match self.ask(Request::Pair { offer }).await {
            Answer::Ticket(ticket) => (ticket.pairing, PairingLink::parse(&ticket.link).unwrap()),
            other => panic!("no ticket: {other:?}"),
        }
    }

    pub async fn enter(&mut self, pairing: PairingNo, code: &str) -> CodeVerdict {
        let code = code.to_owned();
        match self.ask(Request::EnterCode { pairing, code }).await {
            Answer::Code(verdict) => verdict,
            other => panic!("no verdict: {other:?}"),
        }
    }

    pub async fn stage(&mut self, pairing: PairingNo, seen: u64) -> (u64, PairingStage) {
        match self.ask(Request::AwaitPairing { pairing, seen }).await {
            Answer::Pairing { step, stage } => (step, stage),
            other => panic!("no stage: {other:?}"),
        }
    }

    /// Pairs a device.
    pub async fn pair(&mut self, offer: PairingOffer) -> Device {
        let (pairing, link) = self.ticket(offer).await;
        let mut joining = Joining::begin(&link).await;
        let code = joining.code().await;
        assert_eq!(self.enter(pairing, &code).await, CodeVerdict::Right);
        joining.keep().await
    }

    /// As [`Self::pair`], beside a daemon that may die: `None` if it was not said to be done.
    pub async fn try_pair(&mut self, offer: PairingOffer) -> Option<Device> {
        let offer = Box::new(offer);
        let Ok(Answer::Ticket(ticket)) = self.link.request(Request::Pair { offer }).await else {
            return None;
        };
        let (pairing, link) = (ticket.pairing, PairingLink::parse(&ticket.link).unwrap());
        let mut joining = Joining::try_begin(&link).await?;
        let code = joining.try_code().await?;
        let request = Request::EnterCode { pairing, code };
        self.link.request(request).await.ok()?;
        joining.try_keep().await
    }

    pub async fn devices(&mut self) -> Vec<DeviceInfo> {
        match self.ask(Request::Devices).await {
            Answer::Devices(devices) => devices,
            other => panic!("no devices: {other:?}"),
        }
    }

    pub async fn revoke(&mut self, device: Option<DeviceId>) -> Revoked {
        match self.ask(Request::Revoke { device }).await {
            Answer::Revoked(revoked) => revoked,
            other => panic!("not revoked: {other:?}"),
        }
    }

    pub async fn audit(&mut self) -> Vec<AuditRow> {
        let (after, limit, wait) = (0, 1000, false);
        match self.ask(Request::Audit { after, limit, wait }).await {
            Answer::Audit(rows) => rows,
            other => panic!("no audit: {other:?}"),
        }
    }

    pub async fn actions(&mut self) -> Vec<String> {
        let rows = self.audit().await;
        rows.into_iter().map(|row| row.action).collect()
    }
}

/// Has the daemon listen on a port of 127.0.0.1 that is free.
async fn share(link: &mut Link, tls: bool) -> u16 {
    loop {
        let probe = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let change = Some(Box::new(ShareChange {
            listen: tls.then(|| vec![format!("127.0.0.1:{port}")]),
            loopback: (!tls).then_some(port),
            ..ShareChange::default()
        }));
        match link.request(Request::Share { change }).await {
            Ok(_) => return port,
            // Somebody was faster.
            Err(Failure {
                kind: FailKind::State,
                ..
            }) => {}
            Err(failure) => panic!("{}", failure.line),
        }
    }
}
