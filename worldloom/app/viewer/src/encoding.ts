/** How splats are kept in the page: in all the colours that an SPZ file can hold, not only those between black and white, to which a view's own light is added and of which a change of colours may make others. */
import type { defines } from "@sparkjsdev/spark";

const REACH = 0.5 * (0.28209479177387814 / 0.15); // SPZ keeps the middle colour as bytes of this to both sides of grey

export const ENCODING: Readonly<defines.SplatEncoding> = { rgbMin: 0.5 - REACH, rgbMax: 0.5 + REACH, lnScaleMin: -12, lnScaleMax: 9, sh1Max: 1, sh2Max: 1, sh3Max: 1, lodOpacity: false };
