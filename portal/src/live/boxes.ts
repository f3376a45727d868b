// Draws an insight's boxes over the picture.
import type { Insight } from "../api/types";
import { formatPercent } from "../format";

// Distinguishable on light and on dark pictures, and by most colour-blind eyes through lightness.
const palette = [
  "#d6c1a3", "#ff7d9c", "#8be28b", "#ffb454", "#b7e04b", "#7aa8ff",
  "#ffe066", "#c99bff", "#ff9770", "#5cd1ff", "#f29be8", "#3ddbc4",
];

// A label's colour, the same everywhere and always.
export function labelColor(label: string): string {
  // FNV-1a, from a start that keeps the commonest labels apart.
  let hash = 22;
  for (let i = 0; i < label.length; i++) {
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  return palette[(hash >>> 0) % palette.length]!;
}

// Where a picture lies within an element that shows all of it, centred; CSS pixels.
export function contained(
  outer: { width: number; height: number },
  picture: { width: number; height: number },
): { x: number; y: number; width: number; height: number } {
  const scale = Math.min(outer.width / picture.width, outer.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { x: (outer.width - width) / 2, y: (outer.height - height) / 2, width, height };
}

const kFont = '600 12px "Segoe UI Variable", "Segoe UI", -apple-system, Roboto, Cantarell, Ubuntu, "Noto Sans", "Liberation Sans", system-ui, sans-serif';
const kTagHeight = 18;

// Draws on a cleared context whose unit is the CSS pixel; `area` is where the picture lies.
export function drawBoxes(
  context: CanvasRenderingContext2D,
  area: { x: number; y: number; width: number; height: number },
  insights: readonly Insight[],
): void {
  const objects = insights.flatMap((insight) => insight.insights_meta.objects_meta);
  context.font = kFont;
  context.textBaseline = "middle";
  // Surest last, so that its box lies on top.
  objects.sort((a, b) => a.confidence - b.confidence);
  const places = objects.map(({ bbox }) => {
    const left = Math.round(area.x + bbox.l * area.width);
    const top = Math.round(area.y + bbox.t * area.height);
    const right = Math.round(area.x + (bbox.l + bbox.w) * area.width);
    const bottom = Math.round(area.y + (bbox.t + bbox.h) * area.height);
    return { left, top, width: Math.max(4, right - left), height: Math.max(4, bottom - top) };
  });
  objects.forEach((object, i) => {
    const { left, top, width, height } = places[i]!;
    // A dark seam on both sides keeps the line visible on any picture.
    context.strokeStyle = "rgba(0, 0, 0, 0.55)";
    context.lineWidth = 4;
    context.strokeRect(left + 1, top + 1, width - 2, height - 2);
    context.strokeStyle = labelColor(object.label);
    context.lineWidth = 2;
    context.strokeRect(left + 1, top + 1, width - 2, height - 2);
  });
  // The surest object has the first choice of where its tag goes; what finds no room has none.
  const tags: Tag[] = [];
  for (let i = objects.length - 1; i >= 0; i--) {
    const object = objects[i]!;
    const place = places[i]!;
    const id = object.tracking_info?.tracking_id;
    const name = id ? `${object.label} ${id}` : object.label;
    const texts = [`${name}  ${formatPercent(object.confidence)}`, name];
    const tag = texts
      .flatMap((text) => {
        const width = Math.ceil(context.measureText(text).width) + 10;
        const x = Math.max(area.x, Math.min(place.left, area.x + area.width - width));
        const above = place.top - kTagHeight;
        const below = place.top + place.height;
        return [above >= area.y ? above : place.top, below].map((y) => ({ text, x, y, width }));
      })
      .find((one) => inside(one, area) && !tags.some((other) => overlap(one, other)));
    if (tag) tags.push({ ...tag, color: labelColor(object.label) });
  }
  for (const { text, x, y, width, color } of tags) {
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(x, y, width, kTagHeight, 3);
    context.fill();
    context.fillStyle = "#10181a";
    context.fillText(text, x + 5, y + kTagHeight / 2 + 0.5);
  }
}

type Tag = { text: string; x: number; y: number; width: number; color: string };

function overlap(a: Omit<Tag, "color">, b: Omit<Tag, "color">): boolean {
  return (
    a.x < b.x + b.width && b.x < a.x + a.width && Math.abs(a.y - b.y) < kTagHeight
  );
}

function inside(tag: Omit<Tag, "color">, area: { y: number; height: number }): boolean {
  return tag.y >= area.y && tag.y + kTagHeight <= area.y + area.height;
}
