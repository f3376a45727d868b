// The page Insights in a real browser against the real POSS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limit, openPage } from "./browser.mjs";
import { assertLooksFine, assertLooksFineEverywhere, breakApi, choose, rest, waitForCount } from "./pages.mjs";
import { signIn, startPoss } from "./poss.mjs";

async function open(t, path) {
  const poss = await startPoss(t, ["--demo"]);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(`${poss.url}${path}`);
  return { poss, page, assertNoFaults };
}

test("insights show live and over time, filtered by what stands in the address", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/insights");
  await page.getByTestId("insight").first().waitFor();
  await page.getByTestId("chart").waitFor();
  await assertLooksFineEverywhere(page, "insights", () => page.getByTestId("insight").first().waitFor());

  await t.test("the live tail stands still while paused", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    const rows = await page.getByTestId("insight").count();
    await page.getByTestId("tail").getByText(/new$/).waitFor();
    assert.equal(await page.getByTestId("insight").count(), rows);
    await assertLooksFine(page, "insights_paused");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByTestId("tail").getByText("Live").waitFor();
  });

  await t.test("filters stand in the address and survive a reload", async () => {
    const camera = (await rest(poss, "GET", "/cameras")).items.find(({ status }) => status.state === "streaming");
    await choose(page, "Camera", camera.name);
    await page.waitForURL(`**/insights?camera=${camera.id}`);
    await choose(page, "Label", "person");
    await page.waitForURL("**label=person");
    await choose(page, "Time", "Last 24 hours");
    await page.waitForURL("**range=day");
    await page.reload();
    await page.getByTestId("insight").first().waitFor();
    assert.equal(await page.getByRole("combobox", { name: "Label" }).inputValue(), "person");
    await page.getByTestId("chart").getByRole("listitem").filter({ hasText: "person" }).waitFor();
    await waitForCount(page.getByTestId("chart").getByRole("list").getByRole("listitem"), 1);
    await assertLooksFine(page, "insights_filtered");
  });

  await t.test("the chart is used by keyboard, and leads into the past", async () => {
    const chart = page.getByRole("slider");
    await chart.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowRight");
    assert.match(await chart.getAttribute("aria-valuetext"), /person \d/);
    await page.keyboard.press("Enter");
    await page.getByLabel("From", { exact: true }).waitFor();
    assert.match(page.url(), /from=.*to=/);
    await page.getByRole("button", { name: "Zoom out" }).click();
    await page.getByText("Show as a table").click();
    await page.getByRole("columnheader", { name: "All insights" }).waitFor();
    await assertLooksFine(page, "insights_table");
  });

  await t.test("one insight is shown as it is", async () => {
    await page.getByTestId("insight").first().getByRole("button").click();
    await page.getByTestId("raw-json").waitFor();
    await page.keyboard.press("Escape");
  });
  assertNoFaults();
});

test("a long history comes page by page", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/insights");
  await page.getByTestId("insight").first().waitFor();
  await page.route("**/api/v1/insights?*", async (route) => {
    const url = new URL(route.request().url());
    const answer = await route.fetch({ url: String(url).replace("limit=500", "limit=10") });
    await route.fulfill({ response: answer });
  });
  await page.goto(`${new URL(page.url()).origin}/insights?range=day`);
  await page.getByRole("button", { name: "Load older" }).waitFor();
  const asked = page.waitForRequest((request) => request.url().includes("cursor="));
  await page.getByRole("button", { name: "Load older" }).click();
  await asked;
  assertNoFaults();
});

test("of a long table only what is near is drawn", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  let sample;
  while (!sample) [sample] = (await rest(poss, "GET", "/insights?limit=1&label=person")).items;
  // So far apart and so different that each is a row of its own.
  const now = Date.now() / 1000;
  const items = Array.from({ length: 3000 }, (_, i) => {
    const timestamp = now - 60 - i * 20;
    const [first] = sample.insights_meta.objects_meta;
    const object = { ...first, label: `thing ${i}`, confidence: 0.5, attributes: [], inference_id: `x${i}`, timestamp, bbox: { l: 0, t: 0, w: 0.1, h: 0.1 } };
    return { ...sample, id: `made-${i}`, timestamp, insights_meta: { objects_meta: [object], events_meta: [] } };
  });
  await page.route("**/api/v1/insights?*", (route) => route.fulfill({ json: { items, next_cursor: "" } }));
  await page.goto(`${poss.url}/insights?range=day&label=thing+0`);
  await page.getByText("thing 0", { exact: true }).first().waitFor();
  assert.ok((await page.getByTestId("insight").count()) < 300, "few of them are drawn");
  const last = page.getByText("thing 2999", { exact: true });
  assert.equal(await last.count(), 0);
  await page.getByText("This is all there is in this time.").scrollIntoViewIfNeeded();
  await last.waitFor();
  assert.ok((await page.getByTestId("insight").count()) < 300, "still few");
  await assertLooksFine(page, "insights_long");
  assertNoFaults();
});

test("without insights, and when they cannot be asked, the page says what to do", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/");
  await page.route("**/api/v1/events*", (route) => route.abort());
  await page.route("**/api/v1/insights?*", (route) => route.fulfill({ json: { items: [], next_cursor: "" } }));
  await page.route("**/api/v1/insights/labels*", (route) => route.fulfill({ json: { items: [] } }));
  await page.goto(`${new URL(page.url()).origin}/insights`);
  await assertLooksFineEverywhere(page, "insights_empty", () => page.getByTestId("no-insights").waitFor());
  await page.unroute("**/api/v1/insights?*");
  await breakApi(page, "**/api/v1/insights?*", "The store could not be read: disk I/O error.");
  await page.reload();
  await page.getByText("disk I/O error").waitFor();
  await assertLooksFine(page, "insights_error");
  assert.equal(await page.getByText("This is all there is in this time.").count(), 0);
  await page.unroute("**/api/v1/insights?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("disk I/O error").waitFor({ state: "detached" });
  assertNoFaults();
});
