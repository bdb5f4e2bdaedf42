// How values are written: each record and choice of the wire is one table here, from which both
// its reader and its type follow. The normative page is protocol/README.md.
//
// The law: `read(write(value))` equals `value`; what a later build added is skipped.

import { decode as decodeCbor, encode as encodeCbor } from "cborg";

import { MAX_LIST } from "../limits.ts";

/** Bytes that are no message. The peer is at fault, and the link has to be closed. */
export class WireError extends Error {}

/** A choice that this build does not know: skipped where the page says so, else an error. */
export class UnknownChoice extends WireError {}

export interface Reader<T> {
  /** `raw` is what CBOR holds at this place. */
  read(raw: unknown): T;
}

export interface Codec<T> extends Reader<T> {
  write(value: T): unknown;
}

export type Value<R> = R extends Reader<infer T> ? T : never;

/** One item of definite length, with nothing behind it. */
export function fromCbor(bytes: Uint8Array): unknown {
  try {
    return decodeCbor(bytes, { allowIndefinite: false, allowUndefined: false });
  } catch (error) {
    throw new WireError(`no CBOR: ${error instanceof Error ? error.message : error}`);
  }
}

export function toCbor(raw: unknown): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeCbor(raw));
}

export function array(raw: unknown): readonly unknown[] {
  if (!Array.isArray(raw)) throw new WireError("not an array");
  return raw;
}

function same<T>(check: (raw: unknown) => T): Codec<T> {
  return { read: check, write: (value) => value };
}

/** A number from 0 to `max`, which JavaScript holds exactly. */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  return same((raw) => {
    if (typeof raw !== "number" || !Number.isInteger(raw) || raw < 0 || raw > max) {
      throw new WireError("not a number in its bounds");
    }
    return raw;
  });
}

export const u8 = uint(0xff);
export const u16 = uint(0xffff);
export const u32 = uint(0xffff_ffff);
/** A count, a time or a number of something: far from 2^53. */
export const u64 = uint();

/** All of 64 bits. */
export const wide: Codec<bigint> = {
  read: (raw) => {
    if (typeof raw === "bigint" && raw >= 0n && raw < 1n << 64n) return raw;
    return BigInt(u64.read(raw));
  },
  write: (value) => value,
};

export const i32: Codec<number> = same((raw) => {
  if (typeof raw !== "number" || (raw | 0) !== raw) throw new WireError("not a number of 32 bits");
  return raw;
});

export const bool: Codec<boolean> = same((raw) => {
  if (typeof raw !== "boolean") throw new WireError("neither true nor false");
  return raw;
});

export const bytes: Codec<Uint8Array> = same((raw) => {
  if (!(raw instanceof Uint8Array)) throw new WireError("not a byte string");
  return raw;
});

/** A value that other types hold. */
export function mapped<A, B>(codec: Codec<A>, read: (a: A) => B, write: (b: B) => A): Codec<B> {
  return { read: (raw) => read(codec.read(raw)), write: (value) => codec.write(write(value)) };
}

const OPTIONAL = Symbol("optional");
interface Optional {
  readonly [OPTIONAL]: true;
}

/** Null, or absent at the end of its record. */
export function optional<T>(codec: Codec<T>): Codec<T | null> & Optional;
export function optional<T>(codec: Reader<T>): Reader<T | null> & Optional;
export function optional<T>(codec: Reader<T>): Reader<T | null> & Optional {
  const read = (raw: unknown) => (raw === null ? null : codec.read(raw));
  const write = (value: T | null) => (value === null ? null : writer(codec).write(value));
  return { [OPTIONAL]: true, read, write } as Reader<T | null> & Optional;
}

/** What the types let nobody call on a reader alone. */
function writer<T>(codec: Reader<T>): Codec<T> {
  return codec as Codec<T>;
}

export function list<T>(codec: Codec<T>): Codec<readonly T[]>;
export function list<T>(codec: Reader<T>): Reader<readonly T[]>;
export function list<T>(codec: Reader<T>): Reader<readonly T[]> {
  const read = (raw: unknown) => {
    const items = array(raw);
    if (items.length > MAX_LIST) throw new WireError("a list is longer than its bound");
    return items.map((item) => codec.read(item));
  };
  const write = (items: readonly T[]) => items.map((item) => writer(codec).write(item));
  return { read, write } as Reader<readonly T[]>;
}

type Fields = Record<string, readonly [number, Reader<unknown>]>;
type Writable = Record<string, readonly [number, Codec<never> | Codec<unknown>]>;
type Held<F extends Fields> = { readonly [K in keyof F]: Value<F[K][1]> };

/** An array with a field at each number; unknown fields are skipped. */
export function record<F extends Writable & Fields>(fields: F): Codec<Held<F>>;
export function record<F extends Fields>(fields: F): Reader<Held<F>>;
export function record<F extends Fields>(fields: F): Codec<Held<F>> {
  const places = Object.entries(fields);
  return {
    read: (raw) => {
      const items = array(raw);
      const value: Record<string, unknown> = {};
      for (const [name, [place, reader]] of places) {
        const absent = place >= items.length;
        if (absent && !(OPTIONAL in reader)) throw new WireError(`a record lacks ${name}`);
        value[name] = reader.read(absent ? null : items[place]);
      }
      return value as Held<F>;
    },
    write: (value) => {
      const items: unknown[] = [];
      for (const [name, [place, codec]] of places) {
        while (items.length <= place) items.push(null);
        items[place] = writer(codec).write(value[name]);
      }
      while (items.length > 0 && items.at(-1) === null) items.pop();
      return items;
    },
  };
}

/** A choice without any content: its number. */
export function names<const N extends readonly string[]>(...all: N): Codec<N[number]> {
  return {
    read: (raw) => {
      const name = all[u32.read(raw)];
      if (name === undefined) throw new UnknownChoice("an unknown choice");
      return name;
    },
    write: (name) => all.indexOf(name),
  };
}

type Choices = Record<string, readonly [number, Reader<object>]>;
type WritableChoices = Record<string, readonly [number, Codec<never> | Codec<object>]>;
type Chosen<C extends Choices> = {
  readonly [K in keyof C]: { readonly type: K } & Value<C[K][1]>;
}[keyof C];

/** `[number, [fields]]`. */
export function choice<C extends WritableChoices & Choices>(choices: C): Codec<Chosen<C>>;
export function choice<C extends Choices>(choices: C): Reader<Chosen<C>>;
export function choice<C extends Choices>(choices: C): Codec<Chosen<C>> {
  const entries = Object.entries(choices);
  return {
    read: (raw) => {
      const items = array(raw);
      const number = u32.read(items[0]);
      const entry = entries.find(([, [n]]) => n === number);
      if (entry === undefined) throw new UnknownChoice("an unknown choice");
      return { type: entry[0], ...entry[1][1].read(items[1]) } as unknown as Chosen<C>;
    },
    write: (value) => {
      const { type, ...fields } = value;
      const [number, codec] = choices[type] as readonly [number, Codec<object>];
      return [number, codec.write(fields)];
    },
  };
}

/** The value, or `unknown` where it is, or holds, a choice that this build does not know. */
export function orUnknown<T, U>(codec: Codec<T>, unknown: U): Codec<T | U>;
export function orUnknown<T, U>(reader: Reader<T>, unknown: U): Reader<T | U>;
export function orUnknown<T, U>(reader: Reader<T>, unknown: U): Reader<T | U> {
  return {
    ...reader,
    read: (raw) => {
      try {
        return reader.read(raw);
      } catch (error) {
        if (error instanceof UnknownChoice) return unknown;
        throw error;
      }
    },
  };
}
