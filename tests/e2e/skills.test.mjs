// The page AI Skills in a real browser against the real POSS.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { limit, openPage } from "./browser.mjs";
import { assertLooksFine, assertLooksFineEverywhere, breakApi, rest, toast, waitForCount } from "./pages.mjs";
import { signIn, startPoss } from "./poss.mjs";

async function open(t, path, args = ["--demo"]) {
  const poss = await startPoss(t, args);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(`${poss.url}${path}`);
  return { poss, page, assertNoFaults };
}

const nodes = (page) => page.getByRole("list", { name: /^Nodes of the skill/ });
const node = (page, name) => nodes(page).getByRole("button", { name, exact: false }).first();

async function add(page, button, type) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("menuitem", { name: type }).click();
}

// The first model that can be chosen.
async function chooseModel(page) {
  await page.getByRole("combobox", { name: "Model", exact: true }).click();
  await page.locator('[role="option"]:not([aria-disabled="true"])').first().click();
}

test("a new user composes a skill from a template", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/skills");
  await page.getByRole("button", { name: "Create AI skill" }).click();

  await t.test("what is missing is said before going on", async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Skill Name is needed.").waitFor();
    await page.getByLabel("Skill Name").fill("Count visitors");
    await page.getByLabel("Desired Frame Rate (fps)").fill("2000");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("The frame rate is between 0 and 1000 fps.").waitFor();
    await page.getByLabel("Desired Frame Rate (fps)").fill("5");
    await assertLooksFine(page, "skill_wizard_basics");
    await page.getByRole("button", { name: "Next" }).click();
  });

  await t.test("a template is the beginning", async () => {
    await page.getByRole("heading", { name: "Start from a template", exact: true }).waitFor();
    await assertLooksFineEverywhere(page, "skill_wizard_templates", () =>
      page.getByRole("button", { name: /^Detect and filter/ }).waitFor(),
    );
    await page.getByRole("button", { name: /^Detect and filter/ }).click();
    await waitForCount(page.getByTestId("node"), 4);
  });

  await t.test("a needed setting is asked for at its node", async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByTestId("node").filter({ hasText: "Model is needed." }).waitFor();
    await assertLooksFine(page, "skill_wizard_problem");
    await node(page, "Run ML Model").click();
    await chooseModel(page);
    await page.getByTestId("node").filter({ hasText: "Model is needed." }).waitFor({ state: "detached" });
  });

  await t.test("labels of the model are offered, others can be typed", async () => {
    const objects = page.getByRole("combobox", { name: "Objects" });
    await objects.click();
    await page.getByRole("menuitemcheckbox", { name: "person", exact: true }).click();
    await objects.fill("forklift");
    await page.getByRole("menuitemcheckbox", { name: "Use “forklift”" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove forklift" }).waitFor();
    await page.getByRole("button", { name: "Remove forklift" }).click();
  });

  await t.test("nodes are added in line and as branches, and removed", async () => {
    await add(page, "Add after Filter", /^File/);
    await waitForCount(page.getByTestId("node"), 5);
    await page.getByRole("button", { name: "Change File", exact: true }).click();
    await page.getByRole("menuitem", { name: "Remove File" }).click();
    await waitForCount(page.getByTestId("node"), 4);
    await assertLooksFineEverywhere(page, "skill_wizard_nodes", () => page.getByTestId("node").first().waitFor());
  });

  await t.test("what was typed survives a reload", async () => {
    await page.reload();
    await page.getByText("This is the draft you began earlier.").waitFor();
    await waitForCount(page.getByTestId("node"), 4);
  });

  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByText(/Up to 5 pictures a second go from Camera Input to Run ML Model/).waitFor();
  await assertLooksFineEverywhere(page, "skill_wizard_review", () => page.getByText("Nothing is in the way.").waitFor());
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "Count visitors", exact: true }).waitFor();
  await page.getByTestId("versions").getByText("Version 1").waitFor();
  await assertLooksFineEverywhere(page, "skill_page", () => page.getByTestId("sentence").waitFor());
  await page.goto(new URL("/skills", page.url()).href);
  await assertLooksFineEverywhere(page, "skills", () => page.getByRole("link", { name: "Count visitors" }).waitFor());
  await page.getByRole("radio", { name: "Table" }).or(page.getByRole("button", { name: "Table" })).first().click();
  await page.getByRole("cell", { name: "5 fps" }).first().waitFor();
  await assertLooksFine(page, "skills_table");
  assertNoFaults();
});

