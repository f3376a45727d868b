// Objects as cards that lead with a picture.
import { Checkbox, Skeleton, SkeletonItem, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Link } from "react-router";
import { text } from "../strings/list";
import type { CardContent } from "./list_page";
import { useRowsInView } from "./window_rows";

const kNarrowest = 248; // px, of a card
const kGap = 16;

const useStyles = makeStyles({
  grid: {
    display: "grid",
    gridTemplateColumns: `repeat(auto-fill, minmax(min(${kNarrowest}px, 100%), 1fr))`,
    gap: `${kGap}px`,
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  card: {
    position: "relative",
    display: "flex",
    flexDirection: "column",
    minWidth: 0,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: `0 0 0 1px ${tokens.colorNeutralStroke2}`,
    transitionProperty: "box-shadow",
    transitionDuration: tokens.durationFaster,
    ":hover": { boxShadow: `0 0 0 1px ${tokens.colorNeutralStroke1Hover}, ${tokens.shadow4}` },
    ":hover .poss-check, :focus-within .poss-check": { opacity: 1 },
  },
  chosen: { boxShadow: `0 0 0 2px ${tokens.colorCompoundBrandStroke}` },
  picture: {
    position: "relative",
    aspectRatio: "16 / 9",
    display: "flex",
    alignItems: "center",
    justifyContent: "center",
    fontSize: "34px",
    color: tokens.colorNeutralForeground4,
    backgroundColor: tokens.colorNeutralBackground4,
    overflow: "hidden",
    "& > img": { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "cover" },
  },
  text: { display: "grid", gap: "2px", padding: "10px 6px 10px 14px" },
  first: { display: "flex", alignItems: "center", gap: "8px", minHeight: "28px" },
  name: {
    flex: "1 1 auto",
    minWidth: 0,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    fontWeight: tokens.fontWeightSemibold,
    color: "inherit",
    textDecoration: "none",
    // The whole card leads where its name leads.
    "::after": { content: '""', position: "absolute", inset: 0 },
    ":focus-visible": { outline: "none" },
    ":focus-visible::after": {
      outline: `2px solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-2px",
      borderRadius: tokens.borderRadiusXLarge,
    },
  },
  plain: { "::after": { content: "none" } },
  above: { position: "relative", zIndex: 1, display: "flex", alignItems: "center" },
  line: {
    minHeight: "20px",
    paddingRight: "8px",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    fontVariantNumeric: "tabular-nums",
  },
  check: {
    position: "absolute",
    zIndex: 1,
    top: "6px",
    left: "6px",
    opacity: 0,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    transitionProperty: "opacity",
    transitionDuration: tokens.durationFaster,
    "@media (hover: none)": { opacity: 1 },
  },
  checkShown: { opacity: 1 },
});

type Props<T extends { id: string }> = {
  things: string;
  items: readonly T[];
  total: number;
  card: CardContent<T>;
  icon: ReactNode;
  nameOf: (item: T) => string;
  address: (item: T) => string | undefined;
  renderMenu: (item: T) => ReactNode;
  selected: ReadonlySet<string>;
  onSelect: ((id: string) => void) | undefined;
};

export function CardGrid<T extends { id: string }>(props: Props<T>) {
  const { things, items, total, card, icon, nameOf, address, renderMenu, selected, onSelect } = props;
  const styles = useStyles();
  const grid = useRef<HTMLUListElement>(null);
  const { columns, rowHeight } = useGridSize(grid);
  const rows = Math.ceil(items.length / columns);
  const { first, last } = useRowsInView(grid, rows, rowHeight);
  const from = first * columns;
  const shown = items.slice(from, last * columns);
  return (
    <ul
      className={styles.grid}
      ref={grid}
      aria-label={things}
      style={{ paddingTop: first * rowHeight, paddingBottom: Math.max(0, rows - last) * rowHeight }}
    >
      {shown.map((item, i) => {
        const name = nameOf(item);
        const to = address(item);
        const isSelected = selected.has(item.id);
        return (
          <li
            key={item.id}
            className={mergeClasses(styles.card, isSelected && styles.chosen)}
            aria-setsize={total}
            aria-posinset={from + i + 1}
            data-testid="card"
          >
            {onSelect && (
              <div
                className={mergeClasses(
                  "poss-check",
                  styles.check,
                  selected.size > 0 && styles.checkShown,
                )}
              >
                <Checkbox
                  aria-label={text.select(name)}
                  checked={isSelected}
                  onChange={() => onSelect(item.id)}
                />
              </div>
            )}
            <div className={styles.picture}>
              <span aria-hidden>{icon}</span>
              {card.picture?.(item)}
            </div>
            <div className={styles.text}>
              <div className={styles.first}>
                {to === undefined ? (
                  <span className={mergeClasses(styles.name, styles.plain)} title={name}>
                    {name}
                  </span>
                ) : (
                  <Link className={styles.name} to={to} title={name}>
                    {name}
                  </Link>
                )}
                <span className={styles.above}>
                  {card.pill?.(item)}
                  {renderMenu(item)}
                </span>
              </div>
              <div className={styles.line}>{card.line?.(item)}</div>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

// How many cards stand side by side, and how far one row is from the next.
function useGridSize(grid: React.RefObject<HTMLUListElement | null>) {
  const [size, setSize] = useState({ columns: 4, rowHeight: 0 });
  useLayoutEffect(() => {
    const element = grid.current;
    if (!element) return;
    const measure = () => {
      const columns = getComputedStyle(element).gridTemplateColumns.split(" ").length;
      const card = element.firstElementChild?.getBoundingClientRect().height ?? 0;
      const rowHeight = card > 0 ? card + kGap : 0;
      setSize((old) => (old.columns === columns && old.rowHeight === rowHeight ? old : { columns, rowHeight }));
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [grid]);
  return size;
}

export function CardSkeletons() {
  const styles = useStyles();
  return (
    <Skeleton className={styles.grid} aria-label={text.loadingMore}>
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className={styles.card}>
          <SkeletonItem style={{ aspectRatio: "16 / 9", height: "auto", width: "100%", borderRadius: 0 }} />
          <div className={styles.text}>
            <div className={styles.first}>
              <SkeletonItem style={{ width: "60%" }} />
            </div>
            <div className={styles.line}>
              <SkeletonItem size={12} style={{ width: "40%" }} />
            </div>
          </div>
        </div>
      ))}
    </Skeleton>
  );
}
