// Numbers and times as people read them; units always shown.

const dash = "–";

export function formatPercent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

// 1 234 with a narrow space between thousands.
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

// Milliseconds with about three significant digits; a dash for none.
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms) || ms <= 0) return dash;
  if (ms < 0.01) return "<\u202f0.01 ms";
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 10_000) return `${formatCount(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

// Frames a second, one decimal, without a trailing ".0" for what was asked.
export function formatRate(rate: number): string {
  return Number.isFinite(rate) ? rate.toFixed(1) : dash;
}

export function formatAskedRate(fps: number): string {
  return Number.isInteger(fps) ? String(fps) : fps.toFixed(1);
}

// How long ago, for humans: "now", "12 s ago", "3 min ago", "2 h ago", "4 d ago".
export function formatAgo(seconds: number): string {
  if (seconds < 2) return "now";
  return `${formatSpan(seconds)} ago`;
}

// A length of time in its largest fitting unit.
export function formatSpan(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

// The absolute time, in the viewer's time zone, to the millisecond.
export function formatClock(secondsSinceEpoch: number): string {
  const date = new Date(secondsSinceEpoch * 1000);
  if (Number.isNaN(date.getTime())) return dash;
  const two = (n: number) => String(n).padStart(2, "0");
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}` +
    `.${String(date.getMilliseconds()).padStart(3, "0")}`
  );
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
