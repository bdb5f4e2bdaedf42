// A million rows behind the screen: the first, the last and any other are reached.

import { expect, test } from "vitest";

import { command, type Device, PATIENCE, screen, show, topNumber, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

const ROWS = 1_000_000;
let device: Device;

stage(async () => {
  const script = `seq -f 'row %.0f.' ${ROWS}; exec cat`;
  await world.abide("new", "long", "--detach", "--", "sh", "-c", script);
  device = await lastingDevice();
  await show(device.page, "long");
  await untilScreen(device.page, `row ${ROWS}.`);
});

test.each([1, 500_000, 999_900])(
  "row %d is found and shown",
  { timeout: 3 * PATIENCE },
  async (row) => {
    const { page } = device;
    await command(device.page, "Search");
    await page.getByRole("searchbox").fill(`row ${row}.`);
    await page.keyboard.press("Enter");
    await untilScreen(page, new RegExp(`^row ${row}\\.$`, "m"));
    await page.getByRole("button", { name: "Close search" }).click();
    expect((await screen(page)).length).toBeLessThan(250);
  },
);

test("what is read stays when the window gets another size", async () => {
  const { page } = device;
  await command(device.page, "Search");
  await page.getByRole("searchbox").fill("row 500000.");
  await page.keyboard.press("Enter");
  await untilScreen(page, /^row 500000\.$/m);
  const terminal = page.locator(".terminal");
  const cell = () =>
    terminal.evaluate((element) => getComputedStyle(element).getPropertyValue("--cell-width"));
  const before = await cell();
  await page.setViewportSize({ width: 900, height: 700 });
  await expect.poll(cell).not.toBe(before);
  expect(await screen(page)).toContain("row 500000.");
  await page.getByRole("button", { name: "Close search" }).click();
});

test("both ends are a command away, and scrolling goes on from where it is", async () => {
  const { page } = device;
  await command(device.page, "Jump to the oldest line");
  await untilScreen(page, /^row 1\.$/m);
  // As far as the scroll area reaches, by its own bar: not to the end.
  await page.locator(".terminal").evaluate((element) => {
    element.scrollTop = element.scrollHeight;
  });
  await untilScreen(page, /^row [3-7]\d{5}\.$/m);
  await page.waitForFunction(() => !document.querySelector(".row.missing"));
  const numbers = (await screen(page)).map((row) => Number(/^row (\d+)\.$/.exec(row)?.[1] ?? 0));
  // The screen itself is mounted as well, and is the last.
  const seen = numbers.filter((number) => number > 0 && number < 900_000);
  for (const [n, row] of seen.slice(1).entries()) expect(row).toBe((seen[n] ?? 0) + 1);
  await page.getByRole("button", { name: /^Jump to latest/ }).click();
  await untilScreen(page, `row ${ROWS}.`);
});

test("who scrolls up while lines come stays there", async () => {
  const { page } = device;
  const script = 'n=0; while :; do n=$((n + 1)); echo "line $n."; sleep 0.005; done';
  await world.abide("new", "endless", "--detach", "--", "sh", "-c", script);
  await show(page, "endless");
  await untilScreen(page, "line 300.");
  const latest = page.getByRole("button", { name: /^Jump to latest/ });
  for (let n = 0; n < 20; n += 1) {
    // After a frame: the next state comes before the event of the scrolling.
    await page.locator(".terminal").evaluate(
      (element) =>
        new Promise<void>((done) => {
          requestAnimationFrame(() => {
            setTimeout(() => {
              element.scrollBy(0, -1_000);
              done();
            });
          });
        }),
    );
    await latest.waitFor();
    const line = await topNumber(page);
    expect(line).toBeGreaterThan(0);
    // More lines come, and what is read stays.
    await page.getByRole("button", { name: /^Jump to latest \([1-9]\d+ new\)/ }).waitFor();
    expect(await topNumber(page)).toBe(line);
    await latest.click();
  }
});
