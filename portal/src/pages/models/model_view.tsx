// One model: what it is, its versions, who uses it, and what is to be done next.
import {
  Badge,
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  ProgressBar,
  Skeleton,
  SkeletonItem,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { ArrowImportRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { get } from "../../api/client";
import { isOver, useCancelJob, useJob } from "../../api/jobs";
import { kindPath } from "../../api/kinds";
import { useList } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Items, Model, ModelVersion } from "../../api/types";
import { formatBytes, formatCount, formatPercent } from "../../format";
import { Ago } from "../../parts/ago";
import { CopyButton } from "../../parts/command";
import { ObjectLinks } from "../../parts/object_links";
import { FactList, Panel } from "../../parts/panel";
import { text as models } from "../../strings/models";
import { text as common } from "../../strings/view";
import { commonFacts } from "../../view/facts";
import { ObjectHeader } from "../../view/object_header";
import { ObjectPage } from "../../view/object_page";
import { ImportDialog } from "./import_dialog";
import { ModelPicture } from "./model_picture";
import { ModelPill, modelLine } from "./model_state";

const text = models.view;
const kPictures = 15; // a custom model needs to be trained
const kLabelsShown = 40;

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(280px, 34%)",
    gap: "16px",
    alignItems: "start",
    "@media (max-width: 900px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  column: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  picture: { position: "relative", aspectRatio: "16 / 9", overflow: "hidden", borderRadius: tokens.borderRadiusXLarge },
  labels: { display: "flex", flexWrap: "wrap", gap: "6px" },
  steps: { margin: 0, paddingLeft: "20px", display: "grid", gap: "4px" },
  quiet: { color: tokens.colorNeutralForeground2 },
  progress: { display: "grid", gap: "6px", maxWidth: "420px" },
  numbers: { fontVariantNumeric: "tabular-nums" },
  description: { whiteSpace: "pre-line", overflowWrap: "anywhere" },
  scroll: { overflowX: "auto" },
  table: {
    width: "100%",
    borderCollapse: "collapse",
    fontVariantNumeric: "tabular-nums",
    "& th": { textAlign: "left", fontWeight: tokens.fontWeightRegular, color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, padding: "0 12px 6px 0", whiteSpace: "nowrap" },
    "& td": { padding: "6px 12px 6px 0", borderTop: `1px solid ${tokens.colorNeutralStroke3}`, whiteSpace: "nowrap" },
  },
  sha: { display: "inline-flex", alignItems: "center", gap: "4px", fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
});

// What belongs to a model. The key begins with the kind of what is listed: its `change` events
// fetch the list anew.
function useOwn<T>(kind: string, model: string, part: string) {
  return useQuery({
    queryKey: [kind, "of", model],
    queryFn: ({ signal }) =>
      get<Items<T>>(`${kindPath("model", model)}/${part}`, { limit: 100, sort: "created", descending: true }, signal),
  });
}

const list = { to: "/models", title: models.title, things: models.things };

export default function ModelPage() {
  return (
    <ObjectPage kind="model" list={list.to} skeleton={<PageSkeleton />}>
      {(model) => <ModelView model={model} />}
    </ObjectPage>
  );
}

function ModelView({ model }: { model: Model }) {
  const styles = useStyles();
  const mayChange = useMay("operator");
  const [search, setSearch] = useSearchParams();
  const [importing, setImporting] = useState(false);
  const { task, labels, name, description, source, status } = model;
  const canImport = mayChange && source !== "zoo" && status !== "importing" && status !== "training";
  const open = () => setImporting(true);
  return (
    <>
      <ObjectHeader
        kind="model"
        object={model}
        list={list}
        pill={<ModelPill model={model} />}
        detail={modelLine(model)}
        deleteDetail={models.deleteDetail}
      />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Situation model={model} job={search.get("job") ?? undefined} {...(canImport && { onImport: open })} />
          {source === "custom" && status === "draft" && <NextSteps model={model} />}
          <Versions model={model} {...(canImport && source === "external" && { onImport: open })} />
          <Skills model={model.id} />
        </div>
        <div className={styles.column}>
          <div className={styles.picture}>
            <ModelPicture task={task} labels={labels} name={name} />
          </div>
          <Panel title={common.facts}>
            {description !== "" && <p className={styles.description}>{description}</p>}
            <FactList
              narrow
              facts={[
                {
                  term: text.type,
                  value: [models.task[task], task === "classification" && (model.multilabel ? models.multilabel : models.multiclass)]
                    .filter(Boolean)
                    .join(": "),
                },
                { term: text.source, value: models.source[source] },
                ...(model.slug ? [{ term: text.slug, value: model.slug }] : []),
                { term: text.license, value: model.license || text.none },
                ...commonFacts(model),
              ]}
            />
          </Panel>
          <Labels labels={labels} />
        </div>
      </div>
      {importing && (
        <ImportDialog
          model={model}
          onClose={() => setImporting(false)}
          onStarted={(job) => {
            setImporting(false);
            setSearch({ job: job.id }, { replace: true, preventScrollReset: true });
          }}
        />
      )}
    </>
  );
}

