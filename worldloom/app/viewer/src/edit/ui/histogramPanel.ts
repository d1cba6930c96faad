/** How an attribute is spread over the Gaussians; dragging over a range selects it. */
import { textButton, toggle } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import { fetchHistogram } from "../api";
import type { Editor } from "../editor";
import type { Histogram } from "../messages";
import type { Criterion, SelectionMode } from "../operations";
import { choice, numberField } from "./fields";
import { Bars, type Range } from "./bars";

const BINS = 96;

interface Attribute {
  name: string;
  /** What it is measured from, beyond the Gaussian itself. */
  from?: "camera" | "photos";
}

const GROUPS: Record<string, Record<string, Attribute>> = {
  Shape: {
    size: { name: "Size (m)" },
    volume: { name: "Volume (m³)" },
    elongation: { name: "Elongation" },
  },
  Look: {
    opacity: { name: "Opacity" },
    red: { name: "Red" },
    green: { name: "Green" },
    blue: { name: "Blue" },
    hue: { name: "Hue" },
    saturation: { name: "Saturation" },
    value: { name: "Brightness" },
    sh_energy: { name: "Change with direction" },
  },
  Place: {
    x: { name: "X (m)" },
    y: { name: "Y, height (m)" },
    z: { name: "Z (m)" },
    depth: { name: "Depth from the camera (m)", from: "camera" },
    distance: { name: "Distance from the camera (m)", from: "camera" },
  },
  Capture: {
    path_distance: { name: "Distance to the capture path (m)", from: "photos" },
    views: { name: "Photos that saw it", from: "photos" },
  },
};
const ATTRIBUTES: Record<string, Attribute> = Object.assign({}, ...Object.values(GROUPS));

export function histogramPanel(editor: Editor): PanelContent {
  const { app, session } = editor;
  let log = false;
  /** Of the newest request: answers to older ones come too late. */
  let asked = 0;
  let measure: Omit<Extract<Criterion, { by: "range" }>, "by" | "low" | "high"> = { attribute: "opacity" };

  const bars = new Bars((range, done) => setRange(range, done));
  const groups = Object.entries(GROUPS).map(([label, attributes]) => ({ label, options: Object.entries(attributes).map(([value, { name, from }]) => ({ name, from, option: h("option", { value }, name) })) }));
  const attribute = h("select", { class: "text-field", "aria-label": "Attribute", onchange: () => void choose() }, ...groups.map(({ label, options }) => h("optgroup", { label }, ...options.map(({ option }) => option))));
  attribute.value = measure.attribute;
  const summary = h("p", { class: "muted", role: "status" });
  const fromHere = textButton("Measure from here", () => void choose(), "focus");
  const here = h("div", { class: "actions", hidden: true }, fromHere);
  const lower = numberField({ label: "From", unit: "", step: 0.01, value: 0, onChange: (value) => setRange([value, Math.max(value, bars.ends[1])], true) });
  const upper = numberField({ label: "To", unit: "", step: 0.01, value: 0, onChange: (value) => setRange([Math.min(value, bars.ends[0]), value], true) });
  const mode = choice<SelectionMode>("Range selects", { set: "Anew", add: "Add", remove: "Take out", intersect: "Keep" }, "set", (value) => editor.settings.set({ mode: value }));

  function setRange(range: Range, done: boolean): void {
    bars.range = range;
    lower.set(range[0]);
    upper.set(range[1]);
    if (done) editor.selectBy({ by: "range", ...measure, low: range[0], high: range[1] }, editor.values.mode);
  }

  /** Of the attribute that is chosen, from where the camera is now. */
  function choose(): Promise<void> {
    const byCamera = ATTRIBUTES[attribute.value].from === "camera";
    const { cameraView } = app.view;
    const view = { ...cameraView, aspect: editor.projector.width / editor.projector.height };
    measure = { attribute: attribute.value, ...(attribute.value === "distance" ? { point: cameraView.position } : attribute.value === "depth" ? { view } : {}) };
    here.hidden = !byCamera;
    bars.range = null;
    return load();
  }

  async function load(): Promise<void> {
    asked += 1;
    const request = asked;
    let histogram: Histogram | null = null;
    let words: string;
    try {
      histogram = await fetchHistogram(app.world.id, { branch: session.moment.branch, person: editor.me.id, bins: BINS, log, ...measure });
      const count = histogram.counts.reduce((sum, one) => sum + one, 0);
      words = count ? `${count.toLocaleString("en")} Gaussians. Drag to select a range.` : log ? "There is nothing above 0 here." : "There is nothing that could be selected.";
    } catch (error) {
      words = error instanceof Error ? error.message : String(error);
    }
    if (request !== asked) return;
    summary.textContent = words;
    bars.show(histogram, log);
    const [low, high] = bars.ends;
    lower.set(low);
    upper.set(high);
  }

  /** What this world has no numbers of can't be chosen, and says why. */
  function offer(): void {
    const photos = (app.world.description?.captures.length ?? 0) > 0;
    for (const { name, from, option } of groups.flatMap(({ options }) => options)) {
      option.disabled = from === "photos" && !photos;
      option.textContent = option.disabled ? `${name}: not made from photos` : name;
    }
  }

  const logarithmic = toggle("Logarithmic", false, (on) => {
    log = on;
    void load();
  });
  const body = h("div", { class: "stack" }, attribute, bars.element, summary, here, h("div", { class: "field-row" }, lower.element, upper.element), mode.element, logarithmic);
  editor.settings.changed.listen(() => mode.set(editor.values.mode));
  session.logged.listen((done) => done.patch && body.offsetParent && void load());
  return {
    title: "Histogram",
    body,
    opened: () => {
      offer();
      void choose();
    },
  };
}
