// Says within the picture's place why there is no picture, and what to do.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  root: {
    position: "absolute",
    inset: 0,
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    justifyContent: "center",
    gap: tokens.spacingVerticalS,
    padding: tokens.spacingHorizontalXXL,
    textAlign: "center",
    color: "#f2f5f5",
    backgroundColor: "rgba(11, 14, 15, 0.78)",
    overflowY: "auto",
  },
  icon: { fontSize: "36px", lineHeight: 1, color: "#9fb0b3", "@media (max-width: 640px)": { display: "none" } },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
    fontWeight: tokens.fontWeightSemibold,
    textWrap: "balance",
    "@media (max-width: 640px)": { fontSize: tokens.fontSizeBase300, lineHeight: tokens.lineHeightBase300 },
  },
  text: {
    margin: 0,
    maxWidth: "60ch",
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    overflowWrap: "anywhere",
    textWrap: "pretty",
    "@media (max-width: 640px)": { fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
  },
  quiet: { color: "#b4c2c4" },
});

type Props = {
  icon: ReactNode;
  title: string;
  cause?: string;
  remedy?: string;
  detail?: ReactNode;
};

export function StageNotice({ icon, title, cause, remedy, detail }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.root} role="status" data-testid="stage-notice">
      <span className={styles.icon} aria-hidden>
        {icon}
      </span>
      <h2 className={styles.title}>{title}</h2>
      {cause && <p className={styles.text}>{cause}</p>}
      {remedy && <p className={mergeClasses(styles.text, styles.quiet)}>{remedy}</p>}
      {detail && <p className={mergeClasses(styles.text, styles.quiet)}>{detail}</p>}
    </div>
  );
}
