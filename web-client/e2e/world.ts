// A daemon of its own for each file of tests: real keepers, real programs, reached over TLS by a name
// whose certificate the browser trusts, through a proxy that can lose the network.

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { Native } from "./native.ts";

const run = promisify(execFile);
const TARGET = process.env["CARGO_TARGET_DIR"] ?? resolve(import.meta.dirname, "../../target");
/** Of the build that is tried: with its checks, or as it is measured. */
const ABIDE = join(TARGET, process.env["PROFILE"] ?? "checked", "abide");
/** What browsers are told to find on this machine. */
const NAME = "desk.localhost";
/** Days for which certificates are good at first. */
const DAYS = 30;

/** Milliseconds until a state that does not come is a failure, on a loaded machine. */
export const PATIENCE = 30_000;

export type Role = "view" | "type" | "manage";

/** A pairing under way. */
export interface Ticket {
  readonly link: string;
  /** Types the code where the pairing was asked for, and waits until the device is paired. */
  enter(code: string): Promise<void>;
}

export class World {
  readonly directory: string;
  readonly wire: Wire;
  readonly #children: ChildProcess[] = [];
  readonly #more: NodeJS.ProcessEnv;

  private constructor(directory: string, wire: Wire, more: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.wire = wire;
    this.#more = more;
  }

  /** `more`: what the environment of all programs holds besides. */
  static async open(more: NodeJS.ProcessEnv = {}): Promise<World> {
    const directory = mkdtempSync(join(tmpdir(), "abide-web-"));
    const port = await freePort();
    const world = new World(directory, await Wire.open(port), more);
    const { cert, key } = certificate(directory);
    const listen = ["--listen", `127.0.0.1:${port}`, "--cert", cert, "--key", key];
    await world.abide("share", ...listen, "--name", `${NAME}:${world.wire.port}`);
    return world;
  }

  /** Where browsers find the page. */
  get address(): string {
    return `https://${NAME}:${this.wire.port}`;
  }

  /** There is another certificate, for as many days from now on. */
  renew(days: number): void {
    sign(this.directory, days);
  }

