"""What opens a block, language by language."""

from __future__ import annotations

import pytest

from codex_lsp.syntax.openers import opens_block

OPENING = {
    "python": [
        "def f(x):",
        "    async with open(x) as y:",
        ") -> int:",
        "    else:",
        "if x:  # why: because",
        "match point:",
        "    case {'a': 1}:",
        "x = {",
    ],
    "javascript": ["if (x) {", "} else {", "const f = (a) =>", "else", "  case 'a':", "  <div>"],
    "typescript": ["interface A {", "  get x(): number {", "default:"],
    "typescriptreact": ["    <ul className='a'>", "<>{".replace("<>", "<a>")],
    "go": ["func main() {", "\tswitch x {", "\tcase 1:", "type A struct {"],
    "rust": ["fn f() -> i32 {", "match x {", "    Some(x) =>"],
    "java": ["public void f() {", "x ->", "@Override public int f() { // {"],
    "c": ["int main(void) {", "{", "do", "case 3:"],
    "cpp": ["public:", "namespace a {", "auto f = [&](int x) {"],
    "ruby": ["def name", "class A < B", "xs.each do |x|", "xs.map {", "x = if y", "  else"],
    "php": ["function f() {", "foreach ($a as $b) {", "else"],
    "shellscript": ["if [ x ]; then", "for a in b; do", "case $1 in", "f() {", "  start)", "else"],
    "sql": ["CREATE TABLE a (", "BEGIN", "create function f() as", "  ELSE"],
    "html": ["<div class='a'>", "  <li>"],
    "css": ["a:hover {", "@media print {"],
    "json": ['  "a": {', "["],
    "yaml": ["jobs:", "  run: |", "key:  # why", "  script: >-"],
    "toml": ["[project]", "dependencies = ["],
    "markdown": ["```python", "~~~"],
    "lua": ["local function f(a)", "if x then", "repeat"],
    "elixir": ["def f(x) do"],
    "julia": ["function f(x)", "for i in 1:3"],
    "makefile": ["all: build", "test::"],
    "": ["if x:", "f {", "begin", "x =>"],
}
CLOSED = {
    "python": [
        "x: int",
        "    'a':",
        "y = z[1:",
        "key = lambda x:",
        "def f(a:",
        "# if x:",
        "return x",
        "",
        "   ",
    ],
    "javascript": [
        "x = y ? z :",
        "const a = 1;",
        "  key:",
        "a <b> c",
        "// {",
        "  <br>",
        "  <img/>",
    ],
    "typescript": ["let x:", "function f(a:"],
    "go": ["x := 1", "func f() (a int)"],
    "rust": ["fn f() ->", "let x: ", "let x = a::"],
    "java": ["int x = 1;", "a ? b :"],
    "c": ["x = y;", "out_of_it:", "/* { */"],
    "ruby": ["return if x", "def f = 3", "x = 1", "if x then y end", "# def x"],
    "shellscript": ["echo done", "x=(a b)", "f()", "ls"],
    "sql": ["SELECT a", "COMMIT;"],
    "html": ["<br>", "<img src='a'/>", "</div>", "text:"],
    "css": ["color:", "a,"],
    "json": ['"a":', "1,"],
    "yaml": ["a: b", "- a", "# x:"],
    "toml": ["a = 1", "# [a]"],
    "markdown": ["# Title", "Note:", "```a``` b"],
    "lua": ["f()", "return x"],
    "makefile": ["X := 1", "X = 1"],
    "": ["x = 1", ""],
}


@pytest.mark.parametrize(
    ("language", "line"), [(name, line) for name, lines in OPENING.items() for line in lines]
)
def test_opens(language: str, line: str) -> None:
    assert opens_block(line, language)


@pytest.mark.parametrize(
    ("language", "line"), [(name, line) for name, lines in CLOSED.items() for line in lines]
)
def test_opens_nothing(language: str, line: str) -> None:
    assert not opens_block(line, language)
