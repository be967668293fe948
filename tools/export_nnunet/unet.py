"""nnU-Net's two networks, built from a description (`plans.Network`) alone, with the published names of the weights.

Sources: PlainConvUNet and ResidualEncoderUNet of dynamic_network_architectures, and the paper of nnU-Net (Isensee et
al., 2021). Modules are registered under each of the names that the published code gives them, since its files of
weights list a weight under every one of them.
"""

import torch
from torch import nn


class Layers:
    """Makes layers of a network's dimensions and kinds."""

    def __init__(self, network):
        self.network = network
        self.conv = {2: nn.Conv2d, 3: nn.Conv3d}[network.dimensions]
        self.up = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}[network.dimensions]
        self.pool = {2: nn.AvgPool2d, 3: nn.AvgPool3d}[network.dimensions]

    def norm(self, features):
        return getattr(nn, self.network.norm)(features, **self.network.norm_options)

    def nonlinearity(self):
        # In place would change a skip connection while it is traced.
        options = {name: value for name, value in self.network.nonlinearity_options.items() if name != "inplace"}
        return getattr(nn, self.network.nonlinearity)(**options)


class ConvBlock(nn.Module):
    """Convolution, norm and non-linearity; the published name is ConvDropoutNormReLU."""

    def __init__(self, layers, inputs, outputs, kernel, stride, bias, active=True, dropout=True):
        super().__init__()
        network = layers.network
        self.conv = layers.conv(inputs, outputs, kernel, stride, padding=[(k - 1) // 2 for k in kernel], bias=bias)
        steps = [self.conv]
        if network.dropout and dropout:
            # Does nothing outside of training, but counts among the numbered modules.
            steps.append(nn.Identity())
        rest = []
        if network.norm is not None:
            self.norm = layers.norm(outputs)
            rest.append(self.norm)
        if active:
            self.nonlin = layers.nonlinearity()
            rest.append(self.nonlin)
        if network.nonlinearity_first and len(rest) == 2:
            rest.reverse()
        self.all_modules = nn.Sequential(*steps, *rest)

    def forward(self, x):
        return self.all_modules(x)


class ConvStack(nn.Module):
    """Several blocks in a row, the first with a stride."""

    def __init__(self, layers, count, inputs, outputs, kernel, stride):
        super().__init__()
        ones = [1] * layers.network.dimensions
        bias = layers.network.conv_bias
        blocks = [ConvBlock(layers, outputs if n else inputs, outputs, kernel, ones if n else stride, bias) for n in range(count)]
        self.convs = nn.Sequential(*blocks)

    def forward(self, x):
        return self.convs(x)


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut, pooled by the mean and projected where needed (ResNet-D)."""

    def __init__(self, layers, inputs, outputs, kernel, stride):
        super().__init__()
        ones = [1] * layers.network.dimensions
        bias = layers.network.conv_bias
        self.conv1 = ConvBlock(layers, inputs, outputs, kernel, stride, bias)
        self.conv2 = ConvBlock(layers, outputs, outputs, kernel, ones, bias, active=False, dropout=False)
        self.nonlin2 = layers.nonlinearity()
        shortcut = []
        if any(step != 1 for step in stride):
            shortcut.append(layers.pool(stride, stride))
        if inputs != outputs:
            shortcut.append(ConvBlock(layers, inputs, outputs, ones, ones, False, active=False, dropout=False))
        self.skip = nn.Sequential(*shortcut)

    def forward(self, x):
        return self.nonlin2(self.conv2(self.conv1(x)) + self.skip(x))


class ResidualStack(nn.Module):
    def __init__(self, layers, count, inputs, outputs, kernel, stride):
        super().__init__()
        ones = [1] * layers.network.dimensions
        blocks = [ResidualBlock(layers, outputs if n else inputs, outputs, kernel, ones if n else stride) for n in range(count)]
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)


class Encoder(nn.Module):
    def __init__(self, layers, inputs):
        super().__init__()
        network = layers.network
        plain = network.kind == "PlainConvUNet"
        if not plain:
            ones = [1] * network.dimensions
            self.stem = ConvStack(layers, 1, inputs, network.features[0], network.kernels[0], ones)
            inputs = network.features[0]
        stages = []
        for count, features, kernel, stride in zip(network.blocks, network.features, network.kernels, network.strides):
            stack = (ConvStack if plain else ResidualStack)(layers, count, inputs, features, kernel, stride)
            stages.append(nn.Sequential(stack) if plain else stack)
            inputs = features
        self.stages = nn.Sequential(*stages)

    def forward(self, x):
        if hasattr(self, "stem"):
            x = self.stem(x)
        found = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


class Decoder(nn.Module):
    """From the coarsest features up. Every level has a head for training; only the finest one is run."""

    def __init__(self, layers, encoder, outputs):
        super().__init__()
        network = layers.network
        self.encoder = encoder
        stages, ups, heads = [], [], []
        for level, count in zip(range(1, len(network.features)), network.decoder):
            below, beside = network.features[-level], network.features[-level - 1]
            stride, ones = network.strides[-level], [1] * network.dimensions
            ups.append(layers.up(below, beside, stride, stride, bias=network.conv_bias))
            stages.append(ConvStack(layers, count, 2 * beside, beside, network.kernels[-level - 1], ones))
            heads.append(layers.conv(beside, outputs, 1, 1, 0, bias=True))
        self.stages, self.transpconvs, self.seg_layers = nn.ModuleList(stages), nn.ModuleList(ups), nn.ModuleList(heads)

    def forward(self, skips):
        x = skips[-1]
        for level, (up, stage) in enumerate(zip(self.transpconvs, self.stages)):
            x = stage(torch.cat((up(x), skips[-(level + 2)]), 1))
        return self.seg_layers[-1](x)


class UNet(nn.Module):
    """image [B, 1, …axes] to logits [B, outputs, …axes]."""

    def __init__(self, network, outputs, inputs=1):
        super().__init__()
        layers = Layers(network)
        self.encoder = Encoder(layers, inputs)
        self.decoder = Decoder(layers, self.encoder, outputs)

    def forward(self, x):
        return self.decoder(self.encoder(x))


class InSlices(nn.Module):
    """A 2D network as one that takes volumes of a single slice: [1, 1, 1, y, x]."""

    inputs, outputs = ("image",), ("logits",)

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x.squeeze(2)).unsqueeze(2)
