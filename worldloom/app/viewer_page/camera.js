// @ts-check
/**
 * The camera: where it stands, how it looks, and how hands move it.
 *
 * World: right-handed, Y up, metres; a yaw of zero looks along -Z. Camera matrices are the project's: world to camera,
 * OpenCV axes (x right, y down, z forward), row-major.
 */

/** @typedef {[number, number, number]} Vector */

const WALKING_SPEED = 1.4; // metres a second
const RUNNING = 4; // times as fast
const ORBIT_DISTANCE = 4; // metres ahead
const STEEPEST = 1.55; // radians

/** @param {Vector} a @param {Vector} b @returns {Vector} */
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** @param {Vector} a @param {Vector} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export class Camera {
  /** @type {Vector} metres */
  position = [0, 1.6, 0];
  /** Radians to the left of -Z. */
  yaw = 0;
  /** Radians above the horizon. */
  pitch = 0;
  /** Radians, clockwise seen from behind the camera. */
  roll = 0;
  /** Vertical field of view, degrees. */
  fov = 60;

  /** @returns {{right: Vector, down: Vector, forward: Vector}} unit vectors in the world */
  axes() {
    const { yaw, pitch, roll } = this;
    /** @type {Vector} */
    const forward = [-Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), -Math.cos(yaw) * Math.cos(pitch)];
    /** @type {Vector} */
    const level = [Math.cos(yaw), 0, -Math.sin(yaw)];
    const below = cross(forward, level);
    const [c, s] = [Math.cos(roll), Math.sin(roll)];
    return {
      right: [c * level[0] + s * below[0], c * level[1] + s * below[1], c * level[2] + s * below[2]],
      down: [c * below[0] - s * level[0], c * below[1] - s * level[1], c * below[2] - s * level[2]],
      forward,
    };
  }

  /** @returns {number[][]} (4, 4) */
  worldToCamera() {
    const { right, down, forward } = this.axes();
    return [...[right, down, forward].map((axis) => [...axis, -dot(axis, this.position)]), [0, 0, 0, 1]];
  }

  /** @param {number[][]} matrix (4, 4) world to camera */
  setWorldToCamera(matrix) {
    const [right, down, forward] = /** @type {Vector[]} */ (matrix.slice(0, 3).map((row) => row.slice(0, 3)));
    const shift = matrix.slice(0, 3).map((row) => row[3]);
    this.position = /** @type {Vector} */ (
      [0, 1, 2].map((axis) => -(right[axis] * shift[0] + down[axis] * shift[1] + forward[axis] * shift[2]))
    );
    this.pitch = Math.asin(Math.max(-1, Math.min(1, forward[1])));
    this.yaw = Math.atan2(-forward[0], -forward[2]);
    /** @type {Vector} */
    const level = [Math.cos(this.yaw), 0, -Math.sin(this.yaw)];
    this.roll = Math.atan2(dot(right, cross(forward, level)), dot(right, level));
  }

  /** Stand at a glTF-like pose: identity looks along -Z. @param {{position: Vector, rotation: number[]}} pose wxyz */
  setPose({ position, rotation: [w, x, y, z] }) {
    const right = [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)];
    const up = [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)];
    const back = [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)];
    const rows = [right, up.map((value) => -value), back.map((value) => -value)];
    const matrix = rows.map((row) => [...row, -dot(/** @type {Vector} */ (row), position)]);
    this.setWorldToCamera([...matrix, [0, 0, 0, 1]]);
  }

  /** @param {number} left radians @param {number} up radians */
  look(left, up) {
    this.yaw += left;
    this.pitch = Math.max(-STEEPEST, Math.min(STEEPEST, this.pitch + up));
  }

  /** Circle a point straight ahead. @param {number} left radians @param {number} up radians @param {number} distance metres */
  orbit(left, up, distance) {
    this.#along(this.axes().forward, distance);
    this.look(left, up);
    this.#along(this.axes().forward, -distance);
  }

  /** Along the ground and upwards. @param {number} right metres @param {number} up metres @param {number} ahead metres */
  walk(right, up, ahead) {
    const [c, s] = [Math.cos(this.yaw), Math.sin(this.yaw)];
    this.position[0] += c * right - s * ahead;
    this.position[1] += up;
    this.position[2] += -s * right - c * ahead;
  }

  /** Where the camera looks, flying. @param {number} metres */
  dolly(metres) {
    this.#along(this.axes().forward, metres);
  }

  /** @param {Vector} axis @param {number} metres */
  #along(axis, metres) {
    this.position = [0, 1, 2].map((k) => this.position[k] + axis[k] * metres);
  }
}

