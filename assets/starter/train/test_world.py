"""Tests of grammar and renderer: python3 -m unittest test_world (a few seconds, needs PyTorch)."""
import os
import random
import sys
import tempfile
import unittest

try:
    import torch
except ImportError:
    raise unittest.SkipTest('PyTorch is not installed')
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
torch.set_num_threads(1)
import common  # noqa: E402
import dit  # noqa: E402
import figures  # noqa: E402
import lang  # noqa: E402
import tokens  # noqa: E402
import vae  # noqa: E402
import world  # noqa: E402

SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tokenizer.model')


def thing(**k):
    return dict(dict(kind='thing', subject='square', colour='red', motion='right', place='plain', j=[0, 0, 0, 0]), **k)


def draw(c, **k):
    return world.render([c], 17, 48, 64, **k)[0]


def centre(frame, colour):
    near = ((frame - torch.tensor(colour).view(3, 1, 1)) ** 2).sum(0) < .02
    y, x = near.nonzero().float().mean(0).tolist()
    return x, y, near.sum().item()


class Renderer(unittest.TestCase):
    def test_moves_as_told(self):
        red = figures.COLOURS['red']
        for motion, dx, dy in (('left', -1, 0), ('right', 1, 0), ('up', 0, -1), ('down', 0, 1)):
            v = draw(thing(motion=motion))
            (x0, y0, _), (x1, y1, _) = centre(v[0], red), centre(v[16], red)
            self.assertGreater((x1 - x0) * dx + (y1 - y0) * dy, 15, motion)
        for motion, sign in (('grow', 1), ('shrink', -1)):
            v = draw(thing(motion=motion))
            self.assertGreater((centre(v[16], red)[2] - centre(v[0], red)[2]) * sign, 50, motion)

    def test_everything_can_be_drawn(self):
        every = [thing(subject=s) for s in figures.SHAPES + figures.PRODUCTS]
        every += [thing(motion=m, place=p) for m, p in zip(world.MOTIONS, world.PLACES + ['plain'])]
        every += [dict(kind='character', subject=s, colour=None, dress=d, action=a, place='mars', j=[0, 0, 0, 0])
                  for s in figures.CHARACTERS for d, a in zip(world.DRESSES * 2, world.ACTIONS)]
        every += [dict(kind='scene', subject=s, j=[0, 0, 0, 0]) for s in world.SCENES]
        v = world.render(every, 8, 48, 64)
        self.assertTrue(torch.isfinite(v).all() and v.min() >= 0 and v.max() <= 1)
        for c, q in zip(every, v):
            if c.get('motion') != 'still' and c.get('action') != 'still':
                self.assertGreater((q[0] - q[1:4]).abs().max(), .05, world.key(c))

    def test_the_same_clip_twice(self):
        c = world.clips(3, 4)
        self.assertTrue(torch.equal(world.render(c, 3, 48, 64), world.render(c, 3, 48, 64)))

    def test_subjects_stand_out(self):
        for name, colour in figures.COLOURS.items():
            for place in world.PLACES:
                ground = world.background(place, 1, 48, 64, torch.zeros(1))[0][:, 8:40]
                d = ((ground - torch.tensor(colour, dtype=torch.float32).view(3, 1, 1)) ** 2).sum(0).sqrt()
                self.assertGreater(d.quantile(.05).item(), .19, f'{name} on {place}')

    def test_held_out(self):
        train, held = world.clips(1, 300), world.clips(1, 100, held=True)
        self.assertFalse(any(map(world.held_out, train)))
        self.assertTrue(all(map(world.held_out, held)))
        self.assertFalse(any(world.held_out(c) for _, c in lang.SEEDS))


class Grammar(unittest.TestCase):
    def test_every_sentence_names_what_is_seen(self):
        r = random.Random(1)
        for c in world.clips(5, 400):
            en, zh = lang.english(c, r).lower(), lang.chinese(c, r)
            if c['kind'] == 'scene':
                continue
            self.assertTrue(any(w.lower() in en for w in lang.EN[c['subject']]), en)
            self.assertTrue(any(w in zh for w in lang.ZH[c['subject']]), zh)
            if c['colour']:
                self.assertIn(c['colour'], en)
                self.assertTrue(any(w in zh for w in lang.ZH_COLOUR[c['colour']]), zh)
            if c['place'] != 'plain':
                self.assertTrue(any(w.lower() in en for w in lang.EN_PLACE[c['place']] if w), en)

    @unittest.skipUnless(os.path.exists(SHIPPED), 'no tokenizer yet')
    def test_every_sentence_fits_and_is_known(self):
        t, r = tokens.Tokenizer(SHIPPED), random.Random(2)
        for c in world.clips(6, 400):
            ids = t(lang.say(c, r), r, .2)
            self.assertNotIn(3, ids)
            self.assertLessEqual(len(ids), tokens.TEXT_LEN)
            self.assertEqual(ids[-1], 1)

    @unittest.skipUnless(os.path.exists(SHIPPED), 'no tokenizer yet')
    def test_the_public_reader_agrees(self):
        try:
            import sentencepiece
        except ImportError:
            self.skipTest('sentencepiece is not installed')
        t, r, s = tokens.Tokenizer(SHIPPED), random.Random(3), sentencepiece.SentencePieceProcessor(model_file=SHIPPED)
        for c in world.clips(7, 300):
            text = lang.say(c, r)
            self.assertEqual(t(text), s.encode(text) + [1], text)


class Networks(unittest.TestCase):
    def test_causal(self):
        torch.manual_seed(0)
        m = vae.VAE(dim=8, dec_dim=8, z_dim=4, dim_mult=[1, 2, 4, 4], num_res_blocks=1, temperal_downsample=[False, True, True])
        x = torch.randn(1, 3, 9, 32, 32)
        with torch.no_grad():
            z = m.encode(x)
            self.assertLess((z[:, :, :2] - m.encode(x[:, :, :5])).abs().max(), 1e-4)
            self.assertLess((m.decode(z)[:, :, :5] - m.decode(z[:, :, :2])).abs().max(), 1e-4)

    def test_rotation_order_does_not_matter(self):
        torch.manual_seed(0)
        q, k, a = torch.randn(3, 1, 8), torch.randn(3, 1, 8), torch.rand(3, 1, 4)
        public = lambda x: x.unflatten(-1, (2, 4)).transpose(-1, -2).flatten(-2)
        def pairs(x):
            u, v = x.unflatten(-1, (-1, 2)).unbind(-1)
            return torch.stack([u * a.cos() - v * a.sin(), u * a.sin() + v * a.cos()], -1).flatten(-2)
        ours = (dit.rotate(q, a.cos(), a.sin()) * dit.rotate(k, a.cos(), a.sin())).sum(-1)
        theirs = (pairs(public(q)) * pairs(public(k))).sum(-1)
        self.assertLess((ours - theirs).abs().max(), 1e-5)

    def test_a_broken_checkpoint_is_one_sentence(self):
        with tempfile.TemporaryDirectory() as d:
            with open(f'{d}/vae.pt', 'wb') as f:
                f.write(b'nothing of the kind')
            with self.assertRaises(common.Sorry) as e:
                common.load(f'{d}/vae.pt')
            self.assertIn('cannot be read', str(e.exception))


if __name__ == '__main__':
    unittest.main()
