"""Ghost text in real Neovims: the newest, where Neovim shows it itself, and the oldest we serve."""

from __future__ import annotations

import pytest

from tests.e2e.editors.neovim import ADD, SETTINGS, SHOWN, Neovim, begin

FIBONACCI = '\n\ndef fibonacci(n):\n    """Return the nth Fibonacci number."""\n'
LOAD = "import json\n\ndef load(path):\n    with open(path) as file:\n        return json.load()\n"

OFFER = "require('codex_lsp.offers').get(vim.api.nvim_get_current_buf())"
WHOLE = f"return not {OFFER}.growing"


RECORD = """
local attach = require('codex_lsp.attach')
local grow, on_show, shown = attach.grow, attach.on_show, loadstring(...)
local function note()
  table.insert(_G.seen, table.concat(shown(), '\\n'))
end
attach.grow = function(...)
  grow(...)
  note()
end
attach.on_show = function(...)
  on_show(...)
  note()
end
_G.stop_recording = function()
  attach.grow, attach.on_show = grow, on_show
end
"""


def stream(nvim: Neovim) -> str:
    """The id of the completion on offer; empty when there is none."""
    return str(
        nvim.lua(f"local o = {OFFER}; return o and o.items[1].command.arguments[1].id or ''")
    )


def test_a_suggestion_is_shown_and_accepted(nvim: Neovim) -> None:
    begin(nvim, ADD, "jA")
    assert nvim.suggested() == ["a + b"]
    nvim.press("<Tab>")
    nvim.until_lines(["def add(a, b):", "    return a + b"])
    assert nvim.shown() == []
    assert tuple(nvim.api.current.window.cursor) == (2, 16)


def test_parts_are_accepted_and_the_rest_stays_without_asking_again(nvim: Neovim) -> None:
    begin(nvim, ADD, "jA")
    nvim.suggested()
    before = stream(nvim)
    nvim.press("<M-Right>")
    nvim.until_lines(["def add(a, b):", "    return a"])
    assert nvim.suggested() == [" + b"]
    nvim.press("<M-Right>")
    nvim.until_lines(["def add(a, b):", "    return a +"])
    # The answer for the new place has come when the offer is for it; it is the same completion.
    nvim.until_lua(f"local offer = {OFFER}; return offer and offer.position.character == 14")
    assert stream(nvim) == before
    assert nvim.shown() == [" b"]
    nvim.press("<M-C-Right>")
    nvim.until_lines(["def add(a, b):", "    return a + b"])


def test_lines_of_a_block_are_accepted_one_by_one(nvim: Neovim) -> None:
    begin(nvim, FIBONACCI, "Go")
    nvim.until("a block", lambda: len(nvim.shown()) > 1)
    nvim.until_lua(WHOLE)
    block = nvim.shown()
    nvim.press("<M-C-Right>")
    nvim.until("its first line", lambda: nvim.lines()[-1].endswith(block[0]))
    assert nvim.shown() == ["", *block[1:]]
    nvim.press("<M-C-Right>")
    nvim.until("its second line", lambda: nvim.lines()[-1] == block[1])


def test_a_suggestion_grows_on_the_screen(nvim: Neovim) -> None:
    nvim.lua(RECORD, SHOWN)
    begin(nvim, FIBONACCI, "Go")
    nvim.suggested()
    nvim.until_lua(WHOLE)
    seen = nvim.lua("return _G.seen")
    nvim.lua("_G.stop_recording()")
    assert len(seen) >= 3
    assert "\n" not in seen[0]
    # No moment without ghost text; each begins with the one before, but for a half line at the end.
    for shorter, longer in zip(seen, seen[1:-1], strict=False):
        assert longer.startswith(shorter)
    assert len(nvim.shown()) > 1


def test_typing_what_it_says_moves_it_along_and_something_else_takes_it_away(
    nvim: Neovim,
) -> None:
    begin(nvim, ADD, "jA")
    nvim.suggested()
    before = stream(nvim)
    nvim.press("a ")
    nvim.until("the rest", lambda: nvim.shown() == ["+ b"])
    assert stream(nvim) == before
    nvim.press("@")
    nvim.until_lines(["def add(a, b):", "    return a @"])
    # What no longer agrees is gone with the key, not only with the next answer.
    assert "+ b" not in nvim.shown()
    nvim.until("another answer", lambda: stream(nvim) != before)


def test_candidates_are_cycled(nvim: Neovim) -> None:
    nvim.open("a.py", "import os\n\nfor name in \n")
    nvim.served()
    # By the mean: by the sum, what has become too unlikely to be the best is not decoded further.
    every = "patience = 100, maxLatencyMs = 60000, ranker = 'mean-logprob'"
    configure(nvim, f"{{ seed = 1, profile = 'eager', samples = 8, temperature = 1.5, {every} }}")
    nvim.press("jjA")
    nvim.until_lua(f"local offer = {OFFER}; return offer and #offer.items > 2")
    items = nvim.lua(f"return vim.tbl_map(function(i) return i.insertText end, {OFFER}.items)")
    nvim.press("<M-]>")
    nvim.until("the second", lambda: nvim.shown()[:1] == [f"{items[1]} (2/{len(items)})"])
    nvim.press("<M-[><M-[>")
    last = f"{items[-1]} ({len(items)}/{len(items)})"
    nvim.until("the last", lambda: nvim.shown()[:1] == [last])
    nvim.press("<Tab>")
    nvim.until_lines(["import os", "", f"for name in {items[-1]}"])
    configure(nvim, SETTINGS)


