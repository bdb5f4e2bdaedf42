//! As many bytes through one session as anybody will ever send: the keeper takes no more memory for
//! them, and answers meanwhile.

use support::home::Home;
use support::{process, soak, wait};

/// KiB that a keeper may take: its history in memory, what waits for the disk, and itself.
const MOST: u64 = (1 << 10) + (8 << 10) + (24 << 10);

/// Bytes, and titles.
fn amounts() -> (u64, u64) {
    if soak() {
        (4 << 30, 1_000_000)
    } else {
        (48 << 20, 20_000)
    }
}

fn check(script: &str) {
    let home = Home::new();
    let configuration = home.abide().join("config");
    std::fs::create_dir_all(&configuration).unwrap();
    let bounds = "[history]\nmemory = \"1 MiB\"\ndisk = \"16 MiB\"\n";
    std::fs::write(configuration.join("config.toml"), bounds).unwrap();
    let script = format!("read x; {script}; printf '\\nall of it\\n'; exec cat");
    home.ok(&[
        "new", "endless", "--detach", "--size", "200x50", "--", "bash", "-c", &script,
    ]);
    let keeper = home.keeper("endless");
    home.ok(&["keys", "endless", "enter"]);
    let mut most = 0;
    let over = || {
        most = most.max(process::pss_kib(keeper).expect("the keeper lives"));
        home.ok(&["capture", "endless"])
            .contains("all of it")
            .then_some(())
    };
    wait::within(std::time::Duration::from_mins(25), "the end of it", over);
    assert!(most <= MOST, "{most} KiB");
    assert!(home.info("endless")["rebuilt"] == 0);
}

#[test]
fn a_line_of_gigabytes() {
    let (bytes, _) = amounts();
    check(&format!("head -c {bytes} /dev/zero | tr '\\0' x"));
}

#[test]
fn a_million_titles() {
    let (_, titles) = amounts();
    check(&format!("seq -f $'\\e]2;title %.0f\\a' {titles}"));
}
