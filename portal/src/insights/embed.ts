// Code that gets insights without the portal.

export type Language = "curl" | "python" | "javascript";

export type Embed = {
  origin: string;
  query: Readonly<Record<string, string>>; // camera, deployment, label
  live: boolean; // as they come, instead of the newest
  signIn: boolean; // an API token is needed
};

const path = (query: Embed["query"]) => new URLSearchParams(query).toString();

// The condition under which an insight of the stream is wanted, in a language's own words.
function conditions(query: Embed["query"], member: (name: string) => string, has: (label: string) => string, equals: string): string[] {
  const members: Record<string, string> = { camera: "device_id", deployment: "instance_id" };
  return Object.entries(query).flatMap(([name, value]) => {
    if (name === "label") return [has(JSON.stringify(value))];
    return members[name] ? [`${member(members[name])} ${equals} ${JSON.stringify(value)}`] : [];
  });
}

export function embedCode(language: Language, { origin, query, live, signIn }: Embed): string {
  const list = `${origin}/api/v1/insights?${path({ ...query, limit: "10" })}`;
  const events = `${origin}/api/v1/events${query["camera"] ? `?${path({ camera: query["camera"] })}` : ""}`;
  const url = live ? events : list;
  switch (language) {
    case "curl": {
      const token = signIn ? ' -H "Authorization: Bearer $POSS_TOKEN"' : "";
      return live ? `curl -sN${token} '${url}' | grep -A1 '^event: insight'` : `curl -s${token} '${url}'`;
    }
    case "python": {
      const found = conditions(query, (name) => `insight["${name}"]`, (label) => `${label} in labels`, "==");
      const request = signIn
        ? `request = urllib.request.Request(URL, headers={"Authorization": "Bearer " + os.environ["POSS_TOKEN"]})`
        : "request = urllib.request.Request(URL)";
      const imports = ["import json", ...(signIn ? ["import os"] : []), "import urllib.request"].join("\n");
      const body = live
        ? [
            "with urllib.request.urlopen(request) as stream:",
            `    event = ""`,
            "    for line in stream:",
            "        name, _, value = line.decode().rstrip().partition(\": \")",
            `        if name == "event":`,
            "            event = value",
            `        elif name == "data" and event == "insight":`,
            "            insight = json.loads(value)",
            `            labels = [found["label"] for found in insight["insights_meta"]["objects_meta"]]`,
            ...(found.length > 0 ? [`            if not (${found.join(" and ")}):`, "                continue"] : []),
            `            print(insight["datetime"], labels)`,
          ]
        : [
            "with urllib.request.urlopen(request) as answer:",
            `    for insight in json.load(answer)["items"]:`,
            `        labels = [found["label"] for found in insight["insights_meta"]["objects_meta"]]`,
            `        print(insight["datetime"], labels)`,
          ];
      return [imports, "", `URL = "${url}"`, "", request, ...body].join("\n");
    }
    case "javascript": {
      const found = conditions(query, (name) => `insight.${name}`, (label) => `labels.includes(${label})`, "===");
      const headers = signIn ? ", {\n  headers: { Authorization: `Bearer ${process.env.POSS_TOKEN}` },\n}" : "";
      const labels = "insight.insights_meta.objects_meta.map(({ label }) => label)";
      const body = live
        ? [
            `let event = "";`,
            `let rest = "";`,
            "for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {",
            `  const lines = (rest + chunk).split("\\n");`,
            "  rest = lines.pop();",
            "  for (const line of lines) {",
            `    if (line.startsWith("event: ")) event = line.slice(7);`,
            `    if (!line.startsWith("data: ") || event !== "insight") continue;`,
            "    const insight = JSON.parse(line.slice(6));",
            `    const labels = ${labels};`,
            ...(found.length > 0 ? [`    if (!(${found.join(" && ")})) continue;`] : []),
            "    console.log(insight.datetime, labels);",
            "  }",
            "}",
          ]
        : [
            "const { items } = await response.json();",
            "for (const insight of items) {",
            `  console.log(insight.datetime, ${labels});`,
            "}",
          ];
      return [`const response = await fetch("${url}"${headers});`, ...body].join("\n");
    }
  }
}
