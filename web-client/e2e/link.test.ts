// A link that goes and comes back: the last frame stays, nothing is lost, and nothing is done twice.

import { expect, test } from "vitest";

import { type Device, PATIENCE, show, untilScreen } from "./browser.ts";
import { lastingDevice, stage, world } from "./stage.ts";

let device: Device;

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "bash", "--norc");
  device = await lastingDevice();
  await show(device.page, "work");
});

test("offline, the last frame stays and is marked; keys are refused and said so", async () => {
  const { page } = device;
  await page.keyboard.type("echo be$((1))fore\n");
  await untilScreen(page, "be1fore");
  world.wire.lose();
  await page.locator(".host.stale").waitFor();
  await untilScreen(page, "be1fore");
  await page.keyboard.press("x");
  await page.getByText("Not connected: not sent.").first().waitFor();
});

test("back online, it goes on from what it has", async () => {
  const { page } = device;
  await world.abide("send", "work", "echo mean$((2))while");
  world.wire.restore();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.locator(".host:not(.stale)").waitFor();
  await untilScreen(page, "mean2while");
  await page.keyboard.type("echo af$((3))ter\n");
  await untilScreen(page, "af3ter");
});

test("what was typed is run once, across many lost links", { timeout: 4 * PATIENCE }, async () => {
  const { page } = device;
  await page.keyboard.type("clear; n=0; f() { n=$((n + 1)); }\n");
  for (let round = 0; round < 5; round += 1) {
    await page.keyboard.type("f\n");
    world.wire.lose();
    await page.locator(".host.stale").waitFor();
    world.wire.restore();
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await page.locator(".host:not(.stale)").waitFor();
  }
  await page.keyboard.type("echo count=$n.\n");
  await untilScreen(page, "count=5.");
});

test("a dead link that says nothing is noticed by what is not applied, and asked about", async () => {
  const { page } = device;
  await page.keyboard.type("clear\n");
  await untilScreen(page, /^(?![\s\S]*count=5)/);
  const sending = page.getByRole("button", { name: "Send again" });
  for (const answer of ["Send again", "Drop"]) {
    world.wire.stall();
    await page.keyboard.type(`echo ${answer.length}$((0))-\n`);
    await page.locator(".host.stale").waitFor();
    world.wire.lose();
    world.wire.restore();
    await page.locator(".host:not(.stale)").waitFor();
    await sending.waitFor();
    await page.keyboard.press("x");
    await page.getByText(/say first what happens to what was typed/).waitFor();
    await page.getByRole("button", { name: answer, exact: true }).click();
    await sending.waitFor({ state: "detached" });
    await page.locator(".host").click();
    await page.keyboard.type(`echo then-$((${answer.length}))\n`);
    await untilScreen(page, `then-${answer.length}`);
  }
  await untilScreen(page, /^100-/m);
  await untilScreen(page, /^(?![\s\S]*^40-)/m);
});

test("a dead link over which nothing is expected is noticed, with its age", async () => {
  const { page } = device;
  // Narrow enough for the list, which asks each second, not to be shown.
  await page.setViewportSize({ width: 900, height: 700 });
  await page.clock.install();
  await page.reload();
  await untilScreen(page, "then-");
  world.wire.stall();
  await page.clock.fastForward(20_000);
  await page.locator(".host.stale").waitFor();
  await page.getByText(/No connection for 2\d s/).waitFor();
  world.wire.resume();
  await page.locator(".host:not(.stale)").waitFor();
  await page.keyboard.type("echo ali$((5))ve\n");
  await untilScreen(page, "ali5ve");
  expect(await page.getByText("Sent, and not applied yet").count()).toBe(0);
});
