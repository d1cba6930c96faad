/** Ways into other worlds: a ring or a door to walk through. */
import * as THREE from "three";
import { toQuaternion, toVector } from "../protocol";
import type { Marks } from "../tools/marks";
import type { Portal } from "./records";

const LONGEST_STEP = 3; // metres: whoever comes farther between two frames has not walked
const TUBE = 0.05; // metres

const VERTEX = `
varying vec2 at;
void main() {
  at = position.xy;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

const FRAGMENT = `
uniform float time;
uniform vec2 half_size;
uniform float round_one;
varying vec2 at;
void main() {
  vec2 p = at / half_size;
  float d = length(p);
  float angle = atan(p.y, p.x);
  float swirl = 0.5 + 0.5 * sin(3.0 * angle + 9.0 * d - 1.4 * time);
  float ripple = 0.5 + 0.5 * sin(22.0 * d - 2.6 * time + 1.5 * swirl);
  vec3 deep = vec3(0.05, 0.09, 0.22), light = vec3(0.36, 0.86, 0.9), warm = vec3(0.98, 0.86, 0.62);
  vec3 colour = mix(deep, light, 0.18 + 0.5 * swirl * d + 0.18 * ripple * d);
  colour = mix(colour, warm, exp(-14.0 * d * d) * 0.75);
  float edge = smoothstep(1.0, 0.86, mix(max(abs(p.x), abs(p.y)), d, round_one));
  gl_FragColor = vec4(mix(light, colour, edge), 1.0);
}`;

interface Shown {
  portal: Portal;
  group: THREE.Group;
  time: { value: number };
  removeLabel(): void;
  /** Where the visitor was, in the portal's frame. */
  before: THREE.Vector3 | null;
}

export class Portals {
  readonly group = new THREE.Group();
  private list: Shown[] = [];
  private seconds = 0;

  constructor(private readonly marks: Marks) {}

  replace(portals: Portal[]): void {
    if (JSON.stringify(portals) === JSON.stringify(this.list.map(({ portal }) => portal))) return;
    for (const { group, removeLabel } of this.list) {
      removeLabel();
      group.removeFromParent();
      group.traverse((node) => {
        if (!(node instanceof THREE.Mesh)) return;
        node.geometry.dispose();
        (node.material as THREE.Material).dispose();
      });
    }
    this.list = structuredClone(portals).map((portal) => this.show(portal));
  }

  find(name: string): Portal | null {
    return this.list.find(({ portal }) => portal.name === name)?.portal ?? null;
  }

  step(seconds: number): boolean {
    this.seconds += seconds;
    for (const { time } of this.list) time.value = this.seconds;
    return this.list.length > 0;
  }

  /** The portal that someone has gone through since last asked, who is at `person` now. */
  crossed(person: THREE.Vector3): Portal | null {
    let found: Portal | null = null;
    for (const shown of this.list) {
      const now = shown.group.worldToLocal(person.clone());
      const { before, portal } = shown;
      shown.before = now;
      if (!before || before.distanceTo(now) > LONGEST_STEP || Math.sign(before.z) === Math.sign(now.z) || before.z === 0) continue;
      const at = before.clone().lerp(now, before.z / (before.z - now.z));
      const [x, y] = [(2 * at.x) / portal.size[0], (2 * at.y) / portal.size[1]];
      if (portal.shape === "ring" ? x * x + y * y < 1 : Math.abs(x) < 1 && Math.abs(y) < 1) found = portal;
    }
    return found;
  }

  private show(portal: Portal): Shown {
    const [width, height] = portal.size;
    const time = { value: this.seconds };
    const uniforms = { time, half_size: { value: new THREE.Vector2(width / 2, height / 2) }, round_one: { value: portal.shape === "ring" ? 1 : 0 } };
    const opening = portal.shape === "ring" ? new THREE.CircleGeometry(0.5, 64).scale(width, height, 1) : new THREE.PlaneGeometry(width, height);
    const veil = new THREE.Mesh(opening, new THREE.ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms, side: THREE.DoubleSide }));
    const group = new THREE.Group();
    group.add(veil, ...(portal.shape === "ring" ? ring(width, height) : door(width, height)));
    group.position.copy(toVector(portal.position));
    group.quaternion.copy(toQuaternion(portal.rotation));
    group.updateMatrixWorld(true);
    this.group.add(group);
    const label = document.createElement("span");
    label.className = "portal-label surface";
    label.textContent = portal.title || portal.name;
    const top = group.localToWorld(new THREE.Vector3(0, height / 2 + 0.22, 0));
    return { portal, group, time, removeLabel: this.marks.attach(label, top), before: null };
  }
}

/** Lit from above, whatever the light of the world is. */
function metal(): THREE.MeshMatcapMaterial {
  return new THREE.MeshMatcapMaterial({ matcap: sheen(), color: 0xd9c08a });
}

function ring(width: number, height: number): THREE.Mesh[] {
  const curve = new THREE.CatmullRomCurve3(
    Array.from({ length: 48 }, (_, index) => {
      const angle = (index / 48) * 2 * Math.PI;
      return new THREE.Vector3((Math.cos(angle) * width) / 2, (Math.sin(angle) * height) / 2, 0);
    }),
    true,
  );
  return [new THREE.Mesh(new THREE.TubeGeometry(curve, 128, TUBE, 12, true), metal())];
}

function door(width: number, height: number): THREE.Mesh[] {
  const post = () => new THREE.Mesh(new THREE.BoxGeometry(2 * TUBE, height + 2 * TUBE, 3 * TUBE), metal());
  const [left, right] = [post(), post()];
  left.position.x = -width / 2 - TUBE;
  right.position.x = width / 2 + TUBE;
  const beam = new THREE.Mesh(new THREE.BoxGeometry(width + 6 * TUBE, 2.4 * TUBE, 4 * TUBE), metal());
  beam.position.y = height / 2 + TUBE;
  return [left, right, beam];
}

let sheenTexture: THREE.CanvasTexture | null = null;

/** A ball lit from above, for materials that need no lamp. */
export function sheen(): THREE.CanvasTexture {
  if (sheenTexture) return sheenTexture;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const context = canvas.getContext("2d");
  if (context) {
    const light = context.createRadialGradient(26, 16, 2, 32, 32, 36);
    light.addColorStop(0, "#ffffff");
    light.addColorStop(0.35, "#d8d8d8");
    light.addColorStop(0.75, "#8c8c90");
    light.addColorStop(1, "#4c4c54");
    context.fillStyle = light;
    context.fillRect(0, 0, 64, 64);
  }
  sheenTexture = new THREE.CanvasTexture(canvas);
  sheenTexture.colorSpace = THREE.SRGBColorSpace;
  return sheenTexture;
}
