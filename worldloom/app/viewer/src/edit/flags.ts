/** What is so of each row, in one byte: four switches, and in the upper half the colour of someone else who has it selected. */
import type { Rows } from "./masks";
import type { SelectionMode } from "./operations";

export const DEAD = 1;
export const HIDDEN = 2;
export const LOCKED = 4;
export const SELECTED = 8;
/** Rows with none of these can be selected and changed. */
export const CLOSED = DEAD | HIDDEN | LOCKED;
export const OTHERS = 0xf0;
export const OTHERS_SHIFT = 4;

/** Sets or clears one switch of all rows; null: of none. */
export function setFlag(flags: Uint8Array, flag: number, rows: Uint8Array | null): void {
  const rest = 0xff & ~flag;
  const count = rows ? rows.length : flags.length;
  for (let row = 0; row < count; row += 1) flags[row] = (flags[row] & rest) | (rows && rows[row] ? flag : 0);
}

/** Joins what was found with what is selected, in place; only open rows take part. */
export function combine(flags: Uint8Array, rows: number, found: Uint8Array | null, mode: SelectionMode): void {
  for (let row = 0; row < rows; row += 1) {
    const old = flags[row];
    if (old & CLOSED) continue;
    const hit = found !== null && found[row] === 1;
    const was = (old & SELECTED) !== 0;
    const now = mode === "set" ? hit : mode === "add" ? was || hit : mode === "remove" ? was && !hit : was && hit;
    flags[row] = now ? old | SELECTED : old & ~SELECTED;
  }
}

export interface FlagHolder {
  readonly key: string;
  readonly rows: number;
  readonly shown: Uint8Array;
  /** Whether rows of it can be selected at all. */
  readonly open: boolean;
}

/** Rows that are selected and can be changed. */
export function selectedRows(part: FlagHolder): Uint8Array {
  const rows = new Uint8Array(part.rows);
  if (part.open) for (let row = 0; row < part.rows; row += 1) rows[row] = (part.shown[row] & (CLOSED | SELECTED)) === SELECTED ? 1 : 0;
  return rows;
}

export function countSelected(part: FlagHolder): number {
  let count = 0;
  if (part.open) for (let row = 0; row < part.rows; row += 1) count += (part.shown[row] & (CLOSED | SELECTED)) === SELECTED ? 1 : 0;
  return count;
}

/** What an operation does to the rows' switches, as far as the page can tell before the server has. */
export type Prediction = (parts: Iterable<FlagHolder>) => void;

export function predictSelect(found: Rows | "everything" | "nothing", mode: SelectionMode): Prediction {
  return (parts) => {
    for (const part of parts) {
      if (!part.open) continue;
      const rows = found === "everything" ? new Uint8Array(part.rows).fill(1) : found === "nothing" ? null : (found.get(part.key) ?? null);
      combine(part.shown, part.rows, rows, mode);
    }
  };
}

export function predictInvert(parts: Iterable<FlagHolder>): void {
  for (const part of parts) {
    if (!part.open) continue;
    for (let row = 0; row < part.rows; row += 1) if (!(part.shown[row] & CLOSED)) part.shown[row] ^= SELECTED;
  }
}

/** What is selected becomes deleted, hidden or locked. */
export function predictMark(flag: number): Prediction {
  return (parts) => {
    for (const part of parts) {
      if (!part.open) continue;
      for (let row = 0; row < part.rows; row += 1) if ((part.shown[row] & (CLOSED | SELECTED)) === SELECTED) part.shown[row] |= flag;
    }
  };
}

export function predictUnmark(flag: number): Prediction {
  return (parts) => {
    for (const part of parts) setFlag(part.shown, flag, null);
  };
}
