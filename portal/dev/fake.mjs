// A stand-in for POSS that serves the portal a made-up street, for working on the portal without
// building POSS. Pictures and insights are drawn as it runs. Never used by tests of POSS.
//
//   npm run dev:fake -- [--port 8080] [--cameras jpeg,fmp4,refused,…] [--fps 15] [--skill-fps 15]
//                       [--lag 80] [--failed] [--empty] [--items 200] [--sign-in] [--setup]
//                       [--role viewer] [--fail camera,location] [--slow 800] [--others]
//
// Kinds of cameras: jpeg, fmp4 (needs ffmpeg), and each camera state that is a fault.
// --items: so many objects of each kind. --sign-in: asks for a name and password (any name; the
// password is "password1234"). --setup: nobody is there yet; the link is /setup#first. --fail: the
// lists of these kinds answer 500. --slow: every answer takes so many ms. --others: somebody else
// changes an object every few seconds, so that conflicts come.
import { spawn, spawnSync } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import jpeg from "jpeg-js";
import { WebSocketServer } from "ws";
import { fakeApi } from "./fake_api.mjs";
import { pastInsights } from "./fake_history.mjs";
import { drawScene, sceneAt, height, width } from "./scene.mjs";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    cameras: { type: "string", default: "jpeg" },
    fps: { type: "string", default: "15" },
    "skill-fps": { type: "string", default: "15" },
    lag: { type: "string", default: "80" }, // ms from the picture to its insight
    failed: { type: "boolean", default: false },
    empty: { type: "boolean", default: false },
    items: { type: "string", default: "0" },
    "sign-in": { type: "boolean", default: false },
    setup: { type: "boolean", default: false },
    role: { type: "string", default: "admin" },
    fail: { type: "string", default: "" },
    slow: { type: "string", default: "0" },
    others: { type: "boolean", default: false },
  },
});
const fps = Number(options.fps);
const skillFps = Number(options["skill-fps"]);
const lagMs = Number(options.lag);
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const api = "/api/v1";
const started = Date.now();

const causes = {
  connecting: "",
  stalled: "No data from rtsp://192.168.1.20:554/stream for 10 s; reconnecting.",
  not_found: "The host name 'entrance.lan' does not exist; check the address of camera 'Entrance'.",
  refused:
    "Nothing listens at 192.168.1.20:554: the connection was refused. Check that the camera is on and the port right.",
  wrong_password:
    "rtsp://192.168.1.20:554/stream answered 401: user name or password is wrong. Give the right ones.",
  unsupported: "The stream carries only audio (aac); POSS needs a video.",
  timed_out: "rtsp://192.168.1.20:554/stream gave no answer within 10 s.",
  ended: "The file has been read to its end.",
};

const names = ["Street", "Entrance", "Loading dock", "Yard", "Car park", "Gate"];
const cameras = [];
function addCamera(kind, id, name) {
  const camera = { kind, id, name, seed: cameras.length * 7.3, packets: 0, viewers: new Set(), last: undefined };
  cameras.push(camera);
  return camera;
}
if (!options.empty) {
  options.cameras.split(",").forEach((kind, i) => {
    const name = names[i] ?? `Camera ${i + 1}`;
    addCamera(kind, name.toLowerCase().replaceAll(" ", "_"), name);
  });
}

const plays = (camera) => ["jpeg", "fmp4", "stalled"].includes(camera.kind);

function cameraStatus(camera) {
  const live = camera.kind === "jpeg" || camera.kind === "fmp4";
  return {
    state: live ? "streaming" : camera.kind,
    cause: live ? "" : causes[camera.kind],
    since: new Date(started).toISOString(),
    width: plays(camera) ? width : 0,
    height: plays(camera) ? height : 0,
    codec: plays(camera) ? (camera.kind === "fmp4" ? "h264" : "mpeg4") : "",
    source_fps: plays(camera) ? fps : 0,
    packets: camera.packets,
    frames_decoded: camera.packets,
    frames_skipped: 0,
    reconnects: 0,
  };
}

const wobble = (value, part = 0.1) => value * (1 + (Math.random() - 0.5) * part);

