import { describe, expect, it } from "vitest";
import { addressProblem, addressProblems, sourceOf, splitCredentials } from "./address";

describe("splitCredentials", () => {
  it("takes user name and password out of an address", () => {
    expect(splitCredentials("rtsp://admin:s3cret@cam.lan:554/a?b=c")).toEqual({
      uri: "rtsp://cam.lan:554/a?b=c",
      user_name: "admin",
      password: "s3cret",
    });
  });

  it("leaves no part of a password with an @ in it behind", () => {
    expect(splitCredentials(" rtsp://admin:p@ss:w@cam.lan/@home ")).toEqual({
      uri: "rtsp://cam.lan/@home",
      user_name: "admin",
      password: "p@ss:w",
    });
  });

  it("undoes percent-encoding, also a wrong one", () => {
    expect(splitCredentials("http://a%40b:x%2Fy@h")).toMatchObject({ user_name: "a@b", password: "x/y" });
    expect(splitCredentials("http://a:100%@h")).toMatchObject({ password: "100%" });
  });

  it("knows a password with a slash by the port that is none", () => {
    expect(splitCredentials("rtsp://admin:p/a?s#s@cam.lan/x")).toEqual({
      uri: "rtsp://cam.lan/x",
      user_name: "admin",
      password: "p/a?s#s",
    });
    expect(splitCredentials("rtsp://[::1]:554/a@b")).toEqual({ uri: "rtsp://[::1]:554/a@b" });
  });

  it("takes a user name alone", () => {
    expect(splitCredentials("rtsp://viewer@h/")).toEqual({ uri: "rtsp://h/", user_name: "viewer" });
  });

  it("leaves other addresses as they are", () => {
    for (const uri of ["rtsp://h/x@y", "/srv/a@b.mp4", "", "rtsp://h/?user=a@b"]) {
      expect(splitCredentials(uri)).toEqual({ uri });
    }
  });
});

describe("sourceOf", () => {
  it("knows the kind of an address by its form", () => {
    expect(sourceOf("RTSP://h/x")).toBe("rtsp");
    expect(sourceOf("https://h/x")).toBe("http");
    expect(sourceOf("/dev/video2")).toBe("usb");
    expect(sourceOf("/srv/a.MP4")).toBe("file");
    expect(sourceOf("/srv/pictures")).toBeUndefined();
  });
});

describe("addressProblem", () => {
  it("says what an address of that kind looks like", () => {
    expect(addressProblem("rtsp", "cam.lan")).toMatch("rtsp://");
    expect(addressProblem("http", "rtsp://h")).toMatch("http://");
    expect(addressProblem("usb", "video0")).toMatch("/dev/video0");
    expect(addressProblem("file", "a.mp4")).toMatch("whole path");
    expect(addressProblem("images", "file:///srv/p")).toBeUndefined();
  });

  it("concerns the sub-stream only where there is one", () => {
    const draft = { source: "rtsp" as const, uri: "rtsp://h", detect_uri: "" };
    expect(addressProblems(draft)).toEqual([]);
    expect(addressProblems({ ...draft, detect_uri: "h/sub" })).toMatchObject([{ field: "detect_uri" }]);
  });
});
