"""`report.html`: one page that explains itself, with its pictures inside and nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path

from worldloom.reconstruct.evaluate import Report

_SCALE_WORDS = {
    "gps": "from the photos' GPS",
    "known distance": "from a distance that was given",
    "given": "as it came with the input",
    "guess": "a guess from how high people hold cameras; set align.known_distance to correct it",
    "arbitrary": "not known",
}
_UP_WORDS = {
    "cameras": "from how the cameras were held",
    "plane": "from the ground plane",
    "given": "as it came with the input",
    "unknown": "not known",
}

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.numbers div { background: var(--soft); border-radius: .6rem; padding: .7rem 1.1rem; min-width: 7rem; }
.numbers b { display: block; font-size: 1.5rem; }
table { border-collapse: collapse; } td, th { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } tr + tr td { border-top: 1px solid var(--line); }
figure { margin: 1rem 0; } img { max-width: 100%; border-radius: .3rem; } figcaption, .soft { opacity: .7; }
.bar { background: #3a86c8; height: .7rem; margin-top: .45rem; border-radius: .2rem; } pre { overflow-x: auto; }
.note { border-left: 3px solid #c80; padding-left: .8rem; } .wide { overflow-x: auto; }
"""


def report_page(report: Report, folder: Path) -> str:
    """The page as HTML text.

    Args:
        folder: where the report's pictures are.
    """
    measured = (
        "photos kept from training" if report.held_out else "photos that were trained on, so expect less elsewhere"
    )
    parts = [
        f"<h1>{escape(report.name)}</h1><p class=soft>Made with Worldloom {escape(report.worldloom)}, "
        f"engine {escape(report.engine)}, seed {report.seed}</p>",
        _numbers(report),
    ]
    if not report.finished:
        parts.append(
            f"<p class=note>Training was stopped after {report.training_steps:,} steps; run again to go on.</p>"
        )
    if report.views:
        parts.append(
            f"<p>Measured on {len(report.views)} {measured}. LPIPS {escape(report.lpips_note or 'uses AlexNet')}.</p>"
        )
        pictured = [score for score in report.views if score.picture]
        parts.append("<h2>Photo, render, error (black: none; yellow: a quarter of full scale or more)</h2>")
        parts += [
            f"<figure><img src='{_inline(folder / score.picture)}' alt='photo, render and error of "
            f"{escape(score.name, quote=True)}' loading=lazy><figcaption>{escape(score.name)}: {score.psnr:.2f} dB"
            "</figcaption></figure>"
            for score in pictured
            if score.picture
        ]
        parts.append("<h2>Every view</h2>" + _view_table(report))
    parts.append("<h2>How it was made</h2>" + _facts(report))
    if report.seconds:
        parts.append("<h2>Time</h2>" + _times(report))
    if report.rejected:
        rows = "".join(f"<tr><td>{escape(bad.name)}<td>{escape(bad.reason)}</tr>" for bad in report.rejected)
        parts.append(f"<h2>Left out</h2><div class=wide><table>{rows}</table></div>")
    if report.options:
        options = escape(json.dumps(report.options, indent=2))
        parts.append(f"<h2>Options</h2><details><summary>All that shaped it</summary><pre>{options}</pre></details>")
    body = "\n".join(parts)
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(report.name)}: quality report</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _numbers(report: Report) -> str:
    total = sum(report.gaussians.values())
    seconds = sum(report.seconds.values())
    entries = [
        (f"{report.psnr:.2f} dB" if report.psnr is not None else "", "PSNR"),
        (f"{report.ssim:.3f}" if report.ssim is not None else "", "SSIM"),
        (f"{report.lpips:.3f}" if report.lpips is not None else "", "LPIPS"),
        (f"{total:,}", "Gaussians"),
        (f"{report.photos}", "photos placed"),
        (f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s", "in all"),
        (f"{report.peak_memory_bytes / 1e9:.1f} GB", "peak memory"),
    ]
    cells = "".join(f"<div><b>{value}</b>{words}</div>" for value, words in entries if value)
    return f"<div class=numbers>{cells}</div>"


def _view_table(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{escape(score.name)}<td class=n>{score.psnr:.2f}<td class=n>{score.ssim:.3f}"
        f"<td class=n>{'' if score.lpips is None else f'{score.lpips:.3f}'}</tr>"
        for score in report.views
    )
    return f"<div class=wide><table><tr><th>View<th>PSNR, dB<th>SSIM<th>LPIPS</tr>{rows}</table></div>"


def _facts(report: Report) -> str:
    error = "" if report.reprojection_error is None else f", {report.reprojection_error:.2f} px mean error"
    facts = [
        ("Poses", f"{escape(report.pose_method)}{error}"),
        ("Up", _UP_WORDS[report.up] + (", floor found" if report.floor_found else ", no floor found")),
        ("Scale", _SCALE_WORDS[report.scale]),
        ("Training", f"{report.training_steps:,} steps"),
        *((f"Layer '{escape(name)}'", f"{count:,} Gaussians") for name, count in report.gaussians.items()),
        *((f"Removed: {escape(reason)}", f"{count:,}") for reason, count in report.removed.items()),
    ]
    rows = "".join(f"<tr><td>{name}<td>{value}</tr>" for name, value in facts)
    return f"<table>{rows}</table>"


def _times(report: Report) -> str:
    longest = max(report.seconds.values()) or 1.0
    rows = "".join(
        f"<tr><td>{escape(stage)}<td class=n>{seconds:.1f} s"
        f"<td><div class=bar style='width:{max(1, round(240 * seconds / longest))}px'></div></tr>"
        for stage, seconds in report.seconds.items()
    )
    return f"<div class=wide><table>{rows}</table></div>"


def _inline(picture: Path) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture.read_bytes()).decode("ascii")
