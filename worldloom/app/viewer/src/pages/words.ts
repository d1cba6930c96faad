/** Numbers and times as people say them, and text that can't become markup. */

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export function ago(time: number): string {
  const seconds = Date.now() / 1000 - time;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

export function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

export function count(gaussians: number): string {
  return gaussians < 1e6 ? `${Math.round(gaussians / 1e3)}k` : `${(gaussians / 1e6).toFixed(1)}M`;
}

const STAGES: Record<string, string> = {
  "": "Starting",
  collect: "Reading your pictures",
  select: "Choosing the sharp ones",
  pose: "Finding where each was taken",
  align: "Standing the world upright",
  views: "Straightening the pictures",
  initialise: "Laying out the first splats",
  train: "Painting the world",
  clean: "Sweeping away floaters",
  evaluate: "Measuring the quality",
  keep: "Preparing it for walking",
  read: "Reading",
  build: "Building the world",
  write: "Writing",
};

export function stage(name: string): string {
  return STAGES[name] ?? name;
}
