// A skill's own page: what it does, its nodes, where it is deployed, and its earlier versions.
import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowDownloadRegular, CopyRegular, RocketRegular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { listKey, useList, useNames, usePatch } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Skill, SkillGraph, SkillVersion } from "../../api/types";
import { useNamedModels } from "../../form/model_field";
import { formatAskedRate } from "../../format";
import {
  difference,
  emptyGraph,
  modelsIn,
  nameOf,
  settingsInWords,
  treeOf,
} from "../../graph/graph";
import { GraphPicture } from "../../graph/graph_picture";
import { useNodeTypes, type NodeTypes } from "../../graph/node_types";
import { Ago } from "../../parts/ago";
import { FactList, Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { LoadFailed } from "../../shell/notice";
import { useToast } from "../../shell/toasts";
import { text as devices } from "../../strings/devices";
import { text as skills } from "../../strings/skills";
import { text as common } from "../../strings/view";
import { DeploymentLinks } from "../../view/deployment_links";
import { commonFacts } from "../../view/facts";
import { ObjectHeader } from "../../view/object_header";
import { ObjectPage, ViewSkeleton } from "../../view/object_page";
import { isSame } from "../../wizard/draft";
import { downloadSkill } from "./download";
import { DuplicateDialog } from "./duplicate_dialog";
import { sentenceOf } from "./sentence";

const text = skills.view;

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(280px, 380px)",
    gap: "16px",
    alignItems: "start",
    "@media (max-width: 960px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  column: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  picture: {
    position: "relative",
    height: "180px",
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  sentence: { margin: 0, maxWidth: "72ch", fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase500, textWrap: "pretty" },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
  list: { margin: 0, padding: 0, listStyleType: "none" },
  item: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: "2px 12px",
    minHeight: "40px",
    padding: "6px 0",
    "& + &": { borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
  },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  grow: { flex: "1 1 160px", minWidth: 0 },
  detail: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflowWrap: "anywhere",
  },
});

const list = { to: "/skills", title: skills.title, things: skills.things };

export default function SkillPage() {
  const { types, error } = useNodeTypes();
  return (
    <ObjectPage kind="skill" list={list.to}>
      {(skill) => {
        if (types) return <SkillView skill={skill} types={types} />;
        return error ? <LoadFailed error={error} onAgain={() => location.reload()} /> : <ViewSkeleton kind="skill" />;
      }}
    </ObjectPage>
  );
}

function SkillView({ skill, types }: { skill: Skill; types: NodeTypes }) {
  const styles = useStyles();
  const { added, zoo } = useNamedModels();
  const connectionName = useNames("connection");
  const graph = skill.graph ?? emptyGraph;
  // Those of the zoo that were not added count, too.
  const models = modelsIn(graph, types).map(
    (name) => [...added, ...zoo].find((model) => model.name === name)?.title ?? name,
  );
  return (
    <>
      <Head skill={skill} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Panel title={text.what}>
            <div className={styles.picture}>
              <GraphPicture graph={graph} types={types} label={skills.picture(skill.name, graph.nodes.length)} />
            </div>
            <p className={styles.sentence} data-testid="sentence">
              {sentenceOf(graph, skill.fps, types)}
            </p>
          </Panel>
          <Panel title={text.nodes} testId="nodes">
            <NodeList graph={graph} types={types} />
          </Panel>
        </div>
        <div className={styles.column}>
          <SkillDeployments skill={skill} />
          <Panel title={common.facts}>
            <FactList
              narrow
              facts={[
                { term: text.fps, value: skills.fps(formatAskedRate(skill.fps)) },
                { term: text.acceleration, value: devices.acceleration[skill.acceleration] },
                { term: text.models, value: models.join(", ") || text.none },
                { term: text.connections, value: skill.connections.map(connectionName).join(", ") || text.none },
                ...commonFacts(skill),
              ]}
            />
          </Panel>
          <Versions skill={skill} graph={graph} />
        </div>
      </div>
    </>
  );
}

