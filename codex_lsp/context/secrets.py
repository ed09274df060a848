"""Which files, and which strings, may hold secrets. When in doubt they do."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePath

_SECRET_NAMES = (
    # Environments and tools' own logins
    ".env",
    ".env.*",
    ".env-*",
    "*.env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".s3cfg",
    ".boto",
    ".terraformrc",
    ".vault-token",
    "kubeconfig",
    "*.kubeconfig",
    "wp-config.php",
    # Keys and keystores
    "*.pem",
    "*.key",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.pkcs12",
    "*.jks",
    "*.keystore",
    "*.bks",
    "*.kdb",
    "*.kdbx",
    "*.ppk",
    "*.gpg",
    "*.asc",
    "*.ovpn",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    # What calls itself a secret
    "secret.*",
    "secrets.*",
    "*.secret",
    "*.secrets",
    "*[-_.]secret.*",
    "*[-_.]secrets.*",
    "credential",
    "credentials",
    "credential.*",
    "credentials.*",
    "*[-_.]credential.*",
    "*[-_.]credentials.*",
    "passwords.*",
    "client_secret*",
    "service-account*.json",
    "service_account*.json",
    "vault.yml",
    "vault.yaml",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfstate",
    "*.tfstate.*",
)
_SECRET_FOLDERS = frozenset(
    {".aws", ".azure", ".docker", ".gcloud", ".gnupg", ".kube", ".secrets", ".ssh"}
)

_NAME = (
    r"(?:passwords?|passwd|pwd|passphrase|secrets?|tokens?|credentials?|auth(?![a-z])"
    r"|(?:api|access|private|account|encryption|signing)[-_]?key)"
)
_SHAPES = re.compile(
    r"""
    -----BEGIN\ [A-Z ]*(?:KEY|CERTIFICATE)      # PEM
    | \b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b   # Amazon
    | \bgh[opsur]_[0-9A-Za-z]{20,}              # GitHub
    | \bgithub_pat_[0-9A-Za-z_]{20,}
    | \bglpat-[0-9A-Za-z_-]{16,}                # GitLab
    | \bxox[abeoprs]-[0-9A-Za-z-]{8,}           # Slack
    | hooks\.slack\.com/services/
    | \b[rs]k[-_](?:live|test|proj|ant)?[-_]?[0-9A-Za-z_-]{16,}  # Stripe and others
    | \bAIza[0-9A-Za-z_-]{30,}                  # Google
    | \bya29\.[0-9A-Za-z_-]{16,}
    | \bnpm_[0-9A-Za-z]{20,}
    | \bpypi-[0-9A-Za-z_-]{16,}
    | \bhf_[0-9A-Za-z]{20,}
    | \bSG\.[0-9A-Za-z_-]{16,}\.                # SendGrid
    | \beyJ[0-9A-Za-z_-]{8,}\.eyJ               # a JSON web token
    | ://[^/\s:@'"]+:[^/\s@'"]+@                # a login in an address
    | \b(?:[Bb]earer|[Bb]asic)\ +[0-9A-Za-z+/=_.~-]{16,}
    """,
    re.VERBOSE,
)
_ASSIGNED = re.compile(
    _NAME
    + r"""[\w.-]*['"]?\]?\s*(?::[^=]*=|=>|:=|=|:|,)\s*"""
    + r"""(?P<value>[brfu]{0,2}['"`][^'"`\s{}<>$]{6,}['"`]|[^\s'"`(){}\[\],;.$<>]{8,}$)""",
    re.IGNORECASE,
)
_TO_END_OF_WORD = re.compile(r"[^\s'\"`]*")
_LONG = re.compile(r"[0-9A-Za-z+/=_-]{24,}")
_HEX = re.compile(r"\b(?:0x)?[0-9a-fA-F]{32,}\b")
# What the slower patterns above cannot match without.
_RUN = re.compile(r"[0-9A-Za-z+/=_.~-]{16,}")
_SHAPE_HINTS = ("://", "-----", "xox", "eyJ")
_NAME_HINTS = ("auth", "credential", "key", "pass", "pwd", "secret", "token")


def is_secret_file(path: PurePath) -> bool:
    """Say whether a file may hold secrets, by its own name.

    >>> is_secret_file(PurePath("app/.env.local")), is_secret_file(PurePath("app/config.json"))
    (True, False)
    """
    name = path.name.lower()
    return any(fnmatchcase(name, pattern) for pattern in _SECRET_NAMES)


def is_secret_folder(name: str) -> bool:
    """Say whether a folder of that name holds secrets, whatever its files are called."""
    return name.lower() in _SECRET_FOLDERS


def looks_like_key(line: str) -> bool:
    """Say whether a line holds a string in the shape of a key, whatever it is called.

    >>> looks_like_key("ghp_0123456789abcdefghij"), looks_like_key('password = "hunter2!"')
    (True, False)
    """
    runs = _RUN.search(line) is not None
    if (runs or any(hint in line for hint in _SHAPE_HINTS)) and _SHAPES.search(line):
        return True
    return runs and (_HEX.search(line) is not None or any(map(_is_random, _LONG.findall(line))))


def looks_secret(line: str) -> bool:
    """Say whether a line of source may hold a key, a token or a password.

    >>> looks_secret('password = "hunter2!"'), looks_secret("password = read_password()")
    (True, False)
    """
    if looks_like_key(line):
        return True
    lower = line.lower()
    return any(hint in lower for hint in _NAME_HINTS) and _ASSIGNED.search(line) is not None


REDACTED = "<redacted>"


def redact(line: str) -> str | None:
    """Return a line with what looks like a secret replaced; None if that cannot be done.

    Nothing is left of it: ``looks_secret`` says no of the answer.

    >>> redact('connect(password="hunter2!", port=1)')
    'connect(password="<redacted>", port=1)'
    """
    if not looks_secret(line):
        return line
    shown = _without_shapes(line)
    shown = _HEX.sub(REDACTED, shown)
    shown = _LONG.sub(lambda found: REDACTED if _is_random(found[0]) else found[0], shown)
    shown = _ASSIGNED.sub(_without_value, shown)
    return None if looks_secret(shown) else shown


def _without_shapes(line: str) -> str:
    """Replace what has a key's shape, and the rest of its word: the shape may be the beginning."""
    parts: list[str] = []
    at = 0
    while (found := _SHAPES.search(line, at)) is not None:
        parts += [line[at : found.start()], REDACTED]
        tail = _TO_END_OF_WORD.match(line, found.end())
        at = found.end() if tail is None else tail.end()
    return "".join(parts) + line[at:]


def _without_value(found: re.Match[str]) -> str:
    value = found["value"]
    quote = value[-1] if value[-1] in "'\"`" else ""
    return found[0][: found.start("value") - found.start()] + quote + REDACTED + quote


def _is_random(word: str) -> bool:
    """Say whether a long word mixes cases and digits as no identifier or path does."""
    digits = sum(map(str.isdigit, word))
    upper = sum(map(str.isupper, word))
    lower = sum(map(str.islower, word))
    return digits >= 3 and upper >= 3 and lower >= 3
