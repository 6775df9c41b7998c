"""Words that people use and the model was never taught, and taught ones that come near. The program puts those in their
place before it encodes a prompt, and says so; what stands here under '' it leaves out without a word."""
import lang
import words as W

NOUNS = {
    'ball': 'football basketball volleyball sphere balloon orb marble', 'circle': 'dot oval', 'square': 'cube brick rectangle tile', 'triangle': 'pyramid cone',
    'diamond': 'jewel crystal gemstone rhombus', 'ring': 'doughnut donut loop wheel tyre tire', 'crescent': 'croissant',
    'bottle': 'flask thermos vial jug perfume soda', 'shoe': 'boot slipper sandal heel loafer footwear', 'phone': 'iphone cellphone telephone tablet',
    'cup': 'teacup tumbler goblet beaker', 'watch': 'smartwatch timepiece', 'bag': 'purse backpack rucksack satchel suitcase schoolbag pouch tote',
    'headset': 'earbud headphone earphone airpod', 'gift': 'parcel package', 'lamp': 'lantern lightbulb bulb',
    'dog': 'doggy doggie hound pup corgi poodle labrador husky terrier beagle bulldog dalmatian fox wolf', 'cat': 'feline tomcat tiger lion leopard panther',
    'rabbit': 'hare', 'robot': 'android droid machine cyborg mech',
    'person': 'man woman human adult guy lady teacher student farmer hero superhero princess prince king queen knight soldier doctor dancer worker player scientist',
    'child': 'boy baby toddler', 'hat': 'cap helmet beanie crown', 'scarf': 'shawl', 'cape': 'cloak', 'shirt': 'tshirt t-shirt sweater jacket blouse hoodie jumper coat dress uniform',
    'rocket': 'spaceship shuttle spacecraft missile', 'planet': 'earth jupiter saturn venus', 'plant': 'tree sapling sprout seedling', 'flower': 'sunflower tulip daisy blossom',
    'cloud': 'thundercloud raincloud', 'volcano': 'vulcano', 'clock': 'alarm', 'pendulum': 'metronome',
}
VERBS = {
    'move': 'travel shift', 'slide': 'glide skate', 'rise': 'ascend soar climb', 'fall': 'drop descend sink tumble plunge', 'spin': 'whirl revolve twirl swirl',
    'grow': 'expand enlarge swell inflate', 'shrink': 'contract dwindle deflate', 'hover': 'levitate', 'walk': 'stride wander march hike tiptoe', 'run': 'sprint dash jog race gallop rush',
    'jump': 'skip vault', 'wave': 'greet', 'dance': 'boogie waltz breakdance', 'stand': 'sit wait rest pose', 'plant': 'sow', 'circle': 'loop', 'float': 'waft',
}
PLAIN = {
    'red': 'scarlet crimson ruby maroon vermilion', 'orange': 'amber tangerine', 'yellow': 'gold golden', 'green': 'emerald',
    'blue': 'azure navy cyan turquoise teal indigo aqua sapphire', 'purple': 'violet lavender lilac mauve', 'pink': 'magenta fuchsia', 'brown': 'beige bronze wooden',
    'white': 'ivory silver gray grey',
    'meadow': 'field lawn grassland garden park prairie pasture countryside farm hill', 'beach': 'seaside shore coast seashore desert', 'city': 'town downtown village',
    'street': 'road avenue sidewalk pavement', 'night': 'midnight evening nighttime', 'snow': 'winter', 'room': 'house bedroom kitchen office classroom studio apartment hall school library',
    'sea': 'ocean', 'underwater': 'undersea', 'home': 'indoors',
    'slowly': 'slow gently leisurely gradually calmly', 'quickly': 'quick rapidly rapid swiftly swift speedily briskly',
    'glasses': 'sunglasses spectacles goggles eyeglasses', 'child': 'children', 'person': 'people men women', 'spacesuit': 'spacesuits', 'scarf': 'scarves',
    'hot': 'boiling heated warm', 'cold': 'freezing cool chilly', 'steam': 'vapor vapour gas', 'molecules': 'particles atoms molecule particle', 'gears': 'cog cogs cogwheel cogwheels gearwheels gear',
    'bar chart': 'graph histogram diagram', 'rain': 'storm rainstorm drizzle raindrops thunderstorm', 'lava': 'magma', 'erupts': 'explodes', 'erupting': 'exploding eruption',
    'solar system': 'galaxy universe', 'launch': 'liftoff lift-off', 'confetti': 'streamers', 'swinging': 'oscillating', 'swings': 'oscillates', 'vibrating': 'shaking trembling',
    'video': 'film movie footage', 'picture': 'drawing illustration image', 'potatoes': 'vegetables carrots crops',
    'two': '2 couple', 'three': '3 4 5 four five six several many some', 'one': '1 single',
    '': 'very really quite so then while as that this these there which who whose it\'s i we you he she they his her their my our your him them please make makes create generate draw draws '
        'render want would like can could will be been was were has have having just also too more most all over across against between behind front top near beside next about like',
}
HAN = {
    '球': '皮球 足球 篮球 气球 球体', '圆形': '圆', '方块': '正方体 立方体 积木', '三角形': '三角', '五角星': '五星', '爱心': '心', '圆环': '甜甜圈', '瓶子': '酒瓶 香水 可乐 饮料', '杯子': '水杯 茶杯',
    '鞋子': '靴子 凉鞋 高跟鞋 皮鞋', '手机': '电话', '手表': '手环', '手提包': '书包 背包 钱包 包', '耳机': '耳塞 耳麦', '礼盒': '礼品 盒子', '台灯': '灯笼 灯泡',
    '小狗': '狐狸 狼 金毛 哈士奇 柯基 泰迪', '小猫': '老虎 狮子 豹子', '兔子': '白兔', '机器人': '机械人 机甲',
    '女孩': '女人 公主 女生 老师 学生 姑娘', '孩子': '男孩 小男孩 男人 男生 小孩 宝宝 农民 超人 英雄 人物', '戴着眼镜': '戴着墨镜 戴墨镜 戴着太阳镜', '戴着帽子': '戴着头盔 戴头盔 戴着皇冠',
    '围着围巾': '系着围巾 围巾', '穿着宇航服': '穿着太空服 穿太空服 身穿宇航服 太空服', '披着披风': '披风 斗篷',
    '草地上': '公园里 公园 田野 花园里 花园 草原上 草原 草坪上 草坪 操场 农场 草地', '海滩上': '海滨 海岸 岸边 沙漠 沙滩 海滩', '街道上': '马路上 马路 街上 街头 街道', '城市里': '城镇 小镇 村庄 都市 城市',
    '夜晚': '晚上 深夜 黑夜 夜里 夜空', '月球上': '月亮上 月球', '雪地里': '雪地 冬天 雪山', '房间里': '房间 屋里 室内 教室里 教室 厨房里 厨房 卧室里 卧室 办公室里 办公室 家中 学校', '海底': '海洋里 大海里 水里 水中 海洋 大海',
    '黄色': '金色 金黄色', '蓝色': '天蓝色 深蓝色 青色', '粉色': '玫红色', '棕色': '咖啡色', '白色': '银色 灰色', '红色': '大红色 鲜红色 朱红色', '绿色': '翠绿色 墨绿色 草绿色',
    '跳跃': '跳起来 跳着 跳', '跳舞': '跳着舞 起舞 舞蹈', '走路': '走着 走来走去 漫步 走', '奔跑': '跑着 飞奔 狂奔 跑', '挥手': '打招呼 挥着手 招着手', '种土豆': '种地 种菜 播种', '站着': '站立 坐着 坐',
    '旋转': '自转 转圈 转', '向左移动': '向左 往左', '向右移动': '向右 往右', '向上移动': '向上 往上 飞起 上浮', '向下移动': '向下 往下', '下落': '掉落 坠落 掉下来', '弹跳': '弹起来 弹起',
    '变大': '放大 膨胀', '变小': '缩小', '快速': '飞速 迅速 快', '慢慢': '缓慢 慢速 慢', '三个': '四个 五个 几个 许多 很多 一些', '柱状图增长': '图表 柱状图', '火山喷发': '火山', '下雨': '暴风雨 下着雨',
    '齿轮转动': '齿轮', '跳动的心脏': '心脏', '种子长成植物': '种子 大树', '火箭发射': '火箭 飞船', '太阳系': '行星 地球', '一个时钟': '时钟 闹钟',
    '一个': '一条 一件 一辆 一匹 一张 一位 一名', '': '小 大 了 着 吧 请 一下 请生成 生成 制作 画 画面 视频 短片 非常 很 它 他 她 正 里 中 和 与 把 是 那 这 那个 这个 图片 镜头 我 想 要 给 来',
}


