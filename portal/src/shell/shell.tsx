// The frame around every page: name, navigation, state of the connection, theme.
import {
  Badge,
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Tooltip,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { WeatherMoonRegular, WeatherSunnyRegular } from "@fluentui/react-icons";
import { useEffect, type ReactNode } from "react";
import { NavLink, useLocation } from "react-router";
import { useStreamState, useSystem } from "../api/server_context";
import { pages } from "../pages/registry";
import { strings } from "../strings";
import type { ThemeName } from "../theme/use_theme";

const kHeader = "52px";

const useStyles = makeStyles({
  root: {
    minHeight: "100dvh",
    display: "flex",
    flexDirection: "column",
    backgroundColor: tokens.colorNeutralBackground2,
    color: tokens.colorNeutralForeground1,
  },
  skip: {
    position: "absolute",
    left: "8px",
    top: "-60px",
    zIndex: 20,
    padding: "8px 12px",
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    borderRadius: tokens.borderRadiusMedium,
    ":focus": { top: "8px" },
  },
  header: {
    position: "sticky",
    top: 0,
    zIndex: 10,
    height: kHeader,
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXL,
    padding: "0 20px",
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    "@media (max-width: 640px)": { padding: "0 12px", gap: tokens.spacingHorizontalM },
  },
  brand: {
    display: "flex",
    alignItems: "center",
    gap: "10px",
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
    letterSpacing: "0.04em",
    color: "inherit",
    textDecoration: "none",
  },
  nav: {
    flex: "1 1 auto",
    minWidth: 0,
    height: "100%",
    display: "flex",
    gap: tokens.spacingHorizontalXS,
    overflowX: "auto",
    scrollbarWidth: "none",
  },
  link: {
    position: "relative",
    display: "flex",
    alignItems: "center",
    gap: "6px",
    padding: "0 12px",
    color: tokens.colorNeutralForeground2,
    textDecoration: "none",
    whiteSpace: "nowrap",
    ":hover": { color: tokens.colorNeutralForeground1 },
    ":focus-visible": {
      outline: `2px solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-4px",
      borderRadius: tokens.borderRadiusMedium,
    },
    '&[aria-current="page"]': {
      color: tokens.colorNeutralForeground1,
      fontWeight: tokens.fontWeightSemibold,
    },
    '&[aria-current="page"]::after': {
      content: '""',
      position: "absolute",
      left: "12px",
      right: "12px",
      bottom: "-1px",
      height: "3px",
      borderRadius: "2px 2px 0 0",
      backgroundColor: tokens.colorCompoundBrandStroke,
    },
    '&[aria-current="page"] > svg': { color: tokens.colorCompoundBrandForeground1 },
  },
  end: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalM },
  host: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: "nowrap",
    "@media (max-width: 900px)": { display: "none" },
  },
  // Lies over the page, so that nothing jumps when it comes and goes.
  banner: {
    position: "fixed",
    zIndex: 15,
    top: "60px",
    left: "50%",
    transform: "translateX(-50%)",
    width: "min(640px, calc(100vw - 24px))",
    boxShadow: tokens.shadow16,
    borderRadius: tokens.borderRadiusMedium,
  },
  main: {
    flex: "1 1 auto",
    width: "100%",
    maxWidth: "1720px",
    margin: "0 auto",
    padding: "16px 20px 32px",
    outline: "none",
    "@media (max-width: 640px)": { padding: "12px 12px 24px" },
  },
});

type Props = { themeName: ThemeName; onToggleTheme: () => void; children: ReactNode };

export function Shell({ themeName, onToggleTheme, children }: Props) {
  const styles = useStyles();
  const { data: system } = useSystem();
  const { pathname } = useLocation();
  const current = pages.find(({ path }) => path === pathname.split("/")[1]);
  useEffect(() => {
    document.title = current ? `${current.title} – ${strings.product}` : strings.product;
  }, [current]);
  const themeLabel = themeName === "dark" ? strings.themeToLight : strings.themeToDark;
  return (
    <div className={styles.root}>
      <a className={styles.skip} href="#content">
        {strings.skipToContent}
      </a>
      <header className={styles.header}>
        <NavLink className={styles.brand} to="/" end aria-current={undefined}>
          <Mark />
          {strings.product}
        </NavLink>
        <nav className={styles.nav} aria-label={strings.navigation}>
          {pages.map(({ path, title, icon: Icon }) => (
            <NavLink key={path} className={styles.link} to={`/${path}`}>
              <Icon aria-hidden fontSize={18} />
              {title}
            </NavLink>
          ))}
        </nav>
        <div className={styles.end}>
          {system && (
            <span className={styles.host} title={`${system.os} · ${system.cpu}`}>
              {system.hostname} · {system.version}
            </span>
          )}
          {system?.demo && (
            <Badge appearance="outline" color="informative" shape="circular">
              {strings.demo}
            </Badge>
          )}
          <Tooltip content={themeLabel} relationship="label">
            <Button
              appearance="subtle"
              icon={themeName === "dark" ? <WeatherSunnyRegular /> : <WeatherMoonRegular />}
              onClick={onToggleTheme}
            />
          </Tooltip>
        </div>
      </header>
      <ConnectionBanner />
      <main id="content" className={styles.main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function ConnectionBanner() {
  const styles = useStyles();
  const state = useStreamState();
  return (
    <div role="alert">
      {state === "lost" && (
        <MessageBar className={styles.banner} intent="warning" layout="multiline" data-testid="lost">
          <MessageBarBody>
            <MessageBarTitle>{strings.connectionLost}</MessageBarTitle>
            {strings.connectionLostDetail}
          </MessageBarBody>
        </MessageBar>
      )}
    </div>
  );
}

function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#006979" />
      <path
        d="M9 13v-2a2 2 0 0 1 2-2h2M19 9h2a2 2 0 0 1 2 2v2M23 19v2a2 2 0 0 1-2 2h-2M13 23h-2a2 2 0 0 1-2-2v-2"
        fill="none"
        stroke="#fff"
        strokeWidth="2.2"
        strokeLinecap="round"
      />
      <circle cx="16" cy="16" r="3.2" fill="#5fe0d0" />
    </svg>
  );
}
