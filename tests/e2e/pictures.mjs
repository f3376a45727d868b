// Takes the pictures of the portal that the documentation shows, from the real POSS:
//   node tests/e2e/pictures.mjs
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage, waitForBoxes } from "./browser.mjs";
import { choose } from "./pages.mjs";
import { peopleFile, signIn, startPoss, startRtspCamera } from "./poss.mjs";

const images = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const size = { width: 1280, height: 800 };

const ends = [];
const t = { after: (end) => ends.push(end) };
try {
  await takeLive();
  await takeHowTos();
} finally {
  for (const end of ends) await end();
}

async function take(page, name) {
  await page.waitForFunction(() => !document.querySelector(".fui-Toast"));
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(images, `${name}.jpg`), type: "jpeg", quality: 80 });
}

async function takeLive() {
  const poss = await startPoss(t, ["--demo"]);
  const { page } = await openPage(t, size);
  await page.goto(`${poss.url}/cameras`);
  await page.getByTestId("card").getByRole("link").first().click();
  await waitForBoxes(page);
  await page.getByTestId("feed-row").nth(5).waitFor();
  await waitForBoxes(page);
  await take(page, "live");
}

// Walks the same way as docs/how-to tells.
async function takeHowTos() {
  const camera = await startRtspCamera(t, peopleFile(t), ["--user", "viewer", "--password", "a secret"]);
  const poss = await startPoss(t, []);
  const { page } = await openPage(t, size);
  const button = (name) => page.getByRole("button", { name, exact: true });
  await signIn(page, poss);

  await page.goto(`${poss.url}/cameras/new`);
  await page.getByLabel("Camera name").fill("North entrance");
  await page.getByLabel("RTSP URL").fill(camera);
  await page.getByLabel("User name").fill("viewer");
  await page.getByLabel("Password").fill("a secret");
  await page.getByRole("combobox", { name: "Location" }).fill("Front yard");
  await page.getByRole("option", { name: "Create “Front yard”" }).click();
  await button("Test").click();
  await page.getByText(/^It works/).waitFor();
  await take(page, "camera_test");
  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await button("Create").click();
  await page.getByRole("heading", { name: "North entrance", exact: true }).waitFor();

  await page.goto(`${poss.url}/skills/new`);
  await page.getByLabel("Skill Name").fill("Count visitors");
  await page.getByLabel("Desired Frame Rate (fps)").fill("5");
  await button("Next").click();
  await page.getByRole("button", { name: /^Detect and filter/ }).click();
  await page.getByTestId("node").filter({ hasText: "Run ML Model" }).getByRole("button").first().click();
  await page.getByRole("combobox", { name: "Model", exact: true }).click();
  await page.locator('[role="option"]:not([aria-disabled="true"])').first().click();
  await page.getByTestId("node").filter({ hasText: "Filter" }).getByRole("button").first().click();
  await page.getByRole("combobox", { name: "Objects" }).click();
  await page.getByRole("menuitemcheckbox", { name: "person", exact: true }).click();
  await page.keyboard.press("Escape");
  await take(page, "skill_nodes");
  await page.getByRole("tab", { name: "Review + Create" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await button("Create").click();
  await button("Deploy").click();

  await page.getByLabel("Deployment Name").fill("Visitors at the entrance");
  await page.getByRole("combobox", { name: "Cameras", exact: true }).click();
  await page.getByRole("menuitemcheckbox", { name: "North entrance", exact: true }).click();
  await page.keyboard.press("Escape");
  await button("Next").click();
  await page.getByTestId("deployed-skill").waitFor();
  await page.getByRole("button", { name: /^Parameters/ }).click();
  await page.getByLabel("Frame rate", { exact: true }).fill("3");
  await take(page, "deployment_skills");
  await page.getByRole("tab", { name: "Review + Deploy" }).click();
  await page.getByText("Nothing is in the way.").waitFor();
  await button("Deploy").click();
  await page.getByTestId("stream").waitFor();
  await page.getByRole("tab", { name: "Insights" }).click();
  await choose(page, "Time", "Last 15 minutes");
  await page.getByTestId("insight").nth(6).waitFor();
  await take(page, "deployment_insights");
}
