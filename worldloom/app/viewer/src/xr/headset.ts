/** What a headset can draw fluently. */
export interface Headset {
  /** Splats per frame: to begin with, and the least and most that the frame rate may lead to. */
  start: number;
  least: number;
  most: number;
  /** Of the resolution that the headset recommends, per axis. Splats are bound by the pixels they cover. */
  scale: number;
}

const OTHER: Headset = { start: 500_000, least: 150_000, most: 500_000, scale: 0.7 };
const QUEST_3: Headset = { start: 500_000, least: 200_000, most: 1_000_000, scale: 0.8 };
const QUEST_2: Headset = { start: 300_000, least: 150_000, most: 500_000, scale: 0.6 };
const VISION_PRO: Headset = { start: 500_000, least: 200_000, most: 1_000_000, scale: 0.7 };

/** The headset by the browser's name for itself or, where that tells nothing, by its controllers' profiles. */
export function headsetOf(userAgent: string, profiles: readonly string[] = []): Headset {
  if (/Quest 3/.test(userAgent)) return QUEST_3;
  if (/Quest( 1| 2)?[;)]/.test(userAgent)) return QUEST_2;
  if (/Quest/.test(userAgent)) return OTHER;
  if (isVisionPro(userAgent)) return VISION_PRO;
  if (profiles.includes("meta-quest-touch-plus")) return QUEST_3;
  if (profiles.includes("oculus-touch-v2") || profiles.includes("oculus-touch-v3")) return QUEST_2;
  return OTHER;
}

/** It calls itself a Mac or an iPad, but of Apple's devices no other has WebXR. */
function isVisionPro(userAgent: string): boolean {
  return /Macintosh|iPad|Vision/.test(userAgent) && /Safari/.test(userAgent) && !/Chrome|Chromium|Firefox/.test(userAgent);
}
