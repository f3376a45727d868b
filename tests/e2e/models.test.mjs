// The page Models in a real browser: the zoo, both wizards, a model's own page, and bad input.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { limit, openPage, screenshot } from "./browser.mjs";
import { assertLooksFine, waitForCount } from "./pages.mjs";
import { signIn, startPoss } from "./poss.mjs";

const zoo = fileURLToPath(new URL("../../build/zoo/efficientdet_lite0/", import.meta.url));

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "poss-models-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

// An ONNX model as somebody might bring it: the file, its manifest without labels, and those.
function externalModel(t) {
  const path = folder(t);
  if (!existsSync(join(zoo, "model.onnx"))) throw new Error("the zoo is missing; run ./up first");
  copyFileSync(join(zoo, "model.onnx"), join(path, "detector.onnx"));
  const { task, input, decoder, labels } = JSON.parse(readFileSync(join(zoo, "model.json"), "utf8"));
  writeFileSync(join(path, "model.json"), JSON.stringify({ task, input, decoder }));
  writeFileSync(join(path, "labels.txt"), labels.join("\n"));
  writeFileSync(join(path, "broken.onnx"), Buffer.from([8, 7, 0x12, 3, 0x61, 0x62, 0x63, 0x3a, 9, 9, 9]));
  writeFileSync(join(path, "picture.tflite"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3, 4, 5]));
  return (name) => join(path, name);
}

const choose = (page, within, file) => page.getByTestId(within).locator('input[type="file"]').setInputFiles(file);
const button = (page, name) => page.getByRole("button", { name, exact: true });

test("a new user browses the zoo and adds a model", limit, async (t) => {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(`${poss.url}/models/zoo`);
  const card = page.getByTestId("zoo-card").filter({ hasText: "EfficientDet-Lite2" });
  await card.waitFor();
  await assertLooksFine(page, "models_zoo_light");

  await t.test("filters leave what matches, and say when nothing does", async () => {
    await page.getByRole("searchbox").fill("mobilenet");
    await card.waitFor({ state: "detached" });
    await waitForCount(page.getByTestId("zoo-card"), 1);
    await page.getByRole("searchbox").fill("no such object");
    await page.getByText("No model of the zoo matches").waitFor();
    await screenshot(page, "models_zoo_no_match");
    await button(page, "Clear filters").click();
    await page.getByRole("combobox", { name: "Type" }).click();
    await page.getByRole("option", { name: "Classification" }).click();
    await card.waitFor({ state: "detached" });
    await page.reload();
    await page.getByTestId("zoo-card").first().waitFor();
    await waitForCount(page.getByTestId("zoo-card"), 1); // filters survive a reload
    await page.goto(`${poss.url}/models/zoo`);
    await card.waitFor();
  });

  await t.test("details show what the model is", async () => {
    await button(page, "Details of EfficientDet-Lite2").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("448 × 448 px").waitFor();
    await assertLooksFine(page, "models_zoo_details");
    await dialog.getByRole("button", { name: "Close" }).click();
  });

  await t.test("an added model is marked and leads to its page", async () => {
    await button(page, "Add EfficientDet-Lite2").click();
    await button(page, "Open EfficientDet-Lite2").click();
    await page.getByRole("heading", { name: "EfficientDet-Lite2", level: 1 }).waitFor();
    await page.getByText("Ready", { exact: true }).waitFor();
    await page.getByTestId("skills").getByText("No AI skill uses it yet.").waitFor();
    await assertLooksFine(page, "models_view_zoo");
    await page.goBack();
    await card.getByText("Added", { exact: true }).waitFor();
  });

  await t.test("dark colours, and a phone", async () => {
    await button(page, "Switch to dark colours").click();
    await assertLooksFine(page, "models_zoo_dark");
    await page.setViewportSize({ width: 390, height: 844 });
    await assertLooksFine(page, "models_zoo_phone");
  });
  assertNoFaults();
});

