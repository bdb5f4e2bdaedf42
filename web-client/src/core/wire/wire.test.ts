import { decode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { hex, unhex } from "../ids.ts";
import { MAX_SIDE } from "../limits.ts";
import { decodeToClient, encodeToServer, TO_SERVER, type ToServer } from "../message.ts";
import { difference, partsOf, type Vector, vectors } from "../testing/vectors.ts";
import { fromCbor, UnknownChoice, WireError } from "./codec.ts";
import { type Message, PartReader, parts } from "./frames.ts";
import { rows } from "./rows.ts";
import * as texts from "./texts.ts";

const MAX = 1 << 20;
const VERSIONS = ["latest", "0.1.0"];
/** Requests and answers that a page has to do with; others are for programs on the machine itself. */
const OURS =
  /^(request: (list|info|new.*|capture|rows|stop|kill|rename|remove|clear|search.*|directories)|answer: (done|failed|sessions?|captured|rows|exited|found|nothing found|directories|.* with a loss)|[a-z ]+|input: .*)$/;
/** What no page writes. */
const NEVER_OURS = /(printed|behalf)$/;

function messageOf(vector: Vector): Message {
  const reader = new PartReader(MAX);
  const messages = partsOf(unhex(vector.hex)).map((part) => reader.push(part));
  const message = messages.at(-1);
  if (!message) throw new Error(`${vector.name} is no whole message`);
  return message;
}

/** A message of the page to the daemon, read as the daemon would. */
function decodeToServer(message: Message): ToServer | null {
  for (const [type, [kind, codec]] of Object.entries(TO_SERVER)) {
    if (kind !== message.kind) continue;
    try {
      return { type, ...codec.read(fromCbor(message.body)) } as ToServer;
    } catch (error) {
      if (error instanceof UnknownChoice) return null;
      throw error;
    }
  }
  return null;
}

describe.each(VERSIONS)("vectors of %s", (version) => {
  const toClient = vectors(`${version}/to-client.json`);
  const toServer = vectors(`${version}/to-server.json`);

  test.each(toClient)("to a client: $name", (vector) => {
    const message = decodeToClient(messageOf(vector));
    if (!OURS.test(vector.name)) {
      expect(message).toMatchObject({ type: "Answer", answer: { type: "Unknown" } });
    } else {
      expect(difference(vector.meaning, message)).toBeNull();
    }
  });

  test.each(toServer.filter(({ name }) => OURS.test(name) && !NEVER_OURS.test(name)))(
    "to the daemon: $name",
    (vector) => {
      const message = decodeToServer(messageOf(vector));
      expect(message).not.toBeNull();
      expect(difference(vector.meaning, message)).toBeNull();
      if (message !== null) {
        const written = encodeToServer(message);
        expect(hex(written.body)).toBe(hex(messageOf(vector).body));
        expect(parts(written).map(hex)).toEqual(partsOf(unhex(vector.hex)).map(hex));
      }
    },
  );

  test.each(toClient)("every cut is an error: $name", (vector) => {
    const { kind, body } = messageOf(vector);
    for (let length = 0; length < body.length; length += 1) {
      expect(() => decodeToClient({ kind, body: body.subarray(0, length) })).toThrow(WireError);
    }
    const longer = new Uint8Array([...body, 0]);
    expect(() => decodeToClient({ kind, body: longer })).toThrow(WireError);
  });
});

test("a changed byte is an error or another message, never another kind of failure", () => {
  const all = vectors("latest/to-client.json").map(messageOf);
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (message, at, flip) => {
        const body = new Uint8Array(message.body);
        const place = at % body.length;
        body[place] = (body[place] ?? 0) ^ flip;
        try {
          decodeToClient({ kind: message.kind, body });
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

test("what a later build says is skipped", () => {
  expect(decodeToClient({ kind: 999, body: new Uint8Array([0xff]) })).toEqual({ type: "Unknown" });
  const answer = new Uint8Array([0x82, 0x01, 0x82, 0x19, 0x03, 0xe7, 0x80]);
  expect(decodeToClient({ kind: 2, body: answer })).toEqual({
    type: "Answer",
    id: 1,
    answer: { type: "Unknown" },
  });
});

describe("rows", () => {
  test.each([
    ["a control character", ["a\u001bb"]],
    ["C1", ["a\u009bb"]],
    ["an unknown pen", [["ab", [1, 2]]]],
    ["a run beyond its text", [["ab", [0, 3]]]],
    ["text without runs", [["ab", [0, 1]]]],
    ["an empty run", [["ab", [0, 0, 0, 2]]]],
    ["a colour above 24 bits", [["a", [[256 + 0x1000000], 1]]]],
    ["an unknown link", [["a", [[null, null, 0, 0, null, 0], 1]]]],
    ["a control character in a link", [["a", [[null, null, 0, 0, null, ["", "http:\u0007"]], 1]]]],
    ["a row wider than any screen", ["x".repeat(MAX_SIDE + 1)]],
    ["nine marks", [["", [], false, Array(9).fill([0, 0])]]],
    ["a long cluster", [["e".repeat(65), [0, -(2 * 64 + 1)]]]],
  ])("%s is an error", (_, raw) => {
    expect(() => rows.read(raw)).toThrow(WireError);
  });

  test("neighbours of one pen are one run, and plain blanks at the end go", () => {
    const [row] = rows.read([["ab  ", [0, 1, 0, 3]]]);
    expect(row?.runs.map(({ text, cells }) => [text, cells])).toEqual([["ab", 2]]);
  });

  test("characters beyond the basic plane are one column each", () => {
    const [row] = rows.read([["𝒳𝒴z", [[1], 2, 0, 1]]]);
    expect(row?.runs.map(({ text, cells }) => [text, cells])).toEqual([
      ["𝒳𝒴", 2],
      ["z", 1],
    ]);
  });
});

describe("parts", () => {
  test("a message of any length is read as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.nat(3 * 32768), (kind, length) => {
        const body = new Uint8Array(length).map((_, n) => n & 0xff);
        const reader = new PartReader(MAX);
        const whole = parts({ kind, body }).map((part) => reader.push(part));
        expect(whole.slice(0, -1).every((message) => message === null)).toBe(true);
        const message = whole.at(-1);
        expect(message?.kind).toBe(kind);
        expect(message?.body.length).toBe(body.length);
        expect(message?.body.every((byte, n) => byte === body[n])).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["no kind", [[1]]],
    ["an empty part that is not the last", [[1, 0x80]]],
    [
      "parts of two messages mixed",
      [
        [1, 0x80, 0],
        [2, 0, 0],
      ],
    ],
    [
      "a message above its bound",
      [
        [1, 0x80, 0, 0],
        [1, 0, 0, 0],
      ],
    ],
  ])("%s is an error", (_, pieces) => {
    const reader = new PartReader(3);
    expect(() => pieces.map((piece) => reader.push(new Uint8Array(piece)))).toThrow(WireError);
  });
});

describe("texts", () => {
  test.each([
    [texts.line, "a\u001b[31mb", "a [31mb"],
    [texts.line, "abc\u202etxt.exe", "abctxt.exe"],
    [texts.line, "\u2066ü\n", "ü "],
    [texts.prose, "a\nb\r\u200fc", "a\nb c"],
    [texts.name, "desk\u200e", "desk"],
  ])("are made harmless", (codec, raw, expected) => {
    expect(codec.read(raw)).toBe(expected);
  });

  test.each(["a\nb", "a\u007f", "\u0085"])("a name with a control character is an error", (raw) => {
    expect(() => texts.name.read(raw)).toThrow(WireError);
    expect(() => texts.title.read(raw)).toThrow(WireError);
  });
});

test("what is written is CBOR as others read it", () => {
  const { body } = encodeToServer({ type: "Resize", size: { cols: 80, rows: 24 } });
  expect(decode(body)).toEqual([[80, 24]]);
});
