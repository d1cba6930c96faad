/** Simple figures that walk: built of round bodies, moved at the hips and shoulders. */
import * as THREE from "three";
import type { FigureName } from "./records";
import { sheen } from "./portals";

/** Metres of way in one full stride. */
const STRIDE = 1.5;
const FULL_SWING = 1.4; // metres per second at which limbs swing their widest

interface Limb {
  joint: THREE.Object3D;
  /** Radians. */
  swing: number;
  /** Of a stride, 0..1. */
  phase: number;
}

export class Figure extends THREE.Group {
  private readonly limbs: Limb[] = [];
  private readonly body = new THREE.Group();
  private stride = 0;
  private swing = 0;
  /** Metres that it bobs, or hovers. */
  private readonly bounce: number;

  constructor(readonly kind: FigureName) {
    super();
    this.add(this.body);
    this.bounce = BUILD[kind](this.body, this.limbs);
  }

  /** Goes on walking, at metres per second. */
  walk(speed: number, seconds: number): void {
    this.stride = (this.stride + (speed * seconds) / STRIDE) % 1;
    const wanted = Math.min(1, speed / FULL_SWING);
    this.swing += (wanted - this.swing) * (1 - Math.exp(-seconds / 0.12));
    if (speed === 0 && this.swing < 0.02) this.swing = 0;
    for (const { joint, swing, phase } of this.limbs) joint.rotation.x = this.swing * swing * Math.sin(2 * Math.PI * (this.stride + phase));
    this.body.position.y = this.swing * this.bounce * Math.abs(Math.sin(2 * Math.PI * this.stride));
  }

  dispose(): void {
    this.traverse((node) => {
      if (!(node instanceof THREE.Mesh)) return;
      node.geometry.dispose();
      (node.material as THREE.Material).dispose();
    });
  }
}

function clay(colour: number): THREE.MeshMatcapMaterial {
  return new THREE.MeshMatcapMaterial({ matcap: sheen(), color: colour });
}

function part(into: THREE.Object3D, geometry: THREE.BufferGeometry, colour: number, x: number, y: number, z: number): THREE.Mesh {
  const mesh = new THREE.Mesh(geometry, clay(colour));
  mesh.position.set(x, y, z);
  into.add(mesh);
  return mesh;
}

/** A limb that hangs from a joint and swings. */
function limb(into: THREE.Group, limbs: Limb[], at: [number, number, number], length: number, thick: number, colour: number, swing: number, phase: number): THREE.Group {
  const joint = new THREE.Group();
  joint.position.set(...at);
  part(joint, new THREE.CapsuleGeometry(thick, length - 2 * thick, 6, 14), colour, 0, -length / 2, 0);
  into.add(joint);
  limbs.push({ joint, swing, phase });
  return joint;
}

const capsule = (radius: number, length: number) => new THREE.CapsuleGeometry(radius, length, 10, 24);
const ball = (radius: number) => new THREE.SphereGeometry(radius, 28, 20);

