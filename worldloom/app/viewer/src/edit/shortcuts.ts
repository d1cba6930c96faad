/** The keys of editing, as `keys.json` lists them; they come before the viewer's own while an editor is open. */
import { takesKeys, takesText } from "../navigation/keyboard";
import keyGroups from "../ui/keys.json";

export type Actions = Record<string, () => unknown>;

const NAMES: Record<string, string> = { Delete: "Del", Escape: "Esc" };

interface Entry {
  keys: string;
  what: string;
  action?: string;
}

const ENTRIES: Entry[] = keyGroups.flatMap((group) => ("editing" in group ? (group.keys as Entry[]) : []));

/** What the help calls the key of an action. */
export function keyOf(action: string): string | undefined {
  return ENTRIES.find((entry) => entry.action === action)?.keys;
}

/** Returns how to take the keys away again. */
export function installEditKeys(actions: Actions): () => void {
  const byKeys = new Map(ENTRIES.flatMap(({ keys, action }) => (action && actions[action] ? [[keys, actions[action]] as const] : [])));
  const listen = (event: KeyboardEvent) => {
    const isTaken = event.ctrlKey || event.metaKey ? takesText : takesKeys; // undo goes on from a histogram or a curve
    if (isTaken(event.target) || event.altKey) return;
    const element = event.target instanceof HTMLElement ? event.target : null;
    if (element?.closest("dialog") || (event.key === "Enter" && element?.closest("button, a"))) return;
    const action = byKeys.get(nameOf(event));
    if (!action || (event.repeat && !["[", "]"].includes(event.key))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    action();
  };
  addEventListener("keydown", listen, { capture: true });
  return () => removeEventListener("keydown", listen, { capture: true });
}

/** As `keys.json` writes it: Shift only with letters, since it is part of other signs. */
function nameOf(event: KeyboardEvent): string {
  const key = NAMES[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  const letter = /^[A-Z]$/.test(key);
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey && letter ? "Shift+" : ""}${key}`;
}