function streamStatus(camera) {
  const live = camera.kind === "jpeg" || camera.kind === "fmp4";
  const seconds = (Date.now() - started) / 1000;
  const failed = options.failed;
  return {
    camera: camera.id,
    skill: "detect_people",
    state: failed ? "failed" : live ? "running" : "starting",
    cause: failed
      ? "The model 'efficientdet_lite0' is not in the models folder; run scripts/fetch_zoo and start again."
      : "",
    fps_asked: skillFps,
    fps_reached: failed || !live ? 0 : wobble(skillFps - 0.2, 0.02),
    frames: failed || !live ? 0 : Math.floor(seconds * skillFps),
    dropped: failed || !live ? 0 : Math.floor(seconds / 4),
    insights: camera.insights ?? 0,
    latency_p50_ms: failed || !live ? 0 : wobble(lagMs * 0.8),
    latency_p99_ms: failed || !live ? 0 : wobble(lagMs * 1.6),
    nodes: failed
      ? []
      : [
          node("camera", "Camera", 0.02, 0, []),
          node("detect", "Detect objects", 15.4, 0, [
            { name: "pre", mean_ms: wobble(0.7) },
            { name: "run", mean_ms: wobble(13.9, 0.04) },
            { name: "post", mean_ms: wobble(0.5) },
          ]),
          node("filter", "Filter", 0.04, 0, []),
          node("send", "Send insights over HTTP", 2.6, 3, [], "http://10.0.0.4/in answered 503."),
        ],
  };
  function node(id, title, mean, errors, stages, last_error = "") {
    const count = live ? Math.floor(seconds * skillFps) : 0;
    return {
      id,
      type: id,
      title,
      count,
      errors: live ? errors : 0,
      dropped: 0,
      last_error: live ? last_error : "",
      mean_ms: count ? wobble(mean, 0.04) : 0,
      p99_ms: count ? wobble(mean * 1.7) : 0,
      stages: count ? stages : [],
    };
  }
}

// Insights.
const kept = [];
let insightCount = 0;
const eventReaders = new Set();
let eventId = 0;

function insightOf(camera, timeMs, frame) {
  const timestamp = timeMs / 1000;
  const objects = sceneAt(timestamp, camera.seed)
    .filter((o) => Math.random() < 0.97)
    .map((o) => ({
      timestamp,
      label: o.label,
      confidence: Math.min(0.98, Math.max(0.3, o.confidence + (Math.random() - 0.5) * 0.06)),
      inference_id: `${++insightCount}`,
      attributes: [],
      bbox: o.bbox,
    }));
  return {
    id: `insight-${camera.id}-${frame}`,
    image: { properties: { height, width, color_format: "BGR" } },
    insights_meta: { objects_meta: objects, events_meta: [] },
    timestamp,
    datetime: new Date(timeMs).toISOString().replace("Z", "+00:00"),
    frame_id: String(frame),
    instance_id: "street_watch",
    skill_id: "detect_people",
    device_id: camera.id,
  };
}

if (!options.failed) kept.push(...pastInsights(cameras.filter(plays), insightOf));

function tell(insight) {
  kept.unshift(insight);
  if (kept.length > 20_000) kept.length = 20_000;
  sendEvent("insight", insight);
}

