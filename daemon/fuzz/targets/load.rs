#![no_main]

#[path = "../src/screen.rs"]
#[allow(dead_code, reason = "each target uses its part")]
mod screen;

libfuzzer_sys::fuzz_target!(|input: &[u8]| screen::load(input));
