"""Every species of tree that grows from a skeleton."""

from __future__ import annotations

from worldloom.generate.build.plants.broadleaves import BROADLEAVES
from worldloom.generate.build.plants.conifers import CONIFERS

KINDS = {**BROADLEAVES, **CONIFERS}
