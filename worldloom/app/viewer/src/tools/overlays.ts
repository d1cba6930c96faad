/** Views that recolour every splat: depth, normals, ellipses, and how many photos see it. */
import { dyno, type GsplatModifier } from "@sparkjsdev/spark";
import * as THREE from "three";
import type { Engine } from "../engine";
import { toQuaternion, type Capture, type Environment } from "../protocol";
import type { World } from "../world";

export const OVERLAYS = ["none", "depth", "normal", "ellipse", "coverage"] as const;
export type Overlay = (typeof OVERLAYS)[number];

export interface Legend {
  /** CSS colours, evenly spaced. */
  colours: string[];
  labels: string[];
  note?: string;
}

const MOST_CAPTURES = 128; // every splat asks every photo
const NEAR_DETAIL = 0.6; // below 1, what is near gets more of the depth's colours
export const COVERAGE_COLOURS = ["#6b1d3f", "#c8452f", "#ec9a2c", "#e4d84a", "#6fc46a", "#2a9d8f"];

const TURBO = `
vec3 worldloomTurbo(float t) {
  t = clamp(t, 0.0, 1.0);
  vec4 v = vec4(1.0, t, t * t, t * t * t);
  vec2 w = v.zw * v.z;
  return clamp(vec3(
    dot(v, vec4(0.13572138, 4.61539260, -42.66032258, 132.13108234)) + dot(w, vec2(-152.94239396, 59.28637943)),
    dot(v, vec4(0.09140261, 2.19418839, 4.84296658, -14.18503333)) + dot(w, vec2(4.27729857, 2.82956604)),
    dot(v, vec4(0.10667330, 12.64194608, -60.58204836, 110.36276771)) + dot(w, vec2(-89.90310912, 27.34824973))), 0.0, 1.0);
}`;

const { Dyno, DynoFloat, DynoInt, DynoVec3, Gsplat, combineGsplat, dynoBlock, dynoSampler2D, gsplatNormal, splitGsplat } = dyno;

export class Overlays {
  private overlay: Overlay = "none";
  private readonly eye = new THREE.Vector3();

  constructor(
    private readonly engine: Engine,
    private readonly world: World,
  ) {}

  get current(): Overlay {
    return this.overlay;
  }

  set(overlay: Overlay): void {
    this.overlay = overlay;
    const { spark, device } = this.engine;
    spark.falloff = overlay === "ellipse" ? 0 : 1;
    spark.maxStdDev = overlay === "ellipse" ? 1 : device.maxStdDev;
    const { environment, captures = [] } = this.world.description ?? {};
    const fog = overlay === "none" && environment ? environment.fog_density > 0 : false;
    const modifiers: Record<Overlay, () => GsplatModifier | null> = {
      none: () => (fog && environment ? this.fog(environment) : null),
      depth: () => this.depth(),
      normal: () => this.normal(),
      ellipse: () => this.ellipse(),
      coverage: () => coverage(captures, this.range),
    };
    this.world.layers.setModifier(modifiers[overlay](), overlay === "depth" || overlay === "normal" || fog);
  }

  legend(): Legend | null {
    switch (this.overlay) {
      case "none":
        return null;
      case "depth":
        return { colours: ["#30123b", "#4686fb", "#1ae4b6", "#a4fc3c", "#fbb938", "#e3440a", "#7a0403"], labels: ["0 m", `${this.range.toFixed(0)} m`], note: "Distance from the camera" };
      case "normal":
        return { colours: ["#ff8080", "#80ff80", "#8080ff"], labels: ["X", "Y up", "Z"], note: "Direction that surfaces face" };
      case "ellipse":
        return { colours: [], labels: [], note: "Each splat as an ellipse of one standard deviation" };
      case "coverage": {
        const count = this.world.description?.captures.length ?? 0;
        if (count === 0) return { colours: [], labels: [], note: "This world keeps no photo cameras, so nothing is known of its coverage" };
        return { colours: COVERAGE_COLOURS, labels: ["0", "1", "2", "3", "4", "5+"], note: `Photos that have it in view, of ${count}` };
      }
    }
  }

  /** Size of the world, metres. */
  private get range(): number {
    return Math.max(2, this.world.bounds.getSize(new THREE.Vector3()).length());
  }

  private eyeUniform() {
    return new DynoVec3({ key: "worldloomEye", value: this.eye, update: (value) => this.engine.camera.getWorldPosition(value) });
  }

  private depth(): GsplatModifier {
    const eye = this.eyeUniform();
    const range = new DynoFloat({ value: this.range });
    return recolour((gsplat) => {
      const { center } = splitGsplat(gsplat).outputs;
      const colour = new Dyno({
        inTypes: { center: "vec3", eye: "vec3", range: "float" },
        outTypes: { rgb: "vec3" },
        globals: () => [TURBO],
        statements: ({ inputs, outputs }) => [
          `${outputs.rgb} = worldloomTurbo(pow(distance(${inputs.center}, ${inputs.eye}) / ${inputs.range}, ${NEAR_DETAIL}));`,
        ],
      });
      return colour.apply({ center, eye, range }).rgb;
    });
  }

  private normal(): GsplatModifier {
    const eye = this.eyeUniform();
    return recolour((gsplat) => {
      const { center } = splitGsplat(gsplat).outputs;
      const colour = new Dyno({
        inTypes: { center: "vec3", normal: "vec3", eye: "vec3" },
        outTypes: { rgb: "vec3" },
        statements: ({ inputs, outputs }) => [
          `${outputs.rgb} = 0.5 + 0.5 * ${inputs.normal} * (dot(${inputs.normal}, ${inputs.eye} - ${inputs.center}) < 0.0 ? -1.0 : 1.0);`,
        ],
      });
      return colour.apply({ center, eye, normal: gsplatNormal(gsplat) }).rgb;
    });
  }

