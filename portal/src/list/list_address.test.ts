import { expect, it } from "vitest";
import { changeListQuery, isFiltered, readListState, restQuery } from "./list_address";
import { rowsInView } from "./window_rows";

it("reads the address and makes the REST query of it", () => {
  const query = new URLSearchParams("search=gate&tag=site%3Dnorth&sort=updated&descending=true&device=a&other=b");
  const state = readListState(query, ["device"]);
  expect(isFiltered(state)).toBe(true);
  expect(restQuery(state, 100)).toEqual({
    search: "gate",
    tag: "site=north",
    sort: "updated",
    descending: true,
    device: "a",
    limit: 100,
  });
});

it("takes an unknown sort for the default", () => {
  const state = readListState(new URLSearchParams("sort=colour"), [], { sort: "created", descending: true });
  expect(state).toMatchObject({ sort: "created", descending: true });
  expect(isFiltered(state)).toBe(false);
});

it("keeps the address short: nothing that is empty or as by default", () => {
  const before = new URLSearchParams("search=gate&status=idle");
  expect(changeListQuery(before, { search: "", sort: "name", descending: false }).toString()).toBe("status=idle");
  const defaults = { sort: "created", descending: true } as const;
  expect(changeListQuery(before, { descending: false }, defaults).get("descending")).toBe("false");
  expect(changeListQuery(before, { descending: true }, defaults).has("descending")).toBe(false);
});

it("leaves what it does not know in the address", () => {
  const next = changeListQuery(new URLSearchParams("tab=2"), { search: "a" });
  expect(next.toString()).toBe("tab=2&search=a");
});

it("draws only the rows near the window", () => {
  expect(rowsInView(10_000, 50, 0, 800)).toEqual({ first: 0, last: 22 });
  expect(rowsInView(10_000, 50, 25_000, 800)).toEqual({ first: 494, last: 522 });
  expect(rowsInView(10, 50, 25_000, 800)).toEqual({ first: 10, last: 10 });
});
