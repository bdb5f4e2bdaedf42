// One session on the page: what its viewer says, and what the user does.

import type { ConnectionState } from "../core/connection.ts";
import type { InputEvent, KeyEvent, MouseEvent } from "../core/input.ts";
import { Mod } from "../core/input.ts";
import type {
  Driver,
  Event,
  ExitStatus,
  InputRefusal,
  SessionInfo,
  ToClient,
} from "../core/message.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { Pending } from "../core/stream.ts";
import { OVERDUE, Viewer, type ViewerEvents } from "../core/viewer.ts";
import { doubt, pieces } from "../input/paste.ts";
import type { Fetch } from "../render/history.ts";
import type { Terminal } from "../render/terminal.ts";
import type { Desk } from "./app.svelte.ts";
import { ask as askUser, note } from "./notes.svelte.ts";
import { covered, seen } from "./seen.svelte.ts";
import { ask } from "./sessions.svelte.ts";
import { isDark } from "./settings.svelte.ts";

/** What the screen shows belongs to a session that is over, and how it ended. */
export type Over = { readonly status: ExitStatus } | { readonly text: string };

export class Session implements ViewerEvents {
  info = $state.raw<SessionInfo>() as SessionInfo;
  snapshot = $state.raw<Snapshot | null>(null);
  driver = $state.raw<Driver | null>(null);
  over = $state.raw<Over | null>(null);
  /** The viewer is open: keys go somewhere. */
  live = $state(false);
  /** What was sent and is not applied for too long. */
  overdue = $state.raw<readonly Pending[]>([]);
  /** What the program put on the clipboard: copied when the user taps. */
  clipboard = $state.raw<string | null>(null);
  /** Modifiers that the key bar holds for the next key. */
  sticky = $state(0);
  terminal: Terminal | null = null;
  readonly desk: Desk;
  readonly #viewer: Viewer;
  #painted: Snapshot | null = null;
  /** As long as something waits to be applied. */
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(desk: Desk, info: SessionInfo) {
    this.desk = desk;
    this.info = info;
    const dark = isDark();
    const palette = { foreground: null, background: null, cursor: null, indexed: [] };
    const place = { session: info.id, name: desk.device.name, look: { palette, dark, cell: null } };
    const send = desk.connection.send.bind(desk.connection);
    this.#viewer = new Viewer(place, info.size, send, this);
    desk.enter(() => this.dispose());
    desk.listeners.add(this);
    if (desk.state.type === "Live") this.#open();
  }

