//! Carries a link over an encrypted channel: what is written to one end of a socket pair is sealed
//! and sent, what comes is opened and written there. Messages are not looked into.

use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use abide_protocol::channel::{Channel, Opened};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_tungstenite::tungstenite::Message;

use super::carrier::{self, CarrierError, Socket};
use super::device::{ChannelError, Device};
use super::frames::Frames;
use super::pulse::{Beat, Pulse};
use super::{PATIENCE, lasting};
use crate::link::{LastWords, LinkError, Outage};

/// Bytes taken from the link at once.
const CHUNK: usize = 32 << 10;
/// Who has not taken so many bytes by then never will.
const STUCK: Duration = Duration::from_secs(20);

/// Carries the link behind `near` to the machine until one side ends it.
pub(super) fn start(device: Device, near: OwnedFd, last_words: LastWords) -> Result<(), LinkError> {
    rustix::io::ioctl_fionbio(&near, true).map_err(std::io::Error::from)?;
    let near = UnixStream::from_std(near.into())?;
    tokio::spawn(async move {
        let (from, mut to) = near.into_split();
        if let Err(outage) = carry(device, from, &mut to).await {
            last_words.say(outage);
        }
        // Only now does the link see the end.
        drop(to);
    });
    Ok(())
}

async fn carry(
    mut device: Device,
    mut from: OwnedReadHalf,
    to: &mut OwnedWriteHalf,
) -> Result<(), Outage> {
    let mut frames = Frames::default();
    let opened = tokio::time::timeout(PATIENCE, async {
        let first = first(&mut from, &mut frames).await?;
        device.resume(&first).await
    });
    let opened = opened.await.unwrap_or(Err(ChannelError::Silent));
    let (socket, channel) = opened.map_err(|error| device.outage(&error))?;
    let (sink, mut source) = socket.split();
    let way = Way {
        channel: Mutex::new(channel),
        pulse: Mutex::new(Pulse::new(Instant::now())),
    };
    // Nothing is sure before the daemon's first message: a stranger gets none.
    let first = tokio::time::timeout(PATIENCE, way.next(&mut source)).await;
    let first = first.unwrap_or(Err(ChannelError::Silent));
    let first = first.map_err(|error| device.outage(&error))?;
    device
        .heard()
        .map_err(|failure| lasting(failure.kind, failure.line))?;
    let ended = tokio::select! {
        ended = way.up(&mut from, frames, sink) => ended,
        ended = way.down(first, &mut source, to) => ended,
    };
    ended.map_err(|error| device.outage(&error))
}

/// The link's first message, its hello.
async fn first(from: &mut OwnedReadHalf, frames: &mut Frames) -> Result<Vec<u8>, ChannelError> {
    let mut chunk = [0; 1024];
    loop {
        if let Some(frame) = frames.next().map_err(std::io::Error::other)? {
            return Ok(frame.bytes.to_vec());
        }
        match from.read(&mut chunk).await? {
            0 => return Err(CarrierError::Closed.into()),
            count => frames.push(&chunk[..count]),
        }
    }
}

/// What both directions share.
struct Way {
    channel: Mutex<Channel>,
    pulse: Mutex<Pulse>,
}

impl Way {
    fn channel(&self) -> MutexGuard<'_, Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To the machine, until the link ends. Also asks whether the machine is there.
    async fn up(
        &self,
        from: &mut OwnedReadHalf,
        mut frames: Frames,
        mut sink: SplitSink<Socket, Message>,
    ) -> Result<(), ChannelError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let beat = self.pulse().beat(Instant::now());
            let due = match beat {
                Beat::Gone => return Err(ChannelError::Silent),
                Beat::Ask => {
                    in_time(sink.send(Message::Ping(Vec::new().into()))).await?;
                    continue;
                }
                Beat::Wait(due) => due,
            };
            let read = tokio::select! {
                read = from.read(&mut chunk) => read?,
                () = tokio::time::sleep_until(due.into()) => continue,
            };
            if read == 0 {
                in_time(sink.close()).await?;
                return Ok(());
            }
            frames.push(&chunk[..read]);
            while let Some(frame) = frames.next().map_err(std::io::Error::other)? {
                let sealed = self.channel().seal(frame.bytes, Instant::now())?;
                for message in sealed {
                    in_time(sink.feed(Message::Binary(message.into()))).await?;
                }
            }
            in_time(sink.flush()).await?;
            self.pulse().sent(Instant::now());
        }
    }

    /// From the machine, until it ends the channel.
    async fn down(
        &self,
        mut part: Vec<u8>,
        source: &mut SplitStream<Socket>,
        to: &mut OwnedWriteHalf,
    ) -> Result<(), ChannelError> {
        loop {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            part.splice(0..0, length.to_le_bytes());
            // While the link does not read, nobody can hear whether the machine is there.
            self.pulse().hold(true, Instant::now());
            to.write_all(&part).await?;
            self.pulse().hold(false, Instant::now());
            part = self.next(source).await?;
        }
    }

    async fn next(&self, source: &mut SplitStream<Socket>) -> Result<Vec<u8>, ChannelError> {
        loop {
            let message = carrier::message(source.next().await)?;
            self.pulse().heard(Instant::now());
            let Some(message) = message else { continue };
            return match self.channel().open(&message, Instant::now()) {
                Ok(Opened::Part(part)) => Ok(part),
                Ok(Opened::Ended(why)) => Err(ChannelError::Ended(why)),
                Err(_) => Err(ChannelError::Broken),
            };
        }
    }
}

async fn in_time<E: Into<CarrierError>>(
    sent: impl Future<Output = Result<(), E>>,
) -> Result<(), ChannelError> {
    match tokio::time::timeout(STUCK, sent).await {
        Ok(sent) => sent.map_err(|error| ChannelError::Carrier(error.into())),
        Err(_) => Err(ChannelError::Silent),
    }
}
