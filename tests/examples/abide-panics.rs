//! `abide attach SESSION` that panics when it is told to (SIGUSR1): what becomes of the terminal then
//! is tested.

use abide::commands::attach::{self, AttachArgs};
use abide::sessions;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let session = std::env::args().nth(1);
    let args = AttachArgs {
        found: sessions::find(session.as_deref()).await.expect("a session"),
        watch: false,
        take: false,
        history: None,
        resend_after: None,
    };
    let mut told = signal(SignalKind::user_defined1()).expect("a signal");
    tokio::select! {
        code = attach::run(args, None) => std::process::exit(code.into()),
        _ = told.recv() => panic!("as told"),
    }
}
