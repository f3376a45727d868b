// Scrolls a row of tabs or links so that the chosen one is in sight: narrow pages do not show all.
import { useEffect, type RefObject } from "react";

// `selector` finds the chosen one within `element`; it is looked for again when `chosen` changes.
export function useInSight(element: RefObject<HTMLElement | null>, selector: string, chosen: unknown): void {
  useEffect(() => {
    const item = element.current?.querySelector(selector);
    const row = item?.parentElement;
    if (!item || !row) return;
    // Tells the row's size at once, and each time it has another.
    const observer = new ResizeObserver(() => {
      const seen = row.getBoundingClientRect();
      const { left, right } = item.getBoundingClientRect();
      row.scrollLeft += (left + right - seen.left - seen.right) / 2;
    });
    observer.observe(row);
    return () => observer.disconnect();
  }, [element, selector, chosen]);
}