/** All face -Z. Each returns how far it bobs, metres. */
const BUILD: Record<FigureName, (body: THREE.Group, limbs: Limb[]) => number> = {
  walker(body, limbs) {
    const [coat, legs, skin, hair] = [0x4f86d9, 0x39435c, 0xf0c9a4, 0x4a3326];
    part(body, capsule(0.19, 0.34), coat, 0, 1.12, 0).scale.set(1.08, 1, 0.8);
    part(body, ball(0.135), skin, 0, 1.56, 0).scale.set(0.95, 1.08, 1);
    part(body, ball(0.142), hair, 0, 1.6, 0.025).scale.set(1, 0.98, 0.98);
    part(body, ball(0.032), skin, 0, 1.54, -0.14);
    part(body, new THREE.TorusGeometry(0.1, 0.042, 10, 24).rotateX(Math.PI / 2), 0xe8a33d, 0, 1.41, 0);
    for (const [side, phase] of [[-1, 0], [1, 0.5]] as const) {
      const leg = limb(body, limbs, [side * 0.1, 0.86, 0], 0.82, 0.085, legs, 0.62, phase);
      part(leg, capsule(0.07, 0.1).rotateX(Math.PI / 2), 0x23262e, 0, -0.8, -0.05);
      const arm = limb(body, limbs, [side * 0.238, 1.35, 0], 0.62, 0.058, coat, 0.5, phase + 0.5);
      arm.rotation.z = side * 0.1;
      part(arm, ball(0.06), skin, 0, -0.62, 0);
    }
    return 0.035;
  },
  robot(body, limbs) {
    const [shell, dark, glow] = [0xe9ecf1, 0x2b303b, 0x49e0e6];
    part(body, capsule(0.2, 0.26), shell, 0, 1.08, 0).scale.set(1.15, 1, 0.85);
    part(body, new THREE.CylinderGeometry(0.06, 0.06, 0.16, 16), dark, 0, 1.42, 0);
    part(body, capsule(0.15, 0.1).rotateZ(Math.PI / 2), shell, 0, 1.57, 0);
    part(body, capsule(0.095, 0.12).rotateZ(Math.PI / 2), dark, 0, 1.57, -0.085);
    for (const side of [-1, 1]) {
      const eye = part(body, ball(0.03), glow, side * 0.07, 1.58, -0.172);
      eye.material = new THREE.MeshBasicMaterial({ color: glow });
    }
    part(body, new THREE.CylinderGeometry(0.008, 0.008, 0.16, 8), dark, 0, 1.78, 0);
    part(body, ball(0.03), 0xff7a4d, 0, 1.87, 0);
    part(body, ball(0.055), glow, 0, 1.18, -0.15).material = new THREE.MeshBasicMaterial({ color: glow });
    for (const [side, phase] of [[-1, 0], [1, 0.5]] as const) {
      const leg = limb(body, limbs, [side * 0.115, 0.82, 0], 0.76, 0.06, dark, 0.55, phase);
      part(leg, capsule(0.085, 0.12).rotateX(Math.PI / 2), shell, 0, -0.74, -0.04);
      const arm = limb(body, limbs, [side * 0.29, 1.28, 0], 0.56, 0.05, dark, 0.45, phase + 0.5);
      part(arm, ball(0.085), shell, 0, -0.02, 0);
      part(arm, ball(0.075), shell, 0, -0.56, 0);
    }
    return 0.025;
  },
  spirit(body) {
    const points = [[0.001, 0.34], [0.2, 0.36], [0.27, 0.5], [0.25, 0.9], [0.22, 1.2], [0.17, 1.42], [0.09, 1.55], [0.001, 1.58]].map(([x, y]) => new THREE.Vector2(x, y));
    part(body, new THREE.LatheGeometry(new THREE.SplineCurve(points).getPoints(40), 40), 0xc9e6ff, 0, 0, 0);
    for (const side of [-1, 1]) {
      part(body, ball(0.034), 0x20283a, side * 0.065, 1.32, -0.185).scale.set(0.8, 1.35, 0.5);
      part(body, capsule(0.05, 0.14).rotateZ(side * 0.9), 0xb7dcfb, side * 0.27, 1.0, -0.03);
    }
    return 0.09;
  },
  fox(body, limbs) {
    const [fur, white, dark] = [0xe2782f, 0xfaf1e6, 0x33262a];
    part(body, capsule(0.17, 0.42).rotateX(Math.PI / 2), fur, 0, 0.56, 0.08);
    part(body, ball(0.14), white, 0, 0.5, -0.2);
    const head = new THREE.Group();
    head.position.set(0, 0.86, -0.36);
    body.add(head);
    part(head, ball(0.17), fur, 0, 0, 0);
    part(head, new THREE.ConeGeometry(0.1, 0.26, 24).rotateX(-Math.PI / 2), white, 0, -0.05, -0.2);
    part(head, ball(0.033), dark, 0, -0.045, -0.33);
    part(body, capsule(0.1, 0.16).rotateX(-0.5), fur, 0, 0.72, -0.27);
    for (const side of [-1, 1]) {
      part(head, new THREE.ConeGeometry(0.07, 0.19, 20), fur, side * 0.1, 0.18, 0.01).rotation.z = -side * 0.18;
      part(head, new THREE.ConeGeometry(0.04, 0.11, 16), dark, side * 0.1, 0.165, -0.035).rotation.z = -side * 0.18;
      part(head, ball(0.024), dark, side * 0.085, 0.035, -0.145);
    }
    const tail = new THREE.Group();
    tail.position.set(0, 0.62, 0.42);
    tail.rotation.x = 0.9;
    part(tail, capsule(0.1, 0.34), fur, 0, 0.24, 0);
    part(tail, ball(0.1), white, 0, 0.46, 0).scale.set(0.95, 1.25, 0.95);
    body.add(tail);
    for (const [side, z, phase] of [[-1, -0.18, 0], [1, -0.18, 0.5], [-1, 0.3, 0.5], [1, 0.3, 0]] as const) {
      const leg = limb(body, limbs, [side * 0.1, 0.48, z], 0.46, 0.055, fur, 0.6, phase);
      part(leg, capsule(0.052, 0.05).rotateX(Math.PI / 2), dark, 0, -0.43, -0.025);
    }
    return 0.03;
  },
};
