// A headless Chromium for the end-to-end tests, and what they look at with it.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { watchContract } from "./contract.mjs";

// The portal's packages; the tests have none of their own.
const require = createRequire(new URL("../../portal/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { default: AxeBuilder } = require("@axe-core/playwright");

// What a test waits for comes within this time, and a test ends within `limit`, also on a machine
// that is busy with other things.
const patience = 60_000;
export const limit = { timeout: 600_000 };

const screenshots = fileURLToPath(new URL("../../build/screenshots/", import.meta.url));

// Opens a browser with a fresh profile, and closes it when test `t` ends. Faults in the page
// (uncaught errors, refused resources by the Content-Security-Policy), and answers of the server
// that its API document does not have, fail the test.
export async function openPage(t, { width = 1280, height = 860, colorScheme = "light", ...more } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "poss-e2e-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.POSS_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
    ],
    viewport: { width, height },
    colorScheme,
    ...more,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const contractFaults = watchContract(page);
  t.after(async () => {
    const found = await contractFaults();
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    assert.deepEqual(found, [], "answers that are not as api/openapi.json has them");
  });
  page.setDefaultTimeout(patience);
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content.Security.Policy|React|Uncaught/i.test(message.text())) {
      faults.push(message.text());
    }
  });
  return {
    page,
    // To be called at the end of a test.
    assertNoFaults: () => assert.deepEqual(faults, []),
  };
}

export async function screenshot(page, name) {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

// What the overlay says about the picture on screen.
export function overlayState(page) {
  return page.getByTestId("overlay").evaluate((overlay) => ({
    phase: overlay.dataset.phase,
    mode: overlay.dataset.mode,
    frameTime: Number(overlay.dataset.frameTime || Number.NaN),
    insightTime: Number(overlay.dataset.insightTime || Number.NaN),
    interval: Number(overlay.dataset.insightInterval || Number.NaN),
    boxes: Number(overlay.dataset.boxes || 0),
    hold: Number(overlay.dataset.hold || Number.NaN),
  }));
}

// Waits until boxes are drawn on the live picture.
export async function waitForBoxes(page) {
  await page.waitForFunction(() => {
    const overlay = document.querySelector('[data-testid="overlay"]');
    return overlay?.dataset.phase === "playing" && Number(overlay.dataset.boxes) > 0;
  });
}

// A short text that differs when the pixels of the shown picture differ.
export function pictureFingerprint(page) {
  return page.evaluate(async () => {
    const overlay = document.querySelector('[data-testid="overlay"]');
    const shown =
      overlay.dataset.mode === "fmp4"
        ? document.querySelector("video")
        : document.querySelector('[data-testid="picture"]');
    const small = document.createElement("canvas");
    small.width = 160;
    small.height = 90;
    const context = small.getContext("2d");
    context.drawImage(shown, 0, 0, small.width, small.height);
    const bytes = context.getImageData(0, 0, small.width, small.height).data;
    const digest = await crypto.subtle.digest("SHA-1", bytes);
    return Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("");
  });
}

// How many pixels of the overlay are drawn on.
export function overlayPixels(page) {
  return page.getByTestId("overlay").evaluate((overlay) => {
    const { data } = overlay.getContext("2d").getImageData(0, 0, overlay.width, overlay.height);
    let drawn = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn++;
    return drawn;
  });
}

// Fails on serious accessibility findings.
export async function assertAccessible(page, what) {
  // What is fading in has not its colours yet.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
        .map(({ finished }) => finished.catch(() => undefined)),
    ),
  );
  // A dialog that has gone gives the page back a moment later.
  await page.waitForFunction(
    () =>
      document.querySelector('[role="dialog"], [role="alertdialog"]') ||
      document.getElementById("root").getAttribute("aria-hidden") !== "true",
  );
  // Fluent's focus catchers are hidden and take the focus only to hand it on.
  const { violations } = await new AxeBuilder({ page }).exclude("[data-tabster-dummy]").analyze();
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((n) => n.html).join(" | ")}`);
  assert.deepEqual(serious, [], `axe on ${what}`);
}
