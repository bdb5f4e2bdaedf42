//! Rules about the tree itself: who may depend on whom, where `unsafe` may be, what may not be
//! written down, and that what the documents say exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::home::Home;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// Every file of the project, with its path from the root.
fn files() -> Vec<(String, PathBuf)> {
    const SKIPPED: [&str; 4] = [".git", "target", "node_modules", "dist"];
    let mut found = Vec::new();
    let mut directories = vec![root()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("directory") {
            let path = entry.expect("entry").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if SKIPPED.contains(&name) {
                continue;
            }
            if path.is_dir() {
                directories.push(path);
            } else {
                let shown = path.strip_prefix(root()).expect("below the root");
                found.push((shown.to_string_lossy().into_owned(), path.clone()));
            }
        }
    }
    found.sort();
    found
}

fn has_extension(name: &str, wanted: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == wanted)
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).expect("file")).into_owned()
}

fn read(name: &str) -> String {
    text(&root().join(name))
}

/// What cargo knows of the members.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--offline",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("metadata")
}

/// Normal dependencies of each member, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let of_package = |package: &Value| {
        let names = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter();
        let normal = names.filter(|dependency| dependency["kind"].is_null());
        let names = normal.map(|dependency| dependency["name"].as_str().expect("name").to_owned());
        (
            package["name"].as_str().expect("name").to_owned(),
            names.collect(),
        )
    };
    packages.iter().map(of_package).collect()
}

#[test]
fn members_depend_only_on_what_they_may() {
    const IMPURE: [&str; 12] = [
        "tokio",
        "mio",
        "async-std",
        "smol",
        "rustix",
        "libc",
        "nix",
        "portable-pty",
        "rusqlite",
        "socket2",
        "tracing-subscriber",
        "signal-hook",
    ];

    let all = dependencies();
    let members: BTreeSet<&str> = all.keys().map(String::as_str).collect();
    let of_members = |name: &str| -> BTreeSet<&str> {
        all[name]
            .iter()
            .map(String::as_str)
            .filter(|other| members.contains(other))
            .collect()
    };
    assert_eq!(of_members("abide-protocol"), BTreeSet::new());
    assert_eq!(
        of_members("abide-screen"),
        BTreeSet::from(["abide-protocol"])
    );
    assert_eq!(
        of_members("abided"),
        BTreeSet::from(["abide-protocol", "abide-screen"])
    );
    assert_eq!(of_members("abide"), BTreeSet::from(["abide-protocol"]));

    for pure in ["abide-protocol", "abide-screen"] {
        let found: Vec<_> = IMPURE
            .iter()
            .filter(|name| all[pure].contains(**name))
            .collect();
        assert!(found.is_empty(), "{pure} is pure, but depends on {found:?}");
    }
}

