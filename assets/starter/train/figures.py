"""Shapes and products: the things of the drawn world, in local coordinates of radius about 1."""
from draw import any_of, both, box, capsule, circle, cut, ellipse, heart, star, taper, triangle

COLOURS = {'red': (.90, .13, .17), 'orange': (1, .54, .08), 'yellow': (1, .87, .15), 'green': (.10, .62, .26), 'blue': (.11, .34, .92),
           'purple': (.55, .20, .78), 'pink': (1, .45, .70), 'brown': (.50, .27, .12), 'black': (.08, .08, .10), 'white': (1, 1, 1)}
DARK, LIGHT, METAL = (.13, .13, .18), (.98, .97, .94), (.62, .66, .72)
SHAPES = ['circle', 'square', 'triangle', 'star', 'heart', 'crescent', 'diamond', 'ring']
PRODUCTS = ['bottle', 'shoe', 'phone', 'cup', 'watch', 'bag', 'headphones', 'gift', 'lamp']
REACH = {'bottle': (.52, 1.16), 'shoe': (1.22, .80), 'phone': (.66, 1.12), 'cup': (1.14, .86), 'watch': (.78, 1.2), 'bag': (1.02, 1.14),
         'headphones': (1.14, 1.08), 'gift': (.98, 1.1), 'lamp': (.92, 1.14), 'ring': 1.06, 'crescent': 1.06, 'circle': 1.06, 'square': 1.28}


def mix(a, b, k):
    return tuple(p + (q - p) * k for p, q in zip(a, b))


