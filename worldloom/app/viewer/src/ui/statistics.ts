/** The figures in the corner: what is drawn and how fast. */
import type { App } from "../app";
import { h } from "./dom";
import { compact } from "./layersPanel";

export class StatisticsView {
  readonly element = h("dl", { class: "statistics surface", "aria-label": "Statistics", hidden: true });

  constructor(private readonly app: App) {
    app.engine.onDrawn(() => this.update());
    app.layersChanged.listen(() => this.update());
  }

  get shown(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    this.update();
  }

  private update(): void {
    if (!this.shown) return;
    const { splats, drawn, budget, fps, frame_ms, width, height, memory_bytes } = this.app.statistics();
    const rows: [string, string][] = [
      ["Splats", `${compact(drawn)} of ${compact(splats)}`],
      ["Budget", compact(budget)],
      ["Moving", fps ? `${fps.toFixed(fps < 10 ? 1 : 0)} fps` : "–"],
      ["Frame", `${frame_ms.toFixed(1)} ms`],
      ["Drawn at", `${width} × ${height}`],
    ];
    if (memory_bytes !== null) rows.push(["Memory", `${Math.round(memory_bytes / 2 ** 20)} MB`]);
    this.element.replaceChildren(...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }
}
