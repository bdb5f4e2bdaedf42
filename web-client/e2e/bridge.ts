// What the page is compared with: xterm.js on a plain bridge of bytes, without any of what Abide keeps.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { type WebSocket, WebSocketServer } from "ws";

const find = createRequire(import.meta.url).resolve;
const FILES: Readonly<Record<string, readonly [type: string, path: string]>> = {
  "/xterm.js": ["text/javascript", find("@xterm/xterm/lib/xterm.mjs")],
  "/xterm.css": ["text/css", find("@xterm/xterm/css/xterm.css")],
};
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/xterm.css">
<div id="terminal"></div><script type="module">
import { Terminal } from "/xterm.js";
const terminal = new Terminal({ cols: 120, rows: 40 });
terminal.open(document.getElementById("terminal"));
const socket = new WebSocket(location.origin.replace("http", "ws"));
socket.binaryType = "arraybuffer";
socket.onmessage = ({ data }) => terminal.write(new Uint8Array(data));
socket.onopen = () => terminal.onData((text) => socket.send(text));
terminal.focus();
</script>`;

export interface Bridge {
  readonly address: string;
  close(): Promise<void>;
}

/** Serves the page; each WebSocket is a terminal in which `command` runs. */
export async function bridge(command: string): Promise<Bridge> {
  const server = createServer(({ url }, response) => {
    const [type, path] = FILES[url ?? ""] ?? ["text/html", null];
    response.writeHead(200, { "content-type": type });
    response.end(path === null ? PAGE : readFileSync(path));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => connect(socket, command));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = async () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
  };
  return { address: `http://127.0.0.1:${port}/`, close };
}

function connect(socket: WebSocket, command: string): void {
  const sized = `stty cols 120 rows 40; exec ${command}`;
  const child = spawn("script", ["-qfec", sized, "/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdout.on("data", (bytes: Buffer) => socket.send(bytes));
  socket.on("message", (bytes: Buffer) => child.stdin.write(bytes));
  socket.on("close", () => child.kill());
}
