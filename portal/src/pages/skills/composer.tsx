// Composes a skill without a canvas: its nodes as an indented tree, and the chosen node's settings
// beside it. Knows no concrete node.
import {
  Button,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarBody,
  Skeleton,
  SkeletonItem,
  Subtitle2,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import {
  AddRegular,
  ArrowResetRegular,
  BranchForkRegular,
  DeleteRegular,
  ErrorCircleFilled,
  MoreHorizontalRegular,
} from "@fluentui/react-icons";
import { useState } from "react";
import type { FieldProblem, SkillGraph, SkillNode } from "../../api/types";
import { fieldId } from "../../form/field";
import { TextField } from "../../form/fields";
import { SchemaForm } from "../../form/schema_form";
import {
  addAfter,
  changeNode,
  childrenOf,
  emptyGraph,
  fromTemplate,
  modelsIn,
  nameOf,
  nodeOfProblem,
  removeNode,
  settingsInWords,
  treeOf,
  usable,
  type End,
  type Template,
} from "../../graph/graph";
import { GraphPicture } from "../../graph/graph_picture";
import { useNodeTypes, type NodeType, type NodeTypes } from "../../graph/node_types";
import { text as skills } from "../../strings/skills";
import { templates } from "./templates";

const text = skills.compose;

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1.15fr)",
    gap: "16px 28px",
    alignItems: "start",
    "@media (max-width: 860px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  head: { display: "flex", alignItems: "center", justifyContent: "space-between", gap: "8px", minHeight: "32px" },
  tree: { margin: 0, padding: 0, listStyleType: "none", display: "grid", gap: "2px" },
  row: {
    display: "flex",
    alignItems: "center",
    gap: "4px",
    borderRadius: tokens.borderRadiusMedium,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  chosen: {
    backgroundColor: tokens.colorNeutralBackground1Selected,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Selected },
  },
  node: {
    flex: "1 1 auto",
    display: "grid",
    gridTemplateColumns: "auto minmax(0, 1fr)",
    columnGap: "10px",
    minWidth: 0,
    minHeight: "44px",
    alignContent: "center",
    alignItems: "center",
    padding: "5px 8px",
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: "transparent",
    color: "inherit",
    font: "inherit",
    textAlign: "left",
    cursor: "pointer",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  dot: { width: "10px", height: "10px", borderRadius: "3px", gridRow: "1" },
  import: { backgroundColor: tokens.colorPaletteLightTealBorderActive },
  process: { backgroundColor: tokens.colorCompoundBrandBackground },
  export: { backgroundColor: tokens.colorPaletteMarigoldBorderActive },
  unknown: { backgroundColor: tokens.colorNeutralForeground4 },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  detail: {
    gridColumn: 2,
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  wrong: {
    display: "flex",
    gap: "4px",
    gridColumn: 2,
    color: tokens.colorStatusDangerForeground1,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflowWrap: "anywhere",
    "& > svg": { flexShrink: 0, marginTop: "1px" },
  },
  reference: { padding: "8px 8px 8px 28px", color: tokens.colorNeutralForeground3, fontStyle: "italic" },
  settings: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "16px",
    paddingLeft: "24px",
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
    "@media (max-width: 860px)": { paddingLeft: 0, borderLeft: "none", paddingTop: "16px", borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  },
  help: { margin: 0, color: tokens.colorNeutralForeground2, textWrap: "pretty" },
  menu: { maxWidth: "360px", maxHeight: "70vh" },
  offers: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(260px, 100%), 1fr))",
    gap: "12px",
    margin: 0,
    padding: 0,
    listStyleType: "none",
  },
  offer: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "6px",
    width: "100%",
    height: "100%",
    alignContent: "start",
    padding: 0,
    overflow: "hidden",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    color: "inherit",
    font: "inherit",
    textAlign: "left",
    cursor: "pointer",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover, border: `1px solid ${tokens.colorNeutralStroke1Hover}` },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  offerPicture: { position: "relative", height: "92px", backgroundColor: tokens.colorNeutralBackground3 },
  offerText: { display: "grid", gap: "2px", padding: "6px 14px 12px" },
});

type Props = {
  graph: SkillGraph;
  onChange: (graph: SkillGraph) => void;
  problems: readonly FieldProblem[];
};

