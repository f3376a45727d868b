// What is found out about a model's file before it is sent.
import { expect, test } from "vitest";
import { checkFile, formatOf, importBody, noFile, readManifest, refuseFile } from "./model_file";

const file = (name: string, ...bytes: number[]) => Object.assign(new Blob([new Uint8Array(bytes)]), { name });
const tflite = [0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33];
const onnx = [0x08, 0x07, 0x12, 0x04, 1, 2, 3, 4];
const upload = { id: "u1", name: "a.tflite", bytes: 8, received: 8, sha256: "" };

test("tells TFLite and ONNX by their first bytes", () => {
  expect(formatOf(new Uint8Array(tflite))).toBe("tflite");
  expect(formatOf(new Uint8Array(onnx))).toBe("onnx");
  expect(formatOf(new Uint8Array([0x89, 0x50]))).toBeUndefined();
  expect(formatOf(new Uint8Array())).toBeUndefined();
});

test("does not send a file that cannot be of the chosen format", async () => {
  expect(await refuseFile(file("a.tflite", ...tflite), "tflite")).toBeUndefined();
  expect(await refuseFile(file("a.onnx", ...onnx), "onnx")).toBeUndefined();
  expect(await refuseFile(file("a.tflite", ...tflite), "onnx")).toContain("not an ONNX model");
  expect(await refuseFile(file("a.png", 0x89, 0x50), "tflite")).toContain("a.png is not a TensorFlow Lite model");
  expect(await refuseFile(file("a.onnx"), "onnx")).toContain("empty");
});

test("takes a JSON object only as manifest", () => {
  expect(readManifest("model.json", '{"task": "detection"}')).toEqual({ name: "model.json", content: { task: "detection" } });
  expect(readManifest("model.json", "[1]")).toBeUndefined();
  expect(readManifest("model.json", "task: detection")).toBeUndefined();
});

test("asks for the file, and for ONNX the manifest too", () => {
  expect(checkFile(noFile).map(({ field }) => field)).toEqual(["upload"]);
  expect(checkFile({ ...noFile, format: "onnx", upload }).map(({ field }) => field)).toEqual(["manifest"]);
  expect(checkFile({ ...noFile, upload })).toEqual([]);
});

test("imports with labels where there are any, and the manifest with ONNX only", () => {
  const manifest = { name: "model.json", content: { task: "detection" } };
  expect(importBody({ ...noFile, upload, manifest })).toEqual({ upload: "u1" });
  expect(importBody({ format: "onnx", upload, manifest, labels: "a\nb\n" })).toEqual({
    upload: "u1",
    labels: ["a", "b"],
    manifest: { task: "detection" },
  });
});
