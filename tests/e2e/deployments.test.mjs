// The page Deployments in a real browser against the real POSS.
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

// Chooses from a field that takes several.
async function add(page, label, option) {
  await page.getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("menuitemcheckbox", { name: option, exact: true }).click();
  await page.keyboard.press("Escape");
}

test("a new user deploys a skill on a camera, with a parameter of its own", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/deployments");
  const [first] = (await rest(poss, "GET", "/deployments")).items;
  const camera = await rest(poss, "GET", `/cameras/${first.cameras[0].camera}`);
  const skill = await rest(poss, "GET", `/skills/${first.cameras[0].skills[0].skill}`);
  const device = await rest(poss, "GET", `/devices/${first.device}`);
  await assertLooksFineEverywhere(page, "deployments", () => page.getByRole("link", { name: first.name }).waitFor());
  await page.getByRole("button", { name: "Deploy", exact: true }).click();

  await t.test("what is missing is said before going on", async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Deployment Name is needed.").waitFor();
    await page.getByText("At least one camera is needed.").waitFor();
    await page.getByLabel("Deployment Name").fill(first.name);
    await page.waitForFunction(
      (name) => [...document.querySelectorAll("input")].some(({ value }) => value === name),
      device.name,
    );
    await add(page, "Cameras", camera.name);
    await assertLooksFineEverywhere(page, "deployment_wizard_basics", () => page.getByLabel("Deployment Name").waitFor());
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("At least one AI skill is needed for each camera.").waitFor();
  });

  await t.test("a skill's values stand in the fields as placeholders", async () => {
    await choose(page, "Add an AI skill", skill.name);
    await page.getByRole("button", { name: /^Parameters/ }).click();
    const rate = page.getByLabel("Frame rate", { exact: true });
    assert.equal(await rate.getAttribute("placeholder"), String(skill.fps));
    assert.equal(await rate.inputValue(), "");
    await rate.fill("2000");
    await assertLooksFineEverywhere(page, "deployment_wizard_skills", () => rate.waitFor());
  });

  await t.test("the server's problems lead to their fields", async () => {
    await page.getByRole("tab", { name: "Review + Deploy" }).click();
    await page.getByText(/things are in the way/).waitFor();
    await assertLooksFine(page, "deployment_wizard_problems");
    await page.getByText("Show in Configure AI Skills").click();
    await page.getByTestId("deployed-skill").getByText(/from 0 to 1000/).waitFor();
    await page.getByLabel("Frame rate", { exact: true }).fill("3");
    await page.getByRole("tab", { name: "Review + Deploy" }).click();
    await page.getByText("Show in Basics").click();
    await page.getByLabel("Deployment Name").fill("Night watch");
  });

  await page.getByRole("tab", { name: "Tags (Optional)" }).click();
  await page.getByLabel("Name", { exact: true }).fill("site");
  await page.getByLabel("Value", { exact: true }).fill("north");
  await page.getByRole("tab", { name: "Review + Deploy" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByText(/with fps = 3/).waitFor();
  await assertLooksFineEverywhere(page, "deployment_wizard_review", () => page.getByText("Nothing is in the way.").waitFor());
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByRole("heading", { name: "Night watch", exact: true }).waitFor();
  const made = (await rest(poss, "GET", "/deployments")).items.find(({ name }) => name === "Night watch");
  assert.deepEqual(made.cameras, [{ camera: camera.id, skills: [{ skill: skill.id, parameters: { fps: "3" } }] }]);
  assert.deepEqual(made.tags, { site: "north" });

  await t.test("it is stopped and started", async () => {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("This deployment is stopped. Start it to put its skills to work.").waitFor();
    await assertLooksFine(page, "deployment_stopped");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByTestId("stream").waitFor();
  });

  await t.test("somebody else's change is not overwritten", async () => {
    await page.getByRole("button", { name: "Edit deployment" }).click();
    await page.getByLabel("Deployment Name").fill("Late watch");
    await rest(poss, "PATCH", `/deployments/${made.id}`, { tags: { site: "south" } });
    await page.getByRole("tab", { name: "Review + Deploy" }).click();
    await page.getByText("Somebody else changed this since you opened it").waitFor();
    await page.getByRole("button", { name: "Keep editing mine" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByRole("heading", { name: "Late watch", exact: true }).waitFor();
    assert.deepEqual((await rest(poss, "GET", `/deployments/${made.id}`)).tags, { site: "south" });
  });

  await t.test("it is deleted", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.waitForURL("**/deployments");
    await page.getByRole("link", { name: first.name }).waitFor();
    await waitForCount(page.getByRole("link", { name: "Late watch" }), 0);
  });
  assertNoFaults();
});

test("a deployment tells how it is, what it sees and what it recorded", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/deployments");
  const [first] = (await rest(poss, "GET", "/deployments")).items;
  await page.getByRole("link", { name: first.name }).click();
  await page.getByTestId("stream").first().waitFor();
  await page.getByTestId("configuration").getByText(/of \d+ fps/).waitFor();
  await assertLooksFineEverywhere(page, "deployment_general", () => page.getByTestId("stream").first().waitFor());

  await t.test("insights come live, and can be exported and embedded", async () => {
    await page.getByRole("tab", { name: "Insights" }).click();
    await page.getByTestId("insight").first().waitFor();
    await assertLooksFineEverywhere(page, "deployment_insights", () => page.getByTestId("chart").waitFor());
    await page.getByRole("button", { name: "Embed code" }).click();
    await page.getByTestId("code").getByText(`deployment=${first.id}`, { exact: false }).waitFor();
    await page.getByRole("tab", { name: "Python" }).click();
    await page.getByTestId("code").getByText("import urllib.request").waitFor();
    await assertLooksFine(page, "deployment_embed");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Export" }).click();
    const address = await page.getByRole("menuitem", { name: /^CSV/ }).getAttribute("href");
    const lines = (await (await poss.fetch(address)).text()).trim().split(/\r?\n/);
    assert.ok(lines.length > 1, "the export has lines");
    await page.keyboard.press("Escape");
  });

  await t.test("recordings say how to make them while there are none", async () => {
    await page.route("**/api/v1/recordings?*", (route) => route.fulfill({ json: { items: [], next_cursor: "" } }));
    await page.goto(`${poss.url}/deployments/${first.id}/recordings`);
    await page.getByText("The node Export Video Snippet records", { exact: false }).waitFor();
    await assertLooksFineEverywhere(page, "deployment_recordings_empty", () => page.getByTestId("no-recordings").waitFor());
    await page.unroute("**/api/v1/recordings?*");
  });
  assertNoFaults();
});

