/** The page's buttons, switches and sliders. */
import { h } from "./dom";
import { icon, type IconName } from "./icons";

export interface ButtonOptions {
  icon: IconName;
  label: string;
  /** The key that does the same, as the help writes it. */
  key?: string;
  class?: string;
  onPress(): void;
}

/** A button that shows its icon; its label is read out, and shown beside the pointer. */
export function iconButton(options: ButtonOptions): HTMLButtonElement {
  const tip = options.key ? `${options.label} (${options.key})` : options.label;
  return h(
    "button",
    { type: "button", class: `button ${options.class ?? ""}`.trim(), "aria-label": options.label, "data-tip": tip, "aria-keyshortcuts": options.key ?? null, onclick: () => options.onPress() },
    icon(options.icon),
  );
}

export function textButton(label: string, onPress: () => void, name?: IconName): HTMLButtonElement {
  return h("button", { type: "button", class: "text-button", onclick: onPress }, name ? icon(name) : null, h("span", {}, label));
}

export function setPressed(button: HTMLElement, pressed: boolean): void {
  button.setAttribute("aria-pressed", String(pressed));
}

export function setIcon(button: HTMLElement, name: IconName): void {
  button.querySelector("svg")?.replaceWith(icon(name));
}

export interface SliderOptions {
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  format(value: number): string;
  onInput(value: number): void;
}

export class Slider {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly output: HTMLElement;

  constructor(private readonly options: SliderOptions) {
    const { label, min, max, step } = options;
    this.output = h("span", { class: "slider-value" });
    this.input = h("input", {
      type: "range",
      min,
      max,
      step,
      "aria-label": label,
      oninput: () => {
        this.show();
        options.onInput(Number(this.input.value));
      },
    });
    this.element = h("label", { class: "slider" }, h("span", { class: "slider-name" }, label), this.output, this.input);
    this.set(options.value);
  }

  set(value: number): void {
    this.input.value = String(value);
    this.show();
  }

  private show(): void {
    const value = Number(this.input.value);
    const text = this.options.format(value);
    this.output.textContent = text;
    this.input.setAttribute("aria-valuetext", text);
    this.input.style.setProperty("--share", String((value - this.options.min) / (this.options.max - this.options.min)));
  }
}

export function toggle(label: string, checked: boolean, onChange: (checked: boolean) => void): HTMLElement {
  const input = h("input", { type: "checkbox", role: "switch", checked, onchange: () => onChange(input.checked) });
  return h("label", { class: "switch" }, h("span", {}, label), input);
}

/** A text that becomes a field while it is edited. Enter keeps, Escape drops. */
export function editText(current: string, label: string, keep: (text: string) => void, drop: () => void): HTMLInputElement {
  let over = false;
  const finish = (kept: boolean) => {
    if (over) return;
    over = true;
    if (kept && input.value.trim() && input.value.trim() !== current) keep(input.value.trim());
    else drop();
  };
  const input = h("input", {
    type: "text",
    class: "text-field",
    "aria-label": label,
    value: current,
    maxlength: 200,
    onblur: () => finish(true),
    onkeydown: (event) => {
      const { key } = event as KeyboardEvent;
      if (key !== "Enter" && key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      finish(key === "Enter");
    },
  });
  return input;
}
