#!/usr/bin/env python3
"""Trains the starter model, stage by stage or all at once: python3 train.py all --minutes 120

Stages: tokenizer, vae, latents, dit, decoder, reader, score, export, all; swaps, which goes on with the transformer where the sentence
and the noised latents disagree; told, which teaches the text encoder alone what sentences name; families, which goes on with both on clips drawn for it, mostly of what still comes out wrong; average, the mean of the models of other folders; watcher, a reader of frames, keep, which puts that reader in the place of the one in this folder, and shipped, which scores
with it the clips that the program itself makes; adopt, which takes the shipped
weights as a beginning; gpu, which trains VAE, transformer and reader in one go on a GPU while other processes draw; again, which goes on with its transformer, and refine, with its decoder. Every stage goes on where
it stopped; nothing is lost by stopping it. Needs PyTorch (2.11 or newer) and NumPy; the sheets need
Pillow, and building a new tokenizer needs sentencepiece."""
import argparse
import os
import shutil
import subprocess
import sys

try:
    import torch
except ImportError:
    sys.exit('Training needs PyTorch, which is not installed here: python3 -m pip install torch numpy pillow. Running Kinora does not need it.')
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from common import Sorry, Team, run  # noqa: E402

STAGES = ['gpu', 'again', 'refine', 'warm', 'unpack', 'adopt', 'tokenizer', 'vae', 'latents', 'dit', 'told', 'swaps', 'families', 'average', 'decoder', 'reader', 'watcher', 'keep', 'score', 'shipped', 'sheet', 'export', 'all']


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('stage', choices=STAGES)
    p.add_argument('--folder', default='starter-run', help='where checkpoints, latents and sheets go')
    p.add_argument('--out', default=os.path.dirname(HERE), help='where export writes the model files')
    p.add_argument('--minutes', type=float, default=120, help='time for the whole of "all", or of this one stage (over all its runs)')
    p.add_argument('--world', default='', help='full, or small: what two CPU cores can teach; kept in the folder')
    p.add_argument('--only-vae', action='store_true', help='adopt the VAE alone')
    p.add_argument('--clips', type=int, default=12000, help='clips to draw and encode')
    p.add_argument('--batch', type=int, default=0, help='clips per step; 0 chooses by device')
    p.add_argument('--of', nargs='+', default=[], help='folders whose models are to be averaged')
    p.add_argument('--freeze', default='', help='parts to leave as they are, of text,spatial,temporal')
    p.add_argument('--kinora', default='bin/kinora', help='the program that the stage shipped scores')
    p.add_argument('--steps', type=int, default=0, help='denoising steps of those clips; 0 leaves them as they are')
    p.add_argument('--prompts', type=int, default=300, help='held-out prompts to score')
    p.add_argument('--first', type=int, default=0, help='first shard of latents for this process')
    p.add_argument('--step', type=int, default=1, help='shards to the next one, when several processes draw')
    p.add_argument('--workers', type=int, default=max(1, (os.cpu_count() or 2) - 4), help='drawing processes of the stage gpu')
    p.add_argument('--pack', default='', help='where the stage gpu puts the finished weights in small files')
    p.add_argument('--threads', type=int, default=0)
    p.add_argument('--team', type=int, default=1, help='processes that train together, one thread each: better than threads on a busy machine')
    p.add_argument('--rank', type=int, default=-1, help=argparse.SUPPRESS)
    p.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    p.add_argument('--eager', action='store_true', help='do not compile (no C++ compiler at hand)')
    p.add_argument('--edition', default='CPU edition')
    return p.parse_args()


def lead(a):
    """Starts a team of this very command and waits for it."""
    if os.path.exists(f'{a.folder}/team'):
        os.remove(f'{a.folder}/team')
    ranks = [subprocess.Popen([sys.executable, *sys.argv, '--rank', str(k), '--threads', '1']) for k in range(a.team)]
    if any([p.wait() for p in ranks]):
        raise Sorry('A process of the team stopped early; its words are above. The last checkpoint is kept: start the same command again.')


