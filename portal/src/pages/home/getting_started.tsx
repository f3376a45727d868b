// The first steps, each leading to where it is done, ticked off by themselves.
import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled, ChevronRightRegular, CircleRegular } from "@fluentui/react-icons";
import { Link } from "react-router";
import { Panel } from "../../parts/panel";
import { text as home } from "../../strings/home";
import type { FirstStep } from "./use_getting_started";

const text = home.started;

const useStyles = makeStyles({
  head: { display: "flex", alignItems: "center", justifyContent: "space-between", color: tokens.colorNeutralForeground3, marginTop: "-8px", minHeight: "24px" },
  list: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", margin: "0 -8px", padding: 0, listStyleType: "none" },
  step: {
    display: "grid",
    gridTemplateColumns: "24px minmax(0, 1fr) 20px",
    alignItems: "center",
    gap: "0 10px",
    padding: "9px 8px",
    color: "inherit",
    textDecoration: "none",
    borderRadius: tokens.borderRadiusMedium,
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  mark: { fontSize: "22px", lineHeight: 1, color: tokens.colorNeutralForeground4 },
  ticked: { color: tokens.colorStatusSuccessForeground1 },
  title: { fontWeight: tokens.fontWeightSemibold },
  done: { fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground3 },
  next: { backgroundColor: tokens.colorSubtleBackgroundSelected },
  detail: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
});

export function GettingStarted({ steps, onHide }: { steps: readonly FirstStep[]; onHide?: (() => void) | undefined }) {
  const styles = useStyles();
  const done = steps.filter((step) => step.done).length;
  const next = steps.find((step) => !step.done);
  return (
    <Panel title={text.title} testId="getting-started">
      <div className={styles.head}>
        {text.done(done, steps.length)}
        {onHide && (
          <Button size="small" appearance="subtle" onClick={onHide}>
            {text.hide}
          </Button>
        )}
      </div>
      <ol className={styles.list}>
        {steps.map((step) => (
          <li key={step.name}>
            <Link className={mergeClasses(styles.step, step === next && styles.next)} to={step.to} data-done={step.done}>
              {step.done ? (
                <CheckmarkCircleFilled className={mergeClasses(styles.mark, styles.ticked)} aria-label={text.ticked} />
              ) : (
                <CircleRegular className={styles.mark} aria-label={text.open} />
              )}
              <span>
                <span className={step.done ? styles.done : styles.title}>{text[step.name].title}</span>
                {!step.done && (
                  <>
                    <br />
                    <span className={styles.detail}>{text[step.name].detail}</span>
                  </>
                )}
              </span>
              <ChevronRightRegular aria-hidden />
            </Link>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