/// Text never becomes markup in the page: what a program shows is never read as HTML.
#[test]
fn the_page_makes_no_markup_of_text() {
    const FORBIDDEN: [&str; 7] = [
        "{@html",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "createContextualFragment",
        "parseFromString",
        "document.write",
    ];
    let sources = files();
    let sources = sources
        .iter()
        .filter(|(name, _)| name.starts_with("web-client/src/"));
    let mut found = Vec::new();
    let mut read = 0;
    for (name, path) in sources {
        read += 1;
        let text = text(path);
        let used = FORBIDDEN.iter().filter(|way| text.contains(**way));
        found.extend(used.map(|way| format!("{name}: {way}")));
    }
    assert!(read > 50, "only {read} files of the page were read");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn unsafe_is_in_two_places_only() {
    let mut found = Vec::new();
    for (name, path) in files().iter().filter(|(name, _)| has_extension(name, "rs")) {
        let allowed = ["daemon/src/keeper/pty", "client/src/tty"];
        if allowed.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        for (number, line) in text(path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let keyword = ["{", "fn ", "impl ", "extern ", "trait "]
                .iter()
                .any(|next| code.contains(&format!("unsafe{}{next}", ' ')));
            if keyword {
                found.push(format!("{name}:{}", number + 1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "unsafe outside keeper/pty and client/tty: {found:?}"
    );
}

/// Pure code has neither clock nor files nor sockets.
#[test]
fn pure_crates_do_not_reach_out() {
    const REACHES: [&str; 8] = [
        "std::fs",
        "std::net",
        "std::os::unix::net",
        "Instant::now",
        "SystemTime",
        "std::thread",
        "std::process",
        "std::env::var",
    ];
    for (name, path) in files() {
        let pure = name.starts_with("protocol/src/") || name.starts_with("daemon/screen/src/");
        if !pure || !has_extension(&name, "rs") {
            continue;
        }
        let text = text(&path);
        if text.starts_with("#![cfg(test)]") || name.starts_with("protocol/src/channel/tests/") {
            continue;
        }
        // Test modules come last in a file.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String = code
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default())
            .collect();
        let found: Vec<_> = REACHES
            .iter()
            .filter(|reach| code.contains(**reach))
            .collect();
        assert!(found.is_empty(), "{name} uses {found:?}");
    }
}

/// What encrypts is in one place, and can be left out.
#[test]
fn the_channel_keeps_its_cryptography_to_itself() {
    const OPTIONAL: [&str; 4] = ["aws-lc-rs", "base64ct", "snow", "zeroize"];
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let protocol = packages.iter().find(|p| p["name"] == "abide-protocol");
    let dependencies = protocol.map(|protocol| &protocol["dependencies"]);
    let dependencies = dependencies.and_then(Value::as_array).expect("a list");
    for name in OPTIONAL {
        let dependency = dependencies.iter().find(|d| d["name"] == name);
        assert_eq!(dependency.expect(name)["optional"], true, "{name}");
    }
    for (name, path) in files() {
        let inside = name.starts_with("protocol/src/channel");
        if inside || !has_extension(&name, "rs") || !name.starts_with("protocol/") {
            continue;
        }
        let text = text(&path);
        for used in ["aws_lc_rs", "base64ct::", "snow::", "zeroize::"] {
            assert!(!text.contains(used), "{name} uses {used}");
        }
    }
    // Random bytes have one source, which callers can replace.
    for (name, path) in files() {
        if name.starts_with("protocol/src/channel") && !name.ends_with("/entropy.rs") {
            let text = text(&path);
            for drawn in ["rand::", "generate_keypair", "PrivateKey::generate"] {
                assert!(!text.contains(drawn), "{name} uses {drawn}");
            }
        }
    }
}

/// Viewers see snapshots, never a pseudo-terminal.
#[test]
fn viewers_see_no_terminal() {
    for (name, path) in files() {
        if !name.starts_with("daemon/src/keeper/viewer") || !has_extension(&name, "rs") {
            continue;
        }
        let text = text(&path);
        for forbidden in ["keeper::pty", "super::pty", "portable_pty", "OwnedFd"] {
            assert!(!text.contains(forbidden), "{name} knows {forbidden}");
        }
    }
}

#[test]
fn nothing_of_a_workplace_is_written_down() {
    // Put together here, so that this file does not contain them.
    let forbidden: Vec<String> = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/tmp/", "target"],
        ["/home/", "user/"],
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
    ]
    .iter()
    .map(|parts| parts.concat())
    .collect();
    let mut found = Vec::new();
    for (name, path) in files() {
        if has_extension(&name, "lock")
            || name.contains("/vectors/")
            || name.contains("/recordings/")
        {
            continue;
        }
        let text = text(&path);
        for word in &forbidden {
            if text.contains(word.as_str()) {
                found.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn lock_files_name_no_addresses() {
    for folder in ["tests/emulator", "web-client"] {
        let lock = read(&format!("{folder}/package-lock.json"));
        // Where people are asked to fund a package is no address of a registry.
        let mut lines = lock.lines().map(str::trim_start);
        let support = |line: &&str| line.starts_with("\"url\": ") || line.starts_with("\"http");
        let found = lines.find(|line| line.contains("http") && !support(line));
        assert_eq!(found, None, "npm's lock file in {folder} has addresses");
        assert!(!lock.contains("resolved"), "{folder}");
        let settings = read(&format!("{folder}/.npmrc"));
        assert!(
            settings.contains("omit-lockfile-registry-resolved=true"),
            "{folder}"
        );
    }
}

/// Modules are nouns.
#[test]
fn no_module_is_a_drawer() {
    const DRAWERS: [&str; 7] = [
        "util", "utils", "helper", "helpers", "common", "misc", "manager",
    ];
    for (name, path) in files() {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        assert!(
            !has_extension(&name, "rs") || !DRAWERS.contains(&stem),
            "{name}"
        );
    }
}

/// What went wrong elsewhere is tested here, or cannot be.
#[test]
fn past_failures_have_tests() {
    const CASES: usize = 34;
    let cases: toml::Table = read("tests/security-cases.toml").parse().expect("TOML");
    let cases = cases["case"].as_array().expect("a list");
    assert_eq!(cases.len(), CASES);
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let tests = case.get("tests").and_then(|tests| tests.as_array());
        if case.get("absent").is_some() {
            assert!(tests.is_none(), "{name}: tests of what is absent");
            continue;
        }
        let tests = tests.unwrap_or_else(|| panic!("{name}: neither tests nor absent"));
        assert!(!tests.is_empty() && case.get("rule").is_some(), "{name}");
        for test in tests {
            let test = test.as_str().expect("a text");
            assert!(exists(test), "{name}: there is no test {test}");
        }
    }
}

/// `FILE: FUNCTION`, or `FILE: compile_fail` for documentation that must not compile.
fn exists(test: &str) -> bool {
    let (file, function) = test.split_once(": ").expect("a file and a function");
    let text = read(file);
    if function == "compile_fail" {
        return text.contains("//! ```compile_fail");
    }
    let Some((before, _)) = text.split_once(&format!("fn {function}(")) else {
        return false;
    };
    // The attribute stands right before it, perhaps with others in between.
    let lines = before.trim_end_matches("async ").trim_end().lines().rev();
    let mut attributes = lines.take_while(|line| line.trim_start().starts_with("#["));
    attributes.any(|line| line.contains("test"))
}

fn help(home: &Home, words: &[&str]) -> String {
    let mut arguments = words.to_vec();
    arguments.push("--help");
    home.ok(&arguments)
}

/// The commands of a help text.
fn commands(help: &str) -> Vec<String> {
    let after = help
        .split_once("Commands:")
        .map(|(_, after)| after)
        .unwrap_or_default();
    after
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Every `abide ...` in a document: the words after it, up to what ends a command.
fn mentioned(document: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in document.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let pieces: Vec<&str> = if fenced {
            vec![line.trim_start_matches(['$', ' '])]
        } else {
            line.split('`').skip(1).step_by(2).collect()
        };
        for piece in pieces {
            if let Some(rest) = piece.strip_prefix("abide ") {
                let end = rest.split(['#', '|', ';', '(']).next().unwrap_or_default();
                let words = end.split_whitespace().take_while(|word| *word != "--");
                found.push(words.map(str::to_owned).collect());
            }
        }
    }
    found
}

/// What README and ARCHITECTURE tell people to type exists, and no command is kept from them.
#[test]
fn documents_name_what_exists() {
    let home = Home::new();
    let all = commands(&help(&home, &[]));
    assert!(all.len() > 10, "{all:?}");
    let readme = read("README.md");
    for document in [&readme, &read("ARCHITECTURE.md")] {
        for words in mentioned(document) {
            let Some(command) = words.first().filter(|word| !word.starts_with('-')) else {
                continue;
            };
            if command.chars().any(char::is_uppercase) {
                continue;
            }
            let text = help(&home, &[command.as_str()]);
            for option in words
                .iter()
                .filter(|word| word.starts_with('-') && *word != "-")
            {
                let option = option.split('=').next().unwrap_or_default();
                assert!(
                    text.contains(option),
                    "abide {} has no {option}",
                    words.join(" ")
                );
            }
            if command == "daemon"
                && let Some(what) = words.get(1)
            {
                assert!(commands(&text).contains(what), "abide {}", words.join(" "));
            }
        }
    }
    for command in all {
        assert!(
            readme.contains(&format!("abide {command}")),
            "README does not name {command}"
        );
    }
    let makefile = read("Makefile");
    for line in readme
        .lines()
        .filter_map(|line| line.trim().strip_prefix("make "))
    {
        let target = line.split_whitespace().next().unwrap_or_default();
        assert!(
            makefile.contains(&format!("\n{target}:")),
            "no make {target}"
        );
    }
}

/// Every command has help that says what it does, and a manual page.
#[test]
fn every_command_has_help_and_a_page() {
    let home = Home::new();
    let pages = home.user().join("man");
    std::fs::create_dir(&pages).unwrap();
    home.ok(&["man", pages.to_str().unwrap()]);
    for command in commands(&help(&home, &[])) {
        let text = help(&home, &[&command]);
        assert!(
            text.lines().next().is_some_and(|line| line.len() > 10),
            "{command}: {text}"
        );
        let page = pages.join(format!("abide-{command}.1"));
        assert!(text_has(&page, ".SH"), "{} is no page", page.display());
    }
    assert!(text_has(&pages.join("abide.1"), ".SH"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            home.ok(&["completions", shell]).contains("abide"),
            "{shell}"
        );
    }
}

fn text_has(path: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.contains(wanted))
}
