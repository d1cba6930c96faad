"""Objects by name, and where they stand."""

from worldloom.generate.build.objects.making import make, usual_height

__all__ = ["make", "usual_height"]