  dispose(): void {
    clearTimeout(this.#watch);
    this.desk.listeners.delete(this);
    this.#viewer.detach();
  }

  get mayType(): boolean {
    return this.desk.role !== "View" && this.over === null;
  }

  get drives(): boolean {
    return this.driver?.you ?? false;
  }

  readonly fetch: Fetch = async (book, from, count) => {
    try {
      const request = { type: "Rows", session: this.info.id, book, from, count } as const;
      const answer = await ask(this.desk.connection, request);
      return answer.type === "Rows" ? answer : null;
    } catch {
      return null;
    }
  };

  /** Nobody has seen what a hidden page paints: it gets no more than what is on its way. */
  painted(snapshot: Snapshot): void {
    this.#painted = snapshot;
    if (seen.page) this.#viewer.painted(snapshot);
  }

  /** The page is shown again. */
  seenAgain(): void {
    this.#check();
    if (this.#painted !== null) this.#viewer.painted(this.#painted);
  }

  /** Keys; what the key bar holds is added to the first. */
  keys(events: readonly KeyEvent[]): void {
    const [first, ...rest] = events;
    if (first === undefined || !this.mayType) return;
    const held = this.sticky;
    if (first.action !== "Release") this.sticky = 0;
    const key =
      held === 0 ? first : { ...first, mods: first.mods | held, text: textWith(first, held) };
    this.#type(
      rest.length === 0 ? { type: "Key", event: key } : { type: "Keys", events: [key, ...rest] },
    );
    this.terminal?.toEnd();
  }

  mouse(event: MouseEvent): void {
    if (this.mayType && this.#viewer.type({ type: "Mouse", event })) this.#wait();
  }

  async paste(text: string): Promise<void> {
    if (!this.mayType) return;
    const question = doubt(text);
    if (question !== null && !(await askUser(question, "Paste"))) return;
    for (const piece of pieces(text)) this.#type({ type: "Paste", text: piece });
  }

  /** `true`: it is on its way. */
  submit(text: string, confirmed = false): boolean {
    return this.mayType && this.#type({ type: "Submit", text, confirmed });
  }

  drive(take: boolean): void {
    const size = this.terminal?.room(covered());
    if (size === undefined) return;
    const before = this.driver?.name ?? null;
    this.#viewer.drive(take, size);
    if (take) this.terminal?.setFit("Actual");
    if (take && before !== null) note(`You took the size from ${before}. "Give back" returns it.`);
  }

  /** The page has room for another size. */
  resized(): void {
    if (this.drives && this.terminal) this.#viewer.resize(this.terminal.room(covered()));
  }

  focus(focused: boolean): void {
    this.#viewer.focus(focused);
  }

  resend(): void {
    this.#viewer.resend();
    this.overdue = [];
  }

  forget(): void {
    this.#viewer.forget();
    this.overdue = [];
  }

  state(state: ConnectionState): void {
    if (state.type === "Live") {
      this.#open();
    } else if (this.live) {
      this.live = false;
      this.#viewer.lost();
    }
  }

  message(message: ToClient): void {
    this.#viewer.message(message);
  }

  changed(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.terminal?.show(snapshot);
  }

  attached(info: SessionInfo): void {
    this.info = info;
    this.live = true;
  }

  drivenBy(driver: Driver): void {
    this.driver = driver;
  }

  event(event: Event): void {
    switch (event.type) {
      case "Bell":
        navigator.vibrate?.(30);
        return;
      case "Clipboard":
        this.clipboard = new TextDecoder().decode(event.content);
        return;
      case "Notification":
        note(event.title === "" ? event.body : `${event.title}: ${event.body}`);
        return;
      case "Notice":
        note(event.text);
    }
  }

  ended(status: ExitStatus): void {
    this.over = { status };
  }

  closed({ line }: { line: string }): void {
    this.live = false;
    if (this.over === null) this.over = { text: line };
  }

  refused({ event }: Pending, why: InputRefusal): void {
    if (why === "NeedsConfirm" && event.type === "Submit") {
      const question = "The program takes each line of this text as a command of its own. Send it?";
      void askUser(question, "Send").then((yes) => yes && this.submit(event.text, true));
    } else if (why === "Forbidden") {
      note("This device may not type here.");
    } else if (why === "Discarded") {
      note("What was typed before Ctrl-C and not applied yet was discarded.");
    }
  }

  lost(pending: readonly Pending[]): void {
    if (pending.length > 0) note(`Not sent, and not sent again: ${describe(pending)}`);
  }

  /** Ended sessions are read from the daemon's records. */
  #open(): void {
    if (this.info.state.type === "Ended") void this.#read(this.info.state.status);
    else this.#viewer.attach();
  }

  async #read(status: ExitStatus): Promise<void> {
    this.over = { status };
    try {
      const request = { type: "Capture", session: this.info.id, range: { history: 0n } } as const;
      const answer = await ask(this.desk.connection, request);
      if (answer.type === "Captured") this.changed(answer.snapshot);
    } catch (error) {
      this.over = { text: error instanceof Error ? error.message : String(error) };
    }
  }

  #type(event: InputEvent): boolean {
    if (this.#viewer.type(event)) {
      this.#wait();
      return true;
    }
    note(this.live ? "Too much waits for the session: not sent." : "Not connected: not sent.");
    return false;
  }

  #check(): void {
    const { stream } = this.#viewer;
    this.overdue = stream.overdue(Date.now() - OVERDUE) ? stream.pending : [];
    if (stream.pending.length > 0 && seen.page) this.#wait();
  }

  #wait(): void {
    this.#watch ??= setTimeout(() => {
      this.#watch = undefined;
      this.#check();
    }, 1_000);
  }
}

/** With Ctrl or Alt a key types nothing. */
function textWith({ text }: KeyEvent, mods: number): string | null {
  return (mods & ~Mod.Shift) === 0 ? text : null;
}

/** What was typed, for people. */
export function describe(pending: readonly Pending[]): string {
  const text = pending.map(({ event }) => describeOne(event)).join("");
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function describeOne(event: InputEvent): string {
  const key = ({ key, text }: KeyEvent) => text ?? `<${key.type}>`;
  switch (event.type) {
    case "Key":
      return key(event.event);
    case "Keys":
      return event.events.map(key).join("");
    case "Paste":
    case "Submit":
      return event.text;
    case "Mouse":
    case "Raw":
      return "";
  }
}
