// Which rows of a long list are near the part of the page that is seen: only these are drawn.
import { useLayoutEffect, useState, type RefObject } from "react";

export type RowRange = { first: number; last: number }; // last: not included

// `top` is how far the list's beginning lies above (positive) the top of the window.
export function rowsInView(
  rows: number,
  rowHeight: number,
  top: number,
  viewHeight: number,
  spare = 6,
): RowRange {
  if (rowHeight <= 0) return { first: 0, last: Math.min(rows, 12) };
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(rows, Math.ceil((top + viewHeight) / rowHeight) + spare);
  return { first: Math.min(first, rows), last: Math.max(last, Math.min(first, rows)) };
}

// Follows the window's scrolling and size. Few rows are all drawn.
export function useRowsInView(
  element: RefObject<HTMLElement | null>,
  rows: number,
  rowHeight: number,
): RowRange {
  const [range, setRange] = useState<RowRange>({ first: 0, last: Math.min(rows, 40) });
  useLayoutEffect(() => {
    let frame = 0;
    const update = () => {
      frame = 0;
      const top = -(element.current?.getBoundingClientRect().top ?? 0);
      const next = rows <= 40 ? { first: 0, last: rows } : rowsInView(rows, rowHeight, top, window.innerHeight);
      setRange((old) => (old.first === next.first && old.last === next.last ? old : next));
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(update);
    };
    update();
    window.addEventListener("scroll", later, { passive: true });
    window.addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", later);
      window.removeEventListener("resize", later);
    };
  }, [element, rows, rowHeight]);
  return { first: Math.min(range.first, rows), last: Math.min(range.last, rows) };
}
