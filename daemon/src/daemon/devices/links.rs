//! The links of one device: how each is told that it ends, and how one knows that all are gone.

use std::collections::HashMap;
use std::sync::Arc;

use abide_protocol::DeviceId;
use abide_protocol::channel::End;
use tokio::sync::{mpsc, oneshot};

use super::Devices;

/// Notices that wait for a link at most; further ones are dropped.
const NOTICES: usize = 16;

/// The device's end of a link's order book.
struct Line {
    end: Option<oneshot::Sender<End>>,
    notices: mpsc::Sender<String>,
}

/// All links of a device.
pub(super) struct Links {
    lines: HashMap<u64, Line>,
    next: u64,
    presence: mpsc::Sender<()>,
    parting: Parting,
}

impl Default for Links {
    fn default() -> Self {
        let (presence, gone) = mpsc::channel(1);
        Self {
            lines: HashMap::new(),
            next: 0,
            presence,
            parting: Parting(Some(gone)),
        }
    }
}

/// Waits until nothing of a device's links is left.
#[derive(Default)]
pub(in crate::daemon) struct Parting(Option<mpsc::Receiver<()>>);

impl Parting {
    /// Returns when the last link, and the last change that one of them had asked for, is gone.
    pub(in crate::daemon) async fn gone(self) {
        if let Some(mut gone) = self.0 {
            while gone.recv().await.is_some() {}
        }
    }
}

/// As long as it lives, something of the device is under way.
#[derive(Clone)]
pub(in crate::daemon) struct Presence(
    #[expect(dead_code, reason = "it counts by being there")] mpsc::Sender<()>,
);

/// One link of a device.
pub(in crate::daemon) struct Member {
    /// Why it has to end.
    pub(in crate::daemon) end: oneshot::Receiver<End>,
    pub(in crate::daemon) notices: mpsc::Receiver<String>,
    pub(in crate::daemon) membership: Membership,
}

/// The link counts until this is dropped.
pub(in crate::daemon) struct Membership {
    devices: Arc<Devices>,
    device: DeviceId,
    number: u64,
    presence: Presence,
}

impl Membership {
    pub(in crate::daemon) fn presence(&self) -> Presence {
        self.presence.clone()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.devices.left(self.device, self.number);
    }
}

impl Links {
    pub(super) fn count(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn join(&mut self, devices: &Arc<Devices>, device: DeviceId) -> Member {
        let (end, ended) = oneshot::channel();
        let (notices, noticed) = mpsc::channel(NOTICES);
        let number = self.next;
        self.next += 1;
        let line = Line {
            end: Some(end),
            notices,
        };
        self.lines.insert(number, line);
        Member {
            end: ended,
            notices: noticed,
            membership: Membership {
                devices: Arc::clone(devices),
                device,
                number,
                presence: Presence(self.presence.clone()),
            },
        }
    }

    pub(super) fn left(&mut self, number: u64) {
        self.lines.remove(&number);
    }

    pub(super) fn tell(&mut self, line: &str) {
        for link in self.lines.values() {
            let _ = link.notices.try_send(line.to_owned());
        }
    }

    /// Tells all links that they end, and why. Links that come later are not waited for.
    pub(super) fn end(&mut self, why: End) -> Parting {
        for line in self.lines.values_mut() {
            if let Some(end) = line.end.take() {
                let _ = end.send(why);
            }
        }
        let (presence, gone) = mpsc::channel(1);
        self.presence = presence;
        std::mem::replace(&mut self.parting, Parting(Some(gone)))
    }
}
