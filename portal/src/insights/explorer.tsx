// Insights now and in the past: filter, counts over time, confidence, and the table, live at its
// top. What is looked at stands in the page's address.
import {
  Badge,
  Button,
  Dropdown,
  Field,
  Input,
  Menu,
  MenuGroup,
  MenuGroupHeader,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Option,
  Skeleton,
  SkeletonItem,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { ArrowDownloadRegular, CodeRegular, PauseRegular, PlayRegular } from "@fluentui/react-icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useMemo, useState, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import { get } from "../api/client";
import { useNames } from "../api/objects";
import { useStreamState } from "../api/server_context";
import type { Insight, InsightCounts, Items } from "../api/types";
import { LabelField } from "../form/labels_field";
import { ReferenceField } from "../form/reference_field";
import { formatCount } from "../format";
import { Panel } from "../parts/panel";
import { useNow } from "../parts/use_now";
import { strings } from "../strings";
import { text } from "../strings/insights";
import { ConfidenceChart } from "./confidence_chart";
import { withLive } from "./counts";
import { CountsChart } from "./counts_chart";
import { EmbedDialog } from "./embed_dialog";
import type { FeedRow } from "./feed";
import {
  changeFilter,
  exportAddress,
  fromLocalInput,
  insightQuery,
  ranges,
  readFilter,
  rfc3339,
  spanOf,
  toLocalInput,
  type InsightFilter,
  type Range,
} from "./filter";
import { InsightTable } from "./insight_table";
import { useHistory } from "./use_history";

const RawInsight = lazy(() => import("../parts/raw_insight"));

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  filter: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(190px, 100%), 1fr))",
    gap: "12px",
    alignItems: "start",
  },
  narrow: { minWidth: 0, width: "100%" },
  actions: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px" },
  limit: {
    height: "auto",
    maxWidth: "260px",
    paddingBottom: "6px",
    fontWeight: tokens.fontWeightRegular,
    lineHeight: tokens.lineHeightBase200,
    textWrap: "pretty",
  },
  space: { flex: "1 1 auto" },
  charts: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(220px, 280px)",
    gap: "16px",
    alignItems: "stretch",
    "@media (max-width: 960px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  end: { display: "flex", justifyContent: "center", paddingTop: "8px", color: tokens.colorNeutralForeground3 },
  dot: { width: "8px", height: "8px", borderRadius: "50%", marginRight: "6px", backgroundColor: tokens.colorStatusSuccessForeground1 },
  state: { display: "inline-flex", alignItems: "center", color: tokens.colorNeutralForeground2 },
});

const rangeNames = [...Object.keys(ranges), "custom"] as Range[];

type Props = {
  fixedDeployment?: string; // only its insights
  empty: ReactNode; // when there are none at all
};

export function InsightExplorer({ fixedDeployment, empty }: Props) {
  const styles = useStyles();
  const [search, setSearch] = useSearchParams();
  const filter = { ...readFilter(search), ...(fixedDeployment !== undefined && { deployment: fixedDeployment }) };
  const set = (change: Partial<InsightFilter>) =>
    setSearch(changeFilter(search, change), { preventScrollReset: true, replace: true });
  return (
    <div className={styles.root}>
      <FilterBar filter={filter} set={set} fixedDeployment={fixedDeployment} />
      <Shown key={JSON.stringify(filter)} filter={filter} set={set} fixed={fixedDeployment !== undefined} empty={empty} />
    </div>
  );
}

type FilterProps = {
  filter: InsightFilter;
  set: (change: Partial<InsightFilter>) => void;
  fixedDeployment: string | undefined;
};

