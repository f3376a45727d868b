// The page Settings in a real browser: connections, users, tokens, audit log, retention, imports,
// appearance, password and about.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { limit, openPage } from "./browser.mjs";
import { assertLooksFine, assertLooksFineEverywhere, breakApi, choose, toast } from "./pages.mjs";
import { administratorName, administratorPassword, signIn, startPoss, unusedPort } from "./poss.mjs";

async function open(t, path, options) {
  const poss = await startPoss(t, []);
  const { page, assertNoFaults } = await openPage(t, options);
  await signIn(page, poss);
  await page.goto(`${poss.url}/settings/${path}`);
  return { poss, page, assertNoFaults };
}

const button = (page, name) => page.getByRole("button", { name, exact: true });
const box = (page, name) => page.getByRole("textbox", { name, exact: true });
const tab = (page, name) => page.getByRole("tab", { name });

// A web hook that answers 204.
async function startReceiver(t) {
  const server = createServer((_request, response) => response.writeHead(204).end());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/in`;
}

test("a new user adds, tests and edits connections", limit, async (t) => {
  const receiver = await startReceiver(t);
  const nobody = `mqtt://127.0.0.1:${await unusedPort()}/`;
  const { poss, page, assertNoFaults } = await open(t, "connections");
  await page.getByTestId("empty").waitFor();
  await assertLooksFine(page, "settings_connections_empty");
  await button(page, "Add connection").first().click();

  await t.test("each type asks for what it needs", async () => {
    await box(page, "Connection name").fill("Hall");
    const asked = {
      "MQTT broker": ["Broker", "User name", "Password", "Client ID"],
      "Mail server (SMTP)": ["Server", "User name", "Password"],
      "Azure Storage": ["Account URL", "Connection string, SAS token or key", "Container"],
      "Azure IoT Hub": ["Device connection string"],
      "Azure IoT Edge": [],
      "Azure Custom Vision": ["Endpoint", "Training key"],
      Webhook: ["URL", "User name", "Password or token"],
    };
    for (const [type, fields] of Object.entries(asked)) {
      await choose(page, "Type", type);
      for (const field of fields) await box(page, field).or(page.getByLabel(field, { exact: true })).first().waitFor();
      await assertLooksFine(page, `settings_connection_${type.toLowerCase().replaceAll(/\W+/g, "_")}`);
    }
  });

  await t.test("bad input is said at its field", async () => {
    await box(page, "URL").fill("ftp://example.com");
    await button(page, "Next").click();
    await page.getByText("A URL begins with https:// or http://.").first().waitFor();
    await box(page, "URL").fill("https://me:secret@example.com/in");
    await button(page, "Next").click();
    await page.getByText("Leave the password out of the address").first().waitFor();
    await assertLooksFine(page, "settings_connection_wrong");
  });

  await t.test("Test shows what answered", async () => {
    await box(page, "URL").fill(receiver);
    await button(page, "Test").click();
    await page.getByTestId("connection-test").getByText("It works").waitFor();
    await assertLooksFineEverywhere(page, "settings_connection_works", () => box(page, "URL").waitFor());
  });

  await t.test("Test shows the cause when nothing answers", async () => {
    await choose(page, "Type", "MQTT broker");
    await box(page, "Broker").fill(nobody.replace(/\/$/, ""));
    await page.getByText("The connection has been changed since this test.").waitFor();
    await button(page, "Test again").click();
    await page.getByTestId("connection-test").getByText("It does not work").waitFor();
    await assertLooksFine(page, "settings_connection_fails");
  });

  await t.test("a secret goes in and does not come back", async () => {
    await page.getByLabel("Password", { exact: true }).fill("a secret of mine");
    await page.reload();
    await page.getByText("Passwords and other secrets are not kept in drafts").waitFor();
    assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "");
    await page.getByLabel("Password", { exact: true }).fill("a secret of mine");
    await tab(page, "Review + Create").click();
    await page.getByText("Nothing is in the way.").waitFor();
    await assertLooksFine(page, "settings_connection_review");
    await button(page, "Create").click();
    await page.getByRole("link", { name: "Hall" }).click();
    await page.getByText("Set. It is kept encrypted and cannot be read back.").waitFor();
    assert.equal((await page.content()).includes("a secret of mine"), false);
  });

  await t.test("it can be renamed, and deleted", async () => {
    await box(page, "Connection name").fill("Hall 2");
    await tab(page, "Review + Save").click();
    await page.getByText("Nothing is in the way.").waitFor();
    await button(page, "Save").click();
    await page.getByRole("link", { name: "Hall 2" }).waitFor();
    await assertLooksFineEverywhere(page, "settings_connections", () => page.getByRole("link", { name: "Hall 2" }).waitFor());
    await button(page, "More for Hall 2").click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.getByTestId("empty").waitFor();
  });

  await t.test("a fault of the server is said plainly", async () => {
    await breakApi(page, "**/api/v1/connections?**", "The store could not be read.");
    await page.goto(`${poss.url}/settings/connections`);
    await page.getByText("The connections could not be loaded").waitFor();
    await assertLooksFine(page, "settings_connections_error");
  });
  assertNoFaults();
});

