/** The switch between viewing and editing. The editor is fetched when it is first wanted. */
import type { App } from "../app";
import type { OpenEditor } from "../edit/open";
import type { Moment } from "../edit/session";
import { setPressed, textButton } from "./controls";
import type { Panels } from "./panels";

interface Around {
  app: App;
  panels: Panels;
  topRight: HTMLElement;
  bottomBar: HTMLElement;
  dock: HTMLElement;
}

export class EditSwitch {
  readonly button: HTMLButtonElement;
  /** Only to be had once the page is put together. */
  around: Around | null = null;
  private current: OpenEditor | null = null;
  private busy = false;

  constructor(private readonly app: App) {
    this.button = textButton("Edit", () => void this.toggle(), "edit");
    this.button.classList.add("edit-switch", "surface");
    setPressed(this.button, false);
  }

  async toggle(): Promise<void> {
    if (this.current) await this.close();
    else await this.open({ branch: "main", at: null });
  }

  /** Resolves when the editor shows the world, and tells if it can't. */
  async open(moment: Moment): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await this.app.attempt(() => this.start(moment));
    this.busy = false;
  }

  /** Throws where the world can't be edited. */
  async start(moment: Moment): Promise<void> {
    if (!this.around) throw new Error("The page is not put together yet.");
    const { open: panel } = this.around.panels;
    this.current?.close();
    this.current = null;
    setPressed(this.button, true);
    try {
      const { openEditor } = await import("../edit/open");
      this.current = await openEditor(this.around, moment, (next, then) => {
        void this.open(next).then(() => this.current && then?.(this.current.editor));
      }, panel);
    } catch (error) {
      setPressed(this.button, false);
      await this.app.host(null);
      throw error;
    }
  }

  private async close(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.current?.close();
    this.current = null;
    setPressed(this.button, false);
    await this.app.attempt(() => this.app.host(null));
    this.busy = false;
  }
}
