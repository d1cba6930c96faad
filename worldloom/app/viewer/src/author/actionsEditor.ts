/** A list of what a trigger does, each with the one thing that it needs to know. */
import type { App } from "../app";
import { iconButton, textButton } from "../ui/controls";
import { h } from "../ui/dom";
import { choiceField, numberField, textField } from "./fields";
import { PARTICLES, type Action, type ParticleKind } from "./records";

const NAMES: Record<Action["do"], string> = { say: "Say", play: "Sound or video", fly: "Fly a path", animate: "Animation", weather: "Weather", hour: "Hour", go: "Go through" };

export function actionsEditor(app: App, title: string, actions: Action[], keep: (actions: Action[]) => void): HTMLElement[] {
  const possible = (Object.keys(NAMES) as Action["do"][]).filter((kind) => fresh(app, kind) !== null);
  const rows = actions.map((action, index) => {
    const set = (next: Action) => keep(actions.map((old, at) => (at === index ? next : old)));
    const kind = choiceField<Action["do"]>("Do", action.do, [...new Set([action.do, ...possible])].map((name) => [name, NAMES[name]] as const), (name) => {
      const next = fresh(app, name);
      if (next) set(next);
    });
    const remove = iconButton({ icon: "trash", label: `Delete action ${index + 1}`, class: "small", onPress: () => keep(actions.filter((_, at) => at !== index)) });
    return h("div", { class: "author-action" }, h("div", { class: "author-action-head" }, kind, remove), ...details(app, action, set));
  });
  return [h("h4", {}, title), ...rows, h("div", { class: "actions" }, textButton("Add an action", () => keep([...actions, { do: "say", text: "Hello!", seconds: 6 }]), "plus"))];
}

/** A new action of a kind, with the first thing that it could be about; null: there is none. */
function fresh(app: App, kind: Action["do"]): Action | null {
  const { authored } = app.stage;
  switch (kind) {
    case "say":
      return { do: "say", text: "Hello!", seconds: 6 };
    case "play":
      return authored.media[0] ? { do: "play", medium: authored.media[0].name, on: true } : null;
    case "fly":
      return app.paths.list[0] ? { do: "fly", path: app.paths.list[0].name } : null;
    case "animate":
      return authored.animations[0] ? { do: "animate", animation: authored.animations[0].name, on: true } : null;
    case "weather":
      return { do: "weather", weather: { kind: "rain", amount: 0.5, reach: 14, wind: [0, 0, 0] } };
    case "hour":
      return { do: "hour", hour: 20 };
    case "go":
      return authored.portals[0] ? { do: "go", portal: authored.portals[0].name } : null;
  }
}

const ON_OFF = [["on", "Start"], ["off", "Stop"]] as const;

function details(app: App, action: Action, set: (action: Action) => void): HTMLElement[] {
  const { authored } = app.stage;
  const named = (items: { name: string }[]) => items.map(({ name }) => [name, name] as const);
  switch (action.do) {
    case "say":
      return [textField("Text", action.text, (text) => text && set({ ...action, text }))];
    case "play":
      return [choiceField("Which", action.medium, named(authored.media), (medium) => set({ ...action, medium })), choiceField("How", action.on ? "on" : "off", ON_OFF, (on) => set({ ...action, on: on === "on" }))];
    case "fly":
      return [choiceField("Path", action.path, named(app.paths.list), (path) => set({ ...action, path }))];
    case "animate":
      return [choiceField("Which", action.animation, named(authored.animations), (animation) => set({ ...action, animation })), choiceField("How", action.on ? "on" : "off", ON_OFF, (on) => set({ ...action, on: on === "on" }))];
    case "weather":
      return [
        choiceField<ParticleKind | "none">("What", action.weather?.kind ?? "none", [["none", "clear"], ...PARTICLES.map((kind) => [kind, kind] as const)], (kind) =>
          set({ do: "weather", weather: kind === "none" ? null : { kind, amount: action.weather?.amount ?? 0.5, reach: 14, wind: action.weather?.wind ?? [0, 0, 0] } })),
        ...(action.weather ? [numberField("Amount", action.weather.amount, [0, 1, 0.1], (amount) => action.weather && set({ do: "weather", weather: { ...action.weather, amount } }))] : []),
      ];
    case "hour":
      return [numberField("Hour", action.hour, [0, 23.9, 0.5], (hour) => set({ do: "hour", hour }))];
    case "go":
      return [choiceField("Portal", action.portal, named(authored.portals), (portal) => set({ ...action, portal }))];
  }
}
