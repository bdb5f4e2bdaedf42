//! Golden vectors: what version 1 looks like on the wire, for every later build and every other
//! language.
//!
//! `vectors/latest` is what this build writes; `ABIDE_REWRITE=1` brings it up to date after a
//! deliberate change. The other directories of `vectors` are frozen copies, one per release: they
//! are never rewritten, and every build reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write};
use std::fs;
use std::path::{Path, PathBuf};

use abide_protocol::message::{ToClient, ToServer};
use abide_protocol::wire::{FrameReader, Message, encode_to_client, encode_to_server};
use abide_protocol::{SessionId, record};
use serde_json::{Value, json};
use support::meaning::meaning;
use support::{examples, screens};

const FILES: [&str; 3] = ["to-server.json", "to-client.json", "records.json"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let pairs = digits.map(|pair| str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

fn vector(name: &str, bytes: &[u8], value: &impl Debug) -> Value {
    json!({ "name": name, "hex": hex(bytes), "meaning": meaning(value) })
}

/// What this build writes, file by file.
fn latest() -> [Value; 3] {
    let frame = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        bytes
    };
    let to_server = examples::to_server();
    let to_server = to_server.iter().map(|(name, message)| {
        vector(name, &frame(&|out| encode_to_server(message, out)), message)
    });
    let to_client = examples::to_client();
    let to_client = to_client.iter().map(|(name, message)| {
        vector(name, &frame(&|out| encode_to_client(message, out)), message)
    });
    let (spec, info) = (examples::spec(), examples::info());
    let snapshot = screens::before();
    let records = [
        vector("spec", &record::encode_spec(&spec), &spec),
        vector("info", &record::encode_info(&info), &info),
        vector("rows", &record::encode_rows(&snapshot.rows), &snapshot.rows),
        vector("snapshot", &record::encode_snapshot(&snapshot), &snapshot),
    ];
    [
        to_server.collect(),
        to_client.collect(),
        records.into_iter().collect(),
    ]
}

fn read_message<M: Message + Debug>(bytes: &[u8]) -> Value {
    let mut reader = FrameReader::<M>::new();
    reader.push(bytes);
    let message = reader.next().expect("a message").expect("a whole message");
    assert_eq!(reader.pending(), 0);
    meaning(&message)
}

fn read_record(name: &str, bytes: &[u8]) -> Value {
    match name {
        "spec" => meaning(&record::decode_spec(bytes).unwrap()),
        "info" => meaning(&record::decode_info(bytes).unwrap()),
        "rows" => meaning(&record::decode_rows(bytes).unwrap()),
        "snapshot" => meaning(&record::decode_snapshot(bytes).unwrap()),
        _ => panic!("a record of unknown kind {name}"),
    }
}

/// Everything that `frozen` says holds in `now`, which may say more: fields are only ever added.
fn holds(frozen: &Value, now: &Value) -> bool {
    match (frozen, now) {
        (Value::Object(frozen), Value::Object(now)) => frozen
            .iter()
            .all(|(name, value)| now.get(name).is_some_and(|now| holds(value, now))),
        (Value::Array(frozen), Value::Array(now)) => {
            let pairs = frozen.iter().zip(now);
            frozen.len() == now.len() && pairs.into_iter().all(|(a, b)| holds(a, b))
        }
        (frozen, now) => frozen == now,
    }
}

fn check_folder(folder: &Path) {
    for file in FILES {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            let name = vector["name"].as_str().unwrap();
            let bytes = unhex(vector["hex"].as_str().unwrap());
            let now = match file {
                "to-server.json" => read_message::<ToServer>(&bytes),
                "to-client.json" => read_message::<ToClient>(&bytes),
                _ => read_record(name, &bytes),
            };
            let frozen = &vector["meaning"];
            assert!(holds(frozen, &now), "{name}\n was {frozen}\n now {now}");
        }
    }
}