  /** The command's output; an error if it fails. */
  async abide(...words: string[]): Promise<string> {
    const running = run(ABIDE, words, { env: this.#environment(), cwd: this.directory });
    const { stdout } = await within(`abide ${words.join(" ")}`, running);
    return stdout;
  }

  /** `abide WORDS` in a terminal of its own. */
  terminal(words: string, cols: number, rows: number): Native {
    return new Native(`${ABIDE} ${words}`, this.#environment(), cols, rows);
  }

  ticket(role: Role, ...more: string[]): Promise<Ticket> {
    return this.#pairing(["pair", "--link", "--role", role, ...more]);
  }

  /** A ticket for a browser on this machine, which the user opens, or this program. */
  web(browser?: string): Promise<Ticket> {
    if (browser === undefined) return this.#pairing(["web", "--print"]);
    return this.#pairing(["web"], { BROWSER: browser });
  }

  async #pairing(words: string[], more: NodeJS.ProcessEnv = {}): Promise<Ticket> {
    // What Node calls a pipe is a socket, which cannot be opened anew as a terminal's input is.
    const pair = [ABIDE, ...words];
    const child = spawn("sh", ["-c", 'cat | "$0" "$@"', ...pair], {
      env: { ...this.#environment(), ...more },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#children.push(child);
    let said = "";
    child.stderr.on("data", (text) => (said += text));
    const left = new Promise<number | null>((done) => child.on("exit", done));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = within(`the link of abide ${words.join(" ")}`, lines.next());
    const { value: link } = (await next) as { value: string | undefined };
    if (link === undefined) {
      await left;
      throw new Error(`abide ${words.join(" ")}: ${said}`);
    }
    const enter = async (code: string) => {
      child.stdin.end(`${code}\n`);
      if ((await within(`abide ${words.join(" ")}`, left)) !== 0)
        throw new Error(`abide ${words.join(" ")}: ${said}`);
    };
    return { link, enter };
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.stdin?.end();
    const sessions = JSON.parse(await this.abide("list", "--json")) as {
      id: string;
      state: string;
    }[];
    for (const { id, state } of sessions) if (state === "running") await this.abide("kill", id);
    await this.abide("daemon", "stop");
    await this.wire.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #environment(): NodeJS.ProcessEnv {
    const home = this.directory;
    return { ...process.env, ABIDE_HOME: home, HOME: home, TERM: "xterm", ...this.#more };
  }
}

/** Passes bytes on, until the network is lost. */
export class Wire {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #lost = false;
  #stalled = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(target: number): Promise<Wire> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const port = await listening(server);
    const wire = new Wire(server, port);
    server.on("connection", (socket) => wire.#pass(socket, target));
    return wire;
  }

  /** Every connection breaks, with what was under way, and no new one comes up. */
  lose(): void {
    this.#lost = true;
    this.#stalled = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore(): void {
    this.#lost = false;
  }

  /** Nothing passes, and nobody is told. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Nothing passes any more on the links that there are; new ones are good. */
  strand(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#stalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close(): Promise<void> {
    this.lose();
    return new Promise((done) => this.#server.close(() => done()));
  }

  #pass(socket: Socket, target: number): void {
    if (this.#lost) {
      socket.destroy();
      return;
    }
    const onward = connect({
      port: target,
      host: "127.0.0.1",
      allowHalfOpen: true,
      noDelay: true,
    });
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      if (this.#stalled) from.pause();
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

/** A certificate for `NAME`, by a test CA that browsers are told to trust. */
function certificate(directory: string): { cert: string; key: string } {
  const file = (name: string) => join(directory, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "pipe" });
  const newKey = (name: string) =>
    openssl(
      "genpkey",
      "-algorithm",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-out",
      file(name),
    );
  newKey("ca.key");
  newKey("desk.key");
  const subject = ["-subj", "/CN=Abide test CA"];
  openssl(
    "req",
    "-x509",
    "-key",
    file("ca.key"),
    "-out",
    file("ca.pem"),
    "-days",
    "365",
    ...subject,
  );
  openssl(
    "req",
    "-new",
    "-key",
    file("desk.key"),
    "-out",
    file("desk.csr"),
    "-subj",
    `/CN=${NAME}`,
  );
  writeFileSync(file("desk.ext"), `subjectAltName=DNS:${NAME}\nextendedKeyUsage=serverAuth\n`);
  sign(directory, DAYS);
  const database = file(".pki/nssdb");
  execFileSync("mkdir", ["-p", database]);
  execFileSync("certutil", ["-N", "--empty-password", "-d", `sql:${database}`]);
  execFileSync("certutil", [
    "-A",
    "-d",
    `sql:${database}`,
    "-n",
    "test",
    "-t",
    "C,,",
    "-i",
    file("ca.pem"),
  ]);
  return { cert: file("desk.pem"), key: file("desk.key") };
}

/** Whole, or not there yet: the daemon may look at any time. */
function sign(directory: string, days: number): void {
  const file = (name: string) => join(directory, name);
  const signer = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"];
  const request = ["-in", file("desk.csr"), "-out", file("new.pem"), "-extfile", file("desk.ext")];
  const words = ["x509", "-req", ...signer, ...request, "-days", `${days}`];
  execFileSync("openssl", words, { stdio: "pipe" });
  renameSync(file("new.pem"), file("desk.pem"));
}

/** What does not come in time is an error that names it. */
export async function within<T>(what: string, coming: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: not in ${PATIENCE} ms`)), PATIENCE);
  });
  return Promise.race([coming, late]).finally(() => clearTimeout(timer));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((done) => server.close(done));
  return port;
}

function listening(server: Server): Promise<number> {
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
