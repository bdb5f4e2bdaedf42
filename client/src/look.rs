//! How the user's terminal looks, asked before a session is made in it: programs ask for colours
//! right at their start.

use std::time::{Duration, Instant};

use abide_protocol::message::TerminalLook;

use crate::keys::{Decoder, FromTerminal, Outer};
use crate::paint::Caps;
use crate::tty::{Probe, Tty, Turn};

/// A terminal that has not answered by then is far away or answers nothing. The session then
/// starts with what is known, and an attach tells it the rest.
const PATIENCE: Duration = Duration::from_millis(200);
/// Bytes read from the terminal at once.
const CHUNK: usize = 4096;
/// Pixels of a cell.
const CELL: &[u8] = b"\x1b[16t";
/// Light or dark.
const SCHEME: &[u8] = b"\x1b[?996n";

/// A terminal that has been asked. It stays in raw mode, so that no late answer is echoed, until
/// an attach takes it over or this value ends.
pub struct Asked {
    pub tty: Tty,
    pub decoder: Decoder,
    /// What the user typed meanwhile.
    pub typed: Vec<FromTerminal>,
    pub look: TerminalLook,
}

/// Asks the terminal. `None`: there is none, or none that can be asked.
pub async fn ask() -> Option<Asked> {
    let caps = Caps::from_environment(|name| std::env::var(name).ok());
    if !caps.osc {
        return None;
    }
    let mut tty = Tty::open().ok()?;
    let mut decoder = Decoder::new(Outer::Legacy);
    decoder.set_erase(tty.erase());
    tty.raw().ok()?;
    let mut probe = Probe::default();
    tty.post(CELL);
    tty.post(SCHEME);
    tty.post(&probe.colours());
    tty.write_some().ok()?;
    let mut typed = Vec::new();
    let answers = hear(&mut tty, &mut decoder, &mut probe, &mut typed);
    // Without the last answer, those that came count all the same.
    let _ = tokio::time::timeout(PATIENCE, answers).await;
    Some(Asked {
        tty,
        decoder,
        typed,
        look: probe.look(),
    })
}

/// Reads until the last answer has come or the terminal is gone.
async fn hear(
    tty: &mut Tty,
    decoder: &mut Decoder,
    probe: &mut Probe,
    typed: &mut Vec<FromTerminal>,
) {
    let mut buffer = vec![0; CHUNK];
    while probe.open() {
        let count = match tty.turn(&mut buffer, true).await {
            Ok(Turn::Read(0)) | Err(_) => return,
            Ok(Turn::Read(count)) => count,
            Ok(Turn::Written) => continue,
        };
        for item in decoder.feed(&buffer[..count], Instant::now()) {
            match item {
                FromTerminal::Reply(reply) => {
                    probe.hear(&reply);
                }
                item => typed.push(item),
            }
        }
    }
}
