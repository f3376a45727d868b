// All AI skills, each with a picture of its nodes.
import { Button, tokens } from "@fluentui/react-components";
import { AddRegular, ArrowDownloadRegular, ArrowUploadRegular, FlowchartRegular, CopyRegular } from "@fluentui/react-icons";
import { useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useList, useNames, useObject } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Skill } from "../../api/types";
import { formatAskedRate } from "../../format";
import { GraphPicture } from "../../graph/graph_picture";
import { chainOf } from "../../graph/layout";
import { useNodeTypes } from "../../graph/node_types";
import { tagsColumn, updatedColumn } from "../../list/columns";
import { ListPage } from "../../list/list_page";
import { UsesFilter } from "../../list/uses_filter";
import { text } from "../../strings/skills";
import { DuplicateDialog } from "./duplicate_dialog";
import { downloadSkill } from "./download";
import { ImportDialog } from "./import_dialog";

// The list tells only how many nodes there are: the graph is fetched when its card is seen.
function SkillPicture({ skill }: { skill: Skill }) {
  const root = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const { types } = useNodeTypes();
  const { data } = useObject("skill", seen ? skill.id : undefined);
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) setSeen(true);
    });
    watch.observe(root.current!);
    return () => watch.disconnect();
  }, []);
  const graph = data?.graph ?? chainOf(skill.node_count);
  return (
    <div ref={root} style={{ position: "absolute", inset: 0, backgroundColor: tokens.colorNeutralBackground4 }}>
      <GraphPicture graph={graph} types={types} label={text.picture(skill.name, graph.nodes.length)} />
    </div>
  );
}

// How many deployments use each skill.
function useDeploymentCounts(): (id: string) => number {
  const { items } = useList("deployment", { limit: 1000 });
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const { cameras } of items ?? []) {
      const used = new Set(cameras.flatMap(({ skills }) => skills.map(({ skill }) => skill)));
      for (const id of used) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return (id) => counts.get(id) ?? 0;
  }, [items]);
}

export function SkillList() {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const modelName = useNames("model");
  const connectionName = useNames("connection");
  const deployments = useDeploymentCounts();
  const [duplicating, setDuplicating] = useState<Skill>();
  const [importing, setImporting] = useState(false);
  const address = ({ id }: Skill) => `/skills/${encodeURIComponent(id)}`;
  const models = ({ models: ids }: Skill) => ids.map(modelName).join(", ");
  const connections = ({ connections: ids }: Skill) => ids.map(connectionName).join(", ");
  const rate = ({ fps }: Skill) => text.fps(formatAskedRate(fps));
  return (
    <>
      <ListPage
        kind="skill"
        title={text.title}
        things={text.things}
        icon={<FlowchartRegular />}
        empty={text.empty}
        primary={{ text: text.add, icon: AddRegular, to: "/skills/new" }}
        actions={
          mayChange && (
            <Button icon={<ArrowUploadRegular />} onClick={() => setImporting(true)}>
              {text.import}
            </Button>
          )
        }
        viewAddress={address}
        editAddress={(skill) => `${address(skill)}/edit`}
        removeDetail={text.deleteDetail}
        filterNames={["uses"]}
        filters={(values, set) => <UsesFilter kind="model" values={values} set={set} />}
        menu={() => [
          { id: "duplicate", text: text.duplicate, icon: <CopyRegular />, run: setDuplicating },
          {
            id: "export",
            text: text.export,
            icon: <ArrowDownloadRegular />,
            role: "viewer",
            run: downloadSkill,
          },
        ]}
        card={{
          picture: (skill) => <SkillPicture skill={skill} />,
          line: (skill) =>
            [models(skill), connections(skill), rate(skill), text.deployments(deployments(skill.id))]
              .filter(Boolean)
              .join(" · "),
        }}
        columns={[
          { id: "nodes", title: text.column.nodes, numeric: true, width: "80px", render: ({ node_count }) => node_count },
          { id: "models", title: text.column.models, render: models },
          { id: "connections", title: text.column.connections, render: connections },
          { id: "fps", title: text.column.fps, numeric: true, width: "110px", render: rate },
          {
            id: "deployments",
            title: text.column.deployments,
            width: "140px",
            render: ({ id }) => text.deployments(deployments(id)),
          },
          tagsColumn,
          updatedColumn,
        ]}
      />
      {duplicating && (
        <DuplicateDialog
          skill={duplicating}
          onClose={() => setDuplicating(undefined)}
          onDone={(skill) => void navigate(address(skill))}
        />
      )}
      {importing && (
        <ImportDialog onClose={() => setImporting(false)} onDone={(skill) => void navigate(address(skill))} />
      )}
    </>
  );
}
