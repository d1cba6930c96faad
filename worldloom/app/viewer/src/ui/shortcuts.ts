/** Single keys for what the buttons do. */
import { takesKeys } from "../navigation/keyboard";

export type Shortcuts = Record<string, () => void>;

export function installShortcuts(shortcuts: Shortcuts): void {
  addEventListener("keydown", (event) => {
    const typing = takesKeys(event.target) && event.key !== "Escape";
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const inDialog = event.target instanceof HTMLElement && event.target.closest("dialog") !== null;
    if (inDialog && event.key !== "?") return;
    // Enter on a button presses the button.
    if (event.key === "Enter" && event.target instanceof HTMLElement && event.target.closest("button, a")) return;
    const action = shortcuts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
