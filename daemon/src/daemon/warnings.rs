//! What a person should know about the daemon: `abide daemon status` and `doctor` show it.

use std::collections::BTreeMap;

/// One line per subject; a line goes when its subject is settled.
#[derive(Default)]
pub(super) struct Warnings(BTreeMap<&'static str, String>);

impl Warnings {
    pub(super) fn raise(&mut self, subject: &'static str, line: String) {
        tracing::warn!("{line}");
        self.0.insert(subject, line);
    }

    pub(super) fn settle(&mut self, subject: &'static str) {
        self.0.remove(subject);
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.values().cloned().collect()
    }
}
