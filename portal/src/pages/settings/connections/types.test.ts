// What connections ask for, by their type.
import { expect, test } from "vitest";
import type { Connection } from "../../../api/types";
import { checkConnection, toBody, type ConnectionDraft } from "./types";

const draft = (change: Partial<ConnectionDraft>): ConnectionDraft => ({
  name: "x", type: "mqtt", address: "", user_name: "", credentials: undefined, settings: {}, tags: {}, ...change,
});
const fields = (change: Partial<ConnectionDraft>, existing?: Partial<Connection>) =>
  checkConnection(draft(change), existing as Connection | undefined).map(({ field }) => field);

test("takes brokers with and without scheme and port", () => {
  for (const address of ["broker", "broker.lan:1883", "mqtts://broker.lan:8883", "mqtt://[fd00::1]:1883"]) {
    expect(fields({ address })).toEqual([]);
  }
  expect(fields({ address: "http://broker" })).toEqual(["address"]);
  expect(fields({})).toEqual(["address"]);
});

test("refuses a password within an address", () => {
  expect(fields({ address: "mqtt://me:secret@broker" })).toEqual(["address"]);
  expect(fields({ type: "webhook", address: "https://me@example.com/x" })).toEqual(["address"]);
});

test("asks for credentials where nothing goes without them, but not for those that are set", () => {
  expect(fields({ type: "iot_hub" })).toEqual(["credentials"]);
  expect(fields({ type: "iot_hub" }, { type: "iot_hub", has_credentials: true })).toEqual([]);
  expect(fields({ type: "iot_hub", credentials: "" }, { type: "iot_hub", has_credentials: true })).toEqual(["credentials"]);
  expect(fields({ type: "azure_storage" }, { type: "iot_hub", has_credentials: true })).toEqual(["credentials"]);
  expect(fields({ type: "iot_edge" })).toEqual([]);
});

test("sends only what belongs to the type", () => {
  const body = toBody(draft({ type: "iot_hub", address: "left over", user_name: "me", credentials: "HostName=h", settings: { client_id: "a", ca_file: " /ca.pem " } }));
  expect(body).toEqual({ name: "x", type: "iot_hub", address: "", user_name: "", credentials: "HostName=h", settings: { ca_file: "/ca.pem" }, tags: {} });
});
