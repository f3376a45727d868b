// Other objects that a page tells of, each with its state, as links in a list.
import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { Link } from "react-router";

const useStyles = makeStyles({
  list: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", margin: 0, padding: 0, listStyleType: "none" },
  item: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: "4px 12px",
    minHeight: "40px",
    padding: "4px 0",
    "& + &": { borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
  },
  link: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    textDecoration: "none",
    overflowWrap: "anywhere",
    ":hover": { textDecoration: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "2px" },
  },
  plain: { fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  detail: {
    flex: "1 1 240px",
    minWidth: 0,
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflowWrap: "anywhere",
  },
});

// Without `to` it leads nowhere.
export type ObjectLink = { id: string; to?: string; name: string; pill?: ReactNode; detail?: ReactNode };

export function ObjectLinks({ links }: { links: readonly ObjectLink[] }) {
  const styles = useStyles();
  return (
    <ul className={styles.list}>
      {links.map(({ id, to, name, pill, detail }) => (
        <li key={id} className={styles.item}>
          {to === undefined ? (
            <span className={styles.plain}>{name}</span>
          ) : (
            <Link className={styles.link} to={to}>
              {name}
            </Link>
          )}
          {pill}
          {detail && <span className={styles.detail}>{detail}</span>}
        </li>
      ))}
    </ul>
  );
}
