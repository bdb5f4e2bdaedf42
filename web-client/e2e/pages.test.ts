// What axe says of every page, on the desk and on a phone.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";

import { DESK, openDevice, PATIENCE, PHONE, pairedDevice, show, untilScreen } from "./browser.ts";
import { browser, stage, world } from "./stage.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

stage(async () => {
  const script = "seq -f 'line %.0f' 300; echo here; exec cat";
  await world.abide("new", "work", "--detach", "--", "sh", "-c", script);
});

/** Nothing serious is wrong for those who do not see or point. */
async function sound(page: Page, where: string): Promise<void> {
  // By the devtools protocol, which the page's policy does not bind.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    interface Violation {
      id: string;
      impact: string;
      nodes: { html: string }[];
    }
    const { axe } = window as unknown as {
      axe: { run(options: unknown): Promise<{ violations: Violation[] }> };
    };
    const rules = { "label-content-name-mismatch": { enabled: true } };
    const { violations } = await axe.run({ rules });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  expect(found, where).toEqual([]);
}

const SIZES: readonly (readonly [string, BrowserContextOptions])[] = [
  ["desk", DESK],
  ["phone", PHONE],
];

test.each(SIZES)("pairing on a %s", { timeout: 4 * PATIENCE }, async (_, options) => {
  const { page, context } = await openDevice(browser, options);
  const ticket = await world.ticket("manage");
  await page.goto(new URL("/", ticket.link).href);
  await page.getByLabel("Pairing link").waitFor();
  await sound(page, "unpaired");
  await page.goto(ticket.link);
  await page.getByRole("button", { name: /^Pair with/ }).waitFor();
  await sound(page, "offer");
  await page.getByRole("button", { name: /^Pair with/ }).click();
  const code = await page.locator(".code").textContent();
  await sound(page, "code");
  await ticket.enter((code ?? "").replaceAll(" ", ""));
  await page.locator(".list li").first().waitFor();
  await page.goto(`${new URL(ticket.link).origin}/p#v1.damaged`);
  await page.getByText(/damaged or mistyped/).waitFor();
  await sound(page, "failed");
  await context.close();
});

test.each(SIZES)("the list on a %s", { timeout: 4 * PATIENCE }, async (_, options) => {
  const { page, context } = await pairedDevice(browser, world, options);
  await sound(page, "list");
  await page.getByRole("button", { name: "More about work" }).click();
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByLabel("Directory on the computer").waitFor();
  await sound(page, "new session");
  // What is about the page alone is to be had without a session.
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name: "Unpair this device" }).waitFor();
  await sound(page, "menu of the list");
  await page.getByRole("button", { name: "Light" }).click();
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset.theme))
    .toBe("light");
  await sound(page, "menu of the list, light");
  await page.getByRole("button", { name: "Help" }).click();
  await page.getByRole("dialog").getByText("Escape three times").waitFor();
  await sound(page, "help");
  await page.getByRole("button", { name: "Close" }).click();
  await page.evaluate(() => (location.hash = "#/nobody"));
  await page.getByText('There is no session "nobody"').waitFor();
  await sound(page, "no such session");
  await context.close();
});

test.each(SIZES)("a session on a %s", { timeout: 6 * PATIENCE }, async (size, options) => {
  const { page, context } = await pairedDevice(browser, world, options);
  await show(page, "work");
  await untilScreen(page, "here");
  await sound(page, "session");
  if (size === "phone") {
    await page.getByRole("button", { name: "More" }).click();
    await sound(page, "all keys");
  }
  await page.getByRole("button", { name: "Menu" }).click();
  await sound(page, "menu");
  await page.getByRole("button", { name: "Reader" }).click();
  await page.locator(".reader p", { hasText: "here" }).waitFor();
  await sound(page, "reader");
  await page.getByRole("button", { name: "Palette" }).click();
  await page
    .getByRole("option", { name: "Reader" })
    .or(page.getByRole("option").first())
    .first()
    .waitFor();
  await sound(page, "palette");
  // A search leaves the reader, which shows no hits.
  await page.getByRole("combobox").fill("Search");
  await page.keyboard.press("Enter");
  await page.getByRole("searchbox").fill("line 200");
  await page.keyboard.press("Enter");
  await page.locator(".terminal .mark").first().waitFor();
  expect(await page.locator(".reader").count()).toBe(0);
  await sound(page, "search");
  await page.getByRole("button", { name: "Close search" }).click();
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("button", { name: "Unpair this device" }).click();
  await page.getByText("Unpair this device? To come back").waitFor();
  await sound(page, "question");
  await page.getByRole("button", { name: "Cancel" }).click();
  world.wire.lose();
  await page.getByText(/No connection for/).waitFor();
  await sound(page, "link lost");
  world.wire.restore();
  // By itself it may be back before a button is found.
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.locator(".host:not(.stale)").waitFor();
  await context.close();
});

test.each(SIZES)("the end on a %s", { timeout: 6 * PATIENCE }, async (size, options) => {
  const { page, context } = await pairedDevice(browser, world, options);
  const name = `short-${size}`;
  await world.abide("new", name, "--detach", "--", "sh", "-c", "echo there; exec cat");
  await show(page, name);
  await untilScreen(page, "there");
  await world.abide("kill", name);
  await page.getByText("This session ended by signal 9.").waitFor();
  await sound(page, "ended");
  await page.getByRole("button", { name: "All sessions" }).last().click();
  await page.locator(".list").getByText("work").waitFor();
  await expect.poll(() => new URL(page.url()).hash).toBe("#/");
  const devices = JSON.parse(await world.abide("devices", "list", "--json")) as {
    id: string;
    links: number;
  }[];
  const own = devices.find(({ links }) => links > 0);
  await world.abide("devices", "revoke", own?.id ?? "");
  await page.getByText(/does not know this device any more/).waitFor();
  await sound(page, "refused");
  await context.close();
});
