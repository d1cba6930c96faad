/** The server's REST routes for editing. */
import { fetchChecked, worldAddress } from "../api";
import type { Pose, Triple } from "../protocol";
import type { Branch, EditScene, HistoryLine, Histogram, Proposals, Role, Segmented, Share } from "./messages";
import type { PictureView, SelectionMode, Spot } from "./operations";

async function get<T>(url: string): Promise<T> {
  return (await (await fetchChecked(url)).json()) as T;
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const response = await fetchChecked(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

export function fetchEditScene(world: string, branch: string, at: number | null): Promise<EditScene> {
  const query = new URLSearchParams({ branch });
  if (at !== null) query.set("at", String(at));
  return get(`${worldAddress(world)}/edit/scene?${query}`);
}

export async function fetchHistory(world: string, branch: string): Promise<HistoryLine[]> {
  return (await get<{ edits: HistoryLine[] }>(`${worldAddress(world)}/edits?${new URLSearchParams({ branch })}`)).edits;
}

export async function fetchBranches(world: string): Promise<Branch[]> {
  return (await get<{ branches: Branch[] }>(`${worldAddress(world)}/branches`)).branches;
}

export function makeBranch(world: string, name: string, from: string, at: number | null, person: string): Promise<unknown> {
  return post(`${worldAddress(world)}/branches`, { name, from, at, person });
}

/** `refused`: a sentence for each operation that could not be done. */
export function mergeBranch(world: string, from: string, into: string, person: string): Promise<{ merged: number; refused: string[] }> {
  return post(`${worldAddress(world)}/branches/${encodeURIComponent(from)}:merge`, { into, person });
}

/** `point` and `view`: of where a distance or depth is measured from. */
export interface HistogramRequest {
  branch: string;
  person: string;
  attribute: string;
  bins: number;
  log?: boolean;
  point?: Triple;
  view?: PictureView;
}

export function fetchHistogram(world: string, request: HistogramRequest): Promise<Histogram> {
  return post(`${worldAddress(world)}:histogram`, request);
}

/** What a text asks for; `view` is from where left, right, near and far are said. */
export function propose(world: string, branch: string, person: string, text: string, view: Pose): Promise<Proposals> {
  return post(`${worldAddress(world)}:propose`, { branch, person, text, view });
}

/** The thing at a spot of a picture, by the server's segmentation model; nothing is selected yet. */
export function segment(world: string, branch: string, person: string, at: Spot, mode: SelectionMode): Promise<Segmented> {
  return post(`${worldAddress(world)}:segment`, { branch, person, at, mode });
}

/** Another hour, weather or season, made by a job; the page hears of the version that comes of it. */
export function askEvent(world: string, branch: string, person: string, prompt: string): Promise<unknown> {
  return post(`${worldAddress(world)}:event`, { branch, person, prompt });
}

/** `enforced`: whether the server asks for a token, and so a link says what its guests may do. */
export function fetchShares(world: string): Promise<{ shares: Share[]; enforced: boolean }> {
  return get(`${worldAddress(world)}/shares`);
}

/** The address is told this once. */
export function makeShare(world: string, role: Role, label: string): Promise<Share & { url: string }> {
  return post(`${worldAddress(world)}/shares`, { role, label });
}

export async function revokeShare(world: string, id: string): Promise<void> {
  await fetchChecked(`${worldAddress(world)}/shares/${encodeURIComponent(id)}`, { method: "DELETE" });
}
