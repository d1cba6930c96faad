/** What an operation makes of the record, so that its effect is seen before the server answers. */
import type { Action, Authored, AuthorOperation, Kind } from "./records";

interface Named {
  name: string;
}

type ListName = "portals" | "media" | "animations" | "triggers";

const LISTS: Partial<Record<Kind, ListName>> = { portal: "portals", medium: "media", animation: "animations", trigger: "triggers" };

export function applied(authored: Authored, operation: AuthorOperation): Authored {
  switch (operation.op) {
    case "set_portal":
      return { ...authored, portals: put(authored.portals, operation.portal) };
    case "set_medium":
      return { ...authored, media: put(authored.media, operation.medium) };
    case "set_animation":
      return { ...authored, animations: put(authored.animations, operation.animation) };
    case "set_trigger":
      return { ...authored, triggers: put(authored.triggers, operation.trigger) };
    case "set_weather":
      return { ...authored, weather: operation.weather };
    case "set_figure":
      return { ...authored, figure: operation.figure };
    case "rename_thing":
      return changed(authored, operation.kind, operation.name, operation.new_name);
    case "remove_thing":
      return changed(authored, operation.kind, operation.name, null);
    default:
      return authored;
  }
}

function put<T extends Named>(list: T[], item: T): T[] {
  return list.some(({ name }) => name === item.name) ? list.map((old) => (old.name === item.name ? item : old)) : [...list, item];
}

/** The thing called otherwise, or gone; triggers follow. */
function changed(authored: Authored, kind: Kind, name: string, next: string | null): Authored {
  const list = LISTS[kind];
  const renamed = list ? { [list]: (authored[list] as Named[]).flatMap((item) => (item.name !== name ? [item] : next === null ? [] : [{ ...item, name: next }])) } : {};
  const after: Authored = { ...authored, ...renamed };
  const follow = (action: Action): Action[] => {
    const field = FIELDS[kind];
    const values = action as unknown as Record<string, unknown>;
    if (!field || values[field] !== name) return [action];
    return next === null ? [] : [{ ...values, [field]: next } as unknown as Action];
  };
  return { ...after, triggers: after.triggers.map((trigger) => ({ ...trigger, on_enter: trigger.on_enter.flatMap(follow), on_leave: trigger.on_leave.flatMap(follow) })) };
}

/** Where an action names a thing of that kind. */
const FIELDS: Partial<Record<Kind, string>> = { portal: "portal", medium: "medium", animation: "animation", camera_path: "path" };
