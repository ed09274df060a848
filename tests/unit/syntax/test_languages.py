"""Where a block ends, language by language: real code, the cursor marked, what is to be kept.

In each case ``¦`` is the cursor and ``‖`` the end of the block in what the model would go on with.
"""

# Code is read more easily in one piece.
# ruff: noqa: E501

from __future__ import annotations

import pytest

from codex_lsp.syntax.lexical import place_at_end
from codex_lsp.syntax.rules import block_rule

CASES: dict[str, list[str]] = {
    "python": [
        'class T:\n    def a(self):\n        run("""\n<p>\n""", [\n        ])\n\n    def b(self):¦\n        run("x", [\n            1,\n            ])‖\n\n    def c(self):\n',
        "def f(self,\n      name):¦\n    self.name = name\n    return self‖\n\nx = 1\n",
        "class Store:\n    def get(self, key):¦\n        if key in self._items:\n"
        "            return self._items[key]\n        return None‖\n\n    def put(self):\n",
        # A string that lies at the margin is no dedent.
        'def usage():¦\n    text = """\\\nusage: tool FILE\n\n  -v  be loud\n"""\n'
        "    print(text)‖\n\ndef main():\n",
        # Neither is an argument.
        "def run(self):\n    ¦result = call(\n        [\n  1,\n2,\n    ],\n    )‖\n    return 1\n",
        "for row in rows:\n    ¦try:\n        use(row)\n    except KeyError:\n        pass\n"
        "    finally:\n        row.close()‖\n    count += 1\n",
        "class A:\n    @property\n    ¦def name(self):\n        return self._name‖\n    x = 1\n",
        "@dataclass(frozen=True)\n¦class Point:\n    x: int\n    y: int‖\n\nORIGIN = Point(0, 0)\n",
        "¦@cache(\n    size=3,\n)\ndef f(x):\n    return x‖\ny = 1\n",
        'def area(r):\n    """Return the ¦area',
        'def area(r):\n    """¦\n    Return the area of a circle.\n    """‖\n    return 3\n',
        "def f(\n    a,\n    b,\n) -> int:¦\n    return a + b‖\n\nx = f(1, 2)\n",
        # What is above does not parse, and what follows neither.
        "def broken(:\n    x = = 3\nwhile True:¦\n    step(]\n    stop()‖\nprint(1)\n",
        "if a:\n    b()\nelse:¦\n    c()\n    d()‖\ne()\n",
        "x = {\n    ¦'a': 1,\n    'b': [\n        2,\n    ],‖\n    'c': 3,\n}\n",
        "def f():\n    ¦a = 1\n    b = 2‖\n\n    c = 3\n",
    ],
    "javascript": [
        "function add(a, b) {¦\n  return a + b;\n}‖\n\nadd(1, 2);\n",
        "app.get('/', (req, res) => {¦\n  res.send('ok');\n});‖\napp.listen(3000);\n",
        "if (ready) {¦\n  start();\n} else {\n  wait();\n}‖\nlog();\n",
        # A brace in a template, in a string and in an expression.
        "function greet(name) {¦\n  const a = `}${name} {\n}`;\n  return '}' + /[}]/.source;\n}‖\n"
        "greet();\n",
        "class Queue {\n  constructor() {\n    ¦this.items = [];\n    this.size = 0;‖\n  }\n}\n",
        "const user = {\n  ¦name: 'Ada',\n  tags: [\n    'a',\n  ],‖\n  age: 3,\n};\n",
        "switch (kind) {¦\ncase 'a':\n  return 1;\ndefault:\n  return 2;\n}‖\nnext();\n",
    ],
    "typescript": [
        "class Cache<T> {\n  get(key: string): T | undefined {¦\n    const hit = this.map.get(key);\n"
        "    return hit;\n  }‖\n\n  set() {}\n}\n",
        "interface Point {¦\n  x: number;\n  y: number;\n}‖\n\nconst p: Point = {};\n",
        "export class A {\n  ¦private items: Map<string, number[]> = new Map([\n    ['a', [1]],\n"
        "  ]);‖\n  size = 0;\n",
        "type Shape =\n  | 'a';\nfunction f<T>(x: T): T {¦\n  return x;\n}‖\n",
    ],
    "typescriptreact": [
        "export function List({ items }: Props) {\n  return (\n    <ul>¦\n      {items.map((item) => (\n"
        "        <li key={item.id}>{item.name} isn't {'}'}</li>\n      ))}\n    </ul>‖\n  );\n}\n",
        "const App = () => (\n  <main>\n    ¦<Header\n      title='a'\n    />‖\n    <Footer />\n",
        "const App = () => (\n  <main>\n    ¦<Body>\n      text\n    </Body>‖\n    <Footer />\n",
        "function f(a: number) {¦\n  return a < 3 ? <br /> : null;\n}‖\nf(1);\n",
    ],
    "go": [
        "func (s *Server) Close() error {¦\n\tif s.ln == nil {\n\t\treturn nil\n\t}\n"
        "\treturn s.ln.Close()\n}‖\n\nfunc main() {\n",
        # gofmt puts cases on the level of their switch.
        "func f(x int) {\n\tswitch x {¦\n\tcase 1:\n\t\ta()\n\tdefault:\n\t\tb()\n\t}‖\n\tc()\n}\n",
        "func f() {\n\t¦if err := g(); err != nil {\n\t\treturn err\n\t}‖\n\treturn nil\n}\n",
        "var query = `\nSELECT }\n`\n\nfunc q() string {¦\n\treturn `\n}\n`\n}‖\nvar x = 1\n",
    ],
    "rust": [
        "impl Stack {\n    pub fn pop(&mut self) -> Option<i32> {¦\n        self.items.pop()\n    }‖\n\n"
        "    pub fn len(&self) {}\n}\n",
        "fn f(x: &'a str) -> char {\n    ¦match x.len() {\n        0 => '{',\n        _ => {\n"
        "            'b'\n        }\n    }‖\n    other();\n}\n",
        "#[derive(Debug)]\n¦pub struct Point {\n    x: i32,\n}‖\nimpl Point {}\n",
    ],
    "java": [
        "class A {\n    void f(int a)\n            throws IOException {¦\n        g();\n    }‖\n\n    int x;\n}\n",
        "public class A {\n    @Override\n    public String toString() {¦\n"
        '        return "{" + name;\n    }‖\n\n    int x;\n}\n',
        "class A {\n    void f() {\n        ¦try {\n            g();\n        } catch (Exception e) {\n"
        "            h();\n        }\n        finally {\n            i();\n        }‖\n        j();\n",
        "class A {\n    ¦@Test\n    void works() {\n        ok();\n    }‖\n    @Test\n    void b() {\n",
    ],
    "c": [
        'int\nmain (void)\n{\n  if (x)\n    {¦\n\tputs ("a");\n\tputs ("b");\n    }‖\n  return 0;\n}\n',
        "int f(int a) {\n    if (a > 1\n            || (a < g(a, 0))) {¦\n        h();\n    }‖\n    return a;\n}\n",
        "int main(void)\n{¦\n\tint x = 0;\n#ifdef DEBUG\n\tx = 1;\n#endif\n\treturn x;\n}‖\n\nint f(void);\n",
        'static int f(int a) {\n\t¦for (int i = 0; i < a; i++) {\n\t\tputs("}");\n\t}‖\n\treturn 0;\n}\n',
        "switch (c) {¦\ncase '{':\n    a();\n    break;\ndefault:\n    b();\n}‖\nreturn;\n",
    ],
    "cpp": [
        "class Shape {\npublic:\n    double area() const {¦\n        return w * h; // }\n    }‖\n\nprivate:\n",
        "class A {¦\npublic:\n    A();\nprivate:\n    int x;\n};‖\n\nint main() {\n",
        "¦template <typename T>\nT max(T a, T b) {\n    return a > b ? a : b;\n}‖\nint x;\n",
        'void f() {\n    ¦auto s = R"(\n}\n)";‖\n    g();\n}\n',
    ],
    "ruby": [
        "class User\n  def name¦\n    return @name if @name\n    'nobody'\n  end‖\n\n  def age\n",
        "users.each do |user|¦\n  while user.busy? do\n    sleep 1\n  end\n  puts user unless user.nil?\n"
        "end‖\nputs 'end'\n",
        "def f\n  ¦result = if x\n    1\n  else\n    2\n  end‖\n  result\nend\n",
        "def f(x)\n  if x > 1¦\n    a\n  elsif x > 0\n    b\n  else\n    c\n  end‖\n  d\nend\n",
        "def doc¦\n  <<~EOS\n    if only\n    end\n  EOS\nend‖\n\ndoc\n",
    ],
    "php": [
        "function f(\n      $deadline = null) {¦\n    g();\n  }‖\n\n  function h() {}\n",
        "class A {\n    public function f($x) {¦\n        return \"{$x['a']} }\";\n    }‖\n\n    function g()\n",
        "foreach ($rows as $row) {¦\n    if ($row) {\n        continue;\n    } else {\n        break;\n"
        "    }\n}‖\necho 1;\n",
        "function f() {\n    ¦$a = array(\n        'b' => 1,\n    );‖\n    return $a;\n}\n",
    ],
    "shellscript": [
        "case $1 in\nstart)\n  go ;;\n*)¦\n  stop ;;\nesac‖\necho done\n",
        "for f in *\ndo¦\n  echo $f\ndone‖\nexit\n",
        'if [ -f "$1" ]; then¦\n  echo \'fi\'\n  for f in *; do\n    rm "$f"\n  done\nfi‖\nexit 0\n',
        'for f in "$@"; do¦\n  echo ${#f} $(basename "$f")\ndone‖\necho done\n',
        "case $1 in¦\n  start) run ;;\n  (stop)\n    halt\n    ;;\nesac‖\nexit\n",
        "usage() {¦\n  cat <<EOF\n}\nusage: tool\nEOF\n}‖\nusage\n",
        'main() {\n  ¦while read -r line; do\n    echo "$line"\n  done < file‖\n  echo end\n}\n',
    ],
    "sql": [
        "CREATE TABLE users (¦\n  id INTEGER PRIMARY KEY,\n  name VARCHAR(80) DEFAULT ')'\n);‖\n"
        "SELECT 1;\n",
        "¦SELECT name,\n  CASE WHEN age > 17 THEN 'adult' ELSE 'child' END\nFROM users\nWHERE id = 1;‖\n"
        "SELECT 2;\n",
        "¦INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\nSELECT *\nFROM a;‖\nSELECT 3;\n",
    ],
    "html": [
        "<ul>¦\n  <li>one<br></li>\n  <li>two</li>\n</ul>‖\n<p>it's over</p>\n",
        '<body>\n  ¦<div class="a">\n    <img src="b.png">\n    text\n  </div>‖\n  <p>x</p>\n</body>\n',
        "<div>\n  ¦<p>one</p>\n  <p>two</p>‖\n</div>\n",
    ],
    "css": [
        "a:hover {¦\n  color: red;\n  content: '}';\n}‖\n\nb {\n",
        "@media print {\n  ¦nav {\n    display: none;\n  }‖\n  p {\n  }\n}\n",
    ],
    "json": [
        '{\n  "scripts": {¦\n    "build": "tsc {",\n    "test": "jest"\n  },‖\n  "license": "MIT"\n}\n',
        '{\n  ¦"name": "a",\n  "files": [\n    "b"\n  ],‖\n  "main": "c"\n}\n',
    ],
    "yaml": [
        "jobs:\n  test:¦\n    runs-on: ubuntu-latest\n    steps:\n      - run: make‖\n  lint:\n    x: 1\n",
        "steps:¦\n- uses: actions/checkout\n- run: |\n    make\n\n    make test‖\nnext: 1\n",
        "steps:\n  ¦- name: Build\n    run: make‖\n  - name: Test\n",
    ],
    "toml": [
        '[project]¦\nname = "a"\ndependencies = [\n  "b",\n]‖\n[tool.ruff]\n',
        "[project]\n¦name = 'a'\nversion = '1'‖\n[tool]\n",
    ],
    "markdown": [
        "# Use\n\n¦Run it:\nlike so.‖\n\nThen go on.\n",
        "```python¦\nx = 1\n\ny = 2\n```‖\n\nText.\n",
        "# Use\n\n¦- one\n- two‖\n## More\n",
    ],
    # Without a grammar: by indentation, brackets and words.
    "lua": [
        "local function add(a, b)¦\n  if a then\n    return a\n  end\n  return b -- end\nend‖\nprint(1)\n",
        'for i = 1, 3 do¦\n  print("end")\nend‖\nprint(2)\n',
    ],
    "elixir": [
        "defmodule A do\n  def f(x) do¦\n    Enum.map(x, fn y -> y end)\n  end‖\n\n  def g\n",
    ],
    "kotlin": [
        'fun f(x: Int): Int {¦\n    val s = "}"\n    return x\n}‖\nval y = 1\n',
    ],
    "unheard-of": [
        "begin¦\n  a\nend‖\nb\n",
        "block {¦\n  a (\n)\n}‖\nb\n",
        "if x then¦\n  y\nelse\n  z\nend‖\nw\n",
    ],
}


def kept(prefix: str, language: str, continuation: str, max_lines: int = 12) -> str | None:
    """Let the rule look after every character, as decoding does; return what it keeps."""
    rule = block_rule(prefix, language, place_at_end(prefix, language), max_lines)
    for end in range(1, len(continuation) + 1):
        if (keep := rule(continuation[:end])) is not None:
            return continuation[:keep]
    return None


@pytest.mark.parametrize(
    ("language", "case"),
    [
        pytest.param(language, case, id=f"{language}-{number}")
        for language, cases in CASES.items()
        for number, case in enumerate(cases)
    ],
)
def test_a_block_ends_with_the_node_at_the_cursor(language: str, case: str) -> None:
    prefix, _, rest = case.partition("¦")
    block, _, after = rest.partition("‖")
    if not after:  # it may go on
        assert kept(prefix, language, block) is None
    else:
        assert kept(prefix, language, block + after) == block
