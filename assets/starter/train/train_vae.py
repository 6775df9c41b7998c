"""Stage 1: the video VAE, on clips drawn once and cropped at random."""
import time
import torch
import torch.nn.functional as F
import editions
import vae
import world
from common import Clock, Muon, Sorry, Team, load, log, mixed, save
from sheet import sheet


def pool(path, n, seed, edition):
    """n drawn clips as bytes [n,3,T,H,W], kept on disk between runs."""
    have = load(path)
    if have is not None:
        return have
    parts = []
    clips = world.clips(seed, n, kinds=(40, 42, 18), edition=edition)
    for k in range(0, n, 32):
        parts.append((world.render(clips[k:k + 32]) * 255).round().byte().permute(0, 2, 1, 3, 4).contiguous())
    have = torch.cat(parts)
    save(path, have)
    return have


def whitening(pixels):
    """RGB to uncorrelated colours of variance one, and back: matrix, inverse and the mean of the way back."""
    x = pixels[::4, :, 4, ::3, ::3].float().permute(0, 2, 3, 1).reshape(-1, 3) / 127.5 - 1
    mean = x.mean(0)
    _, s, v = torch.linalg.svd(x - mean, full_matrices=False)
    d = s / len(x) ** .5
    m = v.T / d
    return m.contiguous(), torch.linalg.inv(m), mean


def moving(pixels):
    """Where to crop: per clip the share of change in 16-pixel cells, [n, cells]."""
    x = pixels[:, :, ::4].float().std(2).sum(1)
    return F.avg_pool2d(x[:, None], 16)[:, 0] + 1.5


def psnr(y, x):
    return (-10 * torch.log10(((y - x) ** 2).mean((1, 2, 3, 4)) / 4)).mean().item()


def channels_last(model):
    for p in model.parameters():
        if p.ndim == 5:
            p.data = p.data.contiguous(memory_format=torch.channels_last_3d)


def faster(m, x):
    """Chooses the way to compute convolutions over time that takes less time here."""
    took, torch.backends.cudnn.benchmark = {}, True
    for way in (False, True):
        vae.CausalConv3d.side_by_side = way
        for k in range(6):
            if k == 2:
                torch.cuda.synchronize()
                start = time.time()
            with mixed('cuda'):
                y = m.decode(m.encode(x))
            y.float().abs().mean().backward()
        torch.cuda.synchronize()
        took[way] = (time.time() - start) / 4
    for p in m.parameters():
        p.grad = None
    vae.CausalConv3d.side_by_side = min(took, key=took.get)
    log(f'a step takes {took[False] * 1000:.1f} ms with convolutions over time, {took[True] * 1000:.1f} ms with frames side by side')


