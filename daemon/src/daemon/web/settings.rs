//! What is shared, as the configuration file says: its table `share`.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use abide_protocol::channel::address::{Address, Scheme};
use abide_protocol::message::ShareChange;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::certificate::Files;
use super::limits::{MAX_LISTEN, MAX_NAMES};

const TABLE: &str = "share";
const KEYS: [&str; 5] = ["listen", "certificate", "key", "names", "loopback"];

/// What is shared.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Settings {
    /// Where TLS is spoken; empty: nowhere.
    pub(super) listen: Vec<SocketAddr>,
    /// `None`: the daemon makes its own.
    pub(super) files: Option<Files>,
    /// Under which names others reach this machine.
    pub(super) names: Vec<Name>,
    /// The port on 127.0.0.1 where HTTP is spoken; `None`: none.
    pub(super) loopback: Option<u16>,
}

/// `HOST[:PORT]`; without a port, those that are listened on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Name {
    host: String,
    port: Option<u16>,
}

/// Why the settings cannot be read, changed or kept, in one line.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettingsError {
    #[error("cannot read {path}: {source}; mend it, then: abide share")]
    Read { path: String, source: io::Error },
    #[error("cannot write {path}: {source}; free some space or mend its mode")]
    Write { path: String, source: io::Error },
    #[error("{path}: {why}; mend it, then: abide share")]
    Text { path: String, why: String },
    #[error("{0}")]
    Wrong(String),
}

impl Name {
    /// Its places, where these ports are listened on.
    pub(super) fn places(&self, ports: &[u16]) -> Vec<Address> {
        let own = self.port.map(|port| vec![port]);
        let ports = own.unwrap_or_else(|| ports.to_vec());
        let place = |port| Address::new(Scheme::Https, &self.host, port);
        ports.into_iter().filter_map(place).collect()
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// A host of a certificate.
    pub(super) fn of(host: &str) -> Option<Self> {
        host.parse().ok().filter(|name: &Self| name.port.is_none())
    }
}

impl FromStr for Name {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let lower = text.to_ascii_lowercase();
        // The scheme's own port is written only where it is meant.
        let with = |port: &str| format!("abide://{lower}{port}").parse::<Address>();
        let (address, port) = match with("") {
            Ok(address) => {
                let port = Some(address.port());
                (address, port)
            }
            Err(_) => (
                with(":443").map_err(|_| {
                    SettingsError::Wrong(format!(
                        "\"{text}\" is not a name that others can use; write it like \
                         desk.example.org or desk.example.org:8443"
                    ))
                })?,
                None,
            ),
        };
        Ok(Self {
            host: address.host().into(),
            port,
        })
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl Settings {
    /// What the file says; a missing file or table shares nothing.
    pub(super) fn load(path: &Path) -> Result<Self, SettingsError> {
        let document = read(path)?;
        let settings = Self::of(&document);
        settings.map_err(|why| SettingsError::Text {
            path: path.display().to_string(),
            why,
        })
    }

    fn of(document: &DocumentMut) -> Result<Self, String> {
        let Some(table) = document.get(TABLE) else {
            return Ok(Self::default());
        };
        let table = table.as_table_like().ok_or("share is not a table")?;
        if let Some((key, _)) = table.iter().find(|(key, _)| !KEYS.contains(key)) {
            return Err(format!("share.{key} is not known"));
        }
        let list = |key: &'static str| match table.get(key) {
            None => Ok(Vec::new()),
            Some(item) => strings(item).ok_or(format!("share.{key} is not a list of texts")),
        };
        let file = |key: &'static str| match table.get(key) {
            None => Ok(None),
            Some(item) => match item.as_str() {
                Some(path) => Ok(Some(PathBuf::from(path))),
                None => Err(format!("share.{key} is not a path in quotes")),
            },
        };
        let files = match (file("certificate")?, file("key")?) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(Files { certificate, key }),
            _ => return Err("share has one of certificate and key without the other".into()),
        };
        let loopback = table.get("loopback").map(|item| {
            let port = item.as_integer().and_then(|port| u16::try_from(port).ok());
            port.filter(|port| *port != 0)
        });
        Ok(Self {
            listen: listen(&list("listen")?).map_err(|error| error.to_string())?,
            files,
            names: names(&list("names")?).map_err(|error| error.to_string())?,
            loopback: match loopback {
                None => None,
                Some(port) => Some(port.ok_or("share.loopback is not a port")?),
            },
        })
    }

    /// As the change wants them.
    pub(super) fn changed(&self, change: &ShareChange) -> Result<Self, SettingsError> {
        let mut new = self.clone();
        if change.off {
            new.listen = Vec::new();
            new.loopback = None;
        }
        if let Some(addresses) = &change.listen {
            new.listen = listen(addresses)?;
        }
        match (&change.certificate, &change.key) {
            (None, None) => {}
            (Some(certificate), Some(key)) if certificate.is_empty() && key.is_empty() => {
                new.files = None;
            }
            (Some(certificate), Some(key)) => {
                new.files = Some(Files {
                    certificate: certificate.into(),
                    key: key.into(),
                });
            }
            _ => {
                let line =
                    "a certificate and its key go together: abide share --cert FILE --key FILE";
                return Err(SettingsError::Wrong(line.into()));
            }
        }
        if let Some(all) = &change.names {
            new.names = names(all)?;
        }
        if let Some(port) = change.loopback {
            new.loopback = Some(port).filter(|port| *port != 0);
        }
        Ok(new)
    }

    /// Writes them into the file; what else is in it, comments too, stays as it is.
    pub(super) fn store(&self, path: &Path) -> Result<(), SettingsError> {
        let mut document = read(path)?;
        let table = document.entry(TABLE).or_insert(Item::Table(Table::new()));
        if let Some(table) = table.as_table_like_mut() {
            let texts = |texts: Vec<String>| {
                let array: Array = texts.into_iter().collect();
                (!array.is_empty()).then(|| Value::from(array))
            };
            let shown = |path: &PathBuf| Value::from(path.display().to_string());
            let files = self.files.as_ref();
            let listen = self.listen.iter().map(ToString::to_string).collect();
            let names = self.names.iter().map(ToString::to_string).collect();
            for (key, value) in [
                ("listen", texts(listen)),
                ("certificate", files.map(|files| shown(&files.certificate))),
                ("key", files.map(|files| shown(&files.key))),
                ("names", texts(names)),
                (
                    "loopback",
                    self.loopback.map(|port| Value::from(i64::from(port))),
                ),
            ] {
                match value {
                    None => drop(table.remove(key)),
                    Some(value) => set(table.entry(key).or_insert(Item::None), value),
                }
            }
        }
        write(path, document.to_string().as_bytes()).map_err(|source| SettingsError::Write {
            path: path.display().to_string(),
            source,
        })
    }
}

