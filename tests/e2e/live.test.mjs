// A camera's live picture in a real browser against the real POSS.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertAccessible,
  limit,
  openPage,
  overlayPixels,
  overlayState,
  pictureFingerprint,
  screenshot,
  waitForBoxes,
} from "./browser.mjs";
import { dataFolder, peopleFile, removeFolder, sharedVideo, signIn, skill, startPoss, startRtspCamera, unusedPort } from "./poss.mjs";

test("the demo shows a moving picture with boxes, and the feed tells of people", limit, async (t) => {
  const data = dataFolder();
  const poss = await startPoss(t, ["--demo", "--data", data]);
  t.after(() => removeFolder(data));
  const { page, assertNoFaults } = await openPage(t);
  await openFirstCamera(page, poss);
  await waitForBoxes(page);
  // The picture goes on between two questions, and people leave it.
  while ((await overlayPixels(page)) <= 100) await waitForBoxes(page);

  const first = await pictureFingerprint(page);
  await page.waitForFunction(
    (time) => Number(document.querySelector('[data-testid="overlay"]').dataset.frameTime) > time + 1,
    (await overlayState(page)).frameTime,
  );
  assert.notEqual(await pictureFingerprint(page), first, "the picture moves");

  const feed = page.getByTestId("feed");
  await feed.getByText("person").first().waitFor();
  await page.getByTestId("stream").getByText("fps", { exact: true }).waitFor();
  await screenshot(page, "live_light");
  await assertAccessible(page, "Live");

  await t.test("boxes can be switched off and on", async () => {
    await page.getByRole("switch", { name: "Boxes" }).click();
    await page.waitForFunction(
      () => document.querySelector('[data-testid="overlay"]').dataset.boxes === "0",
    );
    assert.equal(await overlayPixels(page), 0, "no box is drawn");
    await page.getByRole("switch", { name: "Boxes" }).click();
    await waitForBoxes(page);
  });

  await t.test("the feed stands still while it is read", async () => {
    await feed.hover();
    await page.getByTestId("feed-paused").waitFor();
    const rows = await feed.getByTestId("feed-row").count();
    await page.waitForFunction(
      () => /\d/.test(document.querySelector('[data-testid="feed-paused"]')?.textContent ?? ""),
    );
    assert.equal(await feed.getByTestId("feed-row").count(), rows);
    await page.mouse.move(5, 5);
    await page.getByTestId("feed-paused").waitFor({ state: "detached" });
  });

  await t.test("the raw insight can be read and got by a command", async () => {
    await page.getByRole("button", { name: "Raw insight", exact: true }).click();
    const insight = JSON.parse(await page.getByTestId("raw-json").textContent());
    assert.ok(insight.insights_meta.objects_meta.length >= 0);
    await page.getByText(/^curl -s 'http:\/\/127/).waitFor();
    await screenshot(page, "live_raw_insight");
    await assertAccessible(page, "Raw insight");
    await page.keyboard.press("Escape");
    await page.getByTestId("raw-json").waitFor({ state: "detached" });
  });

  await t.test("dark colours are remembered", async () => {
    await page.getByRole("button", { name: "Switch to dark colours" }).click();
    await page.reload();
    await waitForBoxes(page);
    await page.getByRole("button", { name: "Switch to light colours" }).waitFor();
    await page.getByTestId("feed-row").first().waitFor();
    await screenshot(page, "live_dark");
    await assertAccessible(page, "Live in dark colours");
  });

  await t.test("everything is there on a phone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await waitForBoxes(page);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `nothing sticks out to the side (${overflow} px)`);
    await screenshot(page, "live_phone");
    await assertAccessible(page, "Live on a phone");
    await page.setViewportSize({ width: 1280, height: 860 });
  });

  await t.test("a lost server is told of, and found again", async () => {
    await poss.stop();
    await page.getByTestId("lost").waitFor();
    await screenshot(page, "live_connection_lost");
    await assertAccessible(page, "Live without server");
    const again = await startPoss(t, ["--demo", "--data", data], { port: poss.port });
    await page.getByTestId("lost").waitFor({ state: "detached" });
    await waitForBoxes(page);
    await again.stop();
  });
  assertNoFaults();
});

