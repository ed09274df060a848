"""The model's life in the server: found, offered where missing, loaded, replaced, closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from codex_lsp import model_dir
from codex_lsp.completer import Completer
from codex_lsp.engine.base import Engine
from codex_lsp.errors import CodexLspError, ModelNotFoundError
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import CompleterOptions
from codex_lsp.types import CompletionRequest, Rejection, RejectionReason
from codex_lsp_server.settings import Settings
from codex_lsp_server.ui import Report, Ui
from codex_lsp_server.worker import Job, Worker

logger = logging.getLogger(__name__)

GET_IT = "Get the model"
EARLY_WAIT_S = 10.0
"""How long a request that came before the model waits for it."""


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where the server takes a model from that is not installed.

    :ivar default: the name of the default model
    :ivar pull: installs the default model, reporting from any thread; None when it cannot be had
    """

    default: str
    pull: Callable[[Report], ModelDir] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready."""

    model: ModelDir
    engine: Engine
    completer: Completer
    worker: Worker

    def start(self, request: CompletionRequest, options: CompleterOptions) -> Job:
        """Begin to complete ``request``; what is under way is called off."""
        return self.worker.start(self.completer, request, options)

    def warm(self, request: CompletionRequest, options: CompleterOptions) -> None:
        """Read ahead what a request near this one will need, if nothing else is under way."""
        self.worker.warm(self.completer, request, options)


class ModelHost:
    """Keeps at most one model loaded. Its methods are for the event loop's thread."""

    def __init__(self, worker: Worker, ui: Ui, source: ModelSource) -> None:
        self._worker = worker
        self._ui = ui
        self._source = source
        self._key: tuple[object, ...] | None = None
        self._loading: asyncio.Task[Loaded | Rejection] | None = None
        self._offered = False
        self._begun = asyncio.Event()

    def use(self, settings: Settings) -> None:
        """Begin to load what ``settings`` ask for, unless it is loaded already."""
        if self._key == settings.engine_key:
            return
        self._key = settings.engine_key
        self._begun.set()
        previous = self._loading
        self._loading = asyncio.get_running_loop().create_task(self._replace(previous, settings))

    async def ready(self) -> Loaded | Rejection:
        """Return the model, waiting a while for it."""
        if self._loading is None or not self._loading.done():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._settled(), EARLY_WAIT_S)
        if self._loading is None or not self._loading.done():
            return Rejection(RejectionReason.MODEL_LOADING, "The model is still being loaded.")
        if self._loading.cancelled():
            return Rejection(RejectionReason.NO_MODEL, "The server is shutting down.")
        return self._loading.result()

    async def _settled(self) -> None:
        await self._begun.wait()
        while self._loading is not None and not self._loading.done():
            # wait, not await: a request that is called off must not call the loading off.
            await asyncio.wait({self._loading})

    async def close(self) -> None:
        """Stop loading and give the model's memory back."""
        loading, self._loading = self._loading, None
        if loading is not None and not loading.done():
            loading.cancel()
            await asyncio.wait({loading})

        def close_engine() -> None:
            if loading is None or loading.cancelled() or loading.exception() is not None:
                return
            result = loading.result()
            if isinstance(result, Loaded):
                result.engine.close()

        await self._worker.close(close_engine)

    async def _replace(
        self, previous: asyncio.Task[Loaded | Rejection] | None, settings: Settings
    ) -> Loaded | Rejection:
        if previous is not None:
            await asyncio.wait({previous})
            old = None if previous.cancelled() else previous.result()
            if isinstance(old, Loaded):
                self._worker.supersede()
                await self._worker.run(old.engine.close)
        try:
            model = await self._find(settings)
            if isinstance(model, Rejection):
                return model
            async with self._ui.progress("codex-lsp: loading the model"):
                return await self._worker.run(lambda: load(model, settings, self._worker))
        except CodexLspError as error:
            self._ui.error(f"codex-lsp: {error}")
            return Rejection(RejectionReason.NO_MODEL, str(error))
        except Exception as error:  # a request must get an answer whatever happened
            logger.error("loading the model failed: %s", type(error).__name__)
            text = f"The model could not be loaded ({type(error).__name__}); run codex-lsp doctor."
            self._ui.error(f"codex-lsp: {text}")
            return Rejection(RejectionReason.NO_MODEL, text)

    async def _find(self, settings: Settings) -> ModelDir | Rejection:
        name = settings.model or self._source.default
        try:
            return model_dir.find(name)
        except ModelNotFoundError:
            if settings.model and settings.model != self._source.default:
                raise
        text = f"The default model ({name}) is not installed yet"
        if self._source.pull is None or self._offered:
            wanted: bool | None = None
        else:
            self._offered = True
            wanted = await self._ui.ask(
                f"codex-lsp: {text}. Getting it downloads 93 MB, once.", GET_IT
            )
        if not wanted:
            text += "; `codex-lsp models pull` gets it (93 MB)."
            if wanted is None:
                self._ui.warning(f"codex-lsp: {text}")
            return Rejection(RejectionReason.NO_MODEL, text)
        return await self._pull()

    async def _pull(self) -> ModelDir:
        pull = self._source.pull
        assert pull is not None
        loop = asyncio.get_running_loop()
        async with self._ui.progress("codex-lsp: getting the model") as report:

            def from_thread(message: str, percentage: int | None) -> None:
                loop.call_soon_threadsafe(report, message, percentage)

            return await loop.run_in_executor(None, pull, from_thread)


def load(model: ModelDir, settings: Settings, worker: Worker) -> Loaded:
    """Load a model; takes a second, so it belongs on the worker's thread."""
    # Imported here: CTranslate2 and NumPy take time that the answer to `initialize` need not wait.
    from codex_lsp.engine.ct2 import CTranslate2Engine
    from codex_lsp.options import EngineOptions

    options = EngineOptions(
        settings.device,
        settings.compute_type,
        settings.threads,
        settings.seed,
        settings.max_cache_memory_mb,
    )
    engine = CTranslate2Engine(model, options)
    return Loaded(model, engine, Completer(engine, model.description), worker)
