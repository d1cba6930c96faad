/** The notes: written where someone clicked, visited, deleted. */
import type * as THREE from "three";
import type { App } from "../app";
import { textField } from "../author/fields";
import type { Annotation } from "../protocol";
import { editText, iconButton, setPressed, textButton, toggle } from "./controls";
import { h } from "./dom";
import type { PanelContent, Panels } from "./panels";

export function notesPanel(app: App, panels: Panels): PanelContent {
  const { annotations } = app;
  const list = h("ol", { class: "rows", "aria-label": "Notes" });
  const draft = h("div", { class: "draft" });
  const hint = h("p", { class: "muted" });
  const render = () => {
    const adding = app.tool === "annotate";
    setPressed(add, adding);
    hint.textContent = adding ? "Click on the scene where the note belongs; Enter takes the middle of the picture." : "";
    list.replaceChildren(...(annotations.list.length ? annotations.list.map((_, index) => row(app, index, render)) : [h("li", { class: "empty" }, "No notes yet.")]));
  };
  const add = textButton("Add a note", () => app.setTool(app.tool === "annotate" ? "none" : "annotate"), "plus");
  app.notePlaced.listen((point) => {
    panels.show("notes", false);
    write(app, draft, point);
  });
  annotations.opened.listen((index) => {
    panels.show("notes", false);
    void app.focusNote(index);
  });
  annotations.changed.listen(render);
  app.toolChanged.listen(render);
  render();
  return {
    title: "Notes",
    body: h("div", { class: "stack" }, list, draft, h("div", { class: "actions" }, add), hint, toggle("Show markers", true, (shown) => annotations.setShown(shown))),
    closed: () => {
      draft.replaceChildren();
      if (app.tool === "annotate") app.setTool("none");
    },
  };
}

/** Asks for a new note's text, with a dot where it will be. */
function write(app: App, place: HTMLElement, point: THREE.Vector3): void {
  const dot = h("span", { class: "measure-dot" });
  const remove = app.marks.attach(dot, point);
  const close = () => {
    remove();
    place.replaceChildren();
    app.canvas.focus({ preventScroll: true });
  };
  const field = editText(
    "",
    "Text of the new note",
    (text) => {
      close();
      void app.attempt(() => app.addNote(text, point), "The note is kept.");
    },
    close,
  );
  field.placeholder = "Write a note, then press Enter";
  place.replaceChildren(field);
  field.focus();
}

function row(app: App, index: number, render: () => void): HTMLElement {
  const { annotations } = app;
  const { text, title: heading } = annotations.list[index];
  const title = h("button", { type: "button", class: "row-link", onclick: () => void app.focusNote(index) }, heading ? h("strong", {}, heading) : text);
  const edit = iconButton({
    icon: "edit",
    label: `Change note ${index + 1}`,
    class: "small reveal",
    onPress: () => {
      const field = editText(text, `Text of note ${index + 1}`, (changed) => void app.attempt(() => annotations.change(index, { text: changed })), render);
      title.replaceWith(field);
      field.select();
    },
  });
  const remove = iconButton({ icon: "trash", label: `Delete note ${index + 1}`, class: "small", onPress: () => void app.attempt(() => annotations.remove(index), "The note is deleted.") });
  const selected = annotations.selected === index;
  const head = h("div", { class: `row${selected ? " selected" : ""}` }, h("span", { class: "number" }, String(index + 1)), h("div", { class: "row-main" }, title), edit, remove);
  return h("li", {}, head, selected && more(app, index));
}

/** What else there is of the note that is open. */
function more(app: App, index: number): HTMLElement {
  const { annotations } = app;
  const note = annotations.list[index];
  const change = (values: Partial<Annotation>, done?: string) => void app.attempt(() => annotations.change(index, values), done);
  const linked = (link: string) => {
    if (link && !/^https?:\/\/[^\s<>"]+$/.test(link)) return app.announce("A link begins with http:// or https://.", true);
    change({ link: link || null });
  };
  return h(
    "div",
    { class: "note-more" },
    note.title ? h("p", {}, note.text) : null,
    note.link ? h("a", { href: note.link, target: "_blank", rel: "noopener noreferrer" }, note.link) : null,
    textField("Title", note.title ?? "", (title) => change({ title: title.slice(0, 200) })),
    textField("Link", note.link ?? "", linked, "https://…"),
    h("div", { class: "actions" }, textButton("Look at it from here", () => change({ view: app.view.cameraView }, "The note is looked at from here."), "camera")),
  );
}
