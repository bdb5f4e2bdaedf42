// Short messages to the user, and questions.

export interface Note {
  readonly id: number;
  readonly text: string;
  /** What a tap does, with its label. */
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

export interface Question {
  readonly text: string;
  readonly yes: string;
  readonly dangerous: boolean;
  readonly answer: (yes: boolean) => void;
}

/** Notes that are shown at a time. */
const MAX_NOTES = 4;
/** Milliseconds that a note without action stays. */
const STAYS = 6_000;

export const notes = $state<{ all: Note[]; question: Question | null; byHand: string | null }>({
  all: [],
  question: null,
  /** What the browser's clipboard did not take. */
  byHand: null,
});

let last = 0;

export function note(text: string, action: Note["action"] = null): void {
  last += 1;
  const id = last;
  notes.all = [...notes.all, { id, text, action }].slice(-MAX_NOTES);
  if (action === null) setTimeout(() => dismiss(id), STAYS);
}

export function dismiss(id: number): void {
  notes.all = notes.all.filter((note) => note.id !== id);
}

/** One question at a time: a later one answers the earlier with no. */
export function ask(text: string, yes: string, dangerous = false): Promise<boolean> {
  notes.question?.answer(false);
  return new Promise((resolve) => {
    const answer = (given: boolean) => {
      notes.question = null;
      resolve(given);
    };
    notes.question = { text, yes, dangerous, answer };
  });
}

/** Copies a text; where the browser does not, the user can. */
export async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    note("Copied.");
  } catch {
    notes.byHand = text;
  }
}
