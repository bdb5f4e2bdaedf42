// Where a daemon can be reached: `SCHEME://HOST[:PORT]` in its one canonical form.

import { MAX_HOST } from "./limits.ts";

export type Scheme = "https" | "abide" | "http";

/** The port that is left out of an address. */
const DEFAULT_PORTS: Record<Scheme, number | null> = { https: 443, abide: null, http: 80 };
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const PLAIN_NUMBER = /^(0|[1-9]\d{0,2})$/;

export interface Address {
  readonly scheme: Scheme;
  /** An IPv6 address is in brackets. */
  readonly host: string;
  readonly port: number;
}

/** `null`: not an address in its canonical form. */
export function parseAddress(text: string): Address | null {
  const match = /^(https|abide|http):\/\/(\[[^\]]*\]|[^:[\]]*)(?::([1-9]\d{0,4}))?$/.exec(text);
  if (match === null) return null;
  const scheme = match[1] as Scheme;
  const host = match[2] ?? "";
  const standard = DEFAULT_PORTS[scheme];
  const port = match[3] === undefined ? standard : Number(match[3]);
  if (port === null || port > 65535 || (match[3] !== undefined && port === standard)) return null;
  if (!isHost(host) || (scheme === "http" && host !== "127.0.0.1")) return null;
  return { scheme, host, port };
}

function isHost(host: string): boolean {
  if (host.startsWith("[")) return isIpv6(host);
  const labels = host.split(".");
  // What browsers would take for a number is one, and then in its usual form.
  if (/^\d/.test(labels.at(-1) ?? "")) {
    return (
      labels.length === 4 && labels.every((part) => PLAIN_NUMBER.test(part) && Number(part) < 256)
    );
  }
  return host.length <= MAX_HOST && labels.every((label) => LABEL.test(label));
}

/** The URL parser writes IPv6 addresses in the same shortest form. */
function isIpv6(host: string): boolean {
  try {
    return new URL(`https://${host}`).hostname === host;
  } catch {
    return false;
  }
}
