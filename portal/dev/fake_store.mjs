// The stand-in's objects: every kind in memory, with revisions, tags, checks and changes told.
import { randomUUID } from "node:crypto";
import { graphProblems, parameterFault } from "./fake_skills.mjs";

export class Refusal extends Error {
  constructor(status, code, detail, more = {}) {
    super(detail);
    this.status = status;
    this.body = { type: "about:blank", title: code.replaceAll("_", " "), status, code, detail, ...more };
  }
}

const text = (problems, object, field, label, { needed = true, most = 200 } = {}) => {
  const value = object[field];
  if (value === undefined || value === "") {
    if (needed) problems.push({ field, detail: `${label} is needed.` });
  } else if (typeof value !== "string") problems.push({ field, detail: `${label} has to be text.` });
  else if (value.length > most) problems.push({ field, detail: `${label} has at most ${most} characters.` });
};

const isAdmin = ({ role, disabled }) => role === "admin" && !disabled;

// For each kind: its path, what it begins with, which members are secret, and what is checked.
// `uses` tells of which other kinds the object needs which ids.
export const kinds = {
  location: { path: "locations", defaults: { description: "" } },
  device: {
    path: "devices",
    defaults: { type: "remote_agent", architecture: "x64", acceleration: "cpu", context: "" },
    secrets: ["credentials"],
    check(object, problems) {
      if (object.architecture === "arm64" && object.acceleration !== "nvidia_jetson" && object.acceleration !== "cpu") {
        problems.push({ field: "acceleration", detail: "An ARM64 device has Nvidia Jetson or CPU only." });
      }
    },
    keep: (object) => object.type === "this_machine" && "This machine is always there and cannot be removed.",
  },
  camera: {
    path: "cameras",
    defaults: { source: "rtsp", uri: "", user_name: "", location: "", devices: [], detect_uri: "" },
    secrets: ["password"],
    check(object, problems) {
      text(problems, object, "uri", "The address");
      text(problems, object, "location", "A location");
      if (typeof object.uri === "string" && /^\w+:\/\/[^/]*@/.test(object.uri)) {
        problems.push({ field: "uri", detail: "Leave the password out of the address: it has a field of its own." });
      }
    },
    uses: (object) => ({ location: [object.location], device: object.devices }),
  },
  model: {
    path: "models",
    defaults: {
      description: "", source: "custom", zoo_name: "", task: "detection", multilabel: false,
      labels: [], license: "", slug: "", status: "draft", cause: "",
    },
    readOnlyFields: ["slug", "status", "cause"],
    keep: (object) => object.status === "importing" && `The model '${object.name}' is being imported; cancel that first.`,
  },
  skill: {
    path: "skills",
    defaults: { description: "", fps: 15, acceleration: "cpu", graph: { nodes: [], edges: [] } },
    check(object, problems) {
      if (!(object.fps >= 0 && object.fps <= 1000)) problems.push({ field: "fps", detail: "The frame rate is between 0 and 1000 fps." });
      problems.push(...graphProblems(object.graph));
    },
    inList: ({ graph: _graph, ...rest }) => rest,
    uses: (object, store) => ({
      model: store
        .all("model")
        .filter(({ slug }) => object.graph.nodes.some(({ settings }) => settings?.model === slug))
        .map(({ id }) => id),
    }),
  },
  skill_version: {
    path: "skill_versions",
    defaults: {},
    readOnly: true,
    owned: true,
    uses: (object) => ({ skill: [object.skill] }),
  },
  deployment: {
    path: "deployments",
    defaults: { device: "", cameras: [], enabled: true },
    check(object, problems, store) {
      if (!object.device) problems.push({ field: "device", detail: "A compute device is needed." });
      if (object.cameras.length === 0) problems.push({ field: "cameras", detail: "At least one camera is needed." });
      object.cameras.forEach(({ camera, skills = [] }, i) => {
        const path = `cameras[${i}]`;
        const { devices = [], name = camera } = store.all("camera").find(({ id }) => id === camera) ?? {};
        if (object.device && !devices.includes(object.device)) {
          problems.push({ field: `${path}.camera`, detail: `'${name}' may not be used by this device; allow it in the camera's settings` });
        }
        if (skills.length === 0) problems.push({ field: `${path}.skills`, detail: "needs at least one AI skill" });
        skills.forEach(({ skill, parameters = {} }, k) => {
          const found = store.all("skill").find(({ id }) => id === skill);
          const fault = found && parameterFault(found, parameters);
          if (fault) problems.push({ field: `${path}.skills[${k}].parameters`, detail: fault });
        });
      });
    },
    uses: (object) => ({
      device: [object.device],
      camera: object.cameras.map(({ camera }) => camera),
      skill: object.cameras.flatMap(({ skills = [] }) => skills.map(({ skill }) => skill)),
    }),
  },
  connection: {
    path: "connections",
    defaults: { type: "mqtt", address: "", user_name: "", settings: {} },
    secrets: ["credentials"],
  },
  user: {
    path: "users",
    defaults: { role: "viewer", disabled: false },
    secrets: ["password"],
    role: "admin",
    check(object, problems) {
      const { password } = object;
      if (password === undefined && object.has_password !== true) problems.push({ field: "password", detail: "A password is needed." });
      else if (password !== undefined && password.length < 10) problems.push({ field: "password", detail: "The password must have at least 10 characters." });
    },
    last: (old, now, store) =>
      isAdmin(old) && !(now && isAdmin(now)) && !store.all("user").some((user) => user.id !== old.id && isAdmin(user)) &&
      "This is the last administrator who can sign in; make another one first.",
  },
  api_token: { path: "tokens", defaults: { role: "viewer" }, writeRole: "viewer" },
  audit_entry: { path: "audit", defaults: {}, role: "admin", readOnly: true },
};

