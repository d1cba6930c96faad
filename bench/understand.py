"""Milliseconds to understand a prompt, over the golden prompts of the tests.

python bench/understand.py
"""

from __future__ import annotations

import statistics
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

PROMPTS = Path(__file__).parents[1] / "tests" / "generate" / "prompts.toml"


def measure(prompts: Sequence[str]) -> dict[str, float]:
    """Milliseconds: the first prompt with all that is loaded for it, then the median and the slowest of all prompts."""
    from worldloom.generate.understand import understand

    times = []
    begin = time.perf_counter()
    understand("a red lighthouse where Frodo destroys the ring")  # with an unknown clause: the model is loaded too
    first = time.perf_counter() - begin
    for prompt in prompts:
        begin = time.perf_counter()
        understand(prompt)
        times.append(time.perf_counter() - begin)
    return {"first": first * 1000, "median": statistics.median(times) * 1000, "slowest": max(times) * 1000}


def main() -> None:
    tables = tomllib.loads(PROMPTS.read_text(encoding="utf-8"))["prompt"]
    for name, milliseconds in measure([table["text"] for table in tables]).items():
        print(f"understand, {name}: {milliseconds:.1f} ms")


if __name__ == "__main__":
    main()
