/** Curves of colours to drag: a press adds a point, a double click or Delete removes it. */
import { iconButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import { CHANNELS, curveThrough, NO_CURVES, type Channel, type Curve, type CurvePoint, type Curves } from "../curves";
import type { Histogram } from "../messages";
import { choice, numberField } from "./fields";

const NAMES: Record<Channel, string> = { curve: "All", red: "Red", green: "Green", blue: "Blue" };
const MOST_POINTS = 32;
const GAP = 0.01; // between points, from left to right
const STEP = 0.01;
const DOUBLE_CLICK = 600; // milliseconds within which a second click belongs to the one that added a point
const DRAWN = 96;

const clamp = (value: number, low = 0, high = 1) => Math.min(high, Math.max(low, value));
const percent = (value: number) => `${Math.round(value * 100)} %`;
const straight = (): Curve => [[0, 0], [1, 1]];
const isStraight = (points: Curve) => JSON.stringify(points) === JSON.stringify(straight());

export class CurveEditor {
  readonly element: HTMLElement;
  private readonly curves: Curves = { ...NO_CURVES };
  private channel: Channel = "curve";
  private chosen = 1;
  private addedAt = 0;
  private readonly plot = h("div", { class: "curve-plot", role: "group", "aria-label": "Curve" });
  private readonly svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  private handles: HTMLButtonElement[] = [];
  private tones = "";
  private readonly input = numberField({ label: "In", unit: "", step: 1, value: 0, onChange: (value) => this.move(this.chosen, [value / 100, this.points[this.chosen][1]]) });
  private readonly output = numberField({ label: "Out", unit: "", step: 1, value: 0, onChange: (value) => this.move(this.chosen, [this.points[this.chosen][0], value / 100]) });
  private readonly addButton = iconButton({ icon: "plus", label: "Add a point", class: "small", onPress: () => this.addBeside() });
  private readonly removeButton = iconButton({ icon: "trash", label: "Remove the point", class: "small", onPress: () => this.remove(this.chosen) });
  private readonly straightButton = iconButton({ icon: "loop", label: "Make this curve straight", class: "small", onPress: () => this.straighten() });

  /** `changed` hears of every step of a drag. */
  constructor(
    private readonly changed: (curves: Readonly<Curves>) => void,
    private readonly channelChosen: (channel: Channel) => void,
  ) {
    this.svg.setAttribute("viewBox", "0 0 100 100");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    this.plot.append(this.svg);
    this.plot.addEventListener("pointerdown", (event) => this.press(event));
    this.plot.addEventListener("pointermove", (event) => this.plot.hasPointerCapture(event.pointerId) && this.move(this.chosen, this.placeOf(event)));
    this.plot.addEventListener("dblclick", (event) => performance.now() - this.addedAt > DOUBLE_CLICK && this.handles.includes(event.target as HTMLButtonElement) && this.remove(this.chosen));
    const channels = choice<Channel>("Channel", NAMES, this.channel, (channel) => this.show(channel));
    const row = h("div", { class: "curve-fields" }, this.input.element, this.output.element, this.addButton, this.removeButton, this.straightButton);
    this.element = h("div", { class: "stack" }, channels.element, this.plot, row);
    this.draw();
  }

  /** All channels straight again. Tells nobody. */
  reset(): void {
    Object.assign(this.curves, NO_CURVES);
    this.chosen = 1;
    this.draw();
  }

  /** How the channel's values are spread over what is selected; null: not known. */
  setTones(spread: Histogram | null): void {
    const counts = spread?.selected ?? [];
    const most = Math.sqrt(Math.max(1, ...counts));
    const { lower = 0, upper = 1 } = spread ?? {};
    const steps = counts.map((count, index) => {
      const [from, to] = [index, index + 1].map((edge) => 100 * (lower + ((upper - lower) * edge) / counts.length));
      const top = 100 - 92 * (Math.sqrt(count) / most);
      return `L${from.toFixed(2)} ${top.toFixed(1)}L${to.toFixed(2)} ${top.toFixed(1)}`;
    });
    this.tones = steps.length ? `M${100 * lower} 100${steps.join("")}L${100 * upper} 100Z` : "";
    this.draw();
  }

  get shown(): Channel {
    return this.channel;
  }

  private show(channel: Channel): void {
    this.channel = channel;
    this.chosen = this.points.length - 1;
    this.draw();
    this.channelChosen(channel);
  }

  private get points(): Curve {
    return this.curves[this.channel] ?? straight();
  }

  private set(points: Curve): void {
    this.curves[this.channel] = isStraight(points) ? null : points;
    this.draw();
    this.changed(this.curves);
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault(); // or the focus would leave the point
    this.plot.setPointerCapture(event.pointerId);
    const at = this.placeOf(event);
    const handle = this.handles.indexOf(event.target as HTMLButtonElement);
    const near = handle >= 0 ? handle : this.points.findIndex(([x]) => Math.abs(x - at[0]) < GAP);
    if (near >= 0) {
      this.chosen = near;
      this.draw();
    } else {
      this.add(at);
    }
    this.handles[this.chosen].focus({ preventScroll: true });
  }

  private placeOf(event: PointerEvent): CurvePoint {
    const box = this.svg.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp(1 - (event.clientY - box.top) / box.height)];
  }

  private add(point: CurvePoint): void {
    const { points } = this;
    if (points.length >= MOST_POINTS) return;
    const before = points.findIndex(([x]) => x > point[0]);
    this.chosen = before < 0 ? points.length : before;
    this.addedAt = performance.now();
    this.set([...points.slice(0, this.chosen), point, ...points.slice(this.chosen)]);
  }

  /** In the middle of the wider side of the chosen point, where the curve is. */
  private addBeside(): void {
    const { points, chosen } = this;
    const middles = [chosen, chosen + 1].flatMap((right) => (points[right - 1] && points[right] ? [{ width: points[right][0] - points[right - 1][0], x: (points[right][0] + points[right - 1][0]) / 2 }] : []));
    const { width, x } = middles.sort((a, b) => b.width - a.width)[0];
    if (width < 2 * GAP) return;
    this.add([x, clamp(curveThrough(points)(x))]);
    this.handles[this.chosen].focus({ preventScroll: true });
  }

  private remove(index: number): void {
    const { points } = this;
    if (points.length <= 2) return;
    this.chosen = Math.max(0, index - 1);
    this.set(points.filter((_, other) => other !== index));
    this.handles[this.chosen].focus({ preventScroll: true });
  }

  private move(index: number, [x, y]: CurvePoint): void {
    const points = this.points.map((point): CurvePoint => [...point]);
    const low = index > 0 ? points[index - 1][0] + GAP : 0;
    const high = index < points.length - 1 ? points[index + 1][0] - GAP : 1;
    points[index] = [clamp(x, low, high), clamp(y)];
    this.set(points);
  }

  private straighten(): void {
    this.chosen = 1;
    this.set(straight());
  }

  private key(event: KeyboardEvent, index: number): void {
    const step = STEP * (event.shiftKey ? 10 : 1);
    const [x, y] = this.points[index];
    const moves: Record<string, CurvePoint> = { ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowUp: [x, y + step], ArrowDown: [x, y - step] };
    if (event.key in moves) this.move(index, moves[event.key]);
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(index);
    else if (event.key === "Insert" || event.key === "+") this.addBeside();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private draw(): void {
    const { points } = this;
    this.svg.innerHTML = `<path class="curve-grid" d="M25 0V100M50 0V100M75 0V100M0 25H100M0 50H100M0 75H100M0 100L100 0"/><path class="curve-tones" d="${this.tones}"/>${CHANNELS.map((channel) => this.line(channel)).join("")}`;
    while (this.handles.length > points.length) this.handles.pop()?.remove();
    while (this.handles.length < points.length) this.handles.push(this.handle(this.handles.length));
    points.forEach(([x, y], index) => {
      const handle = this.handles[index];
      handle.style.left = `${x * 100}%`;
      handle.style.top = `${(1 - y) * 100}%`;
      handle.classList.toggle("chosen", index === this.chosen);
      handle.setAttribute("aria-label", `Point ${index + 1} of ${points.length}, out of in ${percent(x)}`);
      handle.setAttribute("aria-valuenow", String(Math.round(y * 100)));
      handle.setAttribute("aria-valuetext", `in ${percent(x)}, out ${percent(y)}`);
    });
    const [x, y] = points[this.chosen];
    this.input.set(Math.round(x * 1000) / 10);
    this.output.set(Math.round(y * 1000) / 10);
    this.removeButton.disabled = points.length <= 2;
    this.straightButton.disabled = this.curves[this.channel] === null;
    this.addButton.disabled = points.length >= MOST_POINTS;
    this.plot.dataset.channel = this.channel;
  }

  private line(channel: Channel): string {
    const points = this.curves[channel];
    if (!points && channel !== this.channel) return "";
    const curve = curveThrough(points ?? straight());
    const places = Array.from({ length: DRAWN + 1 }, (_, step) => `${((100 * step) / DRAWN).toFixed(2)} ${(100 * (1 - curve(step / DRAWN))).toFixed(2)}`);
    return `<path class="curve-line${channel === this.channel ? " current" : ""}" data-channel="${channel}" d="M${places.join("L")}"/>`;
  }

  private handle(index: number): HTMLButtonElement {
    const button = h("button", {
      type: "button",
      class: "curve-point",
      role: "slider",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-keyshortcuts": "ArrowUp ArrowDown ArrowLeft ArrowRight Delete Insert",
      "data-takes-keys": "",
      onkeydown: (event) => this.key(event as KeyboardEvent, index),
      onfocus: () => {
        if (this.chosen === index) return;
        this.chosen = index;
        this.draw();
      },
    });
    this.plot.append(button);
    return button;
  }
}
