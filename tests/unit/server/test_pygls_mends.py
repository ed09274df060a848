"""The mends of pygls that need no process. Those of the transport are in tests/e2e."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types

from codex_lsp_server.messages import label
from codex_lsp_server.pygls_mends import (
    MendedServer,
    describe_exception,
    serve_descriptors,
    silence_library_loggers,
)
from tests.e2e.raw_client import frame, notification
from tests.unit.server.session import Session

URI = "untitled:Untitled-1"
MARKER = "xyzzy_marker_41"
NOTEBOOK = "file:///n.ipynb"


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((), "utf-16"),
        (("utf-8", "utf-16"), "utf-8"),
        (("utf-16", "utf-8"), "utf-16"),
        (("utf-32", "utf-8"), "utf-32"),
        (("utf-7", "utf-32"), "utf-32"),
        (("utf-7",), "utf-16"),
    ],
)
def test_the_clients_first_known_encoding_is_taken(offered: tuple[str, ...], chosen: str) -> None:
    session = Session(initialize=False)
    assert session.initialize(*offered)["positionEncoding"] == chosen
    assert session.server.documents.encoding == chosen


class TestNewerClients:
    """Clients that know more of the protocol than we do."""

    def initialize(self, session: Session, **params: Any) -> Any:
        given = {"processId": None, "rootUri": None, "capabilities": {}, **params}
        session.receive({"id": 0, "method": "initialize", "params": given})
        return session.sent.pop()

    @pytest.mark.parametrize(
        "capabilities",
        [
            {"workspace": {"symbol": {"symbolKind": {"valueSet": [1, 99]}}}},
            {"workspace": {"workspaceEdit": {"resourceOperations": ["create", "undo"]}}},
            {"textDocument": {"publishDiagnostics": {"tagSupport": {"valueSet": [1, 99]}}}},
            {
                "textDocument": {
                    "semanticTokens": {
                        "requests": {},
                        "tokenTypes": [],
                        "tokenModifiers": [],
                        "formats": ["absolute"],
                    }
                }
            },
        ],
    )
    def test_what_is_of_no_interest_here_is_left_out(self, capabilities: Any) -> None:
        session = Session(initialize=False)
        known = {"general": {"positionEncodings": ["utf-8"]}}
        answer = self.initialize(session, capabilities={**known, **capabilities}, trace="compact")
        assert answer["result"]["capabilities"]["positionEncoding"] == "utf-8"

    def test_no_more_than_that_is_left_out(self) -> None:
        session = Session(initialize=False)
        formats = {"documentationFormat": ["asciidoc", "markdown"], "labelDetailsSupport": True}
        completion = {"dynamicRegistration": True, "insertTextMode": 99, "completionItem": formats}
        folders = [{"uri": "file:///here", "name": "here"}, {"uri": 5}]
        self.initialize(
            session,
            capabilities={"textDocument": {"completion": completion}},
            workspaceFolders=folders,
        )
        document = session.server.client_capabilities.text_document
        assert document is not None
        assert document.completion == types.CompletionClientCapabilities(
            dynamic_registration=True,
            completion_item=types.ClientCompletionItemOptions(
                label_details_support=True, documentation_format=(types.MarkupKind.Markdown,)
            ),
        )
        assert session.server.documents.folder_uris == ["file:///here"]

    def test_who_sends_no_capabilities_is_told_so(self) -> None:
        answer = self.initialize(Session(initialize=False), capabilities=None)
        assert answer["error"] == {"code": -32602, "message": "The params do not fit the method."}


@pytest.mark.parametrize(
    ("folders", "then"),
    [(None, ["file:///root"]), ([], ["file:///root"]), (["file:///root"], [])],
)
def test_a_root_that_is_a_folder_can_be_taken_away(
    folders: list[str] | None, then: list[str]
) -> None:
    session = Session(initialize=False)
    given = folders and [{"uri": uri, "name": "root"} for uri in folders]
    root = {"rootUri": "file:///root", "workspaceFolders": given}
    params = {"processId": None, "capabilities": {}, **root}
    session.receive({"id": 0, "method": "initialize", "params": params})
    assert session.server.documents.folder_uris == ["file:///root"]
    gone = {"added": [], "removed": [{"uri": "file:///root", "name": "root"}]}
    session.notify("workspace/didChangeWorkspaceFolders", {"event": gone})
    assert session.server.documents.folder_uris == then


class TestDocuments:
    def test_a_document_that_is_not_open(self, session: Session, tmp_path: Any) -> None:
        path = tmp_path / "a.py"
        path.write_text("on disk")
        for uri in (URI, path.as_uri(), "nonsense", "file://["):
            assert session.server.documents.get_open_document(uri) is None
            assert session.server.documents.get_text_document(uri).source == ""
            assert session.server.documents.get_open_document(uri) is None

    def test_a_change_of_a_document_that_is_not_open(
        self, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        session.change(URI, 2, [{"text": MARKER}])
        assert session.text(URI) is None
        assert "not open" in caplog.text
        assert MARKER not in caplog.text

    def test_a_change_that_cannot_be_read_makes_the_document_unknown(
        self, session: Session
    ) -> None:
        session.open(URI, "a")
        session.change(URI, 2, [{"txt": "b"}])
        assert session.text(URI) is None
        session.open(URI, "b", version=3)
        session.notify("textDocument/didChange", {"contentChanges": [{"text": "c"}]})
        assert session.text(URI) == "b"

    def test_opened_twice_closed_once(self, session: Session) -> None:
        session.open(URI, "a")
        session.open(URI, "b", version=5)
        assert session.text(URI) == "b"
        session.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        assert session.text(URI) is None
        session.notify("textDocument/didClose", {"textDocument": {"uri": URI}})

    def test_what_clients_get_wrong_in_a_change(self, session: Session) -> None:
        session.open(URI, "a")
        session.change(URI, 2, [{"range": None, "rangeLength": -1, "text": "b"}])
        assert session.text(URI) == "b"

    def test_the_version_follows_without_a_change(self, session: Session) -> None:
        session.open(URI, "a")
        session.change(URI, 7, [])
        document = session.server.documents.get_open_document(URI)
        assert document is not None
        assert document.snapshot().version == 7

    def test_the_uri_in_another_spelling(self, session: Session) -> None:
        session.open("file:///a%20b%3A.py", "a")
        assert session.text("file:///a b:.py") == "a"

    def test_params_keep_their_positions(self) -> None:
        session = Session()
        seen: list[types.DidChangeTextDocumentParams] = []

        @session.server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
        def changed(params: types.DidChangeTextDocumentParams) -> None:
            seen.append(params)

        session.open(URI, "ab")
        ends = {"start": {"line": 0, "character": 50}, "end": {"line": 9, "character": 9}}
        session.change(URI, 2, [{"range": ends, "text": "c"}])
        (change,) = seen[0].content_changes
        assert isinstance(change, types.TextDocumentContentChangePartial)
        assert change.range.start.character == 50
        assert session.text(URI) == "abc"


class TestNotebooks:
    def cell(self, number: int, text: str) -> dict[str, Any]:
        return {"uri": f"cell:{number}", "languageId": "python", "version": 1, "text": text}

    @pytest.fixture
    def notebook(self, session: Session) -> Session:
        cells = [{"kind": 2, "document": f"cell:{number}"} for number in (1, 2)]
        document = {"uri": NOTEBOOK, "notebookType": "jupyter", "version": 1, "cells": cells}
        texts = [self.cell(1, "one\f\n"), self.cell(2, "two")]
        params = {"notebookDocument": document, "cellTextDocuments": texts}
        session.notify("notebookDocument/didOpen", params)
        return session

    def change(self, session: Session, cells: dict[str, Any], uri: str = NOTEBOOK) -> None:
        params = {"notebookDocument": {"uri": uri, "version": 2}, "change": {"cells": cells}}
        session.notify("notebookDocument/didChange", params)

    def test_cells_are_documents(self, notebook: Session) -> None:
        ends = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
        change = {"range": ends, "text": "more"}
        text = {"document": {"uri": "cell:1", "version": 2}, "changes": [change]}
        self.change(notebook, {"textContent": [text]})
        assert notebook.text("cell:1") == "one\f\nmore"
        found = notebook.server.documents.get_notebook_document(cell_uri="cell:1")
        assert found is not None
        assert found.uri == NOTEBOOK

    def test_cells_come_and_go(self, notebook: Session) -> None:
        array = {"start": 1, "deleteCount": 1, "cells": [{"kind": 2, "document": "cell:3"}]}
        structure = {
            "array": array,
            "didOpen": [self.cell(3, "three")],
            "didClose": [{"uri": "cell:2"}],
        }
        self.change(notebook, {"structure": structure})
        assert [notebook.text(f"cell:{number}") for number in (1, 2, 3)] == [
            "one\f\n",
            None,
            "three",
        ]
        cells = [{"uri": "cell:1"}, {"uri": "cell:3"}]
        params = {"notebookDocument": {"uri": NOTEBOOK}, "cellTextDocuments": cells}
        notebook.notify("notebookDocument/didClose", params)
        assert notebook.text("cell:1") is None

    def test_a_notebook_that_is_not_open(
        self, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.change(session, {}, uri="file:///other.ipynb")
        assert "notebook that is not open" in caplog.text
        assert session.sent == []


class TestMessages:
    def test_a_nested_jsonrpc_key_is_data(self, session: Session) -> None:
        seen: list[Any] = []

        @session.server.feature("test/data")
        def take(params: Any) -> str:
            seen.append(params)
            return "taken"

        params = {"inner": {"jsonrpc": "2.0", "id": 1, "method": "initialize"}, "class": [1]}
        session.receive({"id": 1, "method": "test/data", "params": params})
        assert seen == [params]
        assert session.sent == [{"jsonrpc": "2.0", "id": 1, "result": "taken"}]

    def test_a_handler_that_does_not_take_the_params(self, session: Session) -> None:
        @session.server.feature("test/none")
        async def none() -> None:
            pass

        session.receive({"id": 1, "method": "test/none"})
        assert session.sent[0]["error"]["code"] == -32603

    def test_deep_nesting(self, session: Session) -> None:
        body = b'{"jsonrpc":"2.0","id":1,"method":"foo","params":' + b"[" * 10**5 + b"]" * 10**5
        session.protocol.handle_body(body + b"}")
        assert session.sent[0]["error"]["code"] in (-32700, -32601)

    def test_an_initialize_handler_that_fails_can_be_tried_again(self) -> None:
        session = Session(initialize=False)
        tries: list[Any] = []

        @session.server.feature(types.INITIALIZE)
        def initialize(params: types.InitializeParams) -> None:
            tries.append(params)
            if len(tries) == 1:
                raise ValueError(MARKER)

        params = {"processId": None, "rootUri": None, "capabilities": {}}
        session.receive({"id": 1, "method": "initialize", "params": params})
        assert session.sent.pop()["error"]["code"] == -32603
        session.receive({"id": 2, "method": "test/x"})
        assert session.sent.pop()["error"]["code"] == -32002
        assert session.initialize()["positionEncoding"] == "utf-16"
        assert len(tries) == 2

    def test_initialized_without_params_reaches_its_handler(self, session: Session) -> None:
        seen: list[Any] = []

        @session.server.feature(types.INITIALIZED)
        def initialized(params: types.InitializedParams) -> None:
            seen.append(params)

        session.receive({"method": "initialized"})
        assert seen == [types.InitializedParams()]

    async def test_nothing_is_kept_of_notifications(self, session: Session) -> None:
        seen: list[int] = []

        @session.server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
        async def changed(params: types.DidChangeTextDocumentParams) -> None:
            seen.append(params.text_document.version)

        session.open(URI, "")
        for version in range(2, 22):
            session.change(URI, version, [{"text": "x"}])
        while len(seen) < 20:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert session.protocol._request_futures == {}

    async def test_a_request_that_nobody_waits_for_any_more(self, session: Session) -> None:
        waiting = asyncio.ensure_future(
            session.server.workspace_configuration_async(types.ConfigurationParams([]))
        )
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        session.receive({"id": session.sent[0]["id"], "result": []})
        assert session.protocol._request_futures == {}
        assert session.protocol._result_types == {}

    async def test_a_request_that_json_cannot_carry(self, session: Session) -> None:
        future = session.protocol.send_request("test/ask", {"value": float("inf")})
        assert future.exception(timeout=0) is not None
        assert session.protocol._request_futures == {}

    async def test_a_request_after_the_end(self, session: Session) -> None:
        await session.protocol.close()
        with pytest.raises(Exception, match="has left"):
            await session.protocol.send_request_async("test/ask")
        session.server.window_show_message(types.ShowMessageParams(types.MessageType.Info, "x"))
        assert session.sent == []

    async def test_shutdown_survives_a_failing_handler(self, session: Session) -> None:
        @session.server.feature(types.SHUTDOWN)
        async def shutdown(params: None) -> None:
            raise ValueError(MARKER)

        session.receive({"id": 1, "method": "shutdown"})
        while not session.sent:
            await asyncio.sleep(0)
        assert session.sent == [{"jsonrpc": "2.0", "id": 1, "result": None}]
        assert session.protocol.exit_code == 0


class TestQuiet:
    @pytest.fixture
    def restored(self) -> Iterator[None]:
        names = ("pygls", "pygls.protocol.json_rpc", "asyncio", "concurrent.futures")
        loggers = [logging.getLogger(name) for name in names]
        before = [(one.level, one.propagate, list(one.handlers)) for one in loggers]
        yield
        for one, (level, propagate, handlers) in zip(loggers, before, strict=True):
            one.setLevel(level)
            one.propagate = propagate
            one.handlers = handlers

    def test_library_loggers_say_nothing(
        self,
        restored: None,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        logging.getLogger("pygls.protocol.json_rpc").setLevel(logging.DEBUG)
        silence_library_loggers()
        silence_library_loggers()
        for name in ("pygls.protocol.json_rpc", "pygls.new", "asyncio", "concurrent.futures"):
            logging.getLogger(name).critical(MARKER)
            assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL)
        logging.getLogger("pygls.protocol.json_rpc").setLevel(logging.DEBUG)  # changed later on
        logging.getLogger("pygls.protocol.json_rpc").critical(MARKER)
        assert MARKER not in capsys.readouterr().err
        assert MARKER not in caplog.text

    def test_an_exception_is_described_without_values(self) -> None:
        def fail(text: str) -> None:
            raise ValueError(text)

        with pytest.raises(ValueError) as caught:
            fail(MARKER)
        described = describe_exception(caught.value)
        assert described.startswith("ValueError (")
        assert "test_pygls_mends.py:" in described
        assert "in fail" in described
        assert MARKER not in described
        assert describe_exception(KeyError(MARKER)) == "KeyError (no traceback)"

    def test_a_method_in_the_log(self) -> None:
        assert label("$/setTrace") == "$/setTrace"
        assert label("def secret():\n    pass") == "no method"
        assert label("x" * 1000) == "no method"

    def test_errors_are_not_shown_to_the_user(
        self, session: Session, caplog: pytest.LogCaptureFixture
    ) -> None:
        session.server.report_server_error(ValueError(MARKER), ValueError)
        assert session.sent == []
        assert "ValueError" in caplog.text
        assert MARKER not in caplog.text


class TestServing:
    """The main loop in this process, on two pipes."""

    def serve(self, *messages: object, rest: bytes = b"") -> tuple[int, bytes]:
        ours, theirs = os.pipe(), os.pipe()
        try:
            os.write(ours[1], b"".join(map(frame, messages)) + rest)
            os.close(ours[1])
            code = serve_descriptors(MendedServer("test", "1"), ours[0], theirs[1])
        finally:
            os.close(theirs[1])
            os.close(ours[0])
        with os.fdopen(theirs[0], "rb") as stream:
            return code, stream.read()

    def test_a_session(self) -> None:
        params = {"processId": None, "rootUri": None, "capabilities": {}}
        code, output = self.serve(
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params},
            {"jsonrpc": "2.0", "id": 2, "method": "shutdown"},
            notification("exit"),
        )
        assert code == 0
        assert output.count(b"Content-Length: ") == 2

    @pytest.mark.parametrize("method", ["test/leave", "test/leaveAtOnce"])
    def test_a_handler_that_wants_to_leave(self, method: str) -> None:
        server = MendedServer("test", "1")
        closed: list[bool] = []

        @server.feature("test/leave")
        async def leave(params: Any) -> None:
            raise SystemExit(7)

        @server.feature("test/leaveAtOnce")
        def leave_at_once(params: Any) -> None:
            raise SystemExit(7)

        async def on_close() -> None:
            closed.append(True)

        ours, theirs = os.pipe(), os.pipe()
        params = {"processId": None, "rootUri": None, "capabilities": {}}
        first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
        os.write(ours[1], frame(first) + frame({**first, "id": 2, "method": method}))
        assert serve_descriptors(server, ours[0], theirs[1], on_close) == 1
        assert closed == [True]
        for fd in (ours[1], ours[0], *theirs):
            os.close(fd)