class Pool:
    """Clips held on the device as bytes, with where to crop them; on a GPU it grows as they are drawn."""

    def __init__(self, pixels, device, most, stream=None):
        self.n, self.most, self.stream = len(pixels), max(most, len(pixels)), stream
        self.pixels = torch.empty((self.most, *pixels.shape[1:]), dtype=torch.uint8, device=device)
        self.pixels[:self.n] = pixels
        w = torch.cat([moving(q).cpu() for q in self.pixels[:self.n].split(64)])
        self.weights = torch.empty((self.most, *w.shape[1:]))
        self.weights[:self.n], self.clips, self.ids = w, [], []

    def grow(self, some=64):
        if self.stream is None or self.n + 64 > self.most:
            return
        for clips, ids, pixels in self.stream.take(0, some):
            k = slice(self.n, self.n + len(pixels))
            self.pixels[k] = pixels.to(self.pixels.device)
            self.weights[k] = moving(self.pixels[k]).cpu()  # there, since here others draw
            self.n, self.clips, self.ids = k.stop, self.clips + clips, self.ids + [ids]

    def crops(self, batch, size):
        cells = self.weights.shape[1:]
        i = torch.randint(self.n, (batch,))
        c = torch.multinomial(self.weights[i].flatten(1), 1)[:, 0]
        H, W = self.pixels.shape[-2:]
        at = lambda c, most: (c * 16 + 8 - torch.randint(size, (batch,))).clamp(0, most - size) // 2 * 2
        return torch.stack([self.pixels[k, :, :, a:a + size, b:b + size] for k, a, b in zip(i.tolist(), at(c // cells[1], H).tolist(), at(c % cells[1], W).tolist())])


def gather(stream, device, most=0):
    """The first clips of a stream: some pixels apart, and a pool that grows with it."""
    (_, _, test), *first = stream.take(max(24, min(512, most or 512)))
    drawn = Pool(torch.cat([q for _, _, q in first]), device, most, stream)
    drawn.clips, drawn.ids = sum((c for c, _, _ in first), []), [i for _, i, _ in first]
    return test, drawn


def train(folder, minutes, device='cpu', compiled=True, clips=640, batch=1, decoder_only=False, team=None, stream=None, most=0, peak=.4):
    """decoder_only goes on with the finished VAE's decoder, into decoder.pt, and leaves the latents as they are.
    With a stream, its clips are what is trained on, and the pool of them is returned. peak is the decoder's rate."""
    name = 'decoder' if decoder_only else 'vae'
    team = team or Team(folder)
    if stream is None:
        drawn = Pool(pool(f'{folder}/vae_pool.pt', clips, 11, editions.of(folder)), 'cpu', clips)
        test = pool(f'{folder}/vae_test.pt', 12, 12, editions.of(folder)).float() / 127.5 - 1
    else:
        test, drawn = gather(stream, device, most)
        test = test[:12].float() / 127.5 - 1
    config, start = editions.of(folder).vae, load(f'{folder}/vae.pt') if decoder_only else None
    if decoder_only and start is None:
        raise Sorry(f'There is no trained VAE in {folder}; run "python3 train.py vae" first.')
    if start:
        config = start['config']
    matrix, inverse, mean = (v.to(device) for v in (start['white'] if start else whitening(drawn.pixels[:min(drawn.n, 1024)].cpu())))
    white = lambda x: torch.einsum('bcthw,cd->bdthw', x, matrix)
    plain = lambda y: torch.einsum('bcthw,cd->bdthw', y, inverse) + mean.view(1, 3, 1, 1, 1)
    offset = (mean @ matrix).view(1, 3, 1, 1, 1)
    torch.manual_seed(1)
    m = vae.VAE(**config)
    for n, mod in m.named_modules():
        if isinstance(mod, vae.Residual):
            torch.nn.init.zeros_(mod.residual[6].weight)
        if isinstance(mod, vae.Attention):
            torch.nn.init.zeros_(mod.proj.weight)
    state = load(f'{folder}/{name}.pt')
    if state:
        m.load_state_dict(state['model'])
    elif decoder_only:
        m.load_state_dict(start['ema'])
    m.to(device)
    channels_last(m)
    named = dict(m.named_parameters())
    if decoder_only:
        named = {n: p for n, p in named.items() if n.startswith(('decoder.', 'conv2.'))}
        m.encoder.requires_grad_(False)
        m.conv1.requires_grad_(False)
    kernels = [p for n, p in named.items() if p.ndim >= 4 and p[0, 0].numel() > 1 and n not in ('encoder.conv1.weight', 'decoder.head.2.weight')]
    ids = set(map(id, kernels))
    muon = Muon(kernels, .02, .9, team=team)
    adam = torch.optim.AdamW([p for p in named.values() if id(p) not in ids], lr=2e-3, betas=(.9, .99), weight_decay=0)
    ema = {n: p.detach().clone() for n, p in named.items()}
    clock, step, total = Clock(minutes), 0, 0.
    if state:
        ema, step = {k: v.to(device) for k, v in state['ema'].items()}, state['step']
        muon.buffers = [b.to(device) for b in state['muon']]
        adam.load_state_dict(state['adam'])
        clock = Clock(minutes, state['spent'])
        log('goes on at step', step)

    def keep():
        save(f'{folder}/{name}.pt', dict(model=m.state_dict(), ema=ema, step=step, muon=muon.buffers, adam=adam.state_dict(), spent=clock.spent(),
                                      white=tuple(v.cpu() for v in (matrix, inverse, mean)), config=config))

    def look():
        torch.backends.cudnn.benchmark = False
        now = {n: p.detach().clone() for n, p in named.items()}
        m.load_state_dict(ema, strict=False)
        with torch.no_grad(), mixed(device):
            z = [m.encode(white(x[None].to(device)).contiguous(memory_format=torch.channels_last_3d)) for x in test]
            y = torch.cat([plain(m.decode(q).float()).cpu() for q in z]).clamp(-1, 1)
            z = torch.cat(z).float()
        m.load_state_dict(now, strict=False)
        log(f'{name} step {step} loss {total:.4f} psnr {psnr(y, test):.2f} latent std first {z[:, :, 0].std():.3f} later {z[:, :, 1:].std():.3f}')
        both = [torch.cat([a, b], 2) for a, b in zip(test.permute(0, 2, 1, 3, 4), y.permute(0, 2, 1, 3, 4))]
        sheet([v / 2 + .5 for v in both], f'{folder}/{name}.png', frames=(0, 6, 15), columns=3, scale=.6)

    encode, decode = (torch.compile(m.encode, dynamic=False), torch.compile(m.decode, dynamic=False)) if compiled else (m.encode, m.decode)
    if device == 'cuda' and not state and not decoder_only:
        faster(m, white(drawn.crops(batch, 96).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last_3d))
    next_look = clock.spent() + (100 if device == 'cpu' else 30)
    size = 96
    torch.manual_seed(1000 * step + team.rank)
    share = clock.share()
    while share < 1:
        rate = min(1, (step + 1) / 50) * min(1., max(.02, (1 - share) / .6))
        if decoder_only:
            rate = min(1, (step + 1) / 50) * max(.01, peak * (1 - share))
        muon.lr = .02 * rate
        for g in adam.param_groups:
            g['lr'] = 2e-3 * rate
        whole = share > .94
        torch.backends.cudnn.benchmark = not whole  # worth its time only for a shape that comes again and again
        drawn.grow()
        crops = drawn.pixels[torch.randint(drawn.n, (max(1, batch // 5),)).to(drawn.pixels.device)] if whole else drawn.crops(batch, size)
        x = white(crops.to(device).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last_3d)
        target = x - offset
        with mixed(device):
            mu = (m.encode if whole else encode)(x)
            y = (m.decode if whole else decode)(mu + .1 * torch.randn_like(mu))
        y, mu = y.float(), mu.float()
        d = y - target
        if share < .35 and not decoder_only:
            loss = torch.sqrt(d * d + .01).mean()
        else:
            g = (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()
            loss = d.abs().mean() + g
        # One mean and deviation must serve the first latent frame and the later ones.
        first, later = mu[:, :, 0].std((0, 2, 3)) + .05, mu[:, :, 1:].std((0, 2, 3, 4)) + .05
        loss = loss + 2e-3 * mu.pow(2).mean() + .02 * (first / later).log().pow(2).mean()
        loss.backward()
        share = team.mean(named.values(), clock.share())
        torch.nn.utils.clip_grad_norm_([p for p in named.values() if id(p) not in ids], 1.)
        adam.step()
        adam.zero_grad(set_to_none=True)
        muon.step()
        step += 1
        total = loss.detach() if step == 1 else .98 * total + .02 * loss.detach()
        keep_rate = min(.99 if decoder_only else .998, (1 + step) / (10 + step)) if not whole else .98
        torch._foreach_lerp_(list(ema.values()), [p.detach() for p in named.values()], 1 - keep_rate)
        if team.rank:
            continue
        if step % (50 if device == 'cpu' else 200) == 0:
            log(f'{name} step {step} loss {total:.4f}, {drawn.n} clips')
        if clock.spent() > next_look:
            look()
            keep()
            next_look = clock.spent() + (180 if device == 'cpu' else 45)
    if not team.rank:
        look()
        keep()
    return drawn
