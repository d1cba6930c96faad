/** Talks with the page that has this one in a frame, if it comes from the same origin. */

export class Embedding {
  constructor(command: (name: string, args: Record<string, unknown>) => Promise<unknown>) {
    addEventListener("message", (event: MessageEvent) => {
      const data = event.data as { ns?: unknown; type?: unknown; id?: unknown; name?: unknown; args?: Record<string, unknown> } | null;
      if (event.origin !== location.origin || event.source !== parent || parent === window) return;
      if (data?.ns !== "worldloom" || data.type !== "command" || typeof data.name !== "string") return;
      command(data.name, data.args ?? {}).then(
        (value) => this.post("result", { id: data.id, value: value ?? null }),
        (error: unknown) => this.post("result", { id: data.id, error: error instanceof Error ? error.message : String(error) }),
      );
    });
  }

  post(type: string, fields: Record<string, unknown> = {}): void {
    if (parent !== window) parent.postMessage({ ns: "worldloom", type, ...fields }, location.origin);
  }
}
