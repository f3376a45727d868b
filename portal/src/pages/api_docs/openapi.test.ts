import { expect, it } from "vitest";
import { callsOf, curlOf, referencedBy, typeText, type OpenApi } from "./openapi";

const api: OpenApi = {
  info: { title: "POSS", version: "1" },
  paths: {
    "/api/v1/cameras/{id}": {
      parameters: [{ name: "id", in: "path", required: true }],
      patch: {
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Camera" } } } },
      },
    },
  },
  components: {
    schemas: {
      Camera: { type: "object", required: ["name"], properties: { name: { type: "string" }, status: { $ref: "#/components/schemas/Status" } } },
      Status: { type: "object", properties: { codecs: { type: "array", items: { type: "string" } } } },
    },
  },
};

it("groups calls and gives each its path's parameters", () => {
  const [call] = callsOf(api);
  expect(call).toMatchObject({ method: "PATCH", group: "cameras" });
  expect(call!.parameters?.map(({ name }) => name)).toEqual(["id"]);
});

it("writes an example for the command line", () => {
  expect(curlOf(api, callsOf(api)[0]!, "http://poss")).toBe(
    "curl -s -X PATCH 'http://poss/api/v1/cameras/ID' \\\n" +
      "  -H 'Authorization: Bearer TOKEN' \\\n" +
      "  -H 'Content-Type: application/json' \\\n" +
      "  -d '{\"name\":\"…\"}'",
  );
});

it("finds schemas that are used by others", () => {
  expect([...referencedBy(api, { $ref: "#/components/schemas/Camera" })]).toEqual(["Camera", "Status"]);
  expect(typeText({ type: "array", items: { $ref: "#/components/schemas/Status" } })).toBe("list of Status");
});
