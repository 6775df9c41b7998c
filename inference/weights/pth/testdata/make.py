"""Writes real.pth and, with the same tensors in order, real.safetensors.

Needs torch and safetensors; run it in this folder. The files are committed.
"""
from collections import OrderedDict
import torch
from safetensors.torch import save_file

torch.manual_seed(5)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.GELU(), torch.nn.Linear(4, 2, bias=False))
table = net.state_dict()  # an OrderedDict with _metadata
base = torch.randn(4, 6)
table["bf16"] = torch.randn(3, 5).bfloat16()
table["f16"] = torch.randn(7).half()
table["f64"] = torch.randn(2).double()
table["i64"] = torch.tensor([1, -2, 1 << 40])
table["i32"] = torch.tensor([7, -8], dtype=torch.int32)
table["i8"] = torch.tensor([7, -8], dtype=torch.int8)
table["u8"] = torch.arange(5, dtype=torch.uint8)
table["bool"] = torch.tensor([True, False, True])
table["scalar"] = torch.tensor(2.5)
table["empty"] = torch.zeros(0, 3)
table["tied"] = table["0.weight"]
table["transposed"] = base.t()
table["row"] = base[2]
table["block"] = base[1:3, 2:5]
table["permuted"] = torch.arange(24, dtype=torch.int32).reshape(2, 3, 4).permute(2, 0, 1)
table["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
checkpoint = {"step": 1200, "rate": 1e-4, "note": "ü", "names": ["a", ("b", None)],
              "generator": table, "ema": OrderedDict(model=OrderedDict(w=torch.ones(2)))}
torch.save(checkpoint, "real.pth")
flat = {"generator." + k: v.detach().clone().contiguous() for k, v in table.items()}
flat["ema.model.w"] = checkpoint["ema"]["model"]["w"]
save_file(flat, "real.safetensors")