  /** Solid ellipses, each a little lighter or darker than the next so that they can be told apart. */
  private ellipse(): GsplatModifier {
    return dynoBlock({ gsplat: Gsplat }, { gsplat: Gsplat }, ({ gsplat }) => {
      if (!gsplat) throw new Error("An overlay was built without splats.");
      const { rgba, index } = splitGsplat(gsplat).outputs;
      const colour = new Dyno({
        inTypes: { rgba: "vec4", index: "int" },
        outTypes: { rgba: "vec4" },
        statements: ({ inputs, outputs }) => [
          `float shade = 0.7 + 0.5 * fract(sin(float(${inputs.index}) * 12.9898) * 43758.5453);`,
          `${outputs.rgba} = vec4(${inputs.rgba}.rgb * shade, ${inputs.rgba}.a < 0.1 ? 0.0 : 1.0);`,
        ],
      });
      return { gsplat: combineGsplat({ gsplat, rgba: colour.apply({ rgba, index }).rgba }) };
    });
  }

  private fog(environment: Environment): GsplatModifier {
    const eye = this.eyeUniform();
    const haze = new DynoVec3({ value: new THREE.Vector3(...environment.background) });
    const density = new DynoFloat({ value: environment.fog_density });
    return recolour((gsplat) => {
      const { center, rgb } = splitGsplat(gsplat).outputs;
      const colour = new Dyno({
        inTypes: { center: "vec3", rgb: "vec3", eye: "vec3", haze: "vec3", density: "float" },
        outTypes: { rgb: "vec3" },
        statements: ({ inputs, outputs }) => [
          `${outputs.rgb} = mix(${inputs.haze}, ${inputs.rgb}, exp(-${inputs.density} * distance(${inputs.center}, ${inputs.eye})));`,
        ],
      });
      return colour.apply({ center, rgb, eye, haze, density }).rgb;
    });
  }
}

type Splat = Parameters<typeof splitGsplat>[0];
type Colour = NonNullable<Parameters<typeof combineGsplat>[0]["rgb"]>;

function recolour(colourOf: (gsplat: Splat) => Colour): GsplatModifier {
  return dynoBlock({ gsplat: Gsplat }, { gsplat: Gsplat }, ({ gsplat }) => {
    if (!gsplat) throw new Error("An overlay was built without splats.");
    return { gsplat: combineGsplat({ gsplat, rgb: colourOf(gsplat) }) };
  });
}

/** Colours a splat by how many photos have it in their picture; what stands in front of it is not asked. */
function coverage(captures: Capture[], range: number): GsplatModifier {
  const step = Math.max(1, captures.length / MOST_CAPTURES);
  const chosen = Array.from({ length: Math.min(captures.length, MOST_CAPTURES) }, (_, index) => captures[Math.floor(index * step)]);
  const table = dynoSampler2D(captureTable(chosen), "worldloomCaptures");
  const count = new DynoInt({ value: chosen.length });
  const far = new DynoFloat({ value: range });
  const colours = COVERAGE_COLOURS.map((hex) => new THREE.Color(hex).getRGB({ r: 0, g: 0, b: 0 }, THREE.SRGBColorSpace));
  return recolour((gsplat) => {
    const { center } = splitGsplat(gsplat).outputs;
    const colour = new Dyno({
      inTypes: { center: "vec3", table: "sampler2D", count: "int", far: "float" },
      outTypes: { rgb: "vec3" },
      statements: ({ inputs, outputs }) => [
        "int seen = 0;",
        `for (int i = 0; i < ${inputs.count}; ++i) {`,
        `  vec4 place = texelFetch(${inputs.table}, ivec2(0, i), 0);`,
        `  vec4 turn = texelFetch(${inputs.table}, ivec2(1, i), 0);`,
        `  float aspect = texelFetch(${inputs.table}, ivec2(2, i), 0).x;`,
        `  vec3 offset = ${inputs.center} - place.xyz;`,
        "  vec3 ray = offset + 2.0 * cross(cross(offset, turn.xyz) + turn.w * offset, turn.xyz);",
        "  float depth = -ray.z;",
        `  if (depth > 0.05 && depth < ${inputs.far} && abs(ray.y) < depth * place.w && abs(ray.x) < depth * place.w * aspect) seen += 1;`,
        "}",
        ...colours.map(({ r, g, b }, index) => `${index ? "else " : ""}${index < colours.length - 1 ? `if (seen == ${index}) ` : ""}${outputs.rgb} = vec3(${[r, g, b].map((value) => value.toFixed(4)).join(", ")});`),
      ],
    });
    return colour.apply({ center, table, count, far }).rgb;
  });
}

/** One row a photo: position and tangent of half its field of view; rotation; aspect. */
function captureTable(captures: Capture[]): THREE.DataTexture {
  const data = new Float32Array(Math.max(1, captures.length) * 12);
  captures.forEach((capture, row) => {
    const rotation = toQuaternion(capture.rotation);
    const half = Math.tan(THREE.MathUtils.degToRad(capture.vertical_fov / 2));
    data.set([...capture.position, half, rotation.x, rotation.y, rotation.z, rotation.w, capture.aspect, 0, 0, 0], row * 12);
  });
  const texture = new THREE.DataTexture(data, 3, Math.max(1, captures.length), THREE.RGBAFormat, THREE.FloatType);
  texture.needsUpdate = true;
  return texture;
}