# What a scene is known by, and what can be drawn at all, for prompts that name nothing of it.
SCENES = {'pendulum': 'pendulum', 'planets': 'planet planets solar sun', 'ice': 'molecules ice', 'water': 'molecules', 'steam': 'molecules steam', 'ball': 'ball', 'plant': 'plant flower seed',
          'volcano': 'volcano', 'moon': 'phases', 'wave': 'sine', 'gears': 'gears', 'bars': 'chart bars', 'heartbeat': 'heart heartbeat', 'rocket': 'rocket', 'rain': 'rain raining cloud',
          'clock': 'clock'}
DRAWS = {'full': 'a dog, a cat, a rabbit, a robot or a person; bottles, shoes, phones, cups, watches, bags, headphones, gifts, lamps and shapes; scenes such as planets, a volcano or a bar chart',
         'small': 'a dog, a cat or a robot; bottles, cups, phones, gifts, shoes and shapes; scenes such as planets, a volcano or a bar chart'}


def subjects(en, zh, only=None):
    """The taught words by which a subject is known."""
    allow = lambda k: not only or 'subject' not in only or k in only['subject']
    a = {f(w) for k, v in W.EN.items() if allow(k) for s in v for w in s.split()[-1:] + s.split()[:1] * (s.split()[0] == 'Shiba') for f in (str.lower, lambda q: lang._plural(q).lower())}
    a |= {w for k, v in SCENES.items() if allow(k) for w in v.split()} | {'astronaut'}
    b = {s for table in (W.ZH, W.ZH_SCENE) for k, v in table.items() if allow(k) for s in v} | {'宇航员', *W.SHORT}
    return dict(en=sorted(a & set(en)), zh=sorted(b & set(zh)))