def main():
    a = arguments()
    if a.team > 1 and a.rank < 0:
        if a.stage not in ('vae', 'dit', 'decoder'):
            raise Sorry(f'A team trains one of vae, dit and decoder; the stage {a.stage} runs alone.')
        os.makedirs(a.folder, exist_ok=True)
        return lead(a)
    if a.threads:
        torch.set_num_threads(a.threads)
    try:
        os.makedirs(a.folder, exist_ok=True)
    except OSError as e:
        raise Sorry(f'The folder {a.folder} cannot be made ({e}); choose another with --folder.')
    import editions
    small = a.stage != 'adopt' and editions.of(a.folder, a.world) is editions.SMALL
    freeze = [f for f in a.freeze.split(',') if f]
    for f in freeze:
        if f not in ('text', 'spatial', 'temporal'):
            raise Sorry(f'There is no part called {f} to freeze; the parts are text, spatial and temporal.')
    whole = a.stage == 'all'
    share = lambda x: a.minutes * x if whole else a.minutes
    compiled = not a.eager
    team = Team(a.folder, max(a.rank, 0), a.team)
    words = f'{a.folder}/tokenizer.model'
    if a.stage == 'tokenizer' or not os.path.exists(words):
        shipped = f'{HERE}/tokenizer.model'
        if a.stage != 'tokenizer' and os.path.exists(shipped):
            shutil.copyfile(shipped, words)
        else:
            import tokens
            tokens.build(words)
    if a.stage == 'adopt':
        import adopt
        adopt.adopt(a.folder, a.out, not a.only_vae)
    if a.stage == 'gpu':
        import gpu
        gpu.train(a.folder, a.minutes, a.batch, a.clips, a.device, a.workers, a.pack)
    if a.stage == 'again':
        import gpu
        gpu.again(a.folder, a.minutes, a.batch, a.device, a.pack)
    if a.stage == 'refine':
        import gpu
        gpu.refine(a.folder, a.minutes, a.batch, a.clips, a.device, a.workers, a.pack)
    if a.stage == 'warm':
        import gpu
        gpu.warm(a.folder, a.batch)
    if a.stage == 'unpack':
        import gpu
        gpu.unpack(a.folder, a.pack)
    if a.stage in ('vae', 'all'):
        import train_vae
        train_vae.train(a.folder, share(.22), a.device, compiled, team=team)
    if a.stage in ('latents', 'all'):
        import latents
        latents.fill(a.folder, a.first, -(-a.clips // latents.SHARD), a.step, a.device)
    if a.stage in ('dit', 'all'):
        import score
        import train_dit
        train_dit.train(a.folder, share(.55), a.device, a.batch or (32 if small else 16 if a.device == 'cpu' else 256), freeze, score.look, compiled=compiled, team=team)
    if a.stage == 'told':
        import told
        told.train(a.folder, a.minutes, a.batch or 128)
    if a.stage == 'swaps':
        import score
        import swaps
        swaps.fill(a.folder, a.first, a.step, a.device)
        swaps.train(a.folder, a.minutes, a.device, a.batch or 16, compiled=compiled, look=score.look)
    if a.stage == 'families':
        import families
        import score
        families.fill(a.folder, a.first, -(-a.clips // families.SHARD), a.step, a.device)
        families.train(a.folder, a.minutes, a.device, a.batch or 16, compiled=compiled, look=score.look)
    if a.stage == 'average':
        import average
        average.average(a.folder, a.of)
    if a.stage in ('decoder', 'all'):
        import train_vae
        train_vae.train(a.folder, share(.08), a.device, compiled, decoder_only=True, team=team)
    if a.stage in ('reader', 'all'):
        import score
        score.train(a.folder)
    if a.stage == 'sheet':
        import score
        score.look(a.folder, device=a.device)
    if a.stage == 'watcher':
        import watch
        watch.train(a.folder, a.minutes, a.clips, compiled=compiled)
    if a.stage == 'keep':
        import watch
        watch.keep(a.folder)
    if a.stage in ('score', 'all'):
        import score
        score.score(a.folder, a.prompts, decoded=True)
    if a.stage == 'shipped':
        import shipped
        shipped.run(a.folder, a.kinora, a.prompts, a.steps)
        shipped.pictures(a.folder, a.kinora, max(20, a.prompts // 5), a.steps)
    if a.stage in ('export', 'all'):
        import export
        export.export(a.folder, a.out, a.edition)


if __name__ == '__main__':
    run(main)
