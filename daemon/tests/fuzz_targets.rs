//! A try of every fuzz target: the corpus, and inputs made of it. `make fuzz` goes on for longer,
//! and is led by coverage.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../fuzz/src/history.rs"]
mod history;
#[path = "../fuzz/src/screen.rs"]
mod screen;

use std::fs;
use std::path::Path;

/// Inputs made of each one of the corpus.
const MADE: u64 = 60;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    /// Below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = fs::read_dir(folder.join(target)).expect("a corpus");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let read = paths.iter().map(|path| fs::read(path).expect("an input"));
    read.collect()
}

/// A few changes: bytes set, parts repeated, dropped, or taken from another input.
fn changed(input: &[u8], others: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut made = input.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(made.len());
        let part = at..(at + 1 + numbers.below(24)).min(made.len());
        match numbers.below(5) {
            0 if !made.is_empty() => made[at] = numbers.below(256) as u8,
            1 if !made.is_empty() => made[at] ^= 1 << numbers.below(8),
            2 => drop(made.drain(part)),
            3 => {
                let again = made[part].repeat(1 + numbers.below(40));
                made.splice(at..at, again);
            }
            _ => {
                let other = &others[numbers.below(others.len())];
                let from = numbers.below(other.len());
                made.splice(at..at, other[from..].iter().copied());
            }
        }
    }
    made
}

fn check(target: &str, run: impl Fn(&[u8])) {
    let inputs = corpus(target);
    assert!(!inputs.is_empty());
    let mut numbers = Numbers(1);
    for input in &inputs {
        run(input);
        for _ in 0..MADE {
            run(&changed(input, &inputs, &mut numbers));
        }
    }
}

#[test]
fn feed() {
    check("feed", screen::feed);
}

#[test]
fn save() {
    check("save", screen::save);
}

#[test]
fn load() {
    check("load", screen::load);
}

#[test]
fn history_file() {
    check("history", history::read);
}
