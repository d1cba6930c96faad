/** The server's REST routes. Every failure becomes a `Problem` whose message can be shown to a person. */
import type { EditOperation, SceneDescription } from "./protocol";

export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

const REACH = "The server could not be reached. Check that Worldloom is still running, then reload the page.";

export function worldAddress(world: string): string {
  return `/api/v1/worlds/${encodeURIComponent(world)}`;
}

/** A response that is known to be good; else a `Problem` with the server's own words. */
export async function fetchChecked(url: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(REACH, 0);
  }
  if (!response.ok) throw new Problem(await detailOf(response), response.status);
  return response;
}

async function detailOf(response: Response): Promise<string> {
  try {
    const body: unknown = await response.json();
    if (body && typeof body === "object" && "detail" in body && typeof body.detail === "string") return body.detail;
  } catch {
    // Not JSON: a proxy's page, say. The status is all there is to tell.
  }
  return `The server answered ${response.status} ${response.statusText}.`;
}

export async function fetchScene(world: string, version: number | null): Promise<SceneDescription> {
  const query = version === null ? "" : `?version=${version}`;
  const response = await fetchChecked(`${worldAddress(world)}/scene${query}`);
  return (await response.json()) as SceneDescription;
}

export interface LibraryWorld {
  id: string;
  name: string;
  /** Its newest version. */
  head: number;
}

export async function fetchWorlds(): Promise<LibraryWorld[]> {
  const response = await fetchChecked("/api/v1/worlds?page_size=200");
  return ((await response.json()) as { worlds: LibraryWorld[] }).worlds;
}

/** Returns the number of the version that the edit made. */
export async function postEdit(world: string, baseVersion: number, operations: EditOperation[]): Promise<number> {
  const response = await fetchChecked(`${worldAddress(world)}:edit`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ base_version: baseVersion, operations }),
  });
  const body = (await response.json()) as { version: number };
  return body.version;
}

/** Sends a file for a world's edits; returns the name of its blob, which operations refer to. */
export async function upload(world: string, content: Blob, name: string): Promise<string> {
  const body = new FormData();
  body.append("files", content, name);
  const response = await fetchChecked(`${worldAddress(world)}/uploads`, { method: "POST", body });
  const { files } = (await response.json()) as { files: { sha256: string }[] };
  return files[0].sha256;
}
