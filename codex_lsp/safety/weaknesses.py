"""What may be wrong with a candidate. Values are stable: they are part of the protocol."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum


class Weakness(Enum):
    """One way to be insecure, whatever the language."""

    ECB_MODE = "ecb_mode"
    SHORT_KEY = "short_key"
    WEAK_CIPHER = "weak_cipher"
    WEAK_HASH = "weak_hash"
    SHELL_COMMAND = "shell_command"
    UNVERIFIED_TLS = "unverified_tls"
    UNVERIFIED_HOST = "unverified_host"
    OLD_TLS = "old_tls"
    HARD_CODED_PASSWORD = "hard_coded_password"
    EVAL = "eval"
    UNSAFE_LOAD = "unsafe_load"
    UNSAFE_ARCHIVE = "unsafe_archive"
    DEBUG_SERVER = "debug_server"


_SENTENCES: Mapping[Weakness, str] = types.MappingProxyType(
    {
        Weakness.ECB_MODE: "ECB mode shows where blocks of the plain text are equal.",
        Weakness.SHORT_KEY: "RSA keys under 2,048 bits can be broken.",
        Weakness.WEAK_CIPHER: "This cipher is broken.",
        Weakness.WEAK_HASH: "This hash is broken for security.",
        Weakness.SHELL_COMMAND: "A shell runs text that may come from outside.",
        Weakness.UNVERIFIED_TLS: "The server's certificate is not verified.",
        Weakness.UNVERIFIED_HOST: "The host's key is not verified.",
        Weakness.OLD_TLS: "This version of SSL or TLS is broken.",
        Weakness.HARD_CODED_PASSWORD: "A password stands in the code.",
        Weakness.EVAL: "Text is run as code.",
        Weakness.UNSAFE_LOAD: "Loading this text can run code.",
        Weakness.UNSAFE_ARCHIVE: "The archive can write files outside of the folder.",
        Weakness.DEBUG_SERVER: "The debugger of this server runs code for anybody.",
    }
)


def sentence(code: str) -> str:
    """Return what a finding means, in one sentence for the user.

    :param code: a weakness' value, as :class:`~codex_lsp.types.Alternative` carries it
    :raises ValueError: there is no such weakness
    """
    return _SENTENCES[Weakness(code)]
