// Long tables in pieces of so many rows, each drawn only while it is near what is seen.

export type Chunk<T> = { key: number; rows: readonly T[] };

// Counted from the oldest, which is last: what comes at the top leaves the other pieces as they are.
export function chunksOf<T>(rows: readonly T[], size: number): Chunk<T>[] {
  const chunks: Chunk<T>[] = [];
  for (let end = rows.length, key = 0; end > 0; end -= size, key++) {
    chunks.push({ key, rows: rows.slice(Math.max(0, end - size), end) });
  }
  return chunks.reverse();
}
