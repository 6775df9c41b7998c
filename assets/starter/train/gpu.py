"""Everything that is trained, in one run on a GPU: other processes draw without end, the VAE learns on what
they have drawn so far, then the transformer on latents encoded as they come, then the reader that scores."""
import os
import subprocess
import sys
import torch
import latents
import score
import stream
import train_dit
import train_vae
from common import load, log


def sheet(folder):
    """Sample frames, by a process of its own that costs the training nothing but its share of the GPU."""
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.Popen([sys.executable, f'{here}/train.py', 'sheet', '--folder', folder])


def train(folder, minutes, batch=0, clips=12000, device='cuda', workers=12):
    if device == 'cuda':
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
    s = stream.Stream(f'{folder}/drawn', workers, f'{folder}/tokenizer.model')
    try:
        drawn = train_vae.train(folder, minutes * VAE, device, device == 'cuda', batch=16 if device == 'cuda' else 2, stream=s, most=clips)
        log(f'{drawn.n} clips drawn')
        shelf = latents.Flow(folder, drawn, s, device)
        del drawn
        log(f'{shelf.n} clips encoded')
        train_dit.train(folder, minutes * (1 - VAE - READER), device, batch or 128, look=sheet, every=100, compiled=device == 'cuda', shelf=shelf)

        def some():
            i = torch.randint(shelf.n, (256,), device=device)
            return shelf.z[i].float(), {k: v[i] for k, v in shelf.labels.items()}

        score.learn(folder, some, shelf.z.shape[1], load(f'{folder}/dit.pt')['scale'], int(minutes * READER * 60 * 50), device)
    finally:
        s.close()


VAE, READER = .28, .06
