"""Clips drawn by many processes while others train: each writes small files, one reader takes them in order.

A file holds n clips: their dicts, their pixels as bytes [n,3,T,H,W], and some sentences for each, cut into ids."""
import os
import pickle
import random
import subprocess
import sys
import threading
import time
import numpy as np
import torch

SAID = 8  # sentences drawn per clip


def draw(folder, worker, workers, seed, size, words, most):
    """Draws files worker, worker + workers, …; waits while `most` files lie unread; ends when the folder is gone."""
    import families
    import lang
    import tokens
    import world
    torch.set_num_threads(1)
    try:
        os.nice(10)
    except (AttributeError, OSError):
        pass
    t, k = tokens.Tokenizer(words), worker
    while os.path.isdir(folder):
        if len(os.listdir(folder)) > most:
            time.sleep(.2)
            continue
        clips = families.pairs(seed + k, size)
        r = random.Random(seed + k)
        pixels = (world.render(clips) * 255).round().to(torch.uint8).permute(0, 2, 1, 3, 4).contiguous().numpy()
        ids = np.zeros((size, SAID, tokens.TEXT_LEN), np.int16)
        for i, c in enumerate(clips):
            for j in range(SAID):
                cut = t(lang.say(c, r), r, .08)
                ids[i, j, :len(cut)] = cut
        try:
            path = f'{folder}/{k:07d}'
            with open(path + '.part', 'wb') as f:
                pickle.dump((clips, pixels.shape, ids), f)
                f.write(memoryview(pixels).cast('B'))
            os.replace(path + '.part', path)
        except OSError:
            if os.path.isdir(folder):
                raise
        k += workers


class Stream:
    """Starts the drawing processes; `take` gives what has been drawn since, [(clips, ids, pixels)]."""

    def __init__(self, folder, workers, words, seed=1000, size=16, most=160):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        for old in os.listdir(folder):
            os.remove(f'{folder}/{old}')
        here = os.path.dirname(os.path.abspath(__file__))
        code = 'import sys; sys.path.insert(0, sys.argv[1]); import stream; stream.draw(sys.argv[2], *map(int, sys.argv[3:7]), sys.argv[7], int(sys.argv[8]))'
        env = {**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''}
        self.processes = [subprocess.Popen([sys.executable, '-c', code, here, folder, str(k), str(workers), str(seed), str(size), words, str(most)], env=env)
                          for k in range(workers)]
        self.ready, self.lock, self.open = [], threading.Lock(), True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while self.open:
            names = sorted(n for n in os.listdir(self.folder) if not n.endswith('.part'))
            for n in names:
                if not self.open:
                    return
                with open(f'{self.folder}/{n}', 'rb') as f:
                    clips, shape, ids = pickle.load(f)
                    pixels = np.fromfile(f, np.uint8)
                os.remove(f'{self.folder}/{n}')
                with self.lock:
                    self.ready.append((clips, torch.from_numpy(ids), torch.from_numpy(pixels).view(shape)))
                while self.open and len(self.ready) > 64:
                    time.sleep(.05)
            time.sleep(.02)

    def take(self, least=0, most=1 << 30):
        """What is ready, `least` clips or more, some `most` at the most."""
        out, n = [], 0
        while True:
            with self.lock:
                while self.ready and n < most:
                    out.append(self.ready.pop(0))
                    n += len(out[-1][0])
            if n >= least:
                return out
            if all(p.poll() is not None for p in self.processes):
                from common import Sorry
                raise Sorry('The processes that draw clips stopped; their words are above.')
            time.sleep(.05)

    def close(self):
        self.open = False
        for p in self.processes:
            p.terminate()
        self.thread.join(5)
        for n in os.listdir(self.folder):
            os.remove(f'{self.folder}/{n}')
        os.rmdir(self.folder)
