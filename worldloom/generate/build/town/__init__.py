"""Towns and buildings: streets, plots, houses one can walk into, and landmarks by name."""

from worldloom.generate.build.town.build import build_town
from worldloom.generate.build.town.gardens import plant_gardens
from worldloom.generate.build.town.landmarks import LANDMARKS, building, landmark
from worldloom.generate.build.town.plan import TownPlan, plan_town

__all__ = ["LANDMARKS", "TownPlan", "build_town", "building", "landmark", "plan_town", "plant_gardens"]
