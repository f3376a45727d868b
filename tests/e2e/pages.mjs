// What the tests of the portal's pages share: looking at a page in every guise, and the API beside.
import assert from "node:assert/strict";
import { assertAccessible, screenshot } from "./browser.mjs";

// Asks the REST API as administrator; the answer's JSON, or an error that tells it.
export async function rest(poss, method, path, body) {
  const response = await poss.fetch(`/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

// Nothing sticks out to the side, axe finds nothing serious, and a screenshot is kept.
export async function assertLooksFine(page, name) {
  // A toast lies over the page for a while.
  await page.waitForFunction(() => !document.querySelector(".fui-Toast"));
  await assertAccessible(page, name);
  await screenshot(page, name);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(overflow <= 0, `${name}: nothing sticks out to the side (${overflow} px)`);
}

// The page as it is, in dark colours and on a phone. `ready` waits until there is something to see.
export async function assertLooksFineEverywhere(page, name, ready) {
  await ready();
  await assertLooksFine(page, `${name}_light`);
  await page.getByRole("button", { name: "Switch to dark colours" }).click();
  await assertLooksFine(page, `${name}_dark`);
  await page.getByRole("button", { name: "Switch to light colours" }).click();
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await ready();
  await assertLooksFine(page, `${name}_phone`);
  await page.setViewportSize(size);
}

// Chooses from a Fluent dropdown or combobox.
export async function choose(page, label, option) {
  await page.getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("option", { name: option }).click();
}

// Waits until there are so many of something.
export async function waitForCount(locator, count) {
  if (count > 0) await locator.nth(count - 1).waitFor();
  await locator.nth(count).waitFor({ state: "detached" });
}

// A toast of this title; screen readers get the same text from elsewhere on the page.
export function toast(page, title) {
  return page.locator(".fui-ToastTitle").filter({ hasText: title });
}

// Refuses the next requests to a path, as a server with a fault would.
export async function breakApi(page, pattern, detail) {
  await page.route(pattern, (route) =>
    route.fulfill({
      status: 500,
      contentType: "application/problem+json",
      body: JSON.stringify({ type: "about:blank", title: "Internal", status: 500, code: "internal", detail }),
    }),
  );
}
