// The sessions, as long as somebody looks at the list.

import type { Connection } from "../core/connection.ts";
import type { SessionId } from "../core/ids.ts";
import type { Answer, Request, SessionInfo } from "../core/message.ts";
import { isTyping, seen } from "./seen.svelte.ts";

/** Milliseconds between two looks at all sessions: keepers say no more often what changed. */
const EVERY = 1_000;

export class Sessions {
  all = $state.raw<readonly SessionInfo[]>([]);
  /** The list was read at least once. */
  known = $state(false);
  readonly #connection: Connection;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The list is shown, as it is now, until the returned function is called. */
  watch(): () => void {
    this.#watchers += 1;
    this.#look();
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) clearTimeout(this.#timer);
    };
  }

  async refresh(): Promise<void> {
    const answer = await ask(this.#connection, { type: "List" });
    if (answer.type !== "Sessions") return;
    this.all = [...answer.sessions].sort(byUse);
    this.known = true;
  }

  /** The session with this id, else that with this name: the living one, where several had it. */
  find(id: SessionId | null, name: string): SessionInfo | null {
    const same = this.all.find((session) => session.id === id);
    if (same !== undefined) return same;
    const found = this.all.filter((session) => session.name === name);
    return found.find(({ state }) => state.type !== "Ended") ?? found[0] ?? null;
  }

  /** The page is shown again. */
  wake(): void {
    if (this.#watchers > 0) this.#look();
  }

  #look(): void {
    clearTimeout(this.#timer);
    // A hidden page costs nothing.
    if (!seen.page) return;
    const again = () => {
      clearTimeout(this.#timer);
      if (this.#watchers > 0) this.#timer = setTimeout(look, EVERY);
    };
    // What changes on the page asks for a frame, and a key's echo would wait for it.
    const look = () => (isTyping() ? again() : this.#look());
    this.refresh().then(again, again);
  }
}

/** Living ones first, the last active first. */
function byUse(a: SessionInfo, b: SessionInfo): number {
  const [over, other] = [a.state.type === "Ended" ? 1 : 0, b.state.type === "Ended" ? 1 : 0];
  return over - other || b.used - a.used || b.created - a.created;
}

/** The answer; a failure says what failed and the next step. */
export async function ask(connection: Connection, request: Request): Promise<Answer> {
  const answer = await connection.request(request);
  if (answer.type === "Failed") throw new Error(answer.failure.line);
  return answer;
}
