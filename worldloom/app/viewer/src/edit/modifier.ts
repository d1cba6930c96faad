/** How a part's rows are drawn while it is edited: what is deleted or hidden is not, what is selected is coloured and moves with the gizmo. */
import { dyno, type GsplatModifier } from "@sparkjsdev/spark";
import * as THREE from "three";
import { fillTable, NO_CURVES, type Curves } from "./curves";
import { CLOSED, DEAD, HIDDEN, LOCKED, OTHERS_SHIFT, SELECTED } from "./flags";

const { Dyno, DynoFloat, DynoVec3, DynoVec4, DynoUsampler2D, Gsplat, combineGsplat, dynoBlock, dynoSampler2D, splitGsplat } = dyno;

/** Texels in a row of the state texture. */
export const STATE_WIDTH = 2048;
const MOST_PEOPLE = 16;

/** Numbers of the server's operations `recolour` and `set_opacity`. */
export interface Grade extends Curves {
  exposure: number;
  temperature: number;
  tint: [number, number, number];
  black: number;
  white: number;
  brightness: number;
  contrast: number;
  saturation: number;
  opacity: number;
}

export const NO_GRADE: Readonly<Grade> = { exposure: 0, temperature: 0, tint: [1, 1, 1], black: 0, white: 1, brightness: 0, contrast: 0, saturation: 1, opacity: 1, ...NO_CURVES };

/** Values that curves are tabulated for; beyond them they go straight on. */
const CURVE_STEPS = 512;
const CURVE_LOW = -0.5;
const CURVE_HIGH = 1.5;

const LUMINANCE = [0.2126, 0.7152, 0.0722];
const SRGB = `
vec3 editToLinear(vec3 c) { return mix(c / 12.92, pow((max(c, 0.0) + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
vec3 editToDisplay(vec3 c) { return mix(c * 12.92, 1.055 * pow(max(c, 0.0), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c)); }`;
const CURVED = `
vec3 editCurved(sampler2D curves, vec3 c) {
  vec3 at = (c - float(${CURVE_LOW})) * float(${(CURVE_STEPS - 1) / (CURVE_HIGH - CURVE_LOW)});
  ivec3 left = ivec3(clamp(floor(at), 0.0, float(${CURVE_STEPS - 2})));
  vec3 share = at - vec3(left);
  vec3 low = vec3(texelFetch(curves, ivec2(left.r, 0), 0).r, texelFetch(curves, ivec2(left.g, 0), 0).g, texelFetch(curves, ivec2(left.b, 0), 0).b);
  vec3 high = vec3(texelFetch(curves, ivec2(left.r + 1, 0), 0).r, texelFetch(curves, ivec2(left.g + 1, 0), 0).g, texelFetch(curves, ivec2(left.b + 1, 0), 0).b);
  return mix(low, high, share);
}`;

/** Shared by all parts of a page. */
export class Preview {
  readonly rotation = new DynoVec4({ key: "editRotation", value: new THREE.Quaternion() });
  readonly translation = new DynoVec3({ key: "editTranslation", value: new THREE.Vector3() });
  readonly scale = new DynoFloat({ key: "editScale", value: 1 });
  /** Factors on linear light. */
  readonly gain = new DynoVec3({ key: "editGain", value: new THREE.Vector3(1, 1, 1) });
  /** Black point, factor above it, brightness, contrast's factor. */
  readonly levels = new DynoVec4({ key: "editLevels", value: new THREE.Vector4(0, 1, 0, 1) });
  readonly saturation = new DynoFloat({ key: "editSaturation", value: 1 });
  readonly opacity = new DynoFloat({ key: "editOpacity", value: 1 });
  /** How strongly selected rows are coloured, 0..1. */
  readonly highlight = new DynoFloat({ key: "editHighlight", value: 0.55 });
  readonly palette: THREE.DataTexture;
  readonly curves: THREE.DataTexture;
  private readonly colours = new Float32Array(MOST_PEOPLE * 4);
  private readonly curveTable = new Float32Array(CURVE_STEPS * 4);

  constructor() {
    this.palette = new THREE.DataTexture(this.colours, MOST_PEOPLE, 1, THREE.RGBAFormat, THREE.FloatType);
    this.curves = new THREE.DataTexture(this.curveTable, CURVE_STEPS, 1, THREE.RGBAFormat, THREE.FloatType);
    this.setCurves(NO_CURVES);
  }

  /** One's own colour first, then those of others. */
  setColours(colours: string[]): void {
    colours.slice(0, MOST_PEOPLE).forEach((hex, index) => {
      const { r, g, b } = new THREE.Color(hex).getRGB({ r: 0, g: 0, b: 0 }, THREE.SRGBColorSpace);
      this.colours.set([r, g, b, 1], index * 4);
    });
    this.palette.needsUpdate = true;
  }

  /** A similarity in the world's frame. */
  setMove(matrix: THREE.Matrix4): void {
    const scale = new THREE.Vector3();
    matrix.decompose(this.translation.value, this.rotation.value, scale);
    this.scale.value = (scale.x + scale.y + scale.z) / 3;
  }

