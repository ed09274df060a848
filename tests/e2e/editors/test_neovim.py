"""Ghost text in real Neovims: the newest, where Neovim shows it itself, and the oldest we serve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_lsp.model_dir import ModelDir
from tests.e2e.editors.neovim import PLUGIN, SETTINGS, SHOWN, Neovim, setup

ADD = "def add(a, b):\n    return \n"
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


@pytest.fixture(scope="module", params=["nvim-0.12", "nvim-0.10"])
def neovim(
    request: pytest.FixtureRequest, tool: Any, model: ModelDir, tmp_path_factory: Any
) -> Iterator[Neovim]:
    home = tmp_path_factory.mktemp(request.param)
    editor = Neovim(tool(request.param), home, setup())
    yield editor
    editor.close()


@pytest.fixture
def nvim(neovim: Neovim) -> Iterator[Neovim]:
    """The editor with no file but the next one."""
    neovim.press("<Esc>")
    neovim.until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    neovim.lua("_G.seen = {}")
    yield neovim
    neovim.press("<Esc>")
    neovim.until("normal mode", lambda: neovim.api.api.get_mode()["mode"] == "n")
    neovim.api.command("messages clear")
    neovim.lua("require('codex_lsp').enable()")
    neovim.api.command("enew! | %bwipeout!")


def begin(nvim: Neovim, text: str, keys: str, name: str = "a.py") -> Path:
    """Open a file, wait for the server, and press keys."""
    path = nvim.open(name, text)
    nvim.served()
    nvim.press(keys)
    return path


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
    every = "patience = 100, maxLatencyMs = 60000"
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
    assert nvim.suggested() == ["file"]
    nvim.press("<Tab>")
    nvim.until_lines([*LOAD.splitlines()[:-1], "        return json.load(file)"])


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


def test_the_command_completes_and_says_what_is_wrong(nvim: Neovim) -> None:
    def completions(line: str) -> list[str]:
        return list(nvim.api.funcs.getcompletion(line, "cmdline"))

    assert completions("CodexLsp en") == ["enable"]
    assert completions("CodexLsp toggle ") == ["global", "filetype", "buffer"]
    assert completions("CodexLsp status ") == []
    assert {"accept", "dismiss", "health", "log", "restart", "stop"} <= set(
        completions("CodexLsp ")
    )
    for line, said in {
        "nonsense": "there is no :CodexLsp nonsense",
        "toggle moon": ":CodexLsp toggle takes one of global, filetype, buffer",
        "status now": ":CodexLsp status takes no argument",
    }.items():
        nvim.press(f":CodexLsp {line}<CR>")
        nvim.until(said, lambda said=said: said in nvim.messages())


def test_why_there_was_a_suggestion_is_shown_in_a_window(nvim: Neovim) -> None:
    begin(nvim, ADD, "jA")
    assert nvim.suggested() == ["a + b"]
    nvim.press("<Esc>:CodexLsp explain<CR>")
    nvim.until("the window", lambda: nvim.api.current.buffer.name == "codex-lsp://explain")
    first, second, third, *candidates = nvim.lines()
    assert first == "shown · line · The model was asked; the best candidate is shown."
    assert second.startswith("line 2 · ") and third.startswith("tokens: ")
    assert candidates[0].startswith(" 1 ") and candidates[0].endswith("kept  │a + b│")
    nvim.press("q")
    nvim.until("the file", lambda: nvim.api.current.buffer.name.endswith("a.py"))


def test_statistics_are_shown_in_a_window(nvim: Neovim) -> None:
    # The test's environment keeps none: that is what is said.
    begin(nvim, ADD, "jA")
    nvim.press("<Esc>:CodexLsp stats<CR>")
    nvim.until("the window", lambda: nvim.api.current.buffer.name == "codex-lsp://stats")
    assert nvim.lines() == ["Statistics are off."]
    nvim.press("q")
    nvim.until("the file", lambda: nvim.api.current.buffer.name.endswith("a.py"))
    figures = {
        "shown": 4,
        "accepted": 1,
        "partiallyAccepted": 2,
        "dismissed": 1,
        "keptAfter30s": 1,
        "charactersSaved": 30,
        "acceptanceRate": 0.75,
        "latencyMs": {"median": 120, "p95": 300},
        "requests": 9,
    }
    told = {
        "enabled": True,
        "since": "2026-01-31",
        "totals": figures,
        "byLanguage": [{"language": "python", **figures}],
    }
    assert nvim.lua("return require('codex_lsp.report').stats_lines(...)", told) == [
        "Since 2026-01-31: 9 requests.",
        "                  shown accepted by part dismissed  rate  30 s   chars  median",
        "all                   4        1       2         1   75%     1      30  120 ms",
        "python                4        1       2         1   75%     1      30  120 ms",
    ]


def test_what_happens_is_told(nvim: Neovim) -> None:
    nvim.lua(
        """
        vim.api.nvim_create_autocmd('User', {
          pattern = 'CodexLsp*',
          group = vim.api.nvim_create_augroup('test', {}),
          callback = function(args)
            table.insert(_G.seen, { args.match, args.data })
          end,
        })
        """
    )
    begin(nvim, ADD, "jA")
    nvim.suggested()
    nvim.press("<M-Right><Tab>")
    nvim.until_lines(["def add(a, b):", "    return a + b"])
    seen = nvim.lua("return _G.seen")
    nvim.api.command("augroup test | autocmd! | augroup END")
    names = [name for name, _ in seen]
    assert names[0] == "CodexLspAttach"
    assert {"CodexLspShow", "CodexLspStatus"} <= set(names)
    parts = [data["part"] for name, data in seen if name == "CodexLspAccept"]
    assert parts == ["word", "all"]
    (shown, *_) = [data for name, data in seen if name == "CodexLspShow"]
    assert (shown["index"], shown["count"] >= 1) == (1, True)


def test_the_health_check_finds_nothing_wrong(nvim: Neovim) -> None:
    nvim.open("a.py", ADD)
    nvim.served()
    nvim.api.command("CodexLsp health")
    report = "\n".join(nvim.lines())
    assert "ERROR" not in report
    for line in (
        "suggestions are shown by",
        "The default model is installed: ",
        "serves 1 buffer(s).",
        "a.py: ready, smollm2-135m-instruct",
        "<Tab>: accept",
    ):
        assert line in report, report
    nvim.api.command("bwipeout!")


def test_the_help_is_found(nvim: Neovim) -> None:
    nvim.api.command(f"helptags {PLUGIN / 'doc'}")
    for tag in ("codex-lsp", "codex-lsp-options", ":CodexLsp", "codex-lsp-events"):
        nvim.api.command(f"help {tag}")
        assert nvim.lua("return vim.fn.expand('%:t')") == "codex-lsp.txt"
    nvim.api.command("helpclose")


def test_wrong_options_are_told_and_the_rest_counts(nvim: Neovim) -> None:
    got = nvim.lua(
        """
        local config = require('codex_lsp.config')
        local before = vim.deepcopy(config.get())
        local got = config.set({ colour = 1, debounce_ms = 'x', backend = 'y', enabled = false })
        local result = { got.enabled, got.debounce_ms, got.backend }
        config.set({ cmd = before.cmd, settings = before.settings })
        return result
        """
    )
    assert got == [False, 50, "auto"]
    for said in (
        "there is no option colour",
        "debounce_ms has to be a number, not a string",
        "backend has to be 'auto', 'builtin' or 'ghost', not 'y'",
    ):
        assert said in nvim.messages()


def test_highlights_can_be_chosen(nvim: Neovim) -> None:
    nvim.open("a.py", ADD)
    nvim.served()
    links = nvim.lua(
        "return { vim.api.nvim_get_hl(0, { name = 'CodexLspGhostText' }).link,"
        " vim.api.nvim_get_hl(0, { name = 'CodexLspHint' }).link }"
    )
    assert links in (["ComplHint", "ComplHintMore"], ["NonText", "MoreMsg"])


def test_the_server_is_stopped_and_started_anew(nvim: Neovim) -> None:
    nvim.open("a.py", ADD)
    nvim.served()
    first = nvim.lua("return vim.lsp.get_clients({ name = 'codex_lsp' })[1].id")
    nvim.api.command("CodexLsp restart")
    nvim.until_lua(
        "local c = vim.lsp.get_clients({ name = 'codex_lsp' })[1]; return c and c.id ~= ...", first
    )
    nvim.served()
    nvim.press("jA")
    assert nvim.suggested() == ["a + b"]


ENTRIES = """
local done
local source = require(...).new()
local take = function(response)
  done = response
