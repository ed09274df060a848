"""The rules by language, as patterns over text whose comments are painted over.

A rule that needs what stands in strings says so; the others see code only. Each is written so that
its secure counterpart does not meet it (``tests/unit/safety/cases.py`` has a pair for each).
"""

from __future__ import annotations

import re
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from codex_lsp.safety.masking import code_only, without_comments
from codex_lsp.safety.weaknesses import Weakness


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern.

    :ivar strings: what stands in strings is looked at, too
    """

    weakness: Weakness
    pattern: re.Pattern[str]
    strings: bool = False


def _code(weakness: Weakness, pattern: str) -> Rule:
    return Rule(weakness, re.compile(pattern, re.DOTALL))


def _text(weakness: Weakness, pattern: str) -> Rule:
    return Rule(weakness, re.compile(pattern, re.DOTALL), strings=True)


_SHORT = r"(?:\d{1,3}|1\d{3}|20[0-3]\d|204[0-7])\b(?!\s*(?:[*+.]|<<))"
"""A number of bits under 2,048 that nothing is made of: ``2 * 1024`` is none."""
_LITERAL = r"""(?:"[^"]*"|'[^']*'|`[^`$]*`)\s*[,)]"""
"""A first argument that is written out, so nothing can come into it from outside."""

_PASSWORD = _text(
    Weakness.HARD_CODED_PASSWORD,
    # A name that ends so, perhaps with a type, an index or its own quote behind it ...
    r"(?i)(?:password|passwd|pwd|passphrase|secret|secret_?key|api_?key|auth_?token|access_?token)"
    r"""(?:\s*:\s*[\w.]+(?=\s*=)|\[\w*\]|["']\]?)?"""
    # ... and a word in quotes that is no placeholder, no type, and not read from elsewhere.
    r"""\s*(?::=|=>|=(?![=>])|:(?![:=]))\s*[bru]?(?P<quote>["'`])"""
    r"(?!your|xxx|\*\*\*|example|placeholder|<|\$|\{|%|(?:string|text|str|required|none|null|true)"
    r"(?P=quote))[^\s\"'`|]{3,}(?P=quote)",
)

_FALLBACK_PYTHON = (
    _code(Weakness.SHELL_COMMAND, r"\bshell\s*=\s*True\b"),
    _text(Weakness.SHELL_COMMAND, rf"\bos\.(?:system|popen)\(\s*(?!{_LITERAL})[^\s)]"),
    _code(Weakness.EVAL, r"(?<![\w.])(?:eval|exec)\("),
    _code(Weakness.ECB_MODE, r"\bmodes\.ECB\("),
    _code(Weakness.SHORT_KEY, rf"\brsa\.generate_private_key\([^)]*key_size\s*=\s*{_SHORT}"),
)
"""What bandit finds as well, and better: it knows what a name stands for. These rules stand in for
it where it is not loaded yet, or the code does not parse."""

_PYTHON = (
    _PASSWORD,
    _code(Weakness.ECB_MODE, r"\bMODE_ECB\b"),
    _code(Weakness.SHORT_KEY, rf"\bRSA\.generate\(\s*(?:bits\s*=\s*)?{_SHORT}"),
    _code(Weakness.SHORT_KEY, rf"\brsa\.newkeys\(\s*(?:nbits\s*=\s*)?{_SHORT}"),
    _code(Weakness.UNVERIFIED_TLS, r"\bverify(?:_ssl|_certs)?\s*=\s*False\b"),
    _code(Weakness.UNVERIFIED_TLS, r"\bCERT_NONE\b|\b_create_unverified_context\b"),
)

_JAVASCRIPT = (
    _PASSWORD,
    _text(Weakness.ECB_MODE, r"""(?i)["'`](?:aes|des|bf|camellia)[\w-]*-ecb["'`]"""),
    _code(Weakness.ECB_MODE, r"\bmode\.ECB\b"),
    _code(Weakness.SHORT_KEY, rf"\bmodulusLength\s*:\s*{_SHORT}"),
    # Not the method of a regular expression.
    _text(
        Weakness.SHELL_COMMAND,
        rf"(?:(?<![\w.$])|child_process\.|\bcp\.)exec(?:Sync)?\(\s*(?!{_LITERAL})[^\s)]",
    ),
    _code(Weakness.SHELL_COMMAND, r"\bshell\s*:\s*true\b"),
    _code(Weakness.UNVERIFIED_TLS, r"\brejectUnauthorized\s*:\s*false\b"),
    _text(
        Weakness.UNVERIFIED_TLS,
        r"""\bNODE_TLS_REJECT_UNAUTHORIZED["'\]]*\s*=\s*["']?0\b""",
    ),
    _code(Weakness.EVAL, r"(?<![\w.$])eval\(|\bnew\s+Function\("),
)

