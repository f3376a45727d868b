// The file of an external model: whether it is what it is said to be, and what its import asks for.
import type { Upload } from "../../api/types";
import { text } from "../../strings/models";
import { parseLabels } from "./labels";

export type ModelFormat = "tflite" | "onnx";
export type Manifest = { name: string; content: object };

export type FileDraft = {
  format: ModelFormat;
  upload: Upload | undefined;
  manifest: Manifest | undefined;
  labels: string; // one a line
};

export const noFile: FileDraft = { format: "tflite", upload: undefined, manifest: undefined, labels: "" };

export const fileAccept: Record<ModelFormat, string> = { tflite: ".tflite,.lite", onnx: ".onnx" };

const kHead = 8; // bytes

// A TFLite file is a FlatBuffer with the identifier "TFL3" after its root's offset. An ONNX file is
// a protobuf message whose first field is nearly always ir_version: tag 1, varint.
export function formatOf(head: Uint8Array): ModelFormat | undefined {
  if (String.fromCharCode(...head.subarray(4, 8)) === "TFL3") return "tflite";
  if (head[0] === 0x08 && head[1] !== undefined && head[1] > 0 && head[1] < 0x80) return "onnx";
  return undefined;
}

// Why it is not worth sending. ONNX of unusual order is left to the server.
export async function refuseFile(file: Blob & { name: string }, format: ModelFormat): Promise<string | undefined> {
  if (file.size === 0) return text.wrongFile.empty(file.name);
  const found = formatOf(new Uint8Array(await file.slice(0, kHead).arrayBuffer()));
  if (format === "tflite" && found !== "tflite") return text.wrongFile.tflite(file.name);
  if (format === "onnx" && found === "tflite") return text.wrongFile.onnx(file.name);
  return undefined;
}

// undefined when it is no JSON object.
export function readManifest(name: string, content: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return { name, content: value };
  } catch {
    return undefined;
  }
}

export function checkFile({ format, upload, manifest }: FileDraft) {
  return [
    ...(upload === undefined ? [{ field: "upload", detail: text.fileNeeded }] : []),
    ...(format === "onnx" && manifest === undefined ? [{ field: "manifest", detail: text.manifestNeeded }] : []),
  ];
}

// What POST /models/{id}/versions is sent.
export function importBody({ format, upload, manifest, labels }: FileDraft) {
  const all = parseLabels(labels);
  return {
    upload: upload?.id ?? "",
    ...(all.length > 0 && { labels: all }),
    ...(format === "onnx" && manifest && { manifest: manifest.content }),
  };
}
