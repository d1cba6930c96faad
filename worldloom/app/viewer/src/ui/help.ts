/** All keys and gestures, on one card. */
import { iconButton } from "./controls";
import { h } from "./dom";

const GROUPS: { title: string; keys: [string, string][] }[] = [
  {
    title: "Move",
    keys: [
      ["W A S D", "Forward, left, back, right"],
      ["Q E", "Down, up"],
      ["← ↑ → ↓", "Look around"],
      ["Drag", "Look or orbit"],
      ["Right drag", "Pan"],
      ["Wheel", "Nearer, farther"],
      ["Shift / Alt", "Faster / slower"],
      ["Space", "Jump, when walking"],
      ["Double click", "Go to a place"],
    ],
  },
  {
    title: "Modes",
    keys: [
      ["1", "Orbit"],
      ["2", "Fly"],
      ["3", "Walk; a click catches the mouse, Esc frees it"],
      ["V", "First or third person"],
      ["R", "Back to the start"],
      ["F", "Go to the middle of the picture"],
    ],
  },
  {
    title: "Tools",
    keys: [
      ["L", "Layers"],
      ["C", "Cameras and paths"],
      ["B", "Keep this view"],
      ["M", "Measure"],
      ["N", "Notes"],
      ["Enter", "Use the tool in the middle of the picture"],
      ["O", "View and overlays"],
      ["I", "Statistics"],
      ["P", "Screenshot"],
      ["T", "Dark or light"],
      ["X", "Full screen"],
      ["Esc", "Close, cancel"],
      ["?", "This card"],
    ],
  },
  {
    title: "Touch and gamepad",
    keys: [
      ["One finger", "Look or orbit"],
      ["Two fingers", "Pan and pinch"],
      ["Stick", "Move, at the lower left"],
      ["Sticks", "Left moves, right looks"],
      ["Triggers", "Slower, faster"],
      ["Shoulders", "Down, up"],
      ["A", "Jump"],
    ],
  },
];

const NAMED_KEYS = ["Shift", "Alt", "Space", "Enter", "Esc"];

/** Keys as caps, gestures in words. */
function keyCaps(text: string): HTMLElement[] {
  const parts = text.split(" ");
  if (!parts.every((part) => part.length === 1 || NAMED_KEYS.includes(part))) return [h("span", {}, text)];
  return parts.map((part) => (part === "/" ? h("span", {}, part) : h("kbd", {}, part)));
}

export class Help {
  readonly element: HTMLDialogElement;

  constructor() {
    const close = iconButton({ icon: "close", label: "Close help", class: "small", onPress: () => this.element.close() });
    const groups = GROUPS.map(({ title, keys }) =>
      h("section", {}, h("h3", {}, title), h("dl", { class: "keys" }, ...keys.flatMap(([key, what]) => [h("dt", {}, ...keyCaps(key)), h("dd", {}, what)]))),
    );
    this.element = h(
      "dialog",
      { class: "help surface", "aria-labelledby": "help-title", onclick: (event) => event.target === this.element && this.element.close() },
      h("div", { class: "help-card" }, h("header", { class: "panel-head" }, h("h2", { id: "help-title" }, "Keys and gestures"), close), h("div", { class: "help-groups" }, ...groups)),
    );
  }

  toggle(): void {
    if (this.element.open) this.element.close();
    else this.element.showModal();
  }
}
