// A list of objects as cards or a table: search, filters, sort, menu and selection; long lists are
// fetched page by page and drawn only where they are seen.
import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Text,
  Title3,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import {
  DeleteRegular,
  DismissRegular,
  EditRegular,
  MoreHorizontalRegular,
  OpenRegular,
} from "@fluentui/react-icons";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import type { Kind, ObjectOf } from "../api/kinds";
import { useList } from "../api/objects";
import { useMay } from "../api/session";
import type { Role } from "../api/types";
import { formatCount } from "../format";
import { PageHeader, PrimaryButton, type PrimaryAction } from "../parts/page_header";
import { text } from "../strings/list";
import { CardGrid, CardSkeletons } from "./card_grid";
import { DeleteDialog } from "./delete_dialog";
import { changeListQuery, isFiltered, readListState, restQuery, type Sort } from "./list_address";
import { recallList, rememberList, storeView, storedView, type View } from "./list_memory";
import { ListTable, TableSkeleton } from "./list_table";
import { ListToolbar, type StatusChoice, type StatusWords } from "./list_toolbar";

const kPage = 100;

const useStyles = makeStyles({
  end: { display: "flex", justifyContent: "center", padding: "16px" },
  empty: {
    maxWidth: "560px",
    margin: "9vh auto",
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    gap: "14px",
    textAlign: "center",
  },
  emptyIcon: { fontSize: "52px", color: tokens.colorNeutralForeground4, lineHeight: 1 },
  emptyDetail: { color: tokens.colorNeutralForeground2, textWrap: "pretty" },
  selection: {
    position: "sticky",
    bottom: "16px",
    zIndex: 6,
    display: "flex",
    alignItems: "center",
    gap: "8px",
    width: "fit-content",
    margin: "16px auto 0",
    padding: "8px 8px 8px 16px",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow16,
  },
});

export type Column<T> = {
  id: string;
  title: string;
  render: (item: T) => ReactNode;
  sort?: Sort; // the server can sort by it
  numeric?: boolean;
  width?: string; // CSS width
};

export type MenuAction<T> = {
  id: string;
  text: string;
  icon?: ReactNode;
  // Who may; operators by default.
  role?: Role;
  run: (item: T) => void;
  disabled?: boolean;
};

export type CardContent<T> = {
  // Fills the 16:9 field; without it the list's icon stands there.
  picture?: (item: T) => ReactNode;
  // At the right of the name: the state.
  pill?: (item: T) => ReactNode;
  // The second line.
  line?: (item: T) => ReactNode;
};

export type ListPageProps<K extends Kind> = {
  kind: K;
  title: string;
  detail?: ReactNode;
  things: string; // what is listed, in small letters: "cameras"
  icon: ReactNode; // of the empty state and of cards without a picture
  empty: { title: string; detail: string; children?: ReactNode };
  primary?: PrimaryAction; // shown to those who may change things
  primaryRole?: Role; // operator otherwise
  tabs?: ReactNode; // between the head and the list
  untagged?: boolean; // no filter by tag
  columns: readonly Column<ObjectOf<K>>[]; // after the name, which is always first
  card?: CardContent<ObjectOf<K>>; // without it there is only the table
  nameOf?: (item: ObjectOf<K>) => string;
  viewAddress?: (item: ObjectOf<K>) => string;
  editAddress?: (item: ObjectOf<K>) => string;
  // Where a name leads when it is not the item's own page.
  linkOf?: (item: ObjectOf<K>) => string | undefined;
  statuses?: readonly StatusChoice[];
  statusWords?: StatusWords;
  sorts?: readonly Sort[];
  defaultSort?: { sort: Sort; descending?: boolean };
  // Names of the resource's own filters that stand in the address, and what sets them.
  filterNames?: readonly string[];
  filters?: (values: Record<string, string>, set: (name: string, value: string) => void) => ReactNode;
  // Always part of the REST query.
  fixed?: Record<string, string>;
  // Before Delete in the menu.
  menu?: (item: ObjectOf<K>) => readonly MenuAction<ObjectOf<K>>[];
  // Whether an item can be deleted; "never" takes it out of the menu.
  removable?: "never" | ((item: ObjectOf<K>) => boolean);
  removeDetail?: ReactNode;
  removeRole?: Role;
  // Further actions in the head.
  actions?: ReactNode;
};

function defaultName(item: { id: string }): string {
  return "name" in item && typeof item.name === "string" ? item.name : item.id;
}

