/** Moving and looking with the keyboard. */
import type { InputSource, Intent } from "./input";

const FAST = 3;
const SLOW = 0.3;
const LOOK = 1.4; // radians per second

const MOVES: Record<string, [number, number, number]> = {
  KeyW: [0, 0, 1],
  KeyS: [0, 0, -1],
  KeyA: [-1, 0, 0],
  KeyD: [1, 0, 0],
  KeyE: [0, 1, 0],
  KeyQ: [0, -1, 0],
};
const LOOKS: Record<string, [number, number]> = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Whether a key typed into this element is meant for it. */
export function takesKeys(target: EventTarget | null): boolean {
  return takesText(target) || (target instanceof HTMLElement && target.matches("select, [data-takes-keys]"));
}

/** Whether it also has its own undoing and copying. */
export function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea"));
}

export class Keyboard implements InputSource {
  private readonly held = new Set<string>();
  private shift = false;
  private alt = false;
  private jumping = false;

  constructor(wake: () => void) {
    addEventListener("keydown", (event) => {
      this.shift = event.shiftKey;
      this.alt = event.altKey;
      if (takesKeys(event.target) || event.ctrlKey || event.metaKey) return;
      if (event.key === "Alt" && this.held.size > 0) event.preventDefault(); // it means slow now, not the browser's menu
      const within = (selector: string) => event.target instanceof HTMLElement && event.target.closest(selector) !== null;
      if (within("dialog")) return;
      const onControl = within("button, input");
      const arrow = event.code in LOOKS || event.code === "Space";
      if (arrow && onControl) return;
      if (!(event.code in MOVES || arrow)) return;
      if (event.code === "Space") this.jumping = true;
      else this.held.add(event.code);
      event.preventDefault();
      wake();
    });
    addEventListener("keyup", (event) => {
      this.shift = event.shiftKey;
      this.alt = event.altKey;
      this.held.delete(event.code);
    });
    addEventListener("blur", () => this.held.clear());
  }

  read(intent: Intent, seconds: number): boolean {
    let held = false;
    for (const code of this.held) {
      const move = MOVES[code];
      const look = LOOKS[code];
      if (move) intent.move.add({ x: move[0], y: move[1], z: move[2] });
      if (look) intent.turn.add({ x: look[0] * LOOK * seconds, y: look[1] * LOOK * seconds });
      held = true;
    }
    if (this.shift) intent.pace *= FAST;
    if (this.alt) intent.pace *= SLOW;
    intent.jump ||= this.jumping;
    this.jumping = false;
    return held;
  }
}
