import { expect, it } from "vitest";
import { destinationOf, signInAddress } from "./sign_in_address";

it("leads back to where one was", () => {
  const place = { pathname: "/cameras", search: "?tag=site%3Dnorth", hash: "" };
  const address = new URL(signInAddress(place), "http://poss");
  expect(destinationOf(address.search)).toBe("/cameras?tag=site%3Dnorth");
});

it("never leads to another site, nor in a circle", () => {
  for (const to of ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-in", ""]) {
    expect(destinationOf(`?to=${encodeURIComponent(to)}`)).toBe("/");
  }
});
