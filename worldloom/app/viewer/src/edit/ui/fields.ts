/** Small fields for numbers and switches between a few choices. */
import { h } from "../../ui/dom";

export interface NumberOptions {
  label: string;
  unit: string;
  step: number;
  least?: number;
  value: number;
  onChange(value: number): void;
}

export interface NumberField {
  element: HTMLElement;
  set(value: number): void;
  rename(label: string): void;
}

/** To thousandths; what is smaller than a tenth to three digits. */
const rounded = (value: number) => String(Math.abs(value) < 0.1 ? Number(value.toPrecision(3)) : Math.round(value * 1000) / 1000);

/** Enter and leaving the field keep what was typed; arrows up and down step. */
export function numberField({ label, unit, step, least, value, onChange }: NumberOptions): NumberField {
  let current = value;
  const name = h("span", { class: "field-name" }, label);
  const input = h("input", {
    type: "number",
    class: "number-field",
    step,
    min: least ?? null,
    value: rounded(value),
    onchange: () => {
      const typed = Number(input.value);
      if (input.value === "" || !Number.isFinite(typed)) return void (input.value = rounded(current));
      current = least === undefined ? typed : Math.max(least, typed);
      input.value = rounded(current);
      onChange(current);
    },
  });
  const element = h("label", { class: "field" }, name, input, unit ? h("span", { class: "muted" }, unit) : null);
  return {
    element,
    set(next) {
      current = next;
      if (document.activeElement !== input) input.value = rounded(next);
    },
    rename(next) {
      name.textContent = next;
    },
  };
}

/** One of a few, side by side. */
export function choice<T extends string>(label: string, names: Record<T, string>, current: T, onChange: (value: T) => void): { element: HTMLElement; set(value: T): void } {
  const group = `choice-${label.toLowerCase().replace(/\W/g, "-")}`;
  const inputs = (Object.entries(names) as [T, string][]).map(([value, name]) => {
    const input = h("input", { type: "radio", name: group, value, checked: value === current, onchange: () => onChange(value) });
    return { input, element: h("label", {}, input, h("span", {}, name)) };
  });
  return {
    element: h("div", { class: "choices even", role: "radiogroup", "aria-label": label }, ...inputs.map(({ element }) => element)),
    set(value) {
      for (const { input } of inputs) input.checked = input.value === value;
    },
  };
}
