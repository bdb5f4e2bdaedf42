//! What the codec promises: whole messages come back, halves wait, garbage is refused, and what
//! later builds add is skipped.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its numbers are small"
)]

mod support;

use std::fmt::Debug;
use std::sync::Arc;

use abide_protocol::input::InputEvent;
use abide_protocol::message::{Answer, Event, FailKind, Request, ToClient, ToServer, ViewerHeader};
use abide_protocol::wire::{
    FrameReader, Message, UpdateBody, WireError, encode_to_client, encode_to_server, encode_update,
};
use abide_protocol::{LineNo, RequestId, Row, Segment, diff, limits, record};
use minicbor::Encoder;
use proptest::prelude::*;
use support::messages::{info, spec, to_client, to_server};

fn read<M: Message>(bytes: &[u8]) -> Result<Option<M>, WireError> {
    let mut reader = FrameReader::new();
    reader.push(bytes);
    reader.next()
}

/// Whole, it comes back; cut anywhere, it waits; in any two pieces, it comes back.
fn check_frames<M: Message + PartialEq + Debug>(message: &M, bytes: &[u8], cut: usize) {
    assert_eq!(read::<M>(bytes).unwrap().as_ref(), Some(message));
    let cut = cut % bytes.len();
    let mut reader = FrameReader::<M>::new();
    reader.push(&bytes[..cut]);
    assert_eq!(reader.next(), Ok(None), "cut at {cut}");
    reader.push(&bytes[cut..]);
    assert_eq!(reader.next().unwrap().as_ref(), Some(message));
    assert_eq!(reader.next(), Ok(None));
    assert_eq!(reader.pending(), 0);
}

fn check_rows(rows: &[Arc<Row>]) {
    for row in rows {
        row.check().unwrap();
    }
}

fn server_frame(message: &ToServer) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_to_server(message, &mut bytes);
    bytes
}

fn client_frame(message: &ToClient) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_to_client(message, &mut bytes);
    bytes
}

/// A frame by hand, of at most one part.
fn frame(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32 + 2).to_le_bytes().to_vec();
    bytes.extend(kind.to_le_bytes());
    bytes.extend(body);
    bytes
}

/// A body by hand.
fn cbor(
    write: impl FnOnce(
        &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>>,
) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder).unwrap();
    encoder.into_writer()
}

proptest! {
    #[test]
    fn messages_to_servers_come_back(message in to_server(), cut: usize) {
        check_frames(&message, &server_frame(&message), cut);
    }

    #[test]
    fn messages_to_clients_come_back(message in to_client(), cut: usize) {
        check_frames(&message, &client_frame(&message), cut);
    }

    #[test]
    fn records_come_back(message in to_client(), spec in spec(), info in info()) {
        prop_assert_eq!(record::decode_spec(&record::encode_spec(&spec)), Ok(spec));
        prop_assert_eq!(record::decode_info(&record::encode_info(&info)), Ok(info));
        if let ToClient::Snapshot { snapshot, .. } = message {
            let rows = record::encode_rows(&snapshot.rows);
            prop_assert_eq!(&record::decode_rows(&rows).unwrap(), &snapshot.rows);
            let bytes = record::encode_snapshot(&snapshot);
            prop_assert_eq!(record::decode_snapshot(&bytes).unwrap(), *snapshot);
        }
    }

    #[test]
    fn a_body_encoded_once_is_the_same_message(message in to_client()) {
        if let ToClient::Update { header, update } = &message {
            let mut bytes = Vec::new();
            encode_update(header, &UpdateBody::of(update), &mut bytes);
            prop_assert_eq!(bytes, client_frame(&message));
        }
    }

    #[test]
    fn bytes_never_panic(kind in 0_u16..16, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read::<ToServer>(&frame(kind, &body));
        let _ = read::<ToClient>(&frame(kind, &body));
        let _ = read::<ToClient>(&body);
        let _ = record::decode_rows(&body);
        let _ = record::decode_snapshot(&body);
    }

    /// Far more of these get past the first checks than random bytes do.
    #[test]
    fn damaged_messages_never_panic_and_never_make_broken_values(
        message in to_client(), places in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4)
    ) {
        let mut bytes = client_frame(&message);
        for (place, byte) in places {
            let place = 6 + place % (bytes.len() - 6).max(1);
            if let Some(hit) = bytes.get_mut(place) {
                *hit = byte;
            }
        }
        match read::<ToClient>(&bytes) {
            Ok(Some(ToClient::Snapshot { snapshot, .. })) => snapshot.check().unwrap(),
            Ok(Some(ToClient::Answer { answer: Answer::Rows { rows, .. }, .. })) => {
                check_rows(&rows);
            }
            Ok(Some(ToClient::Update { update, .. })) => {
                for segment in &update.segments {
                    if let Segment::Rows(rows) = segment {
                        check_rows(rows);
                    }
                }
            }
            _ => {}
        }
    }

    #[test]
    fn damaged_input_never_panics(message in to_server(), place: usize, byte: u8) {
        let mut bytes = server_frame(&message);
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = read::<ToServer>(&bytes);
    }
}

