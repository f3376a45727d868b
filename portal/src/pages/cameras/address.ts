// Addresses of cameras as people type and paste them.
import type { FieldProblem, CameraSource } from "../../api/types";
import { text } from "../../strings/cameras";

export type Split = { uri: string; user_name?: string; password?: string };

const decode = (part: string) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

// Takes user name and password out of scheme://user:password@host/…; a password may hold any sign.
export function splitCredentials(typed: string): Split {
  const uri = typed.trim();
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/i.exec(uri);
  if (!match) return { uri: typed };
  const [, scheme = "", whole = ""] = match;
  const authority = /^[^/?#]*/.exec(whole)![0];
  // Where what should be a port is none, a sign in a password ended the authority too early.
  const isCut = /:[^\]]*[^\d\]][^\]]*$/.test(authority) && !authority.includes("@");
  const at = isCut ? whole.lastIndexOf("@") : authority.lastIndexOf("@");
  if (at < 0) return { uri: typed };
  const credentials = whole.slice(0, at);
  const rest = whole.slice(at + 1);
  const colon = credentials.indexOf(":");
  const name = colon < 0 ? credentials : credentials.slice(0, colon);
  return {
    uri: scheme + rest,
    user_name: decode(name),
    ...(colon >= 0 && { password: decode(credentials.slice(colon + 1)) }),
  };
}

// What kind of source an address is, as far as its form tells.
export function sourceOf(uri: string): CameraSource | undefined {
  if (/^rtsp:\/\//i.test(uri)) return "rtsp";
  if (/^https?:\/\//i.test(uri)) return "http";
  if (/^(v4l2:\/\/|\/dev\/video\d)/.test(uri)) return "usb";
  if (/^(file:\/\/|\/).*\.(mp4|mkv|avi|mov|m4v|webm|ts|mjpe?g|h26[45])$/i.test(uri)) return "file";
  return undefined;
}

export const takesCredentials = (source: CameraSource) => source === "rtsp" || source === "http";

// What can be said of an address at once; the server knows better.
export function addressProblem(source: CameraSource, uri: string): string | undefined {
  const address = uri.trim();
  if (source === "rtsp" && !/^rtsp:\/\/./i.test(address)) return text.wrong.rtsp;
  if (source === "http" && !/^https?:\/\/./i.test(address)) return text.wrong.http;
  if (source === "usb" && !/^(v4l2:\/\/)?\/dev\/./.test(address)) return text.wrong.usb;
  if ((source === "file" || source === "images") && !/^(file:\/\/)?\/./.test(address)) return text.wrong.path;
  return undefined;
}

export function addressProblems(draft: { source: CameraSource; uri: string; detect_uri: string }): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const check = (field: "uri" | "detect_uri") => {
    const detail = addressProblem(draft.source, draft[field]);
    if (detail !== undefined) problems.push({ field, detail });
  };
  check("uri");
  if (draft.detect_uri.trim() !== "") check("detect_uri");
  return problems;
}
