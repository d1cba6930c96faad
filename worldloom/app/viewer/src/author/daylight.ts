/** The light of another hour, laid over the picture: what was made at noon, as it might look at dusk. */
import * as THREE from "three";

/** Hour, and sRGB by which what noon shows is multiplied. */
const HOURS: [number, number, number, number][] = [
  [0, 0.2, 0.25, 0.44],
  [4.5, 0.24, 0.29, 0.48],
  [6.3, 0.98, 0.72, 0.58],
  [8.5, 1, 0.95, 0.88],
  [12, 1, 1, 1],
  [16, 1, 0.97, 0.9],
  [18.4, 1, 0.68, 0.46],
  [20, 0.42, 0.4, 0.58],
  [21.5, 0.2, 0.25, 0.44],
  [24, 0.2, 0.25, 0.44],
];
const CHANGE = 1.5; // seconds
const NOON = 12;

export function tintAt(hour: number): THREE.Vector3 {
  const next = HOURS.findIndex(([from]) => from > hour);
  const [start, ...before] = HOURS[next - 1];
  const [end, ...after] = HOURS[next];
  return new THREE.Vector3(...before).lerp(new THREE.Vector3(...after), (hour - start) / (end - start));
}

export class Daylight {
  readonly mesh: THREE.Mesh<THREE.PlaneGeometry, THREE.ShaderMaterial>;
  private readonly tint = new THREE.Vector3(1, 1, 1);
  private readonly goal = new THREE.Vector3(1, 1, 1);

  constructor() {
    const material = new THREE.ShaderMaterial({
      vertexShader: "void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }",
      fragmentShader: "uniform vec3 tint; void main() { gl_FragColor = vec4(tint, 1.0); }",
      uniforms: { tint: { value: this.tint } },
      transparent: true,
      depthTest: false,
      depthWrite: false,
      blending: THREE.CustomBlending,
      blendSrc: THREE.DstColorFactor,
      blendDst: THREE.ZeroFactor,
      blendSrcAlpha: THREE.ZeroFactor,
      blendDstAlpha: THREE.OneFactor,
    });
    this.mesh = new THREE.Mesh(new THREE.PlaneGeometry(2, 2), material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 9; // after the splats, before what falls and glows
    this.mesh.visible = false;
  }

  /** `made`: the hour that the world shows by itself. null: that one again. */
  set(hour: number | null, made: number | null): void {
    if (hour === null) this.goal.set(1, 1, 1);
    else this.goal.copy(tintAt(hour)).divide(tintAt(made ?? NOON)).clampScalar(0, 1);
    this.mesh.visible = true;
  }

  get colour(): number[] {
    return this.tint.toArray();
  }

  step(seconds: number): boolean {
    const gap = this.tint.distanceTo(this.goal);
    if (gap === 0) {
      this.mesh.visible = this.tint.x + this.tint.y + this.tint.z < 3;
      return false;
    }
    if (gap < 0.004) this.tint.copy(this.goal);
    else this.tint.lerp(this.goal, 1 - Math.exp((-3 * seconds) / CHANGE));
    return true;
  }
}
