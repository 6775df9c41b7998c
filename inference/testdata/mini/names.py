"""The names of a Wan2.2 TI2V set's tensors in the official files, from those in the
Hugging Face libraries, and from these the other dialects' (facts of the formats)."""
import re


def official_dit(name):
    head = [
        ("condition_embedder.time_embedder.linear_1.", "time_embedding.0."), ("condition_embedder.time_embedder.linear_2.", "time_embedding.2."),
        ("condition_embedder.text_embedder.linear_1.", "text_embedding.0."), ("condition_embedder.text_embedder.linear_2.", "text_embedding.2."),
        ("condition_embedder.time_proj.", "time_projection.1."), ("proj_out.", "head.head."),
    ]
    for a, b in head:
        if name.startswith(a):
            return b + name[len(a):]
    if name == "scale_shift_table":
        return "head.modulation"
    name = name.replace(".scale_shift_table", ".modulation").replace(".ffn.net.0.proj.", ".ffn.0.").replace(".ffn.net.2.", ".ffn.2.")
    name = name.replace(".norm2.", ".norm3.")  # the one norm of a block with weights
    name = name.replace(".attn1.", ".self_attn.").replace(".attn2.", ".cross_attn.")
    name = re.sub(r"\.to_([qkv])\.", r".\1.", name)
    return name.replace(".to_out.0.", ".o.")


def official_text(name):
    if name in ("shared.weight", "encoder.embed_tokens.weight"):
        return "token_embedding.weight"
    if name == "encoder.final_layer_norm.weight":
        return "norm.weight"
    m = re.fullmatch(r"encoder\.block\.(\d+)\.layer\.([01])\.(.*)\.weight", name)
    to = {
        "0layer_norm": "norm1", "1layer_norm": "norm2", "0SelfAttention.q": "attn.q", "0SelfAttention.k": "attn.k", "0SelfAttention.v": "attn.v",
        "0SelfAttention.o": "attn.o", "0SelfAttention.relative_attention_bias": "pos_embedding.embedding", "1DenseReluDense.wi_0": "ffn.gate.0",
        "1DenseReluDense.wi_1": "ffn.fc1", "1DenseReluDense.wo": "ffn.fc2",
    }
    return f"blocks.{m[1]}.{to[m[2] + m[3]]}.weight"


def official_vae(name):
    if name.startswith("quant_conv."):
        return "conv1." + name[11:]
    if name.startswith("post_quant_conv."):
        return "conv2." + name[16:]
    half, rest = name.split(".", 1)
    last = {"encoder": 2, "decoder": 3}[half]
    inner = {"norm1": "residual.0", "conv1": "residual.2", "norm2": "residual.3", "conv2": "residual.6", "conv_shortcut": "shortcut"}
    m = re.fullmatch(r"(down|up)_blocks\.(\d+)\.(resnets\.(\d+)|downsampler|upsampler)\.(.*)", rest)
    if m:
        way, i, what, j, tail = m.groups()
        first, _, end = tail.rpartition(".")
        return f"{half}.{way}samples.{i}.{way}samples.{j if j is not None else last}.{inner.get(first, first)}.{end}"
    m = re.fullmatch(r"mid_block\.resnets\.([01])\.(.*)\.(\w+)", rest)
    if m:
        return f"{half}.middle.{2 * int(m[1])}.{inner[m[2]]}.{m[3]}"
    rest = rest.replace("mid_block.attentions.0.", "middle.1.").replace("conv_in.", "conv1.").replace("norm_out.", "head.0.").replace("conv_out.", "head.2.")
    return f"{half}.{rest}"


def gguf_text(name):
    """From official names to those of llama.cpp's t5encoder."""
    if name == "token_embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "enc.output_norm.weight"
    m = re.fullmatch(r"blocks\.(\d+)\.(.*)\.weight", name)
    to = {"norm1": "attn_norm", "norm2": "ffn_norm", "pos_embedding.embedding": "attn_rel_b", "ffn.gate.0": "ffn_gate", "ffn.fc1": "ffn_up", "ffn.fc2": "ffn_down"}
    to.update({f"attn.{q}": f"attn_{q}" for q in "qkvo"})
    return f"enc.blk.{m[1]}.{to[m[2]]}.weight"
