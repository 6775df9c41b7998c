"""Everything that is trained, in one run on a GPU: other processes draw without end, the VAE learns on what
they have drawn so far, then the transformer on latents encoded as they come, then the reader that scores."""
import os
import signal
import subprocess
import sys
import tempfile
import torch
import dit
import families
import latents
import score
import stream
import tokens
import train_dit
import train_vae
import vae
from common import Sorry, load, log, mixed, save

VAE, READER, FAMILIES = .27, .06, .4  # shares of the time; FAMILIES is for what families.py does, all of the transformer's if it is an adopted one
ON = .01  # the rate at which a transformer goes on; one from nothing begins at .02
HERE = os.path.dirname(os.path.abspath(__file__))


def child(folder, *words):
    return subprocess.Popen([sys.executable, f'{HERE}/train.py', *words, '--folder', folder])


def warm(folder, batch, device='cuda'):
    """Compiles the transformer's block, so that the training finds it in the compiler's cache."""
    m = train_dit.Model(len(tokens.Tokenizer(f'{folder}/tokenizer.model')), vae.CONFIG['z_dim']).to(device)
    dit.Block.forward = torch.compile(dit.Block.forward, dynamic=False)
    x = torch.randn(batch, vae.CONFIG['z_dim'], 5, 24, 32, device=device)
    ids = torch.ones(batch, tokens.TEXT_LEN, dtype=torch.long, device=device)
    for k in range(2):
        with mixed(device):
            v = m.body(x, torch.full((batch, 5), 500., device=device), m.text(ids))
        v.float().pow(2).mean().backward()
    log('compiled')


def train(folder, minutes, batch=0, clips=12000, device='cuda', workers=12, out=''):
    """From nothing; or, in a folder of adopted weights, the transformer alone, further."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    batch = batch or 128
    compiler = None
    if device == 'cuda':
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        compiler = child(folder, 'warm', '--batch', str(batch))
    memory = '/dev/shm' if os.path.isdir('/dev/shm') else folder
    s = stream.Stream(tempfile.mkdtemp(prefix='drawn-', dir=memory), workers, f'{folder}/tokenizer.model')
    try:
        v = load(f'{folder}/vae.pt')
        on = v is not None and 'model' not in v and os.path.exists(f'{folder}/dit.pt')  # as `adopt` leaves them
        if on:
            _, drawn = train_vae.gather(s, device, clips)
        else:
            drawn = train_vae.train(folder, minutes * VAE, device, False, batch=40 if device == 'cuda' else 2, stream=s, most=clips)
        log(f'{drawn.n} clips drawn')
        shelf = latents.Flow(folder, drawn, s, device)
        del drawn
        torch.cuda.empty_cache()
        pack(folder, out)
        compiled = compiler is not None and compiler.poll() == 0
        if compiler is not None and compiler.poll() is None:
            try:
                compiled = compiler.wait(30) == 0
            except subprocess.TimeoutExpired:
                compiler.kill()
        log(f'{shelf.n} clips encoded,', 'the block is compiled' if compiled else 'the block is not compiled')
        look = lambda f: child(f, 'sheet')
        if not on:
            train_dit.train(folder, minutes * (1 - READER - VAE - FAMILIES), device, batch, look=look, every=90, compiled=compiled, shelf=shelf)
            pack(folder, out)
        families.stream(folder, minutes * (1 - READER if on else FAMILIES), shelf, device, batch, ON, on and compiled, look)
        pack(folder, out)

        def some():
            i = torch.randint(shelf.n, (256,), device=device)
            return shelf.z[i].float(), {k: v[i] for k, v in shelf.labels.items()}

        score.learn(folder, some, shelf.z.shape[1], load(f'{folder}/dit.pt')['scale'], max(20, int(minutes * READER * 60 * 60)), device)
        pack(folder, out)
        shelf.keep(f'{folder}/shelf.pt')  # gigabytes: last, when all that matters is safe
    finally:
        s.close()


def refine(folder, minutes, batch=0, clips=4096, device='cuda', workers=12, out=''):
    """The decoder alone, on clips drawn meanwhile; latents stay what they are."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if device == 'cuda':
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    memory = '/dev/shm' if os.path.isdir('/dev/shm') else folder
    s = stream.Stream(tempfile.mkdtemp(prefix='drawn-', dir=memory), workers, f'{folder}/tokenizer.model', seed=50000)
    try:
        train_vae.train(folder, minutes, device, False, batch=batch or (40 if device == 'cuda' else 2), decoder_only=True, stream=s, most=clips, peak=1.)
        pack(folder, out)
    finally:
        s.close()


def again(folder, minutes, batch=0, device='cuda', out=''):
    """So many more minutes for the transformer, on the latents that an earlier run has kept."""
    state = load(f'{folder}/families.pt')
    if state is None:
        raise Sorry(f'There is no trained model in {folder}; run "python3 train.py gpu" first.')
    if device == 'cuda':
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    families.stream(folder, state['spent'] / 60 + minutes, latents.Flow.kept(f'{folder}/shelf.pt', device), device, batch or 128, ON, device == 'cuda', lambda f: child(f, 'sheet'))
    pack(folder, out)


def pack(folder, out):
    """The averaged weights alone, in files of at most 16 MB: vae.pt, dit_0.pt …, reader.pt."""
    if not out:
        return
    os.makedirs(out, exist_ok=True)
    v, d, r, finer = (load(f'{folder}/{n}.pt') for n in ('vae', 'dit', 'reader', 'decoder'))
    if finer:
        save(f'{out}/decoder.pt', dict(ema={n: w.half() for n, w in finer['ema'].items()}, step=finer['step']))
    if v:
        save(f'{out}/vae.pt', dict(ema={n: w.half() for n, w in {**v.get('model', {}), **v['ema']}.items()}, white=v['white'], config=v['config'], step=v['step']))
    if d:
        parts, room = [{}], 0
        for n, w in d['ema'].items():
            if room + 2 * w.numel() > 15 << 20:
                parts, room = parts + [{}], 0
            parts[-1][n] = w.half()
            room += 2 * w.numel()
        for k, p in enumerate(parts):
            save(f'{out}/dit_{k}.pt', dict(ema=p, step=d['step'], scale=d['scale'], body=d['body']))
    if r:
        save(f'{out}/reader.pt', dict(r, model={n: w.half() for n, w in r['model'].items()}))


def unpack(folder, out):
    """The files of pack as checkpoints that other stages start from."""
    v, r, finer = (load(f'{out}/{n}.pt') for n in ('vae', 'reader', 'decoder'))
    if finer:
        save(f'{folder}/decoder.pt', dict(finer, ema={n: w.float() for n, w in finer['ema'].items()}))
    ema = {n: w.float() for n, w in v['ema'].items()}
    save(f'{folder}/vae.pt', dict(v, ema=ema, model=ema))
    parts = [load(f'{out}/{n}') for n in sorted(os.listdir(out)) if n.startswith('dit_')]
    save(f'{folder}/dit.pt', dict(parts[0], ema={n: w.float() for p in parts for n, w in p['ema'].items()}))
    if r:
        save(f'{folder}/reader.pt', dict(r, model={n: w.float() for n, w in r['model'].items()}))
