/** The commands that the server, a surrounding page and scripts may give: one set for all three. */
import type { App } from "./app";
import { AUTHOR_COMMANDS } from "./author/commands";
import type { ModeName } from "./navigation/mode";
import { fromVector, toVector, type CameraView } from "./protocol";
import { duration } from "./tools/spline";
import { OVERLAYS, type Overlay } from "./tools/overlays";

type Arguments = Record<string, unknown>;
type Command = (app: App, args: Arguments) => unknown;

const MODES: ModeName[] = ["orbit", "fly", "walk"];

const COMMANDS: Record<string, Command> = {
  get_camera: (app) => app.view.cameraView,
  set_camera: (app, args) => {
    const view: Partial<CameraView> = {};
    if (args.position !== undefined) view.position = numbers(args, "position", 3) as CameraView["position"];
    if (args.rotation !== undefined) view.rotation = numbers(args, "rotation", 4) as CameraView["rotation"];
    if (args.vertical_fov !== undefined) view.vertical_fov = number(args, "vertical_fov");
    app.navigator.place(view);
    return app.view.cameraView;
  },
  reset_view: async (app) => {
    await app.resetView();
    return app.view.cameraView;
  },
  set_mode: (app, args) => {
    app.navigator.setMode(choice(args, "mode", MODES));
    return app.navigator.mode;
  },
  set_layer: (app, args) => {
    const name = text(args, "layer");
    if (typeof args.visible !== "boolean") throw new Error(`"visible" has to be true or false.`);
    if (!app.world.layers.setVisible(name, args.visible)) throw new Error(`There is no layer called "${name}". Its layers are ${app.world.layers.list.map((layer) => layer.name).join(", ")}.`);
    return { layer: name, visible: args.visible };
  },
  set_overlay: (app, args) => {
    app.setOverlay(choice<Overlay>(args, "overlay", OVERLAYS));
    return app.overlays.current;
  },
  set_budget: (app, args) => {
    app.engine.setBudget(args.splats === null || args.splats === undefined ? null : number(args, "splats"));
    return app.engine.budget;
  },
  select_sphere: async (app, args) => {
    const layers = await app.select(toVector(numbers(args, "center", 3)), number(args, "radius"));
    return { count: layers.reduce((sum, layer) => sum + layer.count, 0), layers: layers.map(({ layer, count }) => ({ layer, count })) };
  },
  clear_selection: (app) => {
    app.selection.clear();
    return { count: 0 };
  },
  pick: (app, args) => {
    const hit = app.surfaceAt(number(args, "x"), number(args, "y"));
    if (!hit) return null;
    const pick = { point: fromVector(hit.point), normal: hit.normal && fromVector(hit.normal), layer: hit.layer, distance: hit.distance };
    app.tellPick(pick);
    return pick;
  },
  screenshot: async (app) => dataUrl(await app.engine.screenshot()),
  play_path: (app, args) => {
    const path = app.paths.require(text(args, "name"));
    void app.attempt(() => app.paths.play(path.name)); // it may take minutes; nobody has to wait
    return { name: path.name, seconds: duration(path) };
  },
  stop_path: (app) => {
    app.paths.stop();
    return true;
  },
  statistics: (app) => app.statistics(),
  ...AUTHOR_COMMANDS,
  reload: async (app) => {
    await app.reload();
    return { version: app.world.version };
  },
};

/** Throws an `Error` whose message says what to do, for an unknown command or wrong arguments. */
export async function runCommand(app: App, name: string, args: Arguments): Promise<unknown> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new Error(`There is no command "${name}". The commands are ${Object.keys(COMMANDS).join(", ")}.`);
  return command(app, args);
}

function number(args: Arguments, name: string): number {
  const value = args[name];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error(`"${name}" has to be a number.`);
  return value;
}

function text(args: Arguments, name: string): string {
  const value = args[name];
  if (typeof value !== "string") throw new Error(`"${name}" has to be a text.`);
  return value;
}

function numbers(args: Arguments, name: string, length: number): number[] {
  const value = args[name];
  if (!Array.isArray(value) || value.length !== length || !value.every((item) => Number.isFinite(item))) throw new Error(`"${name}" has to be a list of ${length} numbers.`);
  return value as number[];
}

function choice<T extends string>(args: Arguments, name: string, choices: readonly T[]): T {
  const value = choices.find((item) => item === args[name]);
  if (value === undefined) throw new Error(`"${name}" has to be one of ${choices.join(", ")}.`);
  return value;
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(new Error("The picture could not be read. Try again.")));
    reader.readAsDataURL(blob);
  });
}
