// Who is signed in, and signing in and out.
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { del, get, onUnauthenticated, post, setCsrfToken } from "./client";
import type { Role, Session } from "./types";

const sessionKey = ["session"] as const;

async function fetchSession(): Promise<Session> {
  const session = await get<Session>("/session");
  setCsrfToken(session.csrf_token);
  return session;
}

// To be called once: a request refused for want of a sign-in ends the session here too.
export function watchSession(cache: QueryClient): void {
  onUnauthenticated(() => {
    cache.setQueryData<Session>(
      sessionKey,
      (old) => old && { ...old, signed_in: false },
    );
  });
}

export function useSession() {
  return useQuery({ queryKey: sessionKey, queryFn: fetchSession });
}

// Asks the server again who is signed in.
export function useRenewSession(): () => void {
  const cache = useQueryClient();
  return () => void cache.invalidateQueries({ queryKey: sessionKey });
}

const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

// Whether the person signed in may do what needs this role.
export function useMay(role: Role): boolean {
  const { data } = useSession();
  return data?.user !== undefined && ranks[data.user.role] >= ranks[role];
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (credentials: { user_name: string; password: string }) =>
      post("/session", credentials),
    onSuccess: () => cache.fetchQuery({ queryKey: sessionKey, queryFn: fetchSession, staleTime: 0 }),
  });
}

export function useSetUp() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (first: { token: string; user_name: string; password: string }) =>
      post("/setup", first),
    onSuccess: () => cache.fetchQuery({ queryKey: sessionKey, queryFn: fetchSession, staleTime: 0 }),
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => del("/session"),
    // Nothing of what was shown stays in memory.
    onSuccess: () => location.assign("/sign-in"),
  });
}
