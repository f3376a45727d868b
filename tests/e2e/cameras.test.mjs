// The page Cameras in a real browser against the real POSS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limit, openPage, screenshot } from "./browser.mjs";
import { assertLooksFine, assertLooksFineEverywhere, breakApi, choose, rest, waitForCount } from "./pages.mjs";
import { peopleFile, signIn, startPoss, startRtspCamera, unusedPort } from "./poss.mjs";

async function open(t, path, options) {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t, options);
  await signIn(page, poss);
  await page.goto(`${poss.url}${path}`);
  return { poss, page, assertNoFaults };
}

async function makeCamera(poss, name, uri, more = {}) {
  const { items } = await rest(poss, "GET", "/locations?limit=1");
  const location = items[0] ?? (await rest(poss, "POST", "/locations", { name: "Front yard" }));
  return rest(poss, "POST", "/cameras", { name, source: "rtsp", uri, location: location.id, ...more });
}

const waitForPicture = (page) =>
  page.waitForFunction(
    () => document.querySelector('[data-testid="overlay"]')?.dataset.phase === "playing",
  );

test("a new user adds a camera and sees it live", limit, async (t) => {
  const camera = await startRtspCamera(t, undefined, ["--user", "viewer", "--password", "s3cret word"]);
  const { poss, page, assertNoFaults } = await open(t, "/cameras");
  await page.getByTestId("empty").waitFor();
  await assertLooksFineEverywhere(page, "cameras_empty", () => page.getByText("Add your first camera").waitFor());
  await page.getByRole("button", { name: "Add camera" }).first().click();
  await page.getByLabel("Camera name").waitFor();
  await assertLooksFine(page, "camera_wizard_basics");

  await t.test("what is missing is said at its field", async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Camera name is needed.").waitFor();
    await page.getByText("RTSP URL is needed.").waitFor();
    await page.getByText("Location is needed.").waitFor();
    await page.getByLabel("Camera name").fill("North gate");
    await page.getByLabel("RTSP URL").fill("127.0.0.1/stream");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("An RTSP URL begins with rtsp://.").waitFor();
    await assertLooksFine(page, "camera_wizard_problems");
  });

  await t.test("a pasted password is nowhere but in its field", async () => {
    await page.getByLabel("RTSP URL").fill(camera.replace("//", "//viewer:s3cret%20word@"));
    assert.equal(await page.getByLabel("RTSP URL").inputValue(), camera);
    assert.equal(await page.getByLabel("User name").inputValue(), "viewer");
    assert.equal(await page.getByLabel("Password").inputValue(), "s3cret word");
    const kept = await page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage));
    assert.ok(!kept.includes("s3cret"), "the draft does not keep it");
    assert.ok(!(await page.content()).includes("s3cret%20word"));
  });

  await t.test("Test shows the picture and what it is", async () => {
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText(/It works · H\.264 · \d+ × \d+ · .* fps/).waitFor();
    const width = await page.getByAltText("A picture of the camera, taken by the test").evaluate((image) => image.naturalWidth);
    assert.ok(width > 0, "the picture is there");
    await assertLooksFine(page, "camera_wizard_tested");
  });

  await t.test("a wrong password is named as the cause", async () => {
    await page.getByLabel("Password").fill("guessed");
    await page.getByText("The address has changed since this test.").waitFor();
    await page.getByRole("button", { name: "Test again" }).click();
    await page.getByText("North gate does not accept the user name or password").waitFor();
    await assertLooksFine(page, "camera_wizard_wrong_password");
    await page.getByLabel("Password").fill("s3cret word");
  });

  await t.test("what was typed survives leaving, but for the password", async () => {
    await page.getByRole("link", { name: "Cameras" }).click();
    await page.getByRole("button", { name: "Add camera" }).first().click();
    await page.getByText("This is the draft you began earlier.").waitFor();
    assert.equal(await page.getByLabel("Camera name").inputValue(), "North gate");
    assert.equal(await page.getByLabel("Password").inputValue(), "");
    await page.getByLabel("Password").fill("s3cret word");
  });

  await t.test("a location is created in place", async () => {
    await page.getByRole("combobox", { name: "Location" }).fill("Front yard");
    await page.getByRole("option", { name: "Create “Front yard”" }).click();
    await page.waitForFunction(() => document.getElementById("field-location").value === "Front yard");
    await page.getByRole("button", { name: "Next" }).click();
  });

  await t.test("tags, review, create", async () => {
    await page.getByLabel("Name", { exact: true }).fill("site");
    await page.getByLabel("Value", { exact: true }).fill("north");
    await assertLooksFine(page, "camera_wizard_tags");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
    await page.getByText("signed in as viewer").waitFor();
    await page.getByText("Tags: site = north.").waitFor();
    await assertLooksFine(page, "camera_wizard_review");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "North gate", exact: true }).waitFor();
  });

  await t.test("its page shows it live, with its facts and no password", async () => {
    await waitForPicture(page);
    await page.getByText("Live", { exact: true }).waitFor();
    await assertLooksFineEverywhere(page, "camera_page", () => waitForPicture(page));
    const facts = page.getByTestId("facts");
    await facts.getByText("Front yard").waitFor();
    await facts.getByText("Set, kept encrypted").waitFor();
    assert.ok(!(await page.content()).includes("s3cret"));
    await page.getByText("No AI skill looks at this camera").waitFor();
    const { items } = await rest(poss, "GET", "/cameras");
    assert.ok(!JSON.stringify(items).includes("s3cret"));
  });

  await t.test("the list leads with its picture", async () => {
    await page.getByRole("link", { name: "Cameras" }).first().click();
    await page.getByTestId("thumbnail").locator("img").waitFor();
    await assertLooksFineEverywhere(page, "cameras", () => page.getByTestId("thumbnail").locator("img").waitFor());
  });
  assertNoFaults();
});