function sendEvent(type, value) {
  const text = `id: ${++eventId}\nevent: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
  for (const reader of eventReaders) reader.write(text);
}

const answerApi = fakeApi({ options, causes, cameras, addCamera, cameraStatus, streamStatus, sendEvent });
const statusEvent = () => `id: ${++eventId}\nevent: status\ndata: ${JSON.stringify(answerApi.status())}\n\n`;
setInterval(() => sendEvent("status", answerApi.status()), 1000);

// Pictures.
for (const camera of cameras.slice(0, 6)) play(camera);

// Draws a camera's pictures from now on.
function play(camera) {
  if (camera.playing || (camera.kind !== "jpeg" && camera.kind !== "fmp4")) return;
  camera.playing = true;
  let frame = 0;
  let credit = 0;
  const encoder = camera.kind === "fmp4" ? startEncoder(camera) : undefined;
  // Pictures are due at even steps, however late a busy machine gets round to drawing them.
  const beginning = Date.now();
  const onePicture = () => {
    const timeMs = Math.round(beginning + (frame * 1000) / fps);
    frame++;
    camera.packets++;
    if (encoder) {
      encoder.picture(timeMs, drawScene(timeMs / 1000, camera.seed));
    } else if (camera.viewers.size > 0 || frame % fps === 1) {
      const rgba = drawScene(timeMs / 1000, camera.seed);
      camera.last = jpeg.encode({ data: rgba, width, height }, 82).data;
      const head = Buffer.alloc(8);
      head.writeBigUInt64BE(BigInt(timeMs) * 1000n);
      for (const viewer of camera.viewers) viewer.send(Buffer.concat([head, camera.last]));
    }
    credit += skillFps / fps;
    if (camera.idle || options.failed || credit < 1) return;
    credit -= 1;
    const time = encoder ? encoder.timeOf(frame) : timeMs;
    camera.insights = (camera.insights ?? 0) + 1;
    const number = frame;
    setTimeout(() => tell(insightOf(camera, time, number)), wobble(lagMs, 0.6));
  };
  setInterval(() => {
    if (beginning + (frame * 1000) / fps > Date.now()) return;
    // Too busy: single pictures can be left out, those of a video cannot.
    if (!encoder) frame = Math.max(frame, Math.floor(((Date.now() - beginning) * fps) / 1000));
    onePicture();
  }, 5);
}

// Encodes what is drawn as H.264 in fragmented MP4.
function startEncoder(camera) {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) throw new Error("kind fmp4 needs ffmpeg");
  const child = spawn(
    "ffmpeg",
    `-hide_banner -loglevel error -f rawvideo -pix_fmt rgba -s ${width}x${height} -r ${fps} -i -
     -c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g ${fps * 2} -threads 1
     -f mp4 -movflags frag_every_frame+empty_moov+default_base_moof -`.split(/\s+/),
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  process.on("exit", () => child.kill());
  let firstMs;
  let pending = Buffer.alloc(0);
  let init = [];
  let fragment = [];
  const ring = []; // fragments since the last keyframe
  camera.init = undefined;
  child.stdout.on("data", (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 8 && pending.length >= pending.readUInt32BE(0)) {
      const size = pending.readUInt32BE(0);
      const box = pending.subarray(0, size);
      pending = pending.subarray(size);
      const type = box.toString("latin1", 4, 8);
      if (type === "ftyp" || type === "moov") {
        init.push(box);
        if (type === "moov") camera.init = Buffer.concat(init);
      } else if (type === "moof" || type === "mdat") {
        fragment.push(box);
        if (type !== "mdat") continue;
        const whole = Buffer.concat(fragment);
        fragment = [];
        // A keyframe is much larger than what follows it.
        if (ring.length === 0 || ring.length >= fps * 2) ring.length = 0;
        ring.push(whole);
        for (const viewer of camera.viewers) viewer.send(whole);
      }
    }
  });
  camera.ring = ring;
  camera.baseTime = () => firstMs / 1000;
  return {
    picture(timeMs, rgba) {
      firstMs ??= timeMs;
      child.stdin.write(rgba);
    },
    timeOf: (frame) => firstMs + ((frame - 1) * 1000) / fps,
  };
}

// HTTP.
const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const path = decodeURIComponent(url.pathname);
  if (!path.startsWith(api)) return serveFile(path, response);
  const [resource, id, part] = path.slice(api.length + 1).split("/");
  const camera = cameras.find((c) => c.id === id);
  if (resource === "cameras" && camera && part === "snapshot" && plays(camera)) {
    const picture =
      camera.last ??
      jpeg.encode({ data: drawScene(Date.now() / 1000, camera.seed), width, height }, 82).data;
    response.writeHead(200, { "content-type": "image/jpeg", "cache-control": "no-store" });
    return response.end(picture);
  }
  if (resource === "events") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(statusEvent());
    eventReaders.add(response);
    response.on("close", () => eventReaders.delete(response));
    return;
  }
  setTimeout(() => answerApi(request, response, url, kept), Number(options.slow));
});

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
function serveFile(path, response) {
  let file = join(dist, normalize(path));
  if (!file.startsWith(dist) || !existsSync(file) || statSync(file).isDirectory()) {
    file = join(dist, "index.html");
  }
  if (!existsSync(file)) {
    response.writeHead(404).end("Run `npm run build` first, or use `npm run dev`.");
    return;
  }
  response.writeHead(200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-security-policy":
      "default-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
  });
  createReadStream(file).pipe(response);
}

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  const id = decodeURIComponent(/\/cameras\/([^/]+)\/live$/.exec(request.url)?.[1] ?? "");
  const camera = cameras.find((c) => c.id === id);
  if (!camera) return socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (viewer) => {
    if (camera.kind === "fmp4" && camera.init) {
      viewer.send(
        JSON.stringify({
          mode: "fmp4",
          mime: 'video/mp4; codecs="avc1.42C01F"',
          base_time: camera.baseTime(),
        }),
      );
      viewer.send(camera.init);
      for (const fragment of camera.ring) viewer.send(fragment);
    } else if (camera.kind === "jpeg") {
      viewer.send(JSON.stringify({ mode: "jpeg" }));
    }
    play(camera);
    camera.viewers.add(viewer);
    viewer.on("close", () => camera.viewers.delete(viewer));
  });
});

server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
