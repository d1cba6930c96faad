/** At the upper edge while editing: who is there, undo and redo, saving. */
import { editText, iconButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import { icon } from "../../ui/icons";
import type { Panels } from "../../ui/panels";
import type { Editor } from "../editor";
import type { Person } from "../messages";
import { keyOf } from "../shortcuts";

const MOST_SHOWN = 4;

export function editHead(editor: Editor, panels: Panels): HTMLElement {
  const { session } = editor;
  const undo = iconButton({ icon: "undo", label: "Undo", key: keyOf("undo"), onPress: () => void editor.undo() });
  const redo = iconButton({ icon: "redo", label: "Redo", key: keyOf("redo"), onPress: () => void editor.redo() });
  const share = iconButton({ icon: "person", label: "Share", onPress: () => panels.toggle("share") });
  panels.connect("share", share);
  const mark = h("span", { class: "unsaved", "aria-hidden": "true" });
  const label = h("span", { class: "save-label" }, "Save");
  const save = h("button", { type: "button", class: "text-button save", "aria-keyshortcuts": "Control+S", onclick: () => editor.save() }, icon("save"), label, mark);
  const status = h("span", { class: "edit-status muted", role: "status" });
  const sync = () => {
    const { canUndo, canRedo, dirty, saving, editable, connected, moment, role } = session;
    undo.disabled = !editable || !canUndo;
    redo.disabled = !editable || !canRedo;
    undo.dataset.tip = canUndo ? `Undo: ${canUndo}` : "Nothing to undo";
    redo.dataset.tip = canRedo ? `Redo: ${canRedo}` : "Nothing to redo";
    save.disabled = !editable || !dirty || saving;
    save.setAttribute("aria-label", dirty ? "Save, there are unsaved changes" : "Save, all is saved");
    label.textContent = saving ? "Saving…" : dirty ? "Save" : "Saved";
    mark.hidden = !dirty || saving;
    const branch = moment.branch === "main" ? "" : moment.branch;
    status.textContent = moment.at !== null ? `${moment.branch}, after line ${moment.at}: only to look at` : !session.live ? "Only to look at" : !connected ? "Not connected, changes wait" : role === "viewer" ? "You can look, but not change" : branch && `Branch ${branch}`;
    status.classList.toggle("trouble-text", session.live && !connected);
    status.hidden = !status.textContent;
  };
  session.changed.listen(sync);
  sync();
  return h("div", { class: "edit-head surface", role: "group", "aria-label": "Editing" }, peopleView(editor), share, status, undo, redo, save);
}

/** Everyone as a disc in their colour; one's own renames oneself, another's goes to where they look from. */
function peopleView(editor: Editor): HTMLElement {
  const { session, app } = editor;
  const element = h("ul", { class: "people-list", "aria-label": "People" });
  const disc = (person: Person) => {
    const own = person.id === editor.me.id;
    const about = own ? `${person.name} (you), change your name` : `${person.name}${person.selected ? `, ${person.selected.toLocaleString("en")} selected` : ""}: go to where they look from`;
    const button = h("button", { type: "button", class: `person${own ? " own" : ""}`, "aria-label": about, "data-tip": own ? `${person.name} (you)` : person.name, onclick: () => (own ? rename() : person.camera && void app.navigator.flyTo(person.camera)) }, initials(person.name));
    button.style.setProperty("--person", person.colour);
    return h("li", {}, button);
  };
  const rename = () => {
    const field = editText(editor.me.name, "Your name", (name) => (editor.setName(name), render()), () => render());
    field.classList.add("name-field");
    element.replaceChildren(h("li", {}, field));
    field.select();
  };
  const render = () => {
    const people = [...session.people].sort((a, b) => Number(b.id === editor.me.id) - Number(a.id === editor.me.id));
    const rest = people.length - MOST_SHOWN;
    element.replaceChildren(...people.slice(0, MOST_SHOWN).map(disc), ...(rest > 0 ? [h("li", { class: "muted" }, `+${rest}`)] : []));
    element.hidden = people.length === 0;
  };
  session.peopleChanged.listen(() => element.querySelector("input") ?? render());
  render();
  return element;
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? words[0][0] + words[words.length - 1][0] : name.slice(0, 2)).toUpperCase();
}