function Head({ skill }: { skill: Skill }) {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const [duplicating, setDuplicating] = useState(false);
  const id = encodeURIComponent(skill.id);
  return (
    <>
      <ObjectHeader
        kind="skill"
        object={skill}
        list={list}
        detail={skill.description}
        menu={[
          { text: skills.duplicate, icon: CopyRegular, run: () => setDuplicating(true) },
          { text: skills.export, icon: ArrowDownloadRegular, run: () => downloadSkill(skill), forViewers: true },
        ]}
        deleteDetail={skills.deleteDetail}
      >
        {mayChange && (
          <Button icon={<RocketRegular />} onClick={() => void navigate(`/deployments/new?skill=${id}`)}>
            {text.deploy}
          </Button>
        )}
      </ObjectHeader>
      {duplicating && (
        <DuplicateDialog
          skill={skill}
          onClose={() => setDuplicating(false)}
          onDone={(made) => void navigate(`/skills/${encodeURIComponent(made.id)}`)}
        />
      )}
    </>
  );
}

function NodeList({ graph, types }: { graph: SkillGraph; types: NodeTypes }) {
  const styles = useStyles();
  return (
    <ol className={styles.list}>
      {treeOf(graph).map(({ node, depth, reference }, i) => {
        const type = types.get(node.type);
        const details = settingsInWords(node, type).map(({ label, value }) => `${label}: ${value}`);
        return (
          <li key={i} className={styles.item} style={{ paddingLeft: depth * 22 }}>
            <span className={mergeClasses(!reference && styles.name)}>
              {reference ? skills.compose.also(nameOf(node, types)) : nameOf(node, types)}
            </span>
            {!reference && (
              <span className={mergeClasses(styles.detail, styles.grow)}>
                {details.length > 0 ? details.join(" · ") : type?.help}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function SkillDeployments({ skill }: { skill: Skill }) {
  const styles = useStyles();
  const { items } = useList("deployment", { uses: skill.id, limit: 200 });
  if (!items) return null;
  if (items.length === 0) {
    return (
      <Panel title={text.noDeployment} testId="no-deployment">
        <p className={styles.quiet}>{text.noDeploymentDetail}</p>
      </Panel>
    );
  }
  return (
    <Panel title={text.deployments} testId="deployments">
      <DeploymentLinks deployments={items} />
    </Panel>
  );
}

function Versions({ skill, graph }: { skill: Skill; graph: SkillGraph }) {
  const styles = useStyles();
  const cache = useQueryClient();
  const mayChange = useMay("operator");
  const toast = useToast();
  const restore = usePatch("skill");
  const versions = useList("skill_version", { uses: skill.id, sort: "created", descending: true, limit: 100 });
  // Versions come with changes of their skill and are not told of on their own.
  useEffect(() => {
    void cache.invalidateQueries({ queryKey: listKey("skill_version") });
  }, [cache, skill.revision]);
  const items = versions.items ?? [];
  if (items.length === 0) return null;
  const current = items.find((version) => isSame(version.graph, graph));
  const run = ({ number, graph: older }: SkillVersion) =>
    restore.mutate(
      { object: skill, change: { graph: older } },
      {
        onSuccess: () => toast({ intent: "success", title: text.restored(number) }),
        onError: (error) => toast({ intent: "error", title: text.restoreFailed, detail: error.message }),
      },
    );
  return (
    <Panel title={text.versions} testId="versions">
      <p className={styles.quiet}>{text.versionsDetail}</p>
      <ol className={styles.list}>
        {items.map((version, i) => (
          <li key={version.id} className={styles.item}>
            <div className={styles.grow}>
              <span className={styles.name}>{text.version(version.number)}</span>{" "}
              <span className={styles.detail}>
                <Ago time={Date.parse(version.created) / 1000} />
              </span>
              <div className={styles.detail}>{differenceInWords(version, items[i + 1])}</div>
            </div>
            {version === current ? (
              <StatePill size="small" tone="good" text={text.current} />
            ) : (
              mayChange && (
                <Button
                  size="small"
                  aria-label={text.restoreNamed(version.number)}
                  disabled={restore.isPending}
                  onClick={() => run(version)}
                >
                  {text.restore}
                </Button>
              )
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function differenceInWords(version: SkillVersion, before: SkillVersion | undefined): string {
  if (!before) return version.number === 1 ? text.first : skills.nodes(version.graph.nodes.length);
  const { added, removed, changed, rewired } = difference(before.graph, version.graph);
  const parts = [
    ...(added > 0 ? [text.added(added)] : []),
    ...(removed > 0 ? [text.removed(removed)] : []),
    ...(changed > 0 ? [text.changed(changed)] : []),
    ...(rewired && added + removed === 0 ? [text.rewired] : []),
  ];
  return parts.join(", ");
}

