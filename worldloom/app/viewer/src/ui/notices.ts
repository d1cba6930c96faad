/** What the page says: a line that comes and goes, how far loading is, and what went wrong for good. */
import type { App } from "../app";
import { textButton } from "./controls";
import { h } from "./dom";

const SHOWN = 4500; // milliseconds
const SHOWN_TROUBLE = 9000;

export class Toast {
  readonly element = h("div", { class: "toast surface", role: "status", "aria-live": "polite", "data-empty": true });
  private timer = 0;

  constructor(app: App) {
    app.announced.listen(({ text, trouble }) => {
      this.element.removeAttribute("data-empty"); // first: what is hidden is not read out
      this.element.classList.toggle("trouble", trouble);
      this.element.textContent = text;
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.element.setAttribute("data-empty", ""), trouble ? SHOWN_TROUBLE : SHOWN);
    });
  }
}

/** The world's name, and below it the share of its bytes that are there. */
export function titleCard(app: App): HTMLElement {
  const name = h("span", { class: "world-name" }, "Loading…");
  const version = h("span", { class: "muted" });
  const people = h("span", { class: "muted people" });
  const bar = h("div", { class: "progress", role: "progressbar", "aria-label": "Loading the world", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 });
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  mark.innerHTML = '<svg viewBox="0 0 32 32"><g fill="none" stroke-width="3.4" stroke-linecap="round"><path d="M5 12c5-6 17 6 22 0" stroke="var(--amber)"/><path d="M5 20c5-6 17 6 22 0" stroke="var(--accent)"/></g></svg>';
  app.described.listen((description) => {
    name.textContent = description.world.name;
    version.textContent = `v${description.version}`;
  });
  app.live.viewers.listen((count) => (people.textContent = count > 1 ? `${count} here` : ""));
  app.progressed.listen(({ loaded, total }) => {
    const share = total ? Math.min(1, loaded / total) : 0;
    bar.style.setProperty("--share", share.toFixed(3));
    bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  });
  const sync = () => (bar.hidden = app.status === "ready" || app.status === "error");
  app.statusChanged.listen(sync);
  return h("div", { class: "title surface" }, mark, h("h1", {}, name), version, people, bar);
}

/** Over the whole page: it cannot go on. */
export function failureCard(message: string): HTMLElement {
  return h(
    "div",
    { class: "failure", role: "alert" },
    h("div", { class: "failure-card surface" }, h("h2", {}, "This world cannot be shown"), h("p", {}, message), textButton("Reload the page", () => location.reload())),
  );
}