test("an administrator manages users", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "users");
  await page.getByText(`${administratorName} (you)`).waitFor();
  await button(page, "Add user").click();
  await t.test("a password that is too short is refused", async () => {
    await box(page, "User name").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await button(page, "Next").click();
    await page.getByText("The password must have at least 10 characters.").first().waitFor();
    await assertLooksFine(page, "settings_user_wrong");
  });
  await t.test("a user is added with a role", async () => {
    await page.getByLabel("Password", { exact: true }).fill("a long password");
    await page.getByRole("radio", { name: /^Viewer/ }).check();
    await tab(page, "Review + Create").click();
    await page.getByText("“ada” will be added as Viewer.").waitFor();
    await page.getByText("Nothing is in the way.").waitFor();
    await button(page, "Create").click();
    await page.getByRole("link", { name: "ada" }).waitFor();
    await assertLooksFineEverywhere(page, "settings_users", () => page.getByRole("link", { name: "ada" }).waitFor());
  });
  await t.test("a password can be reset, and a user disabled", async () => {
    await button(page, "More for ada").click();
    await page.getByRole("menuitem", { name: "Reset password" }).click();
    await button(page, "Set password").click();
    await page.getByText("The password must have at least 10 characters.").waitFor();
    await page.getByLabel("Password", { exact: true }).fill("another password");
    await assertLooksFine(page, "settings_user_reset");
    await button(page, "Set password").click();
    await toast(page, "ada has a new password").waitFor();
    await button(page, "More for ada").click();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await page.getByText("Disabled", { exact: true }).waitFor();
  });
  await t.test("the last administrator stays", async () => {
    await button(page, `More for ${administratorName} (you)`).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.getByText(/last administrator/).waitFor();
    await assertLooksFine(page, "settings_user_last");
    await dialog.getByRole("button", { name: "Close" }).click();
  });
  await t.test("the audit log tells of it", async () => {
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByRole("cell", { name: "Created user" }).first().waitFor();
    await assertLooksFineEverywhere(page, "settings_audit", () => page.getByRole("cell", { name: "Created user" }).first().waitFor());
    await choose(page, "Action", "Deleted");
    await page.getByText("No entries match").waitFor();
    await button(page, "Clear filters").click();
    await choose(page, "Who", administratorName);
    await page.getByRole("cell", { name: "Created user" }).first().waitFor();
    await page.getByRole("searchbox").fill("nobody of this name");
    await page.getByText("No entries match").waitFor();
  });
  assertNoFaults();
});

