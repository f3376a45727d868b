// Browse Model Zoo: what comes with POSS, to be added with one click.
import {
  Badge,
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Dropdown,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Option,
  SearchBox,
  Text,
  Tooltip,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, CheckmarkCircleFilled } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { get } from "../../api/client";
import { useCreate } from "../../api/objects";
import { useEventStream } from "../../api/server_context";
import { useMay } from "../../api/session";
import type { Items, ZooModel } from "../../api/types";
import { formatBytes, formatCount } from "../../format";
import { CardSkeletons } from "../../list/card_grid";
import { PageHeader } from "../../parts/page_header";
import { FactList } from "../../parts/panel";
import { Notice } from "../../shell/notice";
import { useToast } from "../../shell/toasts";
import { strings } from "../../strings";
import { text as models } from "../../strings/models";
import { ModelPicture } from "./model_picture";
import { ModelTabs, addModel } from "./model_tabs";
import { filterZoo, readZooFilter, type ZooSize } from "./zoo_filter";

const text = models.zoo;

const useStyles = makeStyles({
  bar: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px", marginBottom: "16px" },
  search: { flex: "1 1 220px", maxWidth: "320px" },
  filter: { minWidth: "150px" },
  count: { marginLeft: "auto", color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  grid: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(248px, 100%), 1fr))",
    gap: "16px",
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  card: {
    display: "flex",
    flexDirection: "column",
    minWidth: 0,
    overflow: "hidden",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: `0 0 0 1px ${tokens.colorNeutralStroke2}`,
  },
  picture: { position: "relative", aspectRatio: "16 / 9" },
  text: { display: "grid", gap: "4px", padding: "12px 14px 6px", flex: "1 1 auto", alignContent: "start" },
  name: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  line: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, fontVariantNumeric: "tabular-nums" },
  description: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    display: "-webkit-box",
    WebkitLineClamp: 2,
    WebkitBoxOrient: "vertical",
    overflow: "hidden",
  },
  actions: { display: "flex", alignItems: "center", gap: "8px", padding: "6px 14px 14px", minHeight: "32px" },
  added: { display: "inline-flex", alignItems: "center", gap: "6px", color: tokens.colorStatusSuccessForeground1, marginRight: "auto" },
  space: { flex: "1 1 auto" },
  content: { display: "grid", gap: "14px" },
  stage: { position: "relative", aspectRatio: "16 / 7", overflow: "hidden", borderRadius: tokens.borderRadiusLarge },
  labels: { display: "flex", flexWrap: "wrap", gap: "6px", maxHeight: "180px", overflowY: "auto" },
  bars: { display: "grid", gap: "8px", marginBottom: "12px" },
});

function useZoo() {
  const cache = useQueryClient();
  const stream = useEventStream();
  // What has been added is part of the answer.
  useEffect(
    () => stream.onChange(({ kind }) => void (kind === "model" && cache.invalidateQueries({ queryKey: ["zoo"] }))),
    [stream, cache],
  );
  return useQuery({
    queryKey: ["zoo"],
    queryFn: async ({ signal }) => (await get<Items<ZooModel>>("/zoo", {}, signal)).items,
  });
}

