// For each camera of a deployment: its AI skills, and what differs from how a skill is set.
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Button,
  MessageBar,
  MessageBarBody,
  Subtitle2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { CopyRegular, DismissRegular } from "@fluentui/react-icons";
import { useObject } from "../../api/objects";
import type { DeployedCamera, DeployedSkill, FieldProblem } from "../../api/types";
import { fieldId } from "../../form/field";
import { NumberField } from "../../form/fields";
import { isWithin, normalPath, problemsOf } from "../../form/problems";
import { NameOf, ReferenceField } from "../../form/reference_field";
import { SchemaForm } from "../../form/schema_form";
import { formatAskedRate } from "../../format";
import { modelsIn, nameOf, treeOf } from "../../graph/graph";
import { useNodeTypes } from "../../graph/node_types";
import { text } from "../../strings/deployments";
import { fpsOf, valuesOf, withFps, withValues, type Parameters } from "./parameters";

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "20px" },
  camera: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "12px",
    padding: "14px 16px 16px",
    margin: 0,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  head: { display: "flex", flexWrap: "wrap", justifyContent: "space-between", alignItems: "center", gap: "8px" },
  skill: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    padding: "8px 8px 8px 14px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  panel: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "20px", padding: "8px 8px 12px 0", marginLeft: "8px" },
  node: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "12px",
    paddingLeft: "16px",
    borderLeft: `2px solid ${tokens.colorNeutralStroke2}`,
  },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
  count: { marginLeft: "6px", color: tokens.colorNeutralForeground3 },
});

type Props = {
  cameras: readonly DeployedCamera[];
  onChange: (cameras: DeployedCamera[]) => void;
  problems: readonly FieldProblem[];
};

export function ConfigureSkills({ cameras, onChange, problems }: Props) {
  const styles = useStyles();
  if (cameras.length === 0) return <p className={styles.quiet}>{text.noCameras}</p>;
  return (
    <div className={styles.root}>
      {cameras.map((camera, i) => (
        <CameraSkills
          key={camera.camera}
          camera={camera}
          path={`cameras.${i}.skills`}
          problems={problems}
          onChange={(skills) => onChange(cameras.with(i, { ...camera, skills }))}
          {...(cameras.length > 1 &&
            camera.skills.length > 0 && {
              onForAll: () => onChange(cameras.map((one) => ({ ...one, skills: structuredClone(camera.skills) }))),
            })}
        />
      ))}
    </div>
  );
}

type CameraProps = {
  camera: DeployedCamera;
  path: string;
  problems: readonly FieldProblem[];
  onChange: (skills: DeployedSkill[]) => void;
  onForAll?: () => void;
};

function CameraSkills({ camera, path, problems, onChange, onForAll }: CameraProps) {
  const styles = useStyles();
  const { data } = useObject("camera", camera.camera);
  const name = data?.name ?? camera.camera;
  const { skills } = camera;
  const own = problemsOf(problems, path, skills.map((_skill, k) => `${path}.${k}`));
  return (
    <section className={styles.camera} aria-label={text.skillsOf(name)} data-testid="camera-skills">
      <div className={styles.head}>
        <Subtitle2 as="h2">{name}</Subtitle2>
        {onForAll && (
          <Button size="small" icon={<CopyRegular />} onClick={onForAll}>
            {text.sameForAll}
          </Button>
        )}
      </div>
      {skills.map((skill, k) => (
        <SkillParameters
          key={skill.skill}
          deployed={skill}
          cameraName={name}
          path={`${path}.${k}`}
          problems={problems}
          onChange={(parameters) => onChange(skills.with(k, { ...skill, parameters }))}
          onRemove={() => onChange(skills.toSpliced(k, 1))}
        />
      ))}
      <ReferenceField
        field={{
          path,
          value: "",
          set: (id) => {
            if (id !== "" && !skills.some(({ skill }) => skill === id)) onChange([...skills, { skill: id, parameters: {} }]);
          },
          problems: own,
        }}
        label={text.addSkill}
        kind="skill"
        required={skills.length === 0}
      />
    </section>
  );
}

type SkillProps = {
  deployed: DeployedSkill;
  cameraName: string;
  path: string;
  problems: readonly FieldProblem[];
  onChange: (parameters: Parameters) => void;
  onRemove: () => void;
};

function SkillParameters({ deployed, cameraName, path, problems, onChange, onRemove }: SkillProps) {
  const styles = useStyles();
  const { data: skill, error } = useObject("skill", deployed.skill);
  const { types } = useNodeTypes();
  const { parameters } = deployed;
  const name = skill?.name ?? deployed.skill;
  const wrong = problems.filter((problem) => isWithin(normalPath(problem.field), path));
  const graph = skill?.graph;
  const changes = Object.keys(parameters).length;
  return (
    <div className={styles.skill} id={fieldId(`${path}.parameters`)} tabIndex={-1} data-testid="deployed-skill">
      <div className={styles.head}>
        <span className={styles.name}>
          <NameOf kind="skill" id={deployed.skill} />
        </span>
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={text.removeSkill(name, cameraName)}
          onClick={onRemove}
        />
      </div>
      {wrong.length > 0 && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{wrong.map(({ detail }) => detail).join(" ")}</MessageBarBody>
        </MessageBar>
      )}
      {error && <p className={styles.quiet}>{text.graphMissing}</p>}
      {skill && graph && types && (
        <Accordion collapsible defaultOpenItems={wrong.length > 0 ? ["parameters"] : []}>
          <AccordionItem value="parameters">
            <AccordionHeader size="small">
              {text.parameters}
              <span className={styles.count}>{changes === 0 ? text.asInSkill : text.changed(changes)}</span>
            </AccordionHeader>
            <AccordionPanel className={styles.panel} aria-label={text.parametersOf(name)}>
              <NumberField
                field={{
                  path: `${path}.parameters.fps`,
                  value: fpsOf(parameters),
                  set: (fps) => onChange(withFps(parameters, fps)),
                  problems: [],
                }}
                label={text.fpsLabel}
                hint={text.fpsHint}
                unit="fps"
                placeholder={formatAskedRate(skill.fps)}
              />
              {treeOf(graph)
                .filter(({ node, reference }) => !reference && Object.keys(types.get(node.type)?.settings.properties ?? {}).length > 0)
                .map(({ node }) => (
                  <section key={node.id} className={styles.node} aria-label={nameOf(node, types)}>
                    <Subtitle2 as="h3">{nameOf(node, types)}</Subtitle2>
                    <SchemaForm
                      schema={types.get(node.type)!.settings}
                      values={valuesOf(parameters, node.id)}
                      inherited={node.settings ?? {}}
                      onChange={(values) => onChange(withValues(parameters, node.id, values))}
                      path={`${path}.parameters.${node.id}`}
                      models={modelsIn(graph, types)}
                    />
                  </section>
                ))}
            </AccordionPanel>
          </AccordionItem>
        </Accordion>
      )}
    </div>
  );
}
