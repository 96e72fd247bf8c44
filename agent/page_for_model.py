"""Show a vision model the page: the drawn ECG joins the question as the model is called, and is kept nowhere."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import HumanMessage

from calipers.tools.render import render

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage

    from calipers.agent.context import RunContext

#: A page of about 1,700 pixels across, which vision models scale down to their own size.
_DPI = 150


class ShowPage(AgentMiddleware[Any, Any, Any]):
    """Puts the page into the last question of the conversation; neither state nor checkpoint ever holds it.

    The page shows the trace, age and sex; name, identifier and date are never drawn.
    """

    def __init__(self, context: RunContext) -> None:
        super().__init__()
        self._context = context
        self._page: dict[str, Any] | None = None

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Call the model with the page in the conversation."""
        return handler(request.override(messages=self._with_page(request.messages)))

    def _with_page(self, messages: list[AnyMessage]) -> list[AnyMessage]:
        asked = max((at for at, message in enumerate(messages) if isinstance(message, HumanMessage)), default=None)
        if asked is None:
            return messages
        question = HumanMessage([{"type": "text", "text": messages[asked].text}, self._drawn()])
        return [*messages[:asked], question, *messages[asked + 1 :]]

    def _drawn(self) -> dict[str, Any]:
        if self._page is None:
            picture = render(self._context.the_case.ecg, dpi=_DPI)
            url = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
            self._page = {"type": "image_url", "image_url": {"url": url}}
        return self._page