#[test]
fn long_messages_travel_in_parts() {
    for length in [
        0,
        1,
        limits::PART - 100,
        limits::PART,
        3 * limits::PART,
        limits::MAX_PASTE,
    ] {
        let message = ToServer::Input {
            stream: abide_protocol::StreamId([7; 16]),
            seq: abide_protocol::InputSeq(1),
            event: InputEvent::Paste("x".repeat(length)),
        };
        let bytes = server_frame(&message);
        let mut frames = 0;
        let mut rest = bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_le_bytes(*length) as usize;
            assert!(length <= limits::PART + 2);
            rest = &after[length..];
            frames += 1;
        }
        assert_eq!(frames, bytes.len().div_ceil(limits::PART + 6).max(1));
        let mut reader = FrameReader::<ToServer>::new();
        for piece in bytes.chunks(4000) {
            assert_eq!(reader.next(), Ok(None));
            reader.push(piece);
        }
        assert_eq!(reader.next(), Ok(Some(message)));
    }
}

#[test]
fn broken_streams_are_refused_for_good() {
    let long = (limits::PART as u32 + 3).to_le_bytes().to_vec();
    let more = 1 << 15;
    let part = frame(5 | more, &vec![0; limits::PART]);
    let check = |bytes: &[u8], expected: WireError| {
        let mut reader = FrameReader::<ToServer>::new();
        reader.push(bytes);
        assert_eq!(reader.next(), Err(expected.clone()));
        reader.push(&server_frame(&ToServer::Detach));
        assert_eq!(reader.next(), Err(expected.clone()), "an error stays");
        assert!(expected.to_string().starts_with("the peer "), "{expected}");
    };
    check(
        &long,
        WireError::LongFrame {
            length: limits::PART + 3,
        },
    );
    check(
        &[255; 4],
        WireError::LongFrame {
            length: u32::MAX as usize,
        },
    );
    check(&[1, 0, 0, 0, 0], WireError::ShortFrame);
    check(&frame(5 | more, &[]), WireError::ShortFrame);
    check(
        &[part.clone(), frame(4, &[0x80])].concat(),
        WireError::MixedParts,
    );
    let max = limits::MAX_TO_SERVER;
    check(
        &part.repeat(max / limits::PART + 1),
        WireError::LongMessage { max },
    );
    assert!(
        read::<ToServer>(&frame(4, &[0x80, 0x80])).is_err(),
        "bytes after a body"
    );
    assert!(read::<ToServer>(&frame(4, &[])).is_err(), "no body");
    let malformed = read::<ToServer>(&frame(2, &[0x80])).unwrap_err();
    assert!(
        malformed
            .to_string()
            .contains("malformed message of kind 2"),
        "{malformed}"
    );
}

