// What numbers and states are called, and how a command line is cut. Pure.

import type { ExitStatus, SessionInfo } from "../core/message.ts";

/** `ms` milliseconds, as coarse as people want it. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** What a device with this role may do. */
export const ROLES = {
  View: "see its screens",
  Type: "see its screens and type",
  Manage: "see, type, create and end sessions",
};

export function endOf(status: ExitStatus): string {
  switch (status.type) {
    case "Code":
      return status.code === 0 ? "ended" : `ended with code ${status.code}`;
    case "Signal":
      return `ended by signal ${status.signal}`;
    case "Lost":
      return "was lost with its machine";
  }
}

export function stateOf({ state }: SessionInfo): string {
  if (state.type === "Starting") return "starting";
  return state.type === "Running" ? "active" : endOf(state.status);
}

/** The lowest line, unless the title says the same. */
export function lastOf({ lastLine, title }: SessionInfo): string {
  // Frames and fillers have nothing to read.
  return lastLine === title || !/[\p{L}\p{N}]/u.test(lastLine) ? "" : lastLine;
}

/** A command line as a shell would cut it at blanks, quotes and backslashes; nothing else is special. */
export function words(line: string): string[] {
  const found: string[] = [];
  const pattern = /(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs;
  for (const [word] of line.matchAll(pattern)) {
    found.push(
      word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs, (_, double, single, escaped) =>
        double === undefined ? (single ?? escaped) : double.replace(/\\(["\\$`])/g, "$1"),
      ),
    );
  }
  return found;
}
