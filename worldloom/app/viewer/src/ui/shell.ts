/** Puts the page together around the scene. */
import type { App } from "../app";
import { caption } from "../author/caption";
import { authorPanel } from "../author/panel";
import { Timeline } from "../author/timeline";
import { camerasPanel } from "./camerasPanel";
import { iconButton, setIcon, setPressed, textButton } from "./controls";
import { dock } from "./dock";
import { download, h } from "./dom";
import { EditSwitch } from "./editSwitch";
import { Help } from "./help";
import { layersPanel } from "./layersPanel";
import { legendView } from "./legend";
import { measurePanel } from "./measureBar";
import { notesPanel } from "./notesPanel";
import { failureCard, titleCard, Toast } from "./notices";
import { Panels } from "./panels";
import { installShortcuts } from "./shortcuts";
import { StatisticsView } from "./statistics";
import { Stick } from "./stick";
import { Theme } from "./theme";
import { viewPanel } from "./viewPanel";
import { xrButtons } from "./xrButtons";

/** Returns the switch that opens the editor. */
export function buildShell(app: App, embedded: boolean): EditSwitch {
  const root = document.documentElement;
  root.classList.toggle("embedded", embedded);
  root.classList.toggle("plain", app.engine.device.kind === "software"); // blurred glass is dear without a GPU
  const theme = new Theme();
  const panels = new Panels();
  const help = new Help();
  const statistics = new StatisticsView(app);
  const edit = new EditSwitch(app);
  const stick = new Stick(() => app.engine.wake());
  app.navigator.addSource(stick);

  const actions = {
    measure: () => app.setTool(app.tool === "measure" ? "none" : "measure"),
    notes: () => panels.toggle("notes"),
    screenshot: () =>
      void app.attempt(async () => {
        const name = app.world.description?.world.name ?? "world";
        download(await app.photograph(), `${name}.png`);
      }, "The picture is in your downloads."),
    fullScreen: () => void (document.fullscreenElement ? document.exitFullscreen() : app.attempt(() => root.requestFullscreen())),
    statistics: () => {
      statistics.toggle();
      setPressed(statsButton, statistics.shown);
    },
    third: () => {
      if (app.navigator.mode !== "walk") app.navigator.setMode("walk");
      app.setThirdPerson(!app.walk.thirdPerson);
    },
  };

  panels.add("layers", layersPanel(app));
  const timeline = new Timeline(app);
  panels.add("cameras", camerasPanel(app, timeline));
  panels.add("author", authorPanel(app, timeline));
  panels.add("notes", notesPanel(app, panels));
  panels.add("view", viewPanel(app));

  const statsButton = iconButton({ icon: "stats", label: "Statistics", key: "I", onPress: actions.statistics });
  setPressed(statsButton, false);
  const themeButton = iconButton({ icon: "sun", label: "Dark or light", key: "T", onPress: () => theme.toggle() });
  theme.changed.listen((current) => setIcon(themeButton, current === "dark" ? "sun" : "moon"));
  setIcon(themeButton, theme.current === "dark" ? "sun" : "moon");
  const corner = h(
    "div",
    { class: "corner surface", role: "group", "aria-label": "Page" },
    statsButton,
    themeButton,
    document.fullscreenEnabled && iconButton({ icon: "expand", label: "Full screen", key: "X", onPress: actions.fullScreen }),
    iconButton({ icon: "help", label: "Keys and gestures", key: "?", onPress: () => help.toggle() }),
  );
  const xr = xrButtons(app);

  const pick = (action: () => void) => () => {
    panels.close();
    action();
  };
  panels.add("more", {
    title: "More",
    body: h(
      "div",
      { class: "grid" },
      textButton("View", () => panels.show("view"), "sliders"),
      editOnly(textButton("Cameras", () => panels.show("cameras"), "camera")),
      editOnly(textButton("Notes", () => panels.show("notes"), "note")),
      textButton("Author", () => panels.show("author"), "portal"),
      editOnly(textButton("Measure", pick(actions.measure), "measure")),
      textButton("Start", pick(() => void app.resetView()), "home"),
      textButton("Screenshot", pick(actions.screenshot), "shot"),
      textButton("Statistics", pick(actions.statistics), "stats"),
      textButton("Theme", () => theme.toggle(), "sun"),
      document.fullscreenEnabled && textButton("Full screen", pick(actions.fullScreen), "expand"),
      textButton("Help", pick(() => help.toggle()), "help"),
    ),
  });

  const third = textButton("Third person", actions.third, "person");
  third.classList.add("chip", "surface");
  const syncMode = () => {
    root.dataset.mode = app.navigator.mode;
    third.hidden = app.navigator.mode !== "walk";
    setPressed(third, app.walk.thirdPerson);
  };
  app.modeChanged.listen(syncMode);
  syncMode();
  app.toolChanged.listen(() => (root.dataset.tool = app.tool));

  const toast = new Toast(app);
  const dockView = dock(app, panels, actions);
  const topRight = h("div", { class: "top-right" }, xr, edit.button, corner);
  const bottomBar = h("div", { class: "bottom-bar" }, toast.element, measurePanel(app), third, dockView);
  edit.around = { app, panels, topRight, bottomBar, dock: dockView };
  document.body.append(
    app.marks.layer,
    h("div", { class: "top" }, h("div", { class: "top-left" }, titleCard(app), statistics.element), topRight),
    panels.element,
    h("div", { class: "bottom" }, legendView(app), timeline.element, bottomBar),
    caption(app.stage),
    stick.element,
    h("div", { class: "crosshair", "aria-hidden": "true" }),
    help.element,
  );

  const cancel = () => {
    if (app.tool === "measure" && app.measure.lengths.length > 0) app.measure.finish();
    else if (app.tool !== "none") app.setTool("none");
    else if (app.paths.playing !== null) app.paths.stop();
    else if (timeline.isOpen) timeline.close();
    else if (panels.open) panels.close();
  };
  installShortcuts({
    "1": () => app.navigator.setMode("orbit"),
    "2": () => app.navigator.setMode("fly"),
    "3": () => app.navigator.setMode("walk"),
    v: actions.third,
    r: () => void app.resetView(),
    f: () => void app.focusAt(0.5, 0.5),
    l: () => panels.toggle("layers"),
    c: () => panels.toggle("cameras"),
    k: () => (timeline.isOpen ? timeline.close() : timeline.open()),
    u: () => panels.toggle("author"),
    b: () => void app.attempt(() => app.paths.addBookmark(`View ${app.paths.bookmarks.length + 1}`), "The view is kept."),
    m: actions.measure,
    n: () => {
      panels.show("notes", false);
      app.setTool(app.tool === "annotate" ? "none" : "annotate");
    },
    o: () => panels.toggle("view"),
    i: actions.statistics,
    p: actions.screenshot,
    t: () => theme.toggle(),
    x: actions.fullScreen,
    "?": () => help.toggle(),
    Enter: () => app.tool !== "none" && app.useTool(0.5, 0.5),
    Escape: cancel,
  });
  app.statusChanged.listen(() => {
    if (app.status === "error") showFailure(app.error ?? "");
  });
  return edit;
}

/** Shown only while editing. */
function editOnly(button: HTMLElement): HTMLElement {
  button.classList.add("edit-only");
  return button;
}

export function showFailure(message: string): void {
  document.querySelector(".failure")?.remove();
  document.body.append(failureCard(message));
}
