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
    + r"""[\w.-]*['"]?\]?\s*(?::[^=]*=|=>|:=|=|:|,)\s*(?:[brfu]{0,2}['"`][^'"`\s{}<>$]{6,}['"`]"""
    + r"""|[^\s'"`(){}\[\],;.$<>]{8,}$)""",
    re.IGNORECASE,
)
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


def looks_secret(line: str) -> bool:
    """Say whether a line of source may hold a key, a token or a password.

    >>> looks_secret('password = "hunter2!"'), looks_secret("password = read_password()")
    (True, False)
    """
    runs = _RUN.search(line) is not None
    if (runs or any(hint in line for hint in _SHAPE_HINTS)) and _SHAPES.search(line):
        return True
    if runs and (_HEX.search(line) or any(map(_is_random, _LONG.findall(line)))):
        return True
    lower = line.lower()
    return any(hint in lower for hint in _NAME_HINTS) and _ASSIGNED.search(line) is not None


def _is_random(word: str) -> bool:
    """Say whether a long word mixes cases and digits as no identifier or path does."""
    digits = sum(map(str.isdigit, word))
    upper = sum(map(str.isupper, word))
    lower = sum(map(str.islower, word))
    return digits >= 3 and upper >= 3 and lower >= 3
