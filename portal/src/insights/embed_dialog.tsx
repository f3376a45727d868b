// Shows code that gets the insights of a filter, to copy.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Radio,
  RadioGroup,
  Tab,
  TabList,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useState } from "react";
import { Link } from "react-router";
import { useSession } from "../api/session";
import { CopyButton } from "../parts/command";
import { strings } from "../strings";
import { text as insights } from "../strings/insights";
import { embedCode, type Language } from "./embed";
import type { InsightFilter } from "./filter";

const text = insights.embedDialog;

const useStyles = makeStyles({
  surface: { maxWidth: "720px" },
  content: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "12px" },
  frame: {
    position: "relative",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  code: {
    margin: 0,
    padding: "12px 44px 12px 12px",
    maxHeight: "46vh",
    overflow: "auto",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: "18px",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  copy: { position: "absolute", top: "6px", right: "6px" },
});

const languages = Object.keys(text.languages) as Language[];

type Props = { filter: Pick<InsightFilter, "camera" | "deployment" | "label">; onClose: () => void };

export function EmbedDialog({ filter, onClose }: Props) {
  const styles = useStyles();
  const { data: session } = useSession();
  const [language, setLanguage] = useState<Language>("curl");
  const [live, setLive] = useState(false);
  const signIn = session?.demo !== true;
  const { camera, deployment, label } = filter;
  const code = embedCode(language, {
    origin: location.origin,
    query: { ...(camera && { camera }), ...(deployment && { deployment }), ...(label && { label }) },
    live,
    signIn,
  });
  const name = text.languages[language];
  return (
    <Dialog open onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>{text.title}</DialogTitle>
          <DialogContent className={styles.content}>
            <div>{text.detail}</div>
            <RadioGroup
              layout="horizontal"
              aria-label={text.what}
              value={live ? "live" : "newest"}
              onChange={(_event, { value }) => setLive(value === "live")}
            >
              <Radio value="newest" label={text.newest} />
              <Radio value="live" label={text.live} />
            </RadioGroup>
            <TabList
              aria-label={text.language}
              selectedValue={language}
              onTabSelect={(_event, { value }) => setLanguage(value as Language)}
            >
              {languages.map((one) => (
                <Tab key={one} value={one}>
                  {text.languages[one]}
                </Tab>
              ))}
            </TabList>
            <div className={styles.frame}>
              <pre className={styles.code} tabIndex={0} role="region" aria-label={text.code(name)} data-testid="code">
                {code}
              </pre>
              <div className={styles.copy}>
                <CopyButton text={code} label={text.copy(name)} />
              </div>
            </div>
            {signIn && (
              <div>
                {text.token} <Link to="/settings/tokens">{text.tokenLink}</Link>.
              </div>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{strings.close}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
