// How TLS was agreed on, as the browser says itself.

import { expect, test } from "vitest";

import { DESK, launch, openDevice, PATIENCE } from "./browser.ts";
import { World } from "./world.ts";

test("the key exchange is the hybrid one", { timeout: 2 * PATIENCE }, async () => {
  const world = await World.open();
  const browser = await launch(world);
  try {
    const { context, page, faults } = await openDevice(browser, DESK);
    const protocol = await context.newCDPSession(page);
    await protocol.send("Network.enable");
    const answered = new Promise<unknown>((done) =>
      protocol.once("Network.responseReceived", ({ response }) => done(response.securityDetails)),
    );
    await page.goto(`${world.address}/`);
    expect(await answered).toMatchObject({
      protocol: "TLS 1.3",
      keyExchangeGroup: "X25519MLKEM768",
    });
    await page.getByLabel("Pairing link").waitFor();
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
    await world.close();
  }
});