/// Puts a value in the place of another, with the blanks and comments around it.
fn set(item: &mut Item, mut value: Value) {
    if let Some(old) = item.as_value() {
        *value.decor_mut() = old.decor().clone();
    }
    *item = Item::Value(value);
}

fn listen(texts: &[String]) -> Result<Vec<SocketAddr>, SettingsError> {
    if texts.len() > MAX_LISTEN {
        let line = format!("at most {MAX_LISTEN} addresses are listened on; name fewer");
        return Err(SettingsError::Wrong(line));
    }
    let mut found = Vec::new();
    for text in texts {
        let address: Option<SocketAddr> = text.parse().ok();
        let address = address
            .filter(|address| address.port() != 0)
            .ok_or_else(|| {
                SettingsError::Wrong(format!(
                    "\"{text}\" is not an address to listen on; write it like 192.0.2.1:7373 or \
                 [2001:db8::1]:7373, or 0.0.0.0:7373 for all of IPv4"
                ))
            })?;
        if !found.contains(&address) {
            found.push(address);
        }
    }
    Ok(found)
}

fn names(texts: &[String]) -> Result<Vec<Name>, SettingsError> {
    if texts.len() > MAX_NAMES {
        let line = format!("a machine has at most {MAX_NAMES} names here; name fewer");
        return Err(SettingsError::Wrong(line));
    }
    texts.iter().map(|text| text.parse()).collect()
}

fn strings(item: &Item) -> Option<Vec<String>> {
    if let Some(text) = item.as_str() {
        return Some(vec![text.into()]);
    }
    let texts = item.as_array()?.iter();
    texts.map(|value| Some(value.as_str()?.into())).collect()
}

fn read(path: &Path) -> Result<DocumentMut, SettingsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => {
            return Err(SettingsError::Read {
                path: path.display().to_string(),
                source,
            });
        }
    };
    text.parse::<DocumentMut>().map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text.get(..span.start)
                .unwrap_or_default()
                .matches('\n')
                .count()
                + 1
        });
        let why = error.message().lines().next().unwrap_or_default();
        SettingsError::Text {
            path: path.display().to_string(),
            why: format!("line {line}: {why}"),
        }
    })
}

/// Replaces the file as a whole; if it is a link, what it leads to.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let new = path.with_extension("toml.new");
    let mut file = std::fs::File::create(&new)?;
    if let Ok(old) = std::fs::metadata(&path) {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, &path)
}

#[cfg(test)]
mod tests;
