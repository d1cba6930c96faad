/** Putting things into the world: files, other worlds, text, solids, lamps, and many copies of what is selected. */
import * as THREE from "three";
import { fetchWorlds, upload, type LibraryWorld } from "../../api";
import { choiceField, textField } from "../../author/fields";
import { fromQuaternion, fromVector, type Quadruple, type Triple } from "../../protocol";
import { textButton } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { PanelContent } from "../../ui/panels";
import type { Editor } from "../editor";
import { select, type Operation } from "../operations";
import { numberField, type NumberField } from "./fields";

const KINDS = { file: "A file", world: "Another world", text: "Text", solid: "A solid", lamp: "A lamp", scatter: "Scattered copies" } as const;
const SOLIDS = ["box", "sphere", "cylinder", "cone", "torus", "plane", "stairs"] as const;
const ACCEPTED = ".ply,.spz,.splat,.usd,.usda,.usdc,.usdz,.glb,.gltf,.obj,.stl,.zip";
const UP = new THREE.Vector3(0, 1, 0);
const AHEAD = 3; // metres from the eye, where nothing is in the middle of the picture

type Kind = keyof typeof KINDS;

interface Form {
  fields: HTMLElement[];
  /** It has been chosen. */
  shown?(): void;
  /** What to send, or a sentence that says what is missing. */
  operation(): Promise<Operation | string>;
}

export function insertPanel(editor: Editor): PanelContent {
  const { app, probe } = editor;
  let kind: Kind = "file";
  let place: Triple | null = null;

  /** Standing on the clicked place, else on what is in the middle of the picture, its front towards the eye. */
  const placement = (scale = 1): { on: Triple; rotation: Quadruple; scale: number } => ({
    on: place ?? fromVector(app.surfaceAt(0.5, 0.5)?.point ?? app.view.position.clone().addScaledVector(app.view.forward, AHEAD)),
    rotation: fromQuaternion(new THREE.Quaternion().setFromAxisAngle(UP, app.view.heading)),
    scale,
  });
  const forms: Record<Kind, Form> = { file: fileForm(editor, placement), world: worldForm(editor, placement), text: textForm(placement), solid: solidForm(placement), lamp: lampForm(placement), scatter: scatterForm(editor) };

  const where = h("p", { class: "muted" });
  const choose = textButton("Choose the place", () =>
    probe.ask({
      hints: ["Click where it should stand"],
      answer: ([point]) => {
        place = point;
        render();
      },
    }),
  "pivot");
  const middle = textButton("In the middle of the picture", () => {
    place = null;
    probe.clear();
    render();
  });
  const insert = textButton("Insert", () => void perform(), "check");
  insert.classList.add("strong");
  const fields = h("div", { class: "stack" });
  const placing = h("div", { class: "stack" }, where, h("div", { class: "actions" }, choose, middle));

  async function perform(): Promise<void> {
    insert.disabled = true;
    await app.attempt(async () => {
      const operation = await forms[kind].operation();
      if (typeof operation === "string") return editor.say(operation);
      const before = new Set([...editor.parts].map(({ key }) => key));
      const done = await editor.send(operation);
      if (!done) return;
      place = null;
      probe.clear();
      const made = [...editor.parts].map(({ key }) => key).filter((key) => !before.has(key));
      if (made.length === 0) return;
      await editor.send(select({ by: "layer", names: made }, "set"));
      if (editor.values.tool !== "move") editor.setTool("move");
    });
    insert.disabled = !editor.session.editable;
    render();
  }

  /** Who came by a link has no other worlds to choose from. */
  function offer(): void {
    const world = kinds.querySelector<HTMLOptionElement>('option[value="world"]');
    if (world) world.hidden = world.disabled = editor.session.guest;
  }

  function render(): void {
    fields.replaceChildren(...forms[kind].fields);
    placing.hidden = kind === "scatter";
    where.textContent = place ? `It will stand at ${place.map((value) => value.toFixed(2)).join(", ")} m.` : "It will stand in the middle of the picture.";
    middle.hidden = place === null;
    insert.disabled = !editor.session.editable;
  }

  const kinds = choiceField("What", kind, Object.entries(KINDS) as [Kind, string][], (next) => {
    kind = next;
    forms[kind].shown?.();
    render();
  });
  return {
    title: "Insert",
    body: h("div", { class: "stack" }, kinds, fields, placing, h("div", { class: "actions" }, insert)),
    opened: () => {
      offer();
      render();
    },
    closed: () => {
      place = null;
      probe.cancel();
      probe.clear();
    },
  };
}

type Placing = (scale?: number) => Record<string, unknown>;

/** A number that is kept until it is used. */
function kept(label: string, unit: string, value: number, step: number, least: number): { field: NumberField; value: number } {
  const held = { value, field: numberField({ label, unit, value, step, least, onChange: (next) => (held.value = next) }) };
  return held;
}