// A skill without a model, so that it needs nothing but POSS.
const graph = {
  nodes: [
    { id: "camera", type: "camera_input" },
    { id: "live", type: "live" },
  ],
  edges: [{ from: "camera", to: "live" }],
};

test("an existing skill is changed, restored, copied and moved as a file", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/skills");
  const skill = await rest(poss, "POST", "/skills", { name: "Yard watch", fps: 4, graph });
  const address = `${poss.url}/skills/${skill.id}`;
  await page.goto(address);

  await t.test("problems found by the server lead to their node", async () => {
    await page.getByRole("button", { name: "Edit AI skill" }).click();
    await page.getByRole("tab", { name: "Nodes" }).click();
    await add(page, "Add after Camera Input", /^Filter/);
    await page.getByLabel("Name", { exact: true }).fill("People only");
    await page.getByLabel("Lowest confidence").fill("0.4");
    // In line: what followed the camera follows the filter.
    assert.deepEqual(await page.getByTestId("node").locator("button:first-child").allInnerTexts().then((all) => all.map((one) => one.split("\n")[0])), ["Camera Input", "People only", "Live"]);
    await page.getByRole("button", { name: "Change Live", exact: true }).click();
    await page.getByRole("menuitem", { name: "Remove Live" }).click();
    await page.getByRole("tab", { name: "Review + Save" }).click();
    await page.getByText(/nothing takes what it gives/).waitFor();
    await page.getByText("Show in Nodes").click();
    await page.getByTestId("node").filter({ hasText: "nothing takes what it gives" }).waitFor();
    await assertLooksFine(page, "skill_wizard_server_problem");
    await add(page, "Add after People only", /^Live/);
    await page.getByRole("tab", { name: "Review + Save" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
  });

  await t.test("somebody else's change is not overwritten", async () => {
    const now = await rest(poss, "GET", `/skills/${skill.id}`);
    await rest(poss, "PATCH", `/skills/${skill.id}`, { description: "Of the yard." });
    assert.equal(now.revision, skill.revision);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Somebody else changed this since you opened it").waitFor();
    await assertLooksFine(page, "skill_wizard_conflict");
    await page.getByRole("button", { name: "Keep editing mine" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { name: "Yard watch", exact: true }).waitFor();
    const stored = await rest(poss, "GET", `/skills/${skill.id}`);
    assert.equal(stored.description, "Of the yard.");
    assert.equal(stored.graph.nodes.length, 3);
  });

  await t.test("an older version is restored", async () => {
    await page.getByRole("button", { name: "Restore version 1" }).click();
    await toast(page, "Version 1 was restored").waitFor();
    const stored = await rest(poss, "GET", `/skills/${skill.id}`);
    assert.equal(stored.graph.nodes.length, 2);
    await page.getByTestId("versions").getByText("Version 3").waitFor();
    await assertLooksFine(page, "skill_page_versions");
  });

  const folder = mkdtempSync(join(tmpdir(), "poss-skill-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "skill.json");

  await t.test("it is exported as a file", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Export" }).click(),
    ]);
    await download.saveAs(file);
    const written = JSON.parse(readFileSync(file, "utf8"));
    assert.equal(written.name, "Yard watch");
    assert.equal(written.nodes.length, 2);
  });

  await t.test("it is duplicated under another name", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Duplicate" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name of the copy").fill("Yard watch");
    await dialog.getByRole("button", { name: "Duplicate" }).click();
    await dialog.getByText(/already|in use|exists/).waitFor();
    await assertLooksFine(page, "skill_duplicate_refused");
    await dialog.getByLabel("Name of the copy").fill("Gate watch");
    await dialog.getByRole("button", { name: "Duplicate" }).click();
    await page.getByRole("heading", { name: "Gate watch", exact: true }).waitFor();
  });

  await t.test("a file is imported; what is wrong with one is said", async () => {
    await page.goto(`${poss.url}/skills`);
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog");
    const input = dialog.getByTestId("skill-file");
    const bad = join(folder, "notes.txt");
    writeFileSync(bad, "no skill");
    await input.setInputFiles(bad);
    await dialog.getByText("notes.txt is not a skill file: it is not JSON.", { exact: false }).waitFor();
    const broken = join(folder, "broken.json");
    writeFileSync(broken, JSON.stringify({ name: "Broken", nodes: [{ id: "x", type: "run_modle" }], edges: [] }));
    await input.setInputFiles(broken);
    await dialog.getByRole("button", { name: "Import" }).click();
    await dialog.getByText("The file could not be imported").waitFor();
    await dialog.getByText(/unknown type 'run_modle'/).waitFor();
    await assertLooksFine(page, "skill_import_refused");
    await input.setInputFiles(file);
    await dialog.getByLabel("Skill Name").fill("From a file");
    await dialog.getByRole("button", { name: "Import" }).click();
    await page.getByRole("heading", { name: "From a file", exact: true }).waitFor();
  });

  await t.test("it is deleted", async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.waitForURL("**/skills");
    await page.getByRole("link", { name: "Yard watch" }).waitFor();
    await waitForCount(page.getByRole("link", { name: "From a file" }), 0);
  });
  assertNoFaults();
});

