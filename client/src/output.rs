//! Standard output, as people and programs read it.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use crate::tty;

/// Standard output with what is known of its reader.
pub struct Out {
    stdout: BufWriter<StdoutLock<'static>>,
    /// Columns, if a person reads it on a terminal.
    pub width: Option<usize>,
    /// Colours are welcome.
    pub color: bool,
}

impl Out {
    #[must_use]
    pub fn open() -> Self {
        let terminal = io::stdout().is_terminal();
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        let columns = size.map_or(80, |size| usize::from(size.ws_col).max(20));
        Self {
            stdout: BufWriter::new(io::stdout().lock()),
            width: terminal.then_some(columns),
            color: terminal && colors_welcome(),
        }
    }

    /// The text in this SGR, if colours are welcome.
    #[must_use]
    pub fn paint(&self, sgr: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\x1b[{sgr}m{text}\x1b[m")
        } else {
            text.into()
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdout.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// Ends when whoever read standard output is gone; never where that cannot be told (a file).
pub async fn closed() {
    match rustix::io::dup(io::stdout()) {
        Ok(fd) => tty::hung_up(fd).await,
        Err(_) => std::future::pending().await,
    }
}

/// `NO_COLOR` and dumb terminals say no.
fn colors_welcome() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// Both standard input and output are a terminal: somebody can be asked, or attached.
#[must_use]
pub fn interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