_GO = (
    _PASSWORD,
    _code(Weakness.ECB_MODE, r"\bNewECB(?:Encrypter|Decrypter)\b"),
    _code(Weakness.SHORT_KEY, rf"\brsa\.GenerateKey\([^,]+,\s*{_SHORT}"),
    _text(
        Weakness.SHELL_COMMAND,
        r'\bexec\.Command(?:Context)?\((?:[^,"]+,)?\s*"(?:/bin/)?(?:sh|bash|cmd)"\s*,'
        r'\s*"(?:-c|/c|/C)"\s*,\s*(?!["`][^"`]*["`]\s*\))[^\s)]',
    ),
    _code(Weakness.UNVERIFIED_TLS, r"\bInsecureSkipVerify\s*[:=]\s*true\b"),
    _code(Weakness.UNVERIFIED_HOST, r"\bssh\.InsecureIgnoreHostKey\("),
)

_JAVA = (
    _PASSWORD,
    # "RSA/ECB/..." is but a name: one block has no mode. A bare "AES" means ECB.
    _text(
        Weakness.ECB_MODE,
        r'\bCipher\.getInstance\(\s*"(?:(?!RSA)[^"/]+/ECB/[^"]*|AES|DES|DESede|Blowfish)"',
    ),
    # Elliptic curves have keys of up to 521 bits.
    _code(
        Weakness.SHORT_KEY,
        r"\binitialize\(\s*(?:52[2-9]|5[3-9]\d|[6-9]\d\d|1\d{3}|20[0-3]\d|204[0-7])\b",
    ),
    _text(Weakness.SHELL_COMMAND, rf"\bgetRuntime\(\)\s*\.exec\(\s*(?!{_LITERAL})[^\s)]"),
    _text(
        Weakness.SHELL_COMMAND,
        r'\bProcessBuilder\(\s*"(?:/bin/)?(?:sh|bash|cmd)"\s*,\s*"(?:-c|/c)"\s*,'
        r'\s*(?!"[^"]*"\s*\))[^\s)]',
    ),
    _code(
        Weakness.UNVERIFIED_TLS,
        r"\bALLOW_ALL_HOSTNAME_VERIFIER\b|\bNoopHostnameVerifier\b|\bTrustAllStrategy\b"
        r"|\bcheckServerTrusted\([^)]*\)[^{;]*\{\s*\}"
        r"|\bset(?:Default)?HostnameVerifier\(\s*\([^)]*\)\s*->\s*true\b",
    ),
    _text(Weakness.EVAL, rf"(?i)\b(?:script)?engine\.eval\(\s*(?!{_LITERAL})[^\s)]"),
)

_PHP = (
    _PASSWORD,
    _text(Weakness.ECB_MODE, r"""(?i)["'](?:aes|des|bf|camellia)[\w-]*-ecb["']"""),
    _code(Weakness.ECB_MODE, r"\bMCRYPT_MODE_ECB\b"),
    _text(Weakness.SHORT_KEY, rf"""\bprivate_key_bits["']\s*=>\s*{_SHORT}"""),
    _text(
        Weakness.SHELL_COMMAND,
        r"(?<![\w>:$])(?:shell_exec|exec|system|passthru|popen|proc_open)\("
        r"(?![^;\n]*escapeshell)[^;\n)]*\$\w",
    ),
    _text(
        Weakness.UNVERIFIED_TLS,
        r"""\bCURLOPT_SSL_VERIFY(?:PEER|HOST)\s*(?:,|=>)\s*(?:false|0)\b"""
        r"""|["']verify(?:_peer(?:_name)?)?["']\s*=>\s*false\b""",
    ),
    _code(Weakness.EVAL, r"(?<![\w>:$])eval\s*\("),
)

