// A titled part of a page, and a list of facts for it.
import { Subtitle2, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "12px",
    alignContent: "start",
    padding: "14px 16px 16px",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  facts: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(180px, 100%), 1fr))",
    gap: "12px 20px",
    margin: 0,
  },
  narrow: { gridTemplateColumns: "repeat(auto-fill, minmax(min(120px, 100%), 1fr))" },
  fact: { minWidth: 0 },
  term: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  value: { margin: 0, overflowWrap: "anywhere", fontVariantNumeric: "tabular-nums" },
});

type Props = { title: string; children: ReactNode; testId?: string };

export function Panel({ title, children, testId }: Props) {
  const styles = useStyles();
  return (
    <section className={styles.root} aria-label={title} data-testid={testId}>
      <Subtitle2 as="h2">{title}</Subtitle2>
      {children}
    </section>
  );
}

export type FactItem = { term: string; value: ReactNode };

// `narrow`: two columns even beside something else.
export function FactList({ facts, narrow = false }: { facts: readonly FactItem[]; narrow?: boolean }) {
  const styles = useStyles();
  return (
    <dl className={mergeClasses(styles.facts, narrow && styles.narrow)}>
      {facts.map(({ term, value }) => (
        <div className={styles.fact} key={term}>
          <dt className={styles.term}>{term}</dt>
          <dd className={styles.value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
