// The conversation: one table per direction. Requests carry an id, and their answer carries it back.

import { role } from "./channel/pairing.ts";
import { inputEvent } from "./input.ts";
import { brokenFrame, type Snapshot } from "./snapshot.ts";
import type { Update } from "./update.ts";
import {
  bool,
  bytes,
  choice,
  fromCbor,
  i32,
  list,
  names,
  optional,
  orUnknown,
  type Reader,
  record,
  toCbor,
  u16,
  u32,
  u64,
  type Value,
  WireError,
  wide,
} from "./wire/codec.ts";
import type { Message } from "./wire/frames.ts";
import { rows } from "./wire/rows.ts";
import { segments } from "./wire/segments.ts";
import * as texts from "./wire/texts.ts";
import {
  book,
  cursor,
  id,
  modes,
  nothing,
  palette,
  progress,
  revision,
  size,
} from "./wire/values.ts";

const hello = record({
  versions: [0, list(u32)],
  capabilities: [1, list(texts.line)],
  agent: [2, texts.line],
  required: [3, list(texts.line)],
});

/** What a device may do; `sessions` is null where it is all of them. */
const grant = record({
  role: [0, role],
  sessions: [1, optional(list(id))],
  history: [2, bool],
  expires: [3, optional(u64)],
});

export const exitStatus = choice({
  Code: [0, record({ code: [0, i32] })],
  Signal: [1, record({ signal: [0, i32] })],
  /** Nobody was there to see it. */
  Lost: [2, nothing],
});

const sessionState = choice({
  Starting: [0, nothing],
  Running: [1, nothing],
  Ended: [2, record({ status: [0, exitStatus] })],
});

/** Rows that are kept and cannot be read: how many, the first, and the number after the last. */
const lostRows = record({ rows: [0, u64], from: [1, u64], end: [2, u64] });

/** What lists show. Times are milliseconds since the Unix epoch. */
export const sessionInfo = record({
  id: [0, id],
  name: [1, texts.name],
  command: [2, texts.line],
  directory: [3, texts.line],
  state: [4, sessionState],
  size: [5, size],
  driver: [6, optional(texts.name)],
  viewers: [7, u32],
  created: [8, u64],
  active: [9, u64],
  title: [10, texts.line],
  lastLine: [11, texts.line],
  bells: [12, u64],
  pid: [13, optional(u32)],
  keeper: [14, optional(u32)],
  revision: [15, revision],
  rebuilt: [16, u32],
  historyRows: [17, u64],
  historyBytes: [18, u64],
  ended: [19, optional(u64)],
  tty: [20, optional(texts.line)],
  bytes: [21, u64],
  used: [22, u64],
  trusted: [23, optional(bool)],
  confined: [24, optional(bool)],
  historyStored: [25, optional(u64)],
  updatesSent: [26, optional(u64)],
  updatesMade: [27, optional(u64)],
  /** Rows of history that cannot be read; null: its keeper does not say. */
  historyLost: [28, optional(lostRows)],
});

const snapshotFields = record({
  revision: [0, revision],
  size: [1, size],
  book: [2, book],
  rows: [3, rows],
  cursor: [4, cursor],
  modes: [5, modes],
  title: [6, texts.title],
  directory: [7, texts.directory],
  progress: [8, progress],
  palette: [9, palette],
  top: [10, u64],
  sealed: [11, u64],
  first: [12, u64],
  floor: [13, u64],
});

export const snapshot: Reader<Snapshot> = {
  read: (raw) => {
    const value = snapshotFields.read(raw);
    const broken = brokenFrame(value);
    if (broken !== null) throw new WireError(`a broken screen: ${broken}`);
    return value;
  },
};

const update: Reader<Update> = record({
  from: [0, revision],
  to: [1, revision],
  segments: [2, segments],
  cursor: [3, optional(cursor)],
  top: [4, optional(u64)],
  sealed: [5, optional(u64)],
  first: [6, optional(u64)],
  floor: [7, optional(u64)],
  title: [8, optional(texts.title)],
  modes: [9, optional(modes)],
  progress: [10, optional(progress)],
  size: [11, optional(size)],
  book: [12, optional(book)],
  directory: [13, optional(texts.directory)],
  palette: [14, optional(palette)],
});

