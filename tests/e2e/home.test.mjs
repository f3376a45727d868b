// The page Home in a real browser against the real POSS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limit, openPage, screenshot } from "./browser.mjs";
import { assertLooksFine, assertLooksFineEverywhere, breakApi, rest } from "./pages.mjs";
import { peopleFile, signIn, skill, startPoss, unusedPort } from "./poss.mjs";

test("the first steps tick themselves off", limit, async (t) => {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(poss.url);
  await page.waitForURL("**/home");
  const steps = page.getByTestId("getting-started");
  await steps.getByText("0 of 5 done").waitFor();
  await assertLooksFineEverywhere(page, "home_empty", () => steps.waitFor());
  assert.equal(await steps.locator('[data-done="true"]').count(), 0);

  await t.test("a camera added elsewhere ticks the first one", async () => {
    const location = await rest(poss, "POST", "/locations", { name: "Front yard" });
    const uri = `rtsp://127.0.0.1:${await unusedPort()}/stream`;
    await rest(poss, "POST", "/cameras", { name: "Gate", source: "rtsp", uri, location: location.id });
    await steps.getByText("1 of 5 done").waitFor();
    await page.getByTestId("camera-wall").getByRole("link", { name: /^Gate/ }).waitFor();
  });

  await t.test("a camera that gives no picture needs attention, with its cause", async () => {
    const attention = page.getByTestId("attention");
    await attention.getByText("Refused").waitFor();
    await assertLooksFine(page, "home_attention");
    await attention.getByRole("link", { name: "Gate" }).click();
    await page.getByRole("heading", { name: "Gate", exact: true }).waitFor();
  });

  await t.test("the steps can be hidden for good", async () => {
    await page.getByRole("link", { name: "Home" }).click();
    await steps.getByRole("button", { name: "Hide" }).click();
    await steps.waitFor({ state: "detached" });
    await page.reload();
    await page.getByTestId("system").waitFor();
    assert.equal(await steps.count(), 0);
  });
  assertNoFaults();
});

test("what runs leads with its pictures", limit, async (t) => {
  const poss = await startPoss(t, ["--camera", `street=${peopleFile(t)}`, "--skill", skill("detect_people")]);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(poss.url);
  const ready = async () => {
    await page.getByTestId("camera-wall").locator("img").first().waitFor();
    await page.getByTestId("running").getByText("Running", { exact: true }).waitFor();
  };
  await assertLooksFineEverywhere(page, "home", ready);
  await page.getByText("Everything is as it should be.").waitFor();
  await page.getByTestId("system").getByText(/free of/).waitFor();
  await page.getByTestId("camera-wall").getByRole("link").first().click();
  await page.waitForURL("**/cameras/*");
  assertNoFaults();
});

test("200 cameras do not crowd the page out", limit, async (t) => {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  const location = await rest(poss, "POST", "/locations", { name: "Front yard" });
  for (let i = 1; i <= 200; i++) {
    await rest(poss, "POST", "/cameras", { name: `Camera ${i}`, source: "rtsp", uri: `rtsp://127.0.0.1:9/${i}`, location: location.id });
  }
  await page.goto(poss.url);
  await page.getByRole("link", { name: "Show all 200" }).waitFor();
  assert.ok((await page.getByTestId("thumbnail").count()) <= 8);
  await screenshot(page, "home_200");
  assertNoFaults();
});

test("a fault is said, with a way to try again", limit, async (t) => {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await breakApi(page, /\/api\/v1\/deployments\?/, "The store could not be read: disk I/O error.");
  await page.goto(poss.url);
  await page.getByText("The store could not be read: disk I/O error.").waitFor();
  await assertLooksFine(page, "home_error");
  await page.unroute(/\/api\/v1\/deployments\?/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByTestId("welcome").waitFor();
  assertNoFaults();
});
