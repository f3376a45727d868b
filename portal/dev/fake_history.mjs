// The stand-in's past: insights of the last day, and recordings with small videos.
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jpeg from "jpeg-js";
import { drawScene, height, width } from "./scene.mjs";

const kDay = 86_400_000;

// Of each camera one every 20 s to 3 min, more by day; newest first.
export function pastInsights(cameras, insightOf) {
  const all = [];
  const now = Date.now();
  for (const camera of cameras) {
    for (let time = now - kDay; time < now; ) {
      const busy = 0.5 + 0.5 * Math.sin(((time % kDay) / kDay) * 2 * Math.PI - 2);
      time += 20_000 + (1 - busy) * 160_000 * Math.random();
      if (time < now) all.push(insightOf(camera, Math.round(time), `past-${Math.round(time)}`));
    }
  }
  return all.sort((a, b) => b.timestamp - a.timestamp);
}

export function makeRecordings(cameras) {
  return cameras.slice(0, 3).flatMap(({ id }, c) =>
    [1, 5, 26].map((hours, i) => ({
      id: randomUUID(),
      time: new Date(Date.now() - hours * 3_600_000 - c * 300_000).toISOString(),
      bytes: 1_200_000 * (i + 1) + c * 77_000,
      camera: id,
      deployment: "street_watch",
      labels: i === 0 ? ["person", "bicycle"] : ["person"],
      duration_s: i === 2 ? 20 : 10,
      width,
      height,
      codec: "h264",
      has_thumbnail: i !== 2,
    })),
  );
}

const seedOf = (recording) => Date.parse(recording.time) / 60_000;

export const thumbnailOf = (recording) =>
  jpeg.encode({ data: drawScene(seedOf(recording), 3), width, height }, 80).data;

// Two seconds of the street as MP4; undefined without ffmpeg.
export function videoOf(recording) {
  if (recording.video) return recording.video;
  const folder = mkdtempSync(join(tmpdir(), "poss-fake-"));
  const file = join(folder, "video.mp4");
  const frames = Array.from({ length: 20 }, (_, i) => drawScene(seedOf(recording) + i / 10, 3));
  const made = spawnSync(
    "ffmpeg",
    `-hide_banner -loglevel error -f rawvideo -pix_fmt rgba -s ${width}x${height} -r 10 -i -
     -c:v libx264 -preset ultrafast -pix_fmt yuv420p -movflags +faststart ${file}`.split(/\s+/),
    { input: Buffer.concat(frames.map((frame) => Buffer.from(frame))), maxBuffer: 1 << 28 },
  );
  if (made.status === 0) Object.defineProperty(recording, "video", { value: readFileSync(file) });
  rmSync(folder, { recursive: true, force: true });
  return recording.video;
}

// Answers with a file's bytes, or the range of them that is asked for.
export function sendBytes(request, response, bytes, type) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const head = { "content-type": type, "accept-ranges": "bytes" };
  if (!range) {
    response.writeHead(200, { ...head, "content-length": bytes.length });
    return response.end(bytes);
  }
  const first = Number(range[1]);
  const last = range[2] === "" ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1);
  response.writeHead(206, {
    ...head,
    "content-length": last - first + 1,
    "content-range": `bytes ${first}-${last}/${bytes.length}`,
  });
  return response.end(bytes.subarray(first, last + 1));
}

// The insights as text that spreadsheets read: a line for each object.
export function csvOf(insights) {
  const lines = insights.flatMap((insight) =>
    insight.insights_meta.objects_meta.map((o) =>
      [insight.datetime, insight.device_id, insight.instance_id, o.label, o.confidence.toFixed(4), ...Object.values(o.bbox)].join(","),
    ),
  );
  return ["time,camera,deployment,label,confidence,left,top,width,height", ...lines].join("\r\n") + "\r\n";
}