_RUBY = (
    _PASSWORD,
    _text(Weakness.ECB_MODE, r"""(?i)["'](?:aes|des|bf|camellia)[\w-]*-ecb["']"""),
    _code(Weakness.ECB_MODE, r":ECB\b"),
    _code(Weakness.SHORT_KEY, rf"\bRSA\.(?:new|generate)[ (]\s*{_SHORT}"),
    _text(
        Weakness.SHELL_COMMAND,
        r"(?<![\w.])(?:Kernel\.)?(?:system|exec|spawn)[ (]\s*"
        r'(?:"[^"\n]*#\{|[a-z_]\w*\s*(?:\)|\n|\Z))'
        r"|`[^`\n]*#\{|%x[({\[][^)}\]\n]*#\{",
    ),
    _code(Weakness.UNVERIFIED_TLS, r"\bVERIFY_NONE\b"),
    _code(Weakness.EVAL, r"(?<![\w.])eval[ (]\s*\S"),
)

_C = (
    _PASSWORD,
    _code(Weakness.ECB_MODE, r"\bEVP_\w+_ecb\b|\bAES_ecb_encrypt\b|\bMBEDTLS_MODE_ECB\b"),
    _code(
        Weakness.SHORT_KEY,
        rf"\bRSA_generate_key\(\s*{_SHORT}"
        rf"|\b(?:RSA_generate_key_ex|EVP_PKEY_CTX_set_rsa_keygen_bits)\([^,]+,\s*{_SHORT}",
    ),
    _text(Weakness.SHELL_COMMAND, rf"(?<![\w.>])(?:system|popen)\(\s*(?!{_LITERAL})[^\s)]"),
    _code(
        Weakness.UNVERIFIED_TLS,
        r"\bSSL_VERIFY_NONE\b|\bCURLOPT_SSL_VERIFY(?:PEER|HOST)\s*,\s*0L?\b",
    ),
)

RULES: Mapping[str, tuple[Rule, ...]] = types.MappingProxyType(
    {
        "python": _PYTHON,
        "javascript": _JAVASCRIPT,
        "typescript": _JAVASCRIPT,
        "go": _GO,
        "java": _JAVA,
        "php": _PHP,
        "ruby": _RUBY,
        "c": _C,
    }
)
FALLBACK: Mapping[str, tuple[Rule, ...]] = types.MappingProxyType({"python": _FALLBACK_PYTHON})

_FAMILIES: Mapping[str, str] = types.MappingProxyType(
    {"javascriptreact": "javascript", "typescriptreact": "typescript", "cpp": "c"}
)


_SUSPICIOUS = re.compile(
    r"(?i)passw|pwd|passphrase|secret|key|token"
    r"|ecb|rsa|dsa|generate|initialize|modulus|bits"
    r"|cipher|algorithms|arc[24]|blowfish|\bdes|hashlib|md[245]|sha"
    r"|shell|exec|system|popen|spawn|process|passthru|proc_|getoutput|`|%x"
    r"|verif|cert|tls|ssl|trust|reject|insecure|policy|protocol"
    r"|eval|function\(|load|extract|debug"
)


def suspicious(text: str) -> bool:
    """Say whether any rule could be about ``text``, bandit's included: most candidates are not.

    A rule without a word of its own here would never be asked.
    """
    return _SUSPICIOUS.search(text) is not None


def family_of(language: str) -> str | None:
    """Return whose rules are for ``language``, an editor's identifier; None when there are none."""
    family = _FAMILIES.get(language, language)
    return family if family in RULES else None


def added(before: str, after: str, family: str, fallback: bool = False) -> Counter[Weakness]:
    """Return what ``after`` meets more often than ``before``, by weakness.

    A quote that is put in makes code of strings and strings of code far below it. So the rules have
    to find more in the text as it stands as well.

    :param fallback: with the rules that stand in for a better check
    """
    found = _count(_masked(after, family), family, fallback)
    if found:
        found -= _count(_masked(before, family), family, fallback)
    if found:
        raw = _count((after, after), family, fallback) - _count((before, before), family, fallback)
        found &= raw
    return found


def _masked(text: str, family: str) -> tuple[str, str]:
    """Return ``text`` as code only, and with its strings."""
    return code_only(text, family), without_comments(text, family)


def _count(views: tuple[str, str], family: str, fallback: bool) -> Counter[Weakness]:
    code, strings = views
    found: Counter[Weakness] = Counter()
    for rule in RULES[family] + (FALLBACK.get(family, ()) if fallback else ()):
        matches = len(rule.pattern.findall(strings if rule.strings else code))
        if matches:
            found[rule.weakness] += matches
    return found
