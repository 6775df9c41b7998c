"""The sentence against what the noise lets through. A kept clip is drawn a second time with one answer changed,
a star as a cup; its latents are noised, and the transformer must come out at the clip that the sentence tells.

Flow matching alone teaches shapes late: where noise is so strong that the shape must come from the text, place and
motion are open as well, and weigh more; where it is weaker, the noised latents show the shape, and the text is not
needed. So simple things came out as blobs, and what began as a blob stayed one. The sampler's own states lie on neither
path; here they come near: whatever shape has begun, the text's is what it has to become."""
import os
import random
import torch
import dit
import editions
import lang
import latents
import tokens
import train_dit
import twins
import world
from common import Clock, Muon, Sorry, load, log, mixed, save
from latents import FOCUS

NOISE = .6, .97  # of swapped clips; below, the shape is there and is only made clear
PER = 2  # changed clips for every clip
AGED = .99  # of the averaged weights, from step to step


def fill(folder, first=0, step=1, device='cpu'):
    """Draws and encodes changed clips for every clip of the kept shards that can have one."""
    where = f'{folder}/latents'
    if not os.path.isdir(where):
        raise Sorry(f'There are no latents in {folder}; run "python3 train.py latents" first.')
    os.makedirs(f'{folder}/swaps', exist_ok=True)
    m, white, _ = latents.encoder(folder, device)
    edition = editions.of(folder)
    for n in sorted(q for q in os.listdir(where) if q.endswith('.pt'))[first::step]:
        path = f'{folder}/swaps/{n}'
        if os.path.exists(path):
            continue
        clips = load(f'{where}/{n}')['clips']
        r = random.Random(n)
        other = [(i, q) for i, q in ((i, twins.changed(c, r, edition)) for i, c in enumerate(clips) for _ in range(PER)) if q]
        z = [latents.encode(m, white, world.render([q for _, q in other[k:k + 4]]), device).half().cpu() for k in range(0, len(other), 4)]
        save(path, dict(of=[i for i, _ in other], z=torch.cat(z)))
        log('swaps', path)


class Pairs:
    """Kept latents, and for many of them those of the changed clip."""

    def __init__(self, folder, tokenizer, scale):
        self.tokenizer, self.clips, self.of, z, a = tokenizer, [], [], [], []
        for name, clips, q in latents.read(folder):
            s = load(f'{folder}/swaps/{name}')
            if s:
                self.of += [len(self.clips) + i for i in s['of']]
                a.append(s['z'])
            self.clips += clips
            z.append(q)
        if not self.of:
            raise Sorry(f'There are no swapped clips in {folder}; run "python3 train.py swaps" first.')
        mean, std = (v.view(1, -1, 1, 1, 1) for v in scale)
        self.plain = lambda q: (q.float() - mean) / std
        self.z, self.a, self.of = torch.cat(z), torch.cat(a), torch.tensor(self.of)

    def __str__(self):
        return f'{len(self.clips)} clips, {len(self.of)} of them swapped'

    def batch(self, n, swapped, r, silent=.1):
        """Of n clips, the first so many swapped: what is noised, what to come out at, [n,z,T,h,w] each; ids; and how
        much each place counts, [n,T,h,w]. Without a sentence a swapped clip stays what it is."""
        i, j = torch.randint(len(self.of), (swapped,)), torch.randint(len(self.clips), (n - swapped,))
        which = torch.cat([self.of[i], j])
        z = self.plain(self.z[which])
        other = torch.cat([self.plain(self.a[i]), z[swapped:]])
        begun = z + torch.rand(n, 1, 1, 1, 1).sqrt() * (other - z)
        quiet = torch.rand(n) < silent
        said = ['' if q else lang.say(self.clips[k], r) for k, q in zip(which.tolist(), quiet.tolist())]
        weight = 1 + FOCUS * ((z - other).pow(2).mean(1) / .6).clamp(max=1)
        return begun, torch.where(quiet.view(n, 1, 1, 1, 1), begun, z), latents.rows(said, self.tokenizer, r, .08), weight


def loss(m, begun, target, ids, weight, swapped, device):
    """Squared distance of the clean latents that the transformer sees in noised ones, of plain clips as flow matching weighs it."""
    n, T = len(begun), begun.shape[2]
    low, high = NOISE
    s = torch.cat([low + (high - low) * torch.rand(swapped), train_dit.shifted(torch.sigmoid(torch.randn(n - swapped) * 1.1), 5.)]).to(device)
    given = (torch.rand(n) < .1) & (torch.arange(n) >= swapped)
    given = (given[:, None] & (torch.arange(T) == 0)).to(device)
    t = torch.where(given, 0., s[:, None])
    tt, open_ = t.view(n, 1, T, 1, 1), (~given).float().view(n, 1, T, 1, 1)
    x = (1 - tt) * begun + tt * torch.randn_like(begun)
    with mixed(device):
        v = m(x, t * 1000, ids)
    far = ((x - tt * v.float() - target).pow(2) * open_).mean(1)
    rate = torch.where(torch.arange(n, device=device) < swapped, 2., s.clamp(min=.05) ** -2).view(n, 1, 1, 1)
    return (far * rate * weight).mean()


