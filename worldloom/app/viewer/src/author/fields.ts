/** Labelled inputs of the Author panel; each tells its new value when it is kept. */
import { h } from "../ui/dom";

export function textField(label: string, value: string, keep: (value: string) => void, placeholder = ""): HTMLElement {
  const input = h("input", { type: "text", class: "text-field", value, maxlength: 1000, placeholder, onchange: () => keep(input.value.trim()) });
  return h("label", { class: "author-field wide" }, h("span", {}, label), input);
}

export function numberField(label: string, value: number, range: [number, number, number], keep: (value: number) => void): HTMLElement {
  const [min, max, step] = range;
  const input = h("input", {
    type: "number",
    class: "number-field",
    min,
    max,
    step,
    value: Math.round(value * 1000) / 1000,
    onchange: () => {
      const wanted = Math.min(max, Math.max(min, Number(input.value)));
      if (Number.isFinite(wanted)) keep(wanted);
    },
  });
  return h("label", { class: "author-field" }, h("span", {}, label), input);
}

export function choiceField<T extends string>(label: string, value: T, choices: readonly (readonly [T, string])[], keep: (value: T) => void): HTMLElement {
  const select = h("select", { class: "field", "aria-label": label, onchange: () => keep(select.value as T) }, ...choices.map(([name, title]) => h("option", { value: name, selected: name === value }, title)));
  return h("label", { class: "author-field" }, h("span", {}, label), select);
}

export function checkField(label: string, value: boolean, keep: (value: boolean) => void): HTMLElement {
  const input = h("input", { type: "checkbox", role: "switch", checked: value, onchange: () => keep(input.checked) });
  return h("label", { class: "switch author-field" }, h("span", {}, label), input);
}
