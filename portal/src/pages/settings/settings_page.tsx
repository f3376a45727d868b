// The page Settings: its sections at the left, the chosen one beside them.
import { makeStyles, tokens } from "@fluentui/react-components";
import { Suspense, useRef } from "react";
import { NavLink, Navigate, Route, Routes, useLocation } from "react-router";
import { useSession } from "../../api/session";
import { useInSight } from "../../parts/use_in_sight";
import { Notice } from "../../shell/notice";
import { strings } from "../../strings";
import { text } from "../../strings/settings";
import { sections } from "./sections";

const kNarrow = "@media (max-width: 1023px)";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "184px minmax(0, 1fr)",
    gap: "24px",
    alignItems: "start",
    [kNarrow]: { gridTemplateColumns: "minmax(0, 1fr)", gap: "12px" },
  },
  nav: {
    display: "grid",
    gap: "2px",
    paddingTop: "6px",
    [kNarrow]: { display: "flex", overflowX: "auto", scrollbarWidth: "none" },
  },
  link: {
    display: "flex",
    alignItems: "center",
    gap: "10px",
    height: "36px",
    padding: "0 10px",
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecoration: "none",
    whiteSpace: "nowrap",
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
    '&[aria-current="page"]': {
      color: tokens.colorNeutralForeground1,
      fontWeight: tokens.fontWeightSemibold,
      backgroundColor: tokens.colorSubtleBackgroundSelected,
    },
  },
});

export default function SettingsPage() {
  const styles = useStyles();
  const { pathname } = useLocation();
  const nav = useRef<HTMLElement>(null);
  const { data: session } = useSession();
  const role = session?.user?.role;
  const shown = sections.filter(
    (section) => section.role === undefined || section.role === role || role === "admin",
  );
  useInSight(nav, '[aria-current="page"]', pathname);
  return (
    <div className={styles.root}>
      <nav ref={nav} className={styles.nav} aria-label={text.sections}>
        {shown.map(({ path, title, icon: Icon }) => (
          <NavLink key={path} className={styles.link} to={`/settings/${path}`}>
            <Icon aria-hidden fontSize={18} />
            {title}
          </NavLink>
        ))}
      </nav>
      <Suspense>
        <Routes>
          <Route index element={<Navigate to={shown[0]?.path ?? ""} replace />} />
          {shown.map(({ path, View }) => (
            <Route key={path} path={`${path}/*`} element={<View />} />
          ))}
          <Route
            path="*"
            element={<Notice title={text.noSection} action={{ text: strings.backHome, to: "/" }} />}
          />
        </Routes>
      </Suspense>
    </div>
  );
}
