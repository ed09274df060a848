"""A Hugging Face folder becomes a model directory that computes what transformers computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from codex_lsp import model_dir
from codex_lsp.errors import ConversionError, UsageError
from codex_lsp.model_dir import FimTokens
from codex_lsp_models.build import read_logprobs
from codex_lsp_models.convert import convert

REASON = "needs the extra `convert`: pip install 'codex-lsp[convert]'"
torch = pytest.importorskip("torch", reason=REASON)
transformers = pytest.importorskip("transformers", reason=REASON)

# transformers warns of its own future; only our own warnings are errors here.
pytestmark = [
    pytest.mark.filterwarnings("default:::transformers"),
    pytest.mark.filterwarnings("default:::torch"),
]

SPECIAL = ["<s>", "</s>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"]
TEXT = "def add(a, b):\n    return a + b\n"


def write_folder(folder: Path, special: list[str], bos: bool, tied: bool = False) -> Any:
    torch.manual_seed(0)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        [TEXT * 9],
        trainers.BpeTrainer(
            vocab_size=300,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", 0)]
        )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>"
    ).save_pretrained(folder)
    model = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            # Padded, as that of many models is.
            vocab_size=tokenizer.get_vocab_size() + 7,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=128,
            bos_token_id=0,
            eos_token_id=1,
            tie_word_embeddings=tied,
        )
    ).eval()
    model.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlanguage: code\nlicense: mit\n---\n# Tiny\n")
    return model


def test_a_folder_becomes_a_fill_in_the_middle_model(tmp_path: Path) -> None:
    folder = tmp_path / "hf"
    reference = write_folder(folder, SPECIAL, bos=True)

    model = convert(str(folder), "tiny-fim", home=tmp_path / "models", quantization="float32")

    model_dir.verify(model)
    description = model.description
    assert description.kind == "fim"
    assert description.prompt.fim == FimTokens("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
    assert description.prompt.bos == "<s>"
    assert description.prompt.stop[0] == "</s>"
    assert set(description.prompt.stop) == set(SPECIAL) - {"<s>"}
    assert description.prompt.file_separator == "<|file_sep|>"
    assert description.context_length == 128
    assert description.licence == "mit"
    assert description.source["kind"] == "hf"
    assert description.source["sha256 model.safetensors"] == (
        model_dir.digest_file(folder / "model.safetensors").sha256
    )

    ids = Tokenizer.from_file(str(model.path / "tokenizer.json")).encode(TEXT).ids
    assert ids[0] == 0
    with torch.inference_mode():
        wanted = torch.log_softmax(reference(torch.tensor([ids])).logits[0], -1).numpy()
    (found,) = read_logprobs(model.path, [ids])
    assert np.abs(found - wanted).max() < 1e-4


def test_a_folder_without_sentinels_continues_a_prefix(tmp_path: Path) -> None:
    write_folder(tmp_path / "hf", ["<s>", "</s>"], bos=False)
    prompt = convert(str(tmp_path / "hf"), "tiny", home=tmp_path / "models").description.prompt
    assert prompt == model_dir.PromptFormat(stop=("</s>",))


def test_a_folder_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason=REASON)
    folder = tmp_path / "hf"
    # The output's matrix of a model that shares it is not missing, though no file has it.
    write_folder(folder, ["<s>", "</s>"], bos=False, tied=True)
    convert(str(folder), "whole", home=tmp_path / "models")
    file = folder / "model.safetensors"
    weights = safetensors.load_file(file)
    assert "lm_head.weight" not in weights
    kept = {name: value for name, value in weights.items() if ".layers.1." not in name}
    safetensors.save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(
        ConversionError,
        match=r"hf cannot be converted: its files lack 9 of its weights, "
        r"model\.layers\.1\.input_layernorm\.weight among them; fetch it again\.",
    ):
        convert(str(folder), "part", home=tmp_path / "models")


def test_an_architecture_that_ctranslate2_lacks_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "hf"
    write_folder(folder, ["<s>", "</s>"], bos=False)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mamba", "architectures": ["MambaForCausalLM"]}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConversionError, match="MambaConfig"):
        convert(str(folder), "odd", home=tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".odd.lock"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"empty is no Hugging Face model: it has no config\.json"):
        convert(str(tmp_path / "empty"), "odd", home=tmp_path / "models")