// The labels that insights of a camera and deployment have or had.
function useLabels(camera: string, deployment: string) {
  return useQuery({
    queryKey: ["insights", "labels", camera, deployment],
    queryFn: ({ signal }) =>
      get<Items<string>>(
        "/insights/labels",
        { ...(camera && { camera }), ...(deployment && { deployment }) },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
}

function FilterBar({ filter, set, fixedDeployment }: FilterProps) {
  const styles = useStyles();
  const { camera, deployment } = filter;
  const labels = useLabels(camera, deployment);
  const field = (name: "camera" | "deployment" | "label") => ({
    path: `filter.${name}`,
    value: filter[name],
    set: (value: string) => set({ [name]: value }),
    problems: [],
  });
  const wrongOrder = filter.from !== "" && filter.to !== "" && Date.parse(filter.to) <= Date.parse(filter.from);
  return (
    <div className={styles.filter} role="search" aria-label={text.filter}>
      <ReferenceField field={field("camera")} label={text.camera} kind="camera" placeholder={text.anyCamera} />
      {fixedDeployment === undefined && (
        <ReferenceField
          field={field("deployment")}
          label={text.deployment}
          kind="deployment"
          placeholder={text.anyDeployment}
        />
      )}
      <LabelField
        field={field("label")}
        label={text.label}
        offered={labels.data?.items ?? []}
        placeholder={text.anyLabel}
      />
      <Field label={text.time}>
        <Dropdown
          className={styles.narrow}
          value={text.range[filter.range]}
          selectedOptions={[filter.range]}
          onOptionSelect={(_event, { optionValue }) => {
            const range = optionValue as Range;
            if (range !== "custom") set({ range });
            else set({ from: rfc3339(Math.floor(spanOf(filter, Date.now() / 1000).from)) });
          }}
        >
          {rangeNames.map((range) => (
            <Option key={range} value={range}>
              {text.range[range]}
            </Option>
          ))}
        </Dropdown>
      </Field>
      {filter.range === "custom" && (
        <>
          <Field label={text.from}>
            <Input
              type="datetime-local"
              value={toLocalInput(filter.from)}
              onChange={(_event, { value }) => set({ from: fromLocalInput(value) })}
            />
          </Field>
          <Field
            label={text.to}
            hint={text.toNow}
            {...(wrongOrder && { validationState: "error", validationMessage: text.wrongOrder })}
          >
            <Input
              type="datetime-local"
              value={toLocalInput(filter.to)}
              onChange={(_event, { value }) => set({ to: fromLocalInput(value) })}
            />
          </Field>
        </>
      )}
    </div>
  );
}

type ShownProps = {
  filter: InsightFilter;
  set: (change: Partial<InsightFilter>) => void;
  fixed: boolean;
  empty: ReactNode;
};

type Picture = { rows: readonly FeedRow[]; newest: readonly Insight[]; counts: InsightCounts | undefined };

// To be given a `key` that is the filter: another one begins anew.
function Shown({ filter, set, fixed, empty }: ShownProps) {
  const styles = useStyles();
  // The time a range counts back from is that of choosing it.
  const [span] = useState(() => spanOf(filter, Date.now() / 1000));
  const state = useStreamState();
  const now = useNow();
  const cameraName = useNames("camera");
  const deploymentName = useNames("deployment");
  const query = insightQuery(filter, span);
  const history = useHistory(filter, query, span.live);
  const [frozen, setFrozen] = useState<Picture>();
  const [embedding, setEmbedding] = useState(false);
  const [raw, setRaw] = useState<Insight>();
  const [rawOpen, setRawOpen] = useState(false);

  const { camera, deployment } = filter;
  const counts = useQuery({
    queryKey: ["insights", "counts", span, camera, deployment],
    queryFn: ({ signal }) =>
      get<InsightCounts>(
        "/insights/counts",
        {
          from: rfc3339(span.from),
          to: rfc3339(span.to),
          step_s: span.step_s,
          ...(camera && { camera }),
          ...(deployment && { deployment }),
        },
        signal,
      ),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const counted = counts.dataUpdatedAt / 1000;
  const { come } = history;
  const fresh = useMemo(() => come.filter(({ timestamp }) => timestamp >= counted), [come, counted]);
  const moving = counts.data && span.live ? withLive(counts.data, fresh, now) : counts.data;
  const shown: Picture = frozen ?? { rows: history.rows, newest: history.newest, counts: moving };
  const waiting = frozen ? history.rows.length - frozen.rows.length : 0;

  const isEmpty = history.loaded && !history.error && history.rows.length === 0;
  // None of another time either.
  const known = useLabels("", fixed ? deployment : "");
  const isBare = isEmpty && known.data?.items.length === 0 && filter.camera === "" && filter.label === "";

  return (
    <>
      <div className={styles.actions}>
        {span.live && (
          <>
            <Button
              icon={frozen ? <PlayRegular /> : <PauseRegular />}
              onClick={() => setFrozen(frozen ? undefined : { rows: history.rows, newest: history.newest, counts: moving })}
            >
              {frozen ? text.resume : text.pause}
            </Button>
            <span className={styles.state} data-testid="tail">
              {frozen ? (
                <Badge appearance="tint" color="informative" shape="circular" size="large">
                  {text.paused}
                  {waiting > 0 && ` · ${text.waiting(formatCount(waiting))}`}
                </Badge>
              ) : state === "lost" ? (
                text.interrupted
              ) : (
                <>
                  <span className={styles.dot} aria-hidden />
                  {text.live}
                </>
              )}
            </span>
          </>
        )}
        <span className={styles.space} />
        <Button icon={<CodeRegular />} onClick={() => setEmbedding(true)}>
          {text.embed}
        </Button>
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button icon={<ArrowDownloadRegular />}>{text.export}</Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuGroup>
                <MenuGroupHeader className={styles.limit}>{text.exportLimit}</MenuGroupHeader>
                <MenuItemLink href={exportAddress("csv", filter, span)} download="insights.csv">
                  {text.csv}
                </MenuItemLink>
                <MenuItemLink href={exportAddress("json", filter, span)} download="insights.json">
                  {text.json}
                </MenuItemLink>
              </MenuGroup>
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
      {history.error && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.table.failed}</MessageBarTitle> {history.error.message}
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={history.loadAgain}>{strings.tryAgain}</Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {isBare ? (
        empty
      ) : (
        <>
          <div className={styles.charts}>
            <Panel title={text.chart.title}>
              {counts.error ? (
                <MessageBar intent="error" layout="multiline">
                  <MessageBarBody>
                    <MessageBarTitle>{text.chart.failed}</MessageBarTitle> {counts.error.message}
                  </MessageBarBody>
                  <MessageBarActions>
                    <Button onClick={() => void counts.refetch()}>{strings.tryAgain}</Button>
                  </MessageBarActions>
                </MessageBar>
              ) : shown.counts ? (
                <CountsChart
                  counts={shown.counts}
                  label={filter.label}
                  onZoom={(from, to) => set({ from: rfc3339(from), to: rfc3339(to) })}
                  onZoomOut={filter.range === "custom" ? () => set({ range: "hour" }) : undefined}
                />
              ) : (
                <Skeleton aria-label={text.chart.loading}>
                  <SkeletonItem style={{ height: 250 }} />
                </Skeleton>
              )}
            </Panel>
            <Panel title={text.confidence.title}>
              <ConfidenceChart newest={shown.newest} label={filter.label} />
            </Panel>
          </div>
          {(!history.error || history.rows.length > 0) && (
            <Panel title={text.table.title}>
              {!history.loaded ? (
                <Skeleton aria-label={text.table.title}>
                  <SkeletonItem style={{ height: 320 }} />
                </Skeleton>
              ) : isEmpty ? (
                <p>
                  {text.empty.filtered}. {text.empty.filteredDetail}
                </p>
              ) : (
                <InsightTable
                  rows={shown.rows}
                  cameraName={cameraName}
                  {...(!fixed && { deploymentName })}
                  onOpen={(insight) => {
                    setRaw(insight);
                    setRawOpen(true);
                  }}
                />
              )}
              {history.loaded && !isEmpty && (
                <div className={styles.end}>
                  {history.hasOlder ? (
                    <Button
                      disabled={history.loadingOlder}
                      onClick={() => {
                        setFrozen(undefined);
                        history.loadOlder();
                      }}
                    >
                      {history.loadingOlder ? text.table.loadingOlder : text.table.older}
                    </Button>
                  ) : (
                    text.table.end
                  )}
                </div>
              )}
            </Panel>
          )}
        </>
      )}
      {embedding && <EmbedDialog filter={filter} onClose={() => setEmbedding(false)} />}
      {raw && (
        <Suspense>
          <RawInsight insight={raw} camera={raw.device_id} open={rawOpen} onClose={() => setRawOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
