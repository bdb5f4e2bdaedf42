// The golden vectors of the protocol, and how a value here is compared with what Rust says it means.

import { hex } from "../ids.ts";
import type { Row } from "../row.ts";
import { byteLength } from "../text.ts";

export interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly meaning: unknown;
}

/** Part of what is run, so that the tests run in browsers, too. */
const FILES = import.meta.glob<unknown>("../../../../protocol/vectors/*/*.json", {
  eager: true,
  import: "default",
});

/** `file` below `protocol/vectors`. */
export function vectors<T = Vector[]>(file: string): T {
  const found = FILES[`../../../../protocol/vectors/${file}`];
  if (found === undefined) throw new Error(`no vectors in ${file}`);
  return found as T;
}

/** The parts that frames hold. */
export function partsOf(frames: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  for (let at = 0; at < frames.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    parts.push(frames.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

/** Where `value` is not what `meaning` says: a path, or `null`. */
export function difference(meaning: unknown, value: unknown, path = ""): string | null {
  const named = unwrapped(meaning);
  if (named !== null) return ofName(named, value, path);
  if (Array.isArray(meaning)) return ofList(meaning, value, path);
  if (typeof value === "bigint" || typeof meaning === "string") {
    // Numbers beyond 2^53 are strings there, and a session's id has hyphens.
    const text = String(meaning);
    if (String(value) === text || value === text.replaceAll("-", "")) return null;
    // One character.
    if (typeof value === "number" && value === text.codePointAt(0)) return null;
    if (isRecord(value) && value.type === text) return null;
    return miss(meaning, value, path);
  }
  if (isRecord(meaning)) return ofFields(meaning, value, path);
  // A choice that is called "None" is null there.
  if (meaning === null && isRecord(value) && value.type === "None") return null;
  return meaning === value ? null : miss(meaning, value, path);
}

/** `{ Name: content }`. */
function unwrapped(meaning: unknown): [string, unknown] | null {
  if (!isRecord(meaning)) return null;
  const [entry, ...more] = Object.entries(meaning);
  return entry !== undefined && more.length === 0 && /^[A-Z]/.test(entry[0]) ? entry : null;
}

function ofName([name, content]: [string, unknown], value: unknown, path: string): string | null {
  const here = `${path}/${name}`;
  if (name === "Row") return difference(content, rowFields(value as Row), here);
  if (name === "Rgb" && isRecord(content) && "r" in content) {
    const { r, g, b } = content as { r: number; g: number; b: number };
    return difference((r << 16) | (g << 8) | b, value, here);
  }
  if (isRecord(value) && value.type === name) return ofContent(content, value, here);
  if (isId(content)) return difference(hex(new Uint8Array(content)), value, here);
  return difference(content, value, here);
}

function ofContent(content: unknown, value: Record<string, unknown>, path: string): string | null {
  const { type: _, ...fields } = value;
  if (isRecord(content) && unwrapped(content) === null) return ofFields(content, fields, path);
  // A message's content may be spread over its fields, or be its only one.
  const inner = unwrapped(content);
  if (inner !== null && isRecord(inner[1])) {
    const spread = ofFields(inner[1], fields, path);
    if (spread === null) return null;
  }
  const only = Object.values(fields);
  if (only.length === 1) return difference(content, only[0], path);
  return difference(content, fields, path);
}

function ofList(meaning: unknown[], value: unknown, path: string): string | null {
  if (value instanceof Uint8Array) return difference(meaning, [...value], path);
  if (!Array.isArray(value) || value.length !== meaning.length) return miss(meaning, value, path);
  return first(meaning.map((item, n) => difference(item, value[n], `${path}/${n}`)));
}

function ofFields(meaning: Record<string, unknown>, value: unknown, path: string): string | null {
  if (!isRecord(value)) return miss(meaning, value, path);
  return first(
    Object.entries(meaning).map(([name, field]) => {
      const key = name.replace(/_$/, "").replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
      return difference(field, value[key], `${path}.${key}`);
    }),
  );
}

/** A row in the words of its meaning. */
function rowFields(row: Row): unknown {
  const color = (number: number) =>
    number < 0
      ? "Default"
      : number < 256
        ? { type: "Indexed", index: number }
        : { type: "Rgb", rgb: number - 256 };
  const underlines = [null, "Single", "Double", "Curly", "Dotted", "Dashed"];
  const runs = row.runs.map(({ text, cells, cluster, pen }) => ({
    bytes: byteLength(text),
    cells,
    shape: cluster ? "Cluster" : "Simple",
    link: pen.link,
    style: {
      attrs: pen.attrs,
      fg: color(pen.fg),
      bg: color(pen.bg),
      underline: underlines[pen.underline],
      underlineColor: color(pen.underlineColor),
    },
  }));
  const marks = row.marks.map(({ column, kind, code }) => ({
    column,
    kind: kind === "End" ? { type: "End", code } : kind,
  }));
  return { text: row.runs.map((run) => run.text).join(""), runs, marks, wrapped: row.wrapped };
}

function first(differences: (string | null)[]): string | null {
  return differences.find((difference) => difference !== null) ?? null;
}

function miss(meaning: unknown, value: unknown, path: string): string {
  const shown = JSON.stringify(value, (_, item) =>
    typeof item === "bigint" ? String(item) : item,
  );
  return `${path}: ${JSON.stringify(meaning)} is ${shown}`;
}

function isId(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length === 16 && value.every((byte) => typeof byte === "number")
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}
