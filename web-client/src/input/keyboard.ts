// The keyboard of a terminal: a text field nobody sees, so that dead keys, input methods and soft
// keyboards work, from which nothing is left standing.

import type { KeyEvent } from "../core/input.ts";
import { keyEvent, type Keyboard as Layout, press, textKeys } from "./keys.ts";

export interface KeyboardEvents {
  /** Keys that were pressed together. */
  keys(events: readonly KeyEvent[]): void;
  paste(text: string): void;
  focus(focused: boolean): void;
}

/** Kept in the field, so that a soft keyboard always has something to delete. */
const SENTINEL = "\u00a0\u00a0";
/** How often Escape is pressed to leave the terminal by keyboard, and within how many ms. */
const LEAVE = { presses: 3, within: 600 };

export class Keyboard {
  readonly field: HTMLTextAreaElement;
  readonly #events: KeyboardEvents;
  readonly #layout: () => Layout;
  readonly #abort = new AbortController();
  #composing = false;
  /** The pointer was last used on the terminal: keys are meant for it, wherever the focus went. */
  #pointed = false;
  /** The user left by Escape: until the pointer or the focus is back, keys are the page's. */
  #left = false;
  #escapes: number[] = [];

  constructor(host: HTMLElement, layout: () => Layout, events: KeyboardEvents) {
    this.#events = events;
    this.#layout = layout;
    this.field = host.ownerDocument.createElement("textarea");
    this.#dress();
    host.append(this.field);
    this.#reset();
    this.#listen();
    this.#listenAround(host);
  }

  dispose(): void {
    this.#abort.abort();
    this.field.remove();
  }

  focus(): void {
    this.field.focus({ preventScroll: true });
  }

  /** Keys are the page's until the terminal is pointed at or focused again. */
  leave(): void {
    this.#left = true;
    this.field.blur();
  }

  #dress(): void {
    const { field } = this;
    field.className = "keyboard";
    field.ariaLabel = "Terminal input: keys go to the session; press Escape three times to leave";
    field.autocapitalize = "off";
    field.autocomplete = "off";
    field.setAttribute("autocorrect", "off");
    field.spellcheck = false;
    field.enterKeyHint = "enter";
    field.rows = 1;
  }

  #listen(): void {
    const { field } = this;
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("keyup", (event) => this.#key(event));
    field.addEventListener("beforeinput", (event) => this.#beforeInput(event));
    field.addEventListener("input", () => !this.#composing && this.#reset());
    field.addEventListener("compositionstart", () => {
      this.#composing = true;
      field.classList.add("composing");
      field.value = "";
    });
    field.addEventListener("compositionend", ({ data }) => {
      this.#composing = false;
      field.classList.remove("composing");
      this.#reset();
      if (data !== "") this.#events.keys(textKeys(data));
    });
    field.addEventListener("paste", (event) => {
      event.preventDefault();
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (text !== "") this.#events.paste(text);
    });
    field.addEventListener("focus", () => {
      this.#left = false;
      this.#events.focus(true);
    });
    field.addEventListener("blur", () => this.#events.focus(false));
  }

  /** A selection takes the focus away; keys go on to the session. */
  #listenAround(host: HTMLElement): void {
    const { signal } = this.#abort;
    const page = host.ownerDocument;
    const point = ({ target }: Event) => {
      this.#pointed = target instanceof Node && host.contains(target);
      if (this.#pointed) this.#left = false;
    };
    const key = (event: KeyboardEvent) => {
      const { target } = event;
      // What is not shown takes no keys.
      if (this.#left || host.clientWidth === 0) return;
      const around = target instanceof Node && target !== this.field && host.contains(target);
      if (target !== page.body && !(around && this.#pointed)) return;
      this.#key(event);
      if (
        event.defaultPrevented &&
        event.type === "keydown" &&
        !page.querySelector("dialog[open]")
      ) {
        this.focus();
      }
    };
    page.addEventListener("pointerdown", point, { signal });
    page.addEventListener("keydown", key, { signal });
    page.addEventListener("keyup", key, { signal });
  }

  #key(event: KeyboardEvent): void {
    if (this.#composing || event.isComposing || event.keyCode === 229) return;
    if (isPaste(event) || isPrefix(event)) return;
    const key = keyEvent(event, this.#layout());
    if (key === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#events.keys([key]);
    if (this.#leaves(event)) this.leave();
  }

  /** The way out of the keyboard trap: the Escapes go to the program, the last one leaves, too. */
  #leaves(event: KeyboardEvent): boolean {
    if (event.type !== "keydown" || event.repeat) return false;
    if (event.key !== "Escape") {
      this.#escapes = [];
      return false;
    }
    this.#escapes = [...this.#escapes, event.timeStamp].slice(-LEAVE.presses);
    const first = this.#escapes[0] ?? 0;
    if (this.#escapes.length < LEAVE.presses || event.timeStamp - first > LEAVE.within)
      return false;
    this.#escapes = [];
    return true;
  }

  /** What soft keyboards do instead of pressing keys. */
  #beforeInput(event: InputEvent): void {
    if (this.#composing || event.isComposing) return;
    const keys = softKeys(event.inputType, event.data);
    if (keys === null) return;
    event.preventDefault();
    this.#events.keys(keys);
  }

  #reset(): void {
    this.field.value = SENTINEL;
    this.field.setSelectionRange(SENTINEL.length, SENTINEL.length);
  }
}

function softKeys(inputType: string, data: string | null): KeyEvent[] | null {
  switch (inputType) {
    case "insertText":
    case "insertReplacementText":
      return data === null ? null : textKeys(data);
    case "insertLineBreak":
    case "insertParagraph":
      return [press({ type: "Enter" })];
    case "deleteContentBackward":
      return [press({ type: "Backspace" })];
    case "deleteContentForward":
      return [press({ type: "Delete" })];
    case "deleteWordBackward":
      return [press({ type: "Char", char: 0x77 }, 4)];
    default:
      return null;
  }
}

/** `Ctrl-\`, which opens the palette wherever the focus is. */
export function isPrefix({ type, ctrlKey, altKey, code }: KeyboardEvent): boolean {
  return type === "keydown" && ctrlKey && !altKey && code === "Backslash";
}

/** Left to the browser, which answers with what is on the clipboard. */
function isPaste({ ctrlKey, shiftKey, metaKey, key }: KeyboardEvent): boolean {
  if (shiftKey && key === "Insert") return true;
  return key.toLowerCase() === "v" && ((ctrlKey && shiftKey) || metaKey);
}
