/** Mending a world and standing it right: floaters, holes, less detail, level ground, scale, sun, layers put together. */
import { Slider, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { IconName } from "../../ui/icons";
import type { PanelContent } from "../../ui/panels";
import { metres } from "../../tools/measure";
import { toVector, type Triple } from "../../protocol";
import type { Editor } from "../editor";
import type { Operation } from "../operations";
import { numberField } from "./fields";

const EVERYTHING = { by: "everything" };
const POINTS = ["one", "a second", "a third"];

export function repairPanel(editor: Editor): PanelContent {
  const sections = [clean(editor), selected(editor), stand(editor), sun(editor), layers(editor)];
  const body = h("div", { class: "stack" }, ...sections.flatMap(({ elements }) => elements));
  const sync = () => {
    if (!body.offsetParent) return;
    for (const button of body.querySelectorAll("button")) button.disabled = !editor.session.editable;
    for (const button of body.querySelectorAll<HTMLButtonElement>(".of-selection button")) button.disabled ||= editor.selected === 0;
    for (const section of sections) section.sync?.();
  };
  editor.selectionChanged.listen(sync);
  editor.parts.listed.listen(sync);
  editor.session.changed.listen(sync);
  return {
    title: "Repair and arrange",
    body,
    opened: sync,
    closed: () => {
      editor.probe.cancel();
      editor.probe.clear();
    },
  };
}

interface Section {
  elements: HTMLElement[];
  sync?(): void;
}

/** A button that sends one operation. */
function sender(editor: Editor, label: string, operation: () => Operation, icon?: IconName): HTMLButtonElement {
  return textButton(label, () => void editor.send(operation()), icon);
}

const heading = (text: string) => h("h3", {}, text);
const actions = (...buttons: HTMLElement[]) => h("div", { class: "actions" }, ...buttons);

function clean(editor: Editor): Section {
  const meant = () => (editor.selected > 0 ? {} : { where: EVERYTHING });
  const note = h("p", { class: "muted" });
  return {
    elements: [
      heading("Clean"),
      note,
      actions(
        sender(editor, "Remove floaters", () => ({ op: "fix_floaters", ...meant() }), "trash"),
        sender(editor, "Erase passers-by", () => ({ op: "erase_transients", ...meant() }), "person"),
        sender(editor, "Fill the hole", () => ({ op: "fill" }), "restore"),
      ),
    ],
    sync: () => {
      note.textContent = editor.selected > 0 ? "Of what is selected. A hole is filled where you deleted last." : "Of the whole world. A hole is filled where you deleted last.";
    },
  };
}

function selected(editor: Editor): Section {
  let share = 50;
  let amount = 50;
  const left = numberField({ label: "Keep", unit: "%", step: 5, least: 0.1, value: share, onChange: (value) => (share = Math.min(100, value)) });
  const strength = numberField({ label: "By", unit: "%", step: 10, least: 1, value: amount, onChange: (value) => (amount = Math.min(100, value)) });
  const ofSelection = (...items: HTMLElement[]) => h("div", { class: "actions of-selection" }, ...items);
  return {
    elements: [
      heading("What is selected"),
      ofSelection(sender(editor, "Keep only this", () => ({ op: "crop", keep_sky: true }), "rectangle")),
      ofSelection(left.element, sender(editor, "Merge to fewer", () => ({ op: "decimate", share: share / 100 }), "shrink")),
      ofSelection(strength.element, sender(editor, "Sharpen", () => ({ op: "sharpen", amount: amount / 100 })), sender(editor, "Soften", () => ({ op: "soften", amount: amount / 100 }))),
    ],
  };
}

function stand(editor: Editor): Section {
  const { probe } = editor;
  let measured: [Triple, Triple] | null = null;
  let wanted = 1;
  const length = h("p", { class: "muted" });
  const truth = numberField({ label: "In truth", unit: "m", step: 0.1, least: 0.001, value: wanted, onChange: (value) => (wanted = value) });
  const scale = textButton("Set the scale", () => {
    if (!measured) return;
    const [start, end] = measured;
    measured = null;
    probe.clear();
    show();
    void editor.send({ op: "set_scale", start, end, metres: wanted });
  }, "check");
  const asked = h("div", { class: "actions" }, truth.element, scale);
  const show = () => {
    asked.hidden = measured === null;
    length.textContent = measured ? `${metres(distance(measured))} here` : "";
  };
  const byPoints = () =>
    probe.ask({
      hints: POINTS.map((which) => `Click ${which} point of the ground`),
      answer: (points) => {
        probe.clear();
        void editor.send({ op: "reorient", points });
      },
    });
  const measure = () =>
    probe.ask({
      hints: ["Click where the known distance begins", "Click where it ends"],
      answer: ([start, end]) => {
        measured = [start, end];
        wanted = distance(measured);
        truth.set(wanted);
        show();
      },
    });
  return {
    elements: [
      heading("Stand it right"),
      actions(sender(editor, "Level to the floor", () => ({ op: "reorient" }), "restore"), textButton("By three points", byPoints, "pivot"), textButton("Measure for the scale", measure, "measure")),
      length,
      asked,
    ],
    sync: show,
  };
}

function sun(editor: Editor): Section {
  const angles = { azimuth: 135, elevation: 35 };
  const slider = (name: keyof typeof angles, label: string, min: number, max: number) =>
    new Slider({ label, min, max, step: 1, value: angles[name], format: (value) => `${Math.round(value)}°${name === "azimuth" ? ` ${compass(value)}` : ""}`, onInput: (value) => (angles[name] = value) });
  return { elements: [heading("Sun"), slider("azimuth", "Stands in the", 0, 359).element, slider("elevation", "Height", 1, 90).element, actions(sender(editor, "Relight", () => ({ op: "relight", ...angles }), "sun"))] };
}

function layers(editor: Editor): Section {
  const [first, second] = ["This layer", "That layer"].map((label) => h("select", { class: "text-field", "aria-label": label }));
  const both = () => [first.value, second.value];
  const join = sender(editor, "Join into one", () => ({ op: "merge_layers", layers: both() }), "plus");
  const align = sender(editor, "Align this onto that", () => ({ op: "align", move: [first.value], onto: [second.value] }), "object");
  const remove = sender(editor, "Delete this", () => ({ op: "delete_layer", layer: first.value }), "trash");
  const unlike = () => {
    const same = first.value === second.value || !editor.session.editable;
    join.disabled = align.disabled = same;
  };
  for (const select of [first, second]) select.addEventListener("change", unlike);
  return {
    elements: [heading("Layers"), first, second, actions(join, align, remove), h("p", { class: "muted" }, "Aligning is for two captures of one place: they are matched by their shapes and colours.")],
    sync: () => {
      const parts = [...editor.parts];
      [first, second].forEach((select, index) => {
        const chosen = parts.some(({ key }) => key === select.value) ? select.value : parts[Math.min(index, parts.length - 1)]?.key;
        select.replaceChildren(...parts.map(({ key, facts }) => h("option", { value: key, selected: key === chosen }, facts.name)));
      });
      unlike();
    },
  };
}

function distance([start, end]: [Triple, Triple]): number {
  return toVector(start).distanceTo(toVector(end));
}

function compass(degrees: number): string {
  return ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"][Math.round(degrees / 45) % 8];
}
