// Objects as rows of a table.
import {
  Checkbox,
  Skeleton,
  SkeletonItem,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { useRef, type ReactNode } from "react";
import { Link } from "react-router";
import { text } from "../strings/list";
import type { Sort } from "./list_address";
import type { Column } from "./list_page";
import { useRowsInView } from "./window_rows";

const kRow = 45; // px, with its line
const kFree = 100; // px at least, of a column without a width of its own
const kEnds = 96; // px, of check box and menu

// So wide that no column vanishes; the frame scrolls where that is too much.
function leastWidth(columns: readonly { width?: string }[]): number {
  const widths = columns.map(({ width = "" }) => (width.endsWith("px") ? Number.parseFloat(width) : kFree));
  return widths.reduce((sum, width) => sum + width, kEnds);
}

const useStyles = makeStyles({
  frame: {
    overflowX: "auto",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  row: { height: `${kRow}px` },
  cell: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  numeric: { textAlign: "right", fontVariantNumeric: "tabular-nums", "& > div": { justifyContent: "end" } },
  name: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    textDecoration: "none",
    ":hover": { textDecoration: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "2px" },
  },
  check: { width: "44px" },
  actions: { width: "52px" },
  skeleton: { display: "grid", gap: "12px", padding: "12px 16px" },
});

type Props<T extends { id: string }> = {
  things: string;
  items: readonly T[];
  columns: readonly Column<T>[];
  nameOf: (item: T) => string;
  address: (item: T) => string | undefined;
  renderMenu: (item: T) => ReactNode;
  selected: ReadonlySet<string>;
  onSelect: ((id: string) => void) | undefined;
  onSelectAll: ((all: boolean) => void) | undefined;
  sort: Sort;
  descending: boolean;
  onSort: (sort: Sort, descending: boolean) => void;
};

export function ListTable<T extends { id: string }>(props: Props<T>) {
  const { things, items, columns, nameOf, address, renderMenu, selected, onSelect, onSelectAll } = props;
  const styles = useStyles();
  const frame = useRef<HTMLDivElement>(null);
  const { first, last } = useRowsInView(frame, items.length, kRow);
  const all: Column<T>[] = [
    { id: "name", title: text.sortBy.name, sort: "name", render: (item) => <Name to={address(item)} name={nameOf(item)} /> },
    ...columns,
  ];
  const count = selected.size;
  return (
    <div className={styles.frame} ref={frame}>
      <Table style={{ minWidth: leastWidth(all) }} aria-label={things} aria-rowcount={items.length} sortable>
        <TableHeader>
          <TableRow>
            {onSelect && (
              <TableHeaderCell className={styles.check} sortable={false}>
                <Checkbox
                  aria-label={text.selectAll}
                  checked={count === 0 ? false : count >= items.length ? true : "mixed"}
                  onChange={(_event, { checked }) => onSelectAll?.(checked !== false && count === 0)}
                />
              </TableHeaderCell>
            )}
            {all.map((column) => (
              <TableHeaderCell
                key={column.id}
                className={mergeClasses(column.numeric && styles.numeric)}
                style={column.width ? { width: column.width } : {}}
                sortable={column.sort !== undefined}
                {...(column.sort === props.sort && {
                  sortDirection: props.descending ? "descending" : "ascending",
                })}
                {...(column.sort && {
                  onClick: () =>
                    props.onSort(column.sort!, column.sort === props.sort && !props.descending),
                })}
              >
                {column.title}
              </TableHeaderCell>
            ))}
            <TableHeaderCell className={styles.actions} sortable={false} aria-label={text.actions} />
          </TableRow>
        </TableHeader>
        <TableBody>
          <Spacer rows={first} />
          {items.slice(first, last).map((item, i) => (
            <TableRow
              key={item.id}
              className={styles.row}
              aria-rowindex={first + i + 1}
              aria-selected={selected.has(item.id)}
              appearance={selected.has(item.id) ? "brand" : "none"}
              data-testid="row"
            >
              {onSelect && (
                <TableCell className={styles.check}>
                  <Checkbox
                    aria-label={text.select(nameOf(item))}
                    checked={selected.has(item.id)}
                    onChange={() => onSelect(item.id)}
                  />
                </TableCell>
              )}
              {all.map((column) => (
                <TableCell
                  key={column.id}
                  className={mergeClasses(styles.cell, column.numeric && styles.numeric)}
                >
                  {column.render(item)}
                </TableCell>
              ))}
              <TableCell className={styles.actions}>{renderMenu(item)}</TableCell>
            </TableRow>
          ))}
          <Spacer rows={items.length - last} />
        </TableBody>
      </Table>
    </div>
  );
}

function Name({ to, name }: { to: string | undefined; name: string }) {
  const styles = useStyles();
  return to === undefined ? (
    <span title={name}>{name}</span>
  ) : (
    <Link className={styles.name} to={to} title={name}>
      {name}
    </Link>
  );
}

// Stands for rows that are not drawn.
function Spacer({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden style={{ height: rows * kRow }}>
      <td />
    </tr>
  );
}

export function TableSkeleton() {
  const styles = useStyles();
  return (
    <Skeleton className={mergeClasses(styles.frame, styles.skeleton)} aria-label={text.loadingMore}>
      {Array.from({ length: 9 }, (_, i) => (
        <SkeletonItem key={i} size={32} />
      ))}
    </Skeleton>
  );
}
