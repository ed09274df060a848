"""Asking the client, once it is ready, to tell us of something."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from lsprotocol import types

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)


class Capability(Protocol):
    """What a client says of a feature that may be registered later."""

    dynamic_registration: bool | None


async def register(
    server: LanguageServer, method: str, capability: Capability | None, options: object
) -> None:
    """Ask to be told by ``method``, where the client wants to be asked that.

    :param capability: what the client said of it
    """
    if capability is None or not capability.dynamic_registration:
        return
    registration = types.Registration(
        id=f"codex-lsp-{method}", method=method, register_options=options
    )
    try:
        await server.client_register_capability_async(
            types.RegistrationParams(registrations=[registration])
        )
    except Exception as error:  # then it takes a restart to see the change
        logger.info("the client refused %s: %s", method, type(error).__name__)