#[test]
fn what_a_later_build_adds_is_skipped() {
    // An unknown kind of message, in one frame and in parts.
    let body = cbor(|e| e.map(1)?.str("new")?.array(2)?.u8(1)?.null()?.ok());
    let parts = [frame(0x7000 | 1 << 15, &body), frame(0x7000, &body)].concat();
    for bytes in [frame(0x7000, &body), parts] {
        assert_eq!(read(&bytes), Ok(Some(ToServer::Unknown)));
        assert_eq!(read(&bytes), Ok(Some(ToClient::Unknown)));
    }
    // Further fields of a message.
    let ack = cbor(|e| e.array(2)?.array(3)?.u8(1)?.u8(2)?.str("new")?.map(0)?.ok());
    let revision = abide_protocol::Revision {
        incarnation: 1,
        counter: 2,
    };
    assert_eq!(read(&frame(6, &ack)), Ok(Some(ToServer::Ack { revision })));
    // An unknown request, answer, event, and reason.
    let unknown = |e: &mut Encoder<Vec<u8>>| e.array(2)?.u16(999)?.array(1)?.str("new")?.ok();
    let request = cbor(|e| unknown(e.array(2)?.u8(7)?));
    let id = RequestId(7);
    let expected = ToServer::Request {
        id,
        request: Request::Unknown,
    };
    assert_eq!(read(&frame(2, &request)), Ok(Some(expected)));
    let expected = ToClient::Answer {
        id,
        answer: Answer::Unknown,
    };
    assert_eq!(read(&frame(2, &request)), Ok(Some(expected)));
    let header = cbor(|e| unknown(e.array(2)?.u8(7)?.array(1)?.array(2)?.u8(3)?));
    let expected = ViewerHeader {
        applied: abide_protocol::InputSeq(7),
        tail: None,
        events: vec![(abide_protocol::EventNo(3), Event::Unknown)],
    };
    assert_eq!(
        read(&frame(6, &header)),
        Ok(Some(ToClient::Header(Box::new(expected))))
    );
    let closed = cbor(|e| e.array(2)?.u16(999)?.str("why")?.ok());
    match read(&frame(11, &closed)) {
        Ok(Some(ToClient::Closed(failure))) => assert_eq!(failure.kind, FailKind::Internal),
        other => panic!("{other:?}"),
    }
    // An unknown way to end a session makes the request unknown, not the link broken.
    let end = cbor(|e| {
        e.array(2)?
            .u8(7)?
            .array(2)?
            .u8(6)?
            .array(2)?
            .bytes(&[0; 16])?
            .u8(99)?
            .ok()
    });
    let expected = ToServer::Request {
        id,
        request: Request::Unknown,
    };
    assert_eq!(read(&frame(2, &end)), Ok(Some(expected)));
}

#[test]
fn rows_and_segments_skip_what_is_new() {
    // Answer::Rows with one row that has a fifth field, an unknown mark and a pen with a seventh.
    let rows = cbor(|e| {
        e.array(2)?.u8(7)?.array(2)?.u8(5)?.array(2)?.u8(9)?;
        e.array(1)?.array(5)?.str("ab")?;
        e.array(2)?
            .array(7)?
            .u8(1)?
            .null()?
            .u8(0)?
            .u8(0)?
            .null()?
            .null()?
            .str("new")?
            .u8(2)?;
        e.bool(true)?;
        e.array(2)?
            .array(2)?
            .u8(0)?
            .u8(77)?
            .array(2)?
            .u8(1)?
            .u8(0)?;
        e.str("new")?.ok()
    });
    match read(&frame(2, &rows)) {
        Ok(Some(ToClient::Answer {
            answer: Answer::Rows { from, rows, .. },
            ..
        })) => {
            assert_eq!(from, LineNo(9));
            assert_eq!(
                (rows[0].text(), rows[0].wrapped(), rows[0].marks().len()),
                ("ab", true, 1)
            );
        }
        other => panic!("{other:?}"),
    }
}

/// A row, title, link or name that could act on a terminal.
#[test]
fn control_characters_are_refused() {
    for text in ["\u{1b}[2J", "a\tb", "\u{7f}", "ü\u{9b}31m", "a\nb", "\0"] {
        let row = cbor(|e| e.array(2)?.u8(1)?.array(1)?.str(text)?.ok());
        assert!(record::decode_rows(&row).is_err(), "{text:?} as a row");
        let run = cbor(|e| {
            e.array(2)?.u8(1)?.array(1)?.array(2)?.str(text)?;
            e.array(2)?.u8(0)?.u64(text.chars().count() as u64)?.ok()
        });
        assert!(record::decode_rows(&run).is_err(), "{text:?} as a run");
        for (id, uri) in [(text, "uri"), ("id", text)] {
            let link = cbor(|e| {
                e.array(2)?.u8(1)?.array(1)?.array(2)?.str("x")?.array(2)?;
                e.array(6)?.null()?.null()?.u8(0)?.u8(0)?.null()?;
                e.array(2)?.str(id)?.str(uri)?.u8(1)?.ok()
            });
            assert!(record::decode_rows(&link).is_err(), "{text:?} in a link");
        }
        let driver = cbor(|e| {
            e.array(3)?
                .str(text)?
                .bool(true)?
                .array(2)?
                .u8(1)?
                .u8(1)?
                .ok()
        });
        assert!(
            read::<ToClient>(&frame(7, &driver)).is_err(),
            "{text:?} as a name"
        );
    }
}