const event = choice({
  Bell: [0, nothing],
  /** OSC 52; goes to the viewer that typed last. */
  Clipboard: [1, record({ selection: [0, texts.line], content: [1, bytes] })],
  Notification: [2, record({ title: [0, texts.line], body: [1, texts.prose] })],
  Notice: [3, record({ text: [0, texts.line] })],
});

const numberedEvent = {
  read: (raw: unknown) => {
    if (!Array.isArray(raw) || raw.length !== 2) throw new WireError("an event is a pair");
    return [u64.read(raw[0]), orUnknown(event, { type: "Unknown" as const }).read(raw[1])] as const;
  },
};

const viewerHeader = record({
  /** All input up to here has been applied and is visible in this state. */
  applied: [0, u64],
  events: [1, list(numberedEvent)],
  tail: [2, optional(record({ from: [0, u64], skipped: [1, u64], rows: [2, rows] }))],
});

const driver = record({ name: [0, optional(texts.name)], you: [1, bool], size: [2, size] });

const failKinds = names(
  "NotFound",
  "Ambiguous",
  "NameTaken",
  "Invalid",
  "State",
  "Forbidden",
  "Exhausted",
  "Unsupported",
  "Internal",
);

/** What failed, why, and the next step. */
const failure = record({
  kind: [0, orUnknown(failKinds, "Internal" as const)],
  line: [1, texts.line],
});

const hit = record({
  start: [0, u64],
  column: [1, u16],
  end: [2, u64],
  endColumn: [3, u16],
  line: [4, texts.hitLine],
  before: [5, u32],
  length: [6, u32],
});

const envVar = record({ name: [0, bytes], value: [1, bytes] });

const answer = choice({
  Done: [0, nothing],
  Failed: [1, record({ failure: [0, failure] })],
  Sessions: [2, record({ sessions: [0, list(sessionInfo)] })],
  Session: [3, record({ session: [0, sessionInfo] })],
  Captured: [
    4,
    record({ history: [0, rows], snapshot: [1, snapshot], lost: [2, optional(lostRows)] }),
  ],
  Rows: [5, record({ from: [0, u64], rows: [1, rows], lost: [2, optional(lostRows)] })],
  Exited: [6, record({ status: [0, exitStatus] })],
  Found: [
    9,
    record({
      hits: [0, list(hit)],
      next: [1, optional(u64)],
      searched: [2, u64],
      lost: [3, optional(lostRows)],
    }),
  ],
  Directories: [17, record({ directories: [0, list(texts.line)] })],
});

const look = record({
  palette: [0, palette],
  dark: [1, optional(bool)],
  cell: [2, optional({ read: pair, write: (value: readonly [number, number]) => value })],
});

function pair(raw: unknown): readonly [number, number] {
  if (!Array.isArray(raw) || raw.length !== 2) throw new WireError("not a pair");
  return [u16.read(raw[0]), u16.read(raw[1])];
}

const limits = record({
  see: [0, bool],
  type: [1, bool],
  size: [2, bool],
  floor: [3, optional(u64)],
});

const attach = record({
  session: [0, id],
  stream: [1, id],
  have: [2, optional(revision)],
  event: [3, optional(u64)],
  size: [4, size],
  wish: [5, names("Watch", "IfFree", "Take")],
  name: [6, texts.name],
  frames: [7, bool],
  printed: [8, optional(u64)],
  history: [9, u64],
  look: [10, look],
  device: [11, optional(id)],
  limits: [12, limits],
  sshAuthSock: [13, optional(texts.line)],
  /** Set by the daemon only. */
  epoch: [14, optional(u64)],
});

const spec = record({
  name: [0, optional(texts.name)],
  command: [1, list(bytes)],
  directory: [2, bytes],
  environment: [3, optional(list(envVar))],
  extraEnvironment: [4, list(envVar)],
  umask: [5, optional(u32)],
  resourceLimits: [6, list(record({ resource: [0, u32], soft: [1, wide], hard: [2, wide] }))],
  size: [7, optional(size)],
  look: [8, look],
  allowChecksum: [9, optional(bool)],
  historyMemory: [10, optional(u64)],
  historyDisk: [11, optional(u64)],
});

const search = record({
  pattern: [0, texts.typed],
  ignoreCase: [1, bool],
  from: [2, optional(u64)],
  backwards: [3, bool],
  limit: [4, u32],
});

const ofSession = record({ session: [0, id] });

