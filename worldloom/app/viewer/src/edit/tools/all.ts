/** Every tool by its name. */
import { toVector } from "../../protocol";
import type { Editor } from "../editor";
import type { ToolName } from "../settings";
import { BallTool, BrushTool } from "./brushes";
import { LassoTool, PolygonTool, RectangleTool } from "./outlines";
import { ObjectTool } from "./object";
import { CriterionTool, PickTool, PointTool } from "./points";
import { ProbeTool } from "./probe";
import type { Tool } from "./tool";

export function makeTools(editor: Editor): Partial<Record<ToolName, Tool>> {
  const { mover, settings } = editor;
  const shape = (kind: "box" | "sphere"): Tool => {
    const placing = new PointTool(editor, (point) => mover.putShape(kind, toVector(point)));
    return {
      down: (touch) => {
        if (mover.shape?.kind !== kind) placing.down(touch); // one that stands is moved by its handles
      },
      move: () => {},
      up: () => {},
      cancel: () => mover.dropShape(),
    };
  };
  return {
    pick: new PickTool(editor),
    rectangle: new RectangleTool(editor),
    lasso: new LassoTool(editor),
    polygon: new PolygonTool(editor),
    brush: new BrushTool(editor),
    ball: new BallTool(editor),
    flood: new CriterionTool(editor, (at) => ({ by: "flood", at, tolerance: settings.values.tolerance, step: settings.values.gap || null })),
    eyedropper: new CriterionTool(editor, (at) => ({ by: "colour", at, tolerance: settings.values.tolerance })),
    object: new ObjectTool(editor),
    box: shape("box"),
    sphere: shape("sphere"),
    probe: new ProbeTool(editor, editor.probe),
    pivot: new PointTool(editor, (point) => {
      mover.setPivot(toVector(point));
      editor.setTool("move");
    }),
  };
}
