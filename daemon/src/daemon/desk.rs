//! The desk: the one task that owns the roster. Everybody else hands in what shall be done to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use abide_protocol::message::{FailKind, Failure};
use tokio::sync::{mpsc, oneshot};
use x509_cert::der::DateTime;

use super::roster::{Roster, failure};

/// Jobs that may wait at the desk; who brings another waits too.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce(&mut Roster, u64) + Send>;

/// A handle to the desk.
#[derive(Clone)]
pub(super) struct Desk {
    jobs: mpsc::Sender<Job>,
}

impl Desk {
    /// Starts the desk's task; it ends with the runtime.
    pub(super) fn open(mut roster: Roster) -> Self {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        tokio::spawn(async move {
            while let Some(job) = queue.recv().await {
                job(&mut roster, now());
            }
        });
        Self { jobs }
    }

    /// Has `job` done with the roster and the time (milliseconds since the Unix epoch).
    pub(super) async fn ask<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Roster, u64) -> R + Send + 'static,
    ) -> Result<R, Failure> {
        let closed = |()| failure(FailKind::Internal, "the daemon is leaving; try again");
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |roster, now| {
            let _ = tell.send(job(roster, now));
        });
        self.jobs.send(job).await.map_err(|_| closed(()))?;
        told.await.map_err(|_| closed(()))
    }

    /// Like [`Self::ask`], for what needs no answer.
    pub(super) async fn tell(&self, job: impl FnOnce(&mut Roster, u64) + Send + 'static) {
        let _ = self.jobs.send(Box::new(job)).await;
    }
}

/// Milliseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or(Duration::ZERO).as_millis()).unwrap_or(u64::MAX)
}

/// A moment in milliseconds since the Unix epoch, for people.
pub(super) fn utc(ms: u64) -> String {
    match DateTime::from_unix_duration(Duration::from_millis(ms)) {
        Ok(date) => format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z",
            date.year(),
            date.month(),
            date.day(),
            date.hour(),
            date.minutes(),
            date.seconds()
        ),
        Err(_) => "a day after 9999".into(),
    }
}

/// What this machine is called, for people.
pub(super) fn host_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    abide_protocol::text::cut(&name, abide_protocol::limits::MAX_NAME).to_owned()
}
