// The frame around every page: name, navigation, state of the connection, long work, theme, user.
import {
  Badge,
  Button,
  DrawerBody,
  Menu,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  OverlayDrawer,
  Tooltip,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import {
  NavigationRegular,
  PanelLeftContractRegular,
  PanelLeftExpandRegular,
  PersonCircleRegular,
  WeatherMoonRegular,
  WeatherSunnyRegular,
} from "@fluentui/react-icons";
import { useEffect, useLayoutEffect, useState, type ReactNode } from "react";
import { NavLink, useLocation, useNavigate, useNavigationType } from "react-router";
import { useStreamState, useSystem } from "../api/server_context";
import { useSession, useSignOut } from "../api/session";
import { navigationPages, pages } from "../pages/registry";
import { strings } from "../strings";
import type { ThemeName } from "../theme/use_theme";
import { Mark } from "./mark";
import { Tray } from "./tray";

const kHeader = "52px";

const kNavigation = "216px";
const kNavigationNarrow = "52px";
const kPhone = "@media (max-width: 767px)";
const kCollapsed = "poss.navigation";

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
  body: { flex: "1 1 auto", display: "flex", minWidth: 0 },
  side: {
    position: "sticky",
    top: kHeader,
    flexShrink: 0,
    display: "flex",
    flexDirection: "column",
    justifyContent: "space-between",
    width: kNavigation,
    height: `calc(100dvh - ${kHeader})`,
    padding: "10px 8px",
    overflowY: "auto",
    backgroundColor: tokens.colorNeutralBackground1,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    [kPhone]: { display: "none" },
  },
  sideNarrow: { width: kNavigationNarrow, padding: "10px 6px" },
  nav: { display: "grid", gap: "2px" },
  link: {
    position: "relative",
    display: "flex",
    alignItems: "center",
    gap: "12px",
    height: "40px",
    padding: "0 10px",
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecoration: "none",
    whiteSpace: "nowrap",
    ":hover": {
      color: tokens.colorNeutralForeground1,
      backgroundColor: tokens.colorSubtleBackgroundHover,
    },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
    '&[aria-current="page"]': {
      color: tokens.colorNeutralForeground1,
      fontWeight: tokens.fontWeightSemibold,
      backgroundColor: tokens.colorSubtleBackgroundSelected,
    },
    '&[aria-current="page"]::before': {
      content: '""',
      position: "absolute",
      left: 0,
      top: "10px",
      bottom: "10px",
      width: "3px",
      borderRadius: "2px",
      backgroundColor: tokens.colorCompoundBrandStroke,
    },
    '&[aria-current="page"] > svg': { color: tokens.colorCompoundBrandForeground1 },
  },
  phoneOnly: { display: "none", [kPhone]: { display: "inline-flex" } },
  space: { flex: "1 1 auto" },
  drawerBody: { paddingTop: "10px" },
  end: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
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
    minWidth: 0,
    maxWidth: "1720px",
    margin: "0 auto",
    padding: "16px 24px 32px",
    outline: "none",
    "@media (max-width: 640px)": { padding: "12px 12px 24px" },
  },
});

type Props = { themeName: ThemeName; onToggleTheme: () => void; children: ReactNode };

