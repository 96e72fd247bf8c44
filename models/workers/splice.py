"""Put the tokens of the time series where the prompt leaves room for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def spliced(embedding: nn.Module, tokens: Tensor | None, at: int) -> Iterator[None]:
    """While open, the first prompt that passes the embedding layer has these tokens from position `at` on.

    The published models write them over placeholders after embedding the prompt. Doing it in the layer leaves the
    library's own forward pass, caches and positions as they are.

    Args:
        embedding: the language model's input embedding.
        tokens: (1, n, width), or None to leave the prompt alone.
        at: the first of the n positions.
    """
    if tokens is None:
        yield
        return
    pending = [tokens]

    def write(_: nn.Module, __: Any, embedded: Tensor) -> Tensor:
        if pending and embedded.shape[1] > at:
            own = pending.pop().to(embedded.dtype).to(embedded.device)
            embedded = embedded.clone()
            embedded[:, at : at + own.shape[1]] = own
        return embedded

    handle = embedding.register_forward_hook(write)
    try:
        yield
    finally:
        handle.remove()
