"""Checkpoints to the shipped files: safetensors in bfloat16 with the public models' tensor names."""
import json
import os
import shutil
import struct
import torch
import dit
import editions
import lang
import like
import tokens
import train_dit
import vae
import world
from common import Sorry, load, log
from examples import offered

KINDS = {torch.bfloat16: 'BF16', torch.float32: 'F32', torch.int64: 'I64', torch.float16: 'F16', torch.int8: 'I8'}
DEFAULTS = dict(width=256, height=192, frames=17, fps=15, steps=8, guidance=3.0, guidance_to=.5, shift=3.0, sampler='euler')


def write(path, tensors, config=None):
    """One safetensors file, written beside and renamed."""
    head, at, parts = {}, 0, []
    if config is not None:
        head['__metadata__'] = {'config': json.dumps(config)}
    for n, v in sorted(tensors.items()):
        b = v.detach().cpu().contiguous()
        b = (b.view(torch.int16) if b.dtype == torch.bfloat16 else b).numpy().tobytes()
        head[n] = dict(dtype=KINDS[v.dtype], shape=list(v.shape), data_offsets=[at, at + len(b)])
        at += len(b)
        parts.append(b)
    h = json.dumps(head, separators=(',', ':')).encode()
    h += b' ' * (-len(h) % 8)
    try:
        with open(path + '.part', 'wb') as f:
            f.write(struct.pack('<Q', len(h)) + h + b''.join(parts))
        os.replace(path + '.part', path)
    except OSError as e:
        raise Sorry(f'{path} could not be written ({e}); free some disk space and export again.')


NOTES = dict(
    full='Small model drawn and trained by Kinora: class scenes, five characters with dresses and ways to act, products and shapes in places. Small shapes are soft. GPL-3.0-or-later.',
    small='Small model drawn and trained by Kinora: class scenes, three characters, coloured things in places; one thing at a time. GPL-3.0-or-later.')


def half(state):
    return {n: v.detach().float().bfloat16() for n, v in state.items()}


def gather(folder):
    """The three networks' exported tensors and their configurations."""
    v, d = load(f'{folder}/vae.pt'), load(f'{folder}/dit.pt')
    if v is None or d is None:
        raise Sorry(f'{folder} lacks {"the VAE" if v is None else "the DiT"} checkpoint; train it first.')
    finer = load(f'{folder}/decoder.pt')
    state = {**v['ema'], **(finer['ema'] if finer else {})}
    mean, std = d['scale']
    pack = {}
    pack['vae'] = half(vae.fold(state, *v['white'])), dict(
        kind='wan_vae', latents_mean=[float(x) for x in mean], latents_std=[float(x) for x in std], z_dim=v['config']['z_dim'], dim=v['config']['dim'],
        dec_dim=v['config']['dec_dim'], dim_mult=v['config']['dim_mult'], num_res_blocks=v['config']['num_res_blocks'],
        temperal_downsample=v['config']['temperal_downsample'])
    text = {n.removeprefix('text.'): w for n, w in d['ema'].items() if n.startswith('text.')}
    heads = dit.TEXT['num_heads']
    pack['text_encoder'] = half(text), dict(kind='umt5', num_heads=heads, num_buckets=32, shared_pos=False)
    body = {n.removeprefix('body.'): w for n, w in d['ema'].items() if n.startswith('body.')}
    c = d['body']
    pack['dit'] = half(dit.interleave(body, c['num_heads'])), dict(
        kind='wan_dit', num_heads=c['num_heads'], text_len=tokens.TEXT_LEN, freq_dim=c['freq_dim'], temporal_window=c['temporal_window'],
        patch_size=c['patch_size'], eps=c['eps'], shift=train_dit.SHIFT, attention='separable')
    return pack


def widened(pack, tokenizer, body):
    """The networks as another engine sees them: the exported weights in float32, rotations in the public order."""
    undo = {}
    for n, v in pack['dit'][0].items():
        w = v.float()
        if any(f'{a}_attn.{k}' in n for a in ('self', 'temporal') for k in ('q.', 'k.', 'norm_q.', 'norm_k.')):
            w = w.unflatten(0, (body['num_heads'], -1, 2)).transpose(1, 2).reshape(v.shape)
        undo[n] = w
    m = train_dit.Model(len(tokenizer), pack['vae'][1]['z_dim'], body=body)
    m.body.load_state_dict(undo)
    m.text.load_state_dict({n: v.float() for n, v in pack['text_encoder'][0].items()})
    a = vae.VAE(**pack['vae'][1])
    a.load_state_dict({n: v.float() for n, v in pack['vae'][0].items()})
    return m.eval(), a.eval()