def configure(nvim: Neovim, settings: str) -> None:
    """Send settings, as a user who changes them."""
    nvim.lua(
        f"""
        local client = vim.lsp.get_clients({{ name = 'codex_lsp' }})[1]
        client.settings = {{ codexLsp = {settings} }}
        require('codex_lsp.compat').notify(client, 'workspace/didChangeConfiguration', {{
          settings = client.settings,
        }})
        """
    )


def test_a_dismissed_suggestion_comes_back_with_the_next_key(nvim: Neovim) -> None:
    begin(nvim, ADD, "jA")
    nvim.suggested()
    nvim.press("<C-]>")
    nvim.until("nothing", lambda: nvim.shown() == [])
    assert not nvim.lua("return require('codex_lsp').is_visible()")
    nvim.press("a")
    assert nvim.suggested() == [" + b"]


def test_one_can_be_asked_for(nvim: Neovim) -> None:
    begin(nvim, ADD, "jA")
    nvim.suggested()
    before = stream(nvim)
    nvim.press("<M-\\>")
    nvim.until("another", lambda: nvim.shown() and stream(nvim) != before)


def test_leaving_insert_mode_takes_it_away(nvim: Neovim) -> None:
    begin(nvim, ADD, "jA")
    nvim.suggested()
    nvim.press("<Esc>")
    nvim.until("nothing", lambda: nvim.shown() == [])


def test_an_auto_closed_bracket_is_not_doubled(nvim: Neovim) -> None:
    begin(nvim, LOAD, "4jf(a")
    (shown,) = nvim.suggested()
    nvim.press("<Tab>")
    # A text that closes the bracket itself replaces the one that is there.
    line = f"        return json.load({shown}" + ("" if ")" in shown else ")")
    assert line.count(")") == 1
    nvim.until_lines([*LOAD.splitlines()[:-1], line])


def test_characters_of_many_bytes_before_the_cursor(nvim: Neovim) -> None:
    begin(nvim, 'x = "😀" + na\n', "A")
    shown = nvim.suggested()
    nvim.press("<M-C-Right>")
    nvim.until("its line", lambda: nvim.lines()[0] == 'x = "😀" + na' + shown[0])


def test_no_carriage_return_gets_into_a_dos_file(nvim: Neovim) -> None:
    begin(nvim, FIBONACCI.replace("\n", "\r\n"), "Go")
    assert nvim.lua("return vim.bo.fileformat") == "dos"
    nvim.until("a block", lambda: len(nvim.shown()) > 1)
    nvim.until_lua(WHOLE)
    block = nvim.shown()
    nvim.press("<Tab>")
    nvim.until("the block", lambda: nvim.lines()[1 - len(block) :] == block[1:])
    assert not any("\r" in line for line in nvim.lines())


def test_keys_keep_their_meaning_where_nothing_is_shown(nvim: Neovim) -> None:
    nvim.open("a.py", "x = 1\n")
    nvim.served()
    nvim.press("O<Tab>y")
    nvim.until("a tab", lambda: nvim.lines()[0] in ("\ty", "    y", "        y"))


def test_a_key_that_is_mapped_already_is_left_alone(nvim: Neovim) -> None:
    nvim.api.command("inoremap <C-]> mapped")
    begin(nvim, ADD, "jA")
    nvim.suggested()
    nvim.press("<C-]>")
    nvim.until_lines(["def add(a, b):", "    return mapped"])
    nvim.api.command("iunmap <C-]>")


@pytest.mark.parametrize("scope", ["global", "filetype", "buffer"])
def test_suggestions_are_switched_off_and_on(nvim: Neovim, scope: str) -> None:
    begin(nvim, ADD, "jA")
    nvim.suggested()
    nvim.api.command(f"CodexLsp disable {scope}")
    nvim.until("nothing", lambda: nvim.shown() == [])
    assert nvim.lua("return { require('codex_lsp').status() }") == ["off", "Switched off here."]
    assert nvim.lua("return require('codex_lsp').statusline()") == "○"
    nvim.api.command("new b.lua | setfiletype lua")
    assert nvim.lua("return require('codex_lsp').is_enabled()") == (scope != "global")
    nvim.api.command("bwipeout!")
    nvim.api.command(f"CodexLsp toggle {scope}")
    nvim.press("<Esc>A")
    assert nvim.suggested() == ["a + b"]
    assert "suggestions are off here" in nvim.messages()
