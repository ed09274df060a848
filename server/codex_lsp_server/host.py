"""The model's life in the server: found, offered where missing, loaded, replaced, restarted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from codex_lsp import model_dir
from codex_lsp.errors import CodexLspError, EngineCrashedError, ModelNotFoundError
from codex_lsp.model_dir import ModelDir
from codex_lsp.options import CompleterOptions
from codex_lsp.process.messages import EngineFacts
from codex_lsp.tuning import store
from codex_lsp.tuning.machine import this_machine
from codex_lsp.tuning.measured import Measured
from codex_lsp.types import CompletionRequest, Rejection, RejectionReason
from codex_lsp_server.calibrating import Command, tune_command, tuned
from codex_lsp_server.crashes import Restarts
from codex_lsp_server.settings import Settings
from codex_lsp_server.ui import Report, Ui
from codex_lsp_server.worker import Job, Worker

logger = logging.getLogger(__name__)

GET_IT = "Get the model"
EARLY_WAIT_S = 10.0
"""How long a request that came before the model waits for it."""
LOOK_AGAIN_S = 1.0
"""A model that was not installed is looked for again at a request, this often at most."""


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
    """A model that is ready.

    :ivar measured: what was measured for it on this machine; None if nothing was
    """

    model: ModelDir
    worker: Worker
    measured: Measured | None = None

    def options(self, settings: Settings) -> CompleterOptions:
        """Return the options for one completion, sized for this machine."""
        tuned_settings = tuned(settings, self.model, self.measured)
        return tuned_settings.completer_options(self.model.description.sampling)

    def start(self, request: CompletionRequest, options: CompleterOptions) -> Job:
        """Begin to complete ``request``; what is under way is called off."""
        return self.worker.start(request, options)

    def warm(self, request: CompletionRequest, options: CompleterOptions) -> None:
        """Read ahead what a request near this one will need, if nothing else is under way."""
        self.worker.warm(request, options)


class ModelHost:
    """Keeps at most one model loaded. Its methods are for the event loop's thread.

    :ivar engine_facts: of the engine that runs now; None while there is none
    :ivar on_loading: called whenever a model begins to be loaded, also by a process started again
    """

    def __init__(self, worker: Worker, ui: Ui, source: ModelSource) -> None:
        self._worker = worker
        self._ui = ui
        self._source = source
        self._settings = Settings()
        self._key: tuple[object, ...] | None = None
        self._loading: asyncio.Task[Loaded | Rejection] | None = None
        self._question: asyncio.Task[bool | None] | None = None
        self._asking = self._answered = False
        self._pulling: asyncio.Task[ModelDir] | None = None
        self._missing_since: float | None = None
        self._begun = asyncio.Event()
        self._restarts = Restarts()
        self._gave_up = False
        self.engine_facts: EngineFacts | None = None
        self.on_loading: Callable[[], None] = lambda: None
        worker.on_crash = self._crashed

    def use(self, settings: Settings) -> None:
        """Begin to load what ``settings`` ask for, unless it is loaded already."""
        self._settings = settings
        if self._key == settings.engine_key and not self._gave_up and not self._is_there_by_now():
            return
        self._key = settings.engine_key
        self._begin_anew()

    async def ready(self, by_hand: bool = False) -> Loaded | Rejection:
        """Return the model, waiting a while for it.

        :param by_hand: the user has asked for it, so that an engine that was given up, and a model
            that was not there, are tried again
        """
        if by_hand and (self._gave_up or self._has_no_model()):
            self._begin_anew()
        elif self._is_there_by_now():
            self._begin_anew()
        if self._loading is None or not self._loading.done():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._settled(), EARLY_WAIT_S)
        if self._loading is None or not self._loading.done():
            return Rejection(RejectionReason.MODEL_LOADING, "The model is still being loaded.")
        if self._loading.cancelled():
            return Rejection(RejectionReason.NO_MODEL, "The server is shutting down.")
        return self._loading.result()

    def tune_command(self) -> Command | None:
        """Return the command that measures the loaded model; None when that is not wanted now."""
        loaded = self._result()
        if not isinstance(loaded, Loaded):
            return None
        return tune_command(self._settings, loaded.model, loaded.measured)

    def reload(self) -> None:
        """Load the model anew: something it is loaded with has changed."""
        if self._loading is not None:
            self._begin_anew()

    async def _settled(self) -> None:
        await self._begun.wait()
        while self._loading is not None and not self._loading.done():
            # wait, not await: a request that is called off must not call the loading off.
            await asyncio.wait({self._loading})

    async def close(self) -> None:
        """Stop loading, and have the engine's process leave."""
        loading, self._loading = self._loading, None
        self.engine_facts = None
        if loading is not None and not loading.done():
            loading.cancel()
            await asyncio.wait({loading})
        for task in (self._question, self._pulling):
            if task is not None:
                task.cancel()
        await self._worker.close()

    def _result(self) -> Loaded | Rejection | None:
        """Return what has come of loading; None while it goes on, or when it was called off."""
        loading = self._loading
        return loading.result() if loading and loading.done() and not loading.cancelled() else None

    def _has_no_model(self) -> bool:
        result = self._result()
        return isinstance(result, Rejection) and result.reason is RejectionReason.NO_MODEL

    def _is_there_by_now(self) -> bool:
        """Say whether the model was missing, and the user has got it in a terminal since.

        He may have done so instead of answering.
        """
        now = time.monotonic()
        if self._missing_since is None or now < self._missing_since + LOOK_AGAIN_S:
            return False
        self._missing_since = now
        try:
            model_dir.find(self._settings.model or self._source.default)
        except CodexLspError:
            return False
        return self._asking or self._has_no_model()

    def _begin_anew(self) -> None:
        self._gave_up = False
        self._restarts.forget()
        self._begin("")

    def _crashed(self, cause: str) -> None:
        # Whoever is loading meets a process that has died, or starts another anyway.
        if self._loading is not None and self._loading.done():
            self._begin(cause)

    def _begin(self, cause: str) -> None:
        """Begin to bring the engine up, after what was begun before has come to its end."""
        self.engine_facts = None
        self._missing_since = None
        self._begun.set()
        previous = self._loading
        if previous is not None and (self._asking or self._pulling is not None):
            # The user may never answer, and has chosen another model meanwhile; or the same with
            # other settings, which waits for what is being got as well.
            previous.cancel()
        self._loading = asyncio.get_running_loop().create_task(self._bring_up(previous, cause))
        self.on_loading()

    async def _bring_up(
        self, previous: asyncio.Task[Loaded | Rejection] | None, cause: str
    ) -> Loaded | Rejection:
        """Load the model.

        A process that dies over it is started again, some times.

        :param cause: why the process before has died; empty when it has not
        """
        if previous is not None:
            await asyncio.wait({previous})
            if not cause and not previous.cancelled() and isinstance(previous.result(), Loaded):
                await self._worker.close()
        while True:
            if cause:
                delay = self._restarts.delay(time.monotonic())
                if delay is None:
                    return self._give_up(cause)
                self._ui.warning(f"codex-lsp: {cause}; it is being started again.")
                await asyncio.sleep(delay)
            try:
                result = await self._load(self._settings)
            except EngineCrashedError as error:
                cause = str(error)
                continue
            if isinstance(result, Rejection) or self._worker.running:
                return result
            cause = "The engine's process has ended"

    def _give_up(self, cause: str) -> Rejection:
        self._gave_up = True
        text = (
            f"{cause}, as it did too often in the last minutes, so it is not started again: close "
            "what takes memory, choose a smaller codexLsp.model or run codex-lsp doctor, then "
            "change a setting or ask for a completion by hand."
        )
        self._ui.error(f"codex-lsp: {text}")
        return Rejection(RejectionReason.ENGINE_FAILED, text)

    async def _load(self, settings: Settings) -> Loaded | Rejection:
        """Find the model and load it.

        :raises EngineCrashedError: the engine's process has died over it
        """
        try:
            model = await self._find(settings)
            if isinstance(model, Rejection):
                return model
            self._missing_since = None
            async with self._ui.progress("codex-lsp: loading the model"):
                measured = store.usable(model, this_machine(settings.engine_options()))
                options = tuned(settings, model, measured).engine_options()
                facts = await self._worker.load(model.path.absolute(), options)
        except EngineCrashedError:
            raise
        except CodexLspError as error:
            if isinstance(error, ModelNotFoundError):
                self._missing_since = time.monotonic()
            self._ui.error(f"codex-lsp: {error}")
            return Rejection(RejectionReason.NO_MODEL, str(error))
        except Exception as error:  # a request must get an answer whatever happened
            logger.error("loading the model failed: %s", type(error).__name__)
            text = f"The model could not be loaded ({type(error).__name__}); run codex-lsp doctor."
            self._ui.error(f"codex-lsp: {text}")
            return Rejection(RejectionReason.NO_MODEL, text)
        sizes = "no measurements" if measured is None else "what was measured here"
        logger.info("loaded with %d threads, sized by %s", facts.threads, sizes)
        self.engine_facts = replace(facts, restarts=self._restarts.count)
        return Loaded(model, self._worker, measured)

    async def _find(self, settings: Settings) -> ModelDir | Rejection:
        name = settings.model or self._source.default
        try:
            return model_dir.find(name)
        except ModelNotFoundError:
            if settings.model and settings.model != self._source.default:
                raise
        if self._pulling is not None:
            return await asyncio.shield(self._pulling)
        text = f"The default model ({name}) is not installed yet"
        self._missing_since = time.monotonic()
        wanted = await self._is_wanted(text)
        if not wanted:
            text += "; `codex-lsp models pull` gets it (93 MB)"
            if others := ", ".join(path.name for path in model_dir.installed()):
                text += f", and the setting `model` uses another that is installed: {others}"
            text += "."
            if wanted is None:
                self._ui.warning(f"codex-lsp: {text}")
            return Rejection(RejectionReason.NO_MODEL, text)
        self._pulling = asyncio.get_running_loop().create_task(self._pull())
        self._pulling.add_done_callback(self._pulled)
        return await asyncio.shield(self._pulling)

    def _pulled(self, pulling: asyncio.Task[ModelDir]) -> None:
        self._pulling = None
        if not pulling.cancelled():
            pulling.exception()  # told to whoever waits, if anybody still does

    async def _is_wanted(self, missing: str) -> bool | None:
        """Ask whether to get the default model, once a session; None when it cannot be asked.

        The question stays open when whoever asks is called off: who asks next gets its answer.
        """
        if self._source.pull is None or self._answered:
            return None
        if self._question is None:
            text = f"codex-lsp: {missing}. Getting it downloads 93 MB, once."
            self._question = asyncio.get_running_loop().create_task(self._ui.ask(text, GET_IT))
        self._asking = True
        try:
            wanted = await asyncio.shield(self._question)
        finally:
            self._asking = False
        self._answered = True
        return wanted

    async def _pull(self) -> ModelDir:
        pull = self._source.pull
        assert pull is not None
        loop = asyncio.get_running_loop()
        async with self._ui.progress("codex-lsp: getting the model") as report:

            def from_thread(message: str, percentage: int | None) -> None:
                loop.call_soon_threadsafe(report, message, percentage)

            return await _in_thread(lambda: pull(from_thread))


async def _in_thread(work: Callable[[], ModelDir]) -> ModelDir:
    """Do what blocks in a thread of its own, for which nobody waits when the server leaves.

    The interpreter does not end before all threads of the event loop's executor have.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[ModelDir] = loop.create_future()

    def settle(model: ModelDir | None, error: Exception | None) -> None:
        if result.done():  # called off
            return
        if model is not None:
            result.set_result(model)
        elif error is not None:
            result.set_exception(error)

    def run() -> None:
        model, error = None, None
        try:
            model = work()
        except Exception as failure:  # whoever waits gets it
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(settle, model, error)

    threading.Thread(target=run, name="codex-lsp-pull", daemon=True).start()
    return await result
