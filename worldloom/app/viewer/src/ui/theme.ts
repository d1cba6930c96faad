/** Dark or light: as the system says, until someone chooses; the choice is remembered. */
import { Signal } from "../signal";

export type ThemeName = "dark" | "light";

const KEY = "worldloom.theme";

export class Theme {
  readonly changed = new Signal<ThemeName>();
  private readonly system = matchMedia("(prefers-color-scheme: light)");

  constructor() {
    this.system.addEventListener("change", () => this.apply());
    this.apply();
  }

  get current(): ThemeName {
    return remembered() ?? (this.system.matches ? "light" : "dark");
  }

  toggle(): void {
    try {
      localStorage.setItem(KEY, this.current === "dark" ? "light" : "dark");
    } catch {
      // Without storage (a private window, a sandboxed frame) the system's theme is all there is.
    }
    this.apply();
  }

  private apply(): void {
    document.documentElement.dataset.theme = this.current;
    this.changed.emit(this.current);
  }
}

function remembered(): ThemeName | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "dark" || value === "light" ? value : null;
  } catch {
    return null;
  }
}
