//! A peer of the network, from its carrier on.

use abide_protocol::channel::CLOSE_STRANGER;

use super::web::carrier::Carrier;

/// Nobody is known yet.
pub(super) async fn serve(_: &super::Daemon, mut carrier: Carrier) {
    let _ = carrier.next().await;
    carrier.close(CLOSE_STRANGER).await;
}
