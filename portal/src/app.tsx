// Theme, sign-in, shell and the addresses of the pages.
import { FluentProvider } from "@fluentui/react-components";
import { Suspense, useState } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { EventStream } from "./api/events";
import { ServerProvider } from "./api/server_context";
import { useSession } from "./api/session";
import { firstPage, pages } from "./pages/registry";
import { Notice } from "./shell/notice";
import { PageFailure } from "./shell/page_failure";
import { Shell } from "./shell/shell";
import { signInAddress } from "./shell/sign_in_address";
import { Toasts } from "./shell/toasts";
import { strings } from "./strings";
import { darkTheme, lightTheme } from "./theme/theme";
import { useThemeName, type ThemeName } from "./theme/use_theme";

export function App() {
  const [themeName, toggleTheme] = useThemeName();
  const { pathname } = useLocation();
  const open = pages.find((page) => page.public && page.path === pathname.split("/")[1]);
  return (
    <FluentProvider theme={themeName === "dark" ? darkTheme : lightTheme}>
      <Toasts>
        {open ? (
          <PageFailure key={open.path}>
            <Suspense>
              <open.View />
            </Suspense>
          </PageFailure>
        ) : (
          <SignedIn themeName={themeName} onToggleTheme={toggleTheme} />
        )}
      </Toasts>
    </FluentProvider>
  );
}

type Props = { themeName: ThemeName; onToggleTheme: () => void };

// Everything that needs a sign-in.
function SignedIn({ themeName, onToggleTheme }: Props) {
  const session = useSession();
  const address = useLocation();
  const { pathname } = address;
  const [stream] = useState(() => new EventStream());
  if (!session.data) {
    if (!session.isError) return null;
    return (
      <Notice
        title={strings.unreachable}
        detail={strings.unreachableDetail}
        action={{ text: strings.tryAgain, run: () => void session.refetch() }}
      />
    );
  }
  if (session.data.setup_needed) return <Navigate to="/setup" replace />;
  if (!session.data.signed_in) return <Navigate to={signInAddress(address)} replace />;
  return (
    <ServerProvider stream={stream}>
      <Shell themeName={themeName} onToggleTheme={onToggleTheme}>
        <PageFailure key={pathname.split("/")[1]}>
          <Suspense>
            <Routes>
              <Route index element={<Navigate to={firstPage} replace />} />
              {pages.map(({ path, View }) => (
                <Route key={path} path={`${path}/*`} element={<View />} />
              ))}
              <Route
                path="*"
                element={
                  <Notice
                    title={strings.pageNotFound}
                    detail={strings.pageNotFoundDetail(pathname)}
                    action={{ text: strings.backHome, to: firstPage }}
                  />
                }
              />
            </Routes>
          </Suspense>
        </PageFailure>
      </Shell>
    </ServerProvider>
  );
}