test("a name that is taken leads back to its field", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  await makeCamera(poss, "Gate", "rtsp://127.0.0.1:9/stream");
  await page.goto(`${poss.url}/cameras/new`);
  await page.getByLabel("Camera name").fill("gate");
  await page.getByLabel("RTSP URL").fill("rtsp://127.0.0.1:9/other");
  await page.getByRole("combobox", { name: "Location" }).click();
  await page.getByRole("option", { name: "Front yard" }).click();
  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("One thing is in the way").waitFor();
  assert.ok(await page.getByRole("button", { name: "Create" }).isDisabled());
  await assertLooksFine(page, "camera_wizard_name_taken");
  await page.getByRole("button", { name: "Show in Basics" }).click();
  await page.waitForFunction(() => document.activeElement?.id === "field-name");
  await page.getByLabel("Camera name").fill("Gate two");
  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  assertNoFaults();
});

test("a camera without compute devices is this machine's", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  await rest(poss, "POST", "/locations", { name: "Front yard" });
  const [here] = (await rest(poss, "GET", "/devices")).items;
  await page.goto(`${poss.url}/cameras/new`);
  await page.getByRole("button", { name: `Remove ${here.name}` }).click();
  await page.getByText("None chosen: this machine.").waitFor();
  await page.getByLabel("Camera name").fill("Gate");
  await page.getByLabel("RTSP URL").fill("rtsp://127.0.0.1:9/stream");
  await page.getByRole("combobox", { name: "Location" }).click();
  await page.getByRole("option", { name: "Front yard" }).click();
  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("This machine may use it.").waitFor();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Gate", exact: true }).waitFor();
  await page.getByTestId("facts").getByText(here.name, { exact: true }).waitFor();
  assert.deepEqual((await rest(poss, "GET", "/cameras")).items[0].devices, [here.id]);
  assertNoFaults();
});

test("Test names why nothing comes", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/cameras/new");
  const tryAddress = async (uri, sentence) => {
    await page.getByLabel("RTSP URL").fill(uri);
    await page.getByRole("button", { name: /^Test/ }).click();
    await page.getByTestId("stage-notice").getByText(sentence).waitFor();
  };
  await tryAddress(`rtsp://127.0.0.1:${await unusedPort()}/stream`, "The camera refuses the connection");
  await assertLooksFine(page, "camera_wizard_refused");
  await tryAddress("rtsp://no-such-host.invalid/stream", "The camera was not found");
  assertNoFaults();
});

test("a video file and an image folder need no password", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/cameras/new");
  await page.getByLabel("Password").waitFor();
  await choose(page, "Source", "Video file");
  await page.getByLabel("Password").waitFor({ state: "detached" });
  await page.locator("#field-uri").fill(peopleFile(t));
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText(/It works · H\.264/).waitFor();
  await choose(page, "Source", "Image folder");
  await page.getByLabel("Folder").waitFor();
  assertNoFaults();
});

test("looking for cameras says what came of it", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/cameras/new");
  await page.getByRole("button", { name: "Find cameras" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Find cameras on this network").waitFor();
  // Whether any answers depends on the network the test runs in.
  await dialog.getByRole("button", { name: "Look again" }).and(page.locator(':not([aria-disabled="true"])')).waitFor();
  await assertLooksFine(page, "cameras_find");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assertNoFaults();
});

test("a camera is added by keyboard alone", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  const { id } = await rest(poss, "POST", "/locations", { name: "Dock" });
  await page.goto(`${poss.url}/cameras/new`);
  await page.waitForFunction(() => document.activeElement?.id === "field-name");
  const tabTo = async (isThere) => {
    for (let i = 0; i < 30; i++) {
      if (await page.evaluate(isThere)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`not reached by keyboard: ${isThere}`);
  };
  await page.keyboard.type("Dock camera");
  await tabTo(() => document.activeElement.id === "field-source");
  await tabTo(() => document.activeElement.id === "field-uri");
  await page.keyboard.type("rtsp://127.0.0.1:9/stream");
  await tabTo(() => document.activeElement.id === "field-location");
  await page.keyboard.type("Dock");
  await page.getByRole("option", { name: "Dock", exact: true }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("field-location").value === "Dock");
  await screenshot(page, "camera_wizard_keyboard");
  await tabTo(() => document.activeElement.textContent === "Next");
  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).waitFor();
  await tabTo(() => document.activeElement.textContent === "Next");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing is in the way.").waitFor();
  await tabTo(() => document.activeElement.textContent === "Create");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Dock camera", exact: true }).waitFor();
  const { items } = await rest(poss, "GET", "/cameras");
  assert.deepEqual(items.map(({ name, location }) => ({ name, location })), [{ name: "Dock camera", location: id }]);
  assertNoFaults();
});

