/** Bookmarks and camera paths: kept, visited, played, recorded. */
import type { App } from "../app";
import type { Timeline } from "../author/timeline";
import type { CameraPath } from "../protocol";
import { duration } from "../tools/spline";
import { editText, iconButton, setPressed, textButton } from "./controls";
import { download, h } from "./dom";
import type { PanelContent } from "./panels";

export function camerasPanel(app: App, timeline: Timeline): PanelContent {
  const { paths } = app;
  const marks = h("ul", { class: "rows", "aria-label": "Bookmarks" });
  const tracks = h("ul", { class: "rows", "aria-label": "Camera paths" });
  const render = () => {
    marks.replaceChildren(...(paths.bookmarks.length ? paths.bookmarks.map((mark) => bookmarkRow(app, mark, render)) : [h("li", { class: "empty" }, "Keep a view to come back to it.")]));
    tracks.replaceChildren(...(paths.paths.length ? paths.paths.map((path) => pathRow(app, path, render, timeline)) : [h("li", { class: "empty" }, "Keep two views or more, then join them into a path.")]));
    join.disabled = paths.bookmarks.length < 2;
  };
  const keep = textButton("Keep this view", () => void app.attempt(() => paths.addBookmark(`View ${paths.bookmarks.length + 1}`), "The view is kept."), "plus");
  const join = textButton("Join views into a path", () => void app.attempt(() => paths.joinBookmarks("Path"), "The path is kept."), "path");
  const start = textButton("Start here", () => void app.attempt(() => app.setSpawn(), "The world starts here from now on."), "flag");
  paths.changed.listen(render);
  render();
  return {
    title: "Cameras",
    body: h("div", { class: "stack" }, h("h3", {}, "Views"), marks, h("div", { class: "actions" }, keep, start), h("h3", {}, "Paths"), tracks, h("div", { class: "actions" }, join)),
  };
}

function bookmarkRow(app: App, mark: CameraPath, render: () => void): HTMLElement {
  const title = h("button", { type: "button", class: "row-link", onclick: () => void app.attempt(() => app.paths.play(mark.name)) }, mark.name);
  return h("li", { class: "row" }, h("div", { class: "row-main" }, title), renameButton(app, mark, title, render), removeButton(app, mark));
}

function pathRow(app: App, path: CameraPath, render: () => void, timeline: Timeline): HTMLElement {
  const { paths } = app;
  const playing = paths.playing === path.name;
  const title = h("button", { type: "button", class: "row-link", title: "Open its timeline", onclick: () => timeline.open(path.name) }, path.name);
  const play = iconButton({
    icon: playing ? "stop" : "play",
    label: playing ? `Stop ${path.name}` : `Play ${path.name}`,
    class: "small",
    onPress: () => (playing ? paths.stop() : void app.attempt(() => paths.play(path.name))),
  });
  setPressed(play, playing);
  const record = iconButton({ icon: "record", label: `Record ${path.name} as video`, class: "small record", onPress: () => void recordPath(app, path) });
  record.disabled = paths.isRecording;
  const add = iconButton({ icon: "plus", label: `Add this view to ${path.name}`, class: "small", onPress: () => void app.attempt(() => paths.addKey(path), "The view is the path's last now.") });
  const seconds = h("input", {
    type: "number",
    class: "number-field",
    min: 0.5,
    max: 600,
    step: 0.5,
    value: Math.round(duration(path) * 10) / 10,
    "aria-label": `Seconds that ${path.name} takes`,
    onchange: () => void app.attempt(() => paths.setDuration(path, Math.max(0.5, Number(seconds.value) || 1))),
  });
  return h(
    "li",
    { class: "row tall" },
    play,
    h("div", { class: "row-main" }, title, h("span", { class: "muted row-detail" }, `${path.poses.length} views ·`, seconds, "s")),
    renameButton(app, path, title, render),
    add,
    record,
    removeButton(app, path),
  );
}

async function recordPath(app: App, path: CameraPath): Promise<void> {
  app.announce(`Recording ${path.name}…`);
  await app.attempt(async () => {
    const { video, extension } = await app.paths.record(path.name);
    download(video, `${path.name}.${extension}`);
  }, "The video is in your downloads.");
}

function renameButton(app: App, path: CameraPath, title: HTMLElement, render: () => void): HTMLElement {
  return iconButton({
    icon: "edit",
    label: `Rename ${path.name}`,
    class: "small reveal",
    onPress: () => {
      const field = editText(path.name, `New name of ${path.name}`, (text) => void app.attempt(() => app.paths.rename(path, text)), render);
      title.replaceWith(field);
      field.select();
    },
  });
}

function removeButton(app: App, path: CameraPath): HTMLElement {
  return iconButton({ icon: "trash", label: `Delete ${path.name}`, class: "small", onPress: () => void app.attempt(() => app.paths.remove(path), `${path.name} is deleted.`) });
}
