"""Commands, windows, events, options and menus in real Neovims, beside the ghost text."""

from __future__ import annotations

import pytest

from codex_lsp_models.manifest import DEFAULT
from tests.e2e.editors.neovim import ADD, PLUGIN, Neovim, begin


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
        f"a.py: ready, {DEFAULT}",
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
        for _, keys in ipairs({ { accept = true }, { acept = '<C-l>' } }) do
          table.insert(result, config.set({ keymaps = keys }).keymaps.accept)
        end
        config.set({ cmd = before.cmd, settings = before.settings })
        return result
        """
    )
    assert got == [False, 50, "auto", "<Tab>", "<Tab>"]
    for said in (
        "there is no option colour",
        "debounce_ms has to be a number, not a string",
        "backend has to be 'auto', 'builtin' or 'ghost', not 'y'",
        "keymaps.accept has to be a string or false, not a boolean; it is ignored.",
        "there is no option keymaps.acept; it is ignored.",
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