export function Composer({ graph, onChange, problems }: Props) {
  const styles = useStyles();
  const { types, error } = useNodeTypes();
  const [selected, setSelected] = useState<string>();
  if (!types) {
    if (error) {
      return (
        <MessageBar intent="error">
          <MessageBarBody>
            {text.failed}. {error.message}
          </MessageBarBody>
        </MessageBar>
      );
    }
    return (
      <Skeleton aria-label={text.treeTitle}>
        <SkeletonItem style={{ height: 220 }} />
      </Skeleton>
    );
  }
  // A problem that cannot be placed belongs to the whole.
  const whole = problems.filter(
    (problem) => problem.field.startsWith("graph") && nodeOfProblem(problem, graph) === undefined,
  );
  const wrongNode = problems.map((problem) => nodeOfProblem(problem, graph)).find((id) => id !== undefined);
  const current =
    graph.nodes.find(({ id }) => id === selected) ??
    graph.nodes.find(({ id }) => id === wrongNode) ??
    graph.nodes.find(({ type }) => hasSettings(types.get(type))) ??
    graph.nodes[0];
  const begin = (next: SkillGraph) => {
    setSelected(undefined);
    onChange(next);
  };
  return (
    <div className={styles.root} id={fieldId("graph")} tabIndex={-1} role="group" aria-label={skills.nodesStep}>
      {whole.length > 0 && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{whole.map(({ detail }) => detail).join(" ")}</MessageBarBody>
        </MessageBar>
      )}
      {graph.nodes.length === 0 || !current ? (
        <Templates types={types} onUse={begin} />
      ) : (
        <div className={styles.columns}>
          <section aria-label={text.treeTitle}>
            <div className={styles.head}>
              <Subtitle2 as="h2">{text.treeTitle}</Subtitle2>
              <Button size="small" appearance="subtle" icon={<ArrowResetRegular />} onClick={() => begin(emptyGraph)}>
                {text.restart}
              </Button>
            </div>
            <Tree
              graph={graph}
              types={types}
              problems={problems}
              selected={current.id}
              onSelect={setSelected}
              onAdd={(end, type, branch) => {
                const added = addAfter(graph, end, type, branch);
                onChange(added.graph);
                setSelected(added.id);
              }}
              onRemove={(id) => {
                const [before] = graph.edges.filter(({ to }) => to === id);
                onChange(removeNode(graph, id));
                setSelected(before?.from.split(":")[0]);
              }}
            />
          </section>
          <NodeSettings
            key={current.id}
            node={current}
            graph={graph}
            types={types}
            problems={problems}
            onChange={(change) => onChange(changeNode(graph, current.id, change))}
          />
        </div>
      )}
    </div>
  );
}

const hasSettings = (type: NodeType | undefined) => Object.keys(type?.settings.properties ?? {}).length > 0;

