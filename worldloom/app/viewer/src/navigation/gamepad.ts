/** A game controller: left stick moves, right stick looks, triggers set the pace, A jumps. */
import type { InputSource, Intent } from "./input";

const DEAD = 0.15;
const LOOK = 2.2; // radians per second
const FAST = 3;
const SLOW = 0.3;

export class Gamepads implements InputSource {
  private connected = 0;
  private asking = 0;

  constructor(private readonly wake: () => void) {
    addEventListener("gamepadconnected", () => {
      this.connected += 1;
      wake();
    });
    addEventListener("gamepaddisconnected", () => {
      this.connected = Math.max(0, this.connected - 1);
    });
  }

  read(intent: Intent, seconds: number): boolean {
    if (this.connected === 0) return false;
    let used = false;
    for (const pad of navigator.getGamepads()) {
      if (!pad) continue;
      const [left, ahead, turn, tilt] = [0, 1, 2, 3].map((index) => outside(pad.axes[index] ?? 0));
      const pressed = (index: number) => pad.buttons[index]?.pressed ?? false;
      const lift = (pressed(5) ? 1 : 0) - (pressed(4) ? 1 : 0);
      intent.move.add({ x: left, y: lift, z: -ahead });
      intent.turn.add({ x: -turn * LOOK * seconds, y: -tilt * LOOK * seconds });
      if (pressed(7)) intent.pace *= FAST;
      if (pressed(6)) intent.pace *= SLOW;
      if (pressed(0)) intent.jump = true;
      used ||= left !== 0 || ahead !== 0 || turn !== 0 || tilt !== 0 || lift !== 0 || pressed(0);
    }
    // A controller cannot wake the page: it has to be asked. Ten times a second is enough until it is used.
    if (!used && !this.asking) {
      this.asking = window.setTimeout(() => {
        this.asking = 0;
        this.wake();
      }, 100);
    }
    return used;
  }
}

function outside(value: number): number {
  const size = Math.abs(value);
  return size < DEAD ? 0 : (Math.sign(value) * (size - DEAD)) / (1 - DEAD);
}
