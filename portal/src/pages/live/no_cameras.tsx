// What a person sees before there is any camera: what this is for, and the next step.
import { Title2, makeStyles, tokens } from "@fluentui/react-components";
import { Command } from "../../parts/command";
import { strings } from "../../strings";

const text = strings.live.empty;

const useStyles = makeStyles({
  root: {
    maxWidth: "660px",
    margin: "7vh auto",
    display: "flex",
    flexDirection: "column",
    gap: "16px",
    textAlign: "center",
  },
  picture: { width: "min(100%, 380px)", height: "auto", margin: "0 auto 8px" },
  sky: { fill: tokens.colorNeutralBackground4 },
  line: { stroke: tokens.colorNeutralStroke1 },
  figure: { fill: tokens.colorNeutralForeground4 },
  box: { stroke: tokens.colorCompoundBrandStroke },
  tag: { fill: tokens.colorCompoundBrandBackground },
  detail: { margin: 0, color: tokens.colorNeutralForeground2, textWrap: "pretty" },
});

export function NoCameras() {
  const styles = useStyles();
  return (
    <div className={styles.root} data-testid="no-cameras">
      <svg className={styles.picture} viewBox="0 0 380 214" aria-hidden>
        <rect className={styles.sky} width="380" height="214" rx="12" />
        <path className={styles.line} d="M0 164h380M40 164l-28 50M340 164l28 50" strokeWidth="1.5" />
        <g className={styles.figure}>
          <circle cx="128" cy="84" r="12" />
          <rect x="114" y="100" width="28" height="62" rx="13" />
          <circle cx="246" cy="104" r="9" />
          <rect x="236" y="116" width="20" height="46" rx="9" />
        </g>
        <g className={styles.box} fill="none" strokeWidth="2">
          <rect x="102" y="62" width="52" height="110" rx="2" />
          <rect x="226" y="86" width="40" height="84" rx="2" />
        </g>
        <g className={styles.tag}>
          <rect x="101" y="46" width="64" height="16" rx="2" />
          <rect x="225" y="70" width="56" height="16" rx="2" />
        </g>
      </svg>
      <Title2 as="h1" align="center">{text.title}</Title2>
      <p className={styles.detail}>{text.detail}</p>
      <Command text={text.command} />
      <p className={styles.detail}>{text.demo}</p>
      <Command text={text.demoCommand} />
    </div>
  );
}
