/** What kind of device this is, and how many splats it draws fluently. */

export type DeviceClass = "phone" | "software" | "laptop" | "desktop" | "headset";

export interface Device {
  kind: DeviceClass;
  /** Splats a frame may draw. */
  budget: number;
  /** Most device pixels per CSS pixel. */
  pixelRatio: number;
  /** Gaussians are drawn up to this many standard deviations from their centre. */
  maxStdDev: number;
}

const DEVICES: Record<DeviceClass, Omit<Device, "kind">> = {
  headset: { budget: 400_000, pixelRatio: 1, maxStdDev: Math.sqrt(5) },
  phone: { budget: 500_000, pixelRatio: 1.5, maxStdDev: Math.sqrt(6) },
  // A GPU imitated by the processor, as in virtual machines: fill rate is what it lacks.
  software: { budget: 60_000, pixelRatio: 1, maxStdDev: Math.sqrt(6) },
  laptop: { budget: 1_000_000, pixelRatio: 1.5, maxStdDev: Math.sqrt(8) },
  desktop: { budget: 2_500_000, pixelRatio: 2, maxStdDev: Math.sqrt(8) },
};

export function describeDevice(gl: WebGL2RenderingContext): Device {
  const kind = classify(gl);
  return { kind, ...DEVICES[kind] };
}

function classify(gl: WebGL2RenderingContext): DeviceClass {
  const agent = navigator.userAgent;
  if (/OculusBrowser|Quest|Pico|VisionOS/i.test(agent)) return "headset";
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  if (/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name)) return "software";
  const phone = /Android|iPhone|iPad|Mobile/i.test(agent) || (navigator.maxTouchPoints > 1 && matchMedia("(pointer: coarse)").matches);
  if (phone) return "phone";
  return /NVIDIA|GeForce|RTX|Radeon (RX|Pro)|Apple M\d+ (Pro|Max|Ultra)/i.test(name) ? "desktop" : "laptop";
}
