// A page shown to those who have not signed in: the mark, a title and a small form.
import { Title2, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, type ReactNode } from "react";
import { strings } from "../strings";
import { Mark } from "./mark";

const useStyles = makeStyles({
  root: {
    minHeight: "100dvh",
    display: "grid",
    placeItems: "center",
    padding: "24px 16px 12vh",
    backgroundColor: tokens.colorNeutralBackground2,
  },
  card: {
    display: "grid",
    gap: "18px",
    width: "min(400px, 100%)",
    padding: "32px",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow8,
    "@media (max-width: 480px)": { padding: "24px 20px" },
  },
  brand: { display: "flex", alignItems: "center", gap: "10px", fontWeight: tokens.fontWeightSemibold, letterSpacing: "0.04em" },
  detail: { color: tokens.colorNeutralForeground2, textWrap: "pretty" },
});

type Props = { title: string; detail?: string; children?: ReactNode };

export function FrontPage({ title, detail, children }: Props) {
  const styles = useStyles();
  useEffect(() => {
    document.title = `${title} – ${strings.product}`;
  }, [title]);
  return (
    <main className={styles.root}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Mark /> {strings.product}
        </div>
        <Title2 as="h1">{title}</Title2>
        {detail && <p className={styles.detail}>{detail}</p>}
        {children}
      </div>
    </main>
  );
}
