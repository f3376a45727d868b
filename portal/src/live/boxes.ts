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
  let hash = 0x811c9dc5; // FNV-1a
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
  // Surest last, so that its tag lies on top.
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
  objects.forEach((object, i) => {
    const { left, top } = places[i]!;
    const id = object.tracking_info?.tracking_id;
    const text = `${object.label}${id ? ` ${id}` : ""}  ${formatPercent(object.confidence)}`;
    const width = Math.ceil(context.measureText(text).width) + 10;
    const x = Math.max(area.x, Math.min(left, area.x + area.width - width));
    // Above the box, or inside it at the picture's upper edge.
    const y = top - kTagHeight >= area.y ? top - kTagHeight : top;
    context.fillStyle = labelColor(object.label);
    context.beginPath();
    context.roundRect(x, y, width, kTagHeight, [3, 3, y < top ? 0 : 3, y < top ? 0 : 3]);
    context.fill();
    context.fillStyle = "#10181a";
    context.fillText(text, x + 5, y + kTagHeight / 2 + 0.5);
  });
}
