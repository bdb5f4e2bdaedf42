//! Becoming a device of another machine: from a pairing link to a machine that is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use abide_protocol::channel::code::Code;
use abide_protocol::channel::device::{Knock, KnockError};
use abide_protocol::channel::joining::{Joining, Step};
use abide_protocol::channel::link::PairingLink;
use abide_protocol::channel::pairing::{Claim, DeviceKind, Paired, Pending};
use abide_protocol::channel::{End, StaticKey, SystemEntropy};
use abide_protocol::message::{FailKind, Failure};
use abide_protocol::paths::Paths;

use super::carrier::{self, CarrierError, Socket};
use super::device::{ChannelError, exchange};
use super::machines::{Machine, Machines};
use super::{PATIENCE, Remote, Target};
use crate::fault::failure;

/// A network that comes and goes is tried again so often: the ticket waits for two minutes.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// Longer than any ticket lives.
const LONGEST: Duration = Duration::from_mins(6);

/// What the user is told on the way.
pub enum Told<'t> {
    /// To be typed where the link was made.
    Code(Code, &'t Pending),
    /// The link broke and is tried again: another code will be shown.
    Again(&'t str),
}

enum JoinError {
    /// Another attempt may do.
    Passing(String),
    Lasting(Failure),
    /// It was kept on both sides, or on one of them: whether it counts, the daemon says.
    Unsure,
}

/// One pairing under way.
pub struct Join<'j> {
    pub link: &'j PairingLink,
    /// For the machine, here.
    pub name: &'j str,
    pub paths: &'j Paths,
    pub machines: &'j Machines,
}

impl Join<'_> {
    /// Pairs. Whatever stops it, the machine is known afterwards and works, or is not known.
    pub async fn run(&self, tell: impl FnMut(Told<'_>)) -> Result<Machine, Failure> {
        let joined = tokio::time::timeout(LONGEST, self.try_often(tell)).await;
        joined.unwrap_or_else(|_| Err(self.refused("nobody typed the code in time")))
    }

    async fn try_often(&self, mut tell: impl FnMut(Told<'_>)) -> Result<Machine, Failure> {
        let key = StaticKey::generate(&SystemEntropy)
            .map_err(|error| failure(FailKind::Internal, error.to_string()))?;
        let mut attempt = 1;
        loop {
            match self.attempt(&key, &mut tell).await {
                Ok(()) => return self.settle(),
                Err(JoinError::Unsure) => return self.ask_whether_known().await,
                Err(JoinError::Lasting(failure)) => return Err(failure),
                Err(JoinError::Passing(why)) if attempt == ATTEMPTS => {
                    let line = format!("cannot pair with {}: {why}", self.link.address);
                    return Err(failure(FailKind::Internal, line));
                }
                Err(JoinError::Passing(why)) => tell(Told::Again(&why)),
            }
            attempt += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(
        &self,
        key: &StaticKey,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<(), JoinError> {
        let claimed = tokio::time::timeout(PATIENCE, self.claim(key)).await;
        let claimed = claimed.unwrap_or(Err(ChannelError::Silent));
        let (mut socket, mut joining) = claimed.map_err(|error| self.judged(&error))?;
        let mut kept = false;
        loop {
            let step = carrier::next(&mut socket).await.map_err(ChannelError::from);
            let step = step.and_then(|message| {
                let step = joining.receive(&message, Instant::now());
                step.map_err(|_| ChannelError::Broken)
            });
            match step {
                Ok(Step::Show(code, pending)) => tell(Told::Code(code, &pending)),
                Ok(Step::Store(paired)) => {
                    kept = true;
                    let machine = self.machine(key, &paired);
                    self.machines
                        .provide(self.name, &machine)
                        .map_err(JoinError::Lasting)?;
                    let stored = joining.stored(true, Instant::now());
                    let stored = stored.map_err(|_| JoinError::Unsure)?;
                    let sent = carrier::send(&mut socket, stored).await;
                    sent.map_err(|_| JoinError::Unsure)?;
                }
                Ok(Step::Done) => return Ok(()),
                Ok(Step::Ended(why)) => {
                    self.machines.give_up(self.name);
                    return Err(JoinError::Lasting(self.ended(why)));
                }
                Ok(Step::Wait) => {}
                Err(_) if kept => return Err(JoinError::Unsure),
                Err(error) => return Err(self.judged(&error)),
            }
        }
    }

    async fn claim(&self, key: &StaticKey) -> Result<(Socket, Joining), ChannelError> {
        let mut socket = carrier::open(&self.link.address).await?;
        let knock = Knock {
            key: key.clone(),
            daemon: self.link.daemon,
            entropy: Arc::new(SystemEntropy),
        };
        let (hello, greeting) = knock.pair(&self.link.secret)?;
        let answer = exchange(&mut socket, hello).await?;
        let (handshake, asking) = greeting.greeted(&answer)?;
        let answer = exchange(&mut socket, handshake).await?;
        let (claim, joining) = asking.answered(&answer, claim(), Instant::now())?;
        carrier::send(&mut socket, claim).await?;
        Ok((socket, joining))
    }

    fn machine(&self, key: &StaticKey, paired: &Paired) -> Machine {
        Machine {
            address: self.link.address.clone(),
            daemon: self.link.daemon,
            key: key.clone(),
            psk: paired.psk.clone(),
            role: paired.role,
            expires: paired.expires,
            device: paired.name.clone(),
        }
    }

    fn settle(&self) -> Result<Machine, Failure> {
        self.machines.settle(self.name)?;
        self.machines.load(self.name).map(|known| known.machine)
    }

    /// The link broke after this side had kept the machine: using it settles whether it counts.
    async fn ask_whether_known(&self) -> Result<Machine, Failure> {
        let target = Target::Paired(self.name.to_owned());
        Remote::new(target, self.paths.clone()).again().await?;
        self.machines.load(self.name).map(|known| known.machine)
    }

    fn judged(&self, error: &ChannelError) -> JoinError {
        match error {
            ChannelError::Carrier(CarrierError::Stranger)
            | ChannelError::Knock(KnockError::Refused) => JoinError::Lasting(
                self.refused("the link has expired, was used before, or is another daemon's"),
            ),
            ChannelError::Knock(error) => JoinError::Lasting(self.refused(&error.to_string())),
            ChannelError::Ended(_)
            | ChannelError::Another
            | ChannelError::Carrier(_)
            | ChannelError::Broken
            | ChannelError::Silent
            | ChannelError::Here(_)
            | ChannelError::Seal(_) => JoinError::Passing(error.to_string()),
        }
    }

    fn ended(&self, why: End) -> Failure {
        self.refused(match why {
            End::Expired => "nobody typed the code in time",
            End::Refused | End::Revoked => "it was not approved there",
            End::Rekeyed | End::Upgrade | End::Unknown => "the daemon there broke it off",
        })
    }

    fn refused(&self, why: &str) -> Failure {
        let line = format!(
            "cannot pair with {}: {why}; make a new link there with: abide pair --link",
            self.link.address
        );
        failure(FailKind::Forbidden, line)
    }
}

/// What people are told of this device where it is approved.
fn claim() -> Claim {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host
        .trim()
        .chars()
        .filter(|c| matches!(c, ' '..='~'))
        .collect();
    Claim {
        kind: DeviceKind::Native,
        name: if host.is_empty() {
            "a machine".into()
        } else {
            host
        },
        agent: concat!("abide ", env!("CARGO_PKG_VERSION")).into(),
        origin: None,
    }
}
