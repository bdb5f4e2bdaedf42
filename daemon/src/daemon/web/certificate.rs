//! A certificate and its key, as files hold them, and whether they are fit for use.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::der::{DateTime, Decode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::limits::{MAX_PEM, RENEWAL};

/// Where a certificate chain and its key are; both may be in one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// One that can be presented.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) key: Arc<CertifiedKey>,
    /// Hosts as an address writes them; some with a wildcard.
    pub(super) names: Vec<String>,
    /// Seconds since the Unix epoch.
    pub(super) from: u64,
    pub(super) until: u64,
    /// By somebody else than itself: what browsers can trust.
    pub(super) issued: bool,
    /// The daemon made it for itself.
    pub(super) own: bool,
}

/// Why a certificate cannot be used, in one line.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("cannot read {path}: {source}; check the path and its mode")]
    Read { path: String, source: io::Error },
    #[error("cannot write {path}: {source}; free some space or mend its directory")]
    Write { path: String, source: io::Error },
    #[error("{path} holds no {what} in PEM form; give the file that does")]
    Lacks { path: String, what: &'static str },
    #[error("the key in {key} does not belong to the certificate in {certificate}; give its own")]
    Mismatch { certificate: String, key: String },
    #[error("cannot use the certificate in {path}: {why}; give another")]
    Unusable { path: String, why: String },
    #[error("the certificate in {path} {when}; {next}")]
    Time {
        path: String,
        when: String,
        next: &'static str,
    },
}

impl Files {
    /// Reads them. Whether the time is right is not looked at.
    pub(super) fn load(&self) -> Result<Certificate, CertificateError> {
        let shown = self.certificate.display().to_string();
        let chain = CertificateDer::pem_slice_iter(&read(&self.certificate)?)
            .collect::<Result<Vec<_>, _>>()
            .unwrap_or_default();
        let Some(leaf) = chain.first().cloned() else {
            return Err(lacks(&self.certificate, "certificate"));
        };
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|_| lacks(&self.key, "private key"))?;
        let unusable = |why: &dyn fmt::Display| CertificateError::Unusable {
            path: shown.clone(),
            why: why.to_string(),
        };
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => CertificateError::Mismatch {
                certificate: shown.clone(),
                key: self.key.display().to_string(),
            },
            other => unusable(&other),
        })?;
        let leaf = x509_cert::Certificate::from_der(&leaf).map_err(|error| unusable(&error))?;
        let leaf = leaf.tbs_certificate();
        let validity = leaf.validity();
        Ok(Certificate {
            key: Arc::new(key),
            names: names(leaf),
            from: validity.not_before.to_unix_duration().as_secs(),
            until: validity.not_after.to_unix_duration().as_secs(),
            issued: leaf.issuer() != leaf.subject(),
            own: false,
        })
    }

    /// Reads them, for use at `now` (seconds since the Unix epoch).
    pub(super) fn load_valid(&self, now: u64) -> Result<Certificate, CertificateError> {
        let certificate = self.load()?;
        certificate.check_time(&self.certificate, now)?;
        Ok(certificate)
    }
}

impl Certificate {
    pub(super) fn check_time(&self, path: &Path, now: u64) -> Result<(), CertificateError> {
        let (when, next) = if now < self.from {
            let when = format!("is not valid before {}", day(self.from));
            (when, "check this machine's clock")
        } else if now >= self.until {
            let when = format!("expired on {}", day(self.until));
            (when, "renew it, or check this machine's clock")
        } else {
            return Ok(());
        };
        Err(CertificateError::Time {
            path: path.display().to_string(),
            when,
            next,
        })
    }

    pub(super) fn is_timely(&self, now: u64) -> bool {
        (self.from..self.until).contains(&now)
    }

    /// Whether it is for this host. A wildcard stands for one label.
    pub(super) fn covers(&self, host: &str) -> bool {
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(covered) => parent == Some(covered),
            None => name == host,
        })
    }

    /// Whether it is time to renew it: in its last 14 days, or the last third of a shorter life.
    pub(super) fn due(&self, now: u64) -> bool {
        let life = self.until.saturating_sub(self.from);
        now.saturating_add(RENEWAL.as_secs().min(life / 3)) >= self.until
    }
}

/// The day of a time in seconds since the Unix epoch, in UTC.
fn day(seconds: u64) -> String {
    match DateTime::from_unix_duration(Duration::from_secs(seconds)) {
        Ok(date) => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        Err(_) => "a day after 9999".into(),
    }
}

/// What encrypts, for everything of ours.
pub(super) fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

fn lacks(path: &Path, what: &'static str) -> CertificateError {
    CertificateError::Lacks {
        path: path.display().to_string(),
        what,
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_PEM).read_to_end(&mut bytes))
        .map_err(|source| CertificateError::Read {
            path: path.display().to_string(),
            source,
        })?;
    Ok(bytes)
}

fn names(leaf: &x509_cert::TbsCertificate) -> Vec<String> {
    let Ok(Some((_, names))) = leaf.get_extension::<SubjectAltName>() else {
        return Vec::new();
    };
    let name = |name: GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        GeneralName::IpAddress(bytes) => host(bytes.as_bytes()),
        _ => None,
    };
    names.0.into_iter().filter_map(name).collect()
}

fn host(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(bytes).to_string());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(format!("[{}]", Ipv6Addr::from(bytes)))
}

/// The certificate that the daemon makes for itself, for native clients: they know the daemon by
/// another key, and look at no name or date.
pub(super) fn self_made(path: &Path) -> Result<Certificate, CertificateError> {
    let files = Files {
        certificate: path.into(),
        key: path.into(),
    };
    if let Ok(certificate) = files.load() {
        return Ok(Certificate {
            own: true,
            ..certificate
        });
    }
    let failed = |error: rcgen::Error| CertificateError::Unusable {
        path: path.display().to_string(),
        why: error.to_string(),
    };
    let made = rcgen::generate_simple_self_signed([String::from("abide")]).map_err(failed)?;
    let text = made.cert.pem() + &made.signing_key.serialize_pem();
    write(path, text.as_bytes()).map_err(|source| CertificateError::Write {
        path: path.display().to_string(),
        source,
    })?;
    Ok(Certificate {
        own: true,
        ..files.load()?
    })
}

/// Replaces a file as a whole; nobody else may read it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = std::fs::remove_file(&new);
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
pub(super) mod tests;
