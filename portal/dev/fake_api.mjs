// The stand-in's REST API: session, stored objects, jobs and the rest, all in memory.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpus, hostname, totalmem } from "node:os";
import jpeg from "jpeg-js";
import { csvOf, makeRecordings, sendBytes, thumbnailOf, videoOf } from "./fake_history.mjs";
import { namedIn } from "./fake_skills.mjs";
import { FakeStore, Refusal, kindAt, kinds } from "./fake_store.mjs";
import { drawScene, height, width } from "./scene.mjs";

const api = "/api/v1";
const ranks = { viewer: 0, operator: 1, admin: 2 };
const read = (name) => JSON.parse(readFileSync(new URL(`../../api/${name}`, import.meta.url)));

export function fakeApi({ options, cameras, addCamera, cameraStatus, streamStatus, sendEvent }) {
  const store = new FakeStore();
  const started = Date.now();
  const session = {
    setupNeeded: options.setup,
    user: options.setup || options["sign-in"] ? undefined : { id: "1", name: "admin", role: options.role },
    token: randomUUID(),
  };
  const demo = !options.setup && !options["sign-in"];
  const runtimeOf = new Map(cameras.map((camera) => [camera.id, camera]));
  const idle = { ...cameraStatus({ kind: "ended", packets: 0 }), state: "idle", cause: "", width: 0, height: 0, codec: "", source_fps: 0 };
  let settings = {
    id: "settings", revision: 1, created: new Date().toISOString(), updated: new Date().toISOString(), tags: {},
    insight_days: 30, insight_gb: 5, recording_days: 14, recording_gb: 50, disk_floor_gb: 2,
    import_folders: ["/srv/models"], import_networks: [],
  };

  seedAll();

  const accelerations = [
    { acceleration: "cpu", available: true, reason: "" },
    { acceleration: "nvidia_dgpu", available: false, reason: "No Nvidia driver is installed on this machine." },
    { acceleration: "intel_igpu", available: false, reason: "No Intel graphics was found." },
    { acceleration: "nvidia_jetson", available: false, reason: "This machine is no Jetson." },
  ];
  const statusOf = {
    camera: (object) => {
      const camera = runtimeOf.get(object.id);
      return camera && !camera.idle ? cameraStatus(camera) : { ...idle, since: object.created };
    },
    deployment: (object) => {
      const streams = object.enabled
        ? object.cameras.flatMap(({ camera, skills }) =>
            skills.map(({ skill }) => ({
              ...streamStatus(runtimeOf.get(camera) ?? { kind: "jpeg", id: camera }),
              camera,
              skill,
            })),
          )
        : [];
      const worst = ["failed", "degraded", "starting", "running"].find((s) => streams.some(({ state }) => state === s));
      return { state: object.enabled ? (worst ?? "running") : "stopped", cause: streams.find(({ cause }) => cause)?.cause ?? "", streams };
    },
    device: (object) =>
      object.type === "this_machine"
        ? {
            state: "connected", cause: "", os: "Debian 12", cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length,
            memory_mb: Math.round(totalmem() / 1e6), accelerations, cameras: store.all("camera").length, streams: cameras.length,
          }
        : {
            state: "not_connected", cause: "Remote devices can be stored, but this version of POSS does not connect to them yet.",
            os: "", cpu: "", cores: 0, memory_mb: 0, accelerations: [], cameras: 0, streams: 0,
          },
  };
  const modelsOf = ({ graph }) => {
    const slugs = namedIn(graph, "model");
    return store.all("model").filter(({ slug }) => slugs.includes(slug)).map(({ id }) => id);
  };
  store.runtime = (kind, object) => {
    if (kind === "skill") return { node_count: object.graph.nodes.length, models: modelsOf(object), connections: namedIn(object.graph, "connection") };
    return statusOf[kind] ? { status: statusOf[kind](object) } : {};
  };
  function keepVersion(skill) {
    const old = store.all("skill_version").filter((version) => version.skill === skill.id);
    if (old.length > 0 && JSON.stringify(old.at(-1).graph) === JSON.stringify(skill.graph)) return;
    store.seed("skill_version", { skill: skill.id, number: old.length + 1, graph: skill.graph });
  }
  store.onChange = (change) => {
    if (change.kind === "camera" && change.action === "create") {
      const { id, name } = store.raw("camera", change.id);
      runtimeOf.set(id, Object.assign(addCamera("jpeg", id, name), { idle: true }));
    }
    if (change.kind === "skill" && change.action !== "delete") keepVersion(store.raw("skill", change.id));
    sendEvent("change", change);
    if (change.kind === "audit_entry") return;
    const { name = "" } = change.action === "delete" ? {} : store.raw(change.kind, change.id);
    const entry = store.seed("audit_entry", {
      user: session.user?.name ?? "", status: change.action, object_kind: change.kind, object_id: change.id, name: name || "-",
      address: "127.0.0.1", detail: "",
    });
    sendEvent("change", { kind: "audit_entry", id: entry.id, revision: 1, action: "create" });
  };

  function seedAll() {
    store.seed("device", { id: "this_machine", name: "This machine", type: "this_machine" });
    const day = 86_400_000;
    store.seed("user", { id: "1", name: "admin", role: "admin", has_password: true }, started - 30 * day);
    if (options.empty) return;
    const street = store.seed("location", { name: "Main street", description: "The pavement in front of the shop.", tags: { site: "north" } }, started - 9 * day);
    const yard = store.seed("location", { name: "Yard", tags: { site: "south", indoor: "no" } }, started - 3 * day);
    cameras.forEach(({ id, name }, i) =>
      store.seed("camera", {
        id, name, uri: "rtsp://192.168.1.20:554/stream", user_name: "viewer", has_password: i % 2 === 0,
        location: (i % 2 ? yard : street).id, devices: ["this_machine"], tags: { site: i % 2 ? "south" : "north" },
      }, started - (i + 1) * day),
    );
    store.seed("model", {
      name: "EfficientDet Lite0", source: "zoo", zoo_name: "efficientdet_lite0", labels: ["person", "bicycle", "car", "dog"],
      license: "Apache-2.0", slug: "efficientdet_lite0", status: "ready", description: "Everyday objects, small and fast.",
    }, started - 5 * day);
    const graph = {
      nodes: [
        { id: "camera", type: "camera_input", settings: {} },
        { id: "model", type: "run_model", name: "Find objects", settings: { model: "efficientdet_lite0", min_score: 0.4, labels: ["person", "bicycle"] } },
        { id: "filter", type: "filter", settings: { labels: ["person"] } },
        { id: "live", type: "live", settings: {} },
        { id: "send", type: "http_export", settings: { url: "http://10.0.0.4/in" } },
      ],
      edges: [
        { from: "camera", to: "model" }, { from: "model", to: "filter" },
        { from: "filter", to: "live" }, { from: "filter", to: "send" },
      ],
    };
    const short = {
      nodes: [graph.nodes[0], { ...graph.nodes[1], name: "" }, graph.nodes[3]],
      edges: [{ from: "camera", to: "model" }, { from: "model", to: "live" }],
    };
    store.seed("skill", { id: "detect_people", name: "Detect people", description: "Finds people.", graph }, started - 4 * day);
    store.seed("skill_version", { skill: "detect_people", number: 1, graph: short }, started - 4 * day);
    store.seed("skill_version", { skill: "detect_people", number: 2, graph }, started - day);
    store.seed("skill", { id: "count_bicycles", name: "Count bicycles", fps: 5, graph: short }, started - 2 * day);
    store.seed("skill_version", { skill: "count_bicycles", number: 1, graph: short }, started - 2 * day);
    store.seed("deployment", {
      id: "street_watch", name: "Street watch", device: "this_machine",
      cameras: cameras.map(({ id }) => ({ camera: id, skills: [{ skill: "detect_people", parameters: {} }] })),
    }, started - day);
    store.seed("connection", { name: "Broker", type: "mqtt", address: "mqtt://broker.lan:1883", user_name: "poss", has_credentials: true });
    store.seed("user", { name: "Ada", role: "operator", has_password: true }, started - 8 * day);
    store.seed("model", { name: "Parts on the belt", source: "custom", labels: ["bolt", "nut"], slug: "parts-on-the-belt", description: "Counts what leaves the press." }, started - 2 * day);
    store.seed("model", {
      name: "Helmets", source: "external", labels: ["helmet", "head"], slug: "helmets", status: "failed",
      cause: "The model's output has 3 classes, but 2 labels were given; give one label a class, in the order of the output.",
    }, started - day);
    for (let i = 0; i < 150; i++) {
      store.seed("audit_entry", {
        name: ["Street", "Detect people", "Ada", "Broker"][i % 4], user: i % 3 ? "admin" : "Ada", status: ["update", "create", "update", "sign_in", "delete"][i % 5],
        object_kind: ["camera", "skill", "user", "connection"][i % 4], object_id: "x", address: `192.168.1.${20 + (i % 7)}`, detail: "",
      }, started - (i + 1) * 1_700_000);
    }
    store.seed("api_token", { name: "Nightly export", role: "viewer", user_name: "admin", expires: new Date(started + 60 * day).toISOString() });
    const most = Number(options.items);
    for (let i = 1; i <= most; i++) {
      const tags = { site: ["north", "south", "east"][i % 3], number: String(i) };
      const when = started - i * 3_600_000;
      store.seed("location", { name: `Location ${i}`, tags, description: i % 4 ? "" : "A place like any other, with a description that is a little longer than its cell." }, when);
      store.seed("device", { name: `Edge box ${i}`, type: i % 3 ? "remote_agent" : "kubernetes", tags }, when);
      const id = `camera_${i}`;
      store.seed("camera", { id, name: `Camera ${i}`, uri: `rtsp://10.0.${i >> 8}.${i & 255}/stream`, location: (i % 2 ? yard : street).id, tags, devices: ["this_machine"] }, when);
      runtimeOf.set(id, Object.assign(addCamera(i % 7 ? "jpeg" : "refused", id, `Camera ${i}`), { idle: i % 3 === 0 }));
      store.seed("model", { name: `Model ${i}`, tags, labels: ["part"], slug: `model-${i}`, source: "external", status: i % 5 ? "ready" : "draft" }, when);
      store.seed("skill", { name: `Skill ${i}`, tags, graph }, when);
      store.seed("connection", { name: `Connection ${i}`, address: `https://host${i}.lan/in`, type: "webhook", tags }, when);
      store.seed("deployment", {
        name: `Deployment ${i}`, device: "this_machine", enabled: i % 4 !== 0, tags,
        cameras: [{ camera: id, skills: [{ skill: "detect_people", parameters: {} }] }],
      }, when);
    }
  }

  let recordings = options.empty ? [] : makeRecordings(cameras);

  // Jobs.
  const jobs = new Map();
  const brief = ({ log: _log, finish: _finish, timer: _timer, ...job }) => job;
  function startJob(kind, title, { seconds = 6, result = {}, steps = [], cause = "", onEnd } = {}) {
    const job = {
      id: randomUUID(), kind, title, state: "queued", progress: 0, message: "", cause: "",
      started: new Date().toISOString(), ended: "", seconds_left: seconds, log: [],
    };
    jobs.set(job.id, job);
    const begin = Date.now();
    const end = (state, more = {}) => {
      clearInterval(job.timer);
      Object.assign(job, { state, ended: new Date().toISOString(), seconds_left: 0 }, more);
      onEnd?.(state);
      sendEvent("job", brief(job));
    };
    job.finish = end;
    job.timer = setInterval(() => {
      const part = Math.min(1, (Date.now() - begin) / (seconds * 1000));
      job.state = "running";
      job.progress = part;
      job.seconds_left = Math.round(seconds * (1 - part));
      const message = steps[Math.min(steps.length - 1, Math.floor(part * steps.length))] ?? "";
      if (message !== job.message) job.log.push(message);
      job.message = message;
      if (part < 1) sendEvent("job", brief(job));
      else if (cause) end("failed", { cause });
      else end("done", { progress: 1, result });
    }, 250);
    return brief(job);
  }
  if (!options.empty) {
    const old = startJob("import", "Import of EfficientDet Lite0");
    jobs.get(old.id).finish("done", { progress: 1, result: { model: store.all("model")[0].id } });
  }

  const picture = () =>
    `data:image/jpeg;base64,${jpeg.encode({ data: drawScene(Date.now() / 1000, 3), width, height }, 80).data.toString("base64")}`;

  // A test fails by what stands in the address: "refused", "password", …
  function testCamera(body) {
    const states = ["not_found", "refused", "wrong_password", "unsupported", "timed_out"];
    const state = states.find((s) => body.uri?.includes(s));
    const result = state
      ? { state, cause: `${body.uri} could not be opened (${state}).`, width: 0, height: 0, codec: "", fps: 0, keyframe_interval_s: 0, picture: "" }
      : { state: "streaming", cause: "", width, height, codec: "h264", fps: 25, keyframe_interval_s: 2, picture: picture() };
    return startJob("camera_test", `Test of ${body.name || body.uri}`, { seconds: 2, result, steps: ["Connecting", "Waiting for a keyframe"] });
  }

  // A connection fails by what stands in its address: "refused" or "password"; a broker on this
  // machine is not there either.
  function testConnection(body) {
    const address = body.address || body.type;
    const fault = /^mqtt:\/\/127/.test(address) ? "refused" : ["refused", "password"].find((word) => address.includes(word));
    const cause = { refused: `Nothing listens at ${address}; check the address and that it is running.`, password: `The broker at ${address} refuses user name or password; check both.` }[fault] ?? "";
    return startJob("connection_test", `Testing connection '${body.name ?? ""}'`, {
      seconds: 1, cause, result: { detail: `The server at ${address} accepts the connection${body.user_name ? ` and the user '${body.user_name}'` : ""}.` },
    });
  }

  function discover(body) {
    const result = body.address
      ? { streams: [
          { name: "Main", uri: `rtsp://${body.address}/main`, width: 1920, height: 1080, codec: "h264" },
          { name: "Sub", uri: `rtsp://${body.address}/sub`, width: 640, height: 360, codec: "h264" },
        ] }
      : { items: [
          { name: "Entrance", hardware: "Acme D20", address: "192.168.1.21", uri: "", needs_password: true },
          { name: "Ramp", hardware: "Acme B7", address: "192.168.1.22", uri: "rtsp://192.168.1.22/main", needs_password: false },
        ] };
    return startJob("discovery", "Looking for cameras", { seconds: 2, result, steps: ["Asking the local network"] });
  }

  const coco = ["person", "bicycle", "car", "motorcycle", "bus", "truck", "traffic light", "dog", "cat", "chair", "laptop", "bottle"];
  const catalogue = [
    ["efficientdet_lite0", "EfficientDet-Lite0", "detection", 320, coco, 13.4e6, "The fastest of the family: for many cameras or small machines."],
    ["efficientdet_lite2", "EfficientDet-Lite2", "detection", 448, coco, 22.8e6, "Finds smaller things than its sisters, and takes longer."],
    ["mobilenet_v1", "MobileNet V1", "classification", 224, ["tabby cat", "golden retriever", "espresso", "teapot"], 16.9e6, "Says what a picture shows."],
    ["yolox_nano", "YOLOX Nano", "detection", 416, [], 0, "Very small."],
  ];
  const zoo = () => catalogue.map(([name, title, task, size, labels, bytes, description]) => ({
    name, title, task, description, license: name === "yolox_nano" ? "MIT" : "Apache-2.0", width: size, height: size, labels, bytes,
    installed: bytes > 0, added: store.all("model").find(({ zoo_name }) => zoo_name === name)?.id ?? "",
  }));

  // What the server makes of a new model's input.
  function createModel(body, dry) {
    if (body.source !== "zoo") return store.create("model", body, dry);
    const entry = zoo().find(({ name }) => name === body.zoo_name);
    if (!entry?.installed || entry.added) {
      throw new Refusal(400, "invalid_argument", "The model cannot be added.", {
        problems: [{ field: "zoo_name", detail: entry?.added ? "It has been added already." : "It is not installed on this machine; ./up fetches the zoo." }],
      });
    }
    const { task, labels, license, description } = entry;
    const made = store.create("model", { ...body, task, labels, license, description }, dry);
    if (!dry) store.put("model", made.id, { status: "ready", slug: entry.name });
    return dry ? made : store.get("model", made.id);
  }

  // An import fails when the name of its file has "broken" in it.
  const versions = new Map();
  function importVersion(model, body) {
    const file = uploads.get(body.upload);
    if (!file) throw new Refusal(404, "not_found", `There is no upload '${body.upload}'; it may have been used or removed: send the file again.`);
    if (model.status === "importing") throw new Refusal(409, "conflict", `The model '${model.name}' is busy with an import; wait for its end.`);
    uploads.delete(body.upload);
    store.put("model", model.id, { status: "importing", cause: "" });
    const cause = file.name.includes("broken") ? "The file: it has 90 labels' outputs, but 3 labels were given; give one label a class." : "";
    return startJob("import", `Importing model '${model.name}'`, {
      seconds: 6, cause, result: { model: model.id }, steps: ["Reading the file", "Converting it", "Trying one picture"],
      onEnd(state) {
        const all = versions.get(model.id) ?? [];
        if (state !== "done") {
          const status = all.length > 0 ? "ready" : state === "failed" ? "failed" : "draft";
          store.put("model", model.id, { status, cause: state !== "failed" ? "" : all.length > 0 ? `the last import failed: ${cause}` : cause });
          return;
        }
        const labels = body.labels ?? (model.labels.length > 0 ? model.labels : ["person", "car"]);
        const now = new Date().toISOString();
        versions.set(model.id, [
          { id: randomUUID(), revision: 1, created: now, updated: now, tags: {}, model: model.id, number: all.length + 1, bytes: file.bytes, sha256: file.sha256, width: 320, height: 320, labels },
          ...all,
        ]);
        store.put("model", model.id, { status: "ready", cause: "", labels: labels.filter(Boolean), slug: model.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-") });
        sendEvent("change", { kind: "model_version", id: model.id, revision: 1, action: "create" });
      },
    });
  }

  const uploads = new Map();
  function takeUpload(request, url, send) {
    const hash = createHash("sha256");
    let bytes = 0;
    request.on("data", (chunk) => {
      bytes += chunk.length;
      hash.update(chunk);
    });
    request.on("end", () => {
      const entry = { id: randomUUID(), name: url.searchParams.get("name") ?? "", bytes, sha256: hash.digest("hex") };
      uploads.set(entry.id, entry);
      send(201, entry);
    });
  }

  function insightsAnswer(url, kept, part) {
    const q = url.searchParams;
    const from = q.get("from") ? Date.parse(q.get("from")) / 1000 : 0;
    const to = q.get("to") ? Date.parse(q.get("to")) / 1000 : Number.POSITIVE_INFINITY;
    const found = kept.filter(
      (i) =>
        (!q.get("camera") || i.device_id === q.get("camera")) &&
        (!q.get("deployment") || i.instance_id === q.get("deployment")) &&
        (!q.get("label") || i.insights_meta.objects_meta.some(({ label }) => label === q.get("label"))) &&
        i.timestamp >= from && i.timestamp < to,
    );
    const labels = [...new Set(found.flatMap((i) => i.insights_meta.objects_meta.map(({ label }) => label)))].sort();
    if (part === "labels") return { items: labels };
    if (part === "export") return found;
    if (part === "counts") {
      const step = Number(q.get("step_s") ?? 60);
      const begin = from || Math.floor(started / 1000);
      const end = Number.isFinite(to) ? to : Date.now() / 1000;
      const steps = Math.max(1, Math.min(2000, Math.ceil((end - begin) / step)));
      const total = new Array(steps).fill(0);
      const by_label = Object.fromEntries(labels.map((label) => [label, new Array(steps).fill(0)]));
      for (const insight of found) {
        const at = Math.floor((insight.timestamp - begin) / step);
        if (at < 0 || at >= steps) continue;
        total[at]++;
        for (const label of new Set(insight.insights_meta.objects_meta.map((o) => o.label))) by_label[label][at]++;
      }
      return { from: new Date(begin * 1000).toISOString(), step_s: step, total, by_label };
    }
    const begin = Number(q.get("cursor") || 0);
    const end = begin + Number(q.get("limit") ?? 50);
    return { items: found.slice(begin, end), next_cursor: end < found.length ? String(end) : "" };
  }

  function recordingsAnswer(method, url, id) {
    if (!id) {
      const q = url.searchParams;
      const found = recordings
        .filter((r) => (!q.get("camera") || r.camera === q.get("camera")) && (!q.get("deployment") || r.deployment === q.get("deployment")))
        .sort((a, b) => b.time.localeCompare(a.time));
      const begin = Number(q.get("cursor") || 0);
      const end = begin + Number(q.get("limit") ?? 50);
      return [200, { items: found.slice(begin, end), next_cursor: end < found.length ? String(end) : "" }];
    }
    const recording = recordings.find((r) => r.id === id);
    if (!recording) throw new Refusal(404, "not_found", `There is no recording '${id}'; it may have been removed.`);
    if (method !== "DELETE") return [200, recording];
    recordings = recordings.filter((r) => r !== recording);
    sendEvent("change", { kind: "recording", id, revision: 1, action: "delete" });
    return [204];
  }

  const sessionJson = () => ({
    signed_in: session.user !== undefined,
    ...(session.user && { user: session.user }),
    csrf_token: session.user ? session.token : "",
    demo,
    setup_needed: session.setupNeeded,
  });

  function route(method, url, parts, body, headers, kept) {
    const [resource, id, part] = parts;
    const dry = url.searchParams.get("dry_run") === "true";
    const revision = headers["if-match"] ? Number(headers["if-match"].replaceAll('"', "")) : undefined;
    const missing = () => new Refusal(404, "not_found", `Nothing is at ${url.pathname}.`);

    if (resource === "session" && !id) {
      if (method === "POST") {
        if (body.password !== "password1234") throw new Refusal(401, "wrong_password", "The user name or the password is wrong.");
        session.user = { id: "1", name: body.user_name, role: options.role };
      }
      if (method === "DELETE") session.user = undefined;
      return method === "DELETE" ? [204] : [200, sessionJson()];
    }
    if (resource === "setup" && method === "POST") {
      if (!session.setupNeeded) throw new Refusal(409, "conflict", "POSS is set up already; sign in.");
      if (body.token !== "first") throw new Refusal(403, "permission_denied", "This set-up link is not valid any more; start POSS again for a new one.");
      session.setupNeeded = false;
      session.user = { id: "1", name: body.user_name, role: "admin" };
      return [201, sessionJson()];
    }
    if (!session.user) throw new Refusal(401, "unauthenticated", "Sign in first.");
    if (resource === "session" && id === "password") {
      if (demo) throw new Refusal(409, "conflict", "The demo has no users, and so no passwords.");
      if (body.current !== "password1234") throw new Refusal(403, "permission_denied", "The current password is wrong.", { field: "current" });
      if (String(body.new).length < 10) throw new Refusal(400, "invalid_argument", "The new password must have at least 10 characters.", { field: "new" });
      return [204];
    }
    if (method !== "GET") {
      if (headers["x-csrf-token"] !== session.token) throw new Refusal(403, "permission_denied", "The X-CSRF-Token header is missing or wrong.");
      const own = ["tokens", "session"].includes(resource);
      if (ranks[session.user.role] < 1 && !own) throw new Refusal(403, "permission_denied", "A viewer cannot change anything; ask an administrator.");
    }

    switch (resource) {
      case "system":
        return [200, {
          version: "0.0.0-fake", hostname: hostname(), os: "Fake", cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length,
          memory_mb: Math.round(totalmem() / 1e6), onnxruntime: "1.30.0", uptime_s: Math.round((Date.now() - started) / 1000), demo,
          disk: { free_bytes: 61e9, total_bytes: 256e9 }, store_bytes: 12e6,
          retention: options.empty
            ? { time: "", text: "" }
            : { time: new Date(started - 7_200_000).toISOString(), text: "Deleted 1 204 insights that were older than 30 d." },
        }];
      case "node_types":
      case "openapi.json":
        return [200, read(resource === "node_types" ? "node_types.json" : resource)];
      case "insights":
        return [200, insightsAnswer(url, kept, id)];
      case "recordings":
        return recordingsAnswer(method, url, id);
      case "zoo":
        return [200, { items: zoo() }];
      case "camera_tests":
        return [202, testCamera(body)];
      case "connection_tests":
        return [202, testConnection(body)];
      case "discovery":
        return [202, discover(body)];
      case "settings":
        if (ranks[session.user.role] < 2) throw new Refusal(403, "permission_denied", "Only an administrator may see and change the settings.");
        if (options.fail.split(",").includes("settings")) throw new Refusal(500, "internal", "The store could not be read: disk I/O error. See the log of POSS.");
        if (method === "PATCH") {
          const problems = [
            ...(body.import_folders ?? []).flatMap((folder, i) => (folder.startsWith("/") ? [] : [{ field: `import_folders[${i}]`, detail: "must be a full path, such as /srv/pictures" }])),
            ...(body.disk_floor_gb < 0.1 ? [{ field: "disk_floor_gb", detail: "must be from 0.1 to 1000000" }] : []),
          ];
          if (problems.length > 0) throw new Refusal(400, "invalid_argument", problems[0].detail, { problems });
          if (revision !== undefined && revision !== settings.revision) throw new Refusal(412, "precondition_failed", "The settings were changed by somebody else meanwhile.");
          if (dry) return [200, { problems: [] }];
          settings = { ...settings, ...body, revision: settings.revision + 1, updated: new Date().toISOString() };
          sendEvent("change", { kind: "settings", id: "settings", revision: settings.revision, action: "update" });
        }
        return [200, settings];
      case "uploads":
        if (method === "DELETE" && uploads.delete(id)) return [204];
        throw missing();
      case "jobs": {
        if (!id) {
          const all = [...jobs.values()].reverse().map(brief);
          return [200, { items: all, next_cursor: "", total: all.length }];
        }
        const job = jobs.get(id);
        if (!job) throw missing();
        if (part === "cancel" && (job.state === "queued" || job.state === "running")) job.finish("cancelled");
        const { finish: _finish, timer: _timer, ...whole } = job;
        return [200, whole];
      }
      default:
        break;
    }

    const kind = kindAt(resource);
    if (!kind) throw missing();
    if (ranks[session.user.role] < ranks[kinds[kind].role ?? "viewer"]) throw new Refusal(403, "permission_denied", "Only an administrator may see this.");
    if (kind === "skill" && id === "import") {
      const { id: _id, nodes, edges, ...rest } = body;
      return [201, store.create(kind, { ...rest, graph: { nodes, edges } })];
    }
    if (part) return subroute(kind, id, part, method, body);
    if (method === "GET" && !id) {
      if (options.fail.split(",").includes(kind)) throw new Refusal(500, "internal", "The store could not be read: disk I/O error. See the log of POSS.");
      return [200, store.list(kind, url.searchParams)];
    }
    if (method === "GET") return [200, store.get(kind, id)];
    if (method === "POST" && !id) {
      if (kind === "api_token" && demo) throw new Refusal(409, "conflict", "The demo has no users, and so no API tokens; it needs none.");
      const answer = kind === "model" ? createModel(body, dry) : store.create(kind, body, dry);
      if (dry) return [200, answer];
      return [201, kind === "api_token" ? { ...answer, user_name: session.user.name, token: randomUUID().replaceAll("-", "") + randomUUID().replaceAll("-", "").slice(0, 11) } : answer];
    }
    if (method === "PATCH") return [200, store.patch(kind, id, body, revision, dry)];
    if (method === "DELETE") {
      store.remove(kind, id, revision);
      return [204];
    }
    throw missing();
  }

  function subroute(kind, id, part, method, body) {
    const object = store.raw(kind, id);
    if (kind === "skill" && part === "duplicate") {
      const { description, fps, acceleration, graph, tags } = object;
      return [201, store.create(kind, { name: body.name, description, fps, acceleration, graph, tags })];
    }
    if (kind === "skill" && part === "export") return [200, { id: object.id, name: object.name, description: object.description, fps: object.fps, ...object.graph }];
    if (kind === "model" && part === "versions" && method === "POST") return [202, importVersion(object, body)];
    if (kind === "model" && part === "versions") {
      const items = versions.get(id) ?? [];
      return [200, { items, next_cursor: "", total: items.length }];
    }
    if (kind === "model" && method === "GET") return [200, { items: [], next_cursor: "", total: 0 }];
    throw new Refusal(404, "not_found", `There is no ${part} of a ${kind}.`);
  }

  if (options.others) {
    setInterval(() => {
      const [object] = store.all("location");
      if (object) store.patch("location", object.id, { description: `Changed by somebody else at ${new Date().toLocaleTimeString()}.` });
    }, 5000);
  }

  // Answers one request.
  const answer = (request, response, url, kept) => {
    const send = (status, value) => {
      const etag = value?.revision === undefined ? {} : { etag: `"${value.revision}"` };
      response.writeHead(status, {
        ...(value !== undefined && { "content-type": status < 400 ? "application/json" : "application/problem+json" }),
        ...etag,
      });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    const parts = url.pathname.slice(api.length + 1).split("/").map(decodeURIComponent);
    if (parts[0] === "docs") return response.writeHead(302, { location: "/api-docs" }).end();
    const recording = parts[0] === "recordings" && parts[2] && recordings.find((r) => r.id === parts[1]);
    if (recording) {
      const bytes = parts[2] === "video" ? videoOf(recording) : recording.has_thumbnail && thumbnailOf(recording);
      return bytes ? sendBytes(request, response, bytes, parts[2] === "video" ? "video/mp4" : "image/jpeg") : response.writeHead(404).end();
    }
    if (parts[0] === "insights" && parts[1] === "export") {
      const found = insightsAnswer(url, kept, "export");
      const csv = url.searchParams.get("format") !== "json";
      response.writeHead(200, { "content-type": csv ? "text/csv" : "application/json" });
      return response.end(csv ? csvOf(found) : JSON.stringify(found));
    }
    if (parts[0] === "uploads" && request.method === "POST") return takeUpload(request, url, send);
    let sent = "";
    request.on("data", (chunk) => (sent += chunk));
    request.on("end", () => {
      try {
        send(...route(request.method, url, parts, sent === "" ? {} : JSON.parse(sent), request.headers, kept));
      } catch (error) {
        if (!(error instanceof Refusal)) console.error(error);
        send(error.status ?? 500, error.body ?? { type: "about:blank", title: "Internal", status: 500, code: "internal", detail: String(error) });
      }
    });
  };
  answer.status = () => {
    const open = [...runtimeOf.values()].filter((camera) => !camera.idle).slice(0, 50);
    return {
      cameras: open.map((camera) => ({ id: camera.id, ...cameraStatus(camera) })),
      deployments: store.all("deployment").slice(0, 20).map((object) => ({ id: object.id, ...statusOf.deployment(object) })),
    };
  };
  return answer;
}
