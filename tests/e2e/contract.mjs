// Holds every answer of the REST interface that a page gets against the API document.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../portal/package.json", import.meta.url));
const { default: Ajv2020 } = require("ajv/dist/2020.js");

const document = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../api/openapi.json", import.meta.url)), "utf8"),
);
// The document's own words (x-unit, readOnly …) say nothing about an answer's validity.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, "api");

const routes = Object.keys(document.paths).map((path) => ({
  path,
  // A literal part is nearer than a parameter: /skills/import is not a skill's id.
  parameters: (path.match(/\{/g) ?? []).length,
  pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`),
}));
routes.sort((a, b) => a.parameters - b.parameters);

const pointer = (part) => part.replace(/~/g, "~0").replace(/\//g, "~1");

// What is wrong with an answer; undefined when it is as the document has it.
export function checkAnswer({ method, path, status, type, body }) {
  const what = `${method} ${path} → ${status}`;
  const verb = (method === "HEAD" ? "GET" : method).toLowerCase();
  const found = routes.find((r) => r.pattern.test(path) && document.paths[r.path][verb]);
  if (!found) return status < 400 ? `${what}: the document has no such route` : undefined;
  const { responses } = document.paths[found.path][verb];
  let at = `api#/paths/${pointer(found.path)}/${verb}/responses/${status}`;
  let answer = responses[status];
  if (!answer) {
    if (status < 400) return `${what}: the document has no such answer`;
    answer = document.components.responses.Problem;
    at = "api#/components/responses/Problem";
  }
  const [media] = Object.keys(answer.content ?? {});
  if (!media) return undefined;
  if (!type.startsWith(media)) return `${what}: is of type ${type}, not ${media}`;
  if (!media.endsWith("json") || body === undefined) return undefined;
  const validate = ajv.getSchema(`${at}/content/${pointer(media)}/schema`);
  if (validate(body)) return undefined;
  return `${what}: ${ajv.errorsText(validate.errors, { dataVar: "answer" })}`;
}

// Watches a page. The returned function waits for what is still read and gives all faults found.
export function watchContract(page) {
  const faults = [];
  const pending = new Set();
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    const status = response.status();
    if (!pathname.startsWith("/api/v1/") || status === 101 || status === 304) return;
    const type = response.headers()["content-type"] ?? "";
    const check = (async () => {
      let body;
      if (type.includes("json")) {
        try {
          body = await response.json();
        } catch {
          return; // the page left before the answer was whole
        }
      }
      const method = response.request().method();
      const fault = checkAnswer({ method, path: pathname, status, type, body });
      if (fault) faults.push(fault);
    })();
    pending.add(check);
    void check.finally(() => pending.delete(check));
  });
  return async () => {
    // A body that a page has let go of may never be told as whole.
    let timer;
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, 5_000);
    });
    await Promise.race([Promise.all(pending), enough]);
    clearTimeout(timer);
    return faults;
  };
}
