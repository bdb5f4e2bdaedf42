//! Asking for a secret: without echo at a terminal, else a line of standard input.

use std::io::{BufRead, IsTerminal, Read};

use abide_protocol::channel::limits::MAX_PAIRING_LINK;
use abide_protocol::message::FailKind;
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use crate::fault::{Fault, failure};
use crate::output::interactive;
use crate::tty::{Tty, Turn};

/// Characters of a secret at most, with room for blanks around it.
const LONGEST: usize = MAX_PAIRING_LINK + 64;
/// Bytes read from the terminal at once.
const CHUNK: usize = 1024;

/// A line that was typed.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    GoesOn,
    Done,
    GivenUp,
}

pub(super) async fn secret(question: &str) -> Result<Zeroizing<String>, Fault> {
    if interactive() {
        return typed(question).await;
    }
    if std::io::stdin().is_terminal() {
        let line = "a link that is typed would be shown: run this command in a terminal, or give \
                    the link on standard input";
        return Err(Fault::Usage(line.into()));
    }
    let mut line = Zeroizing::new(String::with_capacity(LONGEST));
    let input = std::io::stdin().lock().take(LONGEST as u64);
    let mut input = std::io::BufReader::new(input);
    match input.read_line(&mut line) {
        Ok(1..) => Ok(line),
        Ok(0) => Err(Fault::Usage("standard input has no pairing link".into())),
        Err(error) => Err(Fault::Usage(format!("cannot read standard input: {error}"))),
    }
}

#[expect(clippy::print_stderr, reason = "a question to a person")]
async fn typed(question: &str) -> Result<Zeroizing<String>, Fault> {
    let cannot = |why: String| {
        failure(
            FailKind::Internal,
            format!("cannot ask for the link: {why}"),
        )
    };
    let mut tty = Tty::open().map_err(|error| cannot(error.to_string()))?;
    let signals =
        signal(SignalKind::terminate()).and_then(|term| Ok((term, signal(SignalKind::hangup())?)));
    let (mut terminate, mut hang_up) = signals.map_err(|error| cannot(error.to_string()))?;
    tty.raw().map_err(|error| cannot(error.to_string()))?;
    eprint!("{question}");
    let mut line = Zeroizing::new(String::with_capacity(LONGEST));
    let mut buffer = Zeroizing::new([0; CHUNK]);
    let given_up = loop {
        let turn = tokio::select! {
            turn = tty.turn(buffer.as_mut(), true) => turn,
            _ = terminate.recv() => break true,
            _ = hang_up.recv() => break true,
        };
        match turn {
            Ok(Turn::Written) => {}
            Ok(Turn::Read(0)) | Err(_) => break true,
            Ok(Turn::Read(count)) => match take(&mut line, &buffer[..count]) {
                Typed::GoesOn => {}
                Typed::Done => break false,
                Typed::GivenUp => break true,
            },
        }
    };
    tty.restore();
    eprintln!();
    if given_up {
        return Err(failure(
            FailKind::Invalid,
            "no pairing link was given; nothing has changed",
        )
        .into());
    }
    Ok(line)
}

/// Takes what the keyboard sent, as a line discipline does. What is too long is no link either way.
fn take(line: &mut String, bytes: &[u8]) -> Typed {
    for byte in bytes {
        match byte {
            b'\r' | b'\n' => return Typed::Done,
            // Ctrl-C, Ctrl-D, Ctrl-\.
            0x03 | 0x04 | 0x1c => return Typed::GivenUp,
            0x08 | 0x7f => drop(line.pop()),
            // Ctrl-U.
            0x15 => line.clear(),
            b' '..=b'~' if line.len() < LONGEST => line.push(char::from(*byte)),
            _ => {}
        }
    }
    Typed::GoesOn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_as_usual() {
        let check = |bytes: &[u8], expected: &str, typed| {
            let mut line = String::new();
            assert_eq!(take(&mut line, bytes), typed);
            assert_eq!(line, expected);
        };
        check(b"ab", "ab", Typed::GoesOn);
        check(b"ax\x7fb\rmore", "ab", Typed::Done);
        check(b"xx\x15ab\n", "ab", Typed::Done);
        check(b"ab\x03", "ab", Typed::GivenUp);
        check(b"\x7f\xff\x00a", "a", Typed::GoesOn);
    }
}