def train(folder, minutes, device='cpu', batch=16, rate=.002, share=.5, compiled=True, look=None, every=600):
    """Half of a batch swapped; the text encoder is left as it is."""
    swapped = round(batch * share)
    go_on(folder, 'swap.pt', minutes, Pairs, lambda m, pairs, r: loss(m, *(v.to(device) for v in pairs.batch(batch, swapped, r)), swapped, device),
          device, rate, compiled=compiled, look=look, every=every)


def go_on(folder, name, minutes, shelf, lose, device='cpu', rate=.002, text=0., aged=AGED, compiled=True, look=None, every=600):
    """Goes on from the averaged weights of dit.pt; both stages can follow each other. shelf(folder, tokenizer, scale) holds the clips,
    lose(model, shelf, r) is the loss of one batch of them, text how fast the text encoder learns beside the rest, name the checkpoint's."""
    state = load(f'{folder}/{name}')
    base = load(f'{folder}/dit.pt')
    if base is None:
        raise Sorry(f'There is no trained model in {folder}; run "python3 train.py dit" first.')
    tokenizer = tokens.Tokenizer(f'{folder}/tokenizer.model')
    clips = shelf(folder, tokenizer, base['scale'])
    m = train_dit.Model(len(tokenizer), len(base['scale'][0]), body=base['body'])
    m.load_state_dict(state['model'] if state else base['ema'], strict=False)
    m.to(device)
    for n, p in m.named_parameters():
        p.requires_grad_(n.startswith('body.') or bool(text) and n.startswith(('text.', 'asked.')))
    live = {n: p for n, p in m.named_parameters() if p.requires_grad}
    matrices = [p for n, p in live.items() if p.ndim == 2 and n.startswith('body.blocks.') and 'embedding' not in n]
    rest = [p for n, p in live.items() if n.startswith('body.') and not any(p is q for q in matrices)]
    heard = [p for n, p in live.items() if n.startswith(('text.', 'asked.'))]
    muon = Muon(matrices, rate, .95)
    adam = torch.optim.AdamW([dict(params=rest, part=.1)] + ([dict(params=heard, part=text)] if heard else []), lr=rate * .1, betas=(.9, .98), weight_decay=0.)
    ema, step, clock = {n: p.detach().clone() for n, p in live.items()}, 0, Clock(minutes)
    if state:
        ema, step, clock = {n: v.to(device) for n, v in state['ema'].items()}, state['step'], Clock(minutes, state['spent'])
        muon.buffers = [b.to(device) for b in state['muon']]
        adam.load_state_dict(state['adam'])
        log('goes on at step', step)
    if compiled:
        dit.Block.forward = torch.compile(dit.Block.forward, dynamic=False)
    log(clips)
    torch.manual_seed(1000 + step)
    r, total, next_look = random.Random(1000 + step), 0., clock.spent() + every

    def keep():
        save(f'{folder}/{name}', dict(model=m.state_dict(), ema=ema, step=step, muon=muon.buffers, adam=adam.state_dict(), spent=clock.spent()))
        save(f'{folder}/dit.pt', {**base, 'model': m.state_dict(), 'ema': {**base['ema'], **{n: v.cpu() for n, v in ema.items()}}})

    while (part := clock.share()) < 1:
        f = min(1, (step + 1) / 30) * min(1, max(.02, (1 - part) / .5))
        muon.lr = rate * f
        for g in adam.param_groups:
            g['lr'] = rate * g['part'] * f
        q = lose(m, clips, r)
        q.backward()
        torch.nn.utils.clip_grad_norm_(rest + heard, 1.)
        adam.step()
        adam.zero_grad(set_to_none=True)
        muon.step()
        step, total = step + 1, total + q.item()
        torch._foreach_lerp_(list(ema.values()), [p.detach() for p in live.values()], 1 - min(aged, (1 + step) / (10 + step)))
        if step % 40 == 0:
            log(f'step {step} {total / 40:.4f}')
            total = 0.
        if clock.spent() > next_look:
            keep()
            if look:
                look(folder)
            next_look = clock.spent() + every
    keep()
    if look:
        look(folder)
