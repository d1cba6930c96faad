/** Bookmarks and camera paths: keeping them with the world, playing them, recording them to video. */
import type { Engine } from "../engine";
import type { Navigator } from "../navigation/navigator";
import type { CameraPath } from "../protocol";
import { Signal } from "../signal";
import type { World } from "../world";
import { recordCanvas, type Recording } from "./recorder";
import { duration, sample, travel, type PathPoint } from "./spline";

const STEP = 2; // seconds from one key of a new path to the next

export class Paths {
  readonly changed = new Signal();
  list: CameraPath[] = [];
  playing: string | null = null;
  /** Seconds since the path that plays was set out on. */
  passed = 0;
  /** The camera went on along a path. */
  readonly moved = new Signal();
  private recording: Recording | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly navigator: Navigator,
    private readonly world: World,
  ) {}

  replace(paths: CameraPath[]): void {
    this.list = structuredClone(paths);
    this.changed.emit();
  }

  get bookmarks(): CameraPath[] {
    return this.list.filter((path) => path.poses.length === 1);
  }

  get paths(): CameraPath[] {
    return this.list.filter((path) => path.poses.length > 1);
  }

  get isRecording(): boolean {
    return this.recording !== null;
  }

  find(name: string): CameraPath | null {
    return this.list.find((path) => path.name === name) ?? null;
  }

  require(name: string): CameraPath {
    const path = this.find(name);
    if (!path) throw new Error(`There is no camera path or view called "${name}".`);
    return path;
  }

  /** Keeps the current view; as a path's first key, it becomes a path with its second. */
  addBookmark(name: string): Promise<void> {
    const { position, rotation, vertical_fov } = this.navigator.view.cameraView;
    return this.add({ name: this.freeName(name), seconds: [0], poses: [{ position, rotation }], vertical_fov });
  }

  addKey(path: CameraPath): Promise<void> {
    path.seconds.push(path.seconds[path.seconds.length - 1] + STEP);
    path.poses.push(this.navigator.view.pose);
    return this.save(path);
  }

  /** A path through all bookmarks, in their order. */
  joinBookmarks(name: string): Promise<void> {
    const marks = this.bookmarks;
    if (marks.length < 2) throw new Error("A path needs at least two bookmarks. Add another view first.");
    return this.add({ name: this.freeName(name), seconds: marks.map((_, index) => index * STEP), poses: marks.map((mark) => structuredClone(mark.poses[0])), vertical_fov: marks[0].vertical_fov });
  }

  async rename(path: CameraPath, name: string): Promise<void> {
    const before = path.name;
    if (!name.trim() || name.trim() === before) return;
    path.name = this.freeName(name.trim());
    this.changed.emit();
    await this.world.edit([{ op: "rename_thing", kind: "camera_path", name: before, new_name: path.name }]);
  }

  /** Stretches or squeezes the whole path. */
  setDuration(path: CameraPath, seconds: number): Promise<void> {
    const factor = seconds / duration(path);
    if (Number.isFinite(factor) && factor > 0) path.seconds = path.seconds.map((time) => Math.round((time - path.seconds[0]) * factor * 1000) / 1000);
    return this.save(path);
  }

  async remove(path: CameraPath): Promise<void> {
    if (this.playing === path.name) this.stop();
    this.list = this.list.filter((other) => other !== path);
    this.changed.emit();
    await this.world.edit([{ op: "remove_thing", kind: "camera_path", name: path.name }]);
  }

  /** Keeps what was changed of a path. */
  async save(path: CameraPath): Promise<void> {
    this.changed.emit();
    await this.world.edit([{ op: "set_camera_path", camera_path: structuredClone(path) }]);
  }

  /** Flies to a bookmark or along a path. Resolves when it ends or is stopped. */
  async play(name: string): Promise<void> {
    const path = this.require(name);
    this.stop();
    if (path.poses.length === 1) return this.navigator.flyTo({ ...path.poses[0], vertical_fov: path.vertical_fov });
    if (this.navigator.mode === "walk") this.navigator.setMode("fly");
    this.passed = 0;
    this.playing = name;
    this.changed.emit();
    await new Promise<void>((resolve) => {
      this.navigator.take(
        (seconds) => {
          this.passed += seconds;
          this.stand(path, travel(this.recording ? { ...path, loop: false } : path, this.passed));
          this.moved.emit();
          return (path.loop && !this.recording) || this.passed < duration(path);
        },
        () => {
          this.playing = null;
          this.changed.emit();
          resolve();
        },
      );
    });
  }

  /** Shows the path at a time of its own, since its start. */
  seek(path: CameraPath, seconds: number): void {
    this.stop();
    if (this.navigator.mode === "walk") this.navigator.setMode("fly");
    this.stand(path, sample(path, seconds));
    this.navigator.place(this.navigator.view.cameraView);
  }

  private stand(path: CameraPath, point: PathPoint): void {
    const { view } = this.navigator;
    view.position.copy(point.position);
    view.camera.quaternion.copy(point.rotation);
    view.fov = path.vertical_fov;
  }

  stop(): void {
    if (this.playing !== null) this.navigator.release();
  }

  /** Plays the path and returns it as a video file. */
  async record(name: string): Promise<{ video: Blob; extension: string }> {
    const path = this.require(name);
    if (path.poses.length < 2) throw new Error(`"${name}" is a single view. Join views into a path to record one.`);
    this.navigator.place({ ...path.poses[0], vertical_fov: path.vertical_fov });
    await this.engine.whenRendered();
    const recording = recordCanvas(this.engine.canvas);
    this.recording = recording;
    try {
      await this.play(name);
      await this.engine.whenRendered();
    } finally {
      this.recording = null;
      this.changed.emit();
    }
    return recording.finish();
  }

  private async add(path: CameraPath): Promise<void> {
    this.list.push(path);
    this.changed.emit();
    await this.world.edit([{ op: "set_camera_path", camera_path: structuredClone(path), only_new: true }]);
  }

  private freeName(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.find(name); number++) name = `${wanted} ${number}`;
    return name;
  }
}