function Templates({ types, onUse }: { types: NodeTypes; onUse: (graph: SkillGraph) => void }) {
  const styles = useStyles();
  const [first] = [...types.values()].filter(({ category }) => category === "import");
  const offers: Template[] = [
    ...usable(templates, types),
    ...(first ? [{ id: "empty", title: text.empty, detail: text.emptyDetail, chains: [[first.type]] }] : []),
  ];
  return (
    <section aria-label={text.templates}>
      <Subtitle2 as="h2">{text.templates}</Subtitle2>
      <p className={styles.help}>{text.templatesDetail}</p>
      <ul className={styles.offers} style={{ marginTop: 14 }}>
        {offers.map((template) => {
          const graph = fromTemplate(template, types);
          return (
            <li key={template.id}>
              <button type="button" className={styles.offer} onClick={() => onUse(graph)}>
                <span className={styles.offerPicture} aria-hidden>
                  <GraphPicture graph={graph} types={types} label="" />
                </span>
                <span className={styles.offerText}>
                  <span className={styles.name}>{template.title}</span>
                  <span className={styles.help}>{template.detail}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

type TreeProps = {
  graph: SkillGraph;
  types: NodeTypes;
  problems: readonly FieldProblem[];
  selected: string;
  onSelect: (id: string) => void;
  onAdd: (after: End, type: NodeType, branch: boolean) => void;
  onRemove: (id: string) => void;
};

function Tree({ graph, types, problems, selected, onSelect, onAdd, onRemove }: TreeProps) {
  const styles = useStyles();
  return (
    <ol className={styles.tree} aria-label={text.tree}>
      {treeOf(graph).map(({ node, depth, port, reference }, i) => {
        const type = types.get(node.type);
        const name = nameOf(node, types);
        const wrong = problems.filter((problem) => nodeOfProblem(problem, graph) === node.id);
        const details = settingsInWords(node, type).map(({ value }) => value);
        const many = type ? type.outputs.length > 1 : false;
        if (reference) {
          return (
            <li key={i} className={styles.reference} style={{ marginLeft: depth * 22 }}>
              {text.also(name)}
            </li>
          );
        }
        return (
          <li
            key={i}
            className={mergeClasses(styles.row, node.id === selected && styles.chosen)}
            style={{ marginLeft: depth * 22 }}
            data-testid="node"
          >
            <button
              type="button"
              className={styles.node}
              id={fieldId(`graph.nodes.${node.id}`)}
              aria-current={node.id === selected}
              onClick={() => onSelect(node.id)}
            >
              <span className={mergeClasses(styles.dot, styles[type?.category ?? "unknown"])} aria-hidden />
              <span className={styles.name}>{name}</span>
              {(details.length > 0 || port !== "") && (
                <span className={styles.detail}>
                  {[...(port === "" ? [] : [text.port(port)]), ...details].join(" · ")}
                </span>
              )}
              {wrong.map(({ detail }) => (
                <span key={detail} className={styles.wrong}>
                  <ErrorCircleFilled aria-hidden /> {detail}
                </span>
              ))}
            </button>
            <NodeMenu
              name={name}
              type={type}
              types={types}
              hasChildren={childrenOf(graph, node.id).length > 0}
              onAdd={(portName, added, branch) =>
                onAdd({ node: node.id, port: many ? portName : "" }, added, branch)
              }
              onRemove={() => onRemove(node.id)}
            />
          </li>
        );
      })}
    </ol>
  );
}

type MenuProps = {
  name: string;
  type: NodeType | undefined;
  types: NodeTypes;
  hasChildren: boolean;
  onAdd: (port: string, type: NodeType, branch: boolean) => void;
  onRemove: () => void;
};

function NodeMenu({ name, type, types, hasChildren, onAdd, onRemove }: MenuProps) {
  const ports = type?.outputs ?? [];
  return (
    <>
      {ports.length > 0 && (
        <AddMenu
          label={text.addAfter(name)}
          types={types}
          ports={ports}
          icon={<AddRegular />}
          onAdd={(port, added) => onAdd(port, added, false)}
        />
      )}
      {ports.length > 0 && hasChildren && (
        <AddMenu
          label={text.addBranch(name)}
          types={types}
          ports={ports}
          icon={<BranchForkRegular />}
          onAdd={(port, added) => onAdd(port, added, true)}
        />
      )}
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <Button size="small" appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={text.actions(name)} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<DeleteRegular />} onClick={onRemove}>
              {text.remove(name)}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </>
  );
}

type AddProps = {
  label: string;
  types: NodeTypes;
  ports: NodeType["outputs"];
  icon: React.JSX.Element;
  onAdd: (port: string, type: NodeType) => void;
};

// The types that can follow, by what they are for; for each output where there are several.
function AddMenu({ label, types, ports, icon, onAdd }: AddProps) {
  const styles = useStyles();
  const all = [...types.values()].filter(({ inputs }) => inputs.length > 0);
  return (
    <Menu positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={icon} aria-label={label} title={label} />
      </MenuTrigger>
      <MenuPopover className={styles.menu}>
        <MenuList>
          {ports.map((port, p) =>
            (["process", "export"] as const).map((category) => {
              const shown = all.filter((type) => type.category === category);
              if (shown.length === 0) return null;
              const title = text.category[category];
              return (
                <MenuGroup key={`${port.name} ${category}`}>
                  {(p > 0 || category === "export") && <MenuDivider />}
                  <MenuGroupHeader>{ports.length > 1 ? `${title}, ${text.port(port.title)}` : title}</MenuGroupHeader>
                  {shown.map((type) => (
                    <MenuItem key={type.type} subText={type.help} onClick={() => onAdd(port.name, type)}>
                      {type.title}
                    </MenuItem>
                  ))}
                </MenuGroup>
              );
            }),
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

type SettingsProps = {
  node: SkillNode;
  graph: SkillGraph;
  types: NodeTypes;
  problems: readonly FieldProblem[];
  onChange: (change: Partial<SkillNode>) => void;
};

function NodeSettings({ node, graph, types, problems, onChange }: SettingsProps) {
  const styles = useStyles();
  const type = types.get(node.type);
  const path = `graph.nodes.${node.id}`;
  return (
    <section className={styles.settings} aria-label={text.settings}>
      <div>
        <Subtitle2 as="h2">{type?.title ?? node.type}</Subtitle2>
        <p className={styles.help}>{type ? type.help : text.unknownType(node.type)}</p>
      </div>
      {type && hasSettings(type) ? (
        <SchemaForm
          schema={type.settings}
          values={node.settings ?? {}}
          onChange={(settings) => onChange({ settings })}
          problems={problems}
          path={`${path}.settings`}
          models={modelsIn(graph, types)}
        />
      ) : (
        type && <p className={styles.help}>{text.noSettings}</p>
      )}
      <TextField
        field={{
          path: `${path}.name`,
          value: node.name ?? "",
          set: (name) => onChange({ name }),
          problems: [],
        }}
        label={text.nodeName}
        hint={text.nodeNameHint}
        placeholder={type?.title ?? ""}
        maxLength={100}
      />
    </section>
  );
}