#[test]
fn every_vector_ever_released_is_read() {
    let folders = fs::read_dir(folder()).unwrap();
    let folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
    assert!(folders.iter().any(|folder| folder.ends_with("0.1.0")));
    for folder in folders.iter().filter(|path| path.is_dir()) {
        check_folder(folder);
    }
}

#[test]
fn this_build_writes_the_latest_vectors() {
    let rewrite = std::env::var_os("ABIDE_REWRITE").is_some();
    for (file, vectors) in FILES.into_iter().zip(latest()) {
        let path = folder().join("latest").join(file);
        let lines: Vec<_> = vectors
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        let text = format!("[\n{}\n]\n", lines.join(",\n"));
        if rewrite {
            fs::write(&path, text).unwrap();
        } else {
            let before = fs::read_to_string(&path).unwrap();
            assert!(
                before == text,
                "{file} changed; if on purpose, set ABIDE_REWRITE=1"
            );
        }
    }
}

/// Each frame kind that a build knows, and each kind of request, answer and input.
#[test]
fn there_is_a_vector_of_every_kind() {
    let [to_server, to_client, _] = latest();
    let known = |vectors: &Value, from: usize| -> BTreeSet<u16> {
        let vectors = vectors.as_array().unwrap();
        let bytes = vectors
            .iter()
            .map(|vector| unhex(vector["hex"].as_str().unwrap()));
        bytes
            .map(|bytes| u16::from_le_bytes([bytes[from], bytes[from + 1]]))
            .collect()
    };
    assert_eq!(known(&to_server, 4), (1..=13).collect());
    assert_eq!(known(&to_client, 4), (1..=14).collect());
    let names = |vectors: &Value, path: &[&str]| -> BTreeSet<String> {
        let vectors = vectors.as_array().unwrap().iter();
        let inner = vectors.filter_map(|vector| {
            path.iter()
                .try_fold(&vector["meaning"], |value, key| value.get(key))
        });
        inner
            .map(|value| match value {
                Value::Object(fields) => fields.keys().next().unwrap().clone(),
                value => value.as_str().unwrap().to_owned(),
            })
            .collect()
    };
    assert_eq!(names(&to_server, &["Request", "request"]).len(), 28);
    assert_eq!(names(&to_server, &["Input", "event"]).len(), 6);
    assert_eq!(names(&to_client, &["Answer", "answer"]).len(), 18);
}

fn check_cuts<M: Message + PartialEq + Debug>(vectors: &Value) {
    for vector in vectors.as_array().unwrap() {
        let bytes = unhex(vector["hex"].as_str().unwrap());
        let mut reader = FrameReader::<M>::new();
        for byte in &bytes {
            assert_eq!(reader.next(), Ok(None), "{}", vector["name"]);
            reader.push(&[*byte]);
        }
        assert!(matches!(reader.next(), Ok(Some(_))), "{}", vector["name"]);
    }
}

#[test]
fn a_message_cut_at_any_byte_waits_for_the_rest() {
    let [to_server, to_client, _] = latest();
    check_cuts::<ToServer>(&to_server);
    check_cuts::<ToClient>(&to_client);
}

#[test]
fn a_meaning_is_json() {
    let id = SessionId([0xab; 16]);
    let value = (
        Some(id),
        None::<u8>,
        "a\"\u{1b}ü",
        'x',
        u64::MAX,
        -1,
        [true],
    );
    let expected = json!([
        id.to_string(),
        null,
        "a\"\u{1b}ü",
        "x",
        "18446744073709551615",
        -1,
        [true],
    ]);
    assert_eq!(meaning(&value), expected);
    let row = abide_protocol::Mark {
        column: 1,
        kind: abide_protocol::MarkKind::End(Some(-1)),
    };
    let expected = json!({ "Mark": { "column": 1, "kind": { "End": -1 } } });
    assert_eq!(meaning(&row), expected);
}
