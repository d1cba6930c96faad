/** Who is in the world: discs at the upper edge, and a list of all from which one goes to where they look from. */
import { editText, iconButton, setPressed } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import type { Editor } from "../editor";
import type { Person } from "../messages";

const MOST_SHOWN = 4;

interface Row {
  element: HTMLElement;
  update(person: Person): void;
}

/** One element a person for as long as they stay: they are told of ten times a second, and a press must not be lost. */
function perPerson(list: HTMLElement, make: (id: string) => Row): (people: Person[]) => void {
  const rows = new Map<string, Row>();
  return (people) => {
    for (const [id, row] of rows) {
      if (people.some((person) => person.id === id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    people.forEach((person, index) => {
      const row = rows.get(person.id) ?? make(person.id);
      rows.set(person.id, row);
      row.update(person);
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index] ?? null);
    });
  };
}

/** Oneself first. */
function inOrder(editor: Editor): Person[] {
  return [...editor.session.people].sort((a, b) => Number(b.id === editor.me.id) - Number(a.id === editor.me.id));
}

function goTo(editor: Editor, id: string): void {
  const person = editor.session.people.find((one) => one.id === id);
  if (person?.camera) void editor.app.navigator.flyTo(person.camera);
  else editor.say(`${person?.name ?? "This person"} has not said yet where they look from.`);
}

/** The first few, each in their colour; `openList` shows all. */
export function peopleDiscs(editor: Editor, openList: () => void): HTMLElement {
  const list = h("ul", { class: "people-list", "aria-label": "People" });
  const rest = h("button", { type: "button", class: "people-rest", onclick: openList });
  const show = perPerson(list, (id) => {
    const own = id === editor.me.id;
    const button = h("button", { type: "button", class: `person${own ? " own" : ""}`, onclick: () => (own ? openList() : goTo(editor, id)) });
    return {
      element: h("li", {}, button),
      update: (person) => {
        paint(button, person);
        button.dataset.tip = own ? `${person.name} (you)` : `Go to ${person.name}`;
        button.setAttribute("aria-label", own ? `${person.name} (you): everyone here` : `${person.name}${chosen(person)}: go to where they look from`);
      },
    };
  });
  const render = () => {
    const people = inOrder(editor);
    show(people.slice(0, MOST_SHOWN));
    const more = people.length - MOST_SHOWN;
    rest.hidden = more <= 0;
    rest.textContent = `+${more}`;
    rest.setAttribute("aria-label", `${more} more: everyone here`);
  };
  editor.session.peopleChanged.listen(render);
  render();
  return h("div", { class: "people-discs" }, list, rest);
}

export function peoplePanel(editor: Editor): PanelContent {
  const { app, session } = editor;
  const list = h("ul", { class: "rows", "aria-label": "Everyone here" });
  let followed: string | null = null;
  const follow = (id: string) => {
    if (followed === id) return app.navigator.release();
    if (!editor.visitors.viewOf(id)) return goTo(editor, id);
    app.navigator.take(
      () => {
        const view = editor.visitors.viewOf(id);
        if (!view) return false;
        app.view.pose = view;
        app.view.fov = view.vertical_fov;
        app.engine.requestRender();
        return true;
      },
      () => {
        followed = null;
        render();
      },
    );
    followed = id;
    render();
    editor.say("You see what they see, until you move.");
  };
  const show = perPerson(list, (id) => (id === editor.me.id ? ownRow(editor) : otherRow(editor, id, () => followed === id, () => follow(id))));
  const alone = h("p", { class: "muted" });
  const body = h("div", { class: "stack" }, list, alone);
  const render = () => {
    const people = inOrder(editor);
    show(people);
    alone.textContent = people.length > 1 ? "" : "Nobody else is here. Share a link to work on this world together.";
  };
  session.peopleChanged.listen(() => body.offsetParent && render());
  return { title: "People", body, opened: render };
}

function otherRow(editor: Editor, id: string, followed: () => boolean, follow: () => void): Row {
  const disc = h("span", { class: "person", "aria-hidden": "true" });
  const title = h("button", { type: "button", class: "row-link", onclick: () => goTo(editor, id) });
  const detail = h("span", { class: "muted" });
  const button = iconButton({ icon: "eye", label: "Follow", class: "small", onPress: follow });
  return {
    element: h("li", { class: "row" }, disc, h("div", { class: "row-main" }, title, detail), button),
    update: (person) => {
      paint(disc, person);
      title.textContent = person.name;
      title.setAttribute("aria-label", `Go to where ${person.name} looks from`);
      detail.textContent = followed() ? "You see what they see" : person.selected ? `${person.selected.toLocaleString("en")} selected` : "Nothing selected";
      button.setAttribute("aria-label", `Follow ${person.name}`);
      setPressed(button, followed());
    },
  };
}

/** One's own name can be changed. */
function ownRow(editor: Editor): Row {
  const disc = h("span", { class: "person own", "aria-hidden": "true" });
  const title = h("span", { class: "row-name" });
  const rename = iconButton({
    icon: "edit",
    label: "Change your name",
    class: "small",
    onPress: () => {
      const field = editText(editor.me.name, "Your name", (name) => (editor.setName(name), field.replaceWith(title)), () => field.replaceWith(title));
      title.replaceWith(field);
      field.select();
    },
  });
  return {
    element: h("li", { class: "row" }, disc, h("div", { class: "row-main" }, title, h("span", { class: "muted" }, "You")), rename),
    update: (person) => {
      paint(disc, person);
      title.textContent = person.name;
    },
  };
}

function paint(disc: HTMLElement, { name, colour }: Person): void {
  disc.textContent = initials(name);
  disc.style.setProperty("--person", colour);
}

function chosen({ selected }: Person): string {
  return selected ? `, ${selected.toLocaleString("en")} selected` : "";
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? words[0][0] + words[words.length - 1][0] : name.slice(0, 2)).toUpperCase();
}
