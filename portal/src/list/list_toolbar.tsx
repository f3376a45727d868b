// Search, filters, sort and view of a list.
import {
  Button,
  Dropdown,
  Field,
  Input,
  Menu,
  MenuDivider,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  SearchBox,
  Text,
  ToggleButton,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowSortRegular,
  GridRegular,
  TagRegular,
  TextBulletListSquareRegular,
} from "@fluentui/react-icons";
import { useEffect, useState, type ReactNode } from "react";
import { formatCount } from "../format";
import { text } from "../strings/list";
import type { ListState, Sort } from "./list_address";
import type { View } from "./list_memory";

const kTypingPause = 200; // ms

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: "8px",
    marginBottom: "16px",
  },
  search: { flex: "1 1 200px", maxWidth: "320px" },
  status: { minWidth: "140px" },
  space: { flex: "1 1 auto" },
  count: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  views: { display: "flex" },
  tagForm: { display: "grid", gap: "12px", width: "260px" },
  tagButtons: { display: "flex", gap: "8px" },
});

export type StatusChoice = { value: string; text: string };
// What the filter by status is called, where it is not that.
export type StatusWords = { label: string; any: string };

type Props = {
  things: string;
  state: ListState;
  statuses: readonly StatusChoice[];
  statusWords?: StatusWords | undefined;
  sorts: readonly Sort[];
  total: number | undefined;
  onChange: (change: Record<string, string | boolean>) => void;
  untagged?: boolean | undefined;
  view?: View;
  onView?: (view: View) => void;
  children?: ReactNode;
};

export function ListToolbar(props: Props) {
  const { things, state, statuses, sorts, total, onChange, view, onView, children } = props;
  const styles = useStyles();
  const [typed, setTyped] = useState(state.search);
  const [known, setKnown] = useState(state.search);
  if (known !== state.search) {
    // The address changed by other means, such as Clear filters or the Back button.
    setKnown(state.search);
    setTyped(state.search);
  }
  useEffect(() => {
    if (typed.trim() === state.search) return;
    const timer = setTimeout(() => onChange({ search: typed.trim() }), kTypingPause);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- runs for what was typed only
  }, [typed]);
  const words = props.statusWords ?? { label: text.status, any: text.anyStatus };
  const statusText = statuses.find(({ value }) => value === state.status)?.text ?? words.any;
  return (
    <div className={styles.root} role="search">
      <SearchBox
        className={styles.search}
        placeholder={text.search(things)}
        aria-label={text.search(things)}
        value={typed}
        onChange={(_event, { value }) => setTyped(value)}
      />
      {statuses.length > 0 && (
        <Dropdown
          className={styles.status}
          aria-label={words.label}
          value={statusText}
          selectedOptions={[state.status]}
          onOptionSelect={(_event, { optionValue }) => onChange({ status: optionValue ?? "" })}
        >
          <Option value="">{words.any}</Option>
          {statuses.map((status) => (
            <Option key={status.value} value={status.value}>
              {status.text}
            </Option>
          ))}
        </Dropdown>
      )}
      {!props.untagged && <TagFilter tag={state.tag} onChange={(tag) => onChange({ tag })} />}
      {children}
      <span className={styles.space} />
      {total !== undefined && (
        <Text className={styles.count} size={200} aria-live="polite">
          {text.count(formatCount(total), things)}
        </Text>
      )}
      <Menu
        checkedValues={{ sort: [state.sort], order: [String(state.descending)] }}
        onCheckedValueChange={(_event, { name, checkedItems }) => {
          const value = checkedItems[0];
          if (value === undefined) return;
          onChange(name === "sort" ? { sort: value } : { descending: value === "true" });
        }}
      >
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={<ArrowSortRegular />}>
            {text.sortBy[state.sort]}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {sorts.map((sort) => (
              <MenuItemRadio key={sort} name="sort" value={sort}>
                {text.sortBy[sort]}
              </MenuItemRadio>
            ))}
            <MenuDivider />
            <MenuItemRadio name="order" value="false">
              {text.ascending}
            </MenuItemRadio>
            <MenuItemRadio name="order" value="true">
              {text.descending}
            </MenuItemRadio>
          </MenuList>
        </MenuPopover>
      </Menu>
      {view && onView && (
        <div className={styles.views} role="group" aria-label={text.view}>
          <ToggleButton
            appearance="subtle"
            icon={<GridRegular />}
            aria-label={text.cards}
            title={text.cards}
            checked={view === "cards"}
            onClick={() => onView("cards")}
          />
          <ToggleButton
            appearance="subtle"
            icon={<TextBulletListSquareRegular />}
            aria-label={text.table}
            title={text.table}
            checked={view === "table"}
            onClick={() => onView("table")}
          />
        </div>
      )}
    </div>
  );
}

function TagFilter({ tag, onChange }: { tag: string; onChange: (tag: string) => void }) {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState(tag);
  const apply = (next: string) => {
    onChange(next.trim());
    setOpen(false);
  };
  return (
    <Popover
      open={open}
      trapFocus
      positioning="below-start"
      onOpenChange={(_event, data) => {
        setTyped(tag);
        setOpen(data.open);
      }}
    >
      <PopoverTrigger disableButtonEnhancement>
        <Button appearance={tag ? "outline" : "subtle"} icon={<TagRegular />}>
          {tag ? text.tagSet(tag) : text.tag}
        </Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={text.tag}>
        <form
          className={styles.tagForm}
          onSubmit={(event) => {
            event.preventDefault();
            apply(typed);
          }}
        >
          <Field label={text.tag} hint={text.tagHelp}>
            <Input
              value={typed}
              placeholder={text.tagPlaceholder}
              onChange={(_event, { value }) => setTyped(value)}
            />
          </Field>
          <div className={styles.tagButtons}>
            <Button type="submit" appearance="primary">
              {text.apply}
            </Button>
            {tag && <Button onClick={() => apply("")}>{text.clear}</Button>}
          </div>
        </form>
      </PopoverSurface>
    </Popover>
  );
}
