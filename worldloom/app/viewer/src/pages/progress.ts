/** The world that is being made: how far it is, what it looks like by now, and, once it is there, the world itself. */

import { call, type Operation } from "./api";
import { Polling } from "./element";
import { duration, escape, stage } from "./words";

class Progress extends Polling {
  private operation: Operation | null = null;
  private shown = "";

  protected interval(): number {
    return this.operation && !this.operation.done ? 700 : 0;
  }

  protected async refresh(): Promise<void> {
    const id = this.getAttribute("operation");
    if (!id) {
      this.draw(EMPTY);
      return;
    }
    this.operation = await call<Operation>("GET", `/operations/${id}`);
    const operation = this.operation;
    if (operation.status === "succeeded" && operation.world) {
      if (this.shown !== operation.world) this.draw(finished(operation));
      this.shown = operation.world;
    } else {
      this.draw(underWay(operation));
    }
  }

  protected override async perform(verb: string): Promise<void> {
    if (this.operation) await call("POST", `/operations/${this.operation.id}:${verb}`);
  }
}

const EMPTY = `<div class="wl-empty"><svg viewBox="0 0 120 70" aria-hidden="true"><path d="M4 52 34 22l20 20 16-16 46 34" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"/><circle cx="86" cy="18" r="8" fill="none" stroke="currentColor" stroke-width="2.5"/></svg><p>Your world appears here while it is made.</p></div>`;

function finished(operation: Operation): string {
  const world = encodeURIComponent(operation.world ?? "");
  const summary = ((operation.result?.["summary"] as string[] | undefined) ?? []).map(escape).join("<br>");
  return `<div class="wl-finished"><iframe title="Your world" src="/viewer/?world=${world}&embed=1"
    allow="xr-spatial-tracking; fullscreen; gamepad"></iframe>
    <div class="wl-row"><strong>${escape(operation.title)}</strong>
    <a class="wl-button primary" href="/world?world=${world}">Open it</a>
    <a class="wl-button" href="/viewer/?world=${world}" target="_blank">Full page</a></div>
    <p class="wl-quiet">${summary}</p></div>`;
}

function caption(operation: Operation): string {
  return operation.preview ? `<p class="wl-quiet wl-caption">Left a photo, right the world by now.</p>` : "";
}

function underWay(operation: Operation): string {
  const percent = Math.round(operation.fraction * 100);
  const running = operation.status === "running";
  const words = {
    queued: "Waiting for its turn",
    running: stage(operation.stage),
    failed: "It could not be made",
    cancelled: "Stopped",
    succeeded: "Done",
  }[operation.status];
  const left = running && operation.seconds_left !== null ? `${duration(operation.seconds_left)} left` : "";
  const picture = operation.preview
    ? `<img src="${escape(operation.preview)}" alt="A photo, and beside it the world as it is by now">`
    : `<div class="wl-waiting ${running ? "busy" : ""}"></div>`;
  const frame = operation.preview || !operation.done ? `<div class="wl-picture">${picture}</div>${caption(operation)}` : "";
  const buttons = [
    running && operation.stage === "train" ? `<button class="wl-button" data-do="finish" data-key="finish" title="Make the world with what is there">Good enough</button>` : "",
    operation.done ? `<button class="wl-button primary" data-do="retry" data-key="retry">Go on</button>` : `<button class="wl-button" data-do="cancel" data-key="cancel">Stop</button>`,
  ].join("");
  const error = operation.error ? `<p class="wl-error" role="alert">${escape(operation.error).replace(/\n/g, "<br>")}</p>` : "";
  return `<div class="wl-progress">${frame}
    <div class="wl-row"><strong>${escape(operation.title)}</strong><span>${words}</span><span class="wl-quiet">${escape(operation.message)}</span><span class="wl-left">${left}</span></div>
    <div class="wl-bar" role="progressbar" aria-label="${escape(operation.title)}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}"><i style="width:${percent}%"></i></div>
    ${error}<div class="wl-row end">${buttons}</div></div>`;
}

customElements.define("wl-progress", Progress);
