/** Giving what is selected the colours of a picture or of a layer. */
import { upload } from "../../api";
import { Slider, textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { Editor } from "../editor";
import { choice } from "./fields";

type Method = "spread" | "curves";

const METHODS: Record<Method, string> = { spread: "As a whole", curves: "Tone by tone" };
const WHAT: Record<Method, string> = { spread: "Its middle colours and how far they spread.", curves: "Its dark, middle and light tones, each for itself." };
const LONGEST = 512; // pixels: the server looks at pictures no larger
const A_PICTURE = "";

interface Picture {
  name: string;
  canvas: HTMLCanvasElement;
  /** Its blob at the server, when it is there. */
  blob: string | null;
}

export interface MatchColours {
  element: HTMLElement;
  /** After what can be matched, or to what, has changed. */
  sync(): void;
}

export function matchColours(editor: Editor): MatchColours {
  let method: Method = "spread";
  let strength = 1;
  let picture: Picture | null = null;
  let busy = false;

  const source = h("select", { class: "text-field", "aria-label": "Colours of", onchange: () => sync() });
  const input = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    "aria-label": "Picture whose colours to take",
    onchange: () => {
      const [file] = input.files ?? [];
      input.value = ""; // so that the same one can be chosen again
      if (file) void take(file);
    },
  });
  const chooseText = h("span", {}, "");
  const choose = h("button", { type: "button", class: "picture-choice", onclick: () => input.click() }, chooseText);
  choose.addEventListener("dragover", (event) => {
    event.preventDefault();
    choose.classList.add("over");
  });
  choose.addEventListener("dragleave", () => choose.classList.remove("over"));
  choose.addEventListener("drop", (event) => {
    event.preventDefault();
    choose.classList.remove("over");
    const [file] = event.dataTransfer?.files ?? [];
    if (file) void take(file);
  });
  const what = h("p", { class: "muted" });
  const methods = choice<Method>("Match", METHODS, method, (value) => {
    method = value;
    sync();
  });
  const slider = new Slider({ label: "Strength", min: 0, max: 1, step: 0.05, value: strength, format: (value) => `${Math.round(value * 100)} %`, onInput: (value) => (strength = value) });
  const match = textButton("Match", () => void apply(), "check");
  match.classList.add("strong");

  const take = (file: File) =>
    editor.app.attempt(async () => {
      picture = { name: file.name, canvas: await shrunk(file), blob: null };
      sync();
    });

  async function apply(): Promise<void> {
    busy = true;
    sync();
    await editor.app.attempt(async () => {
      if (source.value !== A_PICTURE) {
        await editor.send({ op: "match_colours", to: { by: "layer", names: [source.value] }, method, strength });
      } else if (picture) {
        picture.blob ??= await upload(editor.app.world.id, await pngOf(picture.canvas), "colours.png");
        await editor.send({ op: "match_colours", picture: picture.blob, method, strength });
      }
    });
    busy = false;
    sync();
  }

  function sync(): void {
    const layers = [...editor.parts].map((part) => h("option", { value: part.key }, `Layer ${part.name}`));
    const wanted = source.value;
    source.replaceChildren(h("option", { value: A_PICTURE }, "A picture"), ...layers);
    source.value = layers.some((option) => option.value === wanted) ? wanted : A_PICTURE;
    const ofPicture = source.value === A_PICTURE;
    choose.hidden = !ofPicture;
    choose.replaceChildren(...(picture ? [picture.canvas] : []), chooseText);
    chooseText.textContent = picture ? picture.name : "Choose a picture, or drop one here";
    what.textContent = WHAT[method];
    match.disabled = busy || editor.selected === 0 || !editor.session.editable || (ofPicture && !picture);
  }

  sync();
  return { element: h("div", { class: "stack" }, source, choose, input, methods.element, what, slider.element, h("div", { class: "actions panel-foot" }, match)), sync };
}

/** Any picture that the browser can show, on a canvas in sRGB. */
async function shrunk(file: File): Promise<HTMLCanvasElement> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} can't be read as a picture. Choose a PNG, JPEG or WebP file.`);
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = h("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)), role: "img", "aria-label": file.name });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser can't draw the picture. Reload the page and try again.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be encoded. Choose another one."))), "image/png"));
}
