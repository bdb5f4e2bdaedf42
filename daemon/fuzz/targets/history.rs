#![no_main]

#[path = "../src/history.rs"]
mod history;

libfuzzer_sys::fuzz_target!(|input: &[u8]| history::read(input));
