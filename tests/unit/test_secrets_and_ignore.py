"""Which files are never read, and which strings are never passed on."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_lsp.context.ignore import IgnoreRules
from codex_lsp.context.secrets import REDACTED, is_secret_file, looks_secret, redact

SECRET_FILES = (
    ".env .env.local .env.production prod.env .envrc .netrc .npmrc .pypirc .pgpass .htpasswd "
    ".git-credentials server.pem server.key Server.KEY cert.p12 cert.pfx app.jks app.keystore "
    "my.kdbx putty.ppk id_rsa id_rsa.pub id_ed25519 credentials credentials.json "
    "aws_credentials.yml secrets.yaml secret.json app-secrets.toml my.secrets secrets.py "
    "client_secret_123.json service-account.json service_account_prod.json terraform.tfvars "
    "terraform.tfstate terraform.tfstate.backup kubeconfig wp-config.php home.ovpn"
).split()
ORDINARY_FILES = (
    "config.json settings.json package.json tsconfig.json keys.py keyboard.py environment.py "
    "env.py tokens.py tokenizer.py secretary.py test_secretsmanager.py auth.py passwords_view.py "
    "monkey.py config.py settings.py key.rs service.json Makefile vault.py main.tf id_map.py"
).split()


@pytest.mark.parametrize("name", SECRET_FILES)
def test_files_that_may_hold_secrets_are_known_by_name(name: str) -> None:
    assert is_secret_file(PurePath("a/b") / name)


@pytest.mark.parametrize("name", ORDINARY_FILES)
def test_ordinary_files_are_not_taken_for_secrets(name: str) -> None:
    assert not is_secret_file(PurePath("a/b") / name)


# Put together here, so that no scanner takes this file for a leak.
SECRET_LINES = (
    "-----BEGIN RSA PRIVATE" + " KEY-----",
    'aws = "AKIA' + 'ABCDEFGHIJKLMNOP"',
    "token: ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2c3_" * 5,
    'slack = "xoxb-' + '1234567890-abcdef"',
    'key = "sk-' + 'abcdefghijklmnop1234"',
    'stripe = "sk_live_' + 'abcdefghijklmnop1234"',
    'google = "AIza' + 'SyA1234567890abcdefghijklmnopqrstuv"',
    'jwt = "eyJhbGciOiJ9.eyJzdWIiOiJ9.c2ln"',
    "postgres://admin:hunter2@db.example.com/app",
    'headers = {"Authorization": "Bearer abcdef0123456789abcdef"}',
    'password = "correct horse"'.replace(" horse", "horse"),
    "PASSWORD='hunter2hunter2'",
    '"password": "hunter2hunter2",',
    "db_password: hunter2hunter2",
    "const apiKey = 'abc123def456'",
    'os.environ["SECRET_TOKEN"] = "abc123def456"',
    'client(api_key="abc123def456")',
    'settings.setdefault("access-key", "abc123def456")',
    'digest = "0123456789abcdef0123456789abcdef"',
    "MIIEpAIBAAKCAQEA7bq3Xk1Zt0pQm9vYc2LrW8sN5hGdJfUeRiTyOaSd",
)
ORDINARY_LINES = (
    "password = read_password()",
    "password = None",
    'password = os.environ["PASSWORD"]',
    'if token == "(":',
    "tokens = tokenizer.encode(text)",
    "def test_a_very_long_name_of_a_test_that_says_what_it_is_about() -> None:",
    "from codex_lsp_server.documents import OpenDocuments, OpenDocument",
    'url = "https://example.com/a/b/c?d=e"',
    "self.author = author",
    'parser.add_argument("--max-tokens", type=int)',
    "return self._connection_pool_manager_for(destination_address)",
)


@pytest.mark.parametrize("line", SECRET_LINES)
def test_strings_that_look_like_secrets_are_known(line: str) -> None:
    assert looks_secret(line)


@pytest.mark.parametrize("line", ORDINARY_LINES)
def test_ordinary_lines_are_not_taken_for_secrets(line: str) -> None:
    assert not looks_secret(line)


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def rules_file(folder: Path, text: str, name: str = ".gitignore") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", [".gitignore", ".codexignore"])
def test_rules_of_both_files_are_honoured(tmp_path: Path, name: str) -> None:
    rules_file(tmp_path, "generated/\n*.gen.py\n/top.py\n!kept.gen.py\n", name)
    rules = IgnoreRules(tmp_path)
    expected = {
        "a.py": True,
        "generated/a.py": False,
        "b/generated/a.py": False,
        "b/x.gen.py": False,
        "top.py": False,
        "b/top.py": True,
        "b/kept.gen.py": True,
        "generated/kept.gen.py": False,
    }
    assert {path: rules.allows(tmp_path / path) for path in expected} == expected


def test_the_nearest_rules_have_the_last_word(tmp_path: Path) -> None:
    rules_file(tmp_path, "*.sql\n")
    rules_file(tmp_path / "schema", "!*.sql\n")
    rules = IgnoreRules(tmp_path)
    assert not rules.allows(tmp_path / "a.sql")
    assert rules.allows(tmp_path / "schema" / "a.sql")


def test_codexignore_is_not_undone_by_gitignore(tmp_path: Path) -> None:
    rules_file(tmp_path, "private.py\n", ".codexignore")
    rules_file(tmp_path, "!private.py\n", ".gitignore")
    assert not IgnoreRules(tmp_path).allows(tmp_path / "private.py")


def test_rules_above_the_folder_count_up_to_the_repository(tmp_path: Path) -> None:
    rules_file(tmp_path, "*\n")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    rules_file(repository, "local.py\npackages/shut/\n")
    assert IgnoreRules(repository / "packages/a").allows(repository / "packages/a/b.py")
    assert not IgnoreRules(repository / "packages/a").allows(repository / "packages/a/local.py")
    assert not IgnoreRules(repository / "packages/shut").allows(repository / "packages/shut/b.py")


def test_a_byte_order_mark_is_no_part_of_the_first_rule(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbfprivate.py\r\nmade/\r\n")
    rules = IgnoreRules(tmp_path)
    names = ("private.py", "made/b.py", "b.py")
    assert [rules.allows(tmp_path / name) for name in names] == [False, False, True]


def test_rules_that_cannot_be_understood_shut_the_folder(tmp_path: Path) -> None:
    rules_file(tmp_path / "a", "!\n")
    rules_file(tmp_path / "b", "")
    (tmp_path / "b/.gitignore").write_bytes(b"\xff\xfe*.py\n")
    (tmp_path / "c/.codexignore").mkdir(parents=True)
    rules = IgnoreRules(tmp_path)
    assert [rules.allows(tmp_path / name / "x.py") for name in "abcd"] == [
        False,
        False,
        False,
        True,
    ]


def test_what_lies_outside_or_behind_a_link_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    write(folder, a__b="x = 1\n")
    write(tmp_path, outside__c="x = 1\n")
    os.symlink(tmp_path / "outside", folder / "link")
    os.symlink(tmp_path / "outside/c", folder / "c.py")
    rules = IgnoreRules(folder)
    assert rules.allows(folder / "a/b")
    assert not rules.allows(tmp_path / "outside/c")
    assert not rules.allows(folder / "../outside/c")
    assert not rules.allows(folder / "link/c")
    assert not rules.allows(folder / "c.py")
    assert not rules.allows(folder)


@pytest.mark.parametrize(
    "path", [".ssh/config.py", "a/.hidden/x.py", "node_modules/x/index.js", "venv/x.py", ".env"]
)
def test_tools_folders_and_secret_files_are_not_read(tmp_path: Path, path: str) -> None:
    assert not IgnoreRules(tmp_path).allows(tmp_path / path)


@pytest.mark.parametrize("line", SECRET_LINES)
def test_nothing_of_a_secret_is_left(line: str) -> None:
    shown = redact(line)
    assert shown is None or (not looks_secret(shown) and REDACTED in shown)


@pytest.mark.parametrize("line", ORDINARY_LINES)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            'connect("db", password="hunter2!!", port=1)',
            'connect("db", password="<redacted>", port=1)',
        ),
        ("token: ghp_" + "a1B2" * 9 + "  # mine", "token: <redacted>  # mine"),
        ("git clone https://me:hunter2@example.com/a/b.git x", "git clone https<redacted> x"),
        ('post("https://hooks.slack.com/services/' + 'T0/B0/x1")', 'post("https://<redacted>")'),
        (
            'key = "sk-' + 'abcdefghijklmnop1234", "AKIA' + 'ABCDEFGHIJKLMNOP"',
            'key = "<redacted>", "<redacted>"',
        ),
    ],
)
def test_the_rest_of_a_line_stays(line: str, shown: str) -> None:
    assert redact(line) == shown


@given(
    st.sampled_from(SECRET_LINES),
    st.text(alphabet="abc_ =(\"'.:", max_size=12),
    st.text(alphabet="abc_ =)\"'.:", max_size=12),
)
def test_what_stands_around_a_secret_does_not_save_it(line: str, left: str, right: str) -> None:
    shown = redact(left + line + right)
    assert shown is None or not looks_secret(shown)
