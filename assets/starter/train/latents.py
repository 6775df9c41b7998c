"""Stage 2: clips drawn and encoded once, in shards that several processes may fill side by side."""
import os
import random
import torch
import vae
import world
from common import Sorry, load, log, save

SHARD = 256


def encoder(folder):
    state = load(f'{folder}/vae.pt')
    if state is None:
        raise Sorry(f'There is no trained VAE in {folder}; run "python3 train.py vae" first.')
    m = vae.VAE(**state['config'])
    m.load_state_dict(state['ema'])
    for p in m.parameters():
        p.data = p.data.bfloat16()
        if p.ndim == 5:
            p.data = p.data.contiguous(memory_format=torch.channels_last_3d)
    return m.eval(), state['white'], state['step']


@torch.no_grad()
def encode(m, white, video, device='cpu'):
    """Drawn clips [B,T,3,H,W] in 0..1 to latents [B,z,t,h,w], not normalised."""
    x = torch.einsum('btchw,cd->bdthw', video.to(device) * 2 - 1, white[0].to(device))
    return m.encode(x.bfloat16().contiguous(memory_format=torch.channels_last_3d)).float()


def fill(folder, first, shards, step=1, device='cpu', batch=4):
    os.makedirs(f'{folder}/latents', exist_ok=True)
    m, white, age = encoder(folder)
    m.to(device)
    for k in range(first, shards, step):
        path = f'{folder}/latents/{k:05d}.pt'
        if os.path.exists(path):
            continue
        clips = world.clips(1000 + k, SHARD)
        z = [encode(m, white, world.render(clips[i:i + batch]), device).half().cpu() for i in range(0, SHARD, batch)]
        save(path, dict(clips=clips, z=torch.cat(z), vae=age))
        log('latents', path)


def read(folder, have=()):
    """Every shard not in have: names, clips and latents."""
    where = f'{folder}/latents'
    names = sorted(n for n in os.listdir(where) if n.endswith('.pt')) if os.path.isdir(where) else []
    out = []
    for n in names:
        if n not in have:
            s = load(f'{where}/{n}')
            out.append((n, s['clips'], s['z']))
    return out
