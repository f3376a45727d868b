// A made-up street with people and bicycles walking through it, drawn into RGBA bytes.
export const width = 640;
export const height = 360;

const walkers = Array.from({ length: 7 }, (_, i) => ({
  label: i === 2 ? "bicycle" : i === 5 ? "car" : "person",
  depth: 0.25 + ((i * 0.37) % 1) * 0.7, // 0 far, 1 near
  speed: (i % 2 ? -1 : 1) * (0.035 + 0.018 * ((i * 1.7) % 2)),
  start: (i * 0.271) % 1,
  tone: (i * 53) % 255,
}));

// What stands where at a time in seconds; boxes as fractions of the picture.
export function sceneAt(time, seed = 0) {
  return walkers
    .map((w, i) => {
      const size = 0.16 + 0.36 * w.depth;
      const aspect = w.label === "person" ? 0.36 : w.label === "car" ? 1.9 : 1.2;
      const h = w.label === "car" ? size * 0.6 : w.label === "bicycle" ? size * 0.7 : size;
      const wide = (h * aspect * height) / width;
      const travel = (((w.start + (time + seed * 11) * w.speed) % 1.4) + 1.4) % 1.4 - 0.2;
      const bottom = 0.5 + 0.46 * w.depth + 0.006 * Math.sin(time * 7 + i);
      return { ...w, x: travel - wide / 2, y: bottom - h, w: wide, h };
    })
    .filter((o) => o.x + o.w > 0.02 && o.x < 0.98)
    .sort((a, b) => a.depth - b.depth)
    .map((o) => {
      const l = Math.max(0, o.x);
      const r = Math.min(1, o.x + o.w);
      return {
        ...o,
        confidence: 0.5 + 0.4 * o.depth,
        bbox: { l, t: o.y, w: r - l, h: Math.min(1, o.y + o.h) - o.y },
      };
    });
}

const background = new Map();

function backgroundOf(seed) {
  let pixels = background.get(seed);
  if (pixels) return pixels;
  pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const v = y / height;
      const block = Math.floor(x / 90 + seed) % 4;
      let c;
      if (v < 0.46) {
        const window = x % 30 > 9 && x % 30 < 22 && y % 42 > 14 && y % 42 < 34;
        c = window ? [92, 112, 124] : [[168, 150, 132], [140, 146, 150], [182, 166, 148], [150, 136, 128]][block];
      } else if (v < 0.54) c = [150, 150, 146];
      else c = [96 + v * 26, 99 + v * 24, 102 + v * 22];
      if (v > 0.7 && v < 0.715 && x % 80 < 44) c = [206, 204, 192];
      const noise = ((x * 7919 + y * 104729 + ((x * y) % 97) * 31) % 13) - 6;
      for (let k = 0; k < 3; k++) pixels[at + k] = c[k] + noise;
      pixels[at + 3] = 255;
    }
  }
  background.set(seed, pixels);
  return pixels;
}

export function drawScene(time, seed = 0) {
  const pixels = Buffer.from(backgroundOf(seed));
  const fill = (x0, y0, x1, y1, color, inside = () => true) => {
    const left = Math.max(0, Math.round(x0));
    const right = Math.min(width, Math.round(x1));
    const bottom = Math.min(height, Math.round(y1));
    for (let y = Math.max(0, Math.round(y0)); y < bottom; y++) {
      for (let x = left; x < right; x++) {
        if (!inside((x - x0) / (x1 - x0), (y - y0) / (y1 - y0))) continue;
        const at = (y * width + x) * 4;
        pixels[at] = color[0];
        pixels[at + 1] = color[1];
        pixels[at + 2] = color[2];
      }
    }
  };
  const round = (u, v) => (u - 0.5) ** 2 + (v - 0.5) ** 2 < 0.25;
  for (const o of sceneAt(time, seed)) {
    const x = o.x * width;
    const y = o.y * height;
    const w = o.w * width;
    const h = o.h * height;
    const coat = [40 + o.tone * 0.5, 60 + ((o.tone * 3) % 120), 90 + ((o.tone * 7) % 110)];
    if (o.label === "person") {
      const step = Math.sin(time * 6 + o.tone) * 0.12;
      fill(x + w * (0.3 - step), y + h * 0.6, x + w * (0.48 - step), y + h, [38, 40, 48]);
      fill(x + w * (0.52 + step), y + h * 0.6, x + w * (0.7 + step), y + h, [46, 48, 56]);
      fill(x + w * 0.18, y + h * 0.2, x + w * 0.82, y + h * 0.66, coat, (u, v) => (u - 0.5) ** 2 * 4 + (v - 0.5) ** 4 * 12 < 1);
      fill(x + w * 0.3, y, x + w * 0.7, y + h * 0.2, [196, 152, 126], round);
    } else if (o.label === "car") {
      fill(x, y + h * 0.35, x + w, y + h * 0.85, coat, (u, v) => Math.abs(u - 0.5) ** 6 * 64 + Math.abs(v - 0.5) ** 4 * 8 < 1);
      fill(x + w * 0.2, y, x + w * 0.8, y + h * 0.5, [70, 84, 94], (u, v) => Math.abs(u - 0.5) < 0.28 + v * 0.22);
      for (const c of [0.22, 0.78]) fill(x + w * c - h * 0.2, y + h * 0.6, x + w * c + h * 0.2, y + h, [22, 22, 24], round);
    } else {
      const ring = (u, v) => Math.abs(Math.hypot(u - 0.5, v - 0.5) - 0.42) < 0.08;
      fill(x, y + h * 0.45, x + h * 0.55, y + h, [24, 24, 26], ring);
      fill(x + w - h * 0.55, y + h * 0.45, x + w, y + h, [24, 24, 26], ring);
      fill(x + w * 0.22, y + h * 0.6, x + w * 0.78, y + h * 0.68, coat);
      fill(x + w * 0.4, y + h * 0.05, x + w * 0.6, y + h * 0.6, coat, (u, v) => (u - 0.5) ** 2 * 4 + (v - 0.5) ** 4 * 12 < 1);
    }
  }
  return pixels;
}
