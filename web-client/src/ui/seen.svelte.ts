// Whether anybody looks at the page or types, and how much of it is seen: a soft keyboard covers some.

import { isTouch } from "./browser.ts";

export const seen = $state({ page: !document.hidden });
document.addEventListener("visibilitychange", () => {
  seen.page = !document.hidden;
});

/** Milliseconds after a key in which another may come. */
const TYPES = 300;
let typed = Number.NEGATIVE_INFINITY;
for (const event of ["keydown", "beforeinput"]) {
  document.addEventListener(event, ({ timeStamp }) => (typed = timeStamp), { capture: true });
}

/** Somebody types: what they wait for comes first. */
export function isTyping(): boolean {
  return performance.now() - typed < TYPES;
}

/** The most height that was seen at each width, in pixels: a soft keyboard changes no width. */
const tallest = new Map<number, number>();

/** Pixels of height that could be seen without a soft keyboard, and without zoom. */
export function wholeHeight(): number {
  const viewport = window.visualViewport;
  if (!viewport || !isTouch) return innerHeight;
  const [width, height] = [viewport.width, viewport.height].map((n) =>
    Math.round(n * viewport.scale),
  );
  const most = Math.max(height ?? 0, tallest.get(width ?? 0) ?? 0);
  tallest.set(width ?? 0, most);
  return most;
}

/** Pixels of height that a soft keyboard covers, or zoom puts out of sight. */
export function covered(): number {
  const viewport = window.visualViewport;
  return viewport && isTouch ? Math.max(0, Math.round(wholeHeight() - viewport.height)) : 0;
}