test("recordings are played, downloaded and deleted", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/deployments");
  const [first] = (await rest(poss, "GET", "/deployments")).items;
  // Nodes that record come with another issue: what the server would tell of theirs.
  const recording = (id, more) => ({
    id, time: "2026-01-02T03:04:05Z", bytes: 1_200_000, camera: first.cameras[0].camera, deployment: first.id,
    labels: ["person"], duration_s: 10, width: 640, height: 360, codec: "h264", has_thumbnail: false, ...more,
  });
  let items = [recording("a", {}), recording("b", { time: "2026-01-02T02:04:05Z", duration_s: 75 })];
  await page.route("**/api/v1/recordings?*", (route) => route.fulfill({ json: { items, next_cursor: "" } }));
  await page.route("**/api/v1/recordings/a/video", (route) =>
    route.fulfill({
      status: 404,
      contentType: "application/problem+json",
      body: JSON.stringify({
        type: "about:blank",
        title: "Not Found",
        status: 404,
        code: "not_found",
        detail: "the recording has no video",
      }),
    }),
  );
  await page.route("**/api/v1/recordings/a", (route) => {
    items = items.slice(1);
    return route.fulfill({ status: 204 });
  });
  await page.goto(`${poss.url}/deployments/${first.id}/recordings`);
  await page.getByText("1:15").waitFor();
  await page.getByRole("button", { name: /^Play the recording/ }).first().click();
  await page.getByTestId("player").waitFor();
  assert.match(await page.getByTestId("player").getAttribute("src"), /\/recordings\/a\/video$/);
  await page.getByText("This recording cannot be played.").waitFor();
  const link = page.getByRole("link", { name: /^Download the recording/ }).first();
  assert.match(await link.getAttribute("download"), /_2026-01-0\d_.*\.mp4$/);
  await assertLooksFineEverywhere(page, "deployment_recordings", () => page.getByTestId("recording").first().waitFor());
  await page.getByRole("button", { name: /^Delete the recording/ }).first().click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByTestId("recording").nth(1).waitFor({ state: "detached" });
  await waitForCount(page.getByTestId("player"), 0);
  assertNoFaults();
});

test("without a deployment, and when it cannot be asked, the page says what to do", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/deployments");
  await page.route("**/api/v1/deployments?*", (route) => route.fulfill({ json: { items: [], next_cursor: "", total: 0 } }));
  await page.reload();
  await assertLooksFineEverywhere(page, "deployments_empty", () => page.getByText("Deploy your first AI skill").waitFor());
  await page.unroute("**/api/v1/deployments?*");
  await breakApi(page, "**/api/v1/deployments?*", "The store could not be read: disk I/O error.");
  await page.reload();
  await page.getByText("disk I/O error").waitFor();
  await assertLooksFine(page, "deployments_error");
  await page.goto(new URL("/deployments/nowhere", page.url()).href);
  await page.getByText("There is no deployment “nowhere”").waitFor();
  assertNoFaults();
});
