// What POSS does, as a drawing: people in a camera's picture, each in a box with its label.
import { makeStyles, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  picture: { width: "100%", height: "auto" },
  sky: { fill: tokens.colorNeutralBackground4 },
  line: { stroke: tokens.colorNeutralStroke1 },
  figure: { fill: tokens.colorNeutralForeground4 },
  box: { stroke: tokens.colorCompoundBrandStroke },
  tag: { fill: tokens.colorCompoundBrandBackground },
});

export function WelcomePicture() {
  const styles = useStyles();
  return (
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
  );
}
