/** What an overlay's colours mean. */
import type { App } from "../app";
import { h } from "./dom";

export function legendView(app: App): HTMLElement {
  const element = h("div", { class: "legend surface", role: "note", hidden: true });
  const update = () => {
    const legend = app.overlays.legend();
    element.hidden = legend === null;
    if (!legend) return;
    const stepped = app.overlays.current === "coverage";
    const bar = h("div", { class: "legend-bar" });
    bar.style.background = stepped
      ? `linear-gradient(90deg, ${legend.colours.map((colour, index) => `${colour} ${(index * 100) / legend.colours.length}% ${((index + 1) * 100) / legend.colours.length}%`).join(", ")})`
      : `linear-gradient(90deg, ${legend.colours.join(", ")})`;
    element.replaceChildren(
      ...(legend.note ? [h("p", {}, legend.note)] : []),
      ...(legend.colours.length ? [bar, h("div", { class: `legend-labels${stepped ? " stepped" : ""}` }, ...legend.labels.map((label) => h("span", {}, label)))] : []),
    );
  };
  app.overlayChanged.listen(update);
  app.described.listen(update);
  return element;
}
