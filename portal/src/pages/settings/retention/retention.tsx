// The section Retention: how much is kept, and how full the disk is.
import { ProgressBar, makeStyles, tokens } from "@fluentui/react-components";
import { useSystem } from "../../../api/server_context";
import { NumberField } from "../../../form/fields";
import { formatBytes } from "../../../format";
import { Ago } from "../../../parts/ago";
import { PageHeader } from "../../../parts/page_header";
import { Panel } from "../../../parts/panel";
import { text as upkeep } from "../../../strings/upkeep";
import { SettingsForm } from "../settings_form";
import { checkRetention } from "./check";

const text = upkeep.retention;

const useStyles = makeStyles({
  pair: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(220px, 100%), 1fr))", gap: "14px" },
  usage: { display: "grid", gap: "8px" },
  line: { display: "flex", flexWrap: "wrap", justifyContent: "space-between", gap: "2px 16px", fontVariantNumeric: "tabular-nums" },
  quiet: { color: tokens.colorNeutralForeground2, fontVariantNumeric: "tabular-nums" },
  below: { color: tokens.colorStatusDangerForeground1 },
});

export default function Retention() {
  const styles = useStyles();
  return (
    <div>
      <PageHeader title={text.title} detail={text.detail} />
      <SettingsForm
        check={checkRetention}
        render={({ draft, field }) => (
          <>
            <Panel title={text.insights}>
              <div className={styles.pair}>
                <NumberField field={field("insight_days")} label={text.days} unit={text.daysUnit} hint={text.daysHint} required />
                <NumberField field={field("insight_gb")} label={text.gb} unit="GB" hint={text.gbHint} required />
              </div>
            </Panel>
            <Panel title={text.recordings}>
              <div className={styles.pair}>
                <NumberField field={field("recording_days")} label={text.days} unit={text.daysUnit} hint={text.daysHint} required />
                <NumberField field={field("recording_gb")} label={text.gb} unit="GB" hint={text.gbHint} required />
              </div>
            </Panel>
            <Panel title={text.disk} testId="disk">
              <Usage floor={draft.disk_floor_gb ?? 0} />
              <NumberField field={field("disk_floor_gb")} label={text.floor} unit="GB" hint={text.floorHint} required />
            </Panel>
          </>
        )}
      />
    </div>
  );
}

function Usage({ floor }: { floor: number }) {
  const styles = useStyles();
  const { data } = useSystem();
  if (!data || data.disk.total_bytes <= 0) return null;
  const { disk, store_bytes, retention } = data;
  const used = disk.total_bytes - disk.free_bytes;
  const isBelow = disk.free_bytes < floor * 1e9;
  return (
    <div className={styles.usage}>
      <div className={styles.line}>
        <span>{text.used(formatBytes(used), formatBytes(disk.total_bytes))}</span>
        <span className={styles.quiet}>
          {text.free(formatBytes(disk.free_bytes))} · {text.store(formatBytes(store_bytes))}
        </span>
      </div>
      <ProgressBar
        value={used / disk.total_bytes}
        thickness="large"
        color={isBelow ? "error" : "brand"}
        aria-label={text.usage}
      />
      {isBelow && <span className={styles.below}>{text.below}</span>}
      <span className={styles.quiet}>
        {retention.text ? (
          <>
            {text.last}: {retention.text} <Ago time={Date.parse(retention.time) / 1000} />
          </>
        ) : (
          text.nothing
        )}
      </span>
    </div>
  );
}
