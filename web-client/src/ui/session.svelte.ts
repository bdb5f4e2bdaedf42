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
import { MAX_KEYS, OVERDUE, type Typed, Viewer, type ViewerEvents } from "../core/viewer.ts";
import { doubt, excess, pieces } from "../input/paste.ts";
import type { Fetch } from "../render/history.ts";
import type { Terminal } from "../render/terminal.ts";
import type { Desk } from "./app.svelte.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { ask as askUser, note, toClipboard } from "./notes.svelte.ts";
import { covered, seen } from "./seen.svelte.ts";
import { ask } from "./sessions.svelte.ts";
import { change, isDark } from "./settings.svelte.ts";

/** Why something that was typed was not sent. */
const UNSENT: Readonly<Record<Exclude<Typed, "Sent">, string>> = {
  Down: "Not connected: not sent.",
  Full: "Too much waits for the session: not sent.",
  Asked: "Not sent: say first what happens to what was typed before.",
  Long: "Not sent: a text holds at most 64 KiB. Send it in parts.",
};

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
  #draft = $state("");
  /** As long as something waits to be applied. */
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(desk: Desk, info: SessionInfo) {
    this.desk = desk;
    this.info = info;
    this.#draft = draftOf(info.id);
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
    this.#putBack(this.overdue);
    this.desk.listeners.delete(this);
    this.#viewer.detach();
  }

  get mayType(): boolean {
    return this.desk.role !== "View" && this.over === null;
  }

  get drives(): boolean {
    return this.driver?.you ?? false;
  }

  /** What is written and not sent. */
  get draft(): string {
    return this.#draft;
  }

  set draft(text: string) {
    this.#draft = text;
    keepDraft(this.info.id, text);
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
    this.#type(...messagesOf([key, ...rest]));
    this.terminal?.toEnd();
  }

  mouse(event: MouseEvent): void {
    if (this.mayType && this.#viewer.type({ type: "Mouse", event }) === "Sent") this.#wait();
  }

  async paste(text: string): Promise<void> {
    if (!this.mayType) return;
    const refusal = excess(text);
    if (refusal !== null) return note(refusal);
    const question = doubt(text);
    if (question !== null && !(await askUser(question, "Paste"))) return;
    this.#type(...pieces(text).map((text) => ({ type: "Paste", text }) as const));
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
    const size = this.terminal?.room(covered());
    if (this.drives && size !== undefined) this.#viewer.resize(size);
  }

  focus(focused: boolean): void {
    this.#viewer.focus(focused);
  }

  resend(): void {
    this.#viewer.resend();
    this.overdue = [];
  }

  forget(): void {
    this.#putBack(this.#viewer.forget());
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
    this.#check();
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

  refused(pending: Pending, why: InputRefusal): void {
    const { event } = pending;
    if (why === "NeedsConfirm" && event.type === "Submit") {
      const question = "The program takes each line of this text as a command of its own. Send it?";
      void askUser(question, "Send").then((yes) => {
        if (!(yes && this.submit(event.text, true))) this.#putBack([pending]);
      });
      return;
    }
    this.#putBack([pending]);
    if (why === "Forbidden") note("This device may not type here.");
    if (why === "Discarded")
      note("What was typed before Ctrl-C and not applied yet was discarded.");
  }

  lost(pending: readonly Pending[]): void {
    this.#putBack(pending);
    const rest = pending.filter(({ event }) => event.type !== "Submit");
    if (rest.length === 0) return;
    const copy = { label: "Copy", run: () => void toClipboard(written(rest)) };
    note(`Not sent, and not sent again: ${describe(rest)}`, copy);
  }

  /** Text that was not sent after all is in its field again, before what was written since. */
  #putBack(pending: readonly Pending[]): void {
    const texts = pending.flatMap(({ event }) => (event.type === "Submit" ? [event.text] : []));
    if (texts.length === 0) return;
    this.draft = [...texts, ...(this.draft === "" ? [] : [this.draft])].join("\n");
    change({ rawKeys: false });
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

  #type(...events: readonly InputEvent[]): boolean {
    const typed = this.#viewer.type(...events);
    if (typed === "Sent") this.#wait();
    else note(UNSENT[typed]);
    return typed === "Sent";
  }

  #check(): void {
    const { stream } = this.#viewer;
    this.overdue = stream.overdue(Date.now() - OVERDUE) ? stream.pending : [];
    if (this.overdue.length > 0) this.desk.connection.doubt();
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

/** Keys that were pressed together, in as many messages as they need. */
function messagesOf(keys: readonly KeyEvent[]): InputEvent[] {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return [{ type: "Key", event: only }];
  const messages: InputEvent[] = [];
  for (let at = 0; at < keys.length; at += MAX_KEYS)
    messages.push({ type: "Keys", events: keys.slice(at, at + MAX_KEYS) });
  return messages;
}

/** What was typed, cut short. */
export function describe(pending: readonly Pending[]): string {
  const text = written(pending);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What was typed, for people. */
function written(pending: readonly Pending[]): string {
  return pending.map(({ event }) => describeOne(event)).join("");
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
