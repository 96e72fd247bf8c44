// Light or dark: as the system says, until the user says otherwise.

import { useEffect, useState } from "preact/hooks";

const KEY = "calipers-theme";
const SYSTEM = matchMedia("(prefers-color-scheme: dark)");

export interface Theme {
  dark: boolean;
  toggle: () => void;
}

export function useTheme(): Theme {
  const [chosen, setChosen] = useState(localStorage.getItem(KEY));
  const [system, setSystem] = useState(SYSTEM.matches);
  useEffect(() => {
    const follow = (): void => setSystem(SYSTEM.matches);
    SYSTEM.addEventListener("change", follow);
    return () => SYSTEM.removeEventListener("change", follow);
  }, []);
  const dark = chosen === null ? system : chosen === "dark";
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  const toggle = (): void => {
    localStorage.setItem(KEY, dark ? "light" : "dark");
    setChosen(dark ? "light" : "dark");
  };
  return { dark, toggle };
}