/** What a page asks; a native client asks more. */
const request = choice({
  List: [0, nothing],
  Info: [1, ofSession],
  New: [2, record({ spec: [0, spec] })],
  Capture: [3, record({ session: [0, id], range: [1, record({ history: [0, wide] })] })],
  Rows: [4, record({ session: [0, id], book: [1, book], from: [2, u64], count: [3, u64] })],
  End: [6, record({ session: [0, id], how: [1, names("Stop", "Kill")] })],
  Rename: [7, record({ session: [0, id], name: [1, texts.name] })],
  Remove: [8, ofSession],
  Clear: [9, ofSession],
  Search: [15, record({ session: [0, id], query: [1, search] })],
  Directories: [27, record({ typed: [0, texts.directory] })],
});

const refusals = names("Busy", "StreamLost", "NeedsConfirm", "Forbidden", "Discarded");

const ack = record({ revision: [0, revision] });
const input = record({ stream: [0, id], seq: [1, u64], event: [2, inputEvent] });

/** To the daemon, by kind: what stands alone as a body, and what its fields are. */
export const TO_SERVER = {
  Hello: [1, hello],
  Request: [2, record({ id: [0, u64], request: [1, request] })],
  Attach: [3, attach],
  Detach: [4, nothing],
  Input: [5, input],
  Ack: [6, ack],
  Resize: [7, record({ size: [0, size] })],
  Drive: [8, record({ take: [0, bool] })],
  Focus: [9, record({ focused: [0, bool] })],
  Look: [10, look],
  Resync: [12, nothing],
} as const;

/** To a client, by kind. */
export const TO_CLIENT = {
  Hello: [1, hello],
  Answer: [
    2,
    record({ id: [0, u64], answer: [1, orUnknown(answer, { type: "Unknown" as const })] }),
  ],
  Attached: [
    3,
    record({ viewer: [0, u64], applied: [1, u64], event: [2, u64], info: [3, sessionInfo] }),
  ],
  Snapshot: [4, record({ header: [0, viewerHeader], snapshot: [1, snapshot] })],
  Update: [5, record({ header: [0, viewerHeader], update: [1, update] })],
  Header: [6, viewerHeader],
  Driver: [7, driver],
  Refused: [8, record({ stream: [0, id], seq: [1, u64], why: [2, refusals] })],
  Ended: [9, record({ status: [0, exitStatus] })],
  Summary: [10, sessionInfo],
  Closed: [11, failure],
  /** A line for a device, whether it has a viewer or not. */
  Notice: [12, record({ text: [0, texts.line] })],
  /** After the hellos: what this device may do as long as the link lasts. */
  Granted: [13, grant],
  /** What the user should know of this page's certificate, until the next one comes. */
  PageEnds: [14, record({ text: [0, optional(texts.line)] })],
} as const;

type Table = Record<string, readonly [number, Reader<object>]>;
type Messages<T extends Table> = {
  readonly [K in keyof T]: { readonly type: K } & Value<T[K][1]>;
}[keyof T];

export type ToServer = Messages<typeof TO_SERVER>;
export type ToClient = Messages<typeof TO_CLIENT> | { readonly type: "Unknown" };
export type Hello = Value<typeof hello>;
export type SessionInfo = Value<typeof sessionInfo>;
export type ExitStatus = Value<typeof exitStatus>;
export type ViewerHeader = Value<typeof viewerHeader>;
export type Event = ViewerHeader["events"][number][1];
export type Driver = Value<typeof driver>;
export type Failure = Value<typeof failure>;
export type Hit = Value<typeof hit>;
export type Answer = Extract<ToClient, { type: "Answer" }>["answer"];
export type Attach = Value<typeof attach>;
export type TerminalLook = Value<typeof look>;
export type Spec = Value<typeof spec>;
export type Request = Value<typeof request>;
export type InputRefusal = Value<typeof refusals>;

export function encodeToServer(message: ToServer): Message {
  const { type, ...fields } = message;
  const [kind, codec] = TO_SERVER[type] as unknown as readonly [
    number,
    { write(value: object): unknown },
  ];
  return { kind, body: toCbor(codec.write(fields)) };
}

/** A kind that this build does not know is skipped whole. */
export function decodeToClient(message: Message): ToClient {
  for (const [type, [kind, reader]] of Object.entries(TO_CLIENT)) {
    if (kind === message.kind) {
      return { type, ...reader.read(fromCbor(message.body)) } as ToClient;
    }
  }
  return { type: "Unknown" };
}
