import "./style.css";
import "./edit/edit.css";
import "./author/author.css";
import { App, type Arrival } from "./app";
import { NoWebGlError } from "./engine";
import { buildShell, showFailure } from "./ui/shell";
import { Theme } from "./ui/theme";

declare global {
  interface Window {
    worldloom: {
      command(name: string, args?: Record<string, unknown>): Promise<unknown>;
      state(): ReturnType<App["state"]> | { status: "error"; error: string };
      /** Resolves when the splats of the current camera are sorted and drawn and nothing moves. */
      whenRendered(): Promise<void>;
    };
  }
}

/** What a portal wrote into the address: where someone comes out, and how they move. */
function arrivalOf(query: URLSearchParams): Arrival {
  const numbers = (query.get("spawn") ?? "").split(",").map(Number);
  const [x, y, z, ...rotation] = numbers;
  const whole = numbers.length === 7 && numbers.every(Number.isFinite) && Math.hypot(...rotation) > 0.1;
  const mode = (["orbit", "fly", "walk"] as const).find((name) => name === query.get("mode"));
  return { pose: whole ? { position: [x, y, z], rotation: rotation as [number, number, number, number] } : null, mode: mode ?? null };
}

function begin(): void {
  const query = new URLSearchParams(location.search);
  const version = Number(query.get("version"));
  const canvas = document.getElementById("scene") as HTMLCanvasElement;
  const app = new App(canvas, query.get("world") ?? "", Number.isInteger(version) && version > 0 ? version : null, arrivalOf(query));
  window.worldloom = {
    command: (name, args = {}) => app.command(name, args),
    state: () => app.state(),
    whenRendered: () => app.engine.whenRendered(),
  };
  const edit = buildShell(app, query.get("embed") === "1");
  if (!query.get("world")) app.fail("No world was named. Open the page from the list of worlds, or add ?world= and its name to the address.");
  else if (query.get("edit") !== "1") void app.start();
  else {
    const at = query.get("at");
    void app.start(() => edit.start({ branch: query.get("branch") ?? "main", at: at === null ? null : Number(at), still: query.get("look") === "1" }));
  }
}

try {
  begin();
} catch (error) {
  new Theme();
  const message = error instanceof NoWebGlError ? error.message : `The page could not start. Reload it. (${error instanceof Error ? error.message : String(error)})`;
  window.worldloom = {
    command: () => Promise.reject(new Error(message)),
    state: () => ({ status: "error", error: message }),
    whenRendered: () => Promise.reject(new Error(message)),
  };
  showFailure(message);
}
