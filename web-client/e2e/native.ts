// A native attach in a terminal of its own, and what that terminal shows: an independent emulator.

import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";

const EMULATOR = resolve(import.meta.dirname, "../../tests/emulator/emulator.mjs");

/** Cells with one look: text, columns, `foreground|background|attributes|underline|link`. */
export type Run = readonly [text: string, columns: number, look: string, simple: boolean];

export class Native {
  readonly #emulator: ChildProcess;
  readonly #attach: ChildProcess;
  #said = Buffer.alloc(0);
  #heard: (state: string) => void = () => undefined;

  /** `command` runs in a terminal of this size. */
  constructor(command: string, env: NodeJS.ProcessEnv, cols: number, rows: number) {
    this.#emulator = spawn(process.execPath, [EMULATOR], { stdio: ["pipe", "pipe", "inherit"] });
    this.#emulator.stdout?.on("data", (bytes: Buffer) => this.#take(bytes));
    this.#tell("i", JSON.stringify({ cols, rows, scrollback: 1000 }));
    const sized = `stty cols ${cols} rows ${rows}; exec ${command}`;
    this.#attach = spawn("script", ["-qfec", sized, "/dev/null"], {
      env: { ...env, TERM: "xterm-256color", COLORTERM: "truecolor" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#attach.stdout?.on("data", (bytes: Buffer) => this.#tell("w", bytes));
  }

  /** The rows that are shown. */
  async rows(): Promise<readonly (readonly Run[])[]> {
    const state = await new Promise<string>((heard) => {
      this.#heard = heard;
      this.#tell("s", "{}");
    });
    const { lines } = JSON.parse(state) as { lines: { runs: Run[] }[] };
    return lines.map(({ runs }) => runs);
  }

  type(text: string): void {
    this.#attach.stdin?.write(text);
  }

  async close(): Promise<void> {
    const gone = [this.#attach, this.#emulator].map(
      (child) => new Promise((done) => child.once("exit", done)),
    );
    this.#attach.kill();
    this.#emulator.stdin?.end();
    await Promise.all(gone);
  }

  #tell(kind: string, body: string | Buffer): void {
    const bytes = Buffer.from(body);
    const head = Buffer.alloc(5);
    head.write(kind, 0, "latin1");
    head.writeUInt32LE(bytes.length, 1);
    this.#emulator.stdin?.write(Buffer.concat([head, bytes]));
  }

  /** Frames of the emulator; what it answers to queries goes to the program that asked. */
  #take(bytes: Buffer): void {
    this.#said = Buffer.concat([this.#said, bytes]);
    while (this.#said.length >= 5) {
      const end = 5 + this.#said.readUInt32LE(1);
      if (this.#said.length < end) return;
      const body = this.#said.subarray(5, end);
      if (this.#said.toString("latin1", 0, 1) === "s") this.#heard(body.toString());
      else this.#attach.stdin?.write(body);
      this.#said = this.#said.subarray(end);
    }
  }
}
