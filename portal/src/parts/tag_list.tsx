// An object's tags in one line.
import { Badge, makeStyles } from "@fluentui/react-components";

const useStyles = makeStyles({
  root: { display: "inline-flex", gap: "4px", overflow: "hidden", verticalAlign: "middle" },
});

export function TagList({ tags }: { tags: Record<string, string> }) {
  const styles = useStyles();
  return (
    <span className={styles.root}>
      {Object.entries(tags).map(([name, value]) => (
        <Badge key={name} appearance="outline" color="informative">
          {value === "" ? name : `${name} = ${value}`}
        </Badge>
      ))}
    </span>
  );
}
