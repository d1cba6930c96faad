/** The dock at the lower edge: ways to move, tools, and, on narrow pages, the way to everything else. */
import type { App } from "../app";
import type { ModeName } from "../navigation/mode";
import { iconButton, setPressed, type ButtonOptions } from "./controls";
import { h } from "./dom";
import type { Panels } from "./panels";

export interface DockActions {
  measure(): void;
  notes(): void;
  screenshot(): void;
}

export function dock(app: App, panels: Panels, actions: DockActions): HTMLElement {
  const mode = (name: ModeName, options: Omit<ButtonOptions, "onPress">) => {
    const button = iconButton({ ...options, onPress: () => app.navigator.setMode(name) });
    button.append(h("span", { class: "button-text", "aria-hidden": "true" }, options.label));
    const sync = () => setPressed(button, app.navigator.mode === name);
    app.modeChanged.listen(sync);
    sync();
    return button;
  };
  const panel = (name: string, options: Omit<ButtonOptions, "onPress">) => {
    const button = iconButton({ ...options, onPress: () => panels.toggle(name) });
    panels.connect(name, button);
    return button;
  };
  const measure = iconButton({ icon: "measure", label: "Measure", key: "M", onPress: actions.measure });
  const notes = iconButton({ icon: "note", label: "Notes", key: "N", onPress: actions.notes });
  panels.connect("notes", notes);
  const sync = () => {
    setPressed(measure, app.tool === "measure");
    setPressed(notes, app.tool === "annotate");
  };
  app.toolChanged.listen(sync);
  sync();
  return h(
    "div",
    { class: "dock surface", role: "group", "aria-label": "Tools" },
    h(
      "div",
      { class: "group modes", role: "group", "aria-label": "Way to move" },
      mode("orbit", { icon: "orbit", label: "Orbit", key: "1" }),
      mode("fly", { icon: "fly", label: "Fly", key: "2" }),
      mode("walk", { icon: "walk", label: "Walk", key: "3" }),
    ),
    h(
      "div",
      { class: "group viewing", role: "group", "aria-label": "Scene" },
      panel("layers", { icon: "layers", label: "Layers", key: "L" }),
      panel("cameras", { icon: "camera", label: "Cameras", key: "C" }),
      measure,
      notes,
    ),
    h(
      "div",
      { class: "group wide viewing", role: "group", "aria-label": "View" },
      panel("author", { icon: "portal", label: "Author", key: "U" }),
      panel("view", { icon: "sliders", label: "View", key: "O" }),
      iconButton({ icon: "home", label: "Back to the start", key: "R", onPress: () => void app.resetView() }),
      iconButton({ icon: "shot", label: "Screenshot", key: "P", onPress: actions.screenshot }),
    ),
    h("div", { class: "group narrow" }, panel("more", { icon: "more", label: "More" })),
  );
}
