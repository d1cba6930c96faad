/** How an attribute is spread over the Gaussians; dragging over a range selects it. */
import { h } from "../../ui/dom";
import { toggle } from "../../ui/controls";
import type { PanelContent } from "../../ui/panels";
import { fetchHistogram } from "../api";
import type { Editor } from "../editor";
import type { Histogram } from "../messages";
import type { SelectionMode } from "../operations";
import { choice, numberField } from "./fields";

const BINS = 96;
const HEIGHT = 132;
const LEAST_DRAG = 0.01; // of the width: less is a click

const ATTRIBUTES: Record<string, string> = {
  opacity: "Opacity",
  size: "Size",
  volume: "Volume",
  red: "Red",
  green: "Green",
  blue: "Blue",
  hue: "Hue",
  saturation: "Saturation",
  value: "Brightness",
  elongation: "Elongation",
  sh_energy: "Change with direction",
  x: "X",
  y: "Y (height)",
  z: "Z",
  path_distance: "Distance to the capture path",
  views: "Photos that saw it",
};

export function histogramPanel(editor: Editor): PanelContent {
  const { app, session } = editor;
  let histogram: Histogram | null = null;
  let log = false;
  let range: [number, number] | null = null;
  let from = 0;

  const select = h("select", { class: "text-field", "aria-label": "Attribute", onchange: () => void load() }, ...Object.entries(ATTRIBUTES).map(([value, name]) => h("option", { value }, name)));
  const canvas = h("canvas", { class: "histogram", width: 568, height: HEIGHT * 2, role: "img", "aria-label": "Histogram; drag over a range to select it", tabindex: 0 });
  const scale = h("div", { class: "legend-labels" });
  const summary = h("p", { class: "muted" });
  const lower = numberField({ label: "From", unit: "", step: 0.01, value: 0, onChange: (value) => setRange([value, range?.[1] ?? value]) });
  const upper = numberField({ label: "To", unit: "", step: 0.01, value: 0, onChange: (value) => setRange([range?.[0] ?? value, value]) });
  const mode = choice<SelectionMode>("Range selects", { set: "Anew", add: "Add", remove: "Take out", intersect: "Keep" }, "set", (value) => editor.settings.set({ mode: value }));

  const place = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const valueAt = (share: number) => {
    if (!histogram) return 0;
    const { lower: low, upper: high } = histogram;
    return log && low > 0 ? low * (high / low) ** share : low + share * (high - low);
  };
  const shareOf = (value: number) => {
    if (!histogram || histogram.upper === histogram.lower) return 0;
    const { lower: low, upper: high } = histogram;
    return log && low > 0 && value > 0 ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  };
  const setRange = (next: [number, number], send = true) => {
    range = next[0] <= next[1] ? next : [next[1], next[0]];
    lower.set(range[0]);
    upper.set(range[1]);
    draw();
    if (send) editor.selectBy({ by: "range", attribute: select.value, low: range[0], high: range[1] }, editor.values.mode);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!histogram) return;
    canvas.setPointerCapture(event.pointerId);
    from = place(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) setRange([valueAt(from), valueAt(place(event))], false);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!histogram) return;
    const to = place(event);
    if (Math.abs(to - from) >= LEAST_DRAG) setRange([valueAt(from), valueAt(to)]);
  });

  async function load(): Promise<void> {
    try {
      histogram = await fetchHistogram(app.world.id, session.moment.branch, editor.me.id, select.value, BINS, log);
      range = null;
      summary.textContent = `${histogram.counts.reduce((sum, count) => sum + count, 0).toLocaleString("en")} Gaussians. Drag over a range to select it.`;
    } catch (error) {
      histogram = null;
      summary.textContent = error instanceof Error ? error.message : String(error);
    }
    draw();
  }

  function draw(): void {
    const context = canvas.getContext("2d");
    if (!context) return;
    const { width, height } = canvas;
    const colours = getComputedStyle(document.documentElement);
    context.clearRect(0, 0, width, height);
    scale.replaceChildren();
    if (!histogram) return;
    const { counts, selected } = histogram;
    // The square root keeps rare values to be seen beside frequent ones.
    const top = Math.sqrt(Math.max(1, ...counts));
    const bar = width / counts.length;
    const column = (count: number, index: number) => {
      const tall = (Math.sqrt(count) / top) * (height - 6);
      context.fillRect(index * bar + 0.5, height - tall, bar - 1, tall);
    };
    if (range) {
      context.fillStyle = colours.getPropertyValue("--pressed");
      const left = shareOf(range[0]) * width;
      context.fillRect(left, 0, shareOf(range[1]) * width - left, height);
    }
    context.fillStyle = colours.getPropertyValue("--muted");
    counts.forEach(column);
    context.fillStyle = colours.getPropertyValue("--amber");
    selected?.forEach(column);
    scale.append(...[0, 0.5, 1].map((share) => h("span", {}, short(valueAt(share)))));
  }

  const logarithmic = toggle("Logarithmic", false, (on) => {
    log = on;
    void load();
  });
  const content = h("div", { class: "stack" }, select, h("div", {}, canvas, scale), summary, h("div", { class: "field-row" }, lower.element, upper.element), mode.element, logarithmic);
  editor.settings.changed.listen(() => mode.set(editor.values.mode));
  editor.session.logged.listen((done) => done.patch && content.offsetParent && void load());
  return { title: "Histogram", body: content, opened: () => void load() };
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
