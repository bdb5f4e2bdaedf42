//! A link to a keeper, without `abide` between: what is measured is the keeper.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use abide_protocol::message::{Answer, Request, ToClient, ToServer};
use abide_protocol::wire::{self, FrameReader};
use abide_protocol::{RequestId, SessionId, paths};
use support::home::Home;

const CHUNK: usize = 256 << 10;
/// After this long without a byte the keeper is taken to be stuck, and the run fails.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Link {
    stream: UnixStream,
    reader: FrameReader<ToClient>,
    pub session: SessionId,
    asked: u64,
    buffer: Vec<u8>,
}

impl Link {
    pub fn open(home: &Home, name: &str) -> Self {
        let info = home.info(name);
        let id = info["id"].as_str().expect("an id");
        let session = SessionId::from_uuid(id.parse().expect("an id"));
        let socket = home.run().join(paths::keeper_socket(session));
        let stream = UnixStream::connect(socket).expect("the keeper's socket");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        let mut link = Self {
            stream,
            reader: FrameReader::new(),
            session,
            asked: 0,
            buffer: vec![0; CHUNK],
        };
        link.send(&ToServer::Hello(wire::hello()));
        link
    }

    pub fn ask(&mut self, request: Request) -> Answer {
        self.asked += 1;
        let id = RequestId(self.asked);
        self.send(&ToServer::Request { id, request });
        loop {
            while let Some(message) = self.reader.next().expect("a message") {
                match message {
                    ToClient::Answer { id: of, answer } if of == id => return answer,
                    _ => {}
                }
            }
            let count = self.stream.read(&mut self.buffer).expect("an answer");
            assert!(count > 0, "the keeper has gone");
            self.reader.push(&self.buffer[..count]);
        }
    }

    fn send(&mut self, message: &ToServer) {
        let mut bytes = Vec::new();
        wire::encode_to_server(message, &mut bytes);
        self.stream.write_all(&bytes).expect("the keeper listens");
    }
}
