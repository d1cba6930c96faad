/** What the pages' elements share: redrawing without losing what is the same, and asking again every so often. */

export abstract class Polling extends HTMLElement {
  private timer = 0;
  private drawn = "";
  private readonly onVisibility = (): void => {
    if (!document.hidden) void this.tick();
  };

  /** Milliseconds until the next look; 0: not again by itself. */
  protected abstract interval(): number;
  /** Look, and draw what was found. */
  protected abstract refresh(): Promise<void>;
  /** Do what a button with `data-do` asks for; the element looks again afterwards. */
  protected async perform(_verb: string, _asked: DOMStringMap): Promise<void> {}

  /** Gradio changes the attributes of an element that is there rather than putting a new one into its place. */
  static readonly observedAttributes = ["operation", "world"];

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before !== null && before !== after && this.isConnected) void this.tick();
  }

  private readonly onClick = async (event: Event): Promise<void> => {
    const asked = (event.target as HTMLElement).closest<HTMLElement>("[data-do]")?.dataset;
    if (!asked) return;
    try {
      await this.perform(asked["do"] ?? "", asked);
    } catch (error) {
      this.complain(error);
    }
    await this.tick();
  };

  connectedCallback(): void {
    this.addEventListener("click", this.onClick);
    document.addEventListener("visibilitychange", this.onVisibility);
    void this.tick();
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
    this.removeEventListener("click", this.onClick);
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  protected async tick(): Promise<void> {
    window.clearTimeout(this.timer);
    if (document.hidden) return;
    try {
      await this.refresh();
    } catch (error) {
      this.complain(error);
    }
    const wait = this.interval();
    if (wait > 0 && this.isConnected) this.timer = window.setTimeout(() => void this.tick(), wait);
  }

  /** Replace the content if it differs; focus stays where it was. */
  protected draw(html: string): void {
    if (html === this.drawn && (this.firstChild || !html)) return;
    const focused = this.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    this.drawn = html;
    this.innerHTML = html;
    if (focused) this.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  protected complain(error: unknown): void {
    toast(error instanceof Error ? error.message : String(error), "alert");
  }
}

/** A sentence at the foot of the page, with something to do about it if wanted. */
export function toast(sentence: string, role: "status" | "alert" = "status", action?: { label: string; run: () => void }): void {
  document.querySelector(".wl-toast")?.remove();
  const box = document.createElement("div");
  box.className = "wl-toast";
  box.setAttribute("role", role);
  box.append(sentence);
  if (action) {
    const button = document.createElement("button");
    button.textContent = action.label;
    button.onclick = () => {
      box.remove();
      action.run();
    };
    box.append(button);
  }
  document.body.append(box);
  window.setTimeout(() => box.remove(), action ? 12_000 : 6_000);
}
