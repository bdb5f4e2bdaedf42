// What is painted is what the keeper has: two browsers and a native capture say the same, and every
// character stands where its cell is.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { type Device, PHONE, painted, screen, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

/** Pixels by which a character may stand beside its cell. */
const TOLERANCE = 0.5;
const PICTURE = [
  "\\033[1;31mbold red\\033[0m \\033[3mitalic\\033[0m \\033[4:3;58;5;4mcurly\\033[0m \\033[7minverse\\033[0m",
  "\\033[38;2;255;128;0mtrue\\033[48;5;17m cube \\033[0m\\033[9mstruck\\033[0m\\033[53mover\\033[0m",
  "┌──┬──┐│ab│█▓▒░▁▂▃▄▅▆▇╔══╗",
  "漢字 wide 👩‍💻 emoji é accents ❯ ✳ ⏺",
  "\\033]8;;https://example.org/\\033\\\\link\\033]8;;\\033\\\\ and text",
  "مرحبا شالوم",
].join("\\n");

let desk: Device;
let phone: Device;

stage(async () => {
  await world.abide(
    "new",
    "cells",
    "--detach",
    "--",
    "sh",
    "-c",
    `printf '${PICTURE}\\nthe end'; cat`,
  );
  desk = await lastingDevice();
  phone = await lastingDevice(PHONE);
  for (const { page } of [desk, phone]) {
    await show(page, "cells");
    await untilScreen(page, "the end");
  }
});

test("the text is that of a native capture", async () => {
  const native = (await world.abide("capture", "cells")).trimEnd().split("\n");
  const rows = (await screen(desk.page)).map((row) => row.trimEnd());
  expect(rows.slice(0, native.length)).toEqual(native.map((row) => row.trimEnd()));
});

test("two browsers show equal text and colours", async () => {
  const [a, b] = [await painted(desk.page), await painted(phone.page)];
  const looks = (rows: typeof a) => rows.map((row) => row.map(({ x: _, ...look }) => look));
  expect(looks(a)).toEqual(looks(b));
});

test.each([["desk"], ["phone"]])("every character of the %s is in its cell", async (which) => {
  const { page } = which === "desk" ? desk : phone;
  const width = await page
    .locator(".terminal")
    .evaluate((element) => Number.parseFloat(element.style.getPropertyValue("--cell-width")));
  const rows = (await painted(page)).slice(0, 6);
  const wide = /[\u6f22\u5b57]/;
  for (const row of rows) {
    let column = 0;
    for (const { text, x } of row) {
      // The parts of a cluster stand where their font has them.
      if (/[\u200d\u0300-\u036f\ufe0f]|💻/u.test(text)) continue;
      expect(Math.abs(x - column * width), `"${text}" in column ${column}`).toBeLessThan(TOLERANCE);
      column += wide.test(text) || text === "👩" ? 2 : 1;
    }
  }
});

