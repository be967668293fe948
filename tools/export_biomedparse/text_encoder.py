"""The graph `text_encoder`: token ids to the tokens that the decoder's queries attend to."""

import torch
from torch import nn

from layers import LayerNorm, Linear, Attention, frozen


class TextBlock(nn.Module):
    """One pre-norm transformer block of CLIP's text model."""

    def __init__(self, block):
        super().__init__()
        self.attention = Attention(block.attn)
        self.norm1 = LayerNorm(block.ln_1.weight, block.ln_1.bias, block.ln_1.variance_epsilon)
        self.norm2 = LayerNorm(block.ln_2.weight, block.ln_2.bias, block.ln_2.variance_epsilon)
        self.expand = Linear(block.mlp.c_fc.weight, block.mlp.c_fc.bias)
        self.contract = Linear(block.mlp.c_proj.weight, block.mlp.c_proj.bias)

    def forward(self, x, mask):
        x = x + self.attention(self.norm1(x), mask=mask)
        hidden = self.expand(self.norm2(x))
        return x + self.contract(hidden * torch.sigmoid(1.702 * hidden))


class TextEncoder(nn.Module):
    """input_ids, attention_mask int64[P,77] to tokens float32[P,77,C].

    Each position sees itself and those before it, so padding changes nothing in front of it. The
    tokens of padding positions are zero, which is what the published code pads short prompts with.
    """

    inputs = ("input_ids", "attention_mask")
    outputs = ("tokens",)

    def __init__(self, language_encoder):
        super().__init__()
        transformer = language_encoder.encoder_transformer
        if not transformer.autogressive:
            raise ValueError("this exporter expects the text model to be causal")
        self.embedding = frozen(transformer.token_embedding.weight)
        self.position = frozen(transformer.positional_embedding)
        self.mask = frozen(transformer.build_attention_mask())
        self.blocks = nn.ModuleList(TextBlock(block) for block in transformer.resblocks)
        final = transformer.ln_final
        self.norm = LayerNorm(final.weight, final.bias, final.variance_epsilon)
        self.projection = Linear(language_encoder.lang_proj.t())

    def forward(self, input_ids, attention_mask):
        x = nn.functional.embedding(input_ids, self.embedding) + self.position
        for block in self.blocks:
            x = block(x, self.mask)
        tokens = self.projection(self.norm(x))
        return tokens * attention_mask.unsqueeze(-1).to(tokens.dtype)
