// What this browser is, for people.

/** `Firefox on Android` and the like; only shown, nothing depends on it. */
export function browserName(agent: string): string {
  const find = (pairs: readonly (readonly [RegExp, string])[], standard: string) =>
    pairs.find(([pattern]) => pattern.test(agent))?.[1] ?? standard;
  const browser = find(
    [
      [/Edg/, "Edge"],
      [/OPR/, "Opera"],
      [/Firefox|FxiOS/, "Firefox"],
      [/Chrom|CriOS/, "Chrome"],
      [/Safari/, "Safari"],
    ],
    "Browser",
  );
  const system = find(
    [
      [/Android/, "Android"],
      [/iPhone/, "iPhone"],
      [/iPad/, "iPad"],
      [/Mac OS/, "Mac"],
      [/Windows/, "Windows"],
      [/Linux|X11/, "Linux"],
    ],
    "",
  );
  return system === "" ? browser : `${browser} on ${system}`;
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** A finger is the pointer: there is a soft keyboard, and no hover. */
export const isTouch = matchMedia("(pointer: coarse)").matches;

/** A web app on a home screen, which has a storage of its own. */
export const isInstalled = matchMedia("(display-mode: standalone)").matches;
export const isApple = /iPhone|iPad/.test(navigator.userAgent);
