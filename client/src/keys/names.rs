//! Names of keys: `ctrl+c`, `shift+tab`, `up`, `f5`, `alt+enter`, `a`.

use super::prefix::Chord;
use abide_protocol::input::KeyEvent;

/// Why a name names no key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    #[error("a key name is empty")]
    Empty,
    #[error("{name:?}: {part:?} is no modifier; there are ctrl, alt, shift, super, hyper, meta")]
    Modifier { name: String, part: String },
    #[error("{name:?}: {part:?} is no key; examples: a, enter, tab, esc, up, pageup, f5, space")]
    Key { name: String, part: String },
    #[error("{name:?} cannot be the prefix: it types text or has no modifier")]
    Prefix { name: String },
}

/// The press that `name` names.
pub fn parse(name: &str) -> Result<KeyEvent, NameError> {
    Err(NameError::Key {
        name: name.into(),
        part: name.into(),
    })
}

/// The chord that `name` names; `None` for `none`. Must not be a key that types text.
pub fn parse_prefix(name: &str) -> Result<Option<Chord>, NameError> {
    Err(NameError::Prefix { name: name.into() })
}