export function Shell({ themeName, onToggleTheme, children }: Props) {
  const styles = useStyles();
  const { data: system } = useSystem();
  const { pathname } = useLocation();
  const { data: session } = useSession();
  const current = pages.find(({ path }) => path === pathname.split("/")[1]);
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem(kCollapsed) === "narrow");
  const [drawerOpen, setDrawerOpen] = useState(false);
  useEffect(() => {
    document.title = current ? `${current.title} – ${strings.product}` : strings.product;
  }, [current]);
  const collapse = (next: boolean) => {
    setCollapsed(next);
    localStorage.setItem(kCollapsed, next ? "narrow" : "wide");
  };
  const themeLabel = themeName === "dark" ? strings.themeToLight : strings.themeToDark;
  const collapseLabel = collapsed ? strings.expandNavigation : strings.collapseNavigation;
  return (
    <div className={styles.root}>
      <a className={styles.skip} href="#content">
        {strings.skipToContent}
      </a>
      <header className={styles.header}>
        <Button
          className={styles.phoneOnly}
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label={strings.openNavigation}
          onClick={() => setDrawerOpen(true)}
        />
        <NavLink className={styles.brand} to="/" end aria-current={undefined}>
          <Mark />
          {strings.product}
        </NavLink>
        {system && (
          <span className={styles.host} title={`${system.os} · ${system.cpu}`}>
            {system.hostname} · {system.version}
          </span>
        )}
        {session?.demo && (
          <Badge appearance="outline" color="informative" shape="circular">
            {strings.demo}
          </Badge>
        )}
        <span className={styles.space} />
        <div className={styles.end}>
          <Tray />
          <Tooltip content={themeLabel} relationship="label">
            <Button
              appearance="subtle"
              icon={themeName === "dark" ? <WeatherSunnyRegular /> : <WeatherMoonRegular />}
              onClick={onToggleTheme}
            />
          </Tooltip>
          <UserMenu />
        </div>
      </header>
      <ConnectionBanner />
      <div className={styles.body}>
        <div className={mergeClasses(styles.side, collapsed && styles.sideNarrow)}>
          <Navigation narrow={collapsed} />
          <div>
            <Tooltip content={collapseLabel} relationship="label" positioning="after">
              <Button
                appearance="subtle"
                icon={collapsed ? <PanelLeftExpandRegular /> : <PanelLeftContractRegular />}
                aria-expanded={!collapsed}
                onClick={() => collapse(!collapsed)}
              />
            </Tooltip>
          </div>
        </div>
        <OverlayDrawer
          open={drawerOpen}
          size="small"
          aria-label={strings.navigation}
          onOpenChange={(_event, { open }) => setDrawerOpen(open)}
        >
          <DrawerBody className={styles.drawerBody}>
            <Navigation narrow={false} onNavigate={() => setDrawerOpen(false)} />
          </DrawerBody>
        </OverlayDrawer>
        <main id="content" className={styles.main} tabIndex={-1}>
          <ToTop />
          {children}
        </main>
      </div>
    </div>
  );
}

// A page that is newly opened begins at its top. Stands before the pages, so that one that knows
// better, such as a list one comes back to, has the last word.
function ToTop() {
  const { pathname } = useLocation();
  const kind = useNavigationType();
  useLayoutEffect(() => {
    if (kind === "PUSH") window.scrollTo({ top: 0, behavior: "instant" });
  }, [pathname, kind]);
  return null;
}

function Navigation({ narrow, onNavigate }: { narrow: boolean; onNavigate?: () => void }) {
  const styles = useStyles();
  return (
    <nav className={styles.nav} aria-label={strings.navigation}>
      {navigationPages.map(({ path, title, icon: Icon }) => {
        const link = (
          <NavLink key={path} className={styles.link} to={`/${path}`} onClick={onNavigate}>
            <Icon aria-hidden fontSize={20} />
            {!narrow && title}
          </NavLink>
        );
        if (!narrow) return link;
        return (
          <Tooltip key={path} content={title} relationship="label" positioning="after">
            {link}
          </Tooltip>
        );
      })}
    </nav>
  );
}

function UserMenu() {
  const { data: session } = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  if (!session?.user) return null;
  const { name, role } = session.user;
  return (
    <Menu positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<PersonCircleRegular />} aria-label={strings.user(name)} title={name} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>
              {name} · {strings.role[role]}
            </MenuGroupHeader>
            <MenuItem onClick={() => void navigate("/api-docs")}>{strings.apiDocs}</MenuItem>
            {!session.demo && (
              <MenuItem onClick={() => signOut.mutate()}>{strings.signOut}</MenuItem>
            )}
          </MenuGroup>
        </MenuList>
      </MenuPopover>
    </Menu>
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
