/** The panels beside the scene (on narrow pages: sheets above the dock), of which one is open at a time. */
import { iconButton } from "./controls";
import { h } from "./dom";

export interface PanelContent {
  title: string;
  /** Filled once, when the panel is first opened. */
  body: HTMLElement;
  opened?(): void;
  closed?(): void;
}

export class Panels {
  readonly element = h("aside", { class: "panels" });
  private readonly panels = new Map<string, { content: PanelContent; section: HTMLElement }>();
  private readonly openers = new Map<string, HTMLElement>();
  private current: string | null = null;

  add(name: string, content: PanelContent): void {
    const heading = h("h2", { id: `panel-${name}-title` }, content.title);
    const close = iconButton({ icon: "close", label: `Close ${content.title.toLowerCase()}`, class: "small", onPress: () => this.close() });
    const section = h(
      "section",
      { class: "panel surface", id: `panel-${name}`, role: "region", "aria-labelledby": heading.id, hidden: true, tabindex: -1 },
      h("header", { class: "panel-head" }, heading, close),
      h("div", { class: "panel-body" }, content.body),
    );
    this.panels.set(name, { content, section });
    this.element.append(section);
  }

  remove(name: string): void {
    this.panels.get(name)?.section.remove();
    this.panels.delete(name);
    this.openers.delete(name);
  }

  /** `opener` shows whether its panel is open and gets the focus back. */
  connect(name: string, opener: HTMLElement): void {
    this.openers.set(name, opener);
    opener.setAttribute("aria-expanded", "false");
    opener.setAttribute("aria-controls", `panel-${name}`);
  }

  get open(): string | null {
    return this.current;
  }

  toggle(name: string): void {
    if (this.current === name) this.close();
    else this.show(name);
  }

  show(name: string, focus = true): void {
    if (this.current === name) return;
    this.hide();
    const panel = this.panels.get(name);
    if (!panel) return;
    this.current = name;
    panel.section.hidden = false;
    document.documentElement.dataset.panel = name;
    this.openers.get(name)?.setAttribute("aria-expanded", "true");
    panel.content.opened?.();
    if (focus) panel.section.focus({ preventScroll: true });
  }

  close(): void {
    const opener = this.current && this.openers.get(this.current);
    this.hide();
    if (opener && opener.offsetParent) opener.focus({ preventScroll: true });
    else document.getElementById("scene")?.focus({ preventScroll: true });
  }

  private hide(): void {
    const name = this.current;
    const panel = name && this.panels.get(name);
    this.current = null;
    delete document.documentElement.dataset.panel;
    if (!name || !panel) return;
    panel.section.hidden = true;
    this.openers.get(name)?.setAttribute("aria-expanded", "false");
    panel.content.closed?.();
  }
}
