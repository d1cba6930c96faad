import "./style.css";
import "./edit/edit.css";
import { App } from "./app";
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

function begin(): void {
  const query = new URLSearchParams(location.search);
  const version = Number(query.get("version"));
  const canvas = document.getElementById("scene") as HTMLCanvasElement;
  const app = new App(canvas, query.get("world") ?? "", Number.isInteger(version) && version > 0 ? version : null);
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
