// The page Compute Devices in a real browser against the real POSS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limit, openPage } from "./browser.mjs";
import { assertLooksFine, assertLooksFineEverywhere, breakApi, choose, rest } from "./pages.mjs";
import { signIn, startPoss } from "./poss.mjs";

async function open(t, path) {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t);
  await signIn(page, poss);
  await page.goto(`${poss.url}${path}`);
  return { poss, page, assertNoFaults };
}

test("this machine is there from the start, with what it has", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/devices");
  const [here] = (await rest(poss, "GET", "/devices")).items;
  assert.equal(here.type, "this_machine");
  await assertLooksFineEverywhere(page, "devices", () => page.getByRole("link", { name: here.name, exact: true }).waitFor());

  await t.test("it cannot be deleted", async () => {
    await page.getByRole("button", { name: `More for ${here.name}` }).click();
    await page.getByRole("menuitem", { name: "Edit" }).waitFor();
    assert.equal(await page.getByRole("menuitem", { name: "Delete" }).count(), 0);
    await page.keyboard.press("Escape");
  });

  await t.test("its page tells CPU, memory and each acceleration, or why not", async () => {
    await page.getByRole("link", { name: here.name, exact: true }).click();
    await page.getByText(here.status.cpu, { exact: true }).waitFor();
    const found = page.getByTestId("accelerations");
    for (const { available, reason } of here.status.accelerations) {
      if (!available) await found.getByText(reason, { exact: true }).first().waitFor();
    }
    await page.getByText("No deployment uses this device yet.").waitFor();
    await assertLooksFineEverywhere(page, "device_page", () => found.waitFor());
  });

  await t.test("only what it can do can be chosen", async () => {
    await page.getByRole("button", { name: "Edit compute device" }).click();
    assert.ok(await page.getByRole("combobox", { name: "Type" }).isDisabled());
    await page.getByRole("combobox", { name: "Acceleration" }).click();
    for (const { acceleration, available } of here.status.accelerations) {
      const name = { cpu: /^CPU/, nvidia_dgpu: /^Nvidia dGPU/, intel_igpu: /^Intel iGPU/, nvidia_jetson: /^Nvidia Jetson/ }[acceleration];
      const isDisabled = await page.getByRole("option", { name }).getAttribute("aria-disabled");
      assert.equal(isDisabled === "true", !available, acceleration);
    }
    await assertLooksFine(page, "device_wizard_this_machine");
    await page.keyboard.press("Escape");
    await page.getByLabel("Device name").fill("Workshop");
    await page.getByRole("tab", { name: "Review + Save" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Workshop", exact: true }).waitFor();
  });
  assertNoFaults();
});

test("a new user adds a remote device, which says that it is not connected", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/devices");
  await page.getByRole("button", { name: "Add compute device" }).click();
  await page.getByText("This version of POSS does not connect to other machines yet.").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Device name is needed.").waitFor();
  await assertLooksFine(page, "device_wizard_basics");
  await page.getByLabel("Device name").fill("Warehouse box");

  await t.test("impossible choices say why", async () => {
    await choose(page, "CPU architecture", "ARM64");
    await page.getByRole("combobox", { name: "Acceleration" }).click();
    const gpu = page.getByRole("option", { name: /^Nvidia dGPU/ });
    assert.equal(await gpu.getAttribute("aria-disabled"), "true");
    await gpu.getByText("ARM64 devices have Nvidia Jetson or CPU").waitFor();
    await assertLooksFine(page, "device_wizard_choices");
    await page.getByRole("option", { name: /^Nvidia Jetson/ }).click();
    await choose(page, "Type", "Kubernetes cluster");
    assert.equal(await page.getByRole("combobox", { name: "Acceleration" }).textContent(), "CPU");
    await page.getByLabel("Kubernetes context").fill("edge");
  });

  await page.getByLabel("Kubeconfig", { exact: true }).fill("s3cret: yes");
  await page.getByRole("button", { name: "Next" }).click();
  await assertLooksFine(page, "device_wizard_tags");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await page.getByText("“Warehouse box” (Kubernetes cluster)").waitFor();
  await assertLooksFine(page, "device_wizard_review");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByTestId("not-connected").waitFor();
  await assertLooksFineEverywhere(page, "device_page_not_connected", () => page.getByTestId("not-connected").waitFor());
  assert.ok(!(await page.content()).includes("s3cret"));
  const { items } = await rest(poss, "GET", "/devices?search=Warehouse");
  assert.equal(items[0].architecture, "arm64");
  assert.equal(items[0].has_credentials, true);

  await t.test("a changed one is not overwritten by an older tab", async () => {
    await page.getByRole("button", { name: "Edit compute device" }).click();
    await page.getByLabel("Device name").fill("Box of mine");
    await page.getByRole("tab", { name: "Review + Save" }).click();
    await page.getByText("Nothing is in the way.").waitFor();
    await rest(poss, "PATCH", `/devices/${items[0].id}`, { context: "theirs" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Show theirs" }).click();
    await page.getByText("You have not changed anything yet.").waitFor();
  });
  assertNoFaults();
});

test("200 compute devices, and a list that cannot be loaded", limit, async (t) => {
  const { poss, page, assertNoFaults } = await open(t, "/");
  for (let i = 1; i <= 200; i++) {
    await rest(poss, "POST", "/devices", { name: `Edge box ${i}`, type: i % 3 ? "remote_agent" : "kubernetes" });
  }
  await page.goto(`${poss.url}/devices`);
  await page.getByText("201 compute devices").waitFor();
  await assertLooksFine(page, "devices_200");
  await breakApi(page, /\/api\/v1\/devices\?/, "The store could not be read: disk I/O error.");
  await page.reload();
  await page.getByText("The store could not be read: disk I/O error.").waitFor();
  await assertLooksFine(page, "devices_error");
  assertNoFaults();
});