  /** As the server will colour the selection, but for rounding. */
  setGrade(grade: Readonly<Grade>): void {
    const warm = [2, 1, 0.5].map((base) => base ** (0.6 * grade.temperature));
    const bright = warm.reduce((sum, value, channel) => sum + value * LUMINANCE[channel], 0);
    this.gain.value.fromArray(warm.map((value, channel) => (value / bright) * grade.tint[channel] * 2 ** grade.exposure));
    this.levels.value.set(grade.black, 1 / (grade.white - grade.black), grade.brightness, 1 + grade.contrast);
    this.saturation.value = grade.saturation;
    this.opacity.value = grade.opacity;
    this.setCurves(grade);
  }

  private setCurves(curves: Readonly<Curves>): void {
    fillTable(this.curveTable, curves, CURVE_LOW, CURVE_HIGH);
    this.curves.needsUpdate = true;
  }
}

export function stateTexture(rows: number): { texture: THREE.DataTexture; flags: Uint8Array<ArrayBuffer> } {
  const height = Math.max(1, Math.ceil(rows / STATE_WIDTH));
  const flags = new Uint8Array(STATE_WIDTH * height);
  const texture = new THREE.DataTexture(flags, STATE_WIDTH, height, THREE.RedIntegerFormat, THREE.UnsignedByteType);
  texture.internalFormat = "R8UI";
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return { texture, flags };
}

/** Works in the world's frame, behind every other modifier. */
export function editModifier(state: THREE.DataTexture, preview: Preview): GsplatModifier {
  const table = new DynoUsampler2D({ key: "editState", value: state });
  const palette = dynoSampler2D(preview.palette, "editPalette");
  const curves = dynoSampler2D(preview.curves, "editCurves");
  return dynoBlock({ gsplat: Gsplat }, { gsplat: Gsplat }, ({ gsplat }) => {
    if (!gsplat) throw new Error("The edit modifier was built without splats.");
    const { index, flags, center, scales, quaternion, rgba } = splitGsplat(gsplat).outputs;
    const { rotation, translation, scale, gain, levels, saturation, opacity, highlight } = preview;
    const drawn = new Dyno({
      inTypes: { index: "int", flags: "uint", center: "vec3", scales: "vec3", quaternion: "vec4", rgba: "vec4", table: "usampler2D", palette: "sampler2D", curves: "sampler2D", rotation: "vec4", translation: "vec3", scale: "float", gain: "vec3", levels: "vec4", saturation: "float", opacity: "float", highlight: "float" },
      outTypes: { flags: "uint", center: "vec3", scales: "vec3", quaternion: "vec4", rgba: "vec4" },
      globals: () => [SRGB, CURVED],
      statements: ({ inputs: i, outputs: o }) => [
        `uint state = texelFetch(${i.table}, ivec2(${i.index} % ${STATE_WIDTH}, ${i.index} / ${STATE_WIDTH}), 0).r;`,
        `uint other = state >> ${OTHERS_SHIFT}u;`,
        `${o.flags} = (state & ${DEAD | HIDDEN}u) != 0u ? 0u : ${i.flags};`,
        `${o.center} = ${i.center};`,
        `${o.scales} = ${i.scales};`,
        `${o.quaternion} = ${i.quaternion};`,
        `${o.rgba} = ${i.rgba};`,
        `if (other != 0u) ${o.rgba}.rgb = mix(${o.rgba}.rgb, texelFetch(${i.palette}, ivec2(int(other), 0), 0).rgb, 0.6 * ${i.highlight});`,
        `if ((state & ${LOCKED}u) != 0u) ${o.rgba}.rgb = mix(${o.rgba}.rgb, vec3(dot(${o.rgba}.rgb, vec3(0.21, 0.25, 0.1))), 0.65);`,
        `if ((state & ${CLOSED | SELECTED}u) == ${SELECTED}u) {`,
        `  vec4 q = ${i.rotation};`,
        `  vec3 p = ${i.center} * ${i.scale};`,
        `  ${o.center} = p + 2.0 * cross(q.xyz, cross(q.xyz, p) + q.w * p) + ${i.translation};`,
        `  ${o.scales} = ${i.scales} * ${i.scale};`,
        `  vec4 r = ${i.quaternion};`,
        `  ${o.quaternion} = vec4(q.w * r.xyz + r.w * q.xyz + cross(q.xyz, r.xyz), q.w * r.w - dot(q.xyz, r.xyz));`,
        `  vec3 rgb = ${i.rgba}.rgb;`,
        `  if (${i.gain} != vec3(1.0)) rgb = editToDisplay(editToLinear(rgb) * ${i.gain});`,
        `  rgb = 0.5 + ((rgb - ${i.levels}.x) * ${i.levels}.y + ${i.levels}.z - 0.5) * ${i.levels}.w;`,
        `  rgb = mix(vec3(dot(rgb, vec3(${LUMINANCE.join(", ")}))), rgb, ${i.saturation});`,
        `  rgb = editCurved(${i.curves}, rgb);`,
        `  ${o.rgba} = vec4(mix(rgb, texelFetch(${i.palette}, ivec2(0, 0), 0).rgb, ${i.highlight}), ${o.rgba}.a * ${i.opacity});`,
        "}",
      ],
    });
    return { gsplat: combineGsplat({ gsplat, ...drawn.apply({ index, flags, center, scales, quaternion, rgba, table, palette, curves, rotation, translation, scale, gain, levels, saturation, opacity, highlight }) }) };
  });
}
