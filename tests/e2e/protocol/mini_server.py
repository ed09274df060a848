"""A small server on the mended protocol, with handlers that are slow, fail, print and ask.

Run as a program. The first argument, if any, is the log level.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from typing import Any

from lsprotocol import types

from codex_lsp.errors import UsageError
from codex_lsp_server.pygls_mends import MendedServer, serve_stdio, silence_library_loggers


def make_server() -> MendedServer:
    """The server with its test handlers."""
    server = MendedServer(
        "mini",
        "1",
        notebook_document_sync=types.NotebookDocumentSyncOptions(
            notebook_selector=[
                types.NotebookDocumentFilterWithCells(
                    cells=[types.NotebookCellLanguage(language="*")]
                )
            ]
        ),
    )
    register_slow(server)
    register_failing(server)
    register_talking(server)
    return server


def register_slow(server: MendedServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def slow(params: types.InlineCompletionParams) -> None:
        document = server.documents.get_open_document(params.text_document.uri)
        version = None if document is None else document.version
        server.protocol.notify("test/started", {"version": version})
        await asyncio.Event().wait()

    @server.feature("test/stubborn")
    async def stubborn(params: Any) -> str:
        server.protocol.notify("test/started", {})
        for _ in range(100):
            try:
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                continue
        return "never mind"

    @server.command("test.slow")
    async def slow_command() -> None:
        server.protocol.notify("test/started", {})
        try:
            await asyncio.Event().wait()
        finally:
            server.protocol.notify("test/ended", {})

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.protocol.notify("test/started", {})
        await asyncio.Event().wait()


def register_failing(server: MendedServer) -> None:
    def text_of(params: Any) -> str:
        document = server.documents.get_open_document(params["uri"])
        return "" if document is None else document.source

    @server.feature("test/fail")
    async def fail(params: Any) -> None:
        raise ValueError(text_of(params))

    @server.feature("test/failSoon")
    def fail_soon(params: Any) -> None:
        raise RuntimeError(text_of(params))

    @server.feature("test/refuse")
    async def refuse(params: Any) -> None:
        raise UsageError("There is no such place in the document.")

    @server.feature("test/failLater")
    async def fail_later(params: Any) -> None:
        async def lost() -> None:
            raise ValueError(text_of(params))

        asyncio.ensure_future(lost())

    @server.feature("test/unsendable")
    async def unsendable(params: Any) -> Any:
        return {"text": text_of(params), "value": float("nan")}

    @server.feature("test/failQuietly")
    async def fail_notification(params: Any) -> None:
        raise ValueError(text_of(params))


def register_talking(server: MendedServer) -> None:
    @server.feature("test/text")
    async def text(params: Any) -> Any:
        document = server.documents.get_open_document(params["uri"])
        return None if document is None else [document.version, document.snapshot().text]

    @server.feature("test/print")
    async def talk(params: Any) -> str:
        print("stray print", flush=True)  # noqa: T201
        os.write(1, b"Content-Length: 2\r\n\r\n{}")
        code = "print('from a child'); print(repr(input()))"
        subprocess.run([sys.executable, "-c", code], check=False)
        return "printed"

    @server.feature("test/ask")
    async def ask(params: Any) -> Any:
        try:
            if params == "message":
                answer: Any = await server.window_show_message_request_async(
                    types.ShowMessageRequestParams(types.MessageType.Info, "Well?")
                )
            else:
                answer = await server.workspace_configuration_async(
                    types.ConfigurationParams([types.ConfigurationItem(section="x")])
                )
        except Exception as error:
            return {"error": type(error).__name__, "message": str(error)}
        return {"answer": answer}


def main() -> int:
    """Serve, and say on standard error that the closing hook ran, if asked to."""
    level = sys.argv[1] if len(sys.argv) > 1 else "WARNING"
    logging.basicConfig(level=level, stream=sys.stderr)
    silence_library_loggers()

    async def on_close() -> None:
        await asyncio.sleep(0)
        if os.environ.get("MINI_CLOSE") == "hang":
            await asyncio.Event().wait()
        if os.environ.get("MINI_CLOSE") == "say":
            sys.stderr.write("closed\n")

    return serve_stdio(make_server(), on_close, close_limit_s=2.0)


if __name__ == "__main__":
    sys.exit(main())