end
if source.complete then
  source:complete({ context = { bufnr = vim.api.nvim_get_current_buf() } }, take)
else
  source:get_completions({ bufnr = vim.api.nvim_get_current_buf() }, take)
end
vim.wait(10000, function() return done ~= nil end, 20)
return done
"""


INSERTED = """
local module, entry = ...
local source = require(module).new()
local nothing = function() end
if source.complete then
  source:execute(entry, nothing)
else
  source:execute({}, entry, nothing, nothing)
end
"""


@pytest.mark.parametrize("module", ["codex_lsp.cmp", "codex_lsp.blink"])
def test_completion_menus_get_the_same_candidates(nvim: Neovim, module: str) -> None:
    begin(nvim, ADD, "jAa")
    nvim.suggested()
    response = nvim.lua(ENTRIES, module)
    entry = response["items"][0]
    assert entry["label"] == "a + b"
    assert entry["filterText"] == "a + b"
    assert entry["textEdit"] == {
        "newText": "a + b",
        "range": {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 12}},
    }
    assert entry["labelDetails"]["description"].endswith(" %")
    assert [item["sortText"] for item in response["items"]] == [
        f"{rank:04d}" for rank in range(len(response["items"]))
    ]
    assert response.get("isIncomplete") or response["is_incomplete_forward"]
    # The menu inserts it; then the ghost text has nothing more to say.
    nvim.lua(INSERTED, module, entry)
    nvim.until("nothing", lambda: nvim.shown() == [])
