// Folders and networks that imports may be allowed to use.
import { expect, test } from "vitest";
import { checkImports, isFolder, isNetwork } from "./check";

test("takes full paths only, without a way back up", () => {
  for (const good of ["/srv/pictures", "/", "/a b/ü", "/srv/pictures/"]) expect(isFolder(good)).toBe(true);
  for (const bad of ["", "srv", "./x", "/srv/../etc", "/a//b", "~/x", "C:\\x", "/a\0b"]) expect(isFolder(bad)).toBe(false);
});

test("takes networks and single addresses of both kinds", () => {
  for (const good of ["192.168.0.0/16", "10.1.2.3", "0.0.0.0/0", "fd00::/8", "::1", "2001:db8:1:2:3:4:5:6", "::ffff:10.0.0.1"]) {
    expect(isNetwork(good), good).toBe(true);
  }
  for (const bad of ["", "10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "fd00::1::2", "fd00::/129", "camera.lan", "01.2.3.4"]) {
    expect(isNetwork(bad), bad).toBe(false);
  }
});

test("names the first that is wrong of each list", () => {
  const problems = checkImports({ import_folders: ["/srv", "x", "y"], import_networks: ["10.0.0.0/8"] });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ field: "import_folders", detail: expect.stringContaining("x is no full path") as string });
});
