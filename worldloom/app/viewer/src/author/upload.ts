/** Sending a sound or a video to the server. */
import { upload } from "../api";
import type { Medium } from "./records";

const FORMATS: Record<string, { kind: Medium["kind"]; format: Medium["format"] }> = {
  mp3: { kind: "audio", format: "mp3" },
  ogg: { kind: "audio", format: "ogg" },
  oga: { kind: "audio", format: "ogg" },
  opus: { kind: "audio", format: "ogg" },
  wav: { kind: "audio", format: "wav" },
  m4a: { kind: "audio", format: "m4a" },
  mp4: { kind: "video", format: "mp4" },
  webm: { kind: "video", format: "webm" },
};
export const ACCEPTED = Object.keys(FORMATS)
  .map((ending) => `.${ending}`)
  .join(",");

export interface Sent {
  kind: Medium["kind"];
  format: Medium["format"];
  blob: string;
}

export async function sendMedium(world: string, file: File): Promise<Sent> {
  const found = FORMATS[file.name.split(".").pop()?.toLowerCase() ?? ""];
  if (!found) throw new Error("Choose an MP3, Ogg, WAV, M4A, MP4 or WebM file.");
  return { ...found, blob: await upload(world, file, file.name) };
}

/** Width over height of a film; of what can't be looked at, the usual. */
export function aspectOf(file: File): Promise<number> {
  return new Promise((resolve) => {
    const video = document.createElement("video");
    const done = (aspect: number) => {
      URL.revokeObjectURL(video.src);
      resolve(aspect);
    };
    video.addEventListener("loadedmetadata", () => done(video.videoWidth / video.videoHeight || 16 / 9));
    video.addEventListener("error", () => done(16 / 9));
    video.src = URL.createObjectURL(file);
  });
}
