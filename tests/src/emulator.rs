//! An independent terminal emulator (`@xterm/headless` in a node process) that says what a person
//! would see.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::Deserialize;

/// What to emulate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub columns: u16,
    pub rows: u16,
    /// Rows of scrollback kept.
    pub scrollback: u32,
    /// Answer to the kitty keyboard protocol.
    pub kitty: bool,
    /// Keep the text of the screen at every end of a synchronized update.
    pub frames: bool,
}

impl Options {
    pub fn sized(columns: u16, rows: u16) -> Self {
        Self {
            columns,
            rows,
            scrollback: 20_000,
            kitty: true,
            frames: false,
        }
    }
}

/// One emulator. Ends with its value.
pub struct Emulator {
    child: Child,
    input: Mutex<ChildStdin>,
    states: Mutex<Receiver<Vec<u8>>>,
}

impl Emulator {
    /// `reply` gets what the terminal answers to queries in the bytes that it is told.
    pub fn start(
        options: Options,
        mut reply: impl FnMut(&[u8]) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("emulator/emulator.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node must be installed")?;
        let input = child.stdin.take().context("no pipe")?;
        let mut output = child.stdout.take().context("no pipe")?;
        let (sender, states) = channel();
        std::thread::spawn(move || {
            while let Ok((kind, body)) = read_frame(&mut output) {
                match kind {
                    b'd' => reply(&body),
                    _ if sender.send(body).is_err() => return,
                    _ => {}
                }
            }
        });
        let emulator = Self {
            child,
            input: Mutex::new(input),
            states: Mutex::new(states),
        };
        let options = serde_json::json!({
            "cols": options.columns, "rows": options.rows, "scrollback": options.scrollback,
            "kitty": options.kitty, "frames": options.frames,
        });
        emulator.send(b'i', options.to_string().as_bytes())?;
        // A terminal is there before its programs are: it answers them at once.
        emulator.state(0)?;
        Ok(emulator)
    }

    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.send(b'w', bytes)
    }

    pub fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let [a, b] = columns.to_le_bytes();
        let [c, d] = rows.to_le_bytes();
        self.send(b'r', &[a, b, c, d])
    }

    /// The state after everything told so far, with at most `history` rows of scrollback.
    pub fn state(&self, history: u32) -> anyhow::Result<State> {
        self.ask(history, false)
    }

    /// The frames since this was last asked; only if [`Options::frames`] is set.
    pub fn frames(&self) -> anyhow::Result<Vec<Frame>> {
        Ok(self.ask(0, true)?.frames)
    }

    fn ask(&self, history: u32, frames: bool) -> anyhow::Result<State> {
        // One question at a time: answers carry no name.
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let question = serde_json::json!({ "history": history, "frames": frames });
        self.send(b's', question.to_string().as_bytes())?;
        let body = states
            .recv()
            .context("the emulator is gone; is tests/emulator installed?")?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn send(&self, kind: u8, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        let mut frame = vec![kind];
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(body);
        self.input
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&frame)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_frame(from: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, a, b, c, d] = head;
    let mut body = vec![0; u32::from_le_bytes([a, b, c, d]) as usize];
    from.read_exact(&mut body)?;
    Ok((kind, body))
}

/// What an emulator shows.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    pub columns: u16,
    pub rows: u16,
    /// `normal` or `alternate`.
    pub screen: String,
    pub lines: Vec<Line>,
    /// Rows above the normal screen, all of them.
    pub history_rows: u32,
    /// The newest of them, as many as were asked for.
    pub history: Vec<Line>,
    pub cursor: Cursor,
    pub title: String,
    pub bells: u32,
    /// Everything that outlasts a program if nobody puts it back.
    pub modes: BTreeMap<String, serde_json::Value>,
    frames: Vec<Frame>,
}

/// The text of the screen at the end of a synchronized update.
#[derive(Clone, Debug, Deserialize)]
pub struct Frame {
    /// Milliseconds since the emulator began.
    pub at: f64,
    pub text: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Cursor {
    pub column: u16,
    pub row: u16,
    pub visible: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Line {
    /// Text, columns, style, and whether each character has one column (else it is one cluster).
    pub runs: Vec<(String, u16, String, bool)>,
    /// Goes on from the line above.
    pub wrapped: bool,
}

impl Line {
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.0.as_str()).collect()
    }

    /// Column, text, width and style of every cell.
    pub fn cells(&self) -> Vec<(u16, String, u16, String)> {
        let mut cells = Vec::new();
        let mut column = 0;
        for (text, columns, style, simple) in &self.runs {
            if *simple {
                for c in text.chars() {
                    cells.push((column, c.to_string(), 1, style.clone()));
                    column += 1;
                }
            } else {
                cells.push((column, text.clone(), *columns, style.clone()));
                column += columns;
            }
        }
        cells
    }
}

impl State {
    /// The visible text, a line each, blank ends left out.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| line.text().trim_end().to_owned())
            .collect();
        lines.join("\n").trim_end().to_owned()
    }

    pub fn history_text(&self) -> Vec<String> {
        self.history
            .iter()
            .map(|line| line.text().trim_end().to_owned())
            .collect()
    }

    /// Scrollback and screen as logical lines: soft-wrapped ones joined.
    pub fn logical_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in self.history.iter().chain(&self.lines) {
            match lines.last_mut() {
                Some(last) if line.wrapped => last.push_str(&line.text()),
                _ => lines.push(line.text()),
            }
        }
        lines
    }
}
