// The state of a thing as one pill: green, amber, red or grey, with its cause on hover.
import { Badge, Tooltip, makeStyles } from "@fluentui/react-components";

export type Tone = "good" | "busy" | "warning" | "bad" | "quiet";

const useStyles = makeStyles({
  pill: { whiteSpace: "nowrap", flexShrink: 0, paddingLeft: "8px", paddingRight: "9px" },
  dot: {
    width: "6px",
    height: "6px",
    borderRadius: "50%",
    backgroundColor: "currentColor",
    marginRight: "5px",
    flexShrink: 0,
  },
});

const colors = {
  good: "success",
  busy: "informative",
  warning: "warning",
  bad: "danger",
  quiet: "informative",
} as const;

type Props = { tone: Tone; text: string; cause?: string; size?: "small" | "medium" };

export function StatePill({ tone, text, cause, size = "medium" }: Props) {
  const styles = useStyles();
  const pill = (
    <Badge
      className={styles.pill}
      appearance="tint"
      shape="circular"
      size={size === "small" ? "medium" : "large"}
      color={colors[tone]}
      // Focusable only when there is more to read than the text.
      {...(cause && { tabIndex: 0 })}
    >
      <span className={styles.dot} aria-hidden />
      {text}
    </Badge>
  );
  if (!cause) return pill;
  return (
    <Tooltip content={cause} relationship="description" withArrow>
      {pill}
    </Tooltip>
  );
}
