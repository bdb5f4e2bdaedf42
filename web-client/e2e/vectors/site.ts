// The page with the vectors, built and served on the loopback.

import { createServer } from "node:http";
import { resolve } from "node:path";
import { build, type Rolldown } from "vite";

export interface Site {
  readonly address: string;
  close(): Promise<void>;
}

export async function site(): Promise<Site> {
  const files = await built();
  const server = createServer(({ url }, response) => {
    const file = files.get(url ?? "");
    const type = url === "/" ? "text/html" : "text/javascript";
    response.writeHead(file === undefined ? 404 : 200, { "content-type": type }).end(file);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((done) => server.close(() => done()));
  };
  return { address: `http://127.0.0.1:${port}/`, close };
}

async function built(): Promise<Map<string, string>> {
  const bundle = (await build({
    configFile: false,
    logLevel: "error",
    root: import.meta.dirname,
    resolve: { alias: { vitest: resolve(import.meta.dirname, "vitest.ts") } },
    build: {
      write: false,
      target: "es2022",
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: resolve(import.meta.dirname, "page.ts") },
    },
  })) as Rolldown.RolldownOutput;
  const files = new Map<string, string>();
  for (const file of bundle.output) {
    if (file.type !== "chunk") continue;
    files.set(`/${file.fileName}`, file.code);
    if (file.isEntry) files.set("/", pageOf(file.fileName));
  }
  return files;
}

function pageOf(script: string): string {
  return `<!doctype html><meta charset="utf-8"><script type="module" src="/${script}"></script>`;
}
