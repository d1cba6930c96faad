/** The layers while they are edited: selected by a click, shown, locked and renamed for everyone. */
import { iconButton, setPressed, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import { compact, renameButton } from "../../ui/layersPanel";
import type { PanelContent } from "../../ui/panels";
import type { Editor } from "../editor";
import { countSelected } from "../flags";
import type { Part } from "../part";

export function editLayersPanel(editor: Editor): PanelContent {
  const list = h("ul", { class: "rows", "aria-label": "Layers" });
  const render = () => {
    if (!list.offsetParent) return;
    const focused = document.activeElement?.getAttribute("data-row-action");
    list.replaceChildren(...[...editor.parts].map((part) => row(editor, part, render)));
    if (focused) list.querySelector<HTMLElement>(`[data-row-action="${CSS.escape(focused)}"]`)?.focus();
  };
  editor.parts.listed.listen(render);
  editor.selectionChanged.listen(render);
  const everywhere = h("div", { class: "actions" }, textButton("Show all Gaussians", () => void editor.showAll(), "eye"), textButton("Unlock all Gaussians", () => void editor.unlockAll(), "unlock"));
  return { title: "Layers", body: h("div", { class: "stack" }, list, everywhere), opened: render };
}

function row(editor: Editor, part: Part, render: () => void): HTMLElement {
  const { name, kind, visible, locked, rows } = part.facts;
  const update = (change: Record<string, unknown>) => editor.send({ op: "update_layer", layer: name, ...change });
  const action = (what: string, button: HTMLButtonElement) => {
    button.setAttribute("data-row-action", `${what} ${part.key}`);
    button.disabled ||= !editor.session.editable;
    return button;
  };
  const show = action("show", iconButton({ icon: visible ? "eye" : "eyeOff", label: `Show ${name}`, class: "small", onPress: () => void update({ visible: !visible }) }));
  setPressed(show, visible);
  const lock = action("lock", iconButton({ icon: locked ? "lock" : "unlock", label: `Lock ${name}`, class: "small", onPress: () => void update({ locked: !locked }) }));
  setPressed(lock, locked);
  const selected = countSelected(part);
  const title = h("button", { type: "button", class: "row-link", title: `Select all of ${name}`, onclick: (event) => editor.selectBy({ by: "layer", names: [part.key] }, (event as MouseEvent).shiftKey ? "add" : "set", new Map([[part.key, new Uint8Array(rows).fill(1)]])) }, name);
  const rename = action("rename", renameButton(name, title, (text) => void update({ name: text }), render));
  rename.disabled ||= locked;
  const detail = `${kind} · ${compact(rows)}${selected ? ` · ${compact(selected)} selected` : ""}`;
  return h("li", { class: `row${visible ? "" : " off"}${selected ? " selected" : ""}` }, show, h("div", { class: "row-main" }, title, h("span", { class: "muted" }, detail)), rename, lock);
}
