/** Moving, turning and scaling what is selected by numbers; mirroring, duplicating, separating it. */
import * as THREE from "three";
import { textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import type { Editor } from "../editor";
import type { Motion } from "../mover";
import { arraySection } from "./arraySection";
import { numberField } from "./fields";

const AXES = ["X", "Y", "Z"] as const;
const NORMALS: Record<(typeof AXES)[number], [number, number, number]> = { X: [1, 0, 0], Y: [0, 1, 0], Z: [0, 0, 1] };

export function transformPanel(editor: Editor): PanelContent {
  const { mover } = editor;
  const move = [0, 0, 0];
  const turn = [0, 0, 0];
  let scale = 1;
  const motion = (): Motion => ({
    translation: new THREE.Vector3(...move),
    rotation: new THREE.Quaternion().setFromEuler(new THREE.Euler(...(turn.map(THREE.MathUtils.degToRad) as [number, number, number]), "YXZ")),
    scale,
  });
  const show = () => mover.show(motion());
  const triple = (values: number[], unit: string, step: number) =>
    AXES.map((axis, index) =>
      numberField({
        label: axis,
        unit,
        step,
        value: 0,
        onChange: (value) => {
          values[index] = value;
          show();
        },
      }),
    );
  const moves = triple(move, "m", 0.1);
  const turns = triple(turn, "°", 5);
  const size = numberField({
    label: "All axes",
    unit: "×",
    step: 0.1,
    least: 0.01,
    value: 1,
    onChange: (value) => {
      scale = value;
      show();
    },
  });
  const clear = () => {
    for (const values of [move, turn]) values.fill(0);
    scale = 1;
    for (const field of [...moves, ...turns]) field.set(0);
    size.set(1);
  };
  const apply = textButton(
    "Apply",
    () => {
      if (editor.selected === 0) return editor.say("Nothing is selected. Select something first.");
      void mover.transform(motion());
      clear();
    },
    "check",
  );
  apply.classList.add("strong");
  const reset = textButton("Reset", () => {
    clear();
    mover.still();
  });
  const pivot = h("p", { class: "muted" });
  const choosePivot = textButton("Choose pivot", () => editor.setTool("pivot"), "pivot");
  const resetPivot = textButton("To the middle", () => mover.setPivot(null));
  const sync = () => {
    const nothing = editor.selected === 0;
    for (const button of [apply, ...body.querySelectorAll<HTMLButtonElement>(".of-selection button")]) button.disabled = nothing || !editor.session.editable;
    const place = mover.pivot;
    pivot.textContent = nothing ? "Nothing is selected." : `${editor.selected.toLocaleString("en")} Gaussians, pivot at ${[place.x, place.y, place.z].map((value) => value.toFixed(2)).join(", ")} m`;
    resetPivot.disabled = !mover.hasPivot;
  };
  const body = h(
    "div",
    { class: "stack" },
    pivot,
    h("div", { class: "field-row", role: "group", "aria-label": "Move" }, h("h3", {}, "Move"), ...moves.map((field) => field.element)),
    h("div", { class: "field-row", role: "group", "aria-label": "Rotate" }, h("h3", {}, "Rotate"), ...turns.map((field) => field.element)),
    h("div", { class: "field-row", role: "group", "aria-label": "Scale" }, h("h3", {}, "Scale"), size.element),
    h("div", { class: "actions" }, apply, reset),
    h("h3", {}, "Pivot"),
    h("div", { class: "actions" }, choosePivot, resetPivot),
    h("h3", {}, "Mirror"),
    h("div", { class: "actions of-selection" }, ...AXES.map((axis) => textButton(`Along ${axis}`, () => void editor.mirror(NORMALS[axis]), "mirror"))),
    h("h3", {}, "Copies and layers"),
    h("div", { class: "actions of-selection" }, textButton("Duplicate", () => void editor.duplicate(), "duplicate"), textButton("Separate", () => void editor.separate(), "separate"), textButton("Drop to floor", () => void editor.send({ op: "drop_to_floor" }), "restore")),
    ...arraySection(editor),
  );
  const whenSeen = () => body.offsetParent && sync();
  editor.selectionChanged.listen(whenSeen);
  mover.changed.listen(whenSeen);
  return {
    title: "Transform",
    body,
    opened: sync,
    closed: () => {
      clear();
      mover.still();
    },
  };
}