test("a node's password is kept and never shown again", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/skills");
  const out = { id: "out", type: "mqtt_export", settings: { broker: "127.0.0.1:1883", topic: "x", user_name: "me", password: "s3cret word" } };
  const nodes = [graph.nodes[0], out];
  const made = await rest(poss, "POST", "/skills", { name: "Sender", graph: { nodes, edges: [{ from: "camera", to: "out" }] } });
  await page.goto(`${poss.url}/skills/${made.id}/edit?step=nodes`);
  await page.getByTestId("node").nth(1).getByRole("button").first().click();
  await page.getByText("Set. It is kept encrypted and cannot be read back.").waitFor();
  assert.ok(!(await page.content()).includes("s3cret"));
  await assertLooksFine(page, "skill_wizard_secret");
  await page.getByLabel("Name", { exact: true }).fill("To the office");
  await page.getByRole("tab", { name: "Review + Save" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("heading", { name: "Sender", exact: true }).waitFor();
  const stored = await rest(poss, "GET", `/skills/${made.id}`);
  assert.equal(stored.graph.nodes[1].name, "To the office");
  assert.equal(stored.graph.nodes[1].settings.password, "(stored)", "it is still kept");
  assertNoFaults();
});

test("a deployed skill cannot be deleted, and says where it is used", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/skills");
  const [deployment] = (await rest(poss, "GET", "/deployments")).items;
  const skill = await rest(poss, "GET", `/skills/${deployment.cameras[0].skills[0].skill}`);
  await page.getByRole("button", { name: `More for ${skill.name}` }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText(deployment.name, { exact: false }).waitFor();
  await assertLooksFine(page, "skill_delete_refused");
  assertNoFaults();
});

test("without a skill, and when it cannot be asked, the page says what to do", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "/skills");
  await page.route("**/api/v1/skills?*", (route) =>
    route.fulfill({ json: { items: [], next_cursor: "", total: 0 } }),
  );
  await page.reload();
  await assertLooksFineEverywhere(page, "skills_empty", () => page.getByText("Create your first AI skill").waitFor());
  await page.unroute("**/api/v1/skills?*");
  await breakApi(page, "**/api/v1/skills?*", "The store could not be read: disk I/O error.");
  await page.reload();
  await page.getByText("disk I/O error").waitFor();
  await assertLooksFine(page, "skills_error");
  await page.goto(new URL("/skills/nowhere", page.url()).href);
  await page.getByText("There is no AI skill “nowhere”").waitFor();
  assertNoFaults();
});
