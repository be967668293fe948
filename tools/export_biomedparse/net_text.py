"""The text side of BiomedParse v2: CLIP's causal text transformer and a projection."""

import torch
from torch import nn


class TextNorm(nn.Module):
    """Layer norm with CLIP's published weight names; the variance gets 1e-12."""

    variance_epsilon = 1e-12

    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        variance = centred.square().mean(-1, keepdim=True)
        return self.weight * (centred / torch.sqrt(variance + self.variance_epsilon)) + self.bias


class TextMlp(nn.Module):
    """Two linear maps with x · sigmoid(1.702 x) between them."""

    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        inner = self.c_fc(x)
        return self.c_proj(inner * torch.sigmoid(1.702 * inner))


class TextBlock(nn.Module):
    """A transformer block with its norms in front."""

    def __init__(self, width, heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_1, self.ln_2 = TextNorm(width), TextNorm(width)
        self.mlp = TextMlp(width)

    def forward(self, x, hidden):
        normed = self.ln_1(x)
        x = x + self.attn(normed, normed, normed, attn_mask=hidden, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class TextTransformer(nn.Module):
    """input_ids int64[P,77] to float32[P,77,C]; each position sees itself and those before it."""

    autogressive = True  # The published name for causal.

    def __init__(self, config):
        super().__init__()
        width, self.length = config["WIDTH"], config["CONTEXT_LENGTH"]
        self.token_embedding = nn.Embedding(config["VOCAB_SIZE"], width)
        self.positional_embedding = nn.Parameter(torch.zeros(self.length, width))
        self.resblocks = nn.ModuleList(TextBlock(width, config["HEADS"]) for _ in range(config["LAYERS"]))
        self.ln_final = TextNorm(width)

    def build_attention_mask(self):
        """What is added to the scores: -inf for later positions."""
        return torch.full((self.length, self.length), float("-inf")).triu(1)

    def forward(self, input_ids):
        x = self.token_embedding(input_ids) + self.positional_embedding
        hidden = self.build_attention_mask()
        for block in self.resblocks:
            x = block(x, hidden)
        return self.ln_final(x)


class LanguageEncoder(nn.Module):
    """Prompts to the tokens that the queries attend to."""

    def __init__(self, config):
        super().__init__()
        self.encoder_transformer = TextTransformer(config["encoder_transformer"]["config_encoder"])
        self.lang_proj = nn.Parameter(torch.zeros(config["lang_projection"]["data"]["size"]))
        self.logit_scale = nn.Parameter(torch.ones([]))  # In the weights; no mask depends on it.

    def forward(self, input_ids, attention_mask):
        """int64[P,77] each to float32[L,P,C], L the longest prompt's length; shorter ones end in zeros."""
        tokens = self.encoder_transformer(input_ids) @ self.lang_proj
        tokens = tokens * attention_mask[..., None].to(tokens.dtype)
        return tokens.transpose(0, 1)[: int(attention_mask.sum(1).max())]