def shape(name, c):
    """Layers of a shape or product of colour c."""
    white = min(c) > .95
    soft = (.74, .77, .85) if white else mix(c, (1, 1, 1), .55)
    deep = (.80, .82, .88) if white else mix(c, (0, 0, 0), .28) if max(c) > .2 else (.30, .30, .35)
    light = (.84, .25, .32) if white else LIGHT

    def layers(x, y):
        if name == 'circle':
            return [(circle(x, y, 1.), c), (circle(x + .38, y + .38, .24), soft)]
        if name == 'square':
            return [(box(x, y, .86, .86, .06), c)]
        if name == 'triangle':
            return [(triangle(x, y - .1, 1.16), c)]
        if name == 'star':
            return [(star(x, y - .04, 1.18), c)]
        if name == 'heart':
            return [(heart(x, y, 1.75), c)]
        if name == 'crescent':
            return [(cut(circle(x + .1, y, 1.02), circle(x - .42, y + .1, .84)), c)]
        if name == 'diamond':
            crown, pit = taper(x, y + .45, .62, 1.05, .27), taper(x, y - .42, 1.05, .01, .60)
            return [(crown, soft), (pit, c), (taper(x, y - .42, .42, .01, .60), deep)]
        if name == 'ring':
            return [(circle(x, y, .80).abs() - .22, c), (circle(x, y + .80, .17), soft)]
        if name == 'bottle':
            body = any_of(box(x, y - .38, .45, .70, .16), ellipse(x, y + .24, .45, .42), box(x, y + .66, .17, .30, .04))
            return [(body, c), (box(x, y + .95, .23, .14, .05), DARK if max(c) > .2 else METAL), (box(x, y - .42, .45, .30), light),
                    (circle(x, y - .42, .19), c)]
        if name == 'shoe':
            upper = any_of(box(x + .62, y + .06, .44, .66, .20), ellipse(x - .48, y - .32, .62, .44), taper(x - .06, y - .02, .20, .85, .42))
            upper = cut(both(upper, y - .42), ellipse(x + .58, y + .76, .34, .20))
            lace = any_of(capsule(x, y, -.08, -.28, .14, -.48, .05), capsule(x, y, .14, -.14, .36, -.34, .05), capsule(x, y, .36, -.02, .56, -.20, .05))
            return [(upper, c), (any_of(ellipse(x - .96, y - .30, .22, .2)), light), (lace, light),
                    (box(x - .02, y - .52, 1.14, .17, .13), light if not white else soft), (box(x + .68, y + .02, .30, .10, .08), deep)]
        if name == 'phone':
            return [(box(x, y, .60, 1.06, .17), c), (box(x, y, .47, .86, .07), (.14, .20, .34)), (box(x, y + .42, .34, .26, .06), (.55, .82, .95)),
                    (circle(x - .19, y - .14, .13), (.98, .76, .28)), (circle(x + .19, y - .14, .13), (.42, .82, .55)),
                    (circle(x - .19, y - .52, .13), (.95, .42, .45)), (circle(x + .19, y - .52, .13), (.75, .60, .95))]
        if name == 'cup':
            x = x + .18
            return [(circle(x - .72, y + .02, .33).abs() - .11, c), (taper(x, y - .06, .76, .60, .72), c), (ellipse(x, y + .66, .76, .17), deep),
                    (ellipse(x, y + .66, .63, .11), (.38, .22, .14)), (heart(x, y - .10, .42), light)]
        if name == 'watch':
            strap = any_of(taper(x, y + .82, .30, .40, .34), taper(x, y - .82, .40, .30, .34))
            hands = any_of(capsule(x, y, 0., 0., 0., -.36, .055), capsule(x, y, 0., 0., .24, .12, .055))
            return [(strap, c), (box(x - .70, y, .08, .12, .03), METAL), (circle(x, y, .68), deep if max(c) > .2 else METAL), (circle(x, y, .52), LIGHT), (hands, DARK)]
        if name == 'bag':
            handle = both(any_of(ellipse(x, y + .36, .50, .66).abs() - .09), y + .25)
            return [(handle, deep), (both(taper(x, y - .38, .74, .94, .66), box(x, y - .38, .94, .66, .14)), c),
                    (both(ellipse(x, y + .30, .80, .78), -.28 - y), deep), (box(x, y - .46, .15, .15, .05), (1, .84, .35))]
        if name == 'headphones':
            band = both(circle(x, y - .10, .86).abs() - .12, y - .16)
            cups = any_of(box(x + .82, y - .42, .24, .44, .18), box(x - .82, y - .42, .24, .44, .18))
            pads = any_of(box(x + .56, y - .42, .13, .36, .10), box(x - .56, y - .42, .13, .36, .10))
            return [(band, c), (pads, DARK if max(c) > .2 else METAL), (cups, c), (any_of(circle(x + .84, y - .42, .12), circle(x - .84, y - .42, .12)), soft)]
        if name == 'lamp':
            return [(box(x, y - .38, .09, .55), (.55, .42, .30)), (box(x, y - .95, .46, .12, .10), (.55, .42, .30)),
                    (taper(x, y - .20, .58, .84, .08), (1, .95, .62), .75), (taper(x, y + .45, .44, .84, .56), c), (taper(x, y - .02, .79, .84, .08), soft)]
        bow = any_of(ellipse(x - .28, y + .78, .28, .19), ellipse(x + .28, y + .78, .28, .19))
        return [(bow, light), (box(x, y - .24, .76, .70, .04), c), (box(x, y - .24, .16, .70), light), (box(x, y + .38, .88, .22, .05), deep),
                (box(x, y + .38, .16, .22), light), (circle(x, y + .72, .12), light)]
    return layers


def potato(x, y):
    return any_of(ellipse(x, y, 1., .72), circle(x - .3, y - .1, .62))


def sprout(x, y, g):
    """Two leaves on a stem, foot at (0,0), as tall as g (0..1, per frame)."""
    stem = capsule(x, y, 0., 0., 0., -g, .09)
    leaves = any_of(ellipse(x - .32 * g, y + g, .38, .19), ellipse(x + .32 * g, y + g, .38, .19))
    return any_of(stem, leaves + (1 - g) * .2)
