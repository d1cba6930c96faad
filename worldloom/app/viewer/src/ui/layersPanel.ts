/** The layers: shown or hidden, alone, locked, renamed. */
import type { App } from "../app";
import type { Layer } from "../layers";
import { editText, iconButton, setPressed } from "./controls";
import { h } from "./dom";
import type { PanelContent } from "./panels";

const KINDS: Record<string, string> = { captured: "Captured", generated: "Generated", object: "Object", sky: "Sky", effects: "Effects" };

export function compact(count: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(count);
}

/** Puts a field in the place of the title. `drop`: when the name stays. */
export function renameButton(name: string, title: HTMLElement, keep: (name: string) => void, drop: () => void): HTMLButtonElement {
  return iconButton({
    icon: "edit",
    label: `Rename ${name}`,
    class: "small reveal",
    onPress: () => {
      const field = editText(name, `New name of ${name}`, keep, drop);
      title.replaceWith(field);
      field.select();
    },
  });
}

export function layersPanel(app: App): PanelContent {
  const list = h("ul", { class: "rows", "aria-label": "Layers" });
  const summary = h("p", { class: "muted" });
  const render = () => {
    const focused = document.activeElement?.getAttribute("data-row-action");
    list.replaceChildren(...app.world.layers.list.map((layer) => row(app, layer, render)));
    summary.textContent = `${compact(app.world.layers.count)} splats shown`;
    if (focused) list.querySelector<HTMLElement>(`[data-row-action="${CSS.escape(focused)}"]`)?.focus();
  };
  app.layersChanged.listen(render);
  return { title: "Layers", body: h("div", {}, list, summary), opened: render };
}

function row(app: App, layer: Layer, render: () => void): HTMLElement {
  const { layers } = app.world;
  const { name, kind, count, locked } = layer.description;
  const shown = layers.isVisible(layer);
  const action = (what: string, button: HTMLButtonElement) => {
    button.setAttribute("data-row-action", `${what} ${name}`);
    return button;
  };
  const save = (change: { name?: string; locked?: boolean }) =>
    app.attempt(async () => {
      await app.world.edit([{ op: "update_layer", layer: name, ...change }]);
      layers.change(layer, change);
    });

  const visible = action("show", iconButton({ icon: shown ? "eye" : "eyeOff", label: `Show ${name}`, class: "small", onPress: () => layers.setVisible(name, !shown) }));
  setPressed(visible, shown);
  const solo = action("solo", iconButton({ icon: "solo", label: `Show only ${name}`, class: "small", onPress: () => layers.setSolo(layers.solo === name ? null : name) }));
  setPressed(solo, layers.solo === name);
  const lock = action("lock", iconButton({ icon: locked ? "lock" : "unlock", label: `Lock ${name}`, class: "small", onPress: () => void save({ locked: !locked }) }));
  setPressed(lock, locked);
  const title = h("span", { class: "row-name" }, name);
  const rename = action("rename", renameButton(name, title, (text) => void save({ name: text }).then(render), render));
  rename.disabled = locked;
  return h(
    "li",
    { class: `row${shown ? "" : " off"}` },
    visible,
    h("div", { class: "row-main" }, title, h("span", { class: "muted" }, `${KINDS[kind] ?? kind} · ${compact(count)}`)),
    rename,
    solo,
    lock,
  );
}