test("a new user creates a custom model", limit, async (t) => {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(`${poss.url}/models`);
  await button(page, "Add model").first().click();
  await page.getByRole("menuitem", { name: /Create Custom Model/ }).click();
  const name = page.getByRole("textbox", { name: "Model name" });
  await name.waitFor();

  await t.test("what is missing is said at its field", async () => {
    await button(page, "Next").click();
    await page.getByText("Model name is needed.").waitFor();
    await page.getByText("Name at least one object to find.").waitFor();
    await assertLooksFine(page, "models_custom_missing");
  });

  await t.test("classification needs two objects", async () => {
    await name.fill("Bolts & nuts Ω");
    await page.getByRole("radio", { name: /^Classification/ }).check();
    await page.getByRole("radio", { name: /Multilabel/ }).check();
    await page.getByRole("textbox", { name: "Objects" }).fill("bolt");
    await page.keyboard.press("Enter");
    await button(page, "Next").click();
    await page.getByText("Name at least two objects").waitFor();
    await page.getByRole("textbox", { name: "Objects" }).fill("nut");
    await page.keyboard.press("Enter");
    await screenshot(page, "models_custom_basics");
  });

  await t.test("what was typed survives a reload", async () => {
    await page.reload();
    await page.getByText("This is the draft you began earlier.").waitFor();
    assert.equal(await name.inputValue(), "Bolts & nuts Ω");
  });

  await t.test("the review says what will happen, and Create does it", async () => {
    await button(page, "Next").click();
    await button(page, "Next").click();
    await page.getByText("“Bolts & nuts Ω” will be created for classification with several objects a picture").waitFor();
    await page.getByText("Nothing is in the way.").waitFor();
    await assertLooksFine(page, "models_custom_review");
    await button(page, "Create").click();
    await page.getByRole("heading", { name: "Bolts & nuts Ω", level: 1 }).waitFor();
    await page.getByTestId("next").getByText("0 of 15 pictures").waitFor();
    await assertLooksFine(page, "models_view_custom");
  });

  await t.test("a name can be used once", async () => {
    await page.goto(`${poss.url}/models/new`);
    await name.fill("Bolts & nuts Ω");
    await page.getByRole("textbox", { name: "Objects" }).fill("screw");
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Review + Create" }).click();
    await page.getByText("One thing is in the way").waitFor();
    assert.equal(await button(page, "Create").isDisabled(), true);
    await page.getByText("Show in Basics").click();
    await name.waitFor();
    await button(page, "Cancel").click();
  });

  await t.test("it can be edited and deleted", async () => {
    await page.getByRole("link", { name: "Bolts & nuts Ω" }).click();
    await button(page, "Edit model").click();
    await page.getByRole("textbox", { name: "Description" }).fill("From line 2.");
    await page.getByRole("tab", { name: "Review + Save" }).click();
    await button(page, "Save").click();
    await page.getByText("From line 2.").waitFor();
    await button(page, "More").click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.waitForURL("**/models");
    await page.getByRole("link", { name: "Bolts & nuts Ω" }).waitFor({ state: "detached" });
  });
  assertNoFaults();
});

