// Text that was written for a session and not sent: kept as long as the tab, through reloads and visits
// to other sessions.

import type { SessionId } from "../core/ids.ts";

const PREFIX = "draft ";
/** For browsers that refuse storage: until the next reload. */
const drafts = new Map<string, string>();

export function draftOf(session: SessionId): string {
  try {
    return drafts.get(session) ?? sessionStorage.getItem(PREFIX + session) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(session: SessionId, text: string): void {
  drafts.set(session, text);
  try {
    if (text === "") sessionStorage.removeItem(PREFIX + session);
    else sessionStorage.setItem(PREFIX + session, text);
  } catch {
    // Refused, or full.
  }
}

export function forgetDrafts(): void {
  drafts.clear();
  try {
    for (const key of Object.keys(sessionStorage))
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
