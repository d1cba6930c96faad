"""What a step of a brush stroke costs in the editing page, without what drawing costs on a software renderer.

    python bench/edit_brush.py [--gaussians 1000000]

Drives Chromium on the tests' stand-in server and prints a Markdown table. Medians over the steps of three strokes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.browser import chromium
from tests.viewer.conftest import VIEWER, serving, wait_for, watch

STROKES = [[(120 + 40 * step, 100 + 60 * stroke) for step in range(9)] for stroke in range(3)]
UPLOAD = """(bytes) => {
  const gl = document.createElement("canvas").getContext("webgl2");
  const texture = gl.createTexture();
  const rows = Math.ceil(bytes / 2048);
  const data = new Uint8Array(2048 * rows);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R8UI, 2048, rows);
  const times = [];
  for (let round = 0; round < 15; round += 1) {
    data.fill(round);
    const start = performance.now();
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 2048, rows, gl.RED_INTEGER, gl.UNSIGNED_BYTE, data);
    gl.finish();
    times.push(performance.now() - start);
  }
  return times;
}"""


def stroke(page: Any, places: list[tuple[int, int]]) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gaussians", type=int, default=1_000_000)
    count = parser.parse_args().gaussians
    if not (VIEWER / "dist" / "index.html").is_file():
        parser.error("the viewer is not built; run python worldloom/app/viewer/build.py")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), count) as server, chromium() as browser:
        viewer = watch(browser.new_page(viewport={"width": 640, "height": 360}))
        viewer.page.set_default_timeout(600_000)
        viewer.page.goto(f"{server.address}/viewer/?world=demo&edit=1")
        for _ in range(10):  # a software renderer takes long to the first picture
            try:
                viewer.until("worldloom.state().status === 'ready'")
                break
            except AssertionError:
                continue
        editing = server.world.editing
        figures: dict[str, list[float]] = {}
        for name, keys in {"all that lies behind each other": "b", "only what is in front": "z"}.items():
            viewer.page.keyboard.press(keys)
            viewer.page.evaluate("performance.clearMeasures()")
            for places in STROKES:
                before = len(editing.of("do"))
                stroke(viewer.page, places)
                wait_for(lambda before=before: len(editing.of("do")) > before, "the stroke is sent")
            entries = viewer.page.evaluate("performance.getEntriesByName('edit brush').map((entry) => entry.duration)")
            figures[f"step of a stroke, {name}"] = entries
        figures["upload of every row's switches"] = viewer.page.evaluate(UPLOAD, count)
        frame = viewer.command("statistics")["frame_ms"]
    print(f"{count} Gaussians, CPU milliseconds in the page (median, most):\n\n| | median | most |\n|---|---|---|")
    for name, values in figures.items():
        print(f"| {name} | {statistics.median(values):.1f} | {max(values):.1f} |")
    print(f"| submitting the last frame to the software renderer | {frame:.1f} | |")


if __name__ == "__main__":
    main()
