// What a folder and a network have to look like.
import type { FieldProblem } from "../../../api/types";
import { text as upkeep } from "../../../strings/upkeep";

const text = upkeep.imports;

// A full path without "." and ".." and doubled slashes.
export function isFolder(text: string): boolean {
  if (text === "/") return true;
  if (!text.startsWith("/") || text.includes("\0")) return false;
  const parts = text.replace(/\/$/, "").slice(1).split("/");
  return parts.every((part) => part !== "" && part !== "." && part !== "..");
}

function isV4(address: string): boolean {
  const parts = address.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isV6(address: string): boolean {
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const count = groups.length + (last.includes(".") ? 1 : 0);
  const good = groups.every((group, i) => /^[0-9a-f]{1,4}$/i.test(group) || (i === groups.length - 1 && isV4(group)));
  return good && (halves.length === 2 ? count < 8 : count === 8);
}

// "10.0.0.0/8", "fd00::/8", or one address.
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  if (rest.length > 0) return false;
  const v4 = isV4(address);
  if (!v4 && !(address.includes(":") && isV6(address))) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (v4 ? 32 : 128));
}

type Lists = { import_folders: readonly string[]; import_networks: readonly string[] };

export function checkImports({ import_folders, import_networks }: Lists): FieldProblem[] {
  const folder = import_folders.find((item) => !isFolder(item));
  const network = import_networks.find((item) => !isNetwork(item));
  return [
    ...(folder === undefined ? [] : [{ field: "import_folders", detail: text.badFolder(folder) }]),
    ...(network === undefined ? [] : [{ field: "import_networks", detail: text.badNetwork(network) }]),
  ];
}
