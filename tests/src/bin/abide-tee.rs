//! Runs a program in a terminal of its own and records every byte it writes and every size it is
//! given: `abide-tee RECORDING PROGRAM [ARGUMENT ...]`.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::termios::{OptionalActions, Winsize, tcgetattr, tcgetwinsize, tcsetattr};
use support::recording::Recorder;
use tokio::signal::unix::{SignalKind, signal};

/// Bytes moved at once; the kernel hands out at most 4 KiB of a terminal per read.
const CHUNK: usize = 64 << 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments
        .next()
        .context("usage: abide-tee RECORDING PROGRAM [ARGUMENT ...]")?;
    let mut command = CommandBuilder::from_argv(arguments.collect());
    command.cwd(std::env::current_dir()?);

    let mut resized = signal(SignalKind::window_change())?;
    let pair = native_pty_system().openpty(pty_size(tcgetwinsize(std::io::stdout())?))?;
    let recorder = Arc::new(Mutex::new(Recorder::new(File::create(path)?)));
    let size = pair.master.get_size()?;
    recorder
        .lock()
        .expect("recorder")
        .size(size.cols, size.rows)?;

    let before = tcgetattr(std::io::stdin())?;
    let mut raw = before.clone();
    raw.make_raw();
    tcsetattr(std::io::stdin(), OptionalActions::Now, &raw)?;

    let mut child = pair.slave.spawn_command(command)?;
    drop(pair.slave);
    let (mut reader, mut writer) = (pair.master.try_clone_reader()?, pair.master.take_writer()?);
    std::thread::spawn(move || copy(&mut std::io::stdin(), &mut |bytes| writer.write_all(bytes)));
    let recorded = Arc::clone(&recorder);
    let (done, mut ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        copy(&mut reader, &mut |bytes| {
            // Recorded first: who sees these bytes anywhere finds them in the recording.
            recorded.lock().expect("recorder").output(bytes)?;
            let mut out = std::io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        });
        let _ = done.send(());
    });
    loop {
        tokio::select! {
            _ = &mut ended => break,
            _ = resized.recv() => {
                // Recorded before the program is told: what it writes for the new size comes after.
                let mut recorder = recorder.lock().expect("recorder");
                let size = pty_size(tcgetwinsize(std::io::stdout())?);
                recorder.size(size.cols, size.rows)?;
                pair.master.resize(size)?;
            }
        }
    }
    let status = child.wait()?;
    tcsetattr(std::io::stdin(), OptionalActions::Now, &before)?;
    std::process::exit(status.exit_code().cast_signed());
}

fn pty_size(size: Winsize) -> PtySize {
    PtySize {
        rows: size.ws_row,
        cols: size.ws_col,
        pixel_width: size.ws_xpixel,
        pixel_height: size.ws_ypixel,
    }
}

/// Moves bytes until either side is gone.
fn copy(from: &mut dyn Read, to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || to(&buffer[..count]).is_err() {
            return;
        }
    }
}