test("two tabs never overwrite each other", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  const { id } = await makeCamera(poss, "Gate", "rtsp://127.0.0.1:9/stream");
  await page.goto(`${poss.url}/cameras/${id}/edit`);
  await page.getByLabel("Camera name").fill("Gate of mine");
  await page.getByRole("tab", { name: "Review + Save" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await rest(poss, "PATCH", `/cameras/${id}`, { uri: "rtsp://127.0.0.1:9/theirs" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Somebody else changed this since you opened it").waitFor();
  await assertLooksFine(page, "camera_wizard_conflict");
  await page.getByRole("button", { name: "Keep editing mine" }).click();
  await page.getByText("rtsp://127.0.0.1:9/theirs").waitFor();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Gate of mine", exact: true }).waitFor();
  const camera = await rest(poss, "GET", `/cameras/${id}`);
  assert.equal(camera.name, "Gate of mine");
  assert.equal(camera.uri, "rtsp://127.0.0.1:9/theirs");
  assertNoFaults();
});

test("a camera is duplicated and deleted from its menu", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  await makeCamera(poss, "Gate", "rtsp://127.0.0.1:9/stream", { user_name: "viewer", password: "s3cret" });
  await page.goto(`${poss.url}/cameras`);
  await page.getByRole("button", { name: "More for Gate" }).click();
  await page.getByRole("menuitem", { name: "Duplicate" }).click();
  await page.getByText("The password of the original is not copied").waitFor();
  assert.equal(await page.getByLabel("Camera name").inputValue(), "Gate (copy)");
  assert.equal(await page.getByLabel("RTSP URL").inputValue(), "rtsp://127.0.0.1:9/stream");
  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "Gate (copy)", exact: true }).waitFor();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByText("Delete Gate (copy)?").waitFor();
  await assertLooksFine(page, "camera_delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("link", { name: "Gate", exact: true }).waitFor();
  assert.equal((await rest(poss, "GET", "/cameras")).total, 1);
  assertNoFaults();
});

test("200 cameras are found, filtered and shown as a table", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  for (let i = 1; i <= 200; i++) {
    const tags = { site: i % 2 ? "north" : "south" };
    await makeCamera(poss, `Camera ${String(i).padStart(3, "0")}`, `rtsp://127.0.0.1:9/${i}`, { tags });
  }
  let running = 0;
  let most = 0;
  const isSnapshot = (request) => request.url().includes("/snapshot");
  page.on("request", (request) => {
    if (isSnapshot(request)) most = Math.max(most, ++running);
  });
  for (const event of ["requestfinished", "requestfailed"]) {
    page.on(event, (request) => {
      if (isSnapshot(request)) running--;
    });
  }
  await page.goto(`${poss.url}/cameras`);
  await page.getByText("200 cameras").waitFor();
  await page.getByRole("link", { name: "Camera 001" }).waitFor();
  await assertLooksFine(page, "cameras_200");
  assert.ok(most <= 3, `${most} pictures were asked for at once`);
  await page.getByRole("searchbox").fill("Camera 19");
  await page.getByText("10 cameras").waitFor();
  await page.getByRole("button", { name: "Table" }).click();
  await waitForCount(page.getByTestId("row"), 10);
  await assertLooksFine(page, "cameras_table");
  await page.getByRole("button", { name: "Tag" }).click();
  await page.getByPlaceholder("name or name=value").fill("site=north");
  await page.keyboard.press("Enter");
  await page.getByText("5 cameras").waitFor();
  await page.reload();
  await page.getByText("5 cameras").waitFor();
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByTestId("no-match").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByText("200 cameras").waitFor();
  assertNoFaults();
});

test("a list that cannot be loaded says why and tries again", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  await breakApi(page, /\/api\/v1\/cameras\?/, "The store could not be read: disk I/O error.");
  await page.goto(`${poss.url}/cameras`);
  await page.getByText("The store could not be read: disk I/O error.").waitFor();
  await assertLooksFine(page, "cameras_error");
  await page.unroute(/\/api\/v1\/cameras\?/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByTestId("empty").waitFor();
  assertNoFaults();
});

test("a camera that is not there is named", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/live/nowhere");
  await page.waitForURL("**/cameras/nowhere");
  await page.getByText("There is no camera “nowhere”").waitFor();
  await assertLooksFine(page, "camera_unknown");
  await page.getByRole("button", { name: "Show all cameras" }).click();
  await page.getByTestId("empty").waitFor();
  assertNoFaults();
});
