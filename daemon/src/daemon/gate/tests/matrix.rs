//! The matrix: what becomes of each message of a device. Written by hand, never made by the gate.

use abide_protocol::input::InputEvent;
use abide_protocol::message::{CaptureRange, DeviceEdit, EndHow, Spec, TerminalLook};
use abide_protocol::{Book, InputSeq, LineNo, PairingNo, Revision, Size, StreamId, wire};

use super::super::*;
use super::{DEVICE, attach, grant};
use crate::tables::{self, table};

/// What becomes of a message, for `view`, `view` with history, `type` and `manage` each: about a
/// session that the device was given, about another one, and about either when the rights are gone.
pub(super) type Row = [&'static str; 3];

const ASK: &str = "ask ask ask ask";
const SAY: &str = "say say say say";
const SKIP: &str = "skip skip skip skip";
const LEAVE: &str = "leave leave leave leave";
const BROKEN: &str = "broken broken broken broken";
const MANAGE: &str = "say say say ask";
const HISTORY: &str = "say ask ask ask";
const OVER: &str = "over over over over";

table! { told(session): ToServer, Row;
    ToServer::Hello(_) => ToServer::Hello(wire::hello()), [BROKEN, BROKEN, OVER];
    // Each kind of request has a row of its own below.
    ToServer::Request { .. } => ToServer::Request { id: RequestId(1), request: Request::Unknown }, [SAY, SAY, OVER];
    ToServer::Attach(_) => ToServer::Attach(Box::new(attach(session))),
        ["open open open open", "say say say open", OVER];
    ToServer::Detach => ToServer::Detach, [LEAVE, LEAVE, OVER];
    ToServer::Input { .. } => input(), ["say say relay relay", "say say say relay", OVER];
    ToServer::Ack { .. } => ToServer::Ack { revision: Revision::default() },
        ["relay relay relay relay", "skip skip skip relay", OVER];
    ToServer::Resize { .. } => ToServer::Resize { size: Size::DEFAULT },
        ["skip skip relay relay", "skip skip skip relay", OVER];
    ToServer::Drive { .. } => ToServer::Drive { take: true },
        ["skip skip relay relay", "skip skip skip relay", OVER];
    ToServer::Focus { .. } => ToServer::Focus { focused: true },
        ["skip skip relay relay", "skip skip skip relay", OVER];
    ToServer::Look(_) => ToServer::Look(TerminalLook::default()),
        ["skip skip relay relay", "skip skip skip relay", OVER];
    ToServer::Printed { .. } => ToServer::Printed { printed: None },
        ["skip relay relay relay", "skip skip skip relay", OVER];
    ToServer::Resync => ToServer::Resync,
        ["relay relay relay relay", "skip skip skip relay", OVER];
    ToServer::Behalf(_) => ToServer::Behalf(Behalf {
        device: DEVICE,
        epoch: 3,
        limits: Limits::ALL,
        manages: true,
    }), [BROKEN, BROKEN, OVER];
    ToServer::Unknown => ToServer::Unknown, [SKIP, SKIP, OVER];
}

table! { asked(session): Request, Row;
    Request::List => Request::List, [ASK, ASK, OVER];
    Request::Info { .. } => Request::Info { session }, [ASK, MANAGE, OVER];
    Request::New { .. } => Request::New { spec: Box::new(Spec::default()) }, [MANAGE, MANAGE, OVER];
    Request::Capture { range, .. } if range.history == 0 => capture(session, 0), [ASK, MANAGE, OVER];
    Request::Capture { .. } => capture(session, 1), [HISTORY, MANAGE, OVER];
    Request::Rows { .. } =>
        Request::Rows { session, book: Book::Main, from: LineNo(0), count: 1 }, [HISTORY, MANAGE, OVER];
    Request::Wait { .. } => Request::Wait { session }, [ASK, MANAGE, OVER];
    Request::End { how: EndHow::Stop, .. } =>
        Request::End { session, how: EndHow::Stop }, [MANAGE, MANAGE, OVER];
    Request::End { how: EndHow::Kill, .. } =>
        Request::End { session, how: EndHow::Kill }, [MANAGE, MANAGE, OVER];
    Request::Rename { .. } => Request::Rename { session, name: "x".into() }, [MANAGE, MANAGE, OVER];
    Request::Search { .. } => tables::search(session), [HISTORY, MANAGE, OVER];
    Request::Remove { .. } => Request::Remove { session }, [SAY, SAY, OVER];
    Request::Clear { .. } => Request::Clear { session }, [SAY, SAY, OVER];
    Request::Status => Request::Status, [SAY, SAY, OVER];
    Request::Shutdown => Request::Shutdown, [SAY, SAY, OVER];
    Request::Subscribe => Request::Subscribe, [SAY, SAY, OVER];
    Request::Cut { .. } => Request::Cut { device: DEVICE, epoch: None }, [SAY, SAY, OVER];
    Request::LoginEnvironment => Request::LoginEnvironment, [SAY, SAY, OVER];
    Request::Trust { .. } => Request::Trust { session, trusted: true }, [SAY, SAY, OVER];
    Request::Share { change: None } => Request::Share { change: None }, [SAY, SAY, OVER];
    Request::Share { change: Some(_) } =>
        Request::Share { change: Some(Box::default()) }, [SAY, SAY, OVER];
    Request::Pair { .. } => tables::pair(), [SAY, SAY, OVER];
    Request::AwaitPairing { .. } =>
        Request::AwaitPairing { pairing: PairingNo(1), seen: 0 }, [SAY, SAY, OVER];
    Request::EnterCode { .. } =>
        Request::EnterCode { pairing: PairingNo(1), code: "000000".into() }, [SAY, SAY, OVER];
    Request::Devices => Request::Devices, [SAY, SAY, OVER];
    Request::EditDevice { edit: DeviceEdit::Grant { .. }, .. } => widen(), [SAY, SAY, OVER];
    Request::EditDevice { .. } =>
        Request::EditDevice { device: DEVICE, edit: DeviceEdit::Name("x".into()) }, [SAY, SAY, OVER];
    Request::Revoke { device: None } => Request::Revoke { device: None }, [SAY, SAY, OVER];
    Request::Revoke { device: Some(_) } =>
        Request::Revoke { device: Some(DEVICE) }, [SAY, SAY, OVER];
    Request::Audit { .. } => Request::Audit { after: 0, limit: 1, wait: false }, [SAY, SAY, OVER];
    Request::Notify { .. } => Request::Notify { line: "x".into() }, [SAY, SAY, OVER];
    Request::TrustClock => Request::TrustClock, [SAY, SAY, OVER];
    Request::Directories { .. } => Request::Directories { typed: "/".into() }, [MANAGE, MANAGE, OVER];
    Request::Unknown => Request::Unknown, [SAY, SAY, OVER];
}

/// Every kind of message, and of request, about this session.
pub(super) fn messages(session: SessionId) -> Vec<(ToServer, Row)> {
    let id = RequestId(1);
    let requests = asked(session).into_iter();
    let requests = requests.map(|(request, row)| (ToServer::Request { id, request }, row));
    told(session).into_iter().chain(requests).collect()
}

fn input() -> ToServer {
    ToServer::Input {
        stream: StreamId([5; 16]),
        seq: InputSeq(1),
        event: InputEvent::Raw(b"x".to_vec()),
    }
}

fn capture(session: SessionId, history: u64) -> Request {
    let range = CaptureRange { history };
    Request::Capture { session, range }
}

fn widen() -> Request {
    Request::EditDevice {
        device: DEVICE,
        edit: DeviceEdit::Grant {
            grant: grant(Role::Manage, true),
            lasts: None,
        },
    }
}
