// The sign-in page's address, which keeps where one was going.

type Place = { pathname: string; search: string; hash: string };

export function signInAddress({ pathname, search, hash }: Place): string {
  const to = `${pathname}${search}${hash}`;
  return to === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(to)}`;
}

// Where to go after signing in: a page of the portal, never another site.
export function destinationOf(search: string): string {
  const to = new URLSearchParams(search).get("to") ?? "/";
  return /^\/(?![/\\])/.test(to) && !to.startsWith("/sign-in") ? to : "/";
}
