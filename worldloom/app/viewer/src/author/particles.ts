/** Rain, snow, dust, fireflies and leaves around whoever looks: quads that a shader moves and wraps around the eye. */
import * as THREE from "three";
import { toVector } from "../protocol";
import type { ParticleKind, ParticleWeather } from "./records";

interface Look {
  most: number;
  /** Metres. */
  size: [number, number];
  /** Metres per second. */
  fall: number;
  /** Metres to the sides of its way. */
  flutter: number;
  /** Radians per second. */
  spin: number;
  additive?: boolean;
  /** GLSL that sets `colour` (sRGB) and `alpha` from `at` (-1..1), `seed` and `time`. */
  paint: string;
}

const SOFT = "float d = length(at); alpha = smoothstep(1.0, 0.2, d);";
const LOOKS: Record<ParticleKind, Look> = {
  rain: { most: 30_000, size: [0.007, 0.34], fall: 8.5, flutter: 0, spin: 0, paint: "alpha = 0.5 * (1.0 - at.x * at.x) * smoothstep(1.0, 0.3, abs(at.y)); colour = vec3(0.82, 0.88, 0.96);" },
  snow: { most: 32_000, size: [0.028, 0.028], fall: 0.9, flutter: 0.35, spin: 0, paint: `${SOFT} alpha *= 0.9; colour = vec3(0.97, 0.98, 1.0);` },
  dust: { most: 14_000, size: [0.011, 0.011], fall: 0.03, flutter: 0.45, spin: 0, additive: true, paint: `${SOFT} alpha *= 0.35 + 0.3 * sin(time * 0.9 + seed * 40.0); colour = vec3(1.0, 0.92, 0.74);` },
  fireflies: { most: 2200, size: [0.085, 0.085], fall: 0, flutter: 1.3, spin: 0, additive: true, paint: "float d = length(at); float glow = exp(-9.0 * d * d) + 0.9 * exp(-90.0 * d * d); float blink = smoothstep(0.1, 0.9, sin(time * (0.9 + seed) + seed * 80.0)); alpha = glow * blink * smoothstep(1.0, 0.7, d); colour = mix(vec3(0.72, 1.0, 0.32), vec3(1.0, 0.95, 0.6), exp(-60.0 * d * d));" },
  leaves: { most: 3200, size: [0.05, 0.075], fall: 0.85, flutter: 0.7, spin: 2.2, paint: "float w = 0.62 * (1.0 - at.y * at.y) * (1.0 - 0.25 * at.y); float e = abs(at.x) - w; alpha = smoothstep(0.06, -0.06, e); colour = seed < 0.33 ? vec3(0.80, 0.42, 0.12) : seed < 0.66 ? vec3(0.86, 0.66, 0.18) : vec3(0.56, 0.25, 0.12); colour *= 0.78 + 0.3 * fract(seed * 17.0) - 0.25 * smoothstep(0.05, 0.0, abs(at.x));" },
};

const VERTEX = `
attribute vec4 seed;
uniform vec3 eye, wind, extent;
uniform float time, fall, flutter, spin;
uniform vec2 size;
varying vec2 at;
varying float id, shown;
void main() {
  vec3 velocity = wind + vec3(0.0, -fall * (0.75 + 0.5 * seed.w), 0.0);
  float beat = time * (0.5 + 0.7 * seed.w) + seed.x * 43.0;
  vec3 drift = flutter * vec3(sin(beat), 0.45 * sin(beat * 1.3 + seed.y * 9.0), cos(beat * 0.8 + seed.z * 7.0));
  vec3 offset = mod(seed.xyz * extent + velocity * time + drift - eye + 0.5 * extent, extent) - 0.5 * extent;
  vec3 place = eye + offset;
  vec3 along, side;
  if (STREAKS) {
    along = normalize(velocity);
    side = normalize(cross(along, offset));
  } else {
    float turn = spin * time * (0.6 + seed.w) + seed.y * 6.28;
    vec3 right = vec3(viewMatrix[0][0], viewMatrix[1][0], viewMatrix[2][0]);
    vec3 up = vec3(viewMatrix[0][1], viewMatrix[1][1], viewMatrix[2][1]);
    along = up * cos(turn) + right * sin(turn);
    side = right * cos(turn) - up * sin(turn);
    if (spin > 0.0) side *= 0.25 + 0.75 * abs(sin(turn * 1.7 + seed.x * 5.0)); // it tumbles
  }
  at = position.xy;
  id = seed.w;
  vec3 edge = abs(offset) / (0.5 * extent);
  shown = smoothstep(1.0, 0.75, max(edge.x, max(edge.y, edge.z))) * smoothstep(0.25, 0.9, length(offset));
  place += 0.5 * (side * position.x * size.x + along * position.y * size.y) * (0.7 + 0.6 * fract(seed.x * 31.0));
  gl_Position = projectionMatrix * viewMatrix * vec4(place, 1.0);
}`;

