import { expect, it } from "vitest";
import { embedCode, type Embed } from "./embed";

const embed: Embed = {
  origin: "https://poss.example",
  query: { deployment: "street watch", label: "it's" },
  live: false,
  signIn: true,
};

it("asks for what is shown, whatever its name holds", () => {
  const code = embedCode("curl", embed);
  expect(code).toContain("deployment=street+watch&label=it%27s&limit=10'");
  expect(code.split("'")).toHaveLength(3);
});

it("names a token's variable, never a token, and none where nobody signs in", () => {
  for (const language of ["curl", "python", "javascript"] as const) {
    expect(embedCode(language, embed)).toContain("POSS_TOKEN");
    expect(embedCode(language, { ...embed, signIn: false })).not.toContain("POSS_TOKEN");
  }
});

it("picks its insights from the stream", () => {
  const live = { ...embed, live: true };
  expect(embedCode("python", live)).toContain(`insight["instance_id"] == "street watch" and "it's" in labels`);
  expect(embedCode("javascript", live)).toContain(`insight.instance_id === "street watch" && labels.includes("it's")`);
  expect(embedCode("python", live)).toContain("/api/v1/events");
});