export function ListPage<K extends Kind>(props: ListPageProps<K>) {
  type T = ObjectOf<K>;
  const { kind, title, detail, things, empty, columns, card, statuses = [], fixed } = props;
  const { nameOf = defaultName, filterNames, defaultSort, removable, removeRole = "operator" } = props;
  const styles = useStyles();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const mayRemove = useMay(removeRole) && removable !== "never";
  const mayAdmin = useMay("admin");
  const { pathname } = useLocation();
  const [search, setSearch] = useSearchParams();
  const state = readListState(search, filterNames, defaultSort);
  const [view, setView] = useState<View>(() => (card ? (storedView(kind) ?? "cards") : "table"));
  const [remembered] = useState(() => recallList(pathname));
  const [selected, setSelected] = useState<ReadonlySet<string>>(remembered?.selected ?? new Set());
  const [deleting, setDeleting] = useState<readonly T[]>();

  // Coming back without a query: the one from before.
  const restore = search.size === 0 && remembered !== undefined && remembered.query !== "";
  const [restoring, setRestoring] = useState(restore);
  useEffect(() => {
    if (!restoring) return;
    setSearch(new URLSearchParams(remembered!.query), { replace: true, preventScrollReset: true });
    // eslint-disable-next-line react-hooks/set-state-in-effect -- once, on arriving
    setRestoring(false);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, on arriving
  }, []);
  const queryText = search.toString();
  useEffect(() => {
    if (!restoring) rememberList(pathname, { query: queryText });
  }, [pathname, queryText, restoring]);
  useEffect(() => rememberList(pathname, { selected }), [pathname, selected]);

  const list = useList(kind, { ...fixed, ...restQuery(state, kPage) }, !restoring);
  const items = list.items as T[] | undefined;
  useScrollMemory(pathname, items !== undefined, remembered?.scroll ?? 0);

  const change = (next: Record<string, string | boolean>) => {
    setSelected(new Set());
    setSearch(changeListQuery(search, next, defaultSort), { replace: true });
  };
  const chosen = useMemo(
    () => (items ?? []).filter(({ id }) => selected.has(id)),
    [items, selected],
  );
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };

  const canRemove = (item: T) =>
    mayRemove && (typeof removable !== "function" || removable(item));
  const actionsOf = (item: T): MenuAction<T>[] => {
    const all: MenuAction<T>[] = [];
    const { viewAddress, editAddress } = props;
    if (viewAddress) {
      all.push({
        id: "view",
        text: text.open,
        icon: <OpenRegular />,
        role: "viewer",
        run: () => void navigate(viewAddress(item)),
      });
    }
    if (editAddress) {
      all.push({
        id: "edit",
        text: text.edit,
        icon: <EditRegular />,
        run: () => void navigate(editAddress(item)),
      });
    }
    all.push(...(props.menu?.(item) ?? []));
    if (canRemove(item)) {
      all.push({
        id: "delete",
        text: text.remove,
        icon: <DeleteRegular />,
        role: removeRole,
        run: () => setDeleting([item]),
      });
    }
    return all.filter(
      ({ role = "operator" }) =>
        role === "viewer" || (role === "operator" && mayChange) || (role === "admin" && mayAdmin),
    );
  };
  const renderMenu = (item: T) => {
    const actions = actionsOf(item);
    if (actions.length === 0) return null;
    return <ItemMenu name={nameOf(item)} item={item} actions={actions} />;
  };
  const address = (item: T) => props.linkOf?.(item) ?? (props.viewAddress ?? (mayChange ? props.editAddress : undefined))?.(item);
  const selectable = mayRemove;
  const shown = {
    things,
    items: items ?? [],
    total: list.total,
    nameOf,
    address,
    renderMenu,
    selected,
    onSelect: selectable ? toggle : undefined,
  };
  const filtered = isFiltered(state);
  const isEmpty = items?.length === 0;
  const primary = useMay(props.primaryRole ?? "operator") ? props.primary : undefined;
  const isNew = isEmpty && !filtered;

  return (
    <div data-testid={`list-${kind}`}>
      <PageHeader title={title} {...(detail !== undefined && { detail })} primary={primary}>
        {props.actions}
      </PageHeader>
      {props.tabs}
      {!isNew && (
        <ListToolbar
          things={things}
          untagged={props.untagged}
          state={state}
          statuses={statuses}
          statusWords={props.statusWords}
          sorts={props.sorts ?? ["name", "created", "updated", ...(statuses.length > 0 ? (["status"] as const) : [])]}
          total={items === undefined ? undefined : list.total}
          onChange={change}
          {...(card && {
            view,
            onView: (next: View) => {
              setView(next);
              storeView(kind, next);
            },
          })}
        >
          {props.filters?.(state.filters, (name, value) => change({ [name]: value }))}
        </ListToolbar>
      )}
      {list.isError && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{items ? text.stale : text.failed(things)}</MessageBarTitle>{" "}
            {list.error.message}
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={() => void list.refetch()}>{text.tryAgain}</Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {!items && !list.isError && (view === "cards" ? <CardSkeletons /> : <TableSkeleton />)}
      {isNew && (
        <div className={styles.empty} data-testid="empty">
          <span className={styles.emptyIcon} aria-hidden>
            {props.icon}
          </span>
          <Title3 as="h2">{empty.title}</Title3>
          <p className={styles.emptyDetail}>{empty.detail}</p>
          {primary && <PrimaryButton action={primary} />}
          {empty.children}
        </div>
      )}
      {isEmpty && filtered && (
        <div className={styles.empty} data-testid="no-match">
          <Title3 as="h2">{text.noMatch(things)}</Title3>
          <p className={styles.emptyDetail}>{text.noMatchDetail}</p>
          <Button
            onClick={() => {
              const filters = Object.fromEntries(Object.keys(state.filters).map((name) => [name, ""]));
              change({ search: "", tag: "", status: "", ...filters });
            }}
          >
            {text.clearFilters}
          </Button>
        </div>
      )}
      {items && !isEmpty && view === "cards" && card && (
        <CardGrid {...shown} card={card} icon={props.icon} />
      )}
      {items && !isEmpty && view === "table" && (
        <ListTable
          {...shown}
          columns={columns}
          sort={state.sort}
          descending={state.descending}
          onSort={(sort, descending) => change({ sort, descending })}
          onSelectAll={
            selectable
              ? (all) => setSelected(all ? new Set(items.map(({ id }) => id)) : new Set())
              : undefined
          }
        />
      )}
      <More
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
      {chosen.length > 0 && (
        <div className={styles.selection} role="region" aria-label={text.selected(formatCount(chosen.length))}>
          <Text weight="semibold">{text.selected(formatCount(chosen.length))}</Text>
          <Button
            icon={<DeleteRegular />}
            disabled={!chosen.every(canRemove)}
            onClick={() => setDeleting(chosen)}
          >
            {text.deleteSelected}
          </Button>
          <Button
            appearance="subtle"
            icon={<DismissRegular />}
            aria-label={text.clearSelection}
            onClick={() => setSelected(new Set())}
          />
        </div>
      )}
      {deleting && (
        <DeleteDialog
          kind={kind}
          things={things}
          items={deleting.map((item) => ({ id: item.id, revision: item.revision, name: nameOf(item) }))}
          detail={props.removeDetail}
          onClose={() => setDeleting(undefined)}
          onDeleted={(ids) => setSelected(new Set([...selected].filter((id) => !ids.includes(id))))}
        />
      )}
    </div>
  );
}

