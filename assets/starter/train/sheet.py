"""Sheets of sample frames, to look at."""
import numpy as np
from PIL import Image


def sheet(videos, path, frames=(0, 4, 8, 12, 16), columns=2, scale=1.):
    rows = [np.concatenate([v[f].clamp(0, 1).mul(255).byte().permute(1, 2, 0).numpy() for f in frames], 1) for v in videos]
    while len(rows) % columns:
        rows.append(np.full_like(rows[0], 255))
    g = np.concatenate([np.concatenate(rows[i:i + columns], 1) for i in range(0, len(rows), columns)], 0)
    im = Image.fromarray(g)
    if scale != 1:
        im = im.resize((int(im.width * scale), int(im.height * scale)), Image.LANCZOS)
    im.save(path)