function colourField(value: string): { element: HTMLElement; srgb(): Triple } {
  const input = h("input", { type: "color", class: "colour-field", value, "aria-label": "Colour" });
  return {
    element: h("label", { class: "author-field" }, h("span", {}, "Colour"), input),
    srgb: () => [1, 3, 5].map((at) => parseInt(input.value.slice(at, at + 2), 16) / 255) as Triple,
  };
}

const row = (...fields: { field: NumberField }[]) => h("div", { class: "field-row" }, ...fields.map(({ field }) => field.element));

function fileForm(editor: Editor, placement: Placing): Form {
  const file = h("input", { type: "file", class: "text-field", accept: ACCEPTED, "aria-label": "File" });
  const scale = kept("Size", "×", 1, 0.1, 0.001);
  const budget = kept("Most Gaussians of a mesh", "", 50_000, 10_000, 100);
  return {
    fields: [file, row(scale), row(budget), h("p", { class: "muted" }, "Splats (PLY, SPZ, .splat, glTF, USD) or a mesh (GLB, OBJ, STL, PLY), which is covered with Gaussians; a zip of it with its textures.")],
    async operation() {
      const chosen = file.files?.[0];
      if (!chosen) return "Choose a file first.";
      return { op: "insert_file", blob: await upload(editor.app.world.id, chosen, chosen.name), name: chosen.name, budget: Math.round(budget.value), place: placement(scale.value) };
    },
  };
}

function worldForm(editor: Editor, placement: Placing): Form {
  const list = h("select", { class: "text-field", "aria-label": "World" });
  const scale = kept("Size", "×", 1, 0.1, 0.001);
  let worlds: LibraryWorld[] = [];
  const load = async () => {
    worlds = (await fetchWorlds()).filter(({ id }) => id !== editor.app.world.id);
    list.replaceChildren(...worlds.map(({ id, name }) => h("option", { value: id }, name)));
  };
  return {
    fields: [list, row(scale)],
    shown: () => void editor.app.attempt(load),
    operation: async () => {
      const world = worlds.find(({ id }) => id === list.value);
      return world ? { op: "insert_world", world: world.id, version: world.head, place: placement(scale.value) } : "There is no other world in the library.";
    },
  };
}

function textForm(placement: Placing): Form {
  const text = h("textarea", { class: "text-field", rows: 2, maxlength: 500, "aria-label": "Text", placeholder: "Text" });
  const size = kept("Height", "m", 0.5, 0.1, 0.01);
  const depth = kept("Depth", "m", 0.1, 0.02, 0.005);
  const colour = colourField("#f2efe6");
  return {
    fields: [text, row(size, depth), colour.element],
    operation: async () => (text.value.trim() ? { op: "insert_text", text: text.value.trim(), size: size.value, depth: depth.value, colour: colour.srgb(), place: placement() } : "Write the text first."),
  };
}

function solidForm(placement: Placing): Form {
  let shape: (typeof SOLIDS)[number] = "box";
  const edges = ["W", "H", "D"].map((label) => kept(label, "m", 1, 0.1, 0.01));
  const colour = colourField("#c8c2b8");
  const shapes = choiceField("Shape", shape, SOLIDS.map((name) => [name, `${name[0].toUpperCase()}${name.slice(1)}`] as const), (next) => (shape = next));
  return { fields: [shapes, row(...edges), colour.element], operation: async () => ({ op: "insert_solid", shape, size: edges.map(({ value }) => value), colour: colour.srgb(), place: placement() }) };
}

function lampForm(placement: Placing): Form {
  const strength = kept("Strength", "", 2, 0.5, 0.1);
  const reach = kept("Reach", "m", 6, 1, 0.1);
  const colour = colourField("#ffdb9e");
  return { fields: [row(strength, reach), colour.element], operation: async () => ({ op: "insert_light", colour: colour.srgb(), strength: strength.value, reach: reach.value, place: placement() }) };
}

/** Over the layer that is chosen: what is selected can't be both what is scattered and the ground for it. */
function scatterForm(editor: Editor): Form {
  const ground = h("select", { class: "text-field", "aria-label": "Over which layer" });
  const density = kept("Each m²", "", 0.1, 0.05, 0.001);
  const most = kept("At most", "", 100, 10, 1);
  const list = () => {
    const chosen = ground.value;
    ground.replaceChildren(...[...editor.parts].filter(({ facts }) => facts.kind !== "sky").map(({ key, facts }) => h("option", { value: key, selected: key === chosen }, facts.name)));
  };
  editor.parts.listed.listen(list);
  list();
  const seed = textField("Chance", "0", () => {}, "A number");
  return {
    fields: [h("p", { class: "muted" }, "Copies of what is selected stand on the layer, each turned and sized by chance."), ground, row(density, most), seed],
    operation: async () => {
      if (editor.selected === 0) return "Select the thing first of which you want copies.";
      if (!ground.value) return "There is no layer to put them on.";
      const chance = Number(seed.querySelector("input")?.value);
      return { op: "scatter", over: { by: "layer", names: [ground.value] }, density: density.value, most: Math.round(most.value), seed: Number.isInteger(chance) && chance >= 0 ? chance : 0 };
    },
  };
}
