/** Records what the canvas shows as a video, in the best format that the browser can write. */

export interface Recording {
  finish(): Promise<{ video: Blob; extension: string }>;
}

const FORMATS = ["video/mp4;codecs=avc1.640028", "video/mp4", "video/webm;codecs=vp9", "video/webm"];
const FRAMES_PER_SECOND = 30;
const BITS_PER_SECOND = 12_000_000;

export function recordCanvas(canvas: HTMLCanvasElement): Recording {
  const format = typeof MediaRecorder === "undefined" ? undefined : FORMATS.find((type) => MediaRecorder.isTypeSupported(type));
  if (!format || !canvas.captureStream) throw new Error("This browser cannot record video. Open the page in a current Chrome, Edge, Firefox or Safari.");
  const stream = canvas.captureStream(FRAMES_PER_SECOND);
  const recorder = new MediaRecorder(stream, { mimeType: format, videoBitsPerSecond: BITS_PER_SECOND });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.start(1000);
  return {
    finish: () =>
      new Promise((resolve, reject) => {
        recorder.addEventListener("error", () => reject(new Error("The browser stopped recording. Try again with a smaller window.")));
        recorder.addEventListener("stop", () => {
          for (const track of stream.getTracks()) track.stop();
          const type = format.split(";")[0];
          resolve({ video: new Blob(parts, { type }), extension: type === "video/mp4" ? "mp4" : "webm" });
        });
        recorder.stop();
      }),
  };
}
