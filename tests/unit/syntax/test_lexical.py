"""Where the cursor stands: in code, a comment or a string."""

from __future__ import annotations

import pytest

from codex_lsp.syntax.lexical import Place, Where, place_at_end


@pytest.mark.parametrize(
    ("language", "text", "where", "start"),
    [
        ("python", "x = 1", Where.CODE, 5),
        ("python", 'x = "abc', Where.STRING, 4),
        ("python", 'x = "abc\ny = 1', Where.CODE, 14),
        ("python", 'x = "a\\"', Where.STRING, 4),
        ("c", 'x = "a\\\nb', Where.STRING, 4),
        ("python", "x = 'it\\'s' # it's", Where.LINE_COMMENT, 12),
        ("python", "x = 1  # one\n", Where.CODE, 13),
        ("python", 'def f():\n    """Doc', Where.TEXT, 13),
        ("python", "x = '''a\n\"\"\"b", Where.TEXT, 4),
        ("python", 'x = """a""" + "b', Where.STRING, 14),
        ("javascript", "const a = `b\n${c", Where.TEXT, 10),
        ("javascript", "/* a */ /** b", Where.BLOCK_COMMENT, 8),
        ("javascript", "a = 'http://b'; // c", Where.LINE_COMMENT, 16),
        ("c", "/*/ a", Where.BLOCK_COMMENT, 0),
        ("rust", "fn f<'a>(x: &'a str) ", Where.CODE, 21),
        ("rust", 'let x = "a\n  b', Where.TEXT, 8),
        ("go", "x := `a\n// b", Where.TEXT, 5),
        ("shellscript", 'echo "a\nb', Where.TEXT, 5),
        ("shellscript", "echo ${#a} $# b", Where.CODE, 15),
        ("sql", "SELECT 1 -- it's", Where.LINE_COMMENT, 9),
        ("html", "<!-- a", Where.BLOCK_COMMENT, 0),
        ("html", "<p>it's # not /* a", Where.CODE, 18),
        ("markdown", "it's `a`\n```py\nx = '", Where.TEXT, 9),
        ("markdown", "```\na\n```\nb", Where.CODE, 11),
        ("plaintext", "don't", Where.CODE, 5),
        ("css", "a { /* b", Where.BLOCK_COMMENT, 4),
        ("unheard-of", "x 'a", Where.STRING, 2),
    ],
)
def test_place(language: str, text: str, where: Where, start: int) -> None:
    place = place_at_end(text, language)
    assert (place.where, place.start) == (where, start)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("rust", """let q = '"';"""),
        ("rust", """let q = b'\\"';"""),
        ("rust", """let q = '\\'';"""),
        ("rust", 'let s = r#"a "b"#;'),
        ("rust", 'let s = br"C:\\";'),
        ("rust", "fn f<'a, 'b>(x: &'a str, y: &'b str)"),
        ("javascript", "s.replace(/`/g, '');"),
        ("javascript", "const r = /[/'\"]/;"),
        ("javascript", "return /\\/'/.test(a) || b / c / d;"),
        ("typescriptreact", "const a = <b>{c}</b>; // it's"),
        ("go", "s := `C:\\`"),
        ("shellscript", "echo it\\'s"),
        ("shellscript", 'echo \\"'),
        ("shellscript", "echo 'a\\'"),
        ("shellscript", "echo $'it\\'s'"),
        ("shellscript", "cat <<'EOF' | b\nit's\nEOF"),
        ("shellscript", "cat <<EOF\nEOF"),
        ("shellscript", "echo $((1<<2))"),
        ("shellscript", "read x <<<foo\necho 'a'\nfoo"),
        ("shellscript", "x=$((1 << n))\ncat <<EOF\nE\n'\nEOF"),
        ("sql", "select 'it\\'s', 'it''s'"),
        ("svelte", '{#if a}<p>x</p>{/if}<img src="/a/b.png"> <b c="d">'),
    ],
)
def test_what_looks_like_a_string_does_not_begin_one(language: str, code: str) -> None:
    place = place_at_end(f"{code}\nx ", language)
    assert place == Place(Where.CODE, len(code) + 3)


@pytest.mark.parametrize(
    ("language", "text", "start"),
    [
        ("go", "x := `a\\`; y := `b", 16),
        ("shellscript", "echo 'a\\' 'b", 10),
        ("shellscript", 'echo \\" "b', 8),
        ("rust", "let a = 'b'; let c = \"d", 21),
        ("rust", 'let a = br#"b"', 8),
        ("rust", 'let a = r"b\\"; let c = r##"d"#', 23),
        ("shellscript", "cat <<EOF\n'", 10),
    ],
)
def test_strings_behind_those_are_found(language: str, text: str, start: int) -> None:
    place = place_at_end(text, language)
    assert (place.where, place.start) == (Where.TEXT, start)


@pytest.mark.parametrize(
    ("language", "text", "place"),
    [
        ("javascript", "=/[" * 40_000, Place(Where.CODE, 120_000)),
        ("javascript", "=/[a]" * 40_000, Place(Where.CODE, 200_000)),
        ("shellscript", "".join(f"x <<E{i}\n" for i in range(400)), Place(Where.CODE, 3_490)),
        ("rust", "r'" * 40_000, Place(Where.CODE, 80_000)),
        ("rust", 'r#"" ' * 40_000, Place(Where.TEXT, 0, '"#')),
    ],
)
def test_a_text_that_seems_to_begin_many_is_looked_through_all_the_same(
    language: str, text: str, place: Place
) -> None:
    # Were that quadratic it would take minutes.
    assert place_at_end(text, language) == place


def test_what_ends_it() -> None:
    assert place_at_end('"""a', "python") == Place(Where.TEXT, 0, '"""')
    assert place_at_end("/* a", "c") == Place(Where.BLOCK_COMMENT, 0, "*/")
    assert place_at_end("# a", "python") == Place(Where.LINE_COMMENT, 0, "\n")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        # The window was cut inside a docstring: its first quotes end it.
        ('Return it.\n    """\n    return x', Where.CODE),
        ('goes on here."""\n    x = ', Where.CODE),
        # Here they begin one.
        ('def f():\n    """Return', Where.TEXT),
        ('    return x\n\nQUERY = """\nSELECT', Where.TEXT),
    ],
)
def test_a_window_may_begin_inside_a_docstring(text: str, where: Where) -> None:
    assert place_at_end(text, "python", whole=False).where is where
