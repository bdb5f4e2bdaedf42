//! Measurements side by side with the bare pseudo-terminal and tmux.

fn main() {}
