// Mouse, wheel and touch on a terminal. Programs that ask for the mouse get it, with Shift it selects;
// on the alternate screen wheel and swipe become what the program scrolls by.

import { Mod, type MouseEvent as SessionMouse } from "../core/input.ts";
import type { Snapshot } from "../core/snapshot.ts";

export interface MousePlace {
  /** The cell at a place of the page; `null` outside of the screen. */
  cellAt(x: number, y: number): { column: number; row: number } | null;
  snapshot(): Snapshot | null;
  cellHeight(): number;
}

type Send = (event: SessionMouse) => void;

const BUTTONS = ["Left", "Middle", "Right", "Back", "Forward"] as const;
/** Pixels of a line in wheel events that count lines. */
const LINE = 16;
/** Steps of the wheel that one event makes at most. */
const MAX_STEPS = 10;

const CORNER = { column: 0, row: 0 };

/** Whether wheel and swipe are the program's. */
export function scrollsProgram(snapshot: Snapshot): boolean {
  const { modes, book } = snapshot;
  return modes.mouse !== "Off" || (modes.alternateScroll && book === "Alternate");
}

/** Whole steps in `delta` pixels, and what is left over. */
export function steps(delta: number, cellHeight: number): { count: number; rest: number } {
  const count = Math.trunc(delta / cellHeight);
  return {
    count: Math.max(-MAX_STEPS, Math.min(MAX_STEPS, count)),
    rest: delta - count * cellHeight,
  };
}

export class Mouse {
  readonly #element: HTMLElement;
  readonly #place: MousePlace;
  readonly #send: Send;
  readonly #abort = new AbortController();
  #wheel = 0;
  #touch: { id: number; y: number; moved: boolean } | null = null;
  #last = "";

  constructor(element: HTMLElement, place: MousePlace, send: Send) {
    this.#element = element;
    this.#place = place;
    this.#send = send;
    const listen = (type: string, take: (event: never) => void, passive = true) =>
      element.addEventListener(type, take as EventListener, {
        passive,
        signal: this.#abort.signal,
      });
    listen("pointerdown", (event) => this.#down(event), false);
    listen("pointerup", (event) => this.#up(event));
    listen("pointercancel", () => this.#cancel());
    listen("pointermove", (event) => this.#move(event), false);
    listen("wheel", (event) => this.#wheeled(event), false);
    listen("contextmenu", (event) => this.#menu(event), false);
  }

  dispose(): void {
    this.#abort.abort();
  }

  #tracks(event: PointerEvent | WheelEvent | MouseEvent): Snapshot | null {
    const snapshot = this.#place.snapshot();
    return snapshot !== null && snapshot.modes.mouse !== "Off" && !event.shiftKey ? snapshot : null;
  }

  #down(event: PointerEvent): void {
    const snapshot = this.#place.snapshot();
    if (event.pointerType === "touch") {
      if (snapshot !== null && scrollsProgram(snapshot)) {
        this.#touch = { id: event.pointerId, y: event.clientY, moved: false };
      }
      return;
    }
    if (this.#tracks(event) === null) {
      if (event.shiftKey && snapshot?.modes.mouse !== "Off") startAnew();
      return;
    }
    event.preventDefault();
    this.#element.setPointerCapture(event.pointerId);
    this.#tell(event, "Press", BUTTONS[event.button] ?? "None");
  }

  #up(event: PointerEvent): void {
    const touch = this.#touch;
    this.#touch = null;
    if (event.pointerType === "touch") {
      if (touch === null || touch.moved || this.#tracks(event) === null) return;
      this.#tell(event, "Press", "Left");
      this.#tell(event, "Release", "Left");
    } else if (this.#tracks(event) !== null) {
      this.#tell(event, "Release", BUTTONS[event.button] ?? "None");
    }
  }

  #cancel(): void {
    this.#touch = null;
  }

  #move(event: PointerEvent): void {
    if (event.pointerType === "touch") {
      this.#swipe(event);
      return;
    }
    const snapshot = this.#tracks(event);
    const wanted =
      snapshot?.modes.mouse === "Any" || (snapshot?.modes.mouse === "Button" && event.buttons > 0);
    if (wanted) this.#tell(event, "Motion", held(event.buttons));
  }

  #swipe(event: PointerEvent): void {
    const touch = this.#touch;
    if (touch === null || touch.id !== event.pointerId) return;
    const { count, rest } = steps(touch.y - event.clientY, this.#place.cellHeight());
    if (count === 0) return;
    event.preventDefault();
    this.#touch = { id: touch.id, y: event.clientY + rest, moved: true };
    this.#turn(event, count);
  }

  #wheeled(event: WheelEvent): void {
    const snapshot = this.#place.snapshot();
    if (snapshot === null || event.shiftKey || event.ctrlKey || !scrollsProgram(snapshot)) return;
    event.preventDefault();
    const height = this.#place.cellHeight();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE;
    const { count, rest } = steps(this.#wheel + event.deltaY * unit, height);
    this.#wheel = rest;
    this.#turn(event, count);
  }

  /** Beside the screen, too: a small screen leaves most of a phone's height to the finger. */
  #turn(event: PointerEvent | WheelEvent, count: number): void {
    const button = count < 0 ? "WheelUp" : "WheelDown";
    const cell = this.#place.cellAt(event.clientX, event.clientY) ?? CORNER;
    const turn: SessionMouse = { action: "Press", button, ...cell, mods: modsOf(event) };
    for (let n = 0; n < Math.abs(count); n += 1) this.#send(turn);
  }

  #menu(event: MouseEvent): void {
    if (this.#tracks(event) !== null) event.preventDefault();
  }

  #tell(event: MouseEvent, action: SessionMouse["action"], button: SessionMouse["button"]): void {
    const cell = this.#place.cellAt(event.clientX, event.clientY);
    if (cell === null) return;
    // Motion within one cell is none.
    const place = `${cell.column},${cell.row}`;
    if (action === "Motion" && place === this.#last) return;
    this.#last = place;
    this.#send({ action, button, ...cell, mods: modsOf(event) });
  }
}

/** With Shift a browser extends what is selected already, be it in the field that takes the keys. */
function startAnew(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  document.getSelection()?.removeAllRanges();
}

function held(buttons: number): SessionMouse["button"] {
  if ((buttons & 1) !== 0) return "Left";
  if ((buttons & 4) !== 0) return "Middle";
  return (buttons & 2) !== 0 ? "Right" : "None";
}

function modsOf({ altKey, ctrlKey }: MouseEvent): number {
  return (altKey ? Mod.Alt : 0) | (ctrlKey ? Mod.Ctrl : 0);
}
