// What the user chose in this browser.

import type { Theme } from "../render/colors.ts";
import { DARK, LIGHT } from "../render/colors.ts";
import type { Fit } from "../render/terminal.ts";
import { isTouch } from "./browser.ts";

export interface Settings {
  theme: "Auto" | "Dark" | "Light";
  fontSize: number;
  fit: Fit;
  /** The screen does not go dark while a session is watched. */
  wake: boolean;
  /** New output is read out. */
  announce: boolean;
  /** Phones: keys go one by one instead of through the composer. */
  rawKeys: boolean;
}

const KEY = "settings";
const STANDARD: Settings = {
  theme: "Auto",
  fontSize: isTouch ? 13 : 15,
  fit: "Width",
  wake: false,
  announce: false,
  rawKeys: false,
};

function load(): Settings {
  try {
    return { ...STANDARD, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return STANDARD;
  }
}

export const settings = $state<Settings>(load());

export function change(changed: Partial<Settings>): void {
  Object.assign(settings, changed);
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Storage is refused: the choice holds until the page is closed.
  }
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const prefersContrast = matchMedia("(prefers-contrast: more)");
const system = $state({ dark: prefersDark.matches, contrast: prefersContrast.matches });
prefersDark.addEventListener("change", () => {
  system.dark = prefersDark.matches;
});
prefersContrast.addEventListener("change", () => {
  system.contrast = prefersContrast.matches;
});

export function isDark(): boolean {
  return settings.theme === "Auto" ? system.dark : settings.theme === "Dark";
}

export function theme(): Theme {
  const chosen = isDark() ? DARK : LIGHT;
  return system.contrast ? { ...chosen, contrast: 7 } : chosen;
}
