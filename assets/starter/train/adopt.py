"""Shipped weights as checkpoints, so that training can go on from them: the VAE alone, or everything."""
import json
import struct
import torch
import editions
import tokens
import train_dit
from common import Sorry, log, save

KINDS = {'BF16': torch.bfloat16, 'F32': torch.float32, 'F16': torch.float16, 'I8': torch.int8, 'I64': torch.int64}


def read(path):
    """Tensors of a safetensors file, as float32, and its configuration."""
    try:
        with open(path, 'rb') as f:
            b = f.read()
        n = struct.unpack('<Q', b[:8])[0]
        head = json.loads(b[8:8 + n])
        config = json.loads(head.pop('__metadata__')['config'])
        return {k: torch.frombuffer(bytearray(b[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]]), dtype=KINDS[v['dtype']]).view(v['shape']).float()
                for k, v in head.items()}, config
    except (OSError, ValueError, KeyError, struct.error) as e:
        raise Sorry(f'{path} cannot be read as a part of the starter model ({type(e).__name__}: {e}).')


def straight(state, heads):
    """Rotated rows of q and k from the public order (2i, 2i+1) back to the training order (i, i + half)."""
    out = dict(state)
    for n, v in state.items():
        if any(f'{a}_attn.{k}' in n for a in ('self', 'temporal') for k in ('q.', 'k.', 'norm_q.', 'norm_k.')):
            out[n] = v.unflatten(0, (heads, -1, 2)).transpose(1, 2).reshape(v.shape)
    return out


def adopt(folder, source, everything=True):
    v, config = read(f'{source}/vae.safetensors')
    shape = {k: config[k] for k in editions.SMALL.vae}
    edition = next((e for e in editions.EDITIONS.values() if e.vae == shape), None)
    if edition is None:
        raise Sorry(f'The VAE in {source} has the shape of no edition that this program trains.')
    editions.of(folder, edition.name)
    white = torch.eye(3), torch.eye(3), torch.zeros(3)  # exported weights speak plain colours
    save(f'{folder}/vae.pt', dict(config=shape, ema=v, white=white, step=0))
    if not everything:
        return log('the VAE of', source, 'is now that of', folder)
    d, c = read(f'{source}/dit.safetensors')
    t, _ = read(f'{source}/text_encoder.safetensors')
    body = {**edition.body, 'dim': d['patch_embedding.bias'].numel(), 'num_heads': c['num_heads']}
    state = {**{'body.' + n: w for n, w in straight(d, c['num_heads']).items()}, **{'text.' + n: w for n, w in t.items()}}
    m = train_dit.Model(len(tokens.Tokenizer(f'{folder}/tokenizer.model')), shape['z_dim'], body=body)
    mine = m.state_dict()
    if strange := [n for n, w in state.items() if n not in mine or mine[n].shape != w.shape]:
        raise Sorry(f'The weights in {source} are not those of the edition "{edition.name}": {strange[0]} has no place in it.')
    state = {**mine, **state}
    scale = tuple(torch.tensor(config[k]) for k in ('latents_mean', 'latents_std'))
    save(f'{folder}/dit.pt', dict(model=state, ema=state, step=0, muon=[], adam=torch.optim.AdamW([torch.zeros(1)]).state_dict(), spent=0., body=body, scale=scale))
    log('the weights of', source, 'are now those of', folder)