function ItemMenu<T>({ name, item, actions }: { name: string; item: T; actions: readonly MenuAction<T>[] }) {
  return (
    <Menu positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <Button
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          aria-label={text.menu(name)}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {actions.map((action) => (
            <MenuItem
              key={action.id}
              disabled={action.disabled ?? false}
              {...(action.icon !== undefined && { icon: action.icon as React.JSX.Element })}
              onClick={() => action.run(item)}
            >
              {action.text}
            </MenuItem>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

// Fetches the next page when the end comes near; the button is for those who do not scroll.
function More({ hasMore, isLoading, onMore }: { hasMore: boolean; isLoading: boolean; onMore: () => void }) {
  const styles = useStyles();
  const end = useRef<HTMLDivElement>(null);
  const load = useRef(onMore);
  useEffect(() => {
    load.current = onMore;
  });
  useEffect(() => {
    if (!hasMore || isLoading || !end.current) return;
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) load.current();
      },
      { rootMargin: "900px" },
    );
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [hasMore, isLoading]);
  if (!hasMore) return null;
  return (
    <div className={styles.end} ref={end}>
      <Button disabled={isLoading} onClick={onMore}>
        {isLoading ? text.loadingMore : text.more}
      </Button>
    </div>
  );
}

// Keeps the page's place in the list while one is elsewhere.
function useScrollMemory(path: string, ready: boolean, from: number): void {
  const restored = useRef(false);
  useLayoutEffect(() => {
    if (!ready || restored.current) return undefined;
    restored.current = true;
    const go = () => window.scrollTo({ top: from, behavior: "instant" });
    go();
    // Once more when the rows that are not drawn have their height.
    const frame = requestAnimationFrame(go);
    return () => cancelAnimationFrame(frame);
  }, [ready, from]);
  // Ends with the page's last moment: what follows it is another page's scrolling.
  useLayoutEffect(() => {
    const keep = () => {
      if (restored.current) rememberList(path, { scroll: window.scrollY });
    };
    window.addEventListener("scroll", keep, { passive: true });
    return () => window.removeEventListener("scroll", keep);
  }, [path]);
}