/** Directions of keys by their place on the keyboard: right, up, ahead. @type {Record<string, Vector>} */
const WALKING_KEYS = {
  KeyW: [0, 0, 1], ArrowUp: [0, 0, 1],
  KeyS: [0, 0, -1], ArrowDown: [0, 0, -1],
  KeyA: [-1, 0, 0], ArrowLeft: [-1, 0, 0],
  KeyD: [1, 0, 0], ArrowRight: [1, 0, 0],
  KeyE: [0, 1, 0], KeyQ: [0, -1, 0],
};

/** Mouse, touch and keys on a canvas move a camera. */
export class Hands {
  /** @type {Set<string>} */
  #held = new Set();
  #running = false;
  /** @type {Map<number, {x: number, y: number}>} */
  #pointers = new Map();
  #circling = false;
  #lastTap = { time: -Infinity, x: 0, y: 0 };

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Camera} camera
   * @param {{changed: () => void, reset: () => void}} on
   */
  constructor(canvas, camera, on) {
    this.camera = camera;
    this.canvas = canvas;
    this.on = on;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => this.#pointers.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    addEventListener("keydown", (event) => this.#key(event, true));
    addEventListener("keyup", (event) => this.#key(event, false));
    addEventListener("blur", () => this.#held.clear());
  }

  /** Whether a key keeps the camera moving. */
  get busy() {
    return this.#held.size > 0;
  }

  /** Walk by the keys that are held. @param {number} seconds */
  step(seconds) {
    const metres = WALKING_SPEED * (this.#running ? RUNNING : 1) * seconds;
    const total = [0, 0, 0];
    for (const code of this.#held) WALKING_KEYS[code].forEach((value, axis) => (total[axis] += value));
    const length = Math.hypot(...total) || 1;
    this.camera.walk((total[0] / length) * metres, (total[1] / length) * metres, (total[2] / length) * metres);
  }

  /** @param {KeyboardEvent} event @param {boolean} pressed */
  #key(event, pressed) {
    this.#running = event.shiftKey;
    if (event.ctrlKey || event.metaKey || event.altKey) return this.#held.clear();
    if (event.code in WALKING_KEYS) {
      event.preventDefault();
      if (pressed) this.#held.add(event.code);
      else this.#held.delete(event.code);
      this.on.changed();
    } else if (pressed && event.code === "KeyR") this.on.reset();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#circling = event.button === 2;
    if (event.pointerType === "touch" && this.#pointers.size === 1) {
      const { time, x, y } = this.#lastTap;
      if (event.timeStamp - time < 300 && Math.hypot(event.clientX - x, event.clientY - y) < 24) this.on.reset();
      this.#lastTap = { time: event.timeStamp, x: event.clientX, y: event.clientY };
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    const perPixel = (this.camera.fov * Math.PI) / 180 / this.canvas.clientHeight;
    if (this.#pointers.size === 1) {
      if (this.#circling) this.camera.orbit(-2 * dx * perPixel, -2 * dy * perPixel, ORBIT_DISTANCE);
      else this.camera.look(dx * perPixel, dy * perPixel);
    } else if (this.#pointers.size === 2) {
      const [other] = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const apart = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      this.camera.dolly((apart - was) * 0.008);
      this.camera.walk(-dx * 0.004, 0, dy * 0.004);
    }
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.on.changed();
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
    this.camera.dolly(-pixels * 0.003);
    this.on.changed();
  }
}
