/** Talking to the REST API, for the pages' elements. */

export interface Operation {
  id: string;
  kind: string;
  title: string;
  status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  stage: string;
  message: string;
  fraction: number;
  seconds_left: number | null;
  preview: string | null;
  attempts: number;
  world: string | null;
  result: Record<string, unknown> | null;
  download: string | null;
  error: string | null;
  created: number;
  started: number | null;
  finished: number | null;
  done: boolean;
}

export interface World {
  id: string;
  name: string;
  tags: string[];
  head: number;
  gaussians: number;
  bytes: number;
  thumbnail: string | null;
  created: number;
  updated: number;
  deleted: number | null;
}

export interface Version {
  number: number;
  parent: number | null;
  message: string;
  gaussians: number;
  bytes: number;
  thumbnail: string | null;
  created: number;
}

/** Ask the API; a problem becomes an Error whose message is its sentence. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new Error("The server can't be reached. Is it still running?");
  }
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error((answer as { detail?: string }).detail ?? `The server answered ${response.status}.`);
  return answer as T;
}
