/** Above the dock: what the tool in hand is set to, and what can be done with what is selected. */
import * as THREE from "three";
import { iconButton, setIcon, setPressed, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { IconName } from "../../ui/icons";
import type { Editor } from "../editor";
import type { SelectionMode } from "../operations";
import { MOVE_TOOLS, SELECT_TOOLS, type Values } from "../settings";
import { keyOf } from "../shortcuts";
import { numberField, type NumberField } from "./fields";

const MODES: [SelectionMode, IconName, string, string][] = [
  ["set", "modeSet", "Select anew", ""],
  ["add", "modeAdd", "Add", "Shift"],
  ["remove", "modeRemove", "Take out", "Ctrl"],
  ["intersect", "modeIntersect", "Keep only", "Shift Ctrl"],
];

export function optionsBar(editor: Editor): HTMLElement {
  return h("div", { class: "edit-bars" }, selectionBar(editor), toolBar(editor));
}

function toolBar(editor: Editor): HTMLElement {
  const { settings, mover } = editor;
  const { values } = settings;
  const modes = MODES.map(([mode, icon, label, key]) => [mode, iconButton({ icon, label, key: key || undefined, class: "small", onPress: () => settings.set({ mode }) })] as const);
  const through = iconButton({ icon: "through", label: "Only what is in front", key: keyOf("through"), class: "small", onPress: () => settings.set({ visibleOnly: !values.visibleOnly }) });
  const finders = (["model", "cut"] as const).map((objectBy) => [objectBy, textButton(objectBy === "model" ? "Model" : "Graph cut", () => settings.set({ objectBy }))] as const);
  const finderGroup = h("div", { class: "bar-group", role: "group", "aria-label": "Found by" }, ...finders.map(([, button]) => button));
  const modeGroup = h("div", { class: "bar-group", role: "group", "aria-label": "How to select" }, ...modes.map(([, button]) => button));

  const setting = (label: string, unit: string, name: "brush" | "ball" | "tolerance" | "gap" | "snapMove" | "snapTurn" | "snapScale", step: number, least: number): NumberField =>
    numberField({ label, unit, step, least, value: values[name], onChange: (value) => settings.set({ [name]: value }) });
  const fields = {
    brush: setting("Size", "px", "brush", 1, 3),
    ball: setting("Radius", "m", "ball", 0.05, 0.01),
    tolerance: setting("Colour ±", "", "tolerance", 0.02, 0.005),
    gap: setting("Gap", "m", "gap", 0.02, 0),
    snapMove: setting("Step", "m", "snapMove", 0.05, 0.001),
    snapTurn: setting("Step", "°", "snapTurn", 5, 0.1),
    snapScale: setting("Step", "×", "snapScale", 0.05, 0.01),
  };
  const snap = iconButton({ icon: "snap", label: "Snap", key: keyOf("snap"), class: "small", onPress: () => settings.set({ snapping: !values.snapping }) });
  const space = iconButton({ icon: "world", label: "Axes of the layer", key: keyOf("space"), class: "small", onPress: () => settings.set({ space: values.space === "world" ? "local" : "world" }) });
  const resetPivot = textButton("Pivot to the middle", () => mover.setPivot(null));

  const shapeModes = (["move", "rotate", "scale"] as const).map((mode) => [mode, iconButton({ icon: mode, label: `${mode[0].toUpperCase()}${mode.slice(1)} the shape`, class: "small", onPress: () => mover.setShapeMode(mode) })] as const);
  const edges = ["Width", "Height", "Depth"].map((label, axis) =>
    numberField({
      label,
      unit: "m",
      step: 0.1,
      least: 0.01,
      value: 1,
      onChange: (value) => {
        if (!mover.shape) return;
        const size = mover.shape.frame.scale.clone();
        if (mover.shape.kind === "sphere") size.setScalar(value);
        else size.setComponent(axis, value);
        mover.resizeShape(size);
      },
    }),
  );
  const inShape = textButton("Select inside", () => mover.selectInShape(values.mode), "check");
  inShape.classList.add("strong");
  const hint = h("span", { class: "bar-hint" });
  const bar = h("div", { class: "bar surface", role: "group", "aria-label": "Tool options" }, hint, modeGroup, finderGroup, through, ...Object.values(fields).map((field) => field.element), snap, space, resetPivot, h("div", { class: "bar-group" }, ...shapeModes.map(([, button]) => button)), ...edges.map((edge) => edge.element), inShape);

  const sync = () => {
    const { tool } = values;
    const selecting = SELECT_TOOLS.some((name) => name === tool);
    const moving = MOVE_TOOLS.some((name) => name === tool);
    const shaping = tool === "box" || tool === "sphere";
    const standing = shaping && mover.shape?.kind === tool;
    bar.hidden = !selecting && !moving && tool !== "pivot" && tool !== "probe";
    hint.textContent = hintOf(editor, standing);
    hint.hidden = hint.textContent === "";
    modeGroup.hidden = !selecting;
    for (const [mode, button] of modes) setPressed(button, values.mode === mode);
    finderGroup.hidden = tool !== "object" || !editor.session.segmenter;
    for (const [name, button] of finders) setPressed(button, values.objectBy === name);
    const onScreen = selecting && !shaping && ["rectangle", "lasso", "polygon", "brush"].includes(tool);
    through.hidden = !onScreen;
    setPressed(through, values.visibleOnly);
    setIcon(through, values.visibleOnly ? "front" : "through");
    const shown: Record<keyof typeof fields, boolean> = {
      brush: tool === "brush",
      ball: tool === "ball",
      tolerance: tool === "flood" || tool === "eyedropper",
      gap: tool === "flood",
      snapMove: values.snapping && (tool === "move" || (standing && mover.shapeMode === "move")),
      snapTurn: values.snapping && (tool === "rotate" || (standing && mover.shapeMode === "rotate")),
      snapScale: values.snapping && (tool === "scale" || (standing && mover.shapeMode === "scale")),
    };
    for (const [name, field] of Object.entries(fields) as [keyof typeof fields & keyof Values, NumberField][]) {
      field.element.hidden = !shown[name];
      field.set(values[name]);
    }
    snap.hidden = !moving && !standing;
    setPressed(snap, values.snapping);
    space.hidden = !moving || tool === "scale";
    setPressed(space, values.space === "local");
    resetPivot.hidden = !moving || !mover.hasPivot;
    for (const [mode, button] of shapeModes) {
      (button.parentElement as HTMLElement).hidden = !standing;
      setPressed(button, mover.shapeMode === mode);
    }
    const size = mover.shape?.frame.scale ?? new THREE.Vector3(1, 1, 1);
    edges.forEach((edge, axis) => {
      edge.element.hidden = !standing || (tool === "sphere" && axis > 0);
      edge.rename(tool === "sphere" ? "Diameter" : ["Width", "Height", "Depth"][axis]);
      edge.set(size.getComponent(axis));
    });
    inShape.hidden = !standing;
  };
  settings.changed.listen(sync);
  mover.changed.listen(sync);
  editor.probe.changed.listen(sync);
  editor.session.welcomed.listen(sync);
  editor.selectionChanged.listen(sync);
  sync();
  return bar;
}

function hintOf(editor: Editor, standing: boolean): string {
  const { tool } = editor.values;
  if ((tool === "box" || tool === "sphere") && !standing) return `Click where the ${tool} should stand`;
  if (tool === "polygon") return "Click the corners, Enter closes";
  if (tool === "probe") return editor.probe.hint;
  if (tool === "pivot") return "Click what to turn about";
  if (tool === "flood" || tool === "eyedropper" || tool === "object" || tool === "pick") return "Click on the scene";
  if (MOVE_TOOLS.some((name) => name === tool) && editor.selected === 0) return "Select something first";
  return "";
}

function selectionBar(editor: Editor): HTMLElement {
  const count = h("span", { class: "bar-count", role: "status" });
  const button = (action: string, icon: IconName, label: string, onPress: () => unknown) => iconButton({ icon, label, key: keyOf(action), class: "small", onPress: () => void onPress() });
  const trash = button("delete", "trash", "Delete what is selected", editor.delete);
  trash.classList.add("danger");
  const bar = h(
    "div",
    { class: "bar surface", role: "group", "aria-label": "What is selected" },
    count,
    h("div", { class: "bar-group" }, button("none", "none", "Select none", editor.selectNone), button("invert", "invert", "Invert the selection", editor.invert), button("grow", "grow", "Grow the selection", editor.grow), button("shrink", "shrink", "Shrink the selection", editor.shrink), button("focus", "focus", "Go to what is selected", () => editor.focus())),
    h("div", { class: "bar-group" }, button("hide", "eyeOff", "Hide what is selected", editor.hide), button("lock", "lock", "Lock what is selected", editor.lock), button("duplicate", "duplicate", "Duplicate", editor.duplicate), button("separate", "separate", "Separate into a layer", editor.separate), trash),
  );
  const sync = () => {
    bar.hidden = editor.selected === 0;
    count.textContent = `${editor.selected.toLocaleString("en")} selected`;
  };
  editor.selectionChanged.listen(sync);
  sync();
  return bar;
}