test("a token is made, shown once, and revoked", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "tokens");
  await page.getByTestId("empty").waitFor();
  await assertLooksFine(page, "settings_tokens_empty");
  await button(page, "Create token").first().click();
  const dialog = page.getByTestId("create-token");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await dialog.getByText("Token name is needed.").waitFor();
  await choose(page, "It expires", "On a day you choose");
  await dialog.getByLabel("Day").fill("2020-01-01");
  await box(page, "Token name").fill("Nightly");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await dialog.getByLabel("Day").fill("2999-01-01");
  await choose(page, "It expires", "Never");
  await assertLooksFine(page, "settings_token_form");
  await choose(page, "It expires", "In 90 days");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await dialog.getByText("Copy it now").waitFor();
  const token = await dialog.locator("code").first().textContent();
  assert.ok(token.length >= 32, "a token is long");
  await dialog.getByText(`Bearer ${token}`).waitFor();
  await assertLooksFine(page, "settings_token_made");
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByText("Nightly").waitFor();
  await page.getByText(/^in (89|90) d$/).waitFor();
  assert.equal((await page.content()).includes(token), false, "it is nowhere any more");
  await assertLooksFineEverywhere(page, "settings_tokens", () => page.getByText("Nightly").waitFor());
  await button(page, "More for Nightly").click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByTestId("empty").waitFor();
  assertNoFaults();
});

test("retention and imports are set, and wrong values refused", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "retention");
  const floor = box(page, "Always leave free");
  await floor.waitFor();
  await page.getByTestId("disk").getByText(/in use$/).waitFor();
  await floor.fill("0");
  await button(page, "Save").click();
  await page.getByText("This has to be from 0.1 to").waitFor();
  await assertLooksFine(page, "settings_retention_wrong");
  await floor.fill("3.5");
  await button(page, "Save").click();
  await toast(page, "The settings were saved").waitFor();
  await page.reload();
  await floor.waitFor();
  assert.equal(await floor.inputValue(), "3.5");
  await assertLooksFineEverywhere(page, "settings_retention", () => floor.waitFor());

  await page.getByRole("link", { name: "Imports" }).click();
  await box(page, "Allowed networks").fill("10.0.0.0/40");
  await page.keyboard.press("Enter");
  await box(page, "Allowed folders").fill("srv/pictures");
  await page.keyboard.press("Enter");
  await button(page, "Save").click();
  await page.getByText("srv/pictures is no full path").waitFor();
  await page.getByText("10.0.0.0/40 is no network").waitFor();
  await assertLooksFine(page, "settings_imports_wrong");
  await button(page, "Undo changes").click();
  await box(page, "Allowed folders").fill("/srv/pictures");
  await page.keyboard.press("Enter");
  await box(page, "Allowed networks").fill("192.168.0.0/16");
  await page.keyboard.press("Enter");
  await button(page, "Save").click();
  await toast(page, "The settings were saved").waitFor();
  await page.reload();
  await page.getByText("192.168.0.0/16", { exact: true }).waitFor();
  await assertLooksFineEverywhere(page, "settings_imports", () => page.getByText("/srv/pictures", { exact: true }).waitFor());
  assertNoFaults();
});

test("colours, one's password, and what POSS is made of", limit, async (t) => {
  const { page, assertNoFaults } = await open(t, "appearance");
  await page.getByRole("radio", { name: "Dark" }).check();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await assertLooksFine(page, "settings_appearance_dark");
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await page.getByRole("radio", { name: /^As the system/ }).check();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
  await assertLooksFine(page, "settings_appearance");

  await page.getByRole("link", { name: "My password" }).click();
  await page.getByLabel("Current password", { exact: true }).fill("not my password");
  await page.getByLabel("New password", { exact: true }).fill("a new password");
  await page.getByLabel("New password again", { exact: true }).fill("a new passwort");
  await button(page, "Change password").click();
  await page.getByText("This is not the same as above.").waitFor();
  await page.getByLabel("New password again", { exact: true }).fill("a new password");
  await button(page, "Change password").click();
  await page.getByText(/is not your password/).first().waitFor();
  await assertLooksFine(page, "settings_password_wrong");
  await page.getByLabel("Current password", { exact: true }).fill(administratorPassword);
  await button(page, "Change password").click();
  await toast(page, "Your password was changed").waitFor();
  await assertLooksFineEverywhere(page, "settings_password", () => button(page, "Change password").waitFor());

  await page.getByRole("link", { name: "About" }).click();
  await page.getByTestId("third-party").getByText("react-router").waitFor();
  await assertLooksFineEverywhere(page, "settings_about", () => page.getByTestId("about").waitFor());
  await page.getByRole("searchbox").fill("no such library");
  await page.getByText("Nothing matches.").waitFor();
  assertNoFaults();
});
