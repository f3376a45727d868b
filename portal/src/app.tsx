// Theme, shell and the addresses of the pages.
import { FluentProvider } from "@fluentui/react-components";
import { Suspense } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { pages } from "./pages/registry";
import { Notice } from "./shell/notice";
import { PageFailure } from "./shell/page_failure";
import { Shell } from "./shell/shell";
import { strings } from "./strings";
import { darkTheme, lightTheme } from "./theme/theme";
import { useThemeName } from "./theme/use_theme";

export function App() {
  const [themeName, toggleTheme] = useThemeName();
  const { pathname } = useLocation();
  return (
    <FluentProvider theme={themeName === "dark" ? darkTheme : lightTheme}>
      <Shell themeName={themeName} onToggleTheme={toggleTheme}>
        <PageFailure key={pathname.split("/")[1]}>
          <Suspense>
            <Routes>
              <Route index element={<Navigate to="/live" replace />} />
              {pages.map(({ path, View }) => (
                <Route key={path} path={`${path}/*`} element={<View />} />
              ))}
              <Route
                path="*"
                element={
                  <Notice
                    title={strings.pageNotFound}
                    detail={strings.pageNotFoundDetail(pathname)}
                    action={{ text: strings.backHome, to: "/live" }}
                  />
                }
              />
            </Routes>
          </Suspense>
        </PageFailure>
      </Shell>
    </FluentProvider>
  );
}
