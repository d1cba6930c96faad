/** How the scene is drawn and moved through: overlay, field of view, speed, detail. */
import type { App } from "../app";
import { FIGURES, type FigureName } from "../author/records";
import type { Overlay } from "../tools/overlays";
import { Slider, textButton, toggle } from "./controls";
import { h } from "./dom";
import { compact } from "./layersPanel";
import type { PanelContent } from "./panels";

const NAMES: Record<Overlay, string> = { none: "Colour", depth: "Depth", normal: "Normals", ellipse: "Ellipses", coverage: "Coverage" };
const LEAST_DETAIL = 4; // powers of ten
const MOST_DETAIL = 6.7;

export function viewPanel(app: App): PanelContent {
  const { engine, navigator, view } = app;
  const overlays = h("div", { class: "choices", role: "radiogroup", "aria-label": "What the splats show" });
  for (const [overlay, name] of Object.entries(NAMES)) {
    const input = h("input", { type: "radio", name: "overlay", value: overlay, onchange: () => app.setOverlay(overlay as Overlay) });
    overlays.append(h("label", {}, input, h("span", {}, name)));
  }
  const fov = new Slider({
    label: "Field of view",
    min: 20,
    max: 110,
    step: 1,
    value: view.fov,
    format: (value) => `${value}°`,
    onInput: (value) => {
      view.fov = value;
      engine.requestRender();
    },
  });
  // Speed and detail span several sizes: their sliders are logarithmic.
  const speed = new Slider({ label: "Speed", min: -1, max: 1.5, step: 0.02, value: 0, format: (value) => `${(10 ** value).toFixed(value < 0.5 ? 2 : 1)} m/s`, onInput: (value) => (navigator.speed = 10 ** value) });
  const detail = new Slider({ label: "Most splats drawn", min: LEAST_DETAIL, max: MOST_DETAIL, step: 0.01, value: LEAST_DETAIL, format: (value) => compact(Math.round(10 ** value)), onInput: (value) => engine.setBudget(10 ** value) });
  const auto = textButton("Choose detail for this device", () => {
    engine.setBudget(null);
    sync();
  });
  const third = toggle("Third person when walking", false, (on) => app.setThirdPerson(on));
  const figures = h("select", { class: "field", "aria-label": "Walk as", onchange: () => app.stage.setFigure(figures.value as FigureName) }, ...FIGURES.map((name) => h("option", { value: name }, name[0].toUpperCase() + name.slice(1))));
  const movement = toggle("Movement in the scene", app.stage.movement, (on) => app.stage.setMovement(on));
  const sound = toggle("Sound", true, (on) => app.stage.media.setAudible(on));
  const sync = () => {
    for (const input of overlays.querySelectorAll("input")) input.checked = input.value === app.overlays.current;
    fov.set(Math.round(view.fov));
    speed.set(Math.log10(navigator.speed));
    detail.set(Math.log10(engine.budget));
    const box = third.querySelector("input");
    if (box) box.checked = app.walk.thirdPerson;
    figures.value = app.stage.figure;
  };
  app.overlayChanged.listen(sync);
  app.modeChanged.listen(sync);
  return {
    title: "View",
    body: h("div", { class: "stack" }, overlays, fov.element, speed.element, detail.element, h("div", { class: "actions" }, auto), third, h("label", { class: "author-field" }, h("span", {}, "Walk as"), figures), movement, sound),
    opened: sync,
  };
}