# What came out as said in fewer than half of the clips, of eight or more that the kept reader read (MODEL.md).
CLEAR = ['circle around', 'circles around', 'in a circle', 'in circles']  # how things move, not what they are
WEAK = {'full': ['circle', 'steam', 'spin', 'fast', 'zoom in', 'zoom out'], 'small': []}


def _forms(verb):
    return verb, lang._s(verb), lang._ing(verb)


def _verbs(k):
    """The one-word verbs of a motion, an action or, where it is fast, of running, in their three forms."""
    run = [v.split()[0] for of in W.EN_RUN.values() for v in of] if k == 'fast' else []
    return {f for v in (*W.EN_MOTION.get(k, []), *W.EN_ACTION.get(k, []), *run) if v and ' ' not in v for f in _forms(v)}


def weak(en, zh, what):
    """The taught words for these, but those that also name what comes out well: a bouncing ball."""
    well = {w for k, v in SCENES.items() if k not in what for w in v.split()}
    told = [q for k, v in W.ZH_SCENE.items() if k not in what for q in v]
    a = {s.split()[-1] for k in what for s in W.EN.get(k, [k] if ' ' not in k else [])} - well
    a |= {f for k in what for f in _verbs(k)} | {w for k in what for w in W.EN_SPEED.get(k, [])}
    a |= {w for k in what for s in W.EN_CAMERA.get(k, []) for w in s.split() if w.startswith('zoom')}
    b = {s for k in what for s in (*W.ZH.get(k, []), *W.ZH_SCENE.get(k, []), *W.ZH_MOTION.get(k, []), *W.ZH_ACTION.get(k, []), *(v for v, _ in W.ZH_EVENT.get(k, [])))
         if s and not any(s in q for q in told)}
    b |= {s for k in what for s in (*W.ZH_SPEED.get(k, []), *W.ZH_CAMERA.get(k, []))}
    if 'fast' in what:
        b |= {s for v in W.ZH_RUN.values() for s in v}
    return dict(en=sorted(a & set(en)), zh=sorted(b & set(zh)))


def _many(s):
    if s.endswith(('ty', 'by', 'dy', 'sy', 'ky', 'gy')):
        return s[:-1] + 'ies'
    return {'wolf': 'wolves', 'hero': 'heroes', 'superhero': 'superheroes', 'man': 'men', 'woman': 'women'}.get(s) or lang._plural(s)


def _verb(s):
    """Its forms: he …s, …ing."""
    ing = {'sit': 'sitting', 'drop': 'dropping', 'skip': 'skipping', 'jog': 'jogging', 'boogie': 'boogieing', 'tiptoe': 'tiptoeing'}
    return s + ('es' if s.endswith(('sh', 'x', 'z', 'ch')) else 's'), ing.get(s) or lang._ing(s)


def table(en, zh):
    """{'en': {word: taught}, 'zh': …} as far as what is taught goes; a word that is taught itself stands for nothing else."""
    known, out = set(en), {}
    for name, rows in (('NOUNS', NOUNS), ('VERBS', VERBS), ('PLAIN', PLAIN)):
        for to, words in rows.items():
            for w in words.split():
                pairs = [(w, to)]
                if name == 'NOUNS':
                    many = lang._plural(to)
                    pairs.append((_many(w), many if many in known else to))
                if name == 'VERBS':
                    pairs += zip(_verb(w), (lang._s(to), lang._ing(to)))
                for a, b in pairs:
                    if a not in known and set(b.split()) <= known:
                        out.setdefault(a, b)
    taught = set(zh)
    han = {w: to for to, words in HAN.items() for w in words.split() if w not in taught and (not to or to in taught)}
    return dict(en=dict(sorted(out.items())), zh=dict(sorted(han.items())))
