/** Commands on what people put into the world: to look at it, to hold its time, to try an action. */
import type { App } from "../app";
import type { Action } from "./records";

export const AUTHOR_COMMANDS: Record<string, (app: App, args: Record<string, unknown>) => unknown> = {
  authored_state: (app) => app.stage.state(),
  /** `seconds`: all animations stand at that time; null: they go on. */
  hold_time: (app, args) => {
    const { seconds } = args;
    if (seconds !== null && (typeof seconds !== "number" || !Number.isFinite(seconds))) throw new Error(`"seconds" has to be a number, or null.`);
    app.stage.hold(seconds);
    return app.stage.state();
  },
  set_movement: (app, args) => {
    app.stage.setMovement(args.on === true);
    return app.stage.movement;
  },
  /** As if a trigger did it. */
  run_action: (app, args) => {
    app.stage.run(args.action as Action);
    return app.stage.state();
  },
  /** `seconds` of the path's own time. */
  seek_path: (app, args) => {
    const path = app.paths.require(String(args.name));
    app.paths.seek(path, Number(args.seconds));
    return app.view.cameraView;
  },
};
