//! The certificate that is presented now. Its files are looked at when somebody connects or asks, so
//! that a renewed one is taken without a restart, and nothing wakes up for it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::{self, Certificate, CertificateError, Files};
use super::limits::LOOK;

/// What tells a changed file from an unchanged one: when it was changed, its length, its number.
type Stamp = Option<(SystemTime, u64, u64)>;

/// Presents one certificate, and the renewed one once it is there.
#[derive(Debug)]
pub(super) struct Live {
    /// `None`: the daemon's own.
    files: Option<Files>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    current: Arc<Certificate>,
    /// Of the files when they were last read.
    stamps: [Stamp; 2],
    looked: Instant,
    /// Why what is in the files now is not used, or will not do.
    fault: Option<String>,
}

/// What is presented, and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Presented {
    pub(super) certificate: Arc<Certificate>,
    pub(super) fault: Option<String>,
    /// It is within its time.
    timely: bool,
}

impl Presented {
    /// Browsers can trust it, as far as can be told here.
    pub(super) fn for_browsers(&self) -> bool {
        self.timely && self.is_issued()
    }

    /// By somebody else than the daemon or the certificate itself, whatever the time is.
    pub(super) fn is_issued(&self) -> bool {
        self.certificate.issued && !self.certificate.own
    }

    /// What keeps browsers out, whatever name they use; `None`: nothing does.
    pub(super) fn not_for_browsers(&self) -> Option<&'static str> {
        if self.for_browsers() {
            None
        } else if self.certificate.own {
            Some("browsers do not trust this machine's own certificate")
        } else if !self.certificate.issued {
            Some("browsers do not trust a certificate that was issued by itself")
        } else {
            Some("this machine's certificate has expired or is not valid yet")
        }
    }
}

impl Live {
    /// The daemon's own certificate, kept in `own`.
    pub(super) fn self_made(own: &Path) -> Result<Self, CertificateError> {
        Ok(Self::with(None, certificate::self_made(own)?, None))
    }

    /// Those files, which have to be fit for use now.
    pub(super) fn given(files: Files) -> Result<Self, CertificateError> {
        let certificate = files.load_valid(now())?;
        Ok(Self::with(Some(files), certificate, None))
    }

    /// Those files if they can be used at all, else the daemon's own until they can be.
    pub(super) fn given_or_own(files: Files, own: &Path) -> Result<Self, CertificateError> {
        let (certificate, fault) = match files.load() {
            Ok(certificate) => (certificate, None),
            Err(error) => (certificate::self_made(own)?, Some(error.to_string())),
        };
        Ok(Self::with(Some(files), certificate, fault))
    }

    fn with(files: Option<Files>, certificate: Certificate, fault: Option<String>) -> Self {
        // Stamps taken after reading could belong to a later file; none makes the first look read.
        let state = State {
            current: Arc::new(certificate),
            stamps: [None; 2],
            looked: Instant::now(),
            fault,
        };
        Self {
            files,
            state: Mutex::new(state),
        }
    }

    pub(super) fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// Looks at the files, unless that was done just now.
    pub(super) fn presented(&self) -> Presented {
        self.look(false)
    }

    /// Looks at the files.
    pub(super) fn refreshed(&self) -> Presented {
        self.look(true)
    }

    fn look(&self, at_once: bool) -> Presented {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let due = at_once || state.looked.elapsed() >= LOOK;
        if let Some(files) = self.files.as_ref().filter(|_| due) {
            state.looked = Instant::now();
            state.reread(files, now());
        }
        state.presented(self.files.as_ref(), now())
    }
}

impl State {
    fn reread(&mut self, files: &Files, now: u64) {
        let stamps = [stamp(&files.certificate), stamp(&files.key)];
        if stamps == self.stamps {
            return;
        }
        self.stamps = stamps;
        match files.load_valid(now) {
            Ok(renewed) => {
                self.current = Arc::new(renewed);
                self.fault = None;
            }
            Err(error) => {
                if let CertificateError::Time { .. } = error {
                    // The clock may be set right.
                    self.stamps = [None; 2];
                }
                self.fault = Some(error.to_string());
            }
        }
    }

