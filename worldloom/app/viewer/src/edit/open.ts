/** Opens the editor on a page: takes the layers over, puts its tools around the scene, and takes them away again. */
import type { App } from "../app";
import type { ModeName } from "../navigation/mode";
import { iconButton } from "../ui/controls";
import { h } from "../ui/dom";
import type { IconName } from "../ui/icons";
import type { Panels } from "../ui/panels";
import { Editor } from "./editor";
import type { Moment } from "./session";
import { SELECT_TOOLS } from "./settings";
import { installEditKeys, keyOf } from "./shortcuts";
import { askPanel } from "./ui/askPanel";
import { colourPanel } from "./ui/colourPanel";
import { editHead } from "./ui/head";
import { histogramPanel } from "./ui/histogramPanel";
import { historyPanel, type Visit } from "./ui/historyPanel";
import { insertPanel } from "./ui/insertPanel";
import { editLayersPanel } from "./ui/layersPanel";
import { optionsBar } from "./ui/options";
import { peoplePanel } from "./ui/people";
import { repairPanel } from "./ui/repairPanel";
import { sharePanel } from "./ui/sharePanel";
import { toolRail } from "./ui/rail";
import { transformPanel } from "./ui/transformPanel";

const MODES: ModeName[] = ["orbit", "fly", "walk"];

/** What of the page the editor puts things into. */
export interface Shell {
  app: App;
  panels: Panels;
  topRight: HTMLElement;
  bottomBar: HTMLElement;
  dock: HTMLElement;
}

export interface OpenEditor {
  editor: Editor;
  close(): void;
}

/** `panel`: which panel to open with it. */
export async function openEditor(shell: Shell, moment: Moment, visit: Visit, panel: string | null): Promise<OpenEditor> {
  const { app, panels } = shell;
  const editor = new Editor(app, moment);
  const root = document.documentElement;
  root.dataset.edit = "look";
  root.dataset.editPlace = editor.session.live ? "live" : "still";
  if (app.navigator.mode === "walk") app.navigator.setMode("fly");
  panels.close();

  const panelList: [string, IconName, string, Parameters<Panels["add"]>[1]][] = [
    ["transform", "move", "Transform", transformPanel(editor)],
    ["colour", "palette", "Colours", colourPanel(editor)],
    ["insert", "plus", "Insert", insertPanel(editor)],
    ["repair", "repair", "Repair and arrange", repairPanel(editor)],
    ["histogram", "histogram", "Histogram", histogramPanel(editor)],
    ["parts", "layers", "Layers", editLayersPanel(editor)],
    ["history", "history", "History", historyPanel(editor, visit)],
    ["ask", "ask", "Ask for a change", askPanel(editor)],
  ];
  const keys: Record<string, string> = { transform: "transformPanel", colour: "colourPanel", insert: "insertPanel", repair: "repairPanel", histogram: "histogramPanel", parts: "layersPanel", history: "historyPanel", ask: "askPanel" };
  const group = h("div", { class: "group edit-panels", role: "group", "aria-label": "Edit" });
  for (const [name, icon, label, content] of panelList) {
    panels.add(name, content);
    const button = iconButton({ icon, label, key: keyOf(keys[name]), onPress: () => panels.toggle(name) });
    panels.connect(name, button);
    group.append(button);
  }
  shell.dock.querySelector(".modes")?.after(group);

  const rail = toolRail(editor);
  const options = optionsBar(editor);
  panels.add("people", peoplePanel(editor));
  panels.add("share", sharePanel(editor));
  const head = editHead(editor, panels);
  shell.topRight.prepend(head);
  shell.dock.before(options);
  document.body.append(editor.drawing.element, rail);

  const { settings, mover } = editor;
  const tool = (name: Parameters<Editor["setTool"]>[0]) => () => editor.setTool(name);
  const removeKeys = installEditKeys({
    ...Object.fromEntries(SELECT_TOOLS.map((name) => [name, tool(name)])),
    move: tool("move"),
    rotate: tool("rotate"),
    scale: tool("scale"),
    pivot: tool("pivot"),
    smaller: () => settings.resize(1 / 1.15),
    larger: () => settings.resize(1.15),
    through: () => settings.set({ visibleOnly: !settings.values.visibleOnly }),
    snap: () => settings.set({ snapping: !settings.values.snapping }),
    space: () => settings.set({ space: settings.values.space === "world" ? "local" : "world" }),
    all: editor.selectAll,
    none: editor.selectNone,
    invert: editor.invert,
    grow: editor.grow,
    shrink: editor.shrink,
    hide: editor.hide,
    showAll: editor.showAll,
    lock: editor.lock,
    unlockAll: editor.unlockAll,
    delete: () => editor.back() || editor.delete(),
    duplicate: editor.duplicate,
    separate: editor.separate,
    undo: editor.undo,
    redo: editor.redo,
    save: editor.save,
    focus: () => editor.focus(),
    start: () => app.resetView(),
    camera: () => app.navigator.setMode(MODES[(MODES.indexOf(app.navigator.mode) + 1) % MODES.length]),
    ...Object.fromEntries(panelList.map(([name]) => [keys[name], () => panels.toggle(name)])),
    finish: () => (app.tool !== "none" ? app.useTool(0.5, 0.5) : mover.shape ? mover.selectInShape(settings.values.mode) : editor.finish()),
    cancel: () => {
      if (app.tool !== "none") app.setTool("none");
      else if (!editor.cancel()) panels.close();
    },
  });
  const wheel = (event: WheelEvent) => {
    if (!event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    settings.resize(Math.exp(-Math.sign(event.deltaY) * 0.1));
  };
  app.canvas.addEventListener("wheel", wheel, { capture: true, passive: false });

  const close = () => {
    panels.close();
    for (const name of [...panelList.map(([name]) => name), "people", "share"]) panels.remove(name);
    for (const element of [group, rail, options, head, editor.drawing.element]) element.remove();
    removeKeys();
    app.canvas.removeEventListener("wheel", wheel, { capture: true });
    delete root.dataset.edit;
    delete root.dataset.editPlace;
    editor.close();
  };
  try {
    // What is shown stays until the editor can take its place.
    if (!app.world.description) await app.host(editor);
    await editor.session.start();
    if (app.guest !== editor) await app.host(editor);
    editor.show();
    const fingers = matchMedia("(pointer: coarse)").matches;
    app.announce(editor.session.editable ? (fingers ? "Choose a tool below. Two fingers always move the view." : "Choose a tool at the left. The right button looks around, ? lists all keys.") : "You can look around here, but not change anything.");
  } catch (error) {
    close();
    throw error;
  }
  if (panel) panels.show(panel, false);
  return { editor, close };
}