const fragment = (paint: string) => `
uniform float time;
varying vec2 at;
varying float id, shown;
void main() {
  float seed = id, alpha = 1.0;
  vec3 colour = vec3(1.0);
  ${paint}
  alpha *= shown;
  if (alpha < 0.01) discard;
  gl_FragColor = vec4(colour, alpha);
}`;

/** After the splats and what hides particles behind walls. */
const ORDER = 11;

export class Particles {
  readonly group = new THREE.Group();
  private mesh: THREE.Mesh<THREE.InstancedBufferGeometry, THREE.ShaderMaterial> | null = null;
  private readonly wall: THREE.Mesh;
  private current: ParticleWeather | null = null;

  /** `share`: how many of the particles this device can draw. */
  constructor(private readonly share: number) {
    this.wall = new THREE.Mesh(new THREE.BufferGeometry(), new THREE.MeshBasicMaterial({ colorWrite: false, transparent: true, side: THREE.DoubleSide }));
    this.wall.renderOrder = ORDER - 1;
    this.wall.frustumCulled = false;
    this.group.add(this.wall);
    this.group.visible = false;
  }

  get weather(): ParticleWeather | null {
    return this.current;
  }

  /** How many are drawn. */
  get count(): number {
    return this.mesh && this.group.visible ? this.mesh.geometry.instanceCount : 0;
  }

  set(weather: ParticleWeather | null): void {
    if (JSON.stringify(weather) === JSON.stringify(this.current)) return;
    this.current = structuredClone(weather);
    this.mesh?.geometry.dispose();
    this.mesh?.material.dispose();
    this.mesh?.removeFromParent();
    this.mesh = null;
    this.group.visible = weather !== null && weather.amount > 0;
    if (!weather || !this.group.visible) return;
    this.mesh = build(weather, this.share);
    this.group.add(this.mesh);
  }

  /** Nothing is seen through these triangles, world frame. */
  setWalls(geometry: THREE.BufferGeometry | null): void {
    this.wall.geometry = geometry ?? new THREE.BufferGeometry();
  }

  step(seconds: number): boolean {
    if (!this.mesh || !this.group.visible) return false;
    this.mesh.material.uniforms.time.value += seconds;
    return true;
  }
}

function build(weather: ParticleWeather, share: number): THREE.Mesh<THREE.InstancedBufferGeometry, THREE.ShaderMaterial> {
  const look = LOOKS[weather.kind];
  const geometry = new THREE.InstancedBufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0]), 3));
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
  const count = Math.max(1, Math.round(look.most * weather.amount * share));
  geometry.instanceCount = count;
  geometry.setAttribute("seed", new THREE.InstancedBufferAttribute(seeds(count), 4));
  const height = Math.min(2 * weather.reach, 16);
  const material = new THREE.ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: fragment(look.paint),
    defines: { STREAKS: String(weather.kind === "rain") },
    uniforms: {
      eye: { value: new THREE.Vector3() },
      wind: { value: toVector(weather.wind) },
      extent: { value: new THREE.Vector3(2 * weather.reach, height, 2 * weather.reach) },
      time: { value: 20 },
      fall: { value: look.fall },
      flutter: { value: look.flutter },
      spin: { value: look.spin },
      size: { value: new THREE.Vector2(...look.size) },
    },
    transparent: true,
    depthWrite: false,
    side: THREE.DoubleSide,
    blending: look.additive ? THREE.AdditiveBlending : THREE.NormalBlending,
  });
  const mesh = new THREE.Mesh(geometry, material);
  mesh.frustumCulled = false;
  mesh.renderOrder = ORDER;
  mesh.onBeforeRender = (_renderer, _scene, camera) => (material.uniforms.eye.value as THREE.Vector3).setFromMatrixPosition(camera.matrixWorld);
  return mesh;
}

/** The same on every page, so that a picture can be taken again. */
function seeds(count: number): Float32Array {
  const values = new Float32Array(count * 4);
  let state = 1;
  for (let index = 0; index < values.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[index] = state / 2 ** 32;
  }
  return values;
}
