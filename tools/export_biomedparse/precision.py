"""Half precision where it pays: weights and products in float16, everything else in float32.

Inputs and outputs keep float32, so a pack's contract does not depend on its precision. Sampling,
norms and softmax stay in float32, where their sums need it.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

PRODUCTS = ("MatMul", "Gemm", "Conv")


def to_half(model):
    """Rewrites an ONNX model in place: every product takes and gives float16 between casts."""
    graph = model.graph
    weights = {w.name: w for w in graph.initializer if w.data_type == TensorProto.FLOAT}
    halves, nodes = {}, []

    def half(name):
        """The float16 twin of a tensor; made once."""
        if name not in halves:
            halves[name] = f"{name}_half"
            if name in weights:
                values = numpy_helper.to_array(weights[name])
                largest = float(np.abs(values).max(initial=0))
                if largest > np.finfo(np.float16).max:
                    raise ValueError(f"weight {name} reaches {largest:g}, beyond float16")
                graph.initializer.append(
                    numpy_helper.from_array(values.astype(np.float16), halves[name])
                )
            else:
                nodes.append(
                    helper.make_node("Cast", [name], [halves[name]], halves[name], to=TensorProto.FLOAT16)
                )
        return halves[name]

    for node in graph.node:
        if node.op_type not in PRODUCTS:
            nodes.append(node)
            continue
        inputs = [half(name) if name else name for name in node.input]
        output = node.output[0]
        narrow = f"{output}_narrow"
        del node.input[:]
        node.input.extend(inputs)
        node.output[0] = narrow
        nodes.append(node)
        nodes.append(helper.make_node("Cast", [narrow], [output], f"{output}_wide", to=TensorProto.FLOAT))
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in graph.node for name in node.input}
    kept = [w for w in graph.initializer if w.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.value_info[:]
