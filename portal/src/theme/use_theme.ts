// Light or dark: as the system has it, until the person chooses.
import { useCallback, useEffect, useSyncExternalStore } from "react";

export type ThemeName = "light" | "dark";
export type ThemeChoice = ThemeName | "system";

const kStored = "poss.theme";
const kDark = "(prefers-color-scheme: dark)";

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(kStored);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

let choice = stored();
const listeners = new Set<() => void>();

function choose(next: ThemeChoice): void {
  choice = next;
  try {
    if (next === "system") localStorage.removeItem(kStored);
    else localStorage.setItem(kStored, next);
  } catch {
    // Not remembered then.
  }
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  const system = matchMedia(kDark);
  listeners.add(listener);
  system.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener("change", listener);
  };
}

const systemName = (): ThemeName => (matchMedia(kDark).matches ? "dark" : "light");
const shownName = (): ThemeName => (choice === "system" ? systemName() : choice);

export function useThemeChoice(): [ThemeChoice, (next: ThemeChoice) => void] {
  return [useSyncExternalStore(subscribe, () => choice), choose];
}

// The colours to show, and switching to the other ones.
export function useThemeName(): [ThemeName, () => void] {
  const name = useSyncExternalStore(subscribe, shownName);
  useEffect(() => {
    document.documentElement.dataset.theme = name;
  }, [name]);
  const toggle = useCallback(() => {
    const next = shownName() === "dark" ? "light" : "dark";
    // Back at the system's own choice, it is followed again.
    choose(next === systemName() ? "system" : next);
  }, []);
  return [name, toggle];
}
