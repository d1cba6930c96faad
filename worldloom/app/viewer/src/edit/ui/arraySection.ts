/** Many copies of what is selected: in a row, or in a ring about the pivot. */
import { textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import { fromVector, type Triple } from "../../protocol";
import type { Editor } from "../editor";
import { numberField } from "./fields";

export function arraySection(editor: Editor): HTMLElement[] {
  let count = 3;
  const step: Triple = [1, 0, 0];
  const number = numberField({ label: "In all", unit: "", step: 1, least: 2, value: count, onChange: (value) => (count = Math.round(value)) });
  const steps = ["X", "Y", "Z"].map((label, axis) => numberField({ label, unit: "m", step: 0.1, value: step[axis], onChange: (value) => (step[axis] = value) }));
  const line = () => void editor.send({ op: "array", shape: { shape: "line", count, step: [...step] } });
  const ring = () => {
    if (!editor.mover.hasPivot) return editor.say("Choose the pivot first: the ring goes around it.");
    void editor.send({ op: "array", shape: { shape: "ring", count, center: fromVector(editor.mover.pivot) } });
  };
  return [
    h("h3", {}, "Array"),
    h("p", { class: "muted" }, "Each so far from the one before:"),
    h("div", { class: "field-row", role: "group", "aria-label": "Array" }, ...steps.map(({ element }) => element)),
    h("div", { class: "field-row" }, number.element),
    h("div", { class: "actions of-selection" }, textButton("In a row", line, "duplicate"), textButton("Around the pivot", ring, "loop")),
  ];
}
