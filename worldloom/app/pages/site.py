"""All pages as one Gradio app, and its place in the server."""

from __future__ import annotations

import warnings
from pathlib import Path

import gradio as gr
from fastapi import FastAPI

from worldloom.app.pages import create, jobs, library, settings, world
from worldloom.app.pages.look import HEAD, THEME, banner
from worldloom.app.server.live import Live
from worldloom.app.server.service import Service

ICON = Path(__file__).with_name("icon.svg")


def mount(app: FastAPI, service: Service, live: Live) -> FastAPI:
    """Put the pages at the server's root, behind everything that is there already."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "SSR mode is not supported")  # it is not asked for either
        return gr.mount_gradio_app(
            app,
            build(service, live),
            path="/",
            footer_links=[],
            run_history=False,
            favicon_path=str(ICON),
            max_file_size=service.settings.upload_limit,
            ssr_mode=False,
            enable_monitoring=False,
            theme=THEME,
            head=HEAD,
            show_error=True,
            mcp_server=False,
            pwa=False,
        )


def build(service: Service, live: Live) -> gr.Blocks:
    """The pages."""
    with gr.Blocks(title="Worldloom", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86_400)) as site:
        banner()
        create.build(site, service)
    with site.route("World", "/world"):
        banner()
        world.build(site, service, live)
    with site.route("Library", "/library"):
        banner()
        library.build()
    with site.route("Jobs", "/jobs"):
        banner()
        jobs.build()
    with site.route("Settings", "/settings"):
        banner()
        settings.build(site, service)
    return site
