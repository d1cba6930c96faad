/** The list of all long work. */

import { call, type Operation } from "./api";
import { Polling } from "./element";
import { ago, duration, escape, stage } from "./words";

class Jobs extends Polling {
  private operations: Operation[] = [];
  private readonly logs = new Map<string, string>();

  protected interval(): number {
    return this.operations.some((one) => !one.done) ? 1000 : 5000;
  }

  protected async refresh(): Promise<void> {
    this.operations = (await call<{ operations: Operation[] }>("GET", "/operations?page_size=50")).operations;
    for (const one of this.operations.filter((one) => this.logs.has(one.id) && !one.done)) await this.fetchLog(one.id);
    this.draw(
      `<h1>Jobs</h1>${this.operations.map((one) => this.row(one)).join("") || `<div class="wl-empty"><p>Nothing was asked for yet.</p></div>`}`,
    );
  }

  private row(one: Operation): string {
    const percent = Math.round(one.fraction * 100);
    const state = one.status === "running" ? stage(one.stage) : { queued: "Waiting", succeeded: "Done", failed: "Failed", cancelled: "Stopped" }[one.status];
    const time = one.started ? duration((one.finished ?? Date.now() / 1000) - one.started) : "";
    const left = one.status === "running" && one.seconds_left !== null ? ` · ${duration(one.seconds_left)} left` : "";
    const log = this.logs.get(one.id);
    const verbs: [string, string][] = [];
    if (one.status === "running" && one.stage === "train") verbs.push(["finish", "Good enough"]);
    if (!one.done) verbs.push(["cancel", "Stop"]);
    if (one.status === "failed" || one.status === "cancelled") verbs.push(["retry", "Go on"]);
    verbs.push(["log", log === undefined ? "Log" : "Hide log"]);
    if (one.done) verbs.push(["forget", "Clear"]);
    const open = one.world && one.status === "succeeded" && one.kind !== "export" ? `<a class="wl-button" href="/world?world=${one.world}">Open</a>` : "";
    const file = one.download ? `<a class="wl-button" href="${one.download}" download>Download</a>` : "";
    return `<article class="wl-job ${one.status}" aria-label="${escape(one.title)}">
      ${one.preview ? `<img src="${escape(one.preview)}" alt="">` : ""}
      <div><div class="wl-row"><strong>${escape(one.title)}</strong><span class="wl-tag">${escape(one.kind)}</span><span>${escape(state)}</span>
      <span class="wl-quiet">${escape(one.status === "running" ? one.message : "")}</span><span class="wl-left">${time}${left}${one.done ? ` · ${ago(one.finished ?? one.created)}` : ""}</span></div>
      ${one.status === "running" ? `<div class="wl-bar" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}"><i style="width:${percent}%"></i></div>` : ""}
      ${one.error ? `<p class="wl-error">${escape(one.error).replace(/\n/g, "<br>")}</p>` : ""}
      ${log === undefined ? "" : `<pre class="wl-log">${escape(log) || "The log is empty."}</pre>`}
      <div class="wl-row end">${open}${file}${verbs.map(([verb, label]) => `<button class="wl-button" data-do="${verb}" data-id="${one.id}" data-key="${verb}-${one.id}">${label}</button>`).join("")}</div></div></article>`;
  }

  private async fetchLog(id: string): Promise<void> {
    const response = await fetch(`/api/v1/operations/${id}/log?lines=100`);
    this.logs.set(id, response.ok ? await response.text() : "");
  }

  protected override async perform(verb: string, asked: DOMStringMap): Promise<void> {
    const id = asked["id"] ?? "";
    if (verb === "forget") await call("DELETE", `/operations/${id}`);
    else if (verb !== "log") await call("POST", `/operations/${id}:${verb}`);
    else if (this.logs.has(id)) this.logs.delete(id);
    else await this.fetchLog(id);
  }
}

customElements.define("wl-jobs", Jobs);
