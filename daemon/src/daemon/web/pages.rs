//! The files of the web client, by the path of a request.

/// One file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) path: &'static str,
    /// What `Content-Type` says.
    pub(super) kind: &'static str,
    pub(super) bytes: &'static [u8],
}

const PAGES: &[Page] = &[];

/// The file of exactly this path; nothing is decoded, joined or guessed.
pub(super) fn find(path: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.path == path)
}

#[cfg(test)]
pub(super) fn all() -> &'static [Page] {
    PAGES
}