test.each([["desk"], ["phone"]])("what is drawn of cells joins on the %s", async (which) => {
  const { page, context } = which === "desk" ? desk : phone;
  const drawn = ["████████", "████████", "│─┼│▐▌▐▌", "│─┼│▐▌▐▌", "████████"].join("\\n");
  const script = `printf '\\033[38;2;255;0;0m${drawn}\\033[0m\\ndrawn'; exec cat`;
  await world.abide("new", `drawn-${which}`, "--detach", "--", "sh", "-c", script);
  await show(page, `drawn-${which}`);
  await untilScreen(page, "drawn");
  await page.locator(".host:not(.stale)").waitFor();
  const rows = page.locator(".terminal .row");
  const clip = await rows.evaluateAll((rows) => {
    const [first, last] = [rows[0], rows[4]].map((row) => row?.getBoundingClientRect());
    const width = Number.parseFloat(
      rows[0]?.closest<HTMLElement>(".terminal")?.style.getPropertyValue("--cell-width") ?? "",
    );
    const [x, y] = [first?.x ?? 0, first?.y ?? 0];
    return { x, y, width: 8 * width, height: (last?.bottom ?? 0) - y };
  });
  const picture = await page.screenshot({ clip });
  // In a page of its own, which no policy binds.
  const blank = await context.newPage();
  /** How red each row of pixels is where it is reddest, and at its darkest in the upper two of cells. */
  const { reddest, darkest } = await blank.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const drawing = canvas.getContext("2d");
    drawing?.drawImage(image, 0, 0);
    const { data, width, height } = drawing?.getImageData(0, 0, image.width, image.height) ?? {
      data: [],
      width: 0,
      height: 0,
    };
    const red = (x: number, y: number) => data[4 * (y * width + x)] ?? 0;
    const inner = Array.from({ length: width - 2 }, (_, x) => x + 1);
    const reddest = Array.from({ length: height - 2 }, (_, y) =>
      Math.max(...inner.map((x) => red(x, y + 1))),
    );
    const upper = Array.from({ length: Math.floor((height * 2) / 5) - 2 }, (_, y) => y + 1);
    return { reddest, darkest: Math.min(...upper.flatMap((y) => inner.map((x) => red(x, y)))) };
  }, picture.toString("base64"));
  await blank.close();
  expect(reddest.length).toBeGreaterThan(20);
  expect(Math.min(...reddest)).toBeGreaterThan(128);
  expect(darkest).toBeGreaterThan(128);
  await show(page, "cells");
});

test("a link shows where it leads, and leads there", async () => {
  const link = desk.page.getByRole("link", { name: "link" });
  expect(await link.getAttribute("href")).toBe("https://example.org/");
  expect(await link.getAttribute("title")).toBe("https://example.org/");
});

/** 25 runs of 8 cells a row, whose looks change with every key. */
const RECOLORED = `import sys, tty
tty.setcbreak(0)
looks = ["38;2;{0};90;90", "38;2;90;{0};90;48;2;20;40;{0}", "7;38;2;{0};0;0", "38;2;9;9;{0}", "1;3;38;5;{0}", "38;2;{0};90;90"]
for turn, look in enumerate(looks):
    sys.stdout.write("\\x1b[H")
    for row in range(20):
        sys.stdout.write("".join(f"\\x1b[m\\x1b[{look.format(100 + 5 * n)}m" + f"{row:02}{n:02}text" for n in range(25)) + "\\r\\n")
    sys.stdout.write(f"\\x1b[mturn {turn}\\x1b[K")
    sys.stdout.flush()
    sys.stdin.read(1)
`;

test("rows with new looks are those of a page that was just opened, and keep to their cells", async () => {
  const { page } = desk;
  const program = join(world.directory, "recolored.py");
  writeFileSync(program, RECOLORED);
  await world.abide("new", "looks", "--size", "200x24", "--detach", "--", "python3", program);
  await show(page, "looks");
  // What is behind a run fills its cells, or not.
  const boxes = () =>
    page.locator(".terminal .run").evaluateAll((runs) =>
      runs.map((run) => {
        const { width, height } = run.getBoundingClientRect();
        return `${width} x ${height}`;
      }),
    );
  for (let turn = 0; turn < 6; turn += 1) {
    await untilScreen(page, `turn ${turn}`);
    await page.locator(".host:not(.stale)").waitFor();
    const changed = { cells: await painted(page), boxes: await boxes() };
    const width = await page
      .locator(".terminal")
      .evaluate((element) => Number.parseFloat(element.style.getPropertyValue("--cell-width")));
    const off = changed.cells
      .slice(0, 20)
      .flat()
      .map(({ x }, n) => Math.abs(x - (n % 200) * width));
    expect(off).toHaveLength(20 * 200);
    expect(Math.max(...off)).toBeLessThan(TOLERANCE);
    await page.reload();
    await untilScreen(page, `turn ${turn}`);
    expect({ cells: await painted(page), boxes: await boxes() }).toEqual(changed);
    // The rows of the turn before are what the next one changes.
    await world.abide("keys", "looks", "enter");
  }
});
