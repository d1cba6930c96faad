/** While measuring: what to do next, the length so far, and the way out. */
import type { App } from "../app";
import { metres } from "../tools/measure";
import { textButton } from "./controls";
import { h } from "./dom";

export function measurePanel(app: App): HTMLElement {
  const text = h("span", { "aria-live": "polite" });
  const bar = h(
    "div",
    { class: "tool-bar surface", role: "group", "aria-label": "Measure", hidden: true },
    text,
    textButton("New line", () => app.measure.finish()),
    textButton("Clear", () => app.measure.clear()),
    textButton("Done", () => app.setTool("none")),
  );
  const update = () => {
    bar.hidden = app.tool !== "measure";
    const { lengths } = app.measure;
    const total = lengths.reduce((sum, length) => sum + length, 0);
    text.textContent = lengths.length === 0 ? "Click two places" : lengths.length === 1 ? metres(total) : `${metres(total)} in ${lengths.length} parts`;
  };
  app.toolChanged.listen(update);
  app.measure.changed.listen(update);
  update();
  return bar;
}