test("a new user adds an external model", limit, async (t) => {
  const file = externalModel(t);
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(`${poss.url}/models/add`);
  const name = page.getByRole("textbox", { name: "Model name" });
  await name.fill("My detector");
  await assertLooksFine(page, "models_external_basics");

  await t.test("a file that is no such model is not even sent", async () => {
    await choose(page, "upload", file("picture.tflite"));
    await page.getByText("picture.tflite is not a TensorFlow Lite model.").waitFor();
    await page.getByRole("radio", { name: /^ONNX/ }).check();
    await button(page, "Next").click();
    await page.getByText("Choose the model's file, and let its upload come to its end.").waitFor();
    await choose(page, "manifest", file("labels.txt"));
    await page.getByText("labels.txt is no manifest").waitFor();
    await choose(page, "label-file", file("detector.onnx"));
    await page.getByText("detector.onnx is no label file").waitFor();
    await assertLooksFine(page, "models_external_wrong");
  });

  await t.test("an upload shows its progress and can be cancelled, cut off and tried again", async () => {
    // Held on its way, then broken off by the network.
    let cutOff;
    await page.route("**/api/v1/uploads?**", (route) => {
      cutOff = () => route.abort("connectionreset");
    });
    await choose(page, "upload", file("detector.onnx"));
    await page.getByRole("progressbar", { name: "Model file" }).waitFor();
    await assertLooksFine(page, "models_external_uploading");
    await button(page, "Cancel upload").click();
    await page.getByText("The upload was cancelled; nothing of it was kept.").waitFor();
    cutOff = undefined;
    await choose(page, "upload", file("detector.onnx"));
    await page.getByRole("progressbar", { name: "Model file" }).waitFor();
    while (!cutOff) await page.waitForRequest("**/api/v1/uploads?**", { timeout: 500 }).catch(() => undefined);
    await cutOff();
    await page.getByText("detector.onnx was not uploaded").waitFor();
    await assertLooksFine(page, "models_external_cut_off");
    await page.unroute("**/api/v1/uploads?**");
    await button(page, "Try again").click();
    await page.getByTestId("upload").getByText("Uploaded").waitFor();
  });

  await t.test("a broken model fails with its cause, and another file mends it", async () => {
    await choose(page, "upload", file("broken.onnx"));
    await page.getByTestId("upload").getByText("broken.onnx").waitFor();
    await page.getByTestId("upload").getByText("Uploaded").waitFor();
    await choose(page, "manifest", file("model.json"));
    await page.getByTestId("manifest").getByText("model.json").waitFor();
    await choose(page, "label-file", file("labels.txt"));
    await page.getByTestId("label-file").getByText(/^\d+ labels$/).waitFor();
    await screenshot(page, "models_external_filled");
    await button(page, "Next").click();
    await button(page, "Next").click();
    await page.getByText("Nothing is in the way.").waitFor();
    await screenshot(page, "models_external_review");
    await button(page, "Add model").click();
    const failure = page.getByTestId("failure");
    await failure.getByText("The import failed").waitFor();
    await page.getByText("Failed", { exact: true }).first().waitFor();
    await assertLooksFine(page, "models_view_failed");

    await button(page, "Try another file").click();
    await page.getByRole("radio", { name: /^ONNX/ }).check();
    await choose(page, "upload", file("detector.onnx"));
    await choose(page, "manifest", file("model.json"));
    await choose(page, "label-file", file("labels.txt"));
    await page.getByTestId("upload").getByText("Uploaded").waitFor();
    await assertLooksFine(page, "models_import_dialog");
    await button(page, "Import").click();
    await page.getByText("Ready", { exact: true }).waitFor();
    await page.getByTestId("versions").getByText("320 × 320 px").waitFor();
    await assertLooksFine(page, "models_view_ready");
  });

  await t.test("the import stands in the tray with a link to the model", async () => {
    await page.getByTestId("tray").click();
    const jobs = page.getByRole("list", { name: "Work in progress" });
    await jobs.getByText("My detector").first().waitFor();
    // The first file was broken: its job is over, too.
    await jobs.getByText("Failed", { exact: true }).waitFor();
    await waitForCount(jobs.getByRole("progressbar"), 0);
    await screenshot(page, "models_tray");
    await page.keyboard.press("Escape");
  });

  await t.test("a refused import leaves no model behind", async () => {
    await page.goto(`${poss.url}/models/add`);
    await name.fill("Half made");
    await page.getByRole("radio", { name: /^ONNX/ }).check();
    await choose(page, "upload", file("detector.onnx"));
    await choose(page, "manifest", file("model.json"));
    await page.getByTestId("upload").getByText("Uploaded").waitFor();
    await page.route("**/versions", (route) =>
      route.request().method() === "POST"
        ? route.fulfill({ status: 404, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", status: 404, code: "not_found", title: "Not found", detail: "There is no upload 'x'; send the file again." }) })
        : route.continue(),
    );
    await page.getByRole("tab", { name: "Review + Create" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
    await button(page, "Add model").click();
    await page.getByText("send the file again").waitFor();
    await screenshot(page, "models_external_refused");
    await page.unroute("**/versions");
    await page.goto(`${poss.url}/models`);
    await page.getByRole("link", { name: "My detector" }).waitFor();
    await waitForCount(page.getByRole("link", { name: "Half made" }), 0);
  });

  await t.test("the list in light and dark colours, as a table, and on a phone", async () => {
    await assertLooksFine(page, "models_list_light");
    await button(page, "Table").click();
    await assertLooksFine(page, "models_list_table");
    await button(page, "Cards").click();
    await button(page, "Switch to dark colours").click();
    await assertLooksFine(page, "models_list_dark");
    await page.setViewportSize({ width: 390, height: 844 });
    await assertLooksFine(page, "models_list_phone");
    await page.getByRole("link", { name: "My detector" }).click();
    await page.getByTestId("versions").getByText("320 × 320 px").waitFor();
    await assertLooksFine(page, "models_view_phone");
    await page.goto(`${poss.url}/models/add`);
    await name.waitFor();
    await assertLooksFine(page, "models_external_phone");
  });

  await t.test("an unknown model, and a server that does not answer, are said plainly", async () => {
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(`${poss.url}/models/nobody`);
    await page.getByText("There is no model “nobody”").waitFor();
    await screenshot(page, "models_view_unknown");
    await page.route("**/api/v1/models?**", (route) =>
      route.fulfill({ status: 500, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", status: 500, code: "internal", title: "Internal", detail: "The store could not be read." }) }),
    );
    await page.goto(`${poss.url}/models`);
    await page.getByText("The models could not be loaded").waitFor();
    await assertLooksFine(page, "models_list_error");
  });
  assertNoFaults();
});