@torch.no_grad()
def reference(path, pack, tokenizer, body):
    """Numbers to hold another implementation against: ids, text rows, one DiT call, one decode and one encode."""
    m, a = widened(pack, tokenizer, body)
    torch.manual_seed(7)
    view = lambda k: torch.tensor(pack['vae'][1][k]).view(1, -1, 1, 1, 1)
    out = {}
    for k, (text, _) in enumerate(lang.SEEDS):
        ids = tokenizer(text)
        out[f'ids.{k}'] = torch.tensor(ids)
        row = torch.zeros(1, tokens.TEXT_LEN, dtype=torch.long)
        row[0, :len(ids)] = torch.tensor(ids)
        out[f'text.{k}'] = m.text(row)[0, :len(ids)]
    row = torch.zeros(1, tokens.TEXT_LEN, dtype=torch.long)
    row[0, :len(out['ids.0'])] = out['ids.0']
    x = torch.randn(1, pack['vae'][1]['z_dim'], 5, 4, 6)
    for name, t in (('scalar', torch.full((1, 5), 700.)), ('frame0', torch.tensor([[0., 700, 700, 700, 700]]))):
        out[f'dit.{name}.t'] = t[0]
        out[f'dit.{name}.v'] = m.body(x, t, m.text(row))[0]
    out['dit.x'] = x[0]
    clip = world.render([dict(kind='character', subject='dog', colour=None, dress='spacesuit', action='plant', place='mars', j=[0, 0, 0, 0])], 5, 64, 96)
    pixels = (clip * 2 - 1).permute(0, 2, 1, 3, 4)
    z = (a.encode(pixels) - view('latents_mean')) / view('latents_std')
    out['vae.pixels'], out['vae.latent'] = pixels[0], z[0]
    out['vae.decoded'] = a.decode(z * view('latents_std') + view('latents_mean'))[0]
    write(path, {n: v if v.dtype == torch.int64 else v.float() for n, v in out.items()}, dict(
        prompts=[s for s, _ in lang.SEEDS], note='float32 with the bfloat16 weights widened; dit.v is the velocity for text.0; vae.latent is normalised'))


def model_json(path, edition, note, world):
    en, zh = lang.taught(world.only)
    model = dict(name='starter', title='Kinora Starter', edition=edition, defaults=DEFAULTS, size_step=32, max_size=256, note=note,
                 words=dict(en=sorted({*en, *(q for q in lang.NAMES if q.lower() in en)}), zh=zh), instead=like.table(en, zh), subjects=like.subjects(en, zh, world.only),
                 draws=like.DRAWS[world.name], weak=like.weak(en, zh, like.WEAK[world.name]), clear=dict(en=like.CLEAR), examples=offered(world))
    with open(path, 'w', encoding='utf-8') as f:
        json.dump(model, f, ensure_ascii=False, indent=1)
        f.write('\n')


def export(folder, out, edition='CPU edition'):
    os.makedirs(f'{out}/testdata', exist_ok=True)
    tokenizer = tokens.Tokenizer(f'{folder}/tokenizer.model')
    pack = gather(folder)
    for name, (tensors, config) in pack.items():
        write(f'{out}/{name}.safetensors', tensors, config)
    shutil.copyfile(f'{folder}/tokenizer.model', f'{out}/tokenizer.model')
    e = editions.of(folder)
    model_json(f'{out}/model.json', edition, NOTES[e.name], e)
    reference(f'{out}/testdata/ref.safetensors', pack, tokenizer, load(f'{folder}/dit.pt')['body'])
    log('exported to', out, ', '.join(f'{n} {os.path.getsize(f"{out}/{n}") / 1e6:.1f} MB' for n in sorted(os.listdir(out)) if '.' in n and os.path.isfile(f'{out}/{n}')))