// What is going on, or what is in the way.
function Situation({ model, job, onImport }: { model: Model; job: string | undefined; onImport?: () => void }) {
  const { status, cause, source } = model;
  if (status === "importing") return <Importing job={job} />;
  if (status === "failed" || (status === "ready" && cause !== "")) {
    return (
      <MessageBar intent={status === "failed" ? "error" : "warning"} layout="multiline" data-testid="failure">
        <MessageBarBody>
          <MessageBarTitle>{status === "failed" ? text.failed : text.lastFailed}</MessageBarTitle> {cause}
        </MessageBarBody>
        {onImport && (
          <MessageBarActions>
            <Button onClick={onImport}>{text.another}</Button>
          </MessageBarActions>
        )}
      </MessageBar>
    );
  }
  if (status === "draft" && source === "external") {
    return (
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>{text.waiting}</MessageBarTitle> {text.waitingDetail}
        </MessageBarBody>
        {onImport && (
          <MessageBarActions>
            <Button onClick={onImport}>{text.importFile}</Button>
          </MessageBarActions>
        )}
      </MessageBar>
    );
  }
  return null;
}

function Importing({ job: id }: { job: string | undefined }) {
  const styles = useStyles();
  const mayChange = useMay("operator");
  const cancel = useCancelJob();
  const { data: job } = useJob(id);
  const running = job && !isOver(job) ? job : undefined;
  const part = running && running.progress >= 0 ? running.progress : undefined;
  return (
    <Panel title={text.importing} testId="importing">
      <span className={styles.quiet}>{text.importingDetail}</span>
      <div className={styles.progress} role="status">
        <ProgressBar aria-label={text.importing} {...(part !== undefined && { value: part })} />
        <span className={styles.numbers}>
          {[part !== undefined && formatPercent(part), running?.message].filter(Boolean).join(" · ")}
        </span>
      </div>
      {mayChange && running && (
        <div>
          <Button disabled={cancel.isPending} onClick={() => cancel.mutate(running.id)}>
            {text.cancelImport}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function NextSteps({ model }: { model: Model }) {
  const styles = useStyles();
  const { data } = useOwn("dataset_image", model.id, "images");
  const have = data?.total ?? data?.items.length ?? 0;
  return (
    <Panel title={text.next} testId="next">
      <div className={styles.progress}>
        <span className={styles.numbers}>{text.progress(have, kPictures)}</span>
        <ProgressBar value={Math.min(1, have / kPictures)} aria-label={text.progress(have, kPictures)} />
      </div>
      <ol className={styles.steps}>
        {text.steps[model.task].map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p className={styles.quiet}>{text.nextDetail}</p>
    </Panel>
  );
}

function Versions({ model, onImport }: { model: Model; onImport?: () => void }) {
  const styles = useStyles();
  const { data, error } = useOwn<ModelVersion>("model_version", model.id, "versions");
  return (
    <Panel title={text.versions} testId="versions">
      {error && <span>{error.message}</span>}
      {!data && !error && (
        <Skeleton aria-label={text.versions}>
          <SkeletonItem style={{ width: "60%" }} />
        </Skeleton>
      )}
      {data?.items.length === 0 && (
        <span className={styles.quiet}>{model.source === "zoo" ? text.zooVersion : text.noVersion}</span>
      )}
      {data && data.items.length > 0 && (
        <div className={styles.scroll} tabIndex={0} role="region" aria-label={text.versions}>
          <table className={styles.table}>
            <thead>
              <tr>
                {[text.version, text.input, text.size, text.labels, text.added, text.sha].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.items.map((version) => (
                <tr key={version.id}>
                  <td>{version.number}</td>
                  <td>{version.width > 0 ? `${version.width} × ${version.height} px` : "–"}</td>
                  <td>{formatBytes(version.bytes)}</td>
                  <td>{formatCount(version.labels.length)}</td>
                  <td>
                    <Ago time={Date.parse(version.created) / 1000} />
                  </td>
                  <td>
                    <span className={styles.sha} title={version.sha256}>
                      {version.sha256.slice(0, 12)}…
                      <CopyButton text={version.sha256} label={text.copySha} />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {onImport && model.status === "ready" && (
        <div>
          <Button icon={<ArrowImportRegular />} onClick={onImport}>
            {text.importNew}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Skills({ model }: { model: string }) {
  const styles = useStyles();
  const { items } = useList("skill", { uses: model, limit: 200 });
  return (
    <Panel title={text.skills} testId="skills">
      {items && items.length > 0 ? (
        <ObjectLinks
          links={items.map(({ id, name, description }) => ({
            id,
            to: `/skills/${encodeURIComponent(id)}`,
            name,
            detail: description,
          }))}
        />
      ) : (
        <span className={styles.quiet}>{items ? text.noSkill : ""}</span>
      )}
    </Panel>
  );
}

function Labels({ labels }: { labels: readonly string[] }) {
  const styles = useStyles();
  const [all, setAll] = useState(false);
  const shown = all ? labels : labels.slice(0, kLabelsShown);
  const more = labels.length - kLabelsShown;
  return (
    <Panel title={text.objects} testId="labels">
      {labels.length === 0 && <span className={styles.quiet}>{text.noObjects}</span>}
      <div className={styles.labels}>
        {shown.map((label, i) => (
          <Badge key={i} appearance="tint" color="informative">
            {label || "–"}
          </Badge>
        ))}
      </div>
      {more > 0 && (
        <div>
          <Button size="small" onClick={() => setAll(!all)}>
            {all ? text.fewerObjects : text.moreObjects(formatCount(more))}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function PageSkeleton() {
  const styles = useStyles();
  return (
    <div className={styles.columns} aria-busy>
      <Skeleton className={styles.column} aria-label={models.title}>
        <SkeletonItem style={{ height: 70, width: 260 }} />
        <SkeletonItem style={{ height: 160 }} />
        <SkeletonItem style={{ height: 100 }} />
      </Skeleton>
      <Skeleton className={styles.column} aria-label={common.facts}>
        <SkeletonItem style={{ aspectRatio: "16 / 9", height: "auto" }} />
        <SkeletonItem style={{ height: 200 }} />
      </Skeleton>
    </div>
  );
}
