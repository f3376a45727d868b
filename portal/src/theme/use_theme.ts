// Light or dark: as the system has it, until the person chooses.
import { useCallback, useEffect, useState } from "react";

export type ThemeName = "light" | "dark";

const kStored = "poss.theme";
const kDark = "(prefers-color-scheme: dark)";

function stored(): ThemeName | undefined {
  try {
    const value = localStorage.getItem(kStored);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}

export function useThemeName(): [ThemeName, () => void] {
  const [chosen, setChosen] = useState(stored);
  const [system, setSystem] = useState<ThemeName>(matchMedia(kDark).matches ? "dark" : "light");
  useEffect(() => {
    const query = matchMedia(kDark);
    const follow = () => setSystem(query.matches ? "dark" : "light");
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  const name = chosen ?? system;
  useEffect(() => {
    document.documentElement.dataset.theme = name;
  }, [name]);
  const toggle = useCallback(() => {
    const next = name === "dark" ? "light" : "dark";
    setChosen(next);
    try {
      // Back at the system's own choice, it is followed again.
      if (next === system) localStorage.removeItem(kStored);
      else localStorage.setItem(kStored, next);
    } catch {
      // Not remembered then.
    }
  }, [name, system]);
  return [name, toggle];
}
