import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, del, onUnauthenticated, patch, post, setCsrfToken } from "./client";

let asked: { url: string; init: RequestInit }[] = [];
let answer = () => new Response("{}");

beforeEach(() => {
  asked = [];
  answer = () => new Response("{}");
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return Promise.resolve(answer());
  });
  setCsrfToken("token");
});
afterEach(() => {
  vi.unstubAllGlobals();
  onUnauthenticated(() => undefined);
});

it("sends changes with the CSRF token and the revision that was read", async () => {
  await patch("/cameras/a", { name: "b" }, { revision: 4 });
  expect(asked[0]!.init.headers).toMatchObject({ "x-csrf-token": "token", "if-match": '"4"' });
});

it("asks for a dry run in the query", async () => {
  await post("/cameras", {}, { dryRun: true });
  expect(asked[0]!.url).toBe("/api/v1/cameras?dry_run=true");
});

it("takes an empty answer", async () => {
  answer = () => new Response(null, { status: 204 });
  await expect(del("/cameras/a")).resolves.toBeUndefined();
});

it("throws what the server says, with its problems", async () => {
  const problems = [{ field: "name", detail: "Taken." }];
  answer = () =>
    new Response(JSON.stringify({ code: "conflict", detail: "Taken.", problems }), { status: 409 });
  const error = await post("/cameras").catch((e: unknown) => e as ApiError);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 409, code: "conflict", message: "Taken.", problems });
});

it("makes sentences of what the server says, but leaves names as they are", async () => {
  const details = ["10.0.0.0/40 is no network", "must be a file", "fps: too many"];
  const problems = details.map((detail) => ({ field: "x", detail }));
  answer = () => new Response(JSON.stringify({ detail: "there is already one", problems }), { status: 409 });
  const error = await post("/cameras").catch((e: unknown) => e as ApiError);
  expect(error).toMatchObject({
    message: "There is already one",
    problems: ["10.0.0.0/40 is no network", "This must be a file", "fps: too many"].map((detail) => ({ field: "x", detail })),
  });
});

it("tells when nobody is signed in any more, but not for a wrong password", async () => {
  const ended = vi.fn();
  onUnauthenticated(ended);
  answer = () => new Response('{"code":"wrong_password"}', { status: 401 });
  await post("/session").catch(() => undefined);
  expect(ended).not.toHaveBeenCalled();
  answer = () => new Response('{"code":"unauthenticated"}', { status: 401 });
  await post("/cameras").catch(() => undefined);
  expect(ended).toHaveBeenCalledOnce();
});
