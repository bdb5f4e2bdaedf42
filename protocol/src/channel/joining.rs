//! A device that has claimed a ticket, until it is paired.

use std::time::Instant;

use zeroize::Zeroizing;

use super::code::Code;
use super::end::End;
use super::pairing::{Paired, Pending, Stored, ToDaemon, ToDevice};
use super::transport::{Broken, Channel, Opened, SealError};

/// What the device does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Show the code, and who asks for it.
    Show(Code, Pending),
    /// Keep this, marked as not sure yet, read it back, and call [`Joining::stored`].
    Store(Paired),
    /// The daemon has the device: what was kept is sure.
    Done,
    /// The daemon ended it: forget what was kept.
    Ended(End),
    /// Nothing.
    Wait,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Claimed,
    Shown,
    Given,
    Stored,
    Done,
}

/// The device's side of a pairing. Its program may be killed at any moment: what it kept before
/// [`Step::Done`] is tried once and forgotten if the daemon does not know it.
#[derive(Debug)]
pub struct Joining {
    channel: Channel,
    code: Code,
    stage: Stage,
}

impl Joining {
    pub(super) fn new(channel: Channel, code: Code) -> Self {
        let stage = Stage::Claimed;
        Self {
            channel,
            code,
            stage,
        }
    }

    /// # Errors
    /// The channel is broken, or the daemon said something that does not belong here.
    pub fn receive(&mut self, message: &[u8], now: Instant) -> Result<Step, Broken> {
        let part = match self.channel.open(message, now)? {
            Opened::Part(part) => Zeroizing::new(part),
            Opened::Ended(why) => return Ok(Step::Ended(why)),
        };
        let message = ToDevice::decode(&part).map_err(|_| Broken)?;
        let (stage, step) = match (self.stage, message) {
            (Stage::Claimed, ToDevice::Pending(pending)) => {
                (Stage::Shown, Step::Show(self.code, pending))
            }
            // A device that comes again may find that it was approved meanwhile.
            (Stage::Claimed | Stage::Shown, ToDevice::Paired(paired)) => {
                (Stage::Given, Step::Store(paired))
            }
            (Stage::Claimed | Stage::Stored, ToDevice::Kept) => (Stage::Done, Step::Done),
            (stage, ToDevice::Unknown) => (stage, Step::Wait),
            (_, ToDevice::Pending(_) | ToDevice::Paired(_) | ToDevice::Kept) => {
                return Err(Broken);
            }
        };
        self.stage = stage;
        Ok(step)
    }

    /// What was given is kept and was read back. Returns the message to send.
    pub fn stored(&mut self, durable: bool, now: Instant) -> Result<Vec<u8>, SealError> {
        if self.stage != Stage::Given {
            return Err(SealError::Closed);
        }
        let stored = ToDaemon::Stored(Stored { durable }).encode();
        let sealed = self.channel.seal(&stored, now)?.pop();
        self.stage = Stage::Stored;
        sealed.ok_or(SealError::NoFrames)
    }
}
