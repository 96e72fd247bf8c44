"""`calipers serve`: the chat page."""

from __future__ import annotations

from typing import Annotated

import typer

from calipers.agent.cli.options import ModelOption, stderr


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to bind; any but localhost needs CALIPERS_TOKENS")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one")] = 8321,
    model: ModelOption = None,
) -> None:
    """Serve the chat page. Users, hosts, limits: CALIPERS_TOKENS, CALIPERS_HOSTS, CALIPERS_MAX_UPLOAD_MB."""
    import uvicorn

    from calipers.agent.choice import choose
    from calipers.agent.server import ServerSettings, create_app

    app = create_app(ServerSettings(), choose(model), host)
    shown = f"[{host}]" if ":" in host else host
    stderr.print(
        f"calipers: http://{shown}:{port}/  (research use, not a medical device)", highlight=False, markup=False
    )
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
