"""The Gradio app: Create, World, Library, Jobs, Settings. What moves by itself in them is `viewer/src/pages`."""

from worldloom.app.pages.site import mount

__all__ = ["mount"]