// From the list, as a person would.
async function openFirstCamera(page, poss) {
  await signIn(page, poss);
  await page.goto(`${poss.url}/cameras`);
  await page.getByTestId("card").getByRole("link").first().click();
  await page.waitForURL("**/cameras/*");
}

// Opens the page of a camera and looks until boxes are drawn and the picture is in step.
async function watch(t, camera, skillName, name) {
  const poss = await startPoss(t, ["--camera", `cam=${camera}`, "--skill", skill(skillName)]);
  const { page, assertNoFaults } = await openPage(t);
  await openFirstCamera(page, poss);
  await waitForBoxes(page);
  await assertPlaysInStep(t, page);
  await screenshot(page, name);
  assertNoFaults();
}

test("an H.264 file plays as it comes, its boxes in step", limit, async (t) => {
  await watch(t, peopleFile(t), "detect_people", "live_h264");
});

test("people on an RTSP camera have boxes in step", limit, async (t) => {
  await watch(t, await startRtspCamera(t, peopleFile(t)), "detect_people", "live_rtsp");
});

test("bottles on an RTSP camera have boxes in step", limit, async (t) => {
  const file = sharedVideo("bottle-detection.mp4");
  if (!file) return t.skip("skipped: no ../shared/videos");
  await watch(t, await startRtspCamera(t, file), "detect_bottles", "live_bottles");
});

test("an RTSP camera whose pictures have several slices plays", limit, async (t) => {
  const camera = await startRtspCamera(t);
  const poss = await startPoss(t, ["--camera", `cam=${camera}`, "--skill", skill("detect_people")]);
  const { page, assertNoFaults } = await openPage(t);
  await openFirstCamera(page, poss);
  await page.waitForFunction(
    () => document.querySelector('[data-testid="overlay"]')?.dataset.insightTime,
  );
  await assertPlaysInStep(t, page);
  assertNoFaults();
});

// The video goes on near its end, and what is drawn belongs to the picture on screen.
async function assertPlaysInStep(t, page) {
  assert.equal((await overlayState(page)).mode, "fmp4");
  const begun = await page.locator("video").evaluate((video) => video.currentTime);
  // Near the end also on a machine that is busy, once it has caught up.
  const reached = await page.waitForFunction((time) => {
    const { buffered, currentTime } = document.querySelector("video");
    const behind = buffered.length > 0 ? buffered.end(buffered.length - 1) - currentTime : Infinity;
    return currentTime > time + 2 && behind < 1.5 && { behind };
  }, begun);
  const { behind } = await reached.jsonValue();
  // Of the pictures looked at, nearly all carry an insight no more than one interval old.
  let inStep = 0;
  const seen = [];
  for (let i = 0; i < 20; i++) {
    await page.waitForFunction(
      (time) => Number(document.querySelector('[data-testid="overlay"]').dataset.frameTime) > time,
      seen.at(-1)?.frameTime ?? 0,
    );
    const state = await overlayState(page);
    seen.push(state);
    const age = state.frameTime - state.insightTime;
    if (age > -0.01 && age <= state.interval + 0.01) inStep++;
  }
  const { hold, interval } = seen.at(-1);
  t.diagnostic(
    `in step: ${inStep} of 20; ${behind.toFixed(2)} s behind the end, held back ${hold} s, ` +
      `an insight every ${interval} s`,
  );
  assert.ok(inStep >= 14, JSON.stringify(seen, null, 1));
}

test("a camera that refuses is told of with its cause", limit, async (t) => {
  const port = await unusedPort();
  const poss = await startPoss(t, [
    "--camera",
    `gate=rtsp://127.0.0.1:${port}/stream`,
    "--skill",
    skill("detect_people"),
  ]);
  const { page, assertNoFaults } = await openPage(t);
  await openFirstCamera(page, poss);
  const notice = page.getByTestId("stage-notice");
  await notice.getByText("gate refuses the connection").waitFor();
  const { items } = await (await poss.fetch("/api/v1/cameras")).json();
  const { cause } = items[0].status;
  assert.ok(cause.length > 0);
  await notice.getByText(cause).waitFor();
  await screenshot(page, "live_refused");
  await assertAccessible(page, "Live with a refused camera");
  assertNoFaults();
});
