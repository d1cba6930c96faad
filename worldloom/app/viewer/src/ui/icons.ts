/** The page's icons: one stroke, 24 by 24, drawn for this page. */
import { EDIT_PATHS } from "./editIcons";

const PATHS = {
  ...EDIT_PATHS,
  orbit: '<circle cx="12" cy="12" r="2.4"/><ellipse cx="12" cy="12" rx="9.6" ry="4.2" transform="rotate(-32 12 12)"/><circle cx="19.2" cy="5.4" r="1.5" fill="currentColor"/>',
  fly: '<path d="M21 3 3.5 10.200l6.8 3.5 3.5 6.800L21 3Z"/><path d="M10.3 13.7 14 10"/>',
  walk: '<circle cx="13" cy="4.5" r="1.8"/><path d="m8 21 2.8-5.2-.6-4.3 2-3.3 2.6 3.2 3.2 1"/><path d="m10.8 15.8 3.4 1.6.8 3.600M12.2 8.2 8.6 9.600l-1 3.2"/>',
  layers: '<path d="m12 3.5 8.5 4.700L12 13 3.5 8.2 12 3.500Z"/><path d="m3.5 12 8.5 4.7 8.5-4.700M3.5 15.800l8.5 4.7 8.5-4.7"/>',
  camera: '<rect x="2.8" y="6.5" width="12.4" height="11" rx="2.2"/><path d="m15.2 10.5 6-3v9l-6-3"/>',
  measure: '<path d="m3 16.5 13.5-13.5 4.5 4.500L7.5 21 3 16.500Z"/><path d="m7 12.5 2 2M10 9.500l2.8 2.800M13 6.500l2 2"/>',
  note: '<path d="M12 21.200c4-4.2 6.5-7.6 6.5-10.900a6.5 6.5 0 1 0-13 0c0 3.3 2.5 6.7 6.5 10.900Z"/><path d="M9.5 10.200h5M12 7.700v5"/>',
  eye: '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="2.8"/>',
  eyeOff: '<path d="M4 4l16 16M9.8 5.800A9 9 0 0 1 12 5.500c6 0 9.5 6.5 9.5 6.500a17 17 0 0 1-2.7 3.500M6.3 7.800A16.5 16.5 0 0 0 2.5 12S6 18.5 12 18.500c1.5 0 2.8-.4 4-1"/>',
  sliders: '<path d="M4 7h8M18 7h2M4 17h2M12 17h8"/><circle cx="15" cy="7" r="2.5"/><circle cx="9" cy="17" r="2.5"/>',
  home: '<path d="m3.5 11.5 8.5-7.5 8.5 7.5"/><path d="M6 9.800V20h12V9.800M10 20v-5.500h4V20"/>',
  shot: '<rect x="3" y="6.5" width="18" height="13" rx="2.4"/><path d="m8.5 6.5 1.4-2.500h4.200l1.4 2.5"/><circle cx="12" cy="13" r="3.4"/>',
  more: '<circle cx="5.5" cy="12" r="1.2"/><circle cx="12" cy="12" r="1.2"/><circle cx="18.5" cy="12" r="1.2"/>',
  stats: '<path d="M4 20V12M9.3 20V5M14.7 20v-6M20 20V9"/>',
  sun: '<circle cx="12" cy="12" r="3.8"/><path d="M12 2.800v2M12 19.200v2M2.8 12h2M19.2 12h2M5.5 5.500l1.4 1.400M17.1 17.100l1.4 1.400M18.5 5.500l-1.4 1.400M6.9 17.100l-1.4 1.4"/>',
  moon: '<path d="M20 14.200A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.200Z"/>',
  expand: '<path d="M8.5 3.500h-5v5M15.5 3.500h5v5M8.5 20.500h-5v-5M15.5 20.500h5v-5"/>',
  help: '<circle cx="12" cy="12" r="8.8"/><path d="M9.4 9.500a2.7 2.7 0 1 1 3.9 2.400c-.9.5-1.3 1-1.3 1.9"/><path d="M12 16.800v.1"/>',
  close: '<path d="m6 6 12 12M18 6 6 18"/>',
  lock: '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.500V8a4 4 0 0 1 8 0v2.5"/>',
  unlock: '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.500V8a4 4 0 0 1 7.6-1.7"/>',
  solo: '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="3" fill="currentColor"/>',
  edit: '<path d="m4 20 .9-4L16.5 4.400a1.7 1.7 0 0 1 2.4 0l.7.7a1.7 1.7 0 0 1 0 2.400L8 19.1 4 20Z"/>',
  trash: '<path d="M4 6.500h16M9.5 6.500V4h5v2.500M6.5 6.5 7.3 20h9.400l.8-13.500M10 10.500v6M14 10.500v6"/>',
  play: '<path d="M7.5 4.500v15l12-7.5-12-7.500Z"/>',
  stop: '<rect x="6" y="6" width="12" height="12" rx="1.5"/>',
  record: '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="3.8" fill="currentColor" stroke="none"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  path: '<circle cx="5.5" cy="18" r="2.2"/><circle cx="18.5" cy="6" r="2.2"/><path d="M7.7 18c9 0 1.6-12 8.6-12"/>',
  person: '<circle cx="12" cy="7" r="3.5"/><path d="M5 20.500c.5-4.5 3.2-7 7-7s6.5 2.5 7 7"/>',
  portal: '<ellipse cx="12" cy="12" rx="6.6" ry="9.2"/><ellipse cx="12" cy="12" rx="2.4" ry="4.2"/>',
  sound: '<path d="M4 9.500h3.500L12 5.500v13l-4.500-4H4v-5Z"/><path d="M15.200 9a4.300 4.300 0 0 1 0 6M17.800 6.500a7.800 7.800 0 0 1 0 11"/>',
  film: '<rect x="3" y="5" width="18" height="14" rx="2.2"/><path d="m10.200 9 5 3-5 3V9Z"/>',
  loop: '<path d="M4.500 11a7.500 7.500 0 0 1 13-4.200L20 9.300M19.500 13a7.500 7.500 0 0 1-13 4.200L4 14.700"/><path d="M20 4.800v4.500h-4.500M4 19.200v-4.500h4.500"/>',
  zone: '<path d="M4 8V5.500A1.500 1.500 0 0 1 5.500 4H8M16 4h2.500A1.500 1.500 0 0 1 20 5.500V8M20 16v2.500a1.500 1.500 0 0 1-1.500 1.500H16M8 20H5.500A1.500 1.500 0 0 1 4 18.500V16"/><path d="m13 7.500-3.500 5h5l-3.500 4.500"/>',
  flag: '<path d="M6 21V4M6 4.800c4.5-2.6 7.5 2.4 12.5 0v8.700c-5 2.4-8-2.6-12.5 0"/>',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML = PATHS[name];
  return svg;
}
