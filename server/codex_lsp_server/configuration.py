"""The settings in force, and the three ways they come from a client."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from codex_lsp_server.registering import register
from codex_lsp_server.settings import SECTION, Settings, read
from codex_lsp_server.ui import Ui

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

_CLIENT_FACTS = frozenset(
    {"partialCompletion", "statusNotification", "editorInfo", "editorPluginInfo"}
)
"""Initialization options that say what the client is and can do; they are no settings."""


class Configuration:
    """Keeps the settings. For the event loop's thread only.

    :param on_change: told the settings when they have been read
    :param fixed: settings given on the command line, by name; they win over the client's
    """

    def __init__(
        self,
        server: LanguageServer,
        ui: Ui,
        on_change: Callable[[Settings], None],
        fixed: Mapping[str, Any],
    ) -> None:
        self._server = server
        self._ui = ui
        self._on_change = on_change
        self._fixed = fixed
        self._options: object = None
        self._pushed: object = None
        self._told: set[str] = set()
        self.settings = Settings()

    def start(self, options: object) -> bool:
        """Take the initialization options; say whether the client shows growing completions."""
        self._options = options
        # Problems are told by `follow`: a client may not be sent messages before it is ready.
        self.settings = self._with_fixed(read(options, _CLIENT_FACTS).settings)
        return isinstance(options, Mapping) and options.get("partialCompletion") is True

    async def follow(self) -> None:
        """The client is ready: use the settings, ask for newer ones, hear of changes."""
        _, pulled = await self._pull()
        # While this asked, the client may have pushed some.
        fallback = self._options if self._pushed is None else self._pushed
        self._use(fallback if pulled is None else pulled)
        workspace = self._server.client_capabilities.workspace
        await register(
            self._server,
            types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            None if workspace is None else workspace.did_change_configuration,
            types.DidChangeConfigurationRegistrationOptions(section=SECTION),
        )

    async def changed(self, pushed: object) -> None:
        """Take settings that the client pushed; an empty push means: ask."""
        raw = pushed
        if isinstance(raw, Mapping):
            raw = raw.get(SECTION)
        if raw is not None:
            self._pushed = raw
            self._use(raw)
            return
        before = self._pushed
        told, pulled = await self._pull()
        if pulled is not None:
            self._use(pulled)
        elif told and self._pushed is before:  # what was pushed meanwhile is newer
            self._use(self._options)

    def _use(self, raw: object) -> None:
        found = read(raw, _CLIENT_FACTS)
        self.settings = self._with_fixed(found.settings)
        logging.getLogger("codex_lsp_server").setLevel(self.settings.log_level.upper())
        for problem in found.problems:
            # Once each: a client that sends all settings at every change would repeat them.
            if problem not in self._told:
                self._told.add(problem)
                self._ui.warning(f"codex-lsp: {problem}")
        self._on_change(self.settings)

    def _with_fixed(self, settings: Settings) -> Settings:
        return replace(settings, **self._fixed)

    async def _pull(self) -> tuple[bool, object]:
        """Ask for the section; return whether the client told, and what, None when it has none."""
        workspace = self._server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return False, None
        params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
        try:
            answer = await self._server.workspace_configuration_async(params)
        except Exception as error:  # whatever it answered, what is in force goes on
            logger.info("the client did not tell its settings: %s", type(error).__name__)
            return False, None
        return True, (answer[0] if answer else None) or None