#[test]
fn names_and_titles_lose_bidi_controls() {
    let driver = cbor(|e| {
        e.array(3)?
            .str("a\u{202e}b\u{2069}")?
            .bool(true)?
            .array(2)?
            .u8(1)?
            .u8(1)?
            .ok()
    });
    match read(&frame(7, &driver)) {
        Ok(Some(ToClient::Driver(driver))) => assert_eq!(driver.name.as_deref(), Some("ab")),
        other => panic!("{other:?}"),
    }
}

/// Rows that no builder could have made.
#[test]
fn rows_that_do_not_hold_together_are_refused() {
    let check = |name: &str, text: &str, spans: &[(u64, i64)]| {
        let row = cbor(|e| {
            e.array(2)?.u8(1)?.array(1)?.array(2)?.str(text)?;
            e.array(spans.len() as u64 * 2)?;
            for (pen, span) in spans {
                e.u64(*pen)?.i64(*span)?;
            }
            Ok(())
        });
        assert!(record::decode_rows(&row).is_err(), "{name}");
    };
    check("a run longer than the text", "abc", &[(0, 4)]);
    check("text without a run", "abc", &[(0, 2)]);
    check("an empty run", "", &[(0, 0)]);
    check("an unknown pen", "a", &[(1, 1)]);
    check("wider than any screen", &"a".repeat(1001), &[(0, 1001)]);
    check(
        "clusters wider than any screen",
        &"漢".repeat(501),
        &[(0, -2); 501],
    );
    check("a cluster above its bound", &"é".repeat(33), &[(0, -66)]);
    check("a huge span", "a", &[(0, i64::MIN)]);
    let wide = cbor(|e| e.array(2)?.u8(1)?.array(1)?.str(&"x".repeat(1001))?.ok());
    assert!(record::decode_rows(&wide).is_err());
}

#[test]
fn a_count_from_a_peer_allocates_nothing() {
    for head in [0x9b_u8, 0x5b, 0x7b] {
        let mut body = vec![0x82, 0x01, head];
        body.extend(u64::MAX.to_be_bytes());
        assert!(record::decode_rows(&body).is_err());
        assert!(read::<ToServer>(&frame(2, &body)).is_err());
        assert!(read::<ToClient>(&frame(2, &body)).is_err());
    }
}

#[test]
fn a_damaged_record_says_so() {
    let rows = record::encode_rows(&[Row::blank(), Row::blank()]);
    for end in 0..rows.len() {
        let error = record::decode_rows(&rows[..end]).unwrap_err();
        assert!(
            error.to_string().starts_with("the record is damaged"),
            "{error}"
        );
    }
    let longer = [rows, vec![0]].concat();
    assert!(record::decode_rows(&longer).is_err());
}

#[test]
fn an_update_with_an_unknown_segment_asks_for_a_resync() {
    let body = cbor(|e| {
        e.array(2)?.array(2)?.u8(0)?.array(0)?;
        e.array(3)?.array(2)?.u8(0)?.u8(0)?.array(2)?.u8(0)?.u8(1)?;
        e.array(1)?.array(2)?.u8(77)?.str("new")?.ok()
    });
    match read(&frame(5, &body)) {
        Ok(Some(ToClient::Update { update, .. })) => {
            assert_eq!(update.segments, [Segment::Unknown]);
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn updates_with_unknown_segments_do_not_apply(snapshot in support::snapshot()) {
        let mut update = diff(&snapshot, &snapshot);
        update.segments.push(Segment::Unknown);
        let error = abide_protocol::apply(&snapshot, &update).unwrap_err();
        prop_assert_eq!(error, abide_protocol::ApplyError::UnknownSegment);
    }
}
