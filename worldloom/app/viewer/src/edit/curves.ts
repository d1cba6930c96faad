/** Curves over display colours, as the server's `recolour` reads them: through points without overshooting, and straight on beyond the ends (Fritsch & Carlson 1980, as in SciPy's `PchipInterpolator`). */
export type CurvePoint = [number, number];
/** Two to 32 points (in, out), left to right, in 0..1. */
export type Curve = CurvePoint[];

/** Names of the server's fields; `curve` is of all three, before their own. */
export const CHANNELS = ["curve", "red", "green", "blue"] as const;
export type Channel = (typeof CHANNELS)[number];
/** null: the channel stays as it is. */
export type Curves = Record<Channel, Curve | null>;

export const NO_CURVES: Readonly<Curves> = { curve: null, red: null, green: null, blue: null };

export function curveThrough(points: Readonly<Curve>): (value: number) => number {
  const slopes = slopesAt(points);
  const last = points.length - 1;
  return (value) => {
    if (value <= points[0][0]) return points[0][1] + (value - points[0][0]) * slopes[0];
    if (value >= points[last][0]) return points[last][1] + (value - points[last][0]) * slopes[last];
    const right = points.findIndex(([x]) => x >= value);
    const [[x0, y0], [x1, y1]] = [points[right - 1], points[right]];
    const width = x1 - x0;
    const t = (value - x0) / width;
    const [t2, t3] = [t * t, t * t * t];
    return (2 * t3 - 3 * t2 + 1) * y0 + (t3 - 2 * t2 + t) * width * slopes[right - 1] + (3 * t2 - 2 * t3) * y1 + (t3 - t2) * width * slopes[right];
  };
}

function slopesAt(points: Readonly<Curve>): number[] {
  const widths = points.slice(1).map(([x], index) => x - points[index][0]);
  const rises = points.slice(1).map(([, y], index) => (y - points[index][1]) / widths[index]);
  if (rises.length === 1) return [rises[0], rises[0]];
  const inner = rises.slice(1).map((after, index) => {
    const before = rises[index];
    if (before * after <= 0) return 0; // a peak, a dip or something level
    const [near, far] = [2 * widths[index + 1] + widths[index], widths[index + 1] + 2 * widths[index]];
    return (near + far) / (near / before + far / after);
  });
  const end = rises.length - 1;
  return [endSlope(widths[0], widths[1], rises[0], rises[1]), ...inner, endSlope(widths[end], widths[end - 1], rises[end], rises[end - 1])];
}

/** Of a parabola through three points, unless the curve would turn back there. */
function endSlope(width: number, nextWidth: number, rise: number, nextRise: number): number {
  const slope = ((2 * width + nextWidth) * rise - width * nextRise) / (width + nextWidth);
  if (Math.sign(slope) !== Math.sign(rise)) return 0;
  return Math.sign(rise) !== Math.sign(nextRise) && Math.abs(slope) > 3 * Math.abs(rise) ? 3 * rise : slope;
}

/** All channels at `count` values from `low` to `high`, four numbers a value, as a texture has them. */
export function fillTable(table: Float32Array, curves: Readonly<Curves>, low: number, high: number): void {
  const count = table.length / 4;
  const all = curves.curve && curveThrough(curves.curve);
  ([curves.red, curves.green, curves.blue] as const).forEach((own, channel) => {
    const after = own && curveThrough(own);
    for (let step = 0; step < count; step += 1) {
      const value = low + ((high - low) * step) / (count - 1);
      const first = all ? all(value) : value;
      table[step * 4 + channel] = after ? after(first) : first;
    }
  });
}
