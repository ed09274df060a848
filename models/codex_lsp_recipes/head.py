"""The loss over a large vocabulary, piece by piece: no array of [tokens, vocabulary] is ever whole.

The output projection is frozen, so the gradient of the hidden states is all that is needed, and it
is computed at once while a piece's probabilities are at hand. A fifth of the training's arithmetic
is here. The trained rows stand in the place of the frozen matrix's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

PIECE_TOKENS = 128


def head_loss(
    hidden: Tensor, weight: Tensor, rows: Tensor, row_ids: Tensor, targets: Tensor, wanted: Tensor
) -> Tensor:
    """Return the weighted sum of the targets' negative log-probabilities, in nats.

    Tokens with weight 0 cost nothing.

    :param hidden: [tokens, hidden]
    :param weight: the frozen projection, [vocabulary, hidden]
    :param rows: what replaces its rows ``row_ids``, [n, hidden]
    """
    some = wanted.nonzero().squeeze(1)
    loss: Tensor = _HeadLoss.apply(  # type: ignore[no-untyped-call]
        hidden[some], weight, rows, row_ids, targets[some], wanted[some]
    )
    return loss


def head_logprobs(
    hidden: Tensor, weight: Tensor, rows: Tensor, row_ids: Tensor, targets: Tensor
) -> Tensor:
    """Return the targets' log-probabilities, [tokens], float32; without gradient."""
    pieces = []
    for start in range(0, len(hidden), PIECE_TOKENS):
        piece = slice(start, start + PIECE_TOKENS)
        logits = _logits(hidden[piece], weight, rows, row_ids)
        chosen = logits.gather(1, targets[piece, None]).squeeze(1)
        pieces.append(chosen - logits.logsumexp(dim=1))
    return torch.cat(pieces)


def _logits(hidden: Tensor, weight: Tensor, rows: Tensor, row_ids: Tensor) -> Tensor:
    logits = (hidden @ weight.T).float()
    return logits.index_copy_(1, row_ids, hidden.float() @ rows.T)


class _HeadLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        rows: Tensor,
        row_ids: Tensor,
        targets: Tensor,
        wanted: Tensor,
    ) -> Tensor:
        loss = torch.zeros(())
        hidden_grad = torch.empty_like(hidden)
        rows_grad = torch.zeros_like(rows)
        for start in range(0, len(hidden), PIECE_TOKENS):
            piece = slice(start, start + PIECE_TOKENS)
            logits = _logits(hidden[piece], weight, rows, row_ids)
            targets_here = targets[piece, None]
            # In place and once over each element: the piece is larger than the processor's caches.
            highest = logits.amax(dim=1, keepdim=True)
            chosen = logits.gather(1, targets_here) - highest
            grad = logits.sub_(highest).exp_()
            total = grad.sum(dim=1, keepdim=True)
            loss += (wanted[piece] * (total.log() - chosen).squeeze(1)).sum()
            # The gradient of the logits: probabilities, less one at the target, weighted.
            grad *= wanted[piece, None] / total
            grad.scatter_add_(1, targets_here, -wanted[piece, None])
            of_rows = grad[:, row_ids]
            rows_grad += of_rows.T @ hidden[piece].float()
            grad[:, row_ids] = 0
            frozen = (grad.to(weight.dtype) @ weight).float()
            hidden_grad[piece] = (frozen + of_rows @ rows).to(hidden.dtype)
        ctx.save_for_backward(hidden_grad, rows_grad)
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        hidden_grad, rows_grad = ctx.saved_tensors
        return hidden_grad * grad, None, rows_grad * grad, None, None, None
