/** A histogram's bars, and the range that is dragged over them. */
import { h } from "../../ui/dom";
import type { Histogram } from "../messages";

const HEIGHT = 132;
const LEAST_DRAG = 0.01; // of the width: less is a click

export type Range = [number, number];

export class Bars {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { class: "histogram", width: 568, height: HEIGHT * 2, role: "img", "aria-label": "Histogram; drag over a range to select it, or move it with the arrow keys and choose it with Enter", tabindex: 0, "data-takes-keys": "" });
  private readonly scale = h("div", { class: "legend-labels" });
  private readonly tip = h("div", { class: "histogram-tip", hidden: true });
  private histogram: Histogram | null = null;
  private log = false;
  private selected: Range | null = null;
  /** Where a drag began, as a share of the width. */
  private start = 0;

  /** `changed`: `done` when the range is to be selected. */
  constructor(private readonly changed: (range: Range, done: boolean) => void) {
    const { canvas } = this;
    this.element = h("div", { class: "histogram-box" }, canvas, this.tip, this.scale);
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.histogram || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.start = this.shareAt(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      this.tell(this.shareAt(event));
      if (canvas.hasPointerCapture(event.pointerId)) this.changed(this.between(this.start, this.shareAt(event)), false);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      const end = this.shareAt(event);
      if (Math.abs(end - this.start) >= LEAST_DRAG) this.changed(this.between(this.start, end), true);
    });
    canvas.addEventListener("pointerleave", () => (this.tip.hidden = true));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show(histogram: Histogram | null, log: boolean): void {
    this.histogram = histogram;
    this.log = log;
    this.tip.hidden = true;
    this.draw();
  }

  get range(): Range | null {
    return this.selected;
  }

  set range(range: Range | null) {
    this.selected = range;
    this.draw();
  }

  /** Of the range, or of everything. */
  get ends(): Range {
    return this.selected ?? [this.histogram?.lower ?? 0, this.histogram?.upper ?? 0];
  }

  private shareAt(event: PointerEvent): number {
    const box = this.canvas.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  }

  private between(one: number, other: number): Range {
    return [this.valueAt(Math.min(one, other)), this.valueAt(Math.max(one, other))];
  }

  private valueAt(share: number): number {
    if (!this.histogram) return 0;
    const { lower, upper } = this.histogram;
    if (share >= 1) return upper; // to the last digit, so that the largest is in
    return this.log && lower > 0 ? lower * (upper / lower) ** share : lower + share * (upper - lower);
  }

  private shareOf(value: number): number {
    if (!this.histogram || this.histogram.upper === this.histogram.lower) return 0;
    const { lower, upper } = this.histogram;
    const share = this.log && lower > 0 ? (value > 0 ? Math.log(value / lower) / Math.log(upper / lower) : 0) : (value - lower) / (upper - lower);
    return Math.max(0, Math.min(1, share));
  }

  /** Arrows move the range's upper end, with Shift its lower one; Enter selects. */
  private key(event: KeyboardEvent): void {
    if (!this.histogram) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    const range = this.ends;
    if (!step) return this.changed(range, true);
    const bins = this.histogram.counts.length;
    const moved = (value: number) => this.valueAt(Math.max(0, Math.min(1, (Math.round(this.shareOf(value) * bins) + step) / bins)));
    const [low, high] = event.shiftKey ? [Math.min(moved(range[0]), range[1]), range[1]] : [range[0], Math.max(moved(range[1]), range[0])];
    this.changed([low, high], false);
  }

  private tell(share: number): void {
    const { histogram } = this;
    this.tip.hidden = !histogram;
    if (!histogram) return;
    const { counts, selected } = histogram;
    const bin = Math.min(counts.length - 1, Math.floor(share * counts.length));
    const chosen = selected?.[bin] ? `, ${selected[bin].toLocaleString("en")} selected` : "";
    this.tip.textContent = `${short(this.valueAt(share))}: ${counts[bin].toLocaleString("en")}${chosen}`;
    this.tip.classList.toggle("left", share > 0.5);
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const { width, height } = this.canvas;
    const colours = getComputedStyle(document.documentElement);
    context.clearRect(0, 0, width, height);
    this.scale.replaceChildren();
    if (!this.histogram) return;
    const { counts, selected } = this.histogram;
    // The square root keeps rare values to be seen beside frequent ones.
    const top = Math.sqrt(Math.max(1, ...counts));
    const bar = width / counts.length;
    const column = (count: number, index: number) => {
      const tall = (Math.sqrt(count) / top) * (height - 6);
      context.fillRect(index * bar + 0.5, height - tall, bar - 1, tall);
    };
    if (this.selected) {
      const [left, right] = this.selected.map((value) => this.shareOf(value) * width);
      context.fillStyle = colours.getPropertyValue("--pressed");
      context.fillRect(left, 0, right - left, height);
      context.fillStyle = colours.getPropertyValue("--accent");
      for (const edge of [left, right]) context.fillRect(Math.max(0, Math.min(width - 3, edge - 1.5)), 0, 3, height);
    }
    context.fillStyle = colours.getPropertyValue("--muted");
    counts.forEach(column);
    context.fillStyle = colours.getPropertyValue("--amber");
    selected?.forEach(column);
    this.scale.append(...[0, 0.5, 1].map((share) => h("span", {}, short(this.valueAt(share)))));
  }
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
