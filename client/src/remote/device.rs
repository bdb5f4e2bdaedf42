//! This machine as a device of another: from what was kept to a live channel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::channel::device::{Knock, KnockError};
use abide_protocol::channel::{Channel, End, SystemEntropy};
use abide_protocol::message::{FailKind, Failure};

use super::carrier::{self, CarrierError, Socket};
use super::machines::{Known, Machine, Machines};
use super::{down, lasting};
use crate::link::{LinkError, Outage};

/// A daemon that breaks off later than this after we began to come may have waited for us in vain: it
/// gives 5 s for each step, and 10 s for all.
const HESITATION: Duration = Duration::from_secs(4);

pub(super) struct Device {
    machines: Machines,
    name: String,
    known: Known,
}

/// Why there is no channel, or none any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChannelError {
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    #[error(transparent)]
    Knock(#[from] KnockError),
    /// Whoever answers cannot read what only the daemon can.
    #[error("another daemon answers there")]
    Another,
    #[error("the daemon ended the channel")]
    Ended(End),
    /// The daemon, or somebody on the way, sent what is not of the channel.
    #[error("the encrypted channel broke")]
    Broken,
    #[error("it does not answer any more")]
    Silent,
    /// This side's.
    #[error("{0}")]
    Here(#[from] std::io::Error),
    #[error("what was to be sent does not fit the channel: {0}")]
    Seal(#[from] abide_protocol::channel::SealError),
}

impl Device {
    pub(super) fn open(machines: &Machines, name: &str) -> Result<Self, Outage> {
        let known = machines.load(name).map_err(|failure| Outage {
            failure,
            lasting: true,
        })?;
        Ok(Self {
            machines: machines.clone(),
            name: name.to_owned(),
            known,
        })
    }

    pub(super) fn machine(&self) -> &Machine {
        &self.known.machine
    }

    /// Comes to the daemon as the device that it knows. `first` is the frame of the first message.
    pub(super) async fn resume(&self, first: &[u8]) -> Result<(Socket, Channel), ChannelError> {
        let machine = self.machine();
        let began = Instant::now();
        let mut socket = carrier::open(&machine.address).await?;
        let knock = Knock {
            key: machine.key.clone(),
            daemon: machine.daemon,
            entropy: Arc::new(SystemEntropy),
        };
        let (hello, greeting) = knock.resume(&machine.psk)?;
        let answer = exchange(&mut socket, hello).await?;
        let (handshake, asking) = greeting.greeted(&answer)?;
        let answer = exchange(&mut socket, handshake).await;
        let answer = answer.map_err(|error| match error {
            CarrierError::Stranger if began.elapsed() < HESITATION => ChannelError::Another,
            error => error.into(),
        })?;
        let (first, channel) = asking.answered(&answer, first, Instant::now())?;
        carrier::send(&mut socket, first).await?;
        Ok((socket, channel))
    }

    /// The daemon has been heard over the channel: it knows this device.
    pub(super) fn heard(&mut self) -> Result<(), Failure> {
        if !self.known.sure {
            self.machines.settle(&self.name)?;
            self.known.sure = true;
        }
        Ok(())
    }

    /// What the user is told; a pairing that was not sure and is not known is forgotten.
    pub(super) fn outage(&self, error: &ChannelError) -> Outage {
        let name = &self.name;
        let address = &self.machine().address;
        match error {
            ChannelError::Knock(KnockError::Refused) => self.stranger(),
            ChannelError::Another => lasting(
                FailKind::Forbidden,
                format!(
                    "{address} is not {name} any more: another daemon answers there, or its key was \
                     renewed (abide devices revoke --all does that); pair again with: \
                     abide join --name {name}"
                ),
            ),
            // A daemon that does not know a device says so in its handshake.
            ChannelError::Carrier(CarrierError::Stranger) => down(format!(
                "{address} broke off before {name} could be recognised: the network may be too slow"
            )),
            ChannelError::Carrier(error) => error.outage(name, address),
            ChannelError::Ended(End::Revoked) => lasting(
                FailKind::Forbidden,
                format!(
                    "{name} has revoked this device; pair again with: abide join --name {name}"
                ),
            ),
            ChannelError::Ended(End::Expired) => lasting(
                FailKind::Forbidden,
                format!(
                    "the time that {name} gave this device is over; pair again with: \
                     abide join --name {name}"
                ),
            ),
            ChannelError::Ended(End::Rekeyed) => down(format!("{name} asks to come back at once")),
            ChannelError::Ended(End::Upgrade) => {
                down(format!("{name} is being updated; it is back soon"))
            }
            ChannelError::Ended(End::Refused | End::Unknown) => {
                down(format!("{name} has closed the channel"))
            }
            ChannelError::Knock(error) => {
                lasting(FailKind::Unsupported, format!("{name}: {error}"))
            }
            ChannelError::Broken | ChannelError::Silent => {
                down(format!("lost {name} at {address}: {error}"))
            }
            ChannelError::Here(_) | ChannelError::Seal(_) => down(format!("{name}: {error}")),
        }
    }

    fn stranger(&self) -> Outage {
        let (name, address) = (&self.name, &self.machine().address);
        if !self.known.sure {
            self.machines.give_up(name);
            let line = format!(
                "{name} does not know this device: the pairing was not finished; \
                 pair again with: abide join --name {name}"
            );
            return lasting(FailKind::Forbidden, line);
        }
        let line = format!(
            "{address} does not accept this device: {name} has revoked it, its time is over, or \
             another daemon answers there; pair again with: abide join --name {name}"
        );
        lasting(FailKind::Forbidden, line)
    }
}

/// Sends a message of the handshake and awaits the answer.
pub(super) async fn exchange(
    socket: &mut Socket,
    message: Vec<u8>,
) -> Result<Vec<u8>, CarrierError> {
    carrier::send(socket, message).await?;
    carrier::next(socket).await
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        LinkError::from(outage).into()
    }
}
