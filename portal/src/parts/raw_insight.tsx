// Shows an insight exactly as it leaves POSS, and how to get it without the portal.
import {
  Button,
  DrawerBody,
  DrawerHeader,
  DrawerHeaderTitle,
  OverlayDrawer,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { apiPath } from "../api/client";
import type { Insight } from "../api/types";
import { formatClock } from "../format";
import { Command, CopyButton } from "./command";
import { strings } from "../strings";
import { text as live } from "../strings/live";

const text = live.raw;

const useStyles = makeStyles({
  drawer: { width: "min(560px, 100vw)" },
  body: { display: "flex", flexDirection: "column", gap: "16px", paddingBottom: "20px" },
  detail: { margin: 0, color: tokens.colorNeutralForeground2 },
  label: {
    margin: "0 0 6px",
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  jsonHead: { display: "flex", alignItems: "center", justifyContent: "space-between" },
  json: {
    margin: 0,
    padding: "12px",
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: "18px",
    fontVariantNumeric: "tabular-nums",
    overflowX: "auto",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

type Props = {
  insight: Insight | undefined;
  camera: string;
  open: boolean;
  onClose: () => void;
};

export default function RawInsight({ insight, camera, open, onClose }: Props) {
  const styles = useStyles();
  const json = insight ? JSON.stringify(insight, null, 2) : "";
  const url = `${location.origin}${apiPath("/insights", { camera, limit: 1 })}`;
  return (
    <OverlayDrawer
      className={styles.drawer}
      position="end"
      open={open}
      onOpenChange={(_event, data) => {
        if (!data.open) onClose();
      }}
    >
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Button
              appearance="subtle"
              aria-label={strings.close}
              icon={<DismissRegular />}
              onClick={onClose}
            />
          }
        >
          {text.title}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody className={styles.body}>
        <p className={styles.detail}>
          {insight ? `${formatClock(insight.timestamp)}. ${text.detail}` : text.none}
        </p>
        <div>
          <h3 className={styles.label}>{text.command}</h3>
          <Command text={`curl -s '${url}'`} />
        </div>
        {insight && (
          <div>
            <div className={styles.jsonHead}>
              <h3 className={styles.label}>{text.json}</h3>
              <CopyButton text={json} label={strings.copy} />
            </div>
            <pre className={styles.json} tabIndex={0} data-testid="raw-json">
              {json}
            </pre>
          </div>
        )}
      </DrawerBody>
    </OverlayDrawer>
  );
}
