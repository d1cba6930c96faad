"""How the server ends: within seconds, and pages are told why they are closed."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable

import uvicorn

GRACE_SECONDS = 1
"""For answers that are under way."""


class Server(uvicorn.Server):
    """uvicorn's, which says goodbye before it closes connections."""

    def __init__(self, config: uvicorn.Config, goodbye: Callable[[], Awaitable[None]]) -> None:
        """
        Args:
            goodbye: closes all websockets.
        """
        super().__init__(config)
        self._goodbye = goodbye

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in self.servers:
            listening.close()  # who is sent away now comes again at once
        await self._goodbye()
        await super().shutdown(sockets)


def serve(server: Server, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; then the process ends.

    Everything is written by then. Taking down an interpreter that has torch and Gradio in it would take 8 s more on two
    cores, and threads that still compute what nobody waits for any more would be waited for.
    """
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn sends itself once more what it was stopped by
        server.run(sockets=[listening])
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
