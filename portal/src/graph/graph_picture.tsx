// A graph's shape as a small picture: a dot for each node, lines between them.
import { makeStyles, tokens } from "@fluentui/react-components";
import type { SkillGraph } from "../api/types";
import { layoutOf } from "./layout";
import type { NodeTypes } from "./node_types";

const kStep = 46; // between columns
const kRise = 34; // between rows

const useStyles = makeStyles({
  root: { position: "absolute", inset: 0, width: "100%", height: "100%" },
  line: { stroke: tokens.colorNeutralStroke1, strokeWidth: "2px", fill: "none" },
  import: { fill: tokens.colorPaletteLightTealBorderActive },
  process: { fill: tokens.colorCompoundBrandBackground },
  export: { fill: tokens.colorPaletteMarigoldBorderActive },
  unknown: { fill: tokens.colorNeutralForeground4 },
});

type Props = { graph: SkillGraph; types?: NodeTypes | undefined; label: string };

export function GraphPicture({ graph, types, label }: Props) {
  const styles = useStyles();
  const { nodes, lines, columns, rows } = layoutOf(graph);
  const x = (column: number) => column * kStep;
  const y = (row: number) => row * kRise;
  const wide = Math.max((columns - 1) * kStep, 150);
  const high = Math.max((rows - 1) * kRise, 70);
  const left = ((columns - 1) * kStep - wide) / 2 - 40;
  const top = ((rows - 1) * kRise - high) / 2 - 26;
  return (
    <svg
      className={styles.root}
      viewBox={`${left} ${top} ${wide + 80} ${high + 52}`}
      role="img"
      aria-label={label}
    >
      {lines.map(({ from, to }, i) => {
        const [x1, y1, x2, y2] = [x(from.column), y(from.row), x(to.column), y(to.row)];
        const bend = Math.min(x1 + kStep / 2, x2);
        return (
          <path
            key={i}
            className={styles.line}
            d={y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${bend} ${y1} ${x1} ${y2} ${Math.min(x1 + kStep, x2)} ${y2}H${x2}`}
          />
        );
      })}
      {nodes.map(({ id, column, row }) => {
        const type = graph.nodes.find((node) => node.id === id)?.type ?? "";
        const category = types?.get(type)?.category ?? "unknown";
        return (
          <rect
            key={id}
            className={styles[category]}
            x={x(column) - 11}
            y={y(row) - 8}
            width={22}
            height={16}
            rx={5}
          />
        );
      })}
    </svg>
  );
}
