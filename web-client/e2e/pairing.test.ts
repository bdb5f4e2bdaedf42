// Pairing beyond its first time, and what a page is before it is paired.

import { expect, test } from "vitest";

import { DESK, openDevice, PATIENCE, pair } from "./browser.ts";
import { browser, stage, world } from "./stage.ts";
import type { Ticket } from "./world.ts";

stage(async () => {
  await world.abide("new", "work", "--detach", "--", "sh", "-c", "echo here; exec cat");
});

interface Listed {
  readonly id: string;
  readonly name: string;
}

async function listed(): Promise<readonly Listed[]> {
  const all = JSON.parse(await world.abide("devices", "list", "--json")) as readonly Listed[];
  return all.map(({ id, name }) => ({ id, name }));
}

test("a link is pasted where an address cannot be opened", async () => {
  const { page, context } = await openDevice(browser, DESK);
  const { link, enter } = await world.ticket("manage");
  await page.goto(world.address);
  await page.getByLabel("Pairing link").fill(`  ${link}\n`);
  await page.getByRole("button", { name: "Paste pairing link" }).click();
  await page.getByRole("button", { name: /^Pair with/ }).click();
  await enter(((await page.locator(".code").textContent()) ?? "").replaceAll(" ", ""));
  await page.locator(".list li").first().waitFor();
  await context.close();
});

test("the secret is out of the address, and the ticket whole, until somebody taps", async () => {
  const { page, context } = await openDevice(browser, DESK);
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const ticket = await world.ticket("view");
  await page.goto(ticket.link);
  await page.getByRole("button", { name: /^Pair with/ }).waitFor();
  expect(page.url()).toBe(`${world.address}/`);
  expect(sockets).toEqual([]);
  await page.goto("about:blank");
  await pair(page, ticket);
  await page.locator(".list li").first().waitFor();
  await context.close();
});

test("a browser that pairs again takes its own place", { timeout: 4 * PATIENCE }, async () => {
  const { page, context } = await openDevice(browser, DESK);
  const as = async (name: string, { link, enter }: Ticket) => {
    await page.goto(link);
    await page.getByLabel("Name of this device").fill(name);
    await page.getByRole("button", { name: /^Pair with/ }).click();
    await enter(((await page.locator(".code").textContent()) ?? "").replaceAll(" ", ""));
    await page.locator(".list li").first().waitFor();
  };
  await as("again", await world.ticket("manage"));
  const before = await listed();
  const ticket = await world.ticket("manage", "--replace");
  await page.goto(ticket.link);
  await page.getByText('This browser is paired as "again" already.').waitFor();
  await page.getByRole("button", { name: "Keep the old pairing" }).click();
  await page.locator(".list li").first().waitFor();
  await page.goto("about:blank");
  await as("again", ticket);
  const after = await listed();
  const others = (all: readonly Listed[]) => all.filter(({ name }) => name !== "again");
  expect(others(after)).toEqual(others(before));
  const own = (all: readonly Listed[]) => all.filter(({ name }) => name === "again");
  expect(own(after)).toHaveLength(1);
  expect(own(after)[0]?.id).not.toBe(own(before)[0]?.id);
  await context.close();
});

test("it asks for storage that lasts, and can be installed", async () => {
  const { page, context } = await openDevice(browser, DESK);
  await context.addInitScript(() => {
    Object.assign(window, { asked: 0 });
    navigator.storage.persist = () => {
      (window as unknown as { asked: number }).asked += 1;
      return Promise.resolve(true);
    };
  });
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== world.address) elsewhere.push(request.url());
  });
  await pair(page, await world.ticket("view"));
  await page.locator(".list li").first().waitFor();
  expect(await page.evaluate(() => (window as unknown as { asked: number }).asked)).toBe(1);
  const devtools = await context.newCDPSession(page);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // A context of the tests is like a private window, in which nothing is installed.
  const wrong = installabilityErrors.map(({ errorId }) => errorId);
  expect(wrong.filter((id) => id !== "in-incognito")).toEqual([]);
  expect(elsewhere).toEqual([]);
  await context.close();
});