export const kindAt = (path) => Object.keys(kinds).find((kind) => kinds[kind].path === path);

export class FakeStore {
  #all = new Map(Object.keys(kinds).map((kind) => [kind, new Map()]));
  #secrets = new Map();
  // Called after each change with { kind, id, revision, action }.
  onChange = () => undefined;
  // Runtime members of an object as { status: … }, added to answers.
  runtime = () => ({});

  // As `make` writes it into the store, without checks: for what is there from the start.
  seed(kind, object, when = Date.now()) {
    const time = new Date(when).toISOString();
    const whole = {
      id: randomUUID(), revision: 1, created: time, updated: time, tags: {},
      ...structuredClone(kinds[kind].defaults), ...object,
    };
    for (const name of kinds[kind].secrets ?? []) whole[`has_${name}`] ??= false;
    this.#all.get(kind).set(whole.id, whole);
    return whole;
  }

  raw(kind, id) {
    const object = this.#all.get(kind).get(id);
    if (!object) throw new Refusal(404, "not_found", `There is no ${kind.replaceAll("_", " ")} '${id}'; it may have been removed.`);
    return object;
  }

  all = (kind) => [...this.#all.get(kind).values()];
  get = (kind, id) => ({ ...this.raw(kind, id), ...this.runtime(kind, this.raw(kind, id)) });

  list(kind, query) {
    const search = (query.get("search") ?? "").toLowerCase();
    const [tag, tagValue] = (query.get("tag") ?? "").split("=");
    const status = query.get("status");
    const sort = query.get("sort") ?? "name";
    const limit = Number(query.get("limit") ?? 50);
    const begin = Number(query.get("cursor") || 0);
    const known = new Set(["search", "tag", "status", "sort", "descending", "limit", "cursor", "from", "to", "uses"]);
    const uses = query.get("uses");
    const others = [...query].filter(([name]) => !known.has(name));
    const shown = this.all(kind).map((object) => ({ ...object, ...this.runtime(kind, object) }));
    const state = (o) => o.status?.state ?? o.status ?? "";
    const key = (o) => (sort === "status" ? String(state(o)) : String(o[sort] ?? "")).toLowerCase();
    const has = (value, wanted) => (Array.isArray(value) ? value.includes(wanted) : String(value ?? "") === wanted);
    const found = shown
      .filter((o) => !search || JSON.stringify([o.name, o.description, o.uri, o.address, o.user, o.tags]).toLowerCase().includes(search))
      .filter((o) => !tag || Object.entries(o.tags).some(([n, v]) => n.toLowerCase() === tag.toLowerCase() && (tagValue === undefined || v === tagValue)))
      .filter((o) => !status || state(o) === status)
      .filter((o) => !uses || Object.values(kinds[kind].uses?.(o, this) ?? {}).some((ids) => ids.includes(uses)))
      .filter((o) => others.every(([name, value]) => has(o[name], value)))
      .sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }) || a.id.localeCompare(b.id));
    if (query.get("descending") === "true") found.reverse();
    const end = begin + limit;
    const inList = kinds[kind].inList ?? ((object) => object);
    return {
      items: found.slice(begin, end).map(inList),
      next_cursor: end < found.length ? String(end) : "",
      total: found.length,
    };
  }

  // With `dry` only what would be refused: { problems }.
  create(kind, input, dry) {
    const object = { ...structuredClone(kinds[kind].defaults), tags: {}, ...input };
    const problems = this.#problems(kind, object, input);
    if (dry) return { problems };
    this.#refuse(problems);
    const whole = this.seed(kind, this.#takeSecrets(kind, object, {}));
    this.onChange({ kind, id: whole.id, revision: 1, action: "create" });
    return this.get(kind, whole.id);
  }

  patch(kind, id, change, revision, dry) {
    const old = this.raw(kind, id);
    this.#match(old, revision);
    const object = merge(old, change);
    const problems = this.#problems(kind, object, change, id);
    if (dry) return { problems };
    this.#refuse(problems);
    const last = kinds[kind].last?.(old, object, this);
    if (last) throw new Refusal(409, "conflict", last);
    const whole = {
      ...this.#takeSecrets(kind, object, old),
      revision: old.revision + 1,
      updated: new Date().toISOString(),
    };
    this.#all.get(kind).set(id, whole);
    this.onChange({ kind, id, revision: whole.revision, action: "update" });
    return this.get(kind, id);
  }

  remove(kind, id, revision) {
    const old = this.raw(kind, id);
    this.#match(old, revision);
    const kept = kinds[kind].keep?.(old) || kinds[kind].last?.(old, undefined, this);
    if (kept) throw new Refusal(409, "conflict", kept);
    const owned = Object.keys(kinds).filter((other) => kinds[other].owned);
    const users = Object.keys(kinds).filter((other) => !kinds[other].owned).flatMap((other) =>
      this.all(other)
        .filter((object) => (kinds[other].uses?.(object, this)[kind] ?? []).includes(id))
        .map((object) => `${other} '${object.name}'`),
    );
    if (users.length > 0) {
      const where = users.slice(0, 3).join(", ") + (users.length > 3 ? ` and ${users.length - 3} more` : "");
      throw new Refusal(409, "conflict", `'${old.name}' is used by ${where}; change or delete that first.`);
    }
    this.#all.get(kind).delete(id);
    for (const other of owned) {
      for (const object of this.all(other)) {
        if (kinds[other].uses(object, this)[kind]?.includes(id)) this.#all.get(other).delete(object.id);
      }
    }
    this.onChange({ kind, id, revision: old.revision + 1, action: "delete" });
  }

  // A change of POSS's own, without checks.
  put(kind, id, change) {
    const old = this.raw(kind, id);
    const whole = { ...old, ...change, revision: old.revision + 1, updated: new Date().toISOString() };
    this.#all.get(kind).set(id, whole);
    this.onChange({ kind, id, revision: whole.revision, action: "update" });
  }

  #match(object, revision) {
    if (revision !== undefined && revision !== object.revision) {
      throw new Refusal(412, "precondition_failed", `'${object.name}' was changed by somebody else meanwhile; load it again.`);
    }
  }

  #refuse(problems) {
    if (problems.length === 0) return;
    const [first] = problems;
    const status = first.detail.includes("already") ? 409 : 400;
    throw new Refusal(status, status === 409 ? "conflict" : "invalid_argument", first.detail, { field: first.field, problems });
  }

  #problems(kind, object, input, id) {
    const problems = [];
    if (kinds[kind].readOnly) throw new Refusal(405, "invalid_argument", `A ${kind} cannot be written.`);
    const known = new Set([
      "name", "tags", "description", "expires", ...Object.keys(kinds[kind].defaults), ...(kinds[kind].secrets ?? []),
    ]);
    for (const field of Object.keys(input)) {
      if (!known.has(field)) problems.push({ field, detail: `There is no field '${field}'.` });
      if (kinds[kind].readOnlyFields?.includes(field)) problems.push({ field, detail: `'${field}' is set by POSS.` });
    }
    text(problems, object, "name", "A name", { most: 100 });
    const twin = this.all(kind).find((o) => o.id !== id && o.name?.toLowerCase() === String(object.name).toLowerCase());
    if (twin) problems.push({ field: "name", detail: `The name '${object.name}' is already in use; choose another.` });
    kinds[kind].check?.(object, problems, this);
    return problems;
  }

  #takeSecrets(kind, object, old) {
    const rest = { ...object };
    for (const name of kinds[kind].secrets ?? []) {
      const given = rest[name];
      delete rest[name];
      rest[`has_${name}`] = given === undefined ? (old[`has_${name}`] ?? false) : given !== "" && given !== null;
    }
    return rest;
  }
}

// JSON merge patch.
export function merge(old, change) {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const base = typeof old === "object" && old !== null && !Array.isArray(old) ? old : {};
  const result = { ...base };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name];
    else result[name] = merge(base[name], value);
  }
  return result;
}
