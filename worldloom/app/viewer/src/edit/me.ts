/** Who edits on this page, remembered by the browser. */
import type { Person } from "./messages";

const KEY = "worldloom.person";
const COLOURS = ["#4cc2ff", "#ff6b9d", "#8ddf5a", "#b89bff", "#ffd84c", "#3fe0c5", "#ff7f6b", "#e58bff"];

export function newId(): string {
  return crypto.randomUUID?.() ?? `${Date.now().toString(16)}-${Math.random().toString(16).slice(2)}`;
}

export type Me = Pick<Person, "id" | "name" | "colour">;

/** One person per tab: two tabs of one browser are two people, so that each has a selection of its own. */
export function readMe(): Me {
  const id = sessionStorage.getItem(KEY) ?? newId();
  sessionStorage.setItem(KEY, id);
  let kept: Partial<Me> = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Me>;
  } catch {
    // Damaged by someone else: begin anew.
  }
  const number = parseInt(id.replace(/[^0-9a-f]/g, "").slice(0, 6), 16) || 0;
  return { id, name: kept.name || "Guest", colour: COLOURS[number % COLOURS.length] };
}

export function keepName(name: string): void {
  localStorage.setItem(KEY, JSON.stringify({ name }));
}
