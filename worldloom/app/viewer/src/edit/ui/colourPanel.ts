/** Colours of what is selected: seen while sliders and curves move, changed with one operation; or those of a picture. */
import { Slider, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import { fetchHistogram } from "../api";
import type { Channel, Curves } from "../curves";
import type { Editor } from "../editor";
import { NO_GRADE, type Grade } from "../modifier";
import { CurveEditor } from "./curveEditor";
import { choice } from "./fields";
import { matchColours } from "./matchColours";

type Amount = Exclude<keyof Grade, "tint" | keyof Curves>;
type Page = "sliders" | "curves" | "match";
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
/** The server's attribute that shows how a channel is spread. */
const TONES: Record<Channel, string> = { curve: "value", red: "red", green: "green", blue: "blue" };
const TONE_BINS = 64;

export function colourPanel(editor: Editor): PanelContent {
  const { app, session } = editor;
  const { preview } = editor.parts;
  let grade: Grade = { ...NO_GRADE };
  let page: Page = "sliders";
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
  const curves = new CurveEditor(
    (changed) => {
      Object.assign(grade, changed);
      draw();
    },
    () => void showTones(),
  );
  const match = matchColours(editor);

  /** Behind the curve: how what is selected is spread over the channel. */
  async function showTones(): Promise<void> {
    if (page !== "curves") return;
    const channel = curves.shown;
    if (editor.selected === 0) return curves.setTones(null);
    const request = { branch: session.moment.branch, person: editor.me.id, attribute: TONES[channel], bins: TONE_BINS };
    const spread = await fetchHistogram(app.world.id, request).catch(() => null); // a help, not worth a message
    if (curves.shown === channel) curves.setTones(spread);
  }

  const reset = () => {
    grade = { ...NO_GRADE };
    for (const { name, slider } of sliders) slider.set(grade[name]);
    tint.value = "#ffffff";
    curves.reset();
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
  const foot = h("div", { class: "actions panel-foot" }, apply, textButton("Reset", reset));
  const pages: Record<Page, HTMLElement> = {
    sliders: h("div", { class: "stack" }, ...sliders.map(({ slider }) => slider.element), h("label", { class: "author-field" }, h("span", {}, "Tint"), tint)),
    curves: curves.element,
    match: match.element,
  };
  const tabs = choice<Page>("Colours by", { sliders: "Sliders", curves: "Curves", match: "Match" }, page, (chosen) => {
    page = chosen;
    turn();
    void showTones();
  });
  const turn = () => {
    for (const [name, element] of Object.entries(pages)) element.hidden = name !== page;
    foot.hidden = page === "match";
  };
  const summary = h("p", { class: "muted" });
  const body = h("div", { class: "stack" }, tabs.element, summary, ...Object.values(pages), foot);
  const sync = () => {
    summary.textContent = editor.selected ? `${editor.selected.toLocaleString("en")} selected Gaussians, shown in their own colours meanwhile.` : "Nothing is selected.";
    apply.disabled = editor.selected === 0 || !session.editable;
    match.sync();
  };
  const whenSeen = () => body.offsetParent && sync();
  editor.selectionChanged.listen(whenSeen);
  editor.parts.listed.listen(whenSeen);
  session.logged.listen((done) => done.patch && body.offsetParent && void showTones());
  turn();
  return {
    title: "Colours",
    body,
    opened: () => {
      sync();
      void showTones();
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
