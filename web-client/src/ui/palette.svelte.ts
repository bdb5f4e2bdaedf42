// The palette: sessions and commands, found by some of their letters.

export interface Command {
  readonly label: string;
  readonly run: () => void;
}

/** What the session that is shown adds. */
export const palette = $state<{ open: boolean; commands: readonly Command[] }>({
  open: false,
  commands: [],
});
