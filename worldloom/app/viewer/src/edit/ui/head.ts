/** At the upper edge while editing: who is there, undo and redo, saving. */
import { iconButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import { icon } from "../../ui/icons";
import type { Panels } from "../../ui/panels";
import type { Editor } from "../editor";
import { keyOf } from "../shortcuts";
import { peopleDiscs } from "./people";

export function editHead(editor: Editor, panels: Panels): HTMLElement {
  const { session } = editor;
  const undo = iconButton({ icon: "undo", label: "Undo", key: keyOf("undo"), onPress: () => void editor.undo() });
  const redo = iconButton({ icon: "redo", label: "Redo", key: keyOf("redo"), onPress: () => void editor.redo() });
  const share = iconButton({ icon: "link", label: "Share", onPress: () => panels.toggle("share") });
  panels.connect("share", share);
  const people = iconButton({ icon: "people", label: "People", onPress: () => panels.toggle("people") });
  panels.connect("people", people);
  const mark = h("span", { class: "unsaved", "aria-hidden": "true" });
  const label = h("span", { class: "save-label" }, "Save");
  const save = h("button", { type: "button", class: "text-button save", "aria-keyshortcuts": "Control+S", onclick: () => editor.save() }, icon("save"), label, mark);
  const status = h("span", { class: "edit-status muted", role: "status" });
  const sync = () => {
    const { canUndo, canRedo, dirty, saving, editable, connected, ended, moment, role } = session;
    undo.disabled = !editable || !canUndo;
    redo.disabled = !editable || !canRedo;
    undo.dataset.tip = canUndo ? `Undo: ${canUndo}` : "Nothing to undo";
    redo.dataset.tip = canRedo ? `Redo: ${canRedo}` : "Nothing to redo";
    save.disabled = !editable || !dirty || saving;
    save.setAttribute("aria-label", dirty ? "Save, there are unsaved changes" : "Save, all is saved");
    label.textContent = saving ? "Saving…" : dirty ? "Save" : "Saved";
    mark.hidden = !dirty || saving;
    const branch = moment.branch === "main" ? "" : moment.branch;
    status.textContent = moment.at !== null ? `${moment.branch}, after line ${moment.at}: only to look at` : !session.live ? "Only to look at" : ended !== null ? "Editing has ended here" : !connected ? "Not connected, changes wait" : role === "viewer" ? "You can look, but not change" : branch && `Branch ${branch}`;
    status.classList.toggle("trouble-text", session.live && !connected);
    status.hidden = !status.textContent;
  };
  session.changed.listen(sync);
  sync();
  return h("div", { class: "edit-head surface", role: "group", "aria-label": "Editing" }, peopleDiscs(editor, () => panels.show("people")), people, share, status, undo, redo, save);
}
