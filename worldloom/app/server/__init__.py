"""The server: REST API, viewer, Gradio pages and the watch over who may ask."""
