/** Colours of what is selected: seen while the sliders move, changed with one operation. */
import { Slider, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import type { Editor } from "../editor";
import { NO_GRADE, type Grade } from "../modifier";

type Amount = Exclude<keyof Grade, "tint">;
const percent = (value: number) => `${value > 0 ? "+" : ""}${Math.round(value * 100)}`;

const SLIDERS: { name: Amount; label: string; min: number; max: number; step: number; format(value: number): string }[] = [
  { name: "exposure", label: "Exposure", min: -4, max: 4, step: 0.05, format: (value) => `${value > 0 ? "+" : ""}${value.toFixed(2)} stops` },
  { name: "temperature", label: "Temperature", min: -1, max: 1, step: 0.02, format: percent },
  { name: "saturation", label: "Saturation", min: 0, max: 3, step: 0.02, format: (value) => `×${value.toFixed(2)}` },
  { name: "brightness", label: "Brightness", min: -1, max: 1, step: 0.02, format: percent },
  { name: "contrast", label: "Contrast", min: -1, max: 1, step: 0.02, format: percent },
  { name: "black", label: "Black point", min: -0.5, max: 0.9, step: 0.01, format: (value) => value.toFixed(2) },
  { name: "white", label: "White point", min: 0.1, max: 2, step: 0.01, format: (value) => value.toFixed(2) },
  { name: "opacity", label: "Opacity", min: 0, max: 2, step: 0.02, format: (value) => `×${value.toFixed(2)}` },
];
const LEAST_RANGE = 0.02; // between black and white point, as the server asks for

export function colourPanel(editor: Editor): PanelContent {
  const { preview } = editor.parts;
  let grade: Grade = { ...NO_GRADE };
  const highlight = preview.highlight.value;
  const draw = () => {
    preview.setGrade(grade);
    editor.parts.redraw();
  };
  const sliders = SLIDERS.map((options) => ({
    name: options.name,
    slider: new Slider({
      ...options,
      value: grade[options.name],
      onInput: (value) => {
        grade[options.name] = value;
        if (grade.white - grade.black < LEAST_RANGE) grade.black = grade.white - LEAST_RANGE;
        draw();
      },
    }),
  }));
  const tint = h("input", {
    type: "color",
    class: "colour-field",
    value: "#ffffff",
    "aria-label": "Tint",
    oninput: () => {
      const channels = [1, 3, 5].map((at) => (parseInt(tint.value.slice(at, at + 2), 16) / 255) ** 2.2);
      grade.tint = channels as Grade["tint"];
      draw();
    },
  });
  const reset = () => {
    grade = { ...NO_GRADE };
    for (const { name, slider } of sliders) slider.set(grade[name]);
    tint.value = "#ffffff";
    draw();
  };
  const apply = textButton(
    "Apply",
    () => {
      if (editor.selected === 0) return editor.say("Nothing is selected. Select something first.");
      void send(editor, grade).then(reset);
    },
    "check",
  );
  apply.classList.add("strong");
  const summary = h("p", { class: "muted" });
  const sync = () => {
    summary.textContent = editor.selected ? `Of the ${editor.selected.toLocaleString("en")} selected Gaussians. They are shown in their own colours meanwhile.` : "Nothing is selected.";
    apply.disabled = editor.selected === 0 || !editor.session.editable;
  };
  editor.selectionChanged.listen(sync);
  return {
    title: "Colours",
    body: h("div", { class: "stack" }, summary, ...sliders.map(({ slider }) => slider.element), h("label", { class: "switch" }, h("span", {}, "Tint"), tint), h("div", { class: "actions" }, apply, textButton("Reset", reset))),
    opened: () => {
      sync();
      preview.highlight.value = 0;
      draw();
    },
    closed: () => {
      preview.highlight.value = highlight;
      reset();
    },
  };
}

/** What differs from how it is, as one operation for colours and one for opacity. */
async function send(editor: Editor, grade: Grade): Promise<void> {
  const { opacity, ...colours } = grade;
  const changed = Object.entries(colours).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(NO_GRADE[name as keyof Grade]));
  const sent = [];
  if (changed.length > 0) sent.push(editor.send({ op: "recolour", ...Object.fromEntries(changed) }));
  if (opacity !== 1) sent.push(editor.send({ op: "set_opacity", factor: opacity }));
  await Promise.all(sent);
}
