// Starts the real POSS and its peers for the end-to-end tests, and stops them by their pids.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const binary = (name, fallback) => process.env[name] ?? join(root, fallback);

export const skill = (name) => join(root, "examples/skills", `${name}.json`);

// Starts a program and waits for its first line on stdout. It is ended with test `t`.
async function startProgram(t, path, args) {
  if (!existsSync(path)) throw new Error(`${path} is missing; build it first (./up)`);
  const child = spawn(path, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => {
    log = (log + text).slice(-4000);
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
  };
  t.after(stop);
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  // The next line of which `pattern` is a part; lines before it are passed over.
  const lineWith = async (pattern) => {
    const found = () => lines.find((line) => pattern.test(line));
    while (found() === undefined) await once(reader, "line");
    return found();
  };
  const firstLine = await Promise.race([
    once(reader, "line").then(([line]) => line),
    ended.then((code) => {
      throw new Error(`${path} ended with ${code} before it was ready:\n${log}`);
    }),
  ]);
  return { firstLine, lineWith, stop, pid: child.pid };
}

// A folder for everything a server keeps. Register its removal after the server's start, so that the
// server has ended by then.
export function dataFolder() {
  return mkdtempSync(join(tmpdir(), "poss-data-"));
}
export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

// `poss serve` with these arguments and a data folder of its own, unless they name one. `url` has no
// slash at its end; `fetch` asks for a path as the first administrator, whom it makes; in the
// demo everybody is one.
export async function startPoss(t, args, { port = 0 } = {}) {
  const path = binary("POSS_BIN", "build/release/poss");
  const data = args.includes("--data") ? undefined : dataFolder();
  const { firstLine, lineWith, stop } = await startProgram(
    t,
    path,
    ["serve", "--port", String(port), ...(data ? ["--data", data] : []), ...args],
  );
  if (data) t.after(() => removeFolder(data));
  const url = firstLine.trim().replace(/\/$/, "");
  if (!/^http:\/\/127\.0\.0\.1:\d+$/.test(url)) throw new Error(`not an address: ${firstLine}`);
  let session;
  const demo = args.includes("--demo");
  const administrator = async () => {
    if (demo) return undefined;
    session ??= lineWith(/^Set up POSS: /).then((line) => setUp(url, line.split("#")[1]));
    return session;
  };
  const signedInFetch = async (target, init = {}) => {
    const admin = await administrator();
    const headers = { ...init.headers, ...(admin && { cookie: admin.cookie, "x-csrf-token": admin.csrfToken }) };
    return fetch(url + target, { ...init, headers });
  };
  return { url, port: Number(new URL(url).port), stop, administrator, fetch: signedInFetch };
}

// Who signs in in the tests.
export const administratorName = "admin";
export const administratorPassword = "correct horse battery";

// Makes the first administrator; their session.
async function setUp(url, token) {
  const response = await fetch(`${url}/api/v1/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token,
      user_name: administratorName,
      password: administratorPassword,
    }),
  });
  if (response.status !== 201) throw new Error(`set-up: ${await response.text()}`);
  const [cookie] = response.headers.getSetCookie()[0].split(";");
  return { cookie, csrfToken: (await response.json()).csrf_token };
}

// Signs the browser of a page in as administrator.
export async function signIn(page, poss) {
  const admin = await poss.administrator();
  if (!admin) return;
  const [name, value] = admin.cookie.split("=");
  await page.context().addCookies([{ name, value, url: poss.url, httpOnly: true, sameSite: "Strict" }]);
}

// A camera that sends H.264 over RTSP: the file looped, or a moving test pattern whose pictures have
// three slices. `more` arguments may be --user and --password. Its address.
export async function startRtspCamera(t, file, more = []) {
  const { firstLine } = await startProgram(
    t,
    binary("POSS_RTSP_TEST_SERVER", "build/release/rtsp_test_server"),
    [
      ...["--port", "0"],
      ...(file ? ["--file", file] : ["--test-pattern", "--fps", "15", "--slices", "3"]),
      ...more,
    ],
  );
  return `rtsp://127.0.0.1:${Number(/\d+/.exec(firstLine)[0])}/stream`;
}

// A video beside the checkout that not every machine has; null where it is absent.
export function sharedVideo(name) {
  const path = join(root, "../shared/videos", name);
  return existsSync(path) ? path : null;
}

// A minute of people walking as an H.264 file, made from the recording that the demo shows.
export function peopleFile(t) {
  const folder = mkdtempSync(join(tmpdir(), "poss-rtsp-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "people.mp4");
  execFileSync(
    "ffmpeg",
    `-hide_banner -loglevel error -t 60 -i ${recording(folder)} -an -c:v libx264 -preset ultrafast
     -tune zerolatency -profile:v baseline -pix_fmt yuv420p -g 20 ${file}`.split(/\s+/),
  );
  return file;
}

// The recording of opencv-doc; Debian may have compressed it.
function recording(folder) {
  const path = execFileSync("dpkg", ["-L", "opencv-doc"], { encoding: "utf8" })
    .split("\n")
    .find((line) => /\/vtest\.avi(\.gz)?$/.test(line));
  if (!path) throw new Error("vtest.avi is missing; install the package opencv-doc");
  if (!path.endsWith(".gz")) return path;
  const plain = join(folder, "vtest.avi");
  writeFileSync(plain, execFileSync("gzip", ["-dc", path], { maxBuffer: 1 << 28 }));
  return plain;
}

// A port on which nothing listens.
export function unusedPort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
