// How the machine is: disk, store, version, and how long things are kept.
import { ProgressBar, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { get } from "../../api/client";
import { useSystem } from "../../api/server_context";
import { useMay } from "../../api/session";
import type { Settings } from "../../api/types";
import { formatBytes, formatSpan } from "../../format";
import { FactList, Panel } from "../../parts/panel";
import { text as home } from "../../strings/home";

const text = home.system;
const kLow = 0.05; // of the disk

const useStyles = makeStyles({
  disk: { display: "grid", gap: "6px" },
  line: { display: "flex", justifyContent: "space-between", gap: "12px", fontVariantNumeric: "tabular-nums" },
  low: { color: tokens.colorStatusDangerForeground1, textWrap: "pretty" },
  retention: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    textWrap: "pretty",
  },
  link: { color: tokens.colorBrandForegroundLink },
});

export function SystemPanel() {
  const styles = useStyles();
  const { data: system } = useSystem();
  const cache = useQueryClient();
  // No event tells how full the disk is: asked once whenever the page is opened.
  useEffect(() => void cache.invalidateQueries({ queryKey: ["system"] }), [cache]);
  const mayChange = useMay("admin");
  const { data: settings } = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => get<Settings>("/settings", {}, signal),
    retry: false,
  });
  if (!system) return null;
  const { disk, store_bytes } = system;
  const used = disk.total_bytes > 0 ? 1 - disk.free_bytes / disk.total_bytes : undefined;
  const isLow = used !== undefined && 1 - used < kLow;
  return (
    <Panel title={text.title} testId="system">
      {used !== undefined && (
        <div className={styles.disk}>
          <div className={styles.line}>
            <span id="home-disk">{text.disk}</span>
            <span>{text.free(formatBytes(disk.free_bytes), formatBytes(disk.total_bytes))}</span>
          </div>
          <ProgressBar value={used} thickness="large" color={isLow ? "error" : "brand"} aria-labelledby="home-disk" />
          {isLow && <p className={styles.low}>{text.diskLow}</p>}
        </div>
      )}
      <FactList
        narrow
        facts={[
          { term: text.machine, value: system.hostname },
          { term: text.version, value: system.version },
          { term: text.store, value: formatBytes(store_bytes) },
          { term: text.uptime, value: formatSpan(system.uptime_s) },
        ]}
      />
      {settings && (
        <p className={styles.retention}>
          {text.retention(settings)}{" "}
          {mayChange && (
            <Link className={styles.link} to="/settings/retention">
              {text.change}
            </Link>
          )}
        </p>
      )}
    </Panel>
  );
}
