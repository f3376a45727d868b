// When a token is to end, from what was chosen.

export type Span = "30" | "90" | "365" | "date" | "never";
export const spans: readonly Span[] = ["30", "90", "365", "date", "never"];

const kDay = 86_400_000; // ms

// RFC 3339; undefined for never, null for a day that is missing or past. A day ends where the
// person is.
export function expiryOf(span: Span, day: string, now: number): string | undefined | null {
  if (span === "never") return undefined;
  if (span !== "date") return new Date(now + Number(span) * kDay).toISOString();
  const end = Date.parse(`${day}T23:59:59`);
  return Number.isFinite(end) && end > now ? new Date(end).toISOString() : null;
}
