// A link that goes and comes back: the last frame stays, nothing is lost, and nothing is done twice.

import { test } from "vitest";

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