    fn presented(&self, files: Option<&Files>, now: u64) -> Presented {
        Presented {
            certificate: Arc::clone(&self.current),
            fault: self.fault(files, now),
            timely: self.current.is_timely(now),
        }
    }

    /// What is wrong with the files, or else with what is presented.
    fn fault(&self, files: Option<&Files>, now: u64) -> Option<String> {
        let expired = || {
            let files = files.filter(|_| !self.current.own)?;
            let time = self.current.check_time(&files.certificate, now);
            time.err().map(|error| error.to_string())
        };
        self.fault.clone().or_else(expired)
    }
}

impl ResolvesServerCert for Live {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.presented().certificate.key))
    }
}

fn stamp(path: &Path) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

/// Seconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::certificate::tests::{BEGIN, END, files, issued};
    use super::*;
    use crate::private_dir::tests::scratch;

    fn state(files: &Files) -> State {
        State {
            current: Arc::new(files.load().unwrap()),
            stamps: [None; 2],
            looked: Instant::now(),
            fault: None,
        }
    }

    /// Makes the file another one for sure, however coarse the clock of its file system is.
    fn replace(path: &Path, text: &str) {
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, path).unwrap();
    }

    #[test]
    fn a_renewed_one_is_taken_once_both_files_fit() {
        let dir = scratch("live-renewed");
        let files = files(&dir, &issued(&["a.example"]));
        let mut state = state(&files);
        state.reread(&files, BEGIN);
        let (chain, key) = issued(&["b.example"]);
        replace(&files.certificate, &chain);
        state.reread(&files, BEGIN);
        assert_eq!(state.current.names, ["a.example"]);
        let fault = state.fault(Some(&files), BEGIN).unwrap();
        assert!(fault.contains("does not belong"), "{fault}");
        replace(&files.key, &key);
        state.reread(&files, BEGIN);
        assert_eq!(state.current.names, ["b.example"]);
        assert_eq!(state.fault(Some(&files), BEGIN), None);
    }

    #[test]
    fn what_will_not_do_leaves_the_old_one_in_use() {
        let dir = scratch("live-bad");
        let files = files(&dir, &issued(&["a.example"]));
        let mut state = state(&files);
        let before = Arc::clone(&state.current);
        for (text, expected) in [
            ("nonsense", "holds no certificate"),
            ("", "holds no certificate"),
        ] {
            replace(&files.certificate, text);
            state.reread(&files, BEGIN);
            assert!(Arc::ptr_eq(&state.current, &before));
            assert!(state.fault(Some(&files), BEGIN).unwrap().contains(expected));
        }
        std::fs::remove_file(&files.certificate).unwrap();
        state.reread(&files, BEGIN);
        assert!(Arc::ptr_eq(&state.current, &before));
        assert!(
            state
                .fault(Some(&files), BEGIN)
                .unwrap()
                .contains("cannot read")
        );
    }

    #[test]
    fn browsers_are_served_within_its_time_alone() {
        let dir = scratch("live-time");
        let files = files(&dir, &issued(&["a.example"]));
        let state = state(&files);
        let at = |now| state.presented(Some(&files), now);
        for (now, served) in [
            (BEGIN - 1, false),
            (BEGIN, true),
            (END - 1, true),
            (END, false),
        ] {
            let presented = at(now);
            assert_eq!(presented.for_browsers(), served, "{now}");
            assert_eq!(presented.not_for_browsers().is_none(), served, "{now}");
            assert_eq!(presented.fault.is_none(), served, "{now}");
        }
        assert!(at(END).not_for_browsers().unwrap().contains("has expired"));
    }

    #[test]
    fn a_wrong_clock_is_said_and_forgotten_when_it_is_right() {
        let dir = scratch("live-clock");
        let files = files(&dir, &issued(&["a.example"]));
        let mut state = state(&files);
        let year = Duration::from_hours(366 * 24).as_secs();
        for wrong in [BEGIN - year, BEGIN + year] {
            state.reread(&files, wrong);
            assert!(state.fault(Some(&files), wrong).unwrap().contains("clock"));
            state.reread(&files, BEGIN);
            assert_eq!(state.fault(Some(&files), BEGIN), None);
        }
    }
}