export default function Zoo() {
  const styles = useStyles();
  const mayChange = useMay("operator");
  const [search, setSearch] = useSearchParams();
  const { data: zoo, error, refetch } = useZoo();
  const [open, setOpen] = useState<string>();
  const filter = readZooFilter(search);
  const shown = zoo && filterZoo(zoo, filter);
  const change = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value === "") next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true, preventScrollReset: true });
  };
  const licenses = [...new Set(zoo?.map(({ license }) => license))].filter(Boolean).sort();
  const details = zoo?.find(({ name }) => name === open);
  return (
    <div data-testid="zoo">
      <PageHeader title={models.title} primary={mayChange ? addModel : undefined} />
      <ModelTabs at="zoo" />
      {error && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.failed}</MessageBarTitle> {error.message}
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={() => void refetch()}>{strings.tryAgain}</Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {!zoo && !error && <CardSkeletons />}
      {zoo?.length === 0 && (
        <Notice title={text.noneInstalled} detail={text.noneDetail} action={{ text: models.external, to: "/models/add" }} />
      )}
      {zoo && shown && zoo.length > 0 && (
        <>
          <div className={styles.bar} role="search">
            <SearchBox
              className={styles.search}
              placeholder={text.search}
              aria-label={text.search}
              value={filter.search}
              onChange={(_event, { value }) => change("search", value)}
            />
            <Filter
              label={text.type}
              any={text.anyType}
              value={filter.task}
              choices={(["detection", "classification"] as const).map((value) => ({ value, text: models.task[value] }))}
              onChange={(value) => change("task", value)}
            />
            <Filter
              label={text.license}
              any={text.anyLicense}
              value={filter.license}
              choices={licenses.map((value) => ({ value, text: value }))}
              onChange={(value) => change("license", value)}
            />
            <Filter
              label={text.size}
              any={text.anySize}
              value={filter.size}
              choices={(Object.keys(text.sizes) as ZooSize[]).map((value) => ({ value, text: text.sizes[value] }))}
              onChange={(value) => change("size", value)}
            />
            <Text className={styles.count} size={200} aria-live="polite">
              {text.count(formatCount(shown.length), formatCount(zoo.length))}
            </Text>
          </div>
          {shown.length === 0 ? (
            <Notice
              title={text.noMatch}
              detail={text.noMatchDetail}
              action={{ text: text.clear, run: () => setSearch({}, { replace: true }) }}
            />
          ) : (
            <ul className={styles.grid} aria-label={models.browse}>
              {shown.map((model) => (
                <li key={model.name} className={styles.card} data-testid="zoo-card">
                  <div className={styles.picture}>
                    <ModelPicture task={model.task} labels={model.labels} name={model.title} />
                  </div>
                  <div className={styles.text}>
                    <h2 className={styles.name}>{model.title}</h2>
                    <span className={styles.line}>{zooLine(model)}</span>
                    {model.description && <span className={styles.description}>{model.description}</span>}
                  </div>
                  <div className={styles.actions}>
                    <AddButton model={model} />
                    <span className={styles.space} />
                    <Button
                      appearance="subtle"
                      aria-label={text.detailsOf(model.title)}
                      onClick={() => setOpen(model.name)}
                    >
                      {text.details}
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {details && <Details model={details} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

// "Object Detection · 80 objects · 320 × 320 px · 13.4 MB · Apache-2.0"
function zooLine({ task, labels, width, height, bytes, license }: ZooModel): string {
  return [
    models.taskShort[task],
    labels.length > 0 && models.objects(formatCount(labels.filter(Boolean).length)),
    width > 0 && `${width} × ${height} px`,
    bytes > 0 && formatBytes(bytes),
    license,
  ]
    .filter(Boolean)
    .join(" · ");
}

function AddButton({ model }: { model: ZooModel }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const toast = useToast();
  const cache = useQueryClient();
  const mayChange = useMay("operator");
  const create = useCreate("model");
  if (model.added !== "") {
    return (
      <>
        <span className={styles.added}>
          <CheckmarkCircleFilled aria-hidden />
          {text.added}
        </span>
        <Button
          aria-label={text.openName(model.title)}
          onClick={() => void navigate(`/models/${encodeURIComponent(model.added)}`)}
        >
          {text.open}
        </Button>
      </>
    );
  }
  if (!model.installed) {
    return (
      <Tooltip content={text.notInstalledDetail} relationship="description">
        <Badge appearance="outline" color="informative" tabIndex={0}>
          {text.notInstalled}
        </Badge>
      </Tooltip>
    );
  }
  if (!mayChange) return null;
  const add = () =>
    create.mutate(
      { source: "zoo", zoo_name: model.name, name: model.title },
      {
        onSuccess: ({ id, name }) => {
          void cache.invalidateQueries({ queryKey: ["zoo"] });
          toast({ intent: "success", title: text.done(name), link: { text: text.open, to: `/models/${encodeURIComponent(id)}` } });
        },
        onError: (error) => toast({ intent: "error", title: text.addFailed(model.title), detail: error.message }),
      },
    );
  return (
    <Button icon={<AddRegular />} aria-label={text.addName(model.title)} disabled={create.isPending} onClick={add}>
      {create.isPending ? text.adding : text.add}
    </Button>
  );
}

function Details({ model, onClose }: { model: ZooModel; onClose: () => void }) {
  const styles = useStyles();
  return (
    <Dialog open onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{model.title}</DialogTitle>
          <DialogContent className={styles.content}>
            <div className={styles.stage}>
              <ModelPicture task={model.task} labels={model.labels} name={model.title} />
            </div>
            {model.description && <p>{model.description}</p>}
            {!model.installed && (
              <MessageBar layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>{text.notInstalled}</MessageBarTitle> {text.notInstalledDetail}
                </MessageBarBody>
              </MessageBar>
            )}
            <FactList
              facts={[
                { term: text.type, value: models.task[model.task] },
                { term: text.input, value: model.width > 0 ? `${model.width} × ${model.height} px` : "–" },
                { term: text.size, value: model.bytes > 0 ? formatBytes(model.bytes) : "–" },
                { term: text.license, value: model.license },
                { term: models.view.slug, value: model.name },
                { term: text.objects, value: formatCount(model.labels.filter(Boolean).length) },
              ]}
            />
            <div className={styles.labels} tabIndex={0} role="region" aria-label={text.objects}>
              {model.labels.filter(Boolean).map((label, i) => (
                <Badge key={i} appearance="tint" color="informative">
                  {label}
                </Badge>
              ))}
            </div>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{text.close}</Button>
            <AddButton model={model} />
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

type FilterProps = {
  label: string;
  any: string;
  value: string;
  choices: readonly { value: string; text: string }[];
  onChange: (value: string) => void;
};

function Filter({ label, any, value, choices, onChange }: FilterProps) {
  const styles = useStyles();
  return (
    <Dropdown
      className={styles.filter}
      aria-label={label}
      value={choices.find((choice) => choice.value === value)?.text ?? any}
      selectedOptions={[value]}
      onOptionSelect={(_event, { optionValue }) => onChange(optionValue ?? "")}
    >
      <Option value="">{any}</Option>
      {choices.map((choice) => (
        <Option key={choice.value} value={choice.value}>
          {choice.text}
        </Option>
      ))}
    </Dropdown>
  );
}
