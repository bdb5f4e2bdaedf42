//! The files of the web client, by the path of a request.

/// One file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) path: &'static str,
    /// What `Content-Type` says.
    pub(super) kind: &'static str,
    pub(super) bytes: &'static [u8],
    /// The same by gzip, where that is shorter.
    pub(super) packed: Option<&'static [u8]>,
    pub(super) keep: Keep,
}

/// How long a browser may use what it has.
#[allow(dead_code, reason = "where the page was not built, nothing is kept")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keep {
    Never,
    /// After it has asked whether it is still the same.
    Asking,
    /// Its path changes with its content.
    Forever,
}

impl Keep {
    /// What `Cache-Control` says.
    pub(super) fn policy(self) -> &'static str {
        match self {
            Self::Never => "no-store",
            Self::Asking => "no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
        }
    }
}

/// Empty where the page was not built.
const PAGES: &[Page] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));
/// Where pairing links lead: the page reads what is behind the `#`.
const PAIRING: &str = "/p";

/// The file of exactly this path; nothing is decoded, joined or guessed.
pub(super) fn find(path: &str) -> Option<&'static Page> {
    let path = if path == PAIRING { "/" } else { path };
    PAGES.iter().find(|page| page.path == path)
}

#[cfg(test)]
pub(super) fn all() -> &'static [Page] {
    PAGES
}
