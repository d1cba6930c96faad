/** The thing at a click: by the server's segmentation model where it has one, else by a graph cut. */
import { fromVector } from "../../protocol";
import { segment } from "../api";
import type { Editor } from "../editor";
import type { Spot } from "../operations";
import { CriterionTool } from "./points";
import type { Tool, Touch } from "./tool";

export class ObjectTool implements Tool {
  private readonly cut: CriterionTool;
  /** Of the clicks that the model was asked for, the newest; what comes of older ones is dropped. */
  private newest = 0;
  private waiting = false;

  constructor(private readonly editor: Editor) {
    this.cut = new CriterionTool(editor, (at) => ({ by: "object", at }));
  }

  down(touch: Touch): void {
    const hit = this.editor.byModel ? this.editor.pick(touch) : null;
    if (hit) void this.ask(touch, fromVector(hit.point));
    else this.cut.down(touch);
  }

  move(): void {}

  up(): void {}

  cancel(): boolean {
    const busy = this.waiting;
    this.newest += 1;
    this.waiting = false;
    return busy;
  }

  private async ask(touch: Touch, point: [number, number, number]): Promise<void> {
    const { editor } = this;
    const { app, session, projector } = editor;
    const mode = editor.modeOf(touch);
    const at: Spot = { view: { ...app.view.cameraView, aspect: projector.width / projector.height }, at: [touch.x / projector.width, touch.y / projector.height] };
    const mine = ++this.newest;
    this.waiting = true;
    editor.say("The model looks at it from several sides…");
    try {
      const found = await segment(app.world.id, session.moment.branch, editor.me.id, at, mode);
      if (mine === this.newest) void editor.send(found.operation);
    } catch (error) {
      if (mine !== this.newest) return;
      app.announce(`${error instanceof Error ? error.message : String(error)} The graph cut is taken instead.`, true);
      editor.selectBy({ by: "object", at: point }, mode);
    } finally {
      if (mine === this.newest) this.waiting = false;
    }
  }
}
