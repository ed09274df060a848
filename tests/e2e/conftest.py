"""The real server as a process, with the real model, driven through pytest-lsp's client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import converters, types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

from codex_lsp.model_dir import ModelDir
from codex_lsp_models.manifest import DEFAULT
from codex_lsp_models.pull import pull

SERVER = [sys.executable, "-m", "codex_lsp", "serve", "--stdio"]
PARTIAL = "codexLsp/partialCompletion"
STATUS = "didChangeStatus"
CLIENTS = Path(__file__).parent / "clients"


def recorded_capabilities(client: str) -> types.ClientCapabilities:
    """What a real editor says of itself: recorded here, or by the authors of pytest-lsp."""
    ours = CLIENTS / f"{client}.json"
    if not ours.is_file():
        return client_capabilities(client)
    said = json.loads(ours.read_text(encoding="utf-8"))["capabilities"]
    return converters.get_converter().structure(said, types.ClientCapabilities)


@pytest.fixture(scope="session")
def model() -> ModelDir:
    """The default model, got if it is not installed."""
    return pull(DEFAULT)


def plain(value: Any) -> Any:
    """Return what pygls made named tuples of as JSON values."""
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


class Editor:
    """A client with the few moves that tests make."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.server = types.ServerCapabilities()
        self.partials: list[Any] = []
        self.states: list[Any] = []
        self.registered: list[str] = []
        self._news = asyncio.Event()
        self._versions: dict[str, int] = {}

        @client.feature(PARTIAL)
        def partial(params: Any) -> None:
            self.partials.append(params)
            self._news.set()

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.registered += [registration.method for registration in params.registrations]
            self._news.set()

        @client.feature(types.CLIENT_UNREGISTER_CAPABILITY)
        def unregister(params: types.UnregistrationParams) -> None:
            for gone in params.unregisterations:
                self.registered.remove(gone.method)
            self._news.set()

        @client.feature(STATUS)
        def status(params: Any) -> None:
            self.states.append(params)
            self._news.set()

    def open(self, text: str, uri: str = "file:///t/a.py", language: str = "python") -> str:
        """Open a document."""
        self._versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )
        return uri

    def type(self, uri: str, line: int, character: int, text: str) -> int:
        """Insert text at a position; return the document's new version."""
        return self.replace(uri, line, character, character, text)

    def replace(self, uri: str, line: int, start: int, end: int, text: str) -> int:
        """Replace a part of a line; return the document's new version."""
        self._versions[uri] += 1
        span = types.Range(types.Position(line, start), types.Position(line, end))
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version=self._versions[uri], uri=uri),
                [types.TextDocumentContentChangePartial(range=span, text=text)],
            )
        )
        return self._versions[uri]

    async def complete(
        self, uri: str, line: int, character: int, invoked: bool = False, **context: Any
    ) -> list[types.InlineCompletionItem]:
        """Ask for inline completions."""
        result = await self.client.text_document_inline_completion_async(
            self.params(uri, line, character, invoked, **context)
        )
        assert isinstance(result, types.InlineCompletionList)
        return list(result.items)

    def params(
        self, uri: str, line: int, character: int, invoked: bool = False, **context: Any
    ) -> types.InlineCompletionParams:
        """Make the params of such a request."""
        kind = types.InlineCompletionTriggerKind
        trigger = kind.Invoked if invoked else kind.Automatic
        return types.InlineCompletionParams(
            context=types.InlineCompletionContext(trigger_kind=trigger, **context),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
        )

    async def performance(self) -> dict[str, Any]:
        """Return the server's counters."""
        params: dict[str, Any] = {}
        result = await self.client.protocol.send_request_async("codexLsp/performance", params)
        counters = plain(result)
        assert isinstance(counters, dict)
        return counters

    async def messages(self, count: int) -> list[str]:
        """Return the texts the server has shown, once there are ``count`` of them."""
        while len(self.client.messages) < count:
            await asyncio.sleep(0.01)
        return [message.message for message in self.client.messages]

    async def partials_until(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until the partial completions are what the test waits for."""
        await self.until(lambda: enough(self.partials))
        return self.partials

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true that a message of the server makes true."""
        while not true():
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 60)


Start = Callable[..., Awaitable[Editor]]


@pytest_asyncio.fixture
async def start(model: ModelDir) -> AsyncIterator[Start]:
    """Start servers; they are shut down at the end, and have to leave with 0."""
    editors: list[Editor] = []

    async def start_one(
        options: dict[str, Any] | None = None,
        capabilities: str = "visual-studio-code",
        home: Path | None = None,
        encodings: list[types.PositionEncodingKind | str] | None = None,
        prepare: Callable[[LanguageClient], None] = lambda client: None,
        folder: Path | None = None,
        confined: Sequence[str] = (),
    ) -> Editor:
        environment = {**os.environ, **({} if home is None else {"CODEX_LSP_HOME": str(home)})}
        config = ClientServerConfig([*confined, *SERVER], make_test_lsp_client, environment)
        client = await config.start()
        assert isinstance(client, LanguageClient)
        editors.append(Editor(client))
        can = recorded_capabilities(capabilities)
        if encodings is not None:
            can.general = types.GeneralClientCapabilities(position_encodings=encodings)
        prepare(client)
        result = await client.initialize_session(
            # What is made ahead would take samples as well: with it, a seed fixes nothing. And
            # what the model is unsure of is shown as well.
            types.InitializeParams(
                capabilities=can,
                initialization_options={
                    "seed": 1,
                    "prefetch": False,
                    "profile": "eager",
                    **(options or {}),
                },
                workspace_folders=None
                if folder is None
                else [types.WorkspaceFolder(folder.as_uri(), folder.name)],
            )
        )
        editors[-1].server = result.capabilities
        return editors[-1]

    yield start_one
    for editor in editors:
        await editor.client.shutdown_session()
        server = editor.client._server
        assert server is not None
        assert server.returncode == 0
        await editor.client.stop()
