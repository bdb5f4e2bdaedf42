//! What all who are connected are told at once: on devices, and in attached terminals.

use std::sync::Arc;
use std::time::Duration;

use abide_protocol::SessionId;
use abide_protocol::message::Request;
use tokio::time::timeout;

use super::link::{KeeperLink, LinkError};
use super::{Daemon, keepers};

/// A keeper that does not take a line by then has nobody who could read it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells everybody. Returns at once; whoever has connected before is told.
pub(super) fn announce(daemon: &Arc<Daemon>, line: &str) {
    daemon.devices.tell(line);
    for session in keepers::sockets(daemon) {
        let (daemon, line) = (Arc::clone(daemon), line.to_owned());
        tokio::spawn(async move {
            let told = timeout(PATIENCE, tell(&daemon, session, line)).await;
            if let Ok(Err(error)) = told {
                tracing::debug!(%session, "a notice was not taken: {error}");
            }
        });
    }
}

async fn tell(daemon: &Daemon, session: SessionId, line: String) -> Result<(), LinkError> {
    let mut keeper = KeeperLink::connect(&daemon.place.run, session).await?;
    keeper.request(Request::Notify { line }).await?;
    Ok(())
}
