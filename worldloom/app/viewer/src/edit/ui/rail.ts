/** The tools, in a column at the left (on narrow pages: a row above the dock). */
import { iconButton, setPressed } from "../../ui/controls";
import { h } from "../../ui/dom";
import type { IconName } from "../../ui/icons";
import type { Editor } from "../editor";
import type { ToolName } from "../settings";
import { keyOf } from "../shortcuts";

const GROUPS: { label: string; tools: [ToolName, IconName, string][] }[] = [
  {
    label: "Select",
    tools: [
      ["pick", "pick", "Click picker"],
      ["rectangle", "rectangle", "Rectangle"],
      ["lasso", "lasso", "Lasso"],
      ["polygon", "polygon", "Polygon"],
      ["brush", "brush", "Brush"],
      ["ball", "ball", "Sphere brush"],
      ["flood", "flood", "Flood"],
      ["eyedropper", "eyedropper", "Eyedropper"],
      ["object", "object", "Connected object"],
      ["box", "box", "Box"],
      ["sphere", "sphere", "Sphere"],
    ],
  },
  {
    label: "Transform",
    tools: [
      ["move", "move", "Move"],
      ["rotate", "rotate", "Rotate"],
      ["scale", "scale", "Scale"],
      ["pivot", "pivot", "Choose the pivot"],
    ],
  },
];

export function toolRail(editor: Editor): HTMLElement {
  const { settings } = editor;
  const buttons: [ToolName, HTMLButtonElement][] = [];
  const button = (name: ToolName, icon: IconName, label: string) => {
    const made = iconButton({ icon, label, key: keyOf(name), class: "tool", onPress: () => editor.setTool(name) });
    buttons.push([name, made]);
    return made;
  };
  const look = iconButton({ icon: "hand", label: "Look around", key: "Esc", class: "tool", onPress: () => editor.setTool("look") });
  const groups = GROUPS.map(({ label, tools }) => h("div", { class: "rail-group", role: "group", "aria-label": label }, ...tools.map((tool) => button(...tool))));
  const sync = () => {
    const { tool } = settings.values;
    setPressed(look, tool === "look");
    for (const [name, made] of buttons) {
      setPressed(made, tool === name);
      made.disabled = !editor.session.editable;
    }
    document.documentElement.dataset.edit = tool;
  };
  settings.changed.listen(sync);
  editor.session.changed.listen(sync);
  sync();
  groups[0].prepend(look);
  return h("div", { class: "rail surface", role: "group", "aria-label": "Editing tools" }, ...groups);
}
