/** All keys and gestures, on one card; `keys.json` is also what docs/keys.md is made of. */
import { iconButton } from "./controls";
import { h } from "./dom";
import keyGroups from "./keys.json";

interface Group {
  title: string;
  /** Only when nothing is edited, or only then. */
  viewing?: boolean;
  editing?: boolean;
  keys: { keys: string; what: string }[];
}

const GROUPS: Group[] = keyGroups;

const NAMED_KEYS = ["Shift", "Ctrl", "Alt", "Space", "Enter", "Esc", "Del", "Backspace"];

/** Keys as caps, gestures in words. */
function keyCaps(text: string): HTMLElement[] {
  const parts = text.length > 1 ? text.split(/[ +]/) : [text];
  if (!parts.every((part) => part.length === 1 || NAMED_KEYS.includes(part))) return [h("span", {}, text)];
  return parts.map((part) => (part === "/" ? h("span", {}, part) : h("kbd", {}, part)));
}

export class Help {
  readonly element: HTMLDialogElement;
  private readonly groups = h("div", { class: "help-groups" });

  constructor() {
    const close = iconButton({ icon: "close", label: "Close help", class: "small", onPress: () => this.element.close() });
    this.element = h(
      "dialog",
      { class: "help surface", "aria-labelledby": "help-title", onclick: (event) => event.target === this.element && this.element.close() },
      h("div", { class: "help-card" }, h("header", { class: "panel-head" }, h("h2", { id: "help-title" }, "Keys and gestures"), close), this.groups),
    );
  }

  toggle(): void {
    if (this.element.open) return this.element.close();
    const editing = document.documentElement.dataset.edit !== undefined;
    const groups = GROUPS.filter((group) => (editing ? !group.viewing : !group.editing));
    this.groups.replaceChildren(
      ...groups.map(({ title, keys }) => h("section", {}, h("h3", {}, title), h("dl", { class: "keys" }, ...keys.flatMap(({ keys: caps, what }) => [h("dt", {}, ...keyCaps(caps)), h("dd", {}, what)])))),
    );
    this.element.showModal();
  }
}
