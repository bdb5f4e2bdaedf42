// Values as CBOR: the few kinds that a page writes, each in its shortest form. What others write is
// read by cborg.
//
// The law: `read(toCbor(value))` equals `value`.

const UTF8 = new TextEncoder();
const Major = { Unsigned: 0, Negative: 1, Bytes: 2, Text: 3, Array: 4 } as const;
const [FALSE, TRUE, NULL] = [0xf4, 0xf5, 0xf6];

export function toCbor(value: unknown): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  write(value, pieces);
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function write(value: unknown, to: Uint8Array[]): void {
  if (value === null) to.push(Uint8Array.of(NULL));
  else if (typeof value === "boolean") to.push(Uint8Array.of(value ? TRUE : FALSE));
  else if (typeof value === "number" || typeof value === "bigint") {
    to.push(value < 0 ? head(Major.Negative, -1n - BigInt(value)) : head(Major.Unsigned, value));
  } else if (typeof value === "string") {
    const text = UTF8.encode(value);
    to.push(head(Major.Text, text.length), text);
  } else if (value instanceof Uint8Array) to.push(head(Major.Bytes, value.length), value);
  else if (Array.isArray(value)) {
    to.push(head(Major.Array, value.length));
    for (const item of value) write(item, to);
  } else throw new TypeError(`a page writes no ${typeof value}`);
}

/** The major type, and its number in the fewest bytes. A fraction, and more than 64 bits, is an error. */
function head(major: number, number: number | bigint): Uint8Array {
  let rest = BigInt(number);
  if (rest < 24n) return Uint8Array.of((major << 5) | Number(rest));
  const power = [8n, 16n, 32n, 64n].findIndex((bits) => rest < 1n << bits);
  if (power < 0) throw new RangeError("a number of more than 64 bits");
  const bytes = new Uint8Array(1 + (1 << power));
  bytes[0] = (major << 5) | (24 + power);
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
